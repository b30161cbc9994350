// Package journal is the durable, ordered record of every turn of a society.
//
// A turn is what an actor made of one event. It is kept as an Entry: whose turn it was, what reached the actor and
// what it wants done, as canonical JSON. Each entry carries a Digest that covers it and the actor's entry before it,
// so that nobody can alter, drop or insert a turn unnoticed, and so that two runs are the same exactly when their
// last digests are. A Store keeps entries in the order of their commit and refuses whatever does not extend its
// actor's chain by exactly one, which is also what makes a second writer harmless.
//
// What enters the journal was registered under a name (Register) and is written in one form only (Canonical): equal
// values have equal bytes, whoever wrote them. Decode gives the value back and refuses anything that its type would
// not have written itself.
//
// Actors write by a Recorder, and to a store that takes its time through a Writer: the one goroutine of the package, which
// appends what has come in as one batch. All else is pure: no randomness, and no clock but for the wall time that is
// noted beside a turn, which no digest covers. Package journaltest is the conformance suite for stores.
package journal
