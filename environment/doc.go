// Package environment holds the world of a society, and is the only way to perceive it or to act on it.
//
// A world is a plain Go type: state and laws, no clock, no goroutine, nothing imported from here. Define makes it an
// environment, AddAction gives it an action; from the Go types come the schema (a model's tool), the decoder, the
// check of the bounds and the recorded form. The environment actor runs it: it tells each agent what that agent can
// sense, never more, collects what the agents try, lets the world accept or refuse each action in the declared order,
// and lets time pass. An error with a Reason method is a refusal and goes back to the agent; any other error is a
// failure of the world, which is then restored and goes on.
//
// How time passes is the pace: in rounds, where all decide on the same state; one after the other; or in real time.
package environment
