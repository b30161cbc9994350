package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/protocol/interaction"
)

// Options bound what is gone through. The zero value is useful.
type Options struct {
	Queue  int // more messages than that on the way in one direction are a fault; 0: as many as it takes, where there is an end to it. At most LongestQueue
	States int // at most so many situations are looked at, and sixteen times as many steps; 0: 1,000,000
	Most   int // a bound of the protocol that is greater is explored as if it were this; 0: 3
}

// LongestQueue is how many messages at most may be on the way in one direction.
const LongestQueue = 24

// The limits that hold where Options are zero.
const (
	defaultStates = 1_000_000
	defaultMost   = 3
	firstQueue    = 3
	mostMoves     = 10_000 // of both machines
	stepsPerState = 16
)

// Result is what was found.
type Result struct {
	Protocol string
	Faults   []Fault  // by kind and length of the way there
	Warnings []string // what may be on purpose: states that nothing leads to, waits that never end
	Single   Extent   // one session: all that can happen, losses and stops among it
	Siblings Extent   // two sessions of one conversation, where the protocol has guards about that; without losses
}

// Extent is how much was gone through.
type Extent struct {
	States int  // situations: two states and what is on the way between them
	Queue  int  // the most messages that were on the way in one direction
	Whole  bool // that was everything
}

// Explored says whether everything was gone through. Where it was not, that no fault was found does not say there is none.
func (r *Result) Explored() bool {
	return r.Single.Whole && (r.Siblings.States == 0 || r.Siblings.Whole)
}

// OK says that everything was gone through and nothing is wrong. Of two sessions of a conversation as much as the limits
// allow is enough: see Siblings.
func (r *Result) OK() bool { return len(r.Faults) == 0 && r.Single.Whole }

// Check explores a protocol in its expanded form, see interaction.Expand. It does not return before the limits of the
// options, and always then.
func Check(p *interaction.Protocol, o Options) Result {
	if o.States <= 0 {
		o.States = defaultStates
	}
	if o.Most <= 0 {
		o.Most = defaultMost
	}
	r := Result{Protocol: p.Name}
	if err := sound(p); err != nil {
		r.Faults = []Fault{{Kind: Data, Text: strings.ReplaceAll(err.Error(), "\n", "; ")}}
		return r
	}
	m := compile(p, o.Most)
	for _, b := range p.Bounds {
		if b.Most > o.Most {
			r.Warnings = append(r.Warnings, fmt.Sprintf("bound %s of %d: explored as if it were %d", b.Name, b.Most, o.Most))
		}
	}
	r.Faults = m.explore(o, untimed).found
	e := m.explore(o, anything)
	r.Single, r.Faults = e.extent(), merge(r.Faults, e.faults())
	r.Warnings = append(r.Warnings, e.warnings()...)
	if m.guarded {
		// Where not even participants that say anything at any time bring the sessions to stand in each other's way, no others do.
		two := m.explore(o, guards)
		r.Siblings = two.extent()
		if len(two.faults()) > 0 || two.suspect {
			two = m.explore(o, siblings)
			r.Siblings, r.Faults = two.extent(), merge(r.Faults, two.faults())
		}
	}
	r.Faults = slices.DeleteFunc(r.Faults, func(f Fault) bool {
		of := under(f.State)
		return of != "" && slices.ContainsFunc(r.Faults, func(o Fault) bool {
			return o.Kind == f.Kind && o.Role == f.Role && o.State == of && o.Label == f.Label
		})
	})
	order(r.Faults)
	return r
}

// sound says whether the data can be explored at all.
func sound(p *interaction.Protocol) error {
	if err := p.Check(); err != nil {
		return err
	}
	moves := 0
	for _, r := range []interaction.Role{interaction.Initiator, interaction.Participant} {
		m := p.Machine(r)
		if len(m) == 0 {
			return fmt.Errorf("%s: no state", r)
		}
		for _, s := range m {
			if moves += len(s.Moves); moves > mostMoves {
				return fmt.Errorf("more than %d moves; accepted are no more", mostMoves)
			}
			for _, move := range s.Moves {
				if m.Index(move.To) < 0 {
					return fmt.Errorf("%s: state %s: to %q; accepted is a state of the machine", r, s.Name, move.To)
				}
			}
		}
	}
	return nil
}

var kinds = []Kind{Data, Deadlock, Unspecified, Unbounded, Wait, Livelock, NoEnd, Unreached}

// order sorts faults by kind, then by how long the way there is.
func order(faults []Fault) {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		if d := slices.Index(kinds, a.Kind) - slices.Index(kinds, b.Kind); d != 0 {
			return d
		}
		return len(a.Trace) - len(b.Trace)
	})
}

// merge adds the faults that are not known yet.
func merge(faults, more []Fault) []Fault {
	for _, f := range more {
		if !slices.ContainsFunc(faults, func(o Fault) bool {
			return o.Kind == f.Kind && o.Role == f.Role && o.State == f.State && o.Label == f.Label && o.Text == f.Text
		}) {
			faults = append(faults, f)
		}
	}
	return faults
}
