package roles

import (
	"bytes"
	"errors"
	"slices"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// Broker has done by others what it is asked for by fipa-brokering, and brings their answers back. W is the type of what
// describes them, a registered payload.
type Broker[W any] struct {
	// Agree says whether the agent will look for somebody; an error refuses, with its reason. nil: it agrees to all that it can say.
	Agree func(t *actors.Turn, e Errand[W]) error
	// Find names those whom an errand is for, the best first. Where the errand is for at most so many, the next is asked when
	// one has not done it. ErrLater: the agent looks, and says later whom it has found (Finder.Found), or that it could not look
	// (Desk.Failed).
	Find func(t *actors.Turn, e Errand[W]) ([]string, error)
	// Refer names other brokers, which are asked one after the other when Find has found nobody; nil: none are.
	Refer func(t *actors.Turn, e Errand[W]) []string
}

// Finder is told whom an agent has found for what it was asked, when it could not say so at once.
type Finder struct {
	desk  *Desk
	found func(t *actors.Turn, s *Session, names []string) error
}

// Found says whom the agent has found; nothing, if the conversation has ended meanwhile.
func (f *Finder) Found(t *actors.Turn, at At, names []string) error {
	if err := f.desk.begin(t); err != nil {
		return err
	}
	s := f.desk.Session(at)
	if s == nil {
		return nil
	}
	return f.found(t, s, names)
}

// AddBroker lets the agent be a broker. It panics when W is not registered.
func AddBroker[W any](d *Desk, of Broker[W]) *Finder {
	contentName[W]()
	b := &broker[W]{desk: d, of: of}
	d.Add(Terms{Protocol: brokering, Role: interaction.Participant, About: nameOf(Proxy{})}, b)
	b.part = len(d.parts)
	d.Add(Terms{Protocol: brokering, Role: interaction.Initiator, About: nameOf(passed{})}, PartFunc(b.answered))
	return &Finder{d, b.found}
}

// broker is a Broker as a Part.
type broker[W any] struct {
	desk *Desk
	of   Broker[W]
	part int // that of the conversations with targets
}

// Take takes a proxy.
func (b *broker[W]) Take(t *actors.Turn, s *Session, e Event) error {
	if e.Change.Final {
		return b.drop(t, s)
	}
	if e.Message == nil || e.Message.Act != protocol.Proxy {
		return nil
	}
	errand, p, ok, err := read(t, s, e, b.agree)
	if !ok || err != nil {
		return err
	}
	s.talk.call = brokerage{Proxy: p}
	names, err := b.of.Find(t, errand)
	switch {
	case errors.Is(err, ErrLater):
		return nil
	case err != nil:
		return s.Say(t, protocol.Failure, reasonOf(err, "failed"))
	}
	return b.found(t, s, names)
}

// agree refuses what goes round: what this broker has passed on, or has referred to the very one who asks (choice: one that
// takes itself out of Via is known by that).
func (b *broker[W]) agree(t *actors.Turn, e Errand[W]) error {
	if slices.Contains(e.Via, t.Self()) {
		return errLoop
	}
	p, _ := b.desk.Session(e.At).Call().(Proxy)
	for _, k := range b.desk.talks {
		of, ok := k.call.(passed)
		if !ok || of.Target != e.Peer {
			continue
		}
		if up := b.desk.Session(of.For); up != nil {
			if asked, ok := up.talk.call.(brokerage); ok && asked.Referred && bytes.Equal(asked.For, p.For) && bytes.Equal(asked.Message.Message, p.Message.Message) {
				return errLoop
			}
		}
	}
	if b.of.Agree == nil {
		return nil
	}
	return b.of.Agree(t, e)
}

// looped is why a broker does not take what it has passed on itself.
type looped struct{}

func (looped) Error() string  { return "this broker has passed it on already" }
func (looped) Reason() string { return "loop" }

var errLoop looped

// found goes on with those who were found: with all at once, or with so many as are wanted.
func (b *broker[W]) found(t *actors.Turn, s *Session, names []string) error {
	k, ok := s.talk.call.(brokerage)
	if !ok || s.State() != "MATCH" {
		return nil
	}
	k.Waiting = targets(names, t.Self(), s.Peer())
	if len(k.Waiting) == 0 && b.of.Refer != nil && len(k.Via) < maxVia {
		errand, err := readErrand[W](s.At(), k.Proxy)
		if err != nil {
			return err
		}
		k.Waiting = targets(b.of.Refer(t, errand), append(slices.Clone(k.Via), t.Self(), s.Peer())...)
		k.Referred, k.Nobody = true, true
	}
	s.talk.call = k
	if len(k.Waiting) == 0 {
		return s.Say(t, protocol.Failure, protocol.Reason{Code: noMatch})
	}
	if err := s.Report(t, "matched"); err != nil || s.gone {
		return err
	}
	return b.next(t, s)
}

const noMatch = "no-match"

// next asks those whose turn it is, and closes when nobody is left.
func (b *broker[W]) next(t *actors.Turn, s *Session) error {
	k := s.talk.call.(brokerage)
	m, err := actors.Open(k.Message)
	if err != nil {
		return err
	}
	most := k.Most
	if k.Referred {
		via := append(slices.Clone(k.Via), t.Self())
		m = &protocol.Message{Act: protocol.Proxy, Protocol: brokering, Content: Proxy{For: k.For, Most: k.Most, Via: via, Message: k.Message}}
		most = 1 // a second one is asked when the first has done nothing
	}
	for len(k.Waiting) > 0 && (most == 0 || k.Done+len(k.Open) < most) {
		to := k.Waiting[0]
		k.Waiting = k.Waiting[1:]
		k.Asked++
		if m.Protocol == "" { // it asks for no answer
			t.Send(told(*m, to))
			k.Done++
		} else if conversation := b.ask(t, s, told(*m, to)); conversation != "" {
			k.Open = append(k.Open, conversation)
		}
	}
	s.talk.call = k
	if len(k.Open) > 0 {
		return nil
	}
	return b.close(t, s, k)
}

// ask begins the conversation with one target. It gives that; "": it may not be begun.
func (b *broker[W]) ask(t *actors.Turn, s *Session, m protocol.Message) string {
	to := m.Receivers[0]
	conversation, err := b.desk.open(t, m)
	if err != nil { // the agent is not permitted to
		t.Judge(protocol.Judgement{Verdict: monitor.Forbidden.String(), Reason: reasonOf(err, monitor.CodeUnauthorised), Act: m.Act, From: t.Self(), To: to,
			Protocol: m.Protocol, Conversation: s.Conversation()})
		return ""
	}
	k := b.desk.begun(conversation)
	if k == nil { // it would exceed a bound
		return ""
	}
	k.part, k.call = b.part, passed{s.At(), to}
	return conversation
}

// Cancel cancels what has been begun with targets. What became of that is answered later.
func (b *broker[W]) Cancel(t *actors.Turn, s *Session) error {
	k, ok := s.talk.call.(brokerage)
	if !ok || len(k.Open) == 0 {
		return nil
	}
	k.Stopping = true
	s.talk.call = k
	// choice: half of the time that who cancels waits, so that the answer is there in time
	by := t.Now() + waitOf(b.desk.known(brokering), "cancel")/2
	for _, c := range k.Open {
		if err := b.desk.cancel(t, c, by); err != nil {
			return err
		}
	}
	return ErrLater
}

// stopped answers a cancel, when all that was open has ended.
func (b *broker[W]) stopped(t *actors.Turn, s *Session, k brokerage) error {
	switch {
	case k.Goes:
		if err := s.Say(t, protocol.Failure, protocol.Reason{Code: "cannot-stop", Detail: "a target goes on"}); err != nil {
			return err
		}
	case k.Stopped || k.Done == 0:
		return s.Say(t, protocol.Inform, protocol.Done{Action: "cancel"})
	}
	return b.close(t, s, k) // all was done, or has failed, before it could be cancelled
}

// drop cancels what is open for a conversation that has ended.
func (b *broker[W]) drop(t *actors.Turn, s *Session) error {
	k, _ := s.talk.call.(brokerage)
	for _, c := range k.Open {
		if err := b.desk.Cancel(t, c); err != nil {
			return err
		}
	}
	return nil
}

// closed does so when it is the broker that has ended it. What a monitor lets be cancelled can be.
func (b *broker[W]) closed(t *actors.Turn, s *Session, _ string) { _ = b.drop(t, s) }
