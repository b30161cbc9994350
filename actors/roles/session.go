package roles

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// At is where something is said: in which conversation, and who is on the other side.
type At struct {
	Conversation string
	Peer         string
}

// talk is a conversation of the agent: one session, or as the initiator one for each participant.
type talk struct {
	id       At   // without a peer, if the agent has begun it
	part     int  // -1: nobody's
	call     any  // what it is about: the content of its first message
	decided  bool // the part has had what it decides once
	sessions []*Session
	at       int // in Desk.talks
}

// Session is what an agent and one other say to each other in one conversation, as a part sees it.
type Session struct {
	desk   *Desk
	talk   *talk
	peer   string
	mine   any          // what the agent last said in it, if that had content
	theirs any          // what it last heard
	heard  protocol.Act // likewise, if anything is left to a mind
	gone   bool         // it has ended
}

// join notes a session that has begun, of a conversation of these terms if it is the first.
func (d *Desk) join(m *protocol.Message, peer string, terms Terms) *Session {
	id := At{Conversation: m.Conversation}
	if terms.Role == interaction.Participant {
		id.Peer = peer
	}
	var s *Session
	if k := d.begun(id.Conversation); k != nil && id.Peer == "" {
		s = k.add(d, peer)
	} else {
		s = d.note(talk{id: id, call: m.Content, part: d.partFor(terms)}, peer)
	}
	d.watch.Attach(id.Conversation, peer, s)
	return s
}

// begun is a conversation that the agent has begun, and that is open; nil: there is none.
func (d *Desk) begun(conversation string) *talk {
	if d.watch == nil {
		return nil
	}
	k, _ := d.watch.Attached(conversation, "").(*talk)
	return k
}

// note keeps a conversation that has begun, with its first session. Most have no other: they are made in one piece.
func (d *Desk) note(k talk, peer string) *Session {
	n := &struct {
		talk    talk
		session Session
		first   [1]*Session
	}{talk: k, session: Session{desk: d, peer: peer}}
	n.talk.at, n.session.talk, n.first[0] = len(d.talks), &n.talk, &n.session
	n.talk.sessions, d.talks = n.first[:], append(d.talks, &n.talk)
	if k.id.Peer == "" {
		d.watch.Attach(k.id.Conversation, "", &n.talk)
	}
	return &n.session
}

// add notes another session of a conversation that the agent has begun.
func (k *talk) add(d *Desk, peer string) *Session {
	s := &Session{desk: d, talk: k, peer: peer}
	at, _ := slices.BinarySearchFunc(k.sessions, peer, func(s *Session, peer string) int { return cmp.Compare(s.peer, peer) })
	k.sessions = slices.Insert(k.sessions, at, s)
	return s
}

// leave forgets a session that has ended.
func (s *Session) leave() {
	d, k := s.desk, s.talk
	s.gone = true
	d.watch.Attach(k.id.Conversation, s.peer, nil)
	if k.sessions = slices.DeleteFunc(k.sessions, func(o *Session) bool { return o == s }); len(k.sessions) > 0 {
		return
	}
	last := len(d.talks) - 1
	d.talks[k.at], d.talks[last].at = d.talks[last], k.at
	d.talks[last], d.talks = nil, d.talks[:last]
	if k.id.Peer == "" {
		d.watch.Attach(k.id.Conversation, "", nil)
	}
}

// take lets the part of a session go on. Who has no part for it says so.
func (s *Session) take(t *actors.Turn, e Event) error {
	if s.talk.part >= 0 {
		part := s.desk.parts[s.talk.part].part
		if e.Message != nil && e.Message.Act == protocol.Cancel && !e.Change.Final {
			return s.stop(t, part)
		}
		if len(s.desk.parts[s.talk.part].words) > 0 && s.left(t, e) || part == nil {
			return nil
		}
		return part.Take(t, s, e)
	}
	if e.Message == nil || e.Change.Final || e.Change.Role != interaction.Participant {
		return nil
	}
	reason := protocol.Reason{Code: "unsupported-value", Detail: "no part for this content in this protocol"}
	for _, act := range []protocol.Act{protocol.NotUnderstood, protocol.Refuse} {
		if s.legal(t, act) {
			return s.Say(t, act, reason)
		}
	}
	return nil
}

// part is what the agent does in the session; nil: nothing.
func (s *Session) part() Part {
	if s.talk.part < 0 {
		return nil
	}
	return s.desk.parts[s.talk.part].part
}

// At is where it is.
func (s *Session) At() At { return At{s.talk.id.Conversation, s.peer} }

// Conversation is the identity of the conversation.
func (s *Session) Conversation() string { return s.talk.id.Conversation }

// Peer is who is on the other side.
func (s *Session) Peer() string { return s.peer }

// Call is what the conversation is about: the content of its first message.
func (s *Session) Call() any { return s.talk.call }

// Mine is what the agent last said in the session, nil if that had no content.
func (s *Session) Mine() any { return s.mine }

// Theirs is what the agent last heard in it.
func (s *Session) Theirs() any { return s.theirs }

// Others are the sessions of the same conversation that are open, this one among them, by the name of the other side.
func (s *Session) Others() []*Session { return slices.Clone(s.talk.sessions) }

// State is where the session stands, as the protocol's machine names it.
func (s *Session) State() string { return s.seen().State }

// Legal is what the agent may say now.
func (s *Session) Legal(t *actors.Turn) []interaction.Label {
	return s.desk.watch.Legal(t.Now(), s.Conversation(), s.peer)
}

func (s *Session) legal(t *actors.Turn, act protocol.Act) bool {
	return slices.ContainsFunc(s.Legal(t), func(l interaction.Label) bool { return l.Act == act })
}

func (s *Session) seen() monitor.Session {
	v, _ := s.desk.watch.Session(s.Conversation(), s.peer)
	return v
}

// Say says something in the session. The error names what would have been legal; the session has not changed then. What would
// exceed a bound is not said, and the session ends as [CUT], which is no error.
func (s *Session) Say(t *actors.Turn, act protocol.Act, content any) error {
	return s.desk.speak(t, s.At(), act, content, 0)
}

// SayBy is Say with the time, since the start of the society, by which an answer is wanted.
func (s *Session) SayBy(t *actors.Turn, act protocol.Act, content any, by time.Duration) error {
	return s.desk.speak(t, s.At(), act, content, by)
}

// Report tells the protocol of an event inside the agent that moves the session on, such as "condition" or "skip". Nothing happens
// in one that has ended, if by a deadline that has just passed; one that the event brings to a bound ends as [CUT], as with Say.
func (s *Session) Report(t *actors.Turn, event string) error {
	if err := s.desk.begin(t); err != nil || s.gone {
		return err
	}
	state := s.State()
	step := s.desk.watch.Event(t.Now(), s.Conversation(), s.peer, event)
	verdict := step.Verdict
	if err := s.desk.follow(t, step, nil, ""); err != nil || verdict == monitor.Accepted || verdict == monitor.Cut {
		return err
	}
	return fmt.Errorf("roles: event %q in state %s of %s: %s", event, state, s.Conversation(), verdict)
}

// Canceller is a Part that says whether what the other side cancels can be stopped. An error says that it cannot, and why; ErrLater:
// the part answers the cancel later. Without one everything can.
type Canceller interface {
	Cancel(t *actors.Turn, s *Session) error
}

// stop answers a cancel.
func (s *Session) stop(t *actors.Turn, p Part) error {
	if c, ok := p.(Canceller); ok {
		if err := c.Cancel(t, s); errors.Is(err, ErrLater) {
			return nil
		} else if err != nil {
			return s.Say(t, protocol.Failure, reasonOf(err, "cannot-stop"))
		}
	}
	return s.Say(t, protocol.Inform, protocol.Done{Action: "cancel"})
}

// Session is the open one there; nil: there is none.
func (d *Desk) Session(at At) *Session {
	if d.watch == nil {
		return nil
	}
	s, _ := d.watch.Attached(at.Conversation, at.Peer).(*Session)
	return s
}

// Sessions are those that are open, by conversation and the name of the other side.
func (d *Desk) Sessions() (all []*Session) {
	for _, k := range d.sorted() {
		all = append(all, k.sessions...)
	}
	return all
}

// sorted are the conversations that are open, by their identities.
func (d *Desk) sorted() []*talk {
	all := slices.Clone(d.talks)
	slices.SortFunc(all, func(a, b *talk) int { return a.id.compare(b.id) })
	return all
}

// sessionsOf are those of one part, in the same order.
func (d *Desk) sessionsOf(part int) (all []*Session) {
	of := slices.DeleteFunc(slices.Clone(d.talks), func(k *talk) bool { return k.part != part })
	slices.SortFunc(of, func(a, b *talk) int { return a.id.compare(b.id) })
	for _, k := range of {
		all = append(all, k.sessions...)
	}
	return all
}

// compare orders by conversation, then by peer.
func (a At) compare(b At) int {
	return cmp.Or(cmp.Compare(a.Conversation, b.Conversation), cmp.Compare(a.Peer, b.Peer))
}

// Open begins a conversation: one act to one or, where the protocol has it, several; the agent itself, where it is named, is left
// out. It gives the conversation's identity. within is how long the others have to answer; 0: as long as the protocol says. What
// exceeds a bound of the desk is not said, and reported as Judged: no error, but there is no such conversation.
func (d *Desk) Open(t *actors.Turn, token string, act protocol.Act, content any, within time.Duration, to ...string) (conversation string, err error) {
	m := protocol.Message{Act: act, Protocol: token, Content: content}
	if m.Receivers = to; slices.Contains(to, t.Self()) {
		m.Receivers = slices.DeleteFunc(slices.Clone(to), func(name string) bool { return name == t.Self() })
	}
	if within > 0 {
		m.ReplyBy = t.Now() + within
	}
	return d.open(t, m)
}

// open begins a conversation with a message, which it gives its names.
func (d *Desk) open(t *actors.Turn, m protocol.Message) (conversation string, err error) {
	if err := d.begin(t); err != nil {
		return "", err
	}
	var room [64]byte // named by the turn: also a new mind, which remembers nothing, gives no name twice
	name := append(strconv.AppendUint(append(append(room[:0], t.Self()...), '/'), t.N(), 10), '.')
	for again := true; again; again = d.watch.Known(conversation) { // somebody may have used it already
		conversation = string(strconv.AppendInt(name, int64(d.given), 10))
		d.given++
	}
	m.Conversation, m.ReplyWith = conversation, d.watch.Name()
	return conversation, d.send(t, m)
}

// speak says something in a session that there is.
func (d *Desk) speak(t *actors.Turn, at At, act protocol.Act, content any, by time.Duration) error {
	if err := d.begin(t); err != nil {
		return err
	}
	m, ok := d.watch.Reply(at.Conversation, at.Peer, act, content)
	if !ok {
		return fmt.Errorf("roles: %s in conversation %q with %q, of which none is open", act, at.Conversation, at.Peer)
	}
	m.ReplyBy = by
	return d.send(t, m)
}

// send judges a message, and sends it when it is legal.
func (d *Desk) send(t *actors.Turn, m protocol.Message) error {
	m.Sender = t.Self()
	step := d.watch.Send(t.Now(), &m)
	if step.Verdict == monitor.Cut { // a bound, which the other side may have brought about: the session has ended, and its part is told so
		return d.cut(t, &m, step)
	}
	if step.Verdict != monitor.Accepted {
		return fmt.Errorf("roles: %s in conversation %q of %s to %v is %s (%s)", m.Act, m.Conversation, m.Protocol, m.Receivers, step.Verdict, step.Reason.Detail)
	}
	d.say(t, m)
	d.saying(t, &m, step)
	return nil
}

// cut does what follows from a message that was not sent because it would exceed a bound.
func (d *Desk) cut(t *actors.Turn, m *protocol.Message, step monitor.Step) error {
	for _, to := range m.Receivers {
		t.Judge(judgement(step, m, to))
	}
	return d.follow(t, step, nil, "")
}

// reasonOf is why something was refused or failed, in a form for programs: that of an error that gives one, else code.
func reasonOf(err error, code string) protocol.Reason {
	r := protocol.Reason{Code: code, Detail: err.Error()}
	if e, ok := errors.AsType[reasoned](err); ok && e.Reason() != "" {
		r.Code = e.Reason()
	}
	return r
}

type reasoned interface {
	error
	Reason() string
}

// contentName is the name under which content of a type is registered, for which an agent takes a part. One that is not
// registered could be said by nobody; an interface stands for all content.
func contentName[T any]() string {
	var zero T
	name := nameOf(zero)
	if name == "" && any(zero) != nil {
		panic(fmt.Sprintf("roles: %T is not registered; see actors.Payload", zero))
	}
	return name
}

// nameOf is the name under which content is registered; "": none.
func nameOf(content any) string {
	if content == nil {
		return ""
	}
	name, _ := journal.NameOf(content)
	return name
}
