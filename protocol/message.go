package protocol

import "time"

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

// Say is a message in a natural language: the sender informs the receivers of what the text says.
func Say(text string, receivers ...string) Message {
	return Message{Act: Inform, Receivers: receivers, Language: Natural, Content: Text(text)}
}
