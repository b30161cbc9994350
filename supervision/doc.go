// Package supervision decides what becomes of an actor that failed. It is pure: a Policy is given a Failure and
// answers with a Decision (offer the event again, set it aside, stop the actor, or pass the failure up), and
// somebody else, the engine, carries it out. There is no clock, no goroutine and no actor in here, so that every
// rule about when to give up can be read, and tested, as arithmetic.
//
// The words are those of Erlang's OTP: one-for-one and all-for-one, restart, escalate. One thing differs on
// purpose: what is counted is not failures in a span of time but attempts at one event, and the budget of an actor
// is counted in its own turns. A slow failure and a fast one are then treated alike, and so are a run and its replay.
package supervision
