package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/internal/wire/post"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/supervision"
)

// told is an event on its way to an observer of another process.
type told struct {
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// plainEvents are those that are their own JSON.
var plainEvents = func() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, event := range []any{environment.Missed{}, environment.Unkept{}, environment.Restored{}, actors.Marked{}, actors.Forgot{},
		actors.Clocked{}, actors.Unkept{}, actors.Unruled{}, llmadapter.Asked{}, llmadapter.Ended{}, polis.Blocked{}, polis.Abandoned{},
		polis.Intervened{}} {
		t := reflect.TypeOf(event)
		types[t.String()] = t
	}
	return types
}()

// The names of the events that have a form of their own.
const (
	eventRound  = "round"
	eventSaid   = "said"
	eventFailed = "failed"
)

type (
	toldNumber struct{ Name, Value string } // JSON has no infinity
	toldAgent  struct {
		Name, Decides string
		Numbers       []toldNumber
	}
	toldRound struct {
		Round   int
		Now     time.Duration
		Numbers []toldNumber
		Agents  []toldAgent
	}
	toldSaid struct {
		Round   int
		Phase   string
		Unheard bool
		Letter  []byte // post.Letter
		Now     time.Duration
		Step    uint64
		N       uint64
		Index   int
	}
	toldFailed struct {
		Decision, Actor, Event, Error, Reason string
		Turn                                  uint64
		Attempt                               int
		After                                 time.Duration
		Quarantined                           bool
	}
)

// writeEvent writes an event of the closed set of polis.Config.Observe; nil: it is none.
func writeEvent(event any) ([]byte, error) {
	var form any
	name := ""
	switch e := event.(type) {
	case environment.RoundEnded:
		r := toldRound{Round: e.Round, Now: e.Now, Numbers: writeNumbers(e.World)}
		for _, a := range e.Agents {
			r.Agents = append(r.Agents, toldAgent{a.Name, a.Decides, writeNumbers(a.Variables)})
		}
		name, form = eventRound, r
	case actors.Said:
		l, err := writeLetter(&wire.Letter{Message: e.Message, Sender: e.Message.Sender})
		if err != nil {
			return nil, err
		}
		data, err := proto.Marshal(l)
		if err != nil {
			return nil, err
		}
		name, form = eventSaid, toldSaid{e.Round, e.Phase, e.Unheard, data, e.Now, e.Step, e.N, e.Index}
	case polis.Failed:
		f := e.Decision.Cause()
		t := toldFailed{Decision: e.Decision.Name(), Actor: f.Actor, Event: f.Event, Error: f.Err.Error(), Turn: f.Turn, Attempt: f.Attempt}
		switch d := e.Decision.(type) {
		case supervision.Restart:
			t.After = d.After
		case supervision.Quarantine:
			t.After = d.After
		case supervision.Stop:
			t.Reason, t.Quarantined = d.Reason, d.Quarantined
		}
		name, form = eventFailed, t
	default:
		t := reflect.TypeOf(event)
		if t == nil || plainEvents[t.String()] != t {
			return nil, nil
		}
		name, form = t.String(), event
	}
	data, err := json.Marshal(form)
	if err != nil {
		return nil, fmt.Errorf("cluster: event %T: %w", event, err)
	}
	return json.Marshal(told{name, data})
}

func writeNumbers(variables []environment.Variable) (numbers []toldNumber) {
	for _, v := range variables {
		numbers = append(numbers, toldNumber{v.Name, strconv.FormatFloat(v.Value, 'g', -1, 64)})
	}
	return numbers
}

func readNumbers(numbers []toldNumber) (variables []environment.Variable, err error) {
	for _, n := range numbers {
		x, bad := strconv.ParseFloat(n.Value, 64)
		if bad != nil && !math.IsInf(x, 0) {
			err = errors.Join(err, bad)
		}
		variables = append(variables, environment.Variable{Name: n.Name, Value: x})
	}
	return variables, err
}

// readEvent reads an event that another process tells of; nil: it is of a kind that is not known here.
func readEvent(text []byte) (any, error) {
	var t told
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, fmt.Errorf("cluster: an event: %w", err)
	}
	event, err := t.read()
	if err != nil {
		return nil, fmt.Errorf("cluster: event %.100q: %w", t.Event, err)
	}
	return event, nil
}

func (t *told) read() (any, error) {
	switch t.Event {
	case eventRound:
		var r toldRound
		err := json.Unmarshal(t.Data, &r)
		ended := environment.RoundEnded{Round: r.Round, Now: r.Now}
		if err == nil {
			ended.World, err = readNumbers(r.Numbers)
		}
		for _, a := range r.Agents {
			numbers, bad := readNumbers(a.Numbers)
			ended.Agents = append(ended.Agents, environment.AgentRow{Name: a.Name, Decides: a.Decides, Variables: numbers})
			err = errors.Join(err, bad)
		}
		return ended, err
	case eventSaid:
		var s toldSaid
		if err := json.Unmarshal(t.Data, &s); err != nil {
			return nil, err
		}
		var l post.Letter
		if err := proto.Unmarshal(s.Letter, &l); err != nil {
			return nil, err
		}
		r := &reader{}
		message, _ := r.letter(&l).Message.(*protocol.Message)
		return actors.Said{Round: s.Round, Phase: s.Phase, Message: message, Unheard: s.Unheard, Now: s.Now, Step: s.Step, N: s.N, Index: s.Index}, r.err
	case eventFailed:
		var f toldFailed
		err := json.Unmarshal(t.Data, &f)
		cause := &supervision.Failure{Actor: f.Actor, Turn: f.Turn, Attempt: f.Attempt, Event: f.Event, Err: errors.New(f.Error)}
		decisions := map[string]supervision.Decision{"restart": supervision.Restart{Failure: cause, After: f.After},
			"quarantine": supervision.Quarantine{Failure: cause, After: f.After},
			"stop":       supervision.Stop{Failure: cause, Reason: f.Reason, Quarantined: f.Quarantined},
			"escalate":   supervision.Escalate{Failure: cause}}
		if err == nil && decisions[f.Decision] == nil {
			err = fmt.Errorf("decision %.100q is not known", f.Decision)
		}
		return polis.Failed{Decision: decisions[f.Decision]}, err
	}
	of := plainEvents[t.Event]
	if of == nil {
		return nil, nil
	}
	v := reflect.New(of)
	if err := json.Unmarshal(t.Data, v.Interface()); err != nil {
		return nil, err
	}
	return v.Elem().Interface(), nil
}
