package actors

import (
	"encoding/json"
	"fmt"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// Retry offers an event that was set aside to the agent as it is right before that turn, and gives the effects that the
// turn would have now. An *environment.StillFails says that it would be set aside again. Nothing can be done again after it.
func (p *Past) Retry(e *journal.Entry) (effects []byte, err error) {
	a := p.agent
	var w struct {
		Event json.RawMessage
		Kind  string
	}
	if err := json.Unmarshal(e.Payload, &w); err != nil {
		return nil, fmt.Errorf("actors: turn %d of %s: %w", e.N, a.name, err)
	}
	a.agenda.now = e.Logical
	if a.agenda.step != e.Step {
		a.agenda.step, a.report = e.Step, report{}
	}
	of := *e
	of.Kind, of.Payload = w.Kind, w.Event
	event, _, err := p.event(&of)
	if err != nil {
		return nil, err
	}
	t := newTurn()
	t.begin(a, e.N, e.Logical, p.worker)
	err = safely(func() (err error) {
		if err := p.life.behavior.Receive(t, event); err != nil {
			return err
		}
		if err := a.tooMuch(t.effects, w.Kind); err != nil {
			return err
		}
		p.life.limits(t.effects)
		_, effects, err = Record(t, event)
		return err
	})
	if err != nil {
		return nil, &environment.StillFails{Err: err}
	}
	return effects, nil
}
