package environment

import (
	"cmp"
	"slices"

	"github.com/polis-agents/polis/internal/engine"
)

// Wishes are what is asked of a society from outside while it lives. All that is not wished for is as it would be
// without them.
type Wishes struct {
	Pause bool   // stand still when the round is over; in realtime, the phase
	Quiet bool   // nobody may speak, from the next phase on
	Join  []Join // agents that enter with the next round
}

// Join is one more agent for a society that lives.
type Join struct {
	Seat  Seat                        // without its Ref; From does not matter
	Spawn func() (*engine.Ref, error) // makes its actor when it enters; an error keeps it out
}

// Steer tells the environment actor that there are new wishes. Take gives them as they are by then, and each Join once:
// so one Steer stands for all that is wished until it is read.
type Steer struct{ Take func() Wishes }

// Intervened tells that something was done to the society from outside, when it takes effect.
type Intervened struct {
	What  string `json:"what"`            // one of the Did constants
	Agent string `json:"agent,omitempty"` // who joined, or crashed
	Round int    `json:"round"`           // in which it took effect; of a pause: the last round before it
	Phase string `json:"phase,omitempty"` // in which, or from which on; "": it is about whole rounds
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

func (k *conductor) intervened(what, agent string, round int, phase string) {
	if k.cfg.Intervened != nil {
		k.cfg.Intervened(Intervened{What: what, Agent: agent, Round: round, Phase: phase})
	}
}

// hear takes new wishes in.
func (k *conductor) hear(m Steer) {
	w := m.Take()
	k.joining = append(k.joining, w.Join...)
	w.Join = nil
	k.wishes = w
}

// stands says whether the society stands still, before a round or, in realtime, before a phase is closed, and tells when
// that has changed.
func (k *conductor) stands() bool {
	if k.wishes.Pause != k.still {
		k.still = k.wishes.Pause
		what, round, phase := DidResume, k.round, ""
		if k.still {
			what = DidPause
		}
		if k.cfg.Pace == Realtime && k.step > 0 {
			phase = k.phaseName()
		} else if k.still {
			round = k.result.Rounds
		}
		k.intervened(what, "", round, phase)
	}
	return k.still || k.delayed
}

// goOn ends a pause. What came in the meantime, in realtime, counts for the phase that the pause has kept open.
func (l *life) goOn(c *engine.Context) error {
	k := l.conductor
	if k.cfg.Pace != Realtime || k.step == 0 {
		k.to(entering)
		return nil
	}
	k.timer = c.After(0, tick{k.step})
	k.order = k.order[:0]
	for _, i := range k.roll {
		if len(k.seats[i].acts) > 0 {
			k.order = append(k.order, i)
		}
	}
	k.to(applying)
	return l.applyArrived(c)
}

// hush lets nobody speak from this phase on, or everybody again.
func (k *conductor) hush() {
	if k.wishes.Quiet == k.quiet {
		return
	}
	k.quiet = k.wishes.Quiet
	what := DidSpeech
	if k.quiet {
		what = DidSilence
	}
	k.intervened(what, "", k.round, k.phaseName())
}

// seatJoined gives a place to those who have joined. Places are added at the end, so that nobody's number changes: only
// the roll is in the order of names.
func (k *conductor) seatJoined() {
	for len(k.joining) > 0 {
		j := k.joining[0]
		k.joining = k.joining[1:]
		ref, err := j.Spawn()
		if err != nil {
			continue // the engine is shutting down, or the name is taken
		}
		s := &seat{Seat: j.Seat}
		s.Ref, s.From = ref, 0
		k.seat(s)
		k.enroll(s)
		k.intervened(DidJoin, s.Name, k.round, "")
	}
	k.joining = nil
}

// enroll puts a seat on the roll, which is in the order of names.
func (k *conductor) enroll(s *seat) {
	at, _ := slices.BinarySearchFunc(k.roll, s.Name, func(i int, name string) int { return cmp.Compare(k.names[i], name) })
	k.roll = slices.Insert(k.roll, at, s.at)
}
