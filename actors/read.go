package actors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// ReadEvent reads an event from its recorded form: the kind and the payload of an entry. It refuses whatever the event
// would not be written as. An event set aside is read from the payload's own kind and event, see docs/journal.md.
func ReadEvent(kind string, payload []byte) (any, error) {
	event, err := readEvent(kind, payload)
	if err != nil {
		return nil, err
	}
	again, err := appendEvent(make([]byte, 0, len(payload)), event)
	if err == nil && !bytes.Equal(again, payload) {
		err = fmt.Errorf("actors: an event of kind %q says %.120q; it would be written as %.120q", kind, payload, again)
	}
	return event, err
}

func readEvent(kind string, payload []byte) (any, error) {
	switch kind {
	case kindStarted:
		return Started{}, nil
	case kindStopping:
		return Stopping{}, nil
	case kindPercept:
		return environment.ReadPercept(payload)
	case kindOutcome:
		return environment.ReadOutcome(payload)
	case kindMessage:
		return readMessage(payload)
	case kindUndelivered:
		var w struct {
			Message json.RawMessage `json:"message"`
			Reason  string          `json:"reason"`
			To      string          `json:"to"`
			Why     string          `json:"why"`
		}
		if err := json.Unmarshal(payload, &w); err != nil {
			return nil, fmt.Errorf("actors: a message that came back: %w", err)
		}
		m, err := readMessage(w.Message)
		return Undelivered{Message: m, To: w.To, Reason: w.Reason, Why: w.Why}, err
	case kindTimer:
		var w struct{ ID writtenID }
		err := json.Unmarshal(payload, &w)
		return Timer{ID: ID(w.ID)}, err
	case kindAnswer, kindResult:
		return readAnswer(kind, payload)
	}
	return nil, fmt.Errorf("actors: there are no events of kind %q", kind)
}

func readMessage(text []byte) (*protocol.Message, error) {
	m, err := protocol.Read(text, readContent)
	if err != nil {
		return nil, fmt.Errorf("actors: a message: %w", err)
	}
	return m, nil
}

// readAnswer reads an answer or a result.
func readAnswer(kind string, payload []byte) (any, error) {
	var w struct {
		ID         writtenID       `json:"id"`
		Service    string          `json:"service"`
		Job        string          `json:"job"`
		Unanswered string          `json:"unanswered"`
		Unserved   bool            `json:"unserved"`
		Value      json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(payload, &w); err != nil {
		return nil, fmt.Errorf("actors: an event of kind %q: %w", kind, err)
	}
	var value any
	if w.Value != nil {
		var err error
		if value, err = journal.ReadPayload(w.Value); err != nil {
			return nil, err
		}
	}
	if kind == kindResult {
		return Result{ID: ID(w.ID), Job: w.Job, Value: value, Error: w.Unanswered}, nil
	}
	return Answer{ID: ID(w.ID), Service: w.Service, Value: value, Error: w.Unanswered, Unserved: w.Unserved}, nil
}

// writtenID is an ID as it is recorded: "12.0".
type writtenID ID

// UnmarshalText reads turn and index.
func (id *writtenID) UnmarshalText(text []byte) error {
	turn, index, ok := strings.Cut(string(text), ".")
	n, err := strconv.ParseUint(turn, 10, 64)
	i, err2 := strconv.Atoi(index)
	if !ok || err != nil || err2 != nil || i < 0 {
		return fmt.Errorf("actors: id %q; accepted is TURN.INDEX", text)
	}
	*id = writtenID{Turn: n, Index: i}
	return nil
}
