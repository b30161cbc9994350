// Package information holds measures of information on symbols, counts and probabilities: entropy and its corrections, mutual
// information, total correlation, O-information, transfer entropy, partial information decomposition, the criteria of
// Rosas et al. and effective information. All values are in bits, except those of type Nats.
//
// Outcomes are the data of most of them: rows of symbols, each counting once (a sample) or as much as its weight says (a
// table of counts or probabilities), so that a measure of a sample and of a distribution that is known are one function. What
// is wrong with data is said when Outcomes are made, or by the function that takes series.
//
// A plug-in estimate of information from few samples is too large, also between what has nothing to do with one another.
// Every function says how it is corrected, and none clips what comes out at 0; whether a value is more than chance is said by
// a test against surrogates, for which the kernels (PairKernel, GroupKernel) take the same measure
// thousands of times without allocating. Nothing here draws at random.
package information
