// Package experiment runs a scenario many times: parameters × arms × seeds, from a file that says before the first run what
// will be asked of them.
//
// Read reads the file, a Sweep plays its runs and keeps a row of each, and a Result has what they come to: means with
// intervals for every cell, and a finding for every hypothesis. The unit of inference is the run: what compares arms takes one
// value of each run, and what is found within runs carries the name of the surrogate it was held against.
//
// An arm may be a simulation null: the same society with one thing taken away, see polis.Null.
package experiment
