package protocol

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// Message is one communicative act of an agent, with the thirteen parameters of FIPA SC00061G. Only Act and Receivers are
// needed to speak; inside a protocol a message also names it, and the conversation.
type Message struct {
	Act          Act               // performative
	Sender       string            // the agent's name; stamped on sending, whatever was written here
	Receivers    []string          // names of agents
	ReplyTo      []string          // who is to get the replies in place of the sender; nil: the sender is
	Content      any               // a registered payload; nil: the act says it all
	Language     string            // of the content; "": it is a value of a known type, whose meaning is that type's. See Natural
	Encoding     string            // of the content, where it is bytes
	Ontology     string            // the vocabulary of the content
	Protocol     string            // the interaction protocol it is part of: "fipa-request"; "": none, and nothing is checked
	Conversation string            // groups messages that belong together; inside a protocol its identity, chosen by the initiator
	ReplyWith    string            // a reply is to echo this
	InReplyTo    string            // the ReplyWith of the message it answers
	ReplyBy      time.Duration     // latest time, since the start of the society, at which the sender wants the next message; 0: none given
	Extra        map[string]string // user-defined parameters; names begin with X-
}

// Natural is the content language of people: the content is a Text, and means what its reader makes of it.
const Natural = "natural"

// Text is content in a natural language, of at most MaxText bytes.
type Text string

// MaxText is how long a Text may be, in bytes.
const MaxText = 16 << 10

// Say is a message in a natural language: the sender informs the receivers of what the text says.
func Say(text string, receivers ...string) Message {
	return Message{Act: Inform, Receivers: receivers, Language: Natural, Content: Text(text)}
}

// Check says what a message lacks to be sent.
func (m *Message) Check() error {
	if m.Act == "" {
		return fmt.Errorf("protocol: a message without an act; accepted are the acts of FIPA SC00037J, such as %q", Inform)
	}
	if len(m.Receivers) == 0 {
		return fmt.Errorf("protocol: %s without a receiver", m.Act)
	}
	if text, ok := m.Content.(Text); ok != (m.Language == Natural) || len(text) > MaxText || !utf8.ValidString(string(text)) {
		return fmt.Errorf("protocol: %s in language %q with a content of type %T; accepted in %q is a Text of valid UTF-8, at most %d bytes, "+
			"and a Text in no other language", m.Act, m.Language, m.Content, Natural, MaxText)
	}
	if !slices.Contains(Acts, m.Act) {
		return fmt.Errorf("protocol: act %.40q; accepted are those of FIPA SC00037J: %v", m.Act, Acts)
	}
	for i, to := range m.Receivers {
		if to == "" {
			return fmt.Errorf("protocol: %s: receiver %d has no name", m.Act, i)
		}
		for _, other := range m.Receivers[:i] {
			if other == to {
				return fmt.Errorf("protocol: %s names receiver %q twice", m.Act, to)
			}
		}
	}
	return nil
}
