package roles

import (
	"slices"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

const subscribe = "fipa-subscribe"

// Publisher tells those who subscribed what something is, and every change of it, by fipa-subscribe. S is the type of what one
// subscribes to, a registered payload.
type Publisher[S any] struct {
	desk    *Desk
	current func(t *actors.Turn, from string, topic S) (any, error)
}

// AddPublisher lets others subscribe. current gives what the topic is now, a registered payload; an error refuses.
func AddPublisher[S any](d *Desk, current func(t *actors.Turn, from string, topic S) (any, error)) *Publisher[S] {
	p := &Publisher[S]{d, current}
	d.Add(Terms{Protocol: subscribe, Role: interaction.Participant, About: contentName[S]()}, p)
	return p
}

// Take answers a subscription.
func (p *Publisher[S]) Take(t *actors.Turn, s *Session, e Event) error {
	if e.Message == nil || e.Message.Act != protocol.Subscribe || e.Change.Final {
		return nil
	}
	topic, ok := e.Message.Content.(S)
	if !ok {
		return s.Say(t, protocol.NotUnderstood, protocol.Reason{Code: "unrecognised-value"})
	}
	value, err := p.current(t, s.Peer(), topic)
	if err != nil {
		return s.Say(t, protocol.Refuse, reasonOf(err, "refused"))
	}
	return s.Say(t, protocol.Inform, result(value))
}

// Changed tells those what it is now who subscribed to a topic that about says true of.
func (p *Publisher[S]) Changed(t *actors.Turn, about func(topic S) bool) error {
	for _, s := range p.desk.Sessions() {
		topic, ok := s.Call().(S)
		if !ok || s.State() != "ACTIVE" || !about(topic) {
			continue
		}
		value, err := p.current(t, s.Peer(), topic)
		if err == nil && !s.legal(t, protocol.Inform) { // the protocol has a bound: who wants to hear more subscribes anew
			err = ToldEnough(t, s)
		}
		if err != nil {
			err = s.Say(t, protocol.Failure, reasonOf(err, "failed"))
		} else {
			err = s.Say(t, protocol.Inform, result(value))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ToldEnough shows in the record that a subscription has told as many changes as its protocol allows, and gives that as the reason
// to end it: "too-many-changes".
func ToldEnough(t *actors.Turn, s *Session) error {
	why := toldEnough{}
	t.Judge(protocol.Judgement{Verdict: monitor.Cut.String(), Reason: reasonOf(why, ""), Act: protocol.Inform, From: t.Self(), To: s.peer,
		Protocol: s.Protocol(), Conversation: s.Conversation()})
	return why
}

type toldEnough struct{}

func (toldEnough) Error() string  { return "as many changes were told as the protocol allows" }
func (toldEnough) Reason() string { return "too-many-changes" }

// Subscriber hears of changes by fipa-subscribe.
type Subscriber[S any] struct {
	desk  *Desk
	told  func(t *actors.Turn, from string, topic S, value any) error
	ended func(*actors.Turn, Ended[S]) error
}

// AddSubscriber lets the agent subscribe. told is told what the topic is, and every change; ended, if not nil, that nothing more will
// be told, and why.
func AddSubscriber[S any](d *Desk, told func(t *actors.Turn, from string, topic S, value any) error, ended func(*actors.Turn, Ended[S]) error) *Subscriber[S] {
	u := &Subscriber[S]{d, told, ended}
	d.Add(Terms{Protocol: subscribe, Role: interaction.Initiator, About: contentName[S]()}, u)
	return u
}

// Take hands over what was told.
func (u *Subscriber[S]) Take(t *actors.Turn, s *Session, e Event) error {
	topic, _ := s.Call().(S)
	switch {
	case e.Change.Final && u.ended != nil:
		return u.ended(t, endedOf[S](s, e))
	case !e.Change.Final && e.Message != nil && e.Message.Act == protocol.Inform && e.Change.To == "ACTIVE":
		return u.told(t, s.Peer(), topic, e.Message.Content)
	}
	return nil
}

// Subscribe asks an agent to tell what a topic is, now and whenever it changes. It gives the conversation.
func (u *Subscriber[S]) Subscribe(t *actors.Turn, topic S, within time.Duration, to string) (conversation string, err error) {
	return u.desk.Open(t, subscribe, protocol.Subscribe, topic, within, to)
}

// Cancel ends a subscription, or anything else that the agent has begun: it cancels what is open of a conversation.
func (d *Desk) Cancel(t *actors.Turn, conversation string) error { return d.cancel(t, conversation, 0) }

// cancel does so, with the time by which an answer is wanted; 0: as the protocol says.
func (d *Desk) cancel(t *actors.Turn, conversation string, by time.Duration) error {
	if err := d.begin(t); err != nil {
		return err
	}
	k := d.begun(conversation)
	if k == nil {
		return nil
	}
	for _, s := range slices.Clone(k.sessions) {
		if !s.legal(t, protocol.Cancel) { // it is cancelled already
			continue
		}
		if err := s.SayBy(t, protocol.Cancel, nil, by); err != nil {
			return err
		}
	}
	return nil
}
