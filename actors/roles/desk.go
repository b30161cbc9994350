package roles

import (
	"fmt"
	"slices"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// Desk keeps the conversations of one agent. It is a Behavior, a Norm and a Keeper. Make it with New in the agent's producer, and
// add the parts that the agent takes before it lives.
type Desk struct {
	config monitor.Config
	parts  []registered

	self  string
	watch *monitor.Monitor
	talks []*talk // those that are open, in no order
	timer actors.ID
	rings time.Duration // when the timer does; 0: it is not set

	turn  uint64              // the turn that the following is about
	own   []*protocol.Message // the messages of this turn that the desk has sent
	given int                 // the conversations it has named in this turn

	watchers []watcher            // parts that wait for something to become true
	settling map[At]time.Duration // recruitments that wait to hear who cannot be reached, and until when
}

// Config says how a desk differs from a usual one. Its zero value is useful.
type Config struct {
	Library *monitor.Library              // the protocols; nil: those of FIPA. See Library
	Permit  func(*protocol.Message) error // who may say what to this agent; nil: everybody everything
	Limits  monitor.Config                // Open, OpenEach, Messages, Repeats, Kept, Redirect and Collect count
}

// New makes a desk with no part yet.
func New(c Config) *Desk {
	d := &Desk{config: c.Limits, settling: make(map[At]time.Duration)}
	d.config.Library, d.config.Permit = c.Library, c.Permit
	if c.Library == nil {
		d.config.Library = monitor.FIPA()
	}
	return d
}

// Library is the protocols of FIPA, with other lengths of the waits that are named, and besides them one's own. One serves all
// agents of a society.
func Library(waits map[string]time.Duration, own ...*interaction.Protocol) (*monitor.Library, error) {
	var all []*interaction.Protocol
	for _, name := range interaction.Names() {
		p, err := interaction.FIPA(name)
		if err != nil {
			return nil, err
		}
		q := *p
		q.Waits = slices.Clone(p.Waits)
		for i, w := range q.Waits {
			if d, ok := waits[w.Name]; ok {
				q.Waits[i].For = d
			}
		}
		all = append(all, &q)
	}
	return monitor.NewLibrary(append(all, own...)...)
}

// Add adds a part. Where several fit a conversation, one that names what it is about goes before one that does not.
func (d *Desk) Add(terms Terms, p Part) {
	if d.known(terms.Protocol) == nil {
		panic(fmt.Sprintf("roles: protocol %q; accepted are those of the desk's library", terms.Protocol))
	}
	d.parts = append(d.parts, registered{Terms: terms, part: p})
}

// known gives a protocol; nil: the desk does not know it.
func (d *Desk) known(token string) *interaction.Protocol { return d.config.Library.Protocol(token) }

// monitor is the agent's; it is made when the agent's name is known.
func (d *Desk) monitor(self string) *monitor.Monitor {
	if d.watch == nil {
		c := d.config
		c.Self = self
		d.watch, d.self = monitor.New(c), self
	}
	return d.watch
}

// Receive takes what concerns conversations; the agent's other layers see it too.
func (d *Desk) Receive(t *actors.Turn, event any) error {
	if err := d.begin(t); err != nil {
		return err
	}
	var err error
	switch e := event.(type) {
	case *protocol.Message:
		if e.Protocol != "" {
			err = d.hear(t, e)
		}
	case actors.Undelivered:
		if e.Message.Protocol != "" {
			err = d.follow(t, d.watch.Undelivered(t.Now(), e.Message, e.To, e.Reason), nil, "")
		}
		if err == nil {
			err = d.missed(t, e.Message.Conversation, addressed{e.To, e.Message.ReplyWith})
		}
	case actors.Timer:
		if e.ID == d.timer {
			d.rings = 0
		}
	}
	if err != nil {
		return err
	}
	return d.wake(t)
}

// Conclude looks whether what others wait for has become true, and sets the timer, whichever layer has spoken in this turn.
func (d *Desk) Conclude(t *actors.Turn) error {
	if len(d.watchers) > 0 {
		if err := d.begin(t); err != nil {
			return err
		}
		for _, w := range d.watchers {
			if err := w.look(t); err != nil {
				return err
			}
		}
	}
	if d.watch == nil {
		return nil
	}
	return d.wake(t)
}

// begin makes the desk ready for what this turn brings, whichever layer is the first to speak in it: what deadlines have
// ended comes before.
func (d *Desk) begin(t *actors.Turn) error {
	w := d.monitor(t.Self())
	if d.turn == t.N() {
		return nil
	}
	d.turn, d.given, d.own = t.N(), 0, d.own[:0]
	if next, ok := w.Next(); !ok || next >= t.Now() {
		return nil
	}
	return d.follow(t, w.Advance(t.Now()), nil, "")
}

// hear takes a message of a conversation.
func (d *Desk) hear(t *actors.Turn, m *protocol.Message) error {
	step := d.watch.Receive(t.Now(), m)
	if step.Verdict != monitor.Accepted {
		t.Judge(judgement(step, m, ""))
		if m.Act.Reasoned() {
			if err := d.missed(t, m.Conversation, addressed{m.Sender, m.InReplyTo}); err != nil {
				return err
			}
		}
		return d.follow(t, step, nil, "")
	}
	peer := d.peerOf(m, step)
	s := d.with(m, peer, true)
	if s == nil {
		return d.follow(t, step, m, peer)
	}
	if m.Content != nil || m.Act == protocol.Propose {
		s.theirs = m.Content
	}
	if s.talk.part >= 0 && len(d.parts[s.talk.part].words) > 0 {
		s.heard = m.Act
	}
	return d.follow(t, step, m, peer)
}

// peerOf is who the session is with that a message moved: the sender, or whom a recruiter has it answered to; "": it moved none,
// such as what is told after the end.
func (d *Desk) peerOf(m *protocol.Message, step monitor.Step) string {
	if n := len(step.Changes); n > 0 && step.Changes[n-1].Conversation == m.Conversation {
		if peer := step.Changes[n-1].Peer; peer == m.Sender || slices.Contains(m.ReplyTo, peer) {
			return peer
		}
	}
	return ""
}

// with is the session that a message to or from a peer is part of: one that begins with it is noted, also if what was heard has
// ended it at once. nil: it is part of none.
func (d *Desk) with(m *protocol.Message, peer string, heard bool) *Session {
	if s := d.Session(At{m.Conversation, peer}); s != nil {
		return s
	}
	v, ok := d.watch.Session(m.Conversation, peer)
	if !ok || v.Final && !heard {
		return nil
	}
	about := nameOf(m.Content)
	if heard && v.Role == interaction.Initiator {
		about = nameOf(collected{})
	}
	return d.join(m, peer, Terms{Protocol: m.Protocol, Role: v.Role, About: about})
}

// partFor finds the part for a conversation; -1: there is none.
func (d *Desk) partFor(of Terms) int {
	found := -1
	for i, r := range d.parts {
		if r.Protocol == of.Protocol && r.Role == of.Role && (r.About == of.About || r.About == "" && found < 0) {
			found = i
			if r.About != "" {
				return i
			}
		}
	}
	return found
}

// follow does what a step of the monitor asks for: it says what is to be said, and lets the parts go on. heard is what has moved
// the session with a peer; nil: no message has.
func (d *Desk) follow(t *actors.Turn, step monitor.Step, heard *protocol.Message, peer string) error {
	for i := range step.Say {
		d.say(t, step.Say[i])
	}
	for i := range step.Changes {
		c := &step.Changes[i]
		s := d.changed(c)
		if s == nil {
			continue
		}
		e := Event{Change: *c}
		if heard != nil && peer == c.Peer && c.Conversation == heard.Conversation {
			e.Message = heard
		}
		if err := s.take(t, e); err != nil {
			return err
		}
		if c.Final {
			s.leave()
		}
	}
	d.watch.Reuse(step)
	return nil
}

// changed is the session of a change; nil: it is none of the desk's, or not any more.
func (d *Desk) changed(c *monitor.Change) *Session {
	s, ok := c.Attached.(*Session)
	if !ok { // the change has begun it
		return d.Session(At{c.Conversation, c.Peer})
	}
	if s.gone {
		return nil
	}
	return s
}

// say sends what has been judged.
func (d *Desk) say(t *actors.Turn, m protocol.Message) {
	before := len(t.Effects())
	t.Send(m)
	if all := t.Effects(); len(all) > before {
		d.own = append(d.own, all[before].Value.(*protocol.Message))
	}
}

// Permit is the norm: a message of a protocol that the desk has not sent itself is judged, and not sent if it would break it.
func (d *Desk) Permit(t *actors.Turn, e actors.Effect) error {
	m, ok := e.Value.(*protocol.Message)
	if !ok || e.Kind != actors.Send || m.Protocol == "" || d.turn == t.N() && d.said(m) {
		return nil
	}
	if err := d.begin(t); err != nil {
		return err
	}
	step := d.watch.Send(t.Now(), m)
	if step.Verdict != monitor.Accepted {
		if err := d.cut(t, m, step); err != nil {
			return err
		}
		return fmt.Errorf("roles: %s %q in %s is %s: %s", m.Act, m.Conversation, m.Protocol, step.Verdict, step.Reason.Code)
	}
	d.saying(t, m, step)
	return nil
}

// said says whether it is the desk that has sent a message in this turn. They are asked about in the order in which they were
// sent.
func (d *Desk) said(m *protocol.Message) bool {
	if len(d.own) > 0 && d.own[0] == m {
		d.own = d.own[1:]
		return true
	}
	return slices.Contains(d.own, m)
}

// saying notes what the agent has said, by a message that was accepted. What follows from it in its own sessions the agent knows:
// its parts are not asked.
func (d *Desk) saying(t *actors.Turn, m *protocol.Message, step monitor.Step) {
	for _, to := range m.Receivers {
		if s := d.with(m, to, false); s != nil && m.Content != nil {
			s.mine = m.Content
		}
	}
	for i := range step.Say {
		d.say(t, step.Say[i])
	}
	for i := range step.Changes {
		c := &step.Changes[i]
		if !c.Final {
			continue
		}
		if s := d.changed(c); s != nil {
			s.leave()
			if k, ok := s.part().(closer); ok {
				k.closed(t, s, c.To)
			}
		}
	}
	d.watch.Reuse(step)
}

// closer is a part that has something else to end when the agent itself has ended a session.
type closer interface {
	closed(t *actors.Turn, s *Session, end string)
}

// wake sets the timer to right after the next deadline: what arrives at the deadline is in time. One that rings too early is
// left: most deadlines never come.
func (d *Desk) wake(t *actors.Turn) error {
	if err := d.settle(t); err != nil {
		return err
	}
	next, ok := d.watch.Next()
	for _, by := range d.settling {
		if !ok || by < next {
			next, ok = by, true
		}
	}
	if next++; !ok || d.rings != 0 && d.rings <= next {
		return nil
	}
	if d.rings != 0 {
		t.Cancel(d.timer)
	}
	d.timer, d.rings = t.After(max(next-t.Now(), 0)), next
	return nil
}

func judgement(s monitor.Step, m *protocol.Message, to string) protocol.Judgement {
	return protocol.Judgement{Verdict: s.Verdict.String(), Reason: s.Reason, Act: m.Act, From: m.Sender, To: to,
		Protocol: m.Protocol, Conversation: m.Conversation}
}

// Beside makes a behavior of a deliberation with the desk beside it, and as its norm.
func (d *Desk) Beside(deliberation actors.Behavior, norms ...actors.Norm) actors.Behavior {
	return actors.Compose(actors.Layers{Deliberation: deliberation, Roles: []actors.Behavior{d}, Norms: append(norms, d)})
}
