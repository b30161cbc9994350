// Package actors runs agents. An agent is a deterministic state machine with a mailbox: an event comes in, effects go
// out, all or nothing. Its Behavior handles one event per turn and must not block; what it wants (to act, to speak, to
// ask a service, to think) it records in the Turn, and that is carried out only when the turn has succeeded. If the
// turn fails, by an error or a panic, nothing of it has happened: the agent gets a new life, rebuilt from what was
// committed, and the same event is offered again under the same number with the same randomness.
//
// From this follow asynchrony (a turn never waits, so an agent that thinks can be told something, or be stopped),
// effects that happen exactly once, runs that can be repeated bit for bit, and tests that are function calls: see
// package actorstest.
//
// A Rule decides inside the turn; a Mind decides off the mailbox and may take its time.
package actors
