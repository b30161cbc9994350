package actors

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// pending is what has reached a behavior since it last decided.
type pending struct {
	messages []*protocol.Message
	outcomes []Outcome
}

// note keeps messages and outcomes.
func (p *pending) note(event any) {
	switch e := event.(type) {
	case *protocol.Message:
		p.messages = newest(append(p.messages, e))
	case Outcome:
		p.outcomes = newest(append(p.outcomes, e))
	}
}

// maxPending bounds what is kept for a decision.
const maxPending = 1024

// newest leaves out the oldest of too many.
func newest[T any](all []T) []T {
	if n := len(all) - maxPending; n > 0 {
		return slices.Delete(all, 0, n)
	}
	return all
}

// before puts what was handed over for a decision that did not come before what has come since.
func (p *pending) before(m []*protocol.Message, o []Outcome) {
	p.messages = newest(slices.Concat(m, p.messages))
	p.outcomes = newest(slices.Concat(o, p.outcomes))
}

// take hands them over; from now on others are collected.
func (p *pending) take() ([]*protocol.Message, []Outcome) {
	m, o := p.messages, p.outcomes
	p.messages, p.outcomes = nil, nil
	return m, o
}

// reuse takes back what take handed over, when nobody looks at it any more.
func (p *pending) reuse(m []*protocol.Message, o []Outcome) {
	clear(m)
	clear(o)
	p.messages, p.outcomes = m[:0], o[:0]
}

// The written form. Payloads carry the name of their type, so that they come back as what they were.
type (
	writtenPending struct {
		Inner    []byte           `json:"inner,omitempty"`
		Messages []writtenMessage `json:"messages,omitempty"`
		Outcomes []writtenOutcome `json:"outcomes,omitempty"`
	}
	writtenMessage struct {
		Message protocol.Message `json:"message"`
		Content json.RawMessage  `json:"content"`
	}
	writtenOutcome struct {
		Outcome Outcome         `json:"outcome"`
		Value   json.RawMessage `json:"value"`
	}
)

// snapshot writes what is pending together with the memory of the behavior around it.
func (p *pending) snapshot(inner []byte) ([]byte, error) {
	w := writtenPending{Inner: inner}
	for _, m := range p.messages {
		content, err := journal.AppendPayload(nil, m.Content)
		if err != nil {
			return nil, err
		}
		bare := *m
		bare.Content = nil
		w.Messages = append(w.Messages, writtenMessage{bare, content})
	}
	for _, o := range p.outcomes {
		value, err := journal.AppendPayload(nil, o.Value)
		if err != nil {
			return nil, err
		}
		o.Value = nil
		w.Outcomes = append(w.Outcomes, writtenOutcome{o, value})
	}
	return json.Marshal(w)
}

// restore reads it back, and gives the memory of the behavior around it.
func (p *pending) restore(state []byte) (inner []byte, err error) {
	var w writtenPending
	if err := json.Unmarshal(state, &w); err != nil {
		return nil, fmt.Errorf("actors: restore: %w", err)
	}
	*p = pending{}
	for _, x := range w.Messages {
		m := x.Message
		if m.Content, err = readPayload(x.Content); err != nil {
			return nil, err
		}
		p.messages = append(p.messages, &m)
	}
	for _, x := range w.Outcomes {
		o := x.Outcome
		if o.Value, err = readPayload(x.Value); err != nil {
			return nil, err
		}
		p.outcomes = append(p.outcomes, o)
	}
	return w.Inner, nil
}

// readPayload reads what journal.AppendPayload wrote.
func readPayload(data []byte) (any, error) {
	var w *struct {
		Type  string          `json:"type"`
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return nil, fmt.Errorf("actors: restore a payload: %w", err)
	}
	if w == nil {
		return nil, nil
	}
	return journal.Decode(w.Type, w.Value)
}
