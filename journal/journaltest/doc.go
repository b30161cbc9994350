// Package journaltest is the conformance suite for stores of the journal: one line in a test runs everything that
// polis relies on.
//
//	func TestStore(t *testing.T) {
//		journaltest.Run(t, func(t *testing.T) journal.Store { return open(t) })
//	}
//
// RunDurable adds what is expected of a store that outlives the process.
//
// Every part of the suite opens a store of its own, which must be empty, and closes it.
package journaltest
