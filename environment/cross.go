package environment

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/polis-agents/polis/journal"
)

// RoundOf is the round of a turn of the world that was not taken yet; 0: it is the present one.
func (p *Past) RoundOf(e *journal.Entry) int {
	k := p.k
	if k.cfg.Pace != Realtime {
		return k.passedBy(e)/len(k.def.phases) + 1
	}
	var at struct{ Round int }
	if e.Kind == opened.String() && json.Unmarshal(e.Payload, &at) == nil {
		return at.Round
	}
	return 0
}

// Cross puts the world's state into a world made anew, in which it goes on after the round that is over, with these
// seats: who has none leaves, who is new enters with the next round.
func (p *Past) Cross(def *Definition, cfg Config, seats []Seat, actor func(agent string) string) error {
	k := p.k
	cfg.fill()
	if !slices.Equal(def.phases, k.def.phases) || cfg.Pace != k.cfg.Pace || cfg.Phase != k.cfg.Phase {
		return fmt.Errorf("environment: the world to go on in has the phases %q of %v in pace %s; accepted are those it had: %q of %v in pace %s",
			def.phases, cfg.Phase, cfg.Pace, k.def.phases, k.cfg.Phase, k.cfg.Pace)
	}
	err := safely(func() error {
		state, err := State(k.world)
		if err != nil {
			return err
		}
		world := def.make()
		if err := Restore(world, state); err != nil {
			return err
		}
		k.world = world
		k.history.Keep(state)
		return nil
	})
	if err != nil {
		return err
	}
	cfg.Recorder, cfg.Observe, cfg.Clock = k.cfg.Recorder, nil, k.cfg.Clock
	k.def, k.cfg = def, cfg
	stays := map[string]bool{}
	for _, s := range seats {
		stays[s.Name] = true
		if old := k.byName[s.Name]; old != nil {
			if old.Decides != s.Decides { // what was decided so far, somebody else has decided
				k.credit(old)
			}
			old.Decides, old.Latency = s.Decides, s.Latency
		} else {
			s.From = max(s.From, k.round+1)
			p.Joined(s, actor(s.Name))
		}
	}
	for _, s := range k.seats {
		if !stays[s.Name] {
			k.leave(s)
		}
		if s.doings != nil {
			s.doings.latency = s.Latency.Filled(cfg.Phase, cfg.Latency)
		}
	}
	return nil
}
