// Package environmenttest checks that a world keeps the contract of package environment. One line in a test of your own
// is all it takes:
//
//	environmenttest.Check(t, lake.Definition(), environmenttest.Config{})
//
// The world is driven without a runtime, by actions drawn from the schemas' bounds, good ones and bad ones, and is held to
// what the runtime relies on: the same seed gives the same world; perceiving and refused actions change nothing; agents
// that are missing and names never seen are survived; a snapshot is the whole state; what was handed out stays as it was;
// and what its Properties declare is so, as far as can be seen from outside.
package environmenttest
