package environment

import (
	"fmt"
	"maps"
	"strings"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// expire closes a step whose deadline has passed.
func (k *conductor) expire() {
	for _, i := range k.order {
		s := k.seats[i]
		if !s.open {
			continue
		}
		s.open = false
		k.hurry()
		if len(s.acts) == 0 && k.stage == collecting {
			k.miss(s, true)
		}
	}
	k.waiting = 0
}

// end lets the society end before its time: what was collected for the open phase is dropped, since the others could
// not decide.
func (k *conductor) end(c *engine.Context) {
	switch k.stage {
	case seating:
		k.result.Late = true
		k.finish()
	case collecting, pausing:
		k.result.Late = true
		k.drop(c)
		k.closeAll(c)
	}
}

// drop gives up what was taken and not applied.
func (k *conductor) drop(c *engine.Context) {
	dropped := len(k.late)
	for _, s := range k.seats {
		dropped += len(s.acts)
		s.acts = s.acts[:0]
	}
	if k.stage == applying { // some of them are applied
		if dropped -= k.act; k.at > len(k.order) {
			dropped -= k.at - len(k.order)
		}
	}
	k.late = nil
	c.Handled(-dropped) // counted when they were taken
	c.Dead(dropped)
	if k.sim != nil {
		k.forget(c)
	}
}

// bury accounts for what the world leaves behind: actions that are not applied, when it could not go on, and outcomes for
// those who have left.
func (k *conductor) bury(c *engine.Context) {
	k.drop(c)
	for _, s := range k.seats {
		c.Sent(len(s.outcomes))
		c.Dead(len(s.outcomes))
		s.outcomes = nil
	}
}

// closeAll sends everybody the last outcomes.
func (k *conductor) closeAll(c *engine.Context) {
	k.timer.Stop()
	if k.sim != nil {
		k.forget(c)
	}
	k.stage, k.waiting = closing, 0
	k.step++
	k.order = k.order[:0]
	for _, i := range k.roll {
		if s := k.seats[i]; s.present && !s.gone {
			k.order = append(k.order, i)
			k.deliver(c, i, wire.Caused{}, true)
		}
	}
	k.timer = c.After(k.cfg.Deadline, deadline{k.step})
}

// finish tells whoever assembled the society.
func (k *conductor) finish() {
	k.timer.Stop()
	k.stage = over
	if k.cfg.Finished != nil {
		k.cfg.Finished(k.soFar())
	}
}

// soFar is the result of what has been played.
func (k *conductor) soFar() Result {
	r := k.result
	r.World = k.world
	r.Head = k.history.Head(Name)
	for _, s := range k.seats {
		k.credit(s)
	}
	r.Decided = maps.Clone(k.result.Decided)
	return r
}

// credit counts what an agent has decided to who has decided it.
func (k *conductor) credit(s *seat) {
	k.decided(s.Decides, s.decided-s.ruled)
	k.decided(Rules, s.ruled)
	s.decided, s.ruled = 0, 0
}

// decided counts decisions.
func (k *conductor) decided(by string, n int) {
	if k.result.Decided == nil {
		k.result.Decided = make(map[string]int)
	}
	if n > 0 {
		k.result.Decided[by] += n
	}
}

// substitute is the label of a service that decided in place of another; "": none did that is known.
func (k *conductor) substitute(by wire.By) string {
	if i := int(by) - int(wire.ByService); i >= 0 && i < len(k.cfg.Services) {
		return k.cfg.Services[i]
	}
	return ""
}

// ResultOf is the result of a society that did not come to its end, from the host of its environment actor. It may be
// asked when that actor has stopped.
func ResultOf(h engine.Host) Result { return h.(*conductor).soFar() }

// Quarantine sets aside the turn of the world that failed to its last attempt, so that the society can go on: it has
// its number and its place in the record. Without percepts the society cannot go on.
func (k *conductor) Quarantine(c *engine.Context, f *engine.Failure) (skipped bool) {
	switch k.stage {
	case applying:
		s, a := k.current()
		out := Outcome{Action: k.nameOf(a.Value), Reason: ReasonWorldFailed, Detail: strings.ToValidUTF8(fmt.Sprint(f.Err), "\ufffd")}
		cause := journal.Cause{Actor: s.actor, N: a.N, Index: a.Index}
		if !k.setAside(f, cause, func(b []byte) ([]byte, error) { return appendAction(b, s.Name, out.Action, a.Value) },
			func(b []byte) ([]byte, error) { return appendOutcome(b, out, s.Name) }) {
			return false
		}
		c.Handled(-1) // counted when it was taken
		c.Quarantined(1)
		s.outcomes = append(s.outcomes, wire.Caused{Event: out, N: k.history.N()})
		k.act++
	case entering: // an agent that cannot enter stays outside
		s := k.seats[k.roll[k.at]]
		if !k.setAside(f, journal.Cause{Actor: s.actor},
			func(b []byte) ([]byte, error) { return journal.AppendCanonical(b, s.Name) }, nil) {
			return false
		}
		s.present = false
		k.leave(s)
		k.at++
	case ticking: // time passes without the tick
		if !k.setAside(f, journal.Cause{Actor: Name, N: k.history.N()},
			func(b []byte) ([]byte, error) { return appendPhase(b, k.round, k.phaseName()) }, nil) {
			return false
		}
		k.at++
	default:
		return false
	}
	return true
}

// setAside records a turn that failed to its last attempt. effect is nil when it has none.
func (k *conductor) setAside(f *engine.Failure, cause journal.Cause, event, effect func([]byte) ([]byte, error)) bool {
	full, err := k.record(change{kind: quarantined}, cause, func(d *journal.Draft) error {
		if err := d.Event(func(b []byte) ([]byte, error) { return appendQuarantined(b, f, event) }); err != nil || effect == nil {
			return err
		}
		return d.Effect(effect)
	})
	if err == nil && full { // not of the world that has just failed
		k.keep(k.remake)
	}
	return err == nil
}
