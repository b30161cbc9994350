// Package social measures what a society did: whether it agrees and since when, how opinions lie, how goods are shared
// out, who does which work, how diverse and how bursty it is. Pure functions of what was recorded, without chance and
// without a clock.
//
// Every function returns its value with an error, read in one way. Nil: the value stands. A [Warning]: the value stands
// by a convention that the warning names (the Gini coefficient of payoffs that are all zero is 0), and whoever prints
// the value prints the warning beside it. Anything else: there is no value; the error names what was given and what is
// accepted. So code that knows nothing of warnings refuses such a value and never shows it bare.
//
// None of these numbers tells by itself that agents had an effect on each other. That takes a null: the same number of
// shuffled records, or of a run without interaction. Rounds are counted from 1, entropies are in bits.
package social
