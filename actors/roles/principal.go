package roles

import (
	"slices"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// Principal has things done by agents whom another finds for it, by fipa-brokering and fipa-recruiting. W is the type of what
// describes them, a registered payload.
type Principal[W any] struct {
	// Told is told what each of them has said; nil: nobody is. What agents say whom the recruiter has not named is not told, so
	// their answers are kept until it has named them.
	Told func(t *actors.Turn, r Reply) error
	// Ended is told how an errand ended: its Value is a Brokered or a Recruited; nil: nobody is. It ends as NO_MATCH where nobody
	// was found.
	Ended func(t *actors.Turn, e Ended[Errand[W]]) error
}

// Reply is what an agent has said whom another has found.
type Reply struct {
	Conversation string // that of the errand
	From         string // who has said it; of a broker: as that one says
	Act          protocol.Act
	Content      any
}

// Errands sends a principal's errands.
type Errands[W any] struct{ desk *Desk }

// AddPrincipal lets the agent ask brokers and recruiters. It panics when W is not registered.
func AddPrincipal[W any](d *Desk, of Principal[W]) *Errands[W] {
	contentName[W]()
	about := nameOf(Proxy{})
	if d.known(brokering) != nil {
		d.Add(Terms{Protocol: brokering, Role: interaction.Initiator, About: about}, PartFunc(of.brokered))
	}
	if d.known(recruiting) != nil {
		d.Add(Terms{Protocol: recruiting, Role: interaction.Initiator, About: about}, PartFunc(of.recruited))
	}
	return &Errands[W]{d}
}

// Broker asks a broker to find agents, to say something to them, and to bring back their answers. Where the message names no
// protocol it is the one that its act begins. It gives the conversation.
func (b *Errands[W]) Broker(t *actors.Turn, e Errand[W], within time.Duration, broker string) (conversation string, err error) {
	p, err := e.proxy()
	if err != nil {
		return "", err
	}
	return b.desk.Open(t, brokering, protocol.Proxy, p, within, broker)
}

// Recruit asks a recruiter to find agents and to say something to them, which they answer to this agent, or to the errand's
// Receiver, themselves. It gives the conversation.
func (b *Errands[W]) Recruit(t *actors.Turn, e Errand[W], within time.Duration, recruiter string) (conversation string, err error) {
	p, err := e.proxy()
	if err != nil {
		return "", err
	}
	if conversation, err = b.desk.Open(t, recruiting, protocol.Proxy, p, within, recruiter); err != nil {
		return "", err
	}
	if k := b.desk.begun(conversation); k != nil {
		k.call = recruits{Proxy: p, Recruiter: recruiter}
	}
	return conversation, nil
}

// Cancel takes an errand back. Who has been recruited already and has spoken is told so directly; the others are no more waited for
// than they were.
func (b *Errands[W]) Cancel(t *actors.Turn, conversation string) error {
	if err := b.desk.begin(t); err != nil {
		return err
	}
	k := b.desk.begun(conversation)
	if k == nil {
		return nil
	}
	for _, s := range slices.Clone(k.sessions) {
		if s.State() == "COLLECT" || !s.legal(t, protocol.Cancel) { // the recruiter is done
			continue
		}
		if err := s.Say(t, protocol.Cancel, nil); err != nil {
			return err
		}
	}
	return nil
}

// brokered takes what a broker brings back.
func (of Principal[W]) brokered(t *actors.Turn, s *Session, e Event) error {
	if from := originOf(e.Message); from != "" { // it never ends a session
		return of.tell(t, s, from, e.Message)
	}
	return of.end(t, s, e)
}

// originOf is whose answer a message is that is passed on; "": it is its sender's.
func originOf(m *protocol.Message) string {
	if m == nil {
		return ""
	}
	return m.Extra[origin]
}

func (of Principal[W]) tell(t *actors.Turn, s *Session, from string, m *protocol.Message) error {
	if of.Told == nil {
		return nil
	}
	return of.Told(t, Reply{s.Conversation(), from, m.Act, m.Content})
}

// end tells how an errand ended.
func (of Principal[W]) end(t *actors.Turn, s *Session, e Event) error {
	if !e.Change.Final || of.Ended == nil {
		return nil
	}
	end := endedOf[Errand[W]](s, e)
	p, ok := s.Call().(Proxy)
	if k, is := s.Call().(recruits); is {
		p, ok = k.Proxy, true
		if e.Change.From == "COLLECT" {
			end.Value = Recruited{k.Named}
		}
	}
	if ok {
		end.Call, _ = readErrand[W](s.At(), p) // it was written by this agent
	}
	return of.Ended(t, end)
}

// recruits is where the agent stands with those whom a recruiter finds for it. It is kept as what the conversation is about.
type recruits struct {
	Proxy
	Recruiter string
	Known     bool // the recruiter has named them
	Named     []string
	Over      []string // with whom the session has ended
	Held      []held   // what was said before they were named
}

// held is an answer that is kept.
type held struct {
	From    string
	Message protocol.Embedded
}

// How many answers are kept before a recruiter has named who may answer: of all, and of each, so that nobody pushes out the others'.
const (
	maxHeld     = 1000
	maxHeldEach = 16
)

// hold keeps an answer; false: it is one too many, or cannot be kept.
func (k *recruits) hold(peer string, m *protocol.Message) bool {
	each := 0
	for _, h := range k.Held {
		if h.From == peer {
			each++
		}
	}
	if len(k.Held) >= maxHeld || each >= maxHeldEach {
		return false
	}
	inner, err := actors.Embed(m)
	if err == nil {
		k.Held = append(slices.Clip(k.Held), held{peer, inner})
	}
	return err == nil
}

// asked says whether a message is of the protocol that the recruiter was given to begin.
func (k *recruits) asked(m *protocol.Message) bool {
	of, err := actors.Open(k.Message)
	return err == nil && of.Protocol == m.Protocol
}

// recruited takes what a recruiter says, and what those say whom it has found.
func (of Principal[W]) recruited(t *actors.Turn, s *Session, e Event) error {
	k, _ := s.Call().(recruits)
	if s.Peer() != k.Recruiter {
		return of.answered(t, s, e, k)
	}
	if e.Change.Final || e.Change.To != "COLLECT" || e.Change.From == "COLLECT" || e.Message == nil {
		return of.end(t, s, e)
	}
	if named, ok := e.Message.Content.(Recruited); ok {
		k.Named = targets(named.Targets, t.Self(), k.Recruiter)
	}
	early := k.Held
	k.Known, k.Held = true, nil
	s.talk.call = k
	for _, h := range early {
		m, err := actors.Open(h.Message)
		if err != nil {
			return err
		}
		if m.Sender = h.From; !slices.Contains(k.Named, h.From) {
			t.Judge(judged(m, monitor.OutOfSequence, notRecruited))
		} else if err := of.tell(t, s, h.From, m); err != nil {
			return err
		}
	}
	for _, o := range s.Others() {
		if o.Peer() != k.Recruiter && !slices.Contains(k.Named, o.Peer()) {
			if err := o.turnAway(t); err != nil {
				return err
			}
		}
	}
	return k.settle(t, s)
}

// answered takes what somebody says whom the recruiter has found, or says to have.
func (of Principal[W]) answered(t *actors.Turn, s *Session, e Event, k recruits) error {
	if e.Change.Final && len(k.Over) < 2*maxTargets && !slices.Contains(k.Over, s.Peer()) {
		k.Over = append(slices.Clip(k.Over), s.Peer())
	}
	m := e.Message
	foreign := m != nil && !k.asked(m)
	if m != nil && !k.Known && !foreign && !k.hold(s.Peer(), m) {
		t.Judge(judged(m, monitor.Cut, monitor.CodeBudget))
	}
	s.talk.call = k
	switch {
	case foreign:
		t.Judge(judged(m, monitor.OutOfSequence, notRecruited))
		if err := s.turnAway(t); err != nil {
			return err
		}
	case m == nil || !k.Known || cancelEnds(e.Change.To):
	case slices.Contains(k.Named, s.Peer()):
		if err := of.tell(t, s, s.Peer(), m); err != nil {
			return err
		}
	default:
		t.Judge(judged(m, monitor.OutOfSequence, notRecruited))
		return s.turnAway(t)
	}
	return k.settle(t, s)
}

// settle ends the waiting for answers when those who were named have given theirs, or none is due to this agent.
func (k recruits) settle(t *actors.Turn, s *Session) error {
	r := s.desk.Session(At{s.Conversation(), k.Recruiter})
	if r == nil || r.State() != "COLLECT" {
		return nil
	}
	if m, err := actors.Open(k.Message); k.Receiver == "" && err == nil && m.Protocol != "" {
		for _, name := range k.Named {
			if !slices.Contains(k.Over, name) {
				return nil
			}
		}
	}
	return r.Report(t, "settled")
}

// cancelEnds says whether what has ended a session is the answer to its cancel.
func cancelEnds(state string) bool { return state == "[CANCELLED]" || state == "[CANCEL_FAILED]" }

const notRecruited = "not-recruited"

// judged is what is said of a message that the protocol accepts, and the agent does not.
func judged(m *protocol.Message, v monitor.Verdict, code string) protocol.Judgement {
	return judgement(monitor.Step{Verdict: v, Reason: protocol.Reason{Code: code}}, m, "")
}

// turnAway ends a session with somebody who was not recruited.
func (s *Session) turnAway(t *actors.Turn) error {
	if s.seen().Final || !s.legal(t, protocol.NotUnderstood) {
		return nil
	}
	return s.Say(t, protocol.NotUnderstood, protocol.Reason{Code: notRecruited})
}
