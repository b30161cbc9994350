// Package statistics is the arithmetic by which a number about a society is held against chance: surrogates that break
// one thing in recorded data and keep the rest, p values counted from them, permutation tests and bootstrap intervals
// over runs, corrections for many comparisons, effect sizes, survival curves with censored times, change points, a
// dose-response fit, and the calibration that shows how often a test cries wolf.
//
// The unit of inference is the run. Rounds of one run, and agents within it, are not independent: what compares
// conditions (Permute, Bootstrap, WelchInterval, LogRank) takes one value per run, and surrogates answer another
// question, whether there is structure in this run. What is computed from few runs says so in its Warnings.
//
// All of it is pure: no clock, and no chance but the generator that is given; the same data and the same seed give the
// same numbers. Input that means nothing (nothing at all, NaN, a share beyond [0, 1]) is an error that says what is
// accepted, never a number.
package statistics
