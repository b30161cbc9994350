package polis

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// reader turns entries back into the events that observers saw.
type reader struct {
	events  []any            // of the last entry
	virtual bool             // the pace is simulated
	quiet   bool             // nobody may speak, from the next step on
	first   string           // phase of a round
	last    place            // that was opened
	steps   map[uint64]place // the last ones
	phases  []string         // of a round; nil: not known
	length  time.Duration    // of a phase
}

// place is where the society was in a step.
type place struct {
	round int
	phase string
	quiet bool
}

// placesKept bounds how far back an agent may be in realtime without its words losing their place.
const placesKept = 1 << 14

func (r *reader) read(e *journal.Entry) error {
	r.events = r.events[:0]
	switch e.Actor {
	case annalist:
		event, err := readTurn(e)
		if err != nil {
			return err
		}
		if in, ok := event.(Intervened); ok && (in.What == DidSilence || in.What == DidSpeech) {
			r.quiet = in.What == DidSilence
		}
		if begun, ok := event.(Begun); ok {
			r.virtual = bytes.Contains(begun.Config, []byte(`"pace":"simulated"`))
		}
		r.events = append(r.events, event)
		return nil
	case environment.Name:
		if e.Kind == kindOpened {
			return r.opened(e)
		}
		return nil
	}
	told := func(key string) bool { return bytes.Contains(e.Effects, []byte(key)) }
	if e.Kind == kindStopping || !told(`"send":`) && !told(`"mark":`) && !told(`"judged":`) {
		return nil // effects of the last event are not carried out
	}
	return r.acted(e)
}

// Kinds of other actors' turns.
const (
	kindOpened   = "opened"
	kindStopping = "stopping"
)

// opened notes where a step is.
func (r *reader) opened(e *journal.Entry) error {
	var w struct {
		Phase string `json:"phase"`
		Round int    `json:"round"`
	}
	if err := json.Unmarshal(e.Payload, &w); err != nil {
		return fmt.Errorf("polis: turn %d of %q: %w", e.N, e.Actor, err)
	}
	if r.steps == nil {
		r.steps, r.first = map[uint64]place{}, w.Phase
	}
	r.last = place{w.Round, w.Phase, r.quiet}
	r.steps[e.Step] = r.last
	if len(r.steps) > 2*placesKept {
		maps.DeleteFunc(r.steps, func(step uint64, _ place) bool { return step+placesKept < e.Step })
	}
	return nil
}

// at is where a step is. One that was never opened is the end.
func (r *reader) at(step uint64) place {
	if at, ok := r.steps[step]; ok {
		return at
	}
	return place{max(r.last.round, 1), r.first, r.last.quiet}
}

// when is where the society was at a virtual time.
func (r *reader) when(now time.Duration) place {
	if r.length <= 0 || len(r.phases) == 0 {
		return r.last
	}
	passed := int(max(0, now) / r.length)
	return place{passed/len(r.phases) + 1, r.phases[passed%len(r.phases)], r.last.quiet}
}

// reading is a reader that knows the phases of a society.
func reading(s *Society, c *Config) reader {
	length := c.Phase
	if length <= 0 {
		length = time.Second
	}
	return reader{phases: s.World.Phases(), length: length}
}

// acted reads what an agent has said and how it decided.
func (r *reader) acted(e *journal.Entry) error {
	var effects []struct {
		Mark string           `json:"mark"`
		By   string           `json:"by"`
		Why  string           `json:"why"`
		Send *json.RawMessage `json:"send"`

		Judged *protocol.Judgement `json:"judged"`
	}
	if err := json.Unmarshal(e.Effects, &effects); err != nil {
		return fmt.Errorf("polis: turn %d of %q: %w", e.N, e.Actor, err)
	}
	at := r.at(e.Step)
	if r.virtual { // most steps open nothing
		at = r.when(e.Logical)
	}
	for i := range effects {
		switch w := &effects[i]; {
		case w.Mark != "":
			mark, err := markOf(w.Mark)
			if err != nil {
				return fmt.Errorf("polis: turn %d of %q: %w", e.N, e.Actor, err)
			}
			r.events = append(r.events, actors.Marked{Agent: strings.TrimPrefix(e.Actor, actors.ActorName("")), Round: at.round, Phase: at.phase, Mark: mark, By: w.By, Why: w.Why})
		case w.Judged != nil:
			r.events = append(r.events, actors.Judged{Agent: strings.TrimPrefix(e.Actor, actors.ActorName("")), Round: at.round, Phase: at.phase, Judgement: *w.Judged})
		case w.Send != nil:
			m, err := readMessage(*w.Send)
			if err != nil {
				return fmt.Errorf("polis: turn %d of %q: %w", e.N, e.Actor, err)
			}
			r.events = append(r.events, actors.Said{Round: at.round, Phase: at.phase, Message: m, Unheard: at.quiet,
				Now: e.Logical, Step: e.Step, N: e.N, Index: i})
		}
	}
	return nil
}

// markOf reads a mark.
func markOf(name string) (actors.Mark, error) {
	for _, m := range actors.Marks {
		if m.String() == name {
			return m, nil
		}
	}
	return 0, fmt.Errorf("mark %q; accepted are %v", name, actors.Marks)
}

// readMessage reads the recorded form of a message. Content of a type that is not registered stays JSON: a record can
// also be read by who does not know the scenario.
func readMessage(text []byte) (*protocol.Message, error) {
	m, err := protocol.Read(text, func(written json.RawMessage) (any, error) {
		var w struct {
			Type  string          `json:"type"`
			Value json.RawMessage `json:"value"`
		}
		if err := json.Unmarshal(written, &w); err != nil || w.Type == "" {
			return nil, err
		}
		content, err := journal.Decode(w.Type, w.Value)
		if errors.Is(err, journal.ErrUnknownPayload) {
			return w.Value, nil
		}
		return content, err
	})
	if err != nil {
		return nil, fmt.Errorf("a message: %w", err)
	}
	return m, nil
}
