package environment

import (
	"errors"
	"fmt"
	"strings"

	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// errNoReason guards against a refusal without a code, which would read as accepted.
var errNoReason = errors.New("environment: a refusal whose Reason is empty")

// What the environment says of an action without asking the world.
var (
	phaseClosed  = Outcome{Reason: ReasonPhaseClosed, Detail: "it came when its phase was over"}
	alreadyActed = Outcome{Reason: ReasonAlreadyActed, Detail: "no further action counts in this phase"}
)

// applyAll applies the actions of a step in the declared order, one turn each, and then those that came too late.
func (l *life) applyAll(c *engine.Context) error {
	k := l.conductor
	for ; k.at < len(k.order)+len(k.late); k.at, k.act = k.at+1, 0 {
		for {
			s, a := k.current()
			if s == nil {
				break
			}
			var verdict Outcome
			if k.at >= len(k.order) {
				verdict = phaseClosed
			} else if s.acted >= k.cfg.Actions {
				verdict = alreadyActed
			}
			if err := l.action(c, s, *a, verdict); err != nil {
				return err
			}
			k.act++
		}
		if k.at < len(k.order) {
			s := k.seats[k.order[k.at]]
			s.acts = s.acts[:0]
		}
	}
	clear(k.late)
	k.late = k.late[:0]
	return nil
}

// current is the action to be applied next; nil: this seat has no more.
func (k *conductor) current() (*seat, *wire.Act) {
	if i := k.at - len(k.order); i >= 0 {
		if i >= len(k.late) || k.act > 0 {
			return nil, nil
		}
		return k.late[i].seat, &k.late[i].act
	}
	s := k.seats[k.order[k.at]]
	if k.act >= len(s.acts) {
		return nil, nil
	}
	return s, &s.acts[k.act]
}

// action is one turn of the world about one action. out may be a refusal decided before the world is asked.
func (l *life) action(c *engine.Context, s *seat, a wire.Act, out Outcome) error {
	k := l.conductor
	n := l.begin(c, acted)
	asked := !out.Refused()
	out, err := k.judge(s, a, out)
	if err != nil {
		return err
	}
	ch := change{kind: acted, seat: int32(s.at), phase: int16(k.phase), action: a.Value}
	if out.Refused() {
		ch = change{kind: refused} // there is nothing to redo
	}
	cause := journal.Cause{Actor: s.actor, N: a.N, Index: a.Index}
	if err := l.commit(ch, cause, func(d *journal.Draft) error {
		if err := d.Event(func(b []byte) ([]byte, error) { return appendAction(b, s.Name, out.Action, a.Value) }); err != nil {
			return err
		}
		return d.Effect(func(b []byte) ([]byte, error) { return appendOutcome(b, out, s.Name) })
	}); err != nil {
		return err
	}
	if asked && k.choice {
		switch s.by, s.chose = a.By, k.round; {
		case a.By == wire.ByRule:
			s.decided++
			s.ruled++
		case k.substitute(a.By) != "":
			k.decided(k.substitute(a.By), 1)
		default:
			s.decided++
		}
	}
	s.acted++
	s.outcomes = append(s.outcomes, wire.Caused{Event: out, N: n})
	return nil
}

// judge asks the world about an action, unless it was refused before. An error is a failure of the world.
func (k *conductor) judge(s *seat, a wire.Act, out Outcome) (Outcome, error) {
	out.Action = k.nameOf(a.Value)
	if out.Refused() {
		return out, nil
	}
	value, err := k.def.Apply(k.world, s.Name, k.phaseName(), a.Value)
	switch code, refused := refusalOf(err); {
	case err == nil:
		out.Value = value
	case !refused:
		return out, fmt.Errorf("environment: %s of %s: %w", out.Action, s.Name, err)
	case code == "":
		return out, errors.Join(errNoReason, err)
	default:
		out.Reason, out.Detail = code, strings.ToValidUTF8(err.Error(), "\ufffd") // it may quote an agent
	}
	return out, nil
}

// applyArrived applies, in realtime, what just came, and sends the outcomes at once.
func (l *life) applyArrived(c *engine.Context) error {
	k := l.conductor
	if err := l.applyAll(c); err != nil {
		return err
	}
	for _, i := range k.order {
		if s := k.seats[i]; len(s.outcomes) > 0 && !s.gone {
			k.deliver(c, i, wire.Caused{}, false)
		}
	}
	k.waiting = 0
	k.to(collecting)
	return nil
}

// tick lets the world's own dynamics run.
func (l *life) tick(c *engine.Context) error {
	k := l.conductor
	t, ok := k.world.(Ticker)
	if !ok || k.at > 0 { // quarantined: time passes without it
		return nil
	}
	n := l.begin(c, ticked)
	phase := k.phaseName()
	t.Tick(phase, chance.New(k.cfg.Seed, Name, n))
	return l.commit(change{kind: ticked, phase: int16(k.phase)}, journal.Cause{Actor: Name, N: n - 1}, func(d *journal.Draft) error {
		return d.Event(func(b []byte) ([]byte, error) { return appendPhase(b, k.round, phase) })
	})
}

// nameOf names an action for records and outcomes.
func (k *conductor) nameOf(v any) string {
	if _, pass := v.(Pass); pass {
		return "pass"
	}
	if a := k.def.ActionOf(v); a != nil {
		return a.Name
	}
	return fmt.Sprintf("%T", v)
}
