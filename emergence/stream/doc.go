// Package stream measures a society while it runs, over a window of its last rounds.
//
// A Window takes in each round and each message, and forgets what is older; what it holds is bounded, however large the
// society is and however long it runs. A Frame is a copy of it, to be measured elsewhere while the society goes on. What comes
// of a Watch is a Reading: an Estimate as the catalogue gives it, with a short null of its own where one is known, and else
// marked as descriptive. All of it is pure: who calls it owns goroutines and clocks.
package stream
