package actors

import (
	"encoding/json"
	"fmt"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// Embed puts a message into the content of another: of a proxy, a propagate or a cancel. What it says is to be a payload.
func Embed(m *protocol.Message) (protocol.Embedded, error) {
	if err := m.CheckEmbedded(); err != nil {
		return protocol.Embedded{}, err
	}
	text, err := appendMessage(nil, m)
	if err == nil && len(text) > protocol.MaxEmbedded {
		err = fmt.Errorf("actors: a message of %d bytes to be embedded; accepted are %d", len(text), protocol.MaxEmbedded)
	}
	if err != nil {
		return protocol.Embedded{}, err
	}
	return protocol.Embedded{Message: text}, nil
}

// Open gives the message back that was put into another, checked.
func Open(e protocol.Embedded) (*protocol.Message, error) { return e.Open(readContent) }

func readContent(text json.RawMessage) (any, error) { return journal.ReadPayload(text) }

// Format writes a message on one line, for people and logs: see protocol.Format. What it says is to be a payload.
func Format(m *protocol.Message) (string, error) {
	return protocol.Format(m, func(content any) ([]byte, error) { return journal.AppendPayload(nil, content) })
}

// Parse reads what Format writes: see protocol.Parse.
func Parse(text string) (*protocol.Message, error) { return protocol.Parse(text, readContent) }
