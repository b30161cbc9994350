package environment

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/polis-agents/polis/journal"
)

// recollect makes the world as it was after its last turn when its recovery log was outgrown: producer, last snapshot,
// and what the journal has since.
func (k *conductor) recollect() (any, error) {
	if !k.cfg.Recorder.Keeps() {
		return nil, fmt.Errorf("its recovery log was outgrown, and no journal is kept")
	}
	world := k.def.make()
	n, state, ok := k.history.Basis()
	if ok {
		if err := Restore(world, state); err != nil {
			return nil, err
		}
	}
	for e, err := range k.cfg.Recorder.Turns(Name, n) {
		if err != nil {
			return nil, err
		}
		ch, err := k.changeIn(&e)
		if err == nil {
			err = k.redo(world, e.N, ch)
		}
		if err != nil {
			return nil, fmt.Errorf("turn %d, committed before, now fails: %w", e.N, err)
		}
		n = e.N
	}
	if n != k.history.N() {
		return nil, fmt.Errorf("the journal ends with turn %d of the world, which has had %d", n, k.history.N())
	}
	return world, nil
}

// changeIn reads a turn of the world from its record. What changed nothing is a refusal.
func (k *conductor) changeIn(e *journal.Entry) (ch change, err error) {
	switch e.Kind {
	case entered.String(), left.String():
		var name string
		if err := json.Unmarshal(e.Payload, &name); err != nil {
			return ch, err
		}
		s := k.byName[name]
		if s == nil {
			return ch, fmt.Errorf("agent %q: there is none", name)
		}
		ch = change{kind: entered, seat: int32(s.at)}
		if e.Kind == left.String() {
			ch.kind = left
		}
		return ch, nil
	case activated.String():
		return change{kind: activated}, nil
	case opened.String():
		return k.openedIn(e)
	case ticked.String():
		var at struct{ Phase string }
		if err := json.Unmarshal(e.Payload, &at); err != nil {
			return ch, err
		}
		i := slices.Index(k.def.phases, at.Phase)
		if i < 0 {
			return ch, fmt.Errorf("phase %q: there is none", at.Phase)
		}
		return change{kind: ticked, phase: int16(i)}, nil
	case acted.String():
		return k.actionIn(e)
	}
	return change{kind: refused}, nil
}

// openedIn reads a turn that made percepts: in the sequential pace, for whom.
func (k *conductor) openedIn(e *journal.Entry) (change, error) {
	if k.cfg.Pace != Sequential {
		return change{kind: opened}, nil
	}
	var percepts []struct{ To string }
	if err := json.Unmarshal(e.Effects, &percepts); err != nil {
		return change{}, err
	}
	if len(percepts) != 1 || k.byName[percepts[0].To] == nil {
		return change{}, fmt.Errorf("percepts for %v; one agent has its turn at a time", percepts)
	}
	return change{kind: opened, seat: int32(k.byName[percepts[0].To].at)}, nil
}

// actionIn reads a turn about an action.
func (k *conductor) actionIn(e *journal.Entry) (ch change, err error) {
	out, err := outcomeIn(e)
	if err != nil || out.Refused() {
		return change{kind: refused}, err
	}
	var w struct {
		Agent string
		Value json.RawMessage
	}
	if err := json.Unmarshal(e.Payload, &w); err != nil {
		return ch, err
	}
	s := k.byName[w.Agent]
	if s == nil {
		return ch, fmt.Errorf("agent %q: there is none", w.Agent)
	}
	ch = change{kind: acted, seat: int32(s.at)}
	if ch.action, err = journal.ReadPayload(w.Value); err != nil {
		return ch, err
	}
	if a := k.def.ActionOf(ch.action); a != nil { // it was possible then, and is the same whatever the phase is called
		ch.phase = int16(max(0, slices.IndexFunc(k.def.phases, a.In)))
	}
	return ch, nil
}
