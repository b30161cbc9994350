// Package bench measures the runtime beside yardsticks: what polis does, and what the same costs without it, in the
// same process and in turns, so that a slow or busy machine slows both and the ratio stays.
//
// A suite (Run) is a list of contests. A contest runs its two sides A B A B …, at least 20 pairs; each side does as
// many operations as take 50 ms of CPU time. Value, yardstick and ratio are medians over the pairs, the ratio with an
// exact 95 % interval, and a goal is missed only when the whole interval lies beyond it.
//
// What is counted is the CPU time of the process, user and system, all threads and the garbage collector included:
// unlike wall time it does not hide work on another core, and does not grow while somebody else has the core. Only
// rates (1/s) are by the wall clock.
//
// Yardsticks are in files of their own (stock_*.go), written as a competent user of the library would: kept PIDs,
// pointer messages, no middleware, a silent log. Reading them is how to judge whether the comparison is fair.
package bench
