// Package actorstest is the kit to test a behavior with, without a society: a behavior, an event, the effects. A turn
// is a function call, so no runtime is needed, nothing has to be waited for, and turn number, time and seed are inputs.
//
// New makes a Probe for tests that look at effects; Check holds a behavior against everything the runtime takes for
// granted, in one line: the same events give the same effects, events stay as they were, and a new life goes on where
// the old one failed.
package actorstest
