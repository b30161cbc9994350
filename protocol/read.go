package protocol

import (
	"encoding/json"
	"time"
)

// written is the recorded form of a message: the names of its parameters, sorted.
type written struct {
	Act          Act               `json:"act"`
	Content      json.RawMessage   `json:"content"`
	Conversation string            `json:"conversation"`
	Encoding     string            `json:"encoding"`
	Extra        map[string]string `json:"extra"`
	InReplyTo    string            `json:"in_reply_to"`
	Language     string            `json:"language"`
	Ontology     string            `json:"ontology"`
	Protocol     string            `json:"protocol"`
	Receivers    []string          `json:"receivers"`
	ReplyBy      time.Duration     `json:"reply_by"`
	ReplyTo      []string          `json:"reply_to"`
	ReplyWith    string            `json:"reply_with"`
	Sender       string            `json:"sender"`
}

// Read reads the recorded form of a message, as a journal keeps it; content reads what it says.
func Read(text []byte, content func(json.RawMessage) (any, error)) (*Message, error) {
	var w written
	if err := json.Unmarshal(text, &w); err != nil {
		return nil, err
	}
	m := &Message{Act: w.Act, Sender: w.Sender, Receivers: w.Receivers, ReplyTo: w.ReplyTo, Language: w.Language, Encoding: w.Encoding,
		Ontology: w.Ontology, Protocol: w.Protocol, Conversation: w.Conversation, ReplyWith: w.ReplyWith, InReplyTo: w.InReplyTo,
		ReplyBy: w.ReplyBy, Extra: w.Extra}
	var err error
	m.Content, err = content(w.Content)
	return m, err
}
