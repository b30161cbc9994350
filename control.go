package polis

import (
	"errors"
	"fmt"
	"slices"
)

// Intervened tells observers of something that was done to the society from outside, when it takes effect.
type Intervened struct {
	What  string `json:"what"`            // one of the Did constants
	Agent string `json:"agent,omitempty"` // who joined, or crashed
	Round int    `json:"round"`           // in which it took effect; of a pause: the last round before it
	Phase string `json:"phase,omitempty"` // from which on; "": it is about the whole round
}

// What can be done to a society from outside.
const (
	DidPause   = "pause"   // it stands still
	DidResume  = "resume"  // it goes on
	DidSilence = "silence" // nobody may speak any more
	DidSpeech  = "speech"  // who might speak before may do so again
	DidJoin    = "join"    // an agent has come
	DidCrash   = "crash"   // an agent's turn was made to fail once
)

// MostNewcomers is how many agents may join one run.
const MostNewcomers = 1000

var errNotYet = errors.New("polis: not yet")

// Pause lets the society stand still when the present round is over; in realtime, the present phase. Percepts are held
// back and no deadline runs; what is thought about, is thought about further.
func (r *Running) Pause() {}

// Resume lets it go on.
func (r *Running) Resume() {}

// Paused says whether it was asked to stand still, and not yet to go on.
func (r *Running) Paused() bool { return false }

// Silence says whether agents may speak, from the next phase on. What they then try to say comes back to them as
// actors.Undelivered with actors.ReasonForbidden.
func (r *Running) Silence(quiet bool) {}

// Join takes one more agent in. It enters with the next round, if there is one; its From does not matter.
func (r *Running) Join(a Agent) error { return errNotYet }

// Crash lets the next turn of an agent fail once, as Chaos does: it comes back with its memory.
func (r *Running) Crash(agent string) error {
	if !slices.Contains(r.Agents(), agent) {
		return fmt.Errorf("polis: no agent %q", agent)
	}
	return errNotYet
}

// Agents are the names of those that live in the society now, sorted.
func (r *Running) Agents() []string {
	var names []string
	for _, a := range r.society.Agents {
		names = append(names, a.Name)
	}
	slices.Sort(names)
	return names
}
