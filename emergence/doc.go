// Package emergence looks at a record and says what was measured, against which null, and how sure one may be.
//
// A Measure is found by its name and bound to a Table: named columns, rows in time order. What it gives is an Estimate: the
// number, corrected where a correction is known, its interval, what the number would be without interaction, and what to
// beware of. A number without a null is descriptive only, and says so.
//
// The formulas stand below, as plain functions on symbols, counts, numbers and edges: information for those of information
// theory, social for conventions, opinions, markets and labour, network for who meets whom, and statistics for surrogates,
// intervals and tests. All of it is pure: no clock, no goroutine, and chance only from a seed that is given.
package emergence
