package environment

import (
	"encoding/json"
	"fmt"

	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/journal"
)

// Retry offers an event that was set aside to the world as it is right before that turn, and gives the effects that the
// turn would have now. A *StillFails says that it would be set aside again. Nothing can be done again after it.
func (p *Past) Retry(e *journal.Entry) (effects []byte, err error) {
	var w struct {
		Event json.RawMessage
		Kind  string
	}
	if err := json.Unmarshal(e.Payload, &w); err != nil {
		return nil, err
	}
	p.retrace.Next, p.clock = e, e.Logical
	if err := p.place(e); err != nil {
		return nil, err
	}
	k := p.k
	switch w.Kind {
	case acted.String():
		s, t, err := p.take(e)
		if err != nil {
			return nil, err
		}
		var out Outcome
		if err := attempt(func() (err error) {
			out, err = k.judge(s, t.act, out)
			return err
		}); err != nil {
			return nil, err
		}
		effects, err = appendOutcome([]byte{'['}, out, s.Name)
		return append(effects, ']'), err
	case entered.String(), left.String():
		s, err := p.seatIn(w.Event)
		if err != nil {
			return nil, err
		}
		crowd, told := k.world.(Population)
		if !told {
			return nil, fmt.Errorf("environment: this world is not told who comes and goes")
		}
		err = attempt(func() error {
			if w.Kind == entered.String() {
				crowd.Enter(s.Name)
			} else {
				crowd.Leave(s.Name)
			}
			return nil
		})
		return []byte("[]"), err
	case ticked.String():
		t, ok := k.world.(Ticker)
		if !ok {
			return nil, fmt.Errorf("environment: this world has no tick")
		}
		err = attempt(func() error {
			t.Tick(k.phaseName(), chance.New(k.cfg.Seed, Name, e.N))
			return nil
		})
		return []byte("[]"), err
	}
	return nil, fmt.Errorf("environment: an event of kind %q was set aside", w.Kind)
}

// StillFails says that an event which was set aside would be set aside again.
type StillFails struct{ Err error }

// Error says why.
func (s *StillFails) Error() string { return firstLine(s.Err) }

// Unwrap gives the failure.
func (s *StillFails) Unwrap() error { return s.Err }

// attempt does what may fail.
func attempt(do func() error) error {
	if err := safely(do); err != nil {
		return &StillFails{err}
	}
	return nil
}
