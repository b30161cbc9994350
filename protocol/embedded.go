package protocol

import (
	"encoding/json"
	"fmt"
)

// Embedded is a message as the content of another: what a proxy or a propagate is to pass on, and the act that a cancel
// takes back. It is kept in its recorded form, so that it can be sent on by who does not know what it says; actors.Embed
// makes it. Content that says more, such as a proxy with a description of whom it is for, has an Embedded as a field.
type Embedded struct {
	Message json.RawMessage `json:"message"`
}

// Open gives the message back, checked as by CheckEmbedded; content reads what it says. See actors.Open.
func (e Embedded) Open(content func(json.RawMessage) (any, error)) (*Message, error) {
	if len(e.Message) > MaxEmbedded {
		return nil, malformed("content", UnsupportedValue, "an embedded message of %d bytes; accepted are %d", len(e.Message), MaxEmbedded)
	}
	m, err := Read(e.Message, content)
	if err != nil {
		return nil, fmt.Errorf("protocol: an embedded message: %w", err)
	}
	if err := m.CheckEmbedded(); err != nil {
		return nil, err
	}
	return m, nil
}

// CheckEmbedded says what keeps a message from standing within another, as Check does; but it need not be addressed yet,
// and it may be an inform-if or inform-ref, which stand nowhere else.
func (m *Message) CheckEmbedded() error { return m.check(true) }
