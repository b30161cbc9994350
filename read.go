package polis

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/supervision"
)

// readTurn reads one of the society's turns into the event that observers saw, or Begun, Resumed, Over.
func readTurn(e *journal.Entry) (any, error) {
	name := e.Kind
	switch name {
	case kindForked:
		name = kindBegun
	case kindInterrupted:
		name = kindEnded
	}
	w, err := journal.Decode(recordPrefix+name, e.Payload)
	if err != nil {
		return nil, fmt.Errorf("polis: turn %d of %q, %s: %w", e.N, e.Actor, e.Kind, err)
	}
	event, err := eventOf(w)
	if err != nil {
		err = fmt.Errorf("polis: turn %d of %q, %s: %w", e.N, e.Actor, e.Kind, err)
	}
	return event, err
}

func eventOf(w any) (any, error) {
	switch w := w.(type) {
	case writtenBegun:
		return Begun{From: max(w.From, 1), Config: w.Config, Origin: w.Origin, Deciders: w.Deciders, Services: w.Services, Versions: w.Versions}, nil
	case writtenResumed:
		return resumed{Resumed{Round: w.Round, Again: w.Again, Versions: w.Versions}, w.Charged}, nil
	case writtenRound:
		return w.event()
	case writtenMissed:
		return environment.Missed{Round: w.Round, Phase: w.Phase, Agent: w.Agent, Late: w.Late}, nil
	case writtenHurried:
		return environment.Hurried{Round: w.Round, Phase: w.Phase}, nil
	case writtenUnkept:
		if w.Agent == "" {
			return environment.Unkept{Round: w.Round, Why: w.Why}, nil
		}
		return actors.Unkept{Agent: w.Agent, Why: w.Why}, nil
	case writtenRestored:
		return environment.Restored{Round: w.Round, Phase: w.Phase, Turn: w.Turn, Redone: w.Redone, Stood: time.Duration(w.Stood)}, nil
	case writtenForgot:
		return actors.Forgot{Agent: w.Agent}, nil
	case writtenClocked:
		return actors.Clocked{Agent: w.Agent, What: w.What}, nil
	case writtenUnruled:
		return actors.Unruled{From: w.From, To: w.To, Why: w.Why}, nil
	case writtenFailed:
		return w.event()
	case writtenBlocked:
		return Blocked{Actor: w.Actor, Held: time.Duration(w.Held)}, nil
	case writtenAbandoned:
		return Abandoned(w), nil
	case writtenIntervened:
		return Intervened{What: w.What, Agent: w.Agent, Round: w.Round, Phase: w.Phase}, nil
	case writtenRequest:
		return w.event(), nil
	case writtenEnd:
		return w.event(), nil
	}
	return nil, fmt.Errorf("polis: %T is no turn of a society", w)
}

func (w *writtenRound) event() (any, error) {
	e := environment.RoundEnded{Round: w.Round, Now: time.Duration(w.Now)}
	var err error
	if e.World, err = variables(w.World.Variables, w.World.Values); err != nil {
		return nil, fmt.Errorf("the world: %w", err)
	}
	for _, row := range w.Agents {
		names := w.Variables
		if row.Variables != nil {
			names = *row.Variables
		}
		vs, err := variables(names, row.Values)
		if err != nil {
			return nil, fmt.Errorf("agent %q: %w", row.Name, err)
		}
		e.Agents = append(e.Agents, environment.AgentRow{Name: row.Name, Decides: row.Decides, Variables: vs, Reward: (*float64)(row.Reward)})
	}
	return e, nil
}

func variables(names []string, values []number) ([]environment.Variable, error) {
	if len(names) != len(values) {
		return nil, fmt.Errorf("%d values for %d variables", len(values), len(names))
	}
	if len(names) == 0 {
		return nil, nil
	}
	vs := make([]environment.Variable, len(names))
	for i := range vs {
		vs[i] = environment.Variable{Name: names[i], Value: float64(values[i])}
	}
	return vs, nil
}

// number is a float64, also one that JSON has no word for: then it is a string.
type number float64

// MarshalJSON writes it.
func (n number) MarshalJSON() ([]byte, error) {
	return appendValue(nil, float64(n)), nil
}

// UnmarshalJSON reads it.
func (n *number) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case `"NaN"`:
		*n = number(math.NaN())
	case `"Infinity"`:
		*n = number(math.Inf(1))
	case `"-Infinity"`:
		*n = number(math.Inf(-1))
	default:
		return json.Unmarshal(text, (*float64)(n))
	}
	return nil
}

// recorded is an error as it was written down.
type recorded struct {
	text    string
	wanted  bool
	adopted *supervision.Escalated
}

// Error is what it said.
func (e *recorded) Error() string { return e.text }

// Is finds the wish to stop.
func (e *recorded) Is(target error) bool { return e.wanted && target == supervision.ErrStop }

// As finds that a child has passed it up.
func (e *recorded) As(target any) bool {
	if t, ok := target.(**supervision.Escalated); ok && e.adopted != nil {
		*t = e.adopted
		return true
	}
	return false
}

func (w *writtenFailed) event() (any, error) {
	why := &recorded{text: w.Error, wanted: w.Wanted}
	if w.Adopted {
		why.adopted = &supervision.Escalated{Child: &supervision.Failure{Err: errors.New(w.Error)}}
	}
	f := &supervision.Failure{Actor: w.Actor, Turn: w.Turn, Attempt: w.Attempt, Event: w.Event, Err: why}
	after, scope := time.Duration(w.After), supervision.Scope(w.Scope)
	switch w.Decision {
	case supervision.Restart{}.Name():
		return Failed{supervision.Restart{Failure: f, After: after, Scope: scope}}, nil
	case supervision.Quarantine{}.Name():
		return Failed{supervision.Quarantine{Failure: f, After: after, Scope: scope}}, nil
	case supervision.Stop{}.Name():
		return Failed{supervision.Stop{Failure: f, Reason: w.Reason, Quarantined: w.Quarantined}}, nil
	case supervision.Escalate{}.Name():
		return Failed{supervision.Escalate{Failure: f}}, nil
	}
	return nil, fmt.Errorf("decision %q; accepted are restart, quarantine, stop, escalate", w.Decision)
}

func (w *writtenRequest) event() requestEnded {
	return requestEnded{llmadapter.Ended{
		Service: w.Service, Asker: w.Asker, Turn: w.Turn, Index: w.Index, Outcome: w.Outcome, Why: w.Why, Kind: llmadapter.Kind(w.Kind), Reason: llmadapter.Reason(w.Reason),
		Attempts: w.Attempts, Wait: time.Duration(w.Wait), Took: time.Duration(w.Took), Usage: llmadapter.Tokens{Input: w.Input, Output: w.Output},
	}, w.Account, w.Spent}
}

// requestEnded is the end of a request with the account of its adapter.
type requestEnded struct {
	llmadapter.Ended
	account llmadapter.Account
	spent   Spending
}

// resumed is that with what may have been spent besides.
type resumed struct {
	Resumed
	charged []charge
}

func (w *writtenEnd) event() Over {
	return Over{Why: w.Why, Report: Report{
		Hash: w.Hash, Reproducible: w.Reproducible, Rounds: w.Rounds, DecidedBy: w.Decided, Marks: w.Marks, Said: w.Said, Judged: w.Judged, Faults: w.Faults,
		Messages: w.Messages, Models: w.Models, Spending: w.Spent, Wall: time.Duration(w.Wall),
	}}
}
