package actors

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// The recorded form of events and effects: canonical JSON, keys sorted, payloads under the name of their type.

// Record gives an event and the effects of its turn as a journal keeps them, in canonical JSON; for tests and tools. The
// error says why the turn would have failed: what it wants cannot be recorded.
func Record(t *Turn, event any) (payload, effects []byte, err error) {
	if t.err != nil {
		return nil, nil, t.err
	}
	if payload, err = appendEvent(nil, event); err != nil {
		return nil, nil, err
	}
	effects = append(effects, '[')
	for i := range t.effects {
		if i > 0 {
			effects = append(effects, ',')
		}
		if effects, err = appendEffect(effects, &t.effects[i]); err != nil {
			return nil, nil, err
		}
	}
	return payload, append(effects, ']'), nil
}

func appendEvent(b []byte, event any) ([]byte, error) {
	switch e := event.(type) {
	case Percept:
		return e.AppendCanonical(b)
	case Outcome:
		return e.AppendCanonical(b)
	case *protocol.Message:
		return appendMessage(b, e)
	case Started, Stopping:
		return append(b, "null"...), nil
	case Undelivered:
		b, err := appendMessage(append(b, `{"message":`...), e.Message)
		if err != nil {
			return b, err
		}
		b = appendText(append(b, `,"reason":`...), e.Reason)
		b = appendText(append(b, `,"to":`...), e.To)
		b = appendGiven(b, `,"why":`, e.Why)
		return append(b, '}'), nil
	case Timer:
		return append(appendID(append(b, `{"id":`...), e.ID), '}'), nil
	case Answer:
		b = appendID(append(b, `{"id":`...), e.ID)
		b = appendText(append(b, `,"service":`...), e.Service)
		if e.Unserved {
			if e.Error == "" {
				return b, fmt.Errorf("actors: an answer to %s that was not served, and does not say why", e.ID)
			}
			b = appendText(append(b, `,"unanswered":`...), e.Error)
			b = append(b, `,"unserved":true`...)
			e.Error = ""
			if e.Value == nil {
				return append(b, '}'), nil
			}
		}
		return appendValue(b, e.Value, e.Error)
	case Result:
		b = appendID(append(b, `{"id":`...), e.ID)
		b = appendText(append(b, `,"job":`...), e.Job)
		return appendValue(b, e.Value, e.Error)
	default:
		return b, fmt.Errorf("actors: %T is no event", event)
	}
}

// appendValue closes an answer or a result with its value, or with why it is none.
func appendValue(b []byte, value any, fault string) ([]byte, error) {
	if fault != "" {
		b = appendText(append(b, `,"unanswered":`...), fault)
		if value == nil {
			return append(b, '}'), nil
		}
	}
	b, err := journal.AppendPayload(append(b, `,"value":`...), value)
	return append(b, '}'), err
}

func appendMessage(b []byte, m *protocol.Message) ([]byte, error) {
	b = appendText(append(b, `{"act":`...), string(m.Act))
	b, err := journal.AppendPayload(append(b, `,"content":`...), m.Content)
	if err != nil {
		return b, err
	}
	b = appendText(append(b, `,"conversation":`...), m.Conversation)
	b = appendGiven(b, `,"encoding":`, m.Encoding)
	if len(m.Extra) > 0 {
		if b, err = journal.AppendCanonical(append(b, `,"extra":`...), m.Extra); err != nil {
			return b, err
		}
	}
	b = appendGiven(b, `,"in_reply_to":`, m.InReplyTo)
	b = appendGiven(b, `,"language":`, m.Language)
	b = appendGiven(b, `,"ontology":`, m.Ontology)
	b = appendGiven(b, `,"protocol":`, m.Protocol)
	if b, err = journal.AppendCanonical(append(b, `,"receivers":`...), m.Receivers); err != nil {
		return b, err
	}
	if m.ReplyBy != 0 {
		b = strconv.AppendInt(append(b, `,"reply_by":`...), int64(m.ReplyBy), 10)
	}
	if len(m.ReplyTo) > 0 {
		if b, err = journal.AppendCanonical(append(b, `,"reply_to":`...), m.ReplyTo); err != nil {
			return b, err
		}
	}
	b = appendGiven(b, `,"reply_with":`, m.ReplyWith)
	b = appendText(append(b, `,"sender":`...), m.Sender)
	return append(b, '}'), nil
}

// appendGiven writes a parameter of a message that has one.
func appendGiven(b []byte, key, value string) []byte {
	if value == "" {
		return b
	}
	return appendText(append(b, key...), value)
}

func appendEffect(b []byte, e *Effect) ([]byte, error) {
	var err error
	switch e.Kind {
	case Act:
		b, err = journal.AppendPayload(append(b, `{"act":`...), e.Value)
		if e.Mark != 0 && err == nil {
			if e.By != "" {
				b = appendText(append(b, `,"by":`...), e.By)
			}
			b = appendText(append(b, `,"mark":`...), e.Mark.String())
			b = appendText(append(b, `,"why":`...), e.Name)
		}
	case Send:
		b, err = appendMessage(append(b, `{"send":`...), e.Value.(*protocol.Message))
	case Ask:
		b = appendID(append(b, `{"ask":{"id":`...), e.ID)
		b, err = journal.AppendPayload(append(b, `,"request":`...), e.Value)
		b = append(appendText(append(b, `,"service":`...), e.Name), '}')
	case Do:
		b = appendID(append(b, `{"do":{"id":`...), e.ID)
		b, err = journal.AppendPayload(append(b, `,"input":`...), e.Value)
		b = append(appendText(append(b, `,"job":`...), e.Name), '}')
	case After:
		b = strconv.AppendInt(append(b, `{"after":{"delay":`...), int64(e.Delay), 10)
		b = append(appendID(append(b, `,"id":`...), e.ID), '}')
	case Cancel:
		b = appendID(append(b, `{"cancel":`...), e.ID)
	case Stop:
		b = append(b, `{"stop":true`...)
	case Judge:
		b, err = journal.AppendCanonical(append(b, `{"judged":`...), e.Value)
	default: // a norm did not permit it
		b = append(b, '{')
	}
	return append(b, '}'), err
}

// appendQuarantined records an event that was set aside, and why. Events that cannot even be written down are null.
func appendQuarantined(b []byte, q queued, f *engine.Failure) ([]byte, error) {
	start := len(b)
	b = appendText(append(b, `{"attempts":`+strconv.Itoa(f.Attempt)+`,"error":`...), f.Err.Error())
	b = append(b, `,"event":`...)
	b, err := appendEvent(b, q.event)
	if err != nil {
		b = appendText(append(b[:start], `{"attempts":`+strconv.Itoa(f.Attempt)+`,"error":`...), f.Err.Error())
		b = append(b, `,"event":null`...)
	}
	b = appendText(append(b, `,"kind":`...), q.kind)
	return append(b, '}'), nil
}

func appendID(b []byte, id ID) []byte {
	b = strconv.AppendUint(append(b, '"'), id.Turn, 10)
	b = strconv.AppendInt(append(b, '.'), int64(id.Index), 10)
	return append(b, '"')
}

// appendText appends a JSON string; what is not UTF-8 is replaced, since it may come from anywhere.
func appendText(b []byte, s string) []byte {
	if plain(s) { // nearly all names are, and it is on the way of every message
		return append(append(append(b, '"'), s...), '"')
	}
	if b, err := journal.AppendCanonical(b, s); err == nil {
		return b
	}
	b, _ = journal.AppendCanonical(b, strings.ToValidUTF8(s, "\ufffd"))
	return b
}

// plain says whether a text stands in JSON as it is, in whatever way that escapes.
func plain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}
