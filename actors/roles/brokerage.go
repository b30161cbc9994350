package roles

import (
	"fmt"
	"slices"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// brokerage is where a broker stands with one proxy. It is kept as what the conversation is about.
type brokerage struct {
	Proxy
	Referred bool     // it is other brokers that are asked
	Waiting  []string // who was found and is not asked yet
	Open     []string // the conversations with those who are
	Asked    int
	Done     int
	Nobody   bool // that none was found is all that was heard
	Stopping bool // it is cancelled
	Stopped  bool // something could be
	Goes     bool // something could not
}

// passed is what a conversation of a broker with one target is about. It is kept in place of what was said.
type passed struct {
	For    At     // where it was asked
	Target string // who is asked
}

// answered passes on what a target has said, and goes on when it has ended.
func (b *broker[W]) answered(t *actors.Turn, s *Session, e Event) error {
	of, _ := s.Call().(passed)
	up := b.desk.Session(of.For)
	if up == nil { // nobody waits for it any more
		return nil
	}
	k, ok := up.talk.call.(brokerage)
	if !ok {
		return nil
	}
	if from := k.from(s, e); from != "" {
		if !up.legal(t, interaction.Any) {
			return b.overflow(t, up)
		}
		if err := b.say(t, up, *e.Message, from); err != nil || b.desk.Session(of.For) == nil {
			return err
		}
	}
	if !e.Change.Final {
		return nil
	}
	k.Open = slices.DeleteFunc(slices.Clone(k.Open), func(c string) bool { return c == s.Conversation() })
	reason := protocol.Reason{}
	if e.Message != nil {
		reason, _ = e.Message.Content.(protocol.Reason)
	}
	k.Nobody = k.Nobody && reason.Code == noMatch
	switch to := e.Change.To; {
	case to == "[CANCELLED]":
		k.Stopped = true
	case to == "[CANCEL_FAILED]" || to == "[CANCEL_TIMEOUT]":
		k.Goes = true
	case e.Message != nil && !e.Message.Act.Reasoned():
		k.Done++
	}
	up.talk.call = k
	switch {
	case !k.Stopping:
		return b.next(t, up)
	case len(k.Open) > 0:
		return nil
	}
	return b.stopped(t, up, k)
}

// from is whose answer a message is that is to be passed on; "": it is none. Of another broker only what that passes on is.
func (k *brokerage) from(s *Session, e Event) string {
	switch {
	case e.Message == nil || cancelEnds(e.Change.To):
		return ""
	case !k.Referred:
		return s.Peer()
	case isName(e.Message.Extra[origin]):
		return e.Message.Extra[origin]
	}
	return ""
}

// say says something to who has asked, in answer to the proxy. from is whose answer it is that is passed on; "": the broker's own.
func (b *broker[W]) say(t *actors.Turn, s *Session, of protocol.Message, from string) error {
	m, ok := b.desk.watch.Reply(s.Conversation(), s.peer, of.Act, of.Content)
	if !ok {
		return nil
	}
	m.InReplyTo, m.Language, m.Encoding, m.Ontology = s.seen().Answer, of.Language, of.Encoding, of.Ontology
	if from != "" {
		m.Extra = map[string]string{origin: from}
	}
	return b.desk.send(t, m)
}

// close says how it went.
func (b *broker[W]) close(t *actors.Turn, s *Session, k brokerage) error {
	end := protocol.Message{Act: protocol.Inform, Content: Brokered{k.Asked, k.Done}}
	switch {
	case k.Done > 0:
	case k.Nobody:
		end = protocol.Message{Act: protocol.Failure, Content: protocol.Reason{Code: noMatch}}
	case k.Goes:
		end = protocol.Message{Act: protocol.Failure, Content: protocol.Reason{Code: "brokering", Detail: "a target goes on, and is not waited for"}}
	default:
		end = protocol.Message{Act: protocol.Failure, Content: protocol.Reason{Code: "brokering", Detail: fmt.Sprintf("none of %d has done it", k.Asked)}}
	}
	return b.say(t, s, end, "")
}

// overflow ends what has brought more answers than the protocol lets through; what is open is cancelled then.
func (b *broker[W]) overflow(t *actors.Turn, s *Session) error {
	return b.say(t, s, protocol.Message{Act: protocol.Failure, Content: protocol.Reason{Code: "too-many-answers"}}, "")
}
