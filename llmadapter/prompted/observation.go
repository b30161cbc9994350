package prompted

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter/internal/plain"
	"github.com/polis-agents/polis/protocol"
)

// Observation is what a prompt lets the agent know, as JSON in its block: see llmadapter.FindBlock.
type Observation struct {
	Agent         string          `json:"agent"` // its own name
	Round         int             `json:"round"`
	Phase         string          `json:"phase"`
	Percept       json.RawMessage `json:"percept"`                 // what the world lets it sense, in the world's own form
	Heard         []Remark        `json:"heard"`                   // said to it since its last decision, the newest 256, long ones shortened
	Conversations []Conversation  `json:"conversations,omitempty"` // in which it may say something now, the most urgent first
	Outcomes      []Outcome       `json:"outcomes"`                // of what it did, since its last decision, the newest 64
	Memory        []Remark        `json:"memory"`                  // what it heard, said and did before, in order, shortened
}

// Remark is what somebody said, or what the agent itself did: then it has no receivers.
type Remark struct {
	Round   int             `json:"round"`
	Phase   string          `json:"phase"`
	From    string          `json:"from"`
	To      []string        `json:"to,omitempty"`
	Act     string          `json:"act"`               // a communicative act, or the name of an action
	Thread  string          `json:"thread,omitempty"`  // the conversation it belongs to
	Type    string          `json:"type,omitempty"`    // of the content: the name of a payload
	Content json.RawMessage `json:"content,omitempty"` // in its own form; of an action: its fields
	Text    string          `json:"text,omitempty"`    // content in a natural language
	Outcome *Outcome        `json:"outcome,omitempty"` // of an action, when it is known
	Why     string          `json:"why,omitempty"`     // a decision that was not the model's own says why so

	Language string      `json:"language,omitempty"` // of the content, as in protocol.Message; not shown
	More     *Parameters `json:"more,omitempty"`     // nil: none was given; not shown
}

// Parameters are those of a message, as in protocol.Message, that a remark keeps for who decides without a model.
type Parameters struct {
	ReplyTo   []string          `json:"reply_to,omitempty"`
	Encoding  string            `json:"encoding,omitempty"`
	Ontology  string            `json:"ontology,omitempty"`
	Protocol  string            `json:"protocol,omitempty"`
	ReplyWith string            `json:"reply_with,omitempty"`
	InReplyTo string            `json:"in_reply_to,omitempty"`
	ReplyBy   time.Duration     `json:"reply_by,omitempty"`
	Extra     map[string]string `json:"extra,omitempty"`
}

// Outcome is what the world answered to an action; or what became of a message that did not arrive.
type Outcome struct {
	Action string          `json:"action"`
	Value  json.RawMessage `json:"value,omitempty"`
	Reason string          `json:"reason,omitempty"` // why it was refused; empty: accepted
	Detail string          `json:"detail,omitempty"` // the same in words

	Type string `json:"type,omitempty"` // of the value: the name of a payload; not shown
}

// How much is kept of what there may be more of, and shown of what may be longer.
const (
	maxHeard    = 256
	maxOutcomes = 64
	heardText   = 600 // characters
	keptText    = 300
	shownBytes  = 2 << 10 // of typed content
)

// remarkOf notes a message, with all of its content.
func remarkOf(m *protocol.Message, round int, phase string) (Remark, error) {
	r := Remark{Round: round, Phase: phase, From: m.Sender, To: m.Receivers, Act: string(m.Act), Thread: m.Conversation, Language: m.Language}
	more := Parameters{m.ReplyTo, m.Encoding, m.Ontology, m.Protocol, m.ReplyWith, m.InReplyTo, m.ReplyBy, m.Extra}
	if !reflect.ValueOf(more).IsZero() {
		r.More = &more
	}
	if text, ok := m.Content.(protocol.Text); ok {
		r.Text = string(text)
		return r, nil
	}
	var err error
	r.Type, r.Content, err = written(m.Content)
	return r, err
}

// message is the message that was noted.
func (r *Remark) message() (*protocol.Message, error) {
	m := &protocol.Message{Act: protocol.Act(r.Act), Sender: r.From, Receivers: r.To, Conversation: r.Thread, Language: r.Language}
	if p := r.More; p != nil {
		m.ReplyTo, m.Encoding, m.Ontology, m.Protocol = p.ReplyTo, p.Encoding, p.Ontology, p.Protocol
		m.ReplyWith, m.InReplyTo, m.ReplyBy, m.Extra = p.ReplyWith, p.InReplyTo, p.ReplyBy, p.Extra
	}
	if r.Language == protocol.Natural {
		m.Content = protocol.Text(r.Text)
		return m, nil
	}
	var err error
	m.Content, err = readBack(r.Type, r.Content)
	return m, err
}

// outcomeOf notes an outcome.
func outcomeOf(o actors.Outcome) (Outcome, error) {
	out := Outcome{Action: o.Action, Reason: o.Reason, Detail: o.Detail}
	var err error
	out.Type, out.Value, err = written(o.Value)
	return out, err
}

// event is the outcome that was noted.
func (o *Outcome) event() (actors.Outcome, error) {
	out := actors.Outcome{Action: o.Action, Reason: o.Reason, Detail: o.Detail}
	var err error
	out.Value, err = readBack(o.Type, o.Value)
	return out, err
}

// written is a payload as the name of its type and canonical JSON; nothing of nil.
func written(v any) (name string, text json.RawMessage, err error) {
	if v == nil {
		return "", nil, nil
	}
	name, ok := journal.NameOf(v)
	if !ok {
		return "", nil, journal.ErrUnregistered
	}
	text, err = journal.Canonical(v)
	return name, text, err
}

// readBack reads what written wrote.
func readBack(name string, text json.RawMessage) (any, error) {
	if name == "" {
		return nil, nil
	}
	return journal.Decode(name, text)
}

// shown is a remark as prompts have it, with texts of at most so many characters.
func (r Remark) shown(most int) Remark {
	r.Text, r.Language, r.More = plain.Shortened(r.Text, most), "", nil
	if len(r.Content) > shownBytes {
		r.Content, r.Why = nil, "the content is too long to be shown"
	}
	return r
}

// shown is an outcome as prompts have it.
func (o Outcome) shown() Outcome {
	o.Type, o.Detail = "", plain.Shortened(o.Detail, keptText)
	if len(o.Value) > shownBytes {
		o.Value = nil
	}
	return o
}

// newest leaves out the oldest of too many.
func newest[T any](all []T, most int) []T {
	if n := len(all) - most; n > 0 {
		return append([]T(nil), all[n:]...)
	}
	return all
}
