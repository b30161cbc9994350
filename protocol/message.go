package protocol

import (
	"fmt"
	"unicode/utf8"
)

// Act is the type of a communicative act (FIPA SC00037J, Communicative Act Library).
type Act string

// The acts that have a use today, with the section of SC00037J that defines them.
const (
	AcceptProposal Act = "accept-proposal" // 3.1: the sender accepts a proposal made to it
	Agree          Act = "agree"           // 3.2: the sender will do what was asked or proposed
	Inform         Act = "inform"          // 3.8: the sender holds the content to be true
	Propose        Act = "propose"         // 3.13: the sender offers to act in a certain way
	Refuse         Act = "refuse"          // 3.18: the sender will not do what was asked, and says why
	RejectProposal Act = "reject-proposal" // 3.19: the sender declines a proposal made to it
	Request        Act = "request"         // 3.20: the sender asks the receiver to do something
)

// Message is one communicative act of an agent. The parameters are named as in FIPA SC00061G.
type Message struct {
	Act          Act
	Sender       string   // the agent's name; stamped on sending, whatever was written here
	Receivers    []string // names of agents
	Conversation string   // groups messages that belong together; free for the sender to choose
	Language     string   // of the content; "": it is a value of a known type, whose meaning is that type's. See Natural
	Content      any      // a registered payload; nil: the act says it all
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
