package monitor_test

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// oracle does what a monitor is to do, from the same data and in the plainest way: it looks at every session and every move
// each time. It knows neither budgets nor loops.
type oracle struct {
	self      string
	now       time.Duration
	protocols map[string]*interaction.Protocol
	sessions  []*oracleSession // in the order in which they were opened
	by        map[oracleRound]time.Duration
}

type oracleRound struct {
	conversation, protocol string
	round                  int
}

type oracleSession struct {
	conversation, peer string
	p                  *interaction.Protocol
	role               interaction.Role
	state              string
	round              int
	said, heard        []oracleName
	made               map[string]int
	due                map[int]time.Duration // by move of the state
	ended, expired     bool
	settled            bool
	target             bool
}

type oracleName struct {
	name   string
	round  int
	cancel bool
}

// oracleStep is what a step is to be; names are put into the sessions that the answers belong to.
type oracleStep struct {
	verdict monitor.Verdict
	changes []monitor.Change
	say     []oracleSay
}

type oracleSay struct {
	label, to, inReplyTo string
	conversation         string // of the session whose next message may name it; "": an answer to what belongs to no session
}

func newOracle(self string) *oracle {
	o := &oracle{self: self, protocols: map[string]*interaction.Protocol{}, by: map[oracleRound]time.Duration{}}
	for _, name := range interaction.Names() {
		p, err := interaction.FIPA(name)
		if err != nil {
			panic(err)
		}
		o.protocols[p.Name] = interaction.Expand(p)
	}
	return o
}

func (o *oracle) session(conversation, peer string) *oracleSession {
	for _, s := range o.sessions {
		if s.conversation == conversation && s.peer == peer {
			return s
		}
	}
	return nil
}

func (s *oracleSession) moves() []interaction.Move {
	m := s.p.Machine(s.role)
	return m[m.Index(s.state)].Moves
}

// guard says whether a guard holds, but for what it says of the message.
func (o *oracle) guard(s *oracleSession, g *interaction.Guard) bool {
	few := 0
	for _, x := range o.sessions {
		if x == s || x.conversation != s.conversation || x.p != s.p || x.role != s.role || !s.p.Many || s.role != interaction.Initiator {
			continue
		}
		if slices.Contains(g.None, x.state) && x.round <= s.round || g.Level && x.round > s.round {
			return false
		}
		if g.Fewer != nil && slices.Contains(g.Fewer.In, x.state) {
			few++
		}
	}
	return (g.Fewer == nil || few < s.bound(g.Fewer.Than)) && (g.Most == "" || s.made[g.Most] < s.bound(g.Most))
}

func (s *oracleSession) bound(name string) int {
	for _, b := range s.p.Bounds {
		if b.Name == name {
			return b.Most
		}
	}
	panic(name)
}

// answers is what a message may refer to by its in-reply-to, as guards write it.
func answersOf(names []oracleName, round int, m *protocol.Message) []string {
	if m.InReplyTo == "" {
		return []string{"", interaction.AnswerCancel}
	}
	for _, n := range slices.Backward(names) {
		switch {
		case n.name != m.InReplyTo:
		case n.cancel:
			return []string{interaction.AnswerCancel}
		case n.round < round:
			return []string{interaction.AnswerOlder}
		default:
			return []string{""}
		}
	}
	if m.Act == protocol.NotUnderstood {
		return []string{"", interaction.AnswerCancel}
	}
	return nil
}

// match gives the index of the move that a message makes; -1: none.
func (o *oracle) match(s *oracleSession, m *protocol.Message, heard bool) int {
	names, label := s.heard, func(w *interaction.Move) interaction.Label {
		if w.Receive.Act != "" || w.After != "" || w.On != "" {
			return interaction.Label{}
		}
		return w.Send
	}
	if heard {
		names, label = s.said, func(w *interaction.Move) interaction.Label { return w.Receive }
	}
	origins := s.p.Name == "fipa-brokering"
	can := answersOf(names, s.round, m)
	if s.target && heard {
		can = []string{"", interaction.AnswerCancel}
	}
	if s.state == "START" { // what opens a conversation may answer something outside of it
		can = []string{""}
	}
	best := -1
	for i, w := range s.moves() {
		l := label(&w)
		if l.Act == "" || !l.Covers(interaction.LabelOf(m)) || !slices.Contains(can, w.When.Answer) ||
			origins && s.state != "START" && w.When.Origin != (m.Extra["X-origin"] != "") || !o.guard(s, &w.When) {
			continue
		}
		if best < 0 || l.Narrower(label(&s.moves()[best])) {
			best = i
		}
	}
	return best
}

// remember keeps a name that can be replied to: of each side the last eight, and the last cancel.
func (s *oracleSession) remember(m *protocol.Message, heard bool) {
	names := &s.said
	if heard {
		names = &s.heard
	}
	if m.Act == protocol.Cancel {
		*names = slices.DeleteFunc(*names, func(n oracleName) bool { return n.cancel })
	}
	if m.ReplyWith == "" {
		return
	}
	*names = append(*names, oracleName{m.ReplyWith, s.round, m.Act == protocol.Cancel})
	plain := 0
	for _, n := range *names {
		if !n.cancel {
			plain++
		}
	}
	if plain > 8 {
		i := slices.IndexFunc(*names, func(n oracleName) bool { return !n.cancel })
		*names = slices.Delete(*names, i, i+1)
	}
}

func place(state string) string {
	_, of, laid := strings.Cut(state, "/")
	if laid {
		return of
	}
	return state
}

// move makes a move of a session.
func (o *oracle) move(s *oracleSession, i int, m *protocol.Message, heard bool, step *oracleStep) {
	w := s.moves()[i]
	from, round, had, old := s.state, s.round, s.moves(), s.due
	if w.Round && from != "START" {
		s.round++
	}
	s.state = w.To
	by := ""
	switch {
	case w.After != "":
		by = "after " + w.After
	case w.On != "":
		by = "on " + w.On
	case w.Receive.Act != "":
		by = w.Receive.String()
	default:
		by = w.Send.String()
	}
	if m != nil {
		s.remember(m, heard)
	}
	if w.When.Most != "" {
		s.made[w.When.Most]++
	}
	if w.Send.Act != "" && (w.Receive.Act != "" || w.After != "" || w.On != "") {
		irt := ""
		if m != nil {
			irt = m.ReplyWith
		}
		step.say = append(step.say, oracleSay{w.Send.String(), s.peer, irt, s.conversation})
	}
	final := strings.HasPrefix(s.state, "[")
	step.changes = append(step.changes, monitor.Change{Conversation: s.conversation, Peer: s.peer, Protocol: s.p.Name, Role: s.role, From: from, To: s.state,
		Final: final, By: by, At: o.now})
	if final {
		s.ended, s.expired, s.due = true, w.After != "", nil
		return
	}
	s.due = map[int]time.Duration{}
	for k, now := range s.moves() {
		if now.After == "" {
			continue
		}
		if m != nil && place(from) == place(s.state) && round == s.round {
			if j := slices.IndexFunc(had, func(x interaction.Move) bool { return x.After == now.After }); j >= 0 {
				if d, ok := old[j]; ok {
					s.due[k] = d
				}
				continue
			}
		}
		if o.guard(s, &now.When) || now.When.Most != "" {
			o.start(s, k, m, heard)
		}
	}
}

// start starts a wait.
func (o *oracle) start(s *oracleSession, k int, m *protocol.Message, heard bool) {
	w := s.moves()[k]
	i := slices.IndexFunc(s.p.Waits, func(x interaction.Wait) bool { return x.Name == w.After })
	if s.p.Waits[i].For == interaction.Never {
		return
	}
	d := o.now + s.p.Waits[i].For
	by := m != nil && m.ReplyBy != 0 && (w.After == "cancel") == (m.Act == protocol.Cancel) && (w.After == "cancel" || w.After == "reply")
	if by {
		d = min(max(o.now, m.ReplyBy), 1<<63-2)
	}
	if w.After == "reply" && s.p.Many && s.role == interaction.Initiator {
		r := oracleRound{s.conversation, s.p.Name, s.round}
		least, ok := o.by[r]
		if ok && least <= o.now {
			delete(o.by, r)
			ok = false
		}
		if by && !heard && (!ok || d < least) {
			o.by[r], least, ok = d, d, true
			for _, x := range o.sessions {
				if x == s || x.ended || x.conversation != s.conversation || x.p != s.p || x.role != s.role || x.round != s.round {
					continue
				}
				for j, was := range x.due {
					if x.moves()[j].After == "reply" && was > d {
						x.due[j] = d
					}
				}
			}
		}
		if ok {
			d = min(d, least)
		}
	}
	s.due[k] = d
}

// turn starts and stops waits with guards about other sessions.
func (o *oracle) turn() {
	for _, s := range o.sessions {
		if s.ended {
			continue
		}
		for k, w := range s.moves() {
			if g := w.When; w.After == "" || len(g.None) == 0 && g.Fewer == nil && !g.Level {
				continue
			}
			_, runs := s.due[k]
			switch holds := o.guard(s, &w.When); {
			case !holds:
				delete(s.due, k)
			case !runs:
				o.start(s, k, nil, false)
			}
		}
	}
}

// advance lets pass what is due before a time.
func (o *oracle) advance(now time.Duration, step *oracleStep) {
	for {
		var first *oracleSession
		var at time.Duration
		for _, s := range o.sessions {
			for _, d := range s.due {
				if d >= max(now, o.now) {
					continue
				}
				if first == nil || cmp.Or(cmp.Compare(d, at), cmp.Compare(s.conversation, first.conversation), cmp.Compare(s.peer, first.peer)) < 0 {
					first, at = s, d
				}
			}
		}
		if first == nil {
			o.now = max(now, o.now)
			return
		}
		o.now = at
		made := false
		for k, w := range first.moves() {
			if d, ok := first.due[k]; !made && ok && d == at && w.After != "" && o.guard(first, &w.When) {
				o.move(first, k, nil, false, step)
				o.turn()
				made = true
				break
			}
		}
		if !made {
			panic("a wait that ends, and no move")
		}
	}
}

func (o *oracle) open(conversation, peer string, p *interaction.Protocol, r interaction.Role) *oracleSession {
	s := &oracleSession{conversation: conversation, peer: peer, p: p, role: r, state: "START", made: map[string]int{}}
	o.sessions = append(o.sessions, s)
	return s
}

func (o *oracle) receive(now time.Duration, m *protocol.Message) (step oracleStep) {
	o.advance(now, &step)
	if m.Protocol == "" {
		return step
	}
	s := o.session(m.Conversation, m.Sender)
	p := o.protocols[m.Protocol]
	if m.Check() != nil || p == nil {
		step.verdict = monitor.NotUnderstood
		if s != nil && !s.ended {
			step.changes = append(step.changes, monitor.Change{Conversation: s.conversation, Peer: s.peer, Protocol: s.p.Name, Role: s.role, From: s.state, To: "[NU]",
				Final: true, By: "not-understood", At: o.now})
			s.state, s.ended, s.due = "[NU]", true, nil
			o.turn()
		}
		step.answer(m, "not-understood")
		return step
	}
	if s == nil {
		s = o.open(m.Conversation, m.Sender, p, interaction.Participant)
		if i := o.match(s, m, true); i >= 0 {
			o.move(s, i, m, true, &step)
			return step
		}
		o.sessions = o.sessions[:len(o.sessions)-1]
		if slices.ContainsFunc(o.sessions, func(x *oracleSession) bool {
			return x.conversation == m.Conversation && !x.ended && x.role == interaction.Initiator && x.p.Name == "fipa-recruiting" && p != x.p
		}) {
			s = o.open(m.Conversation, m.Sender, p, interaction.Initiator)
			s.state, s.target = p.Initiator[0].Moves[0].To, true
			if i := o.match(s, m, true); i >= 0 {
				o.move(s, i, m, true, &step)
				o.turn()
				return step
			}
			o.sessions = o.sessions[:len(o.sessions)-1]
		}
		step.verdict = monitor.Unknown
		if slices.ContainsFunc(o.sessions, func(x *oracleSession) bool { return x.conversation == m.Conversation }) {
			step.verdict = monitor.OutOfSequence
		} else if m.Act == protocol.Cancel {
			step.answer(m, "failure:unknown-conversation")
		}
		return step
	}
	if s.ended {
		if o.settles(s, m, true) {
			return step
		}
		step.verdict = monitor.Late
		switch {
		case m.Act == protocol.Propose:
			step.answer(m, "reject-proposal:late")
		case m.Act == protocol.Cancel:
			step.answer(m, "failure:already-ended")
		case m.Act == protocol.AcceptProposal && s.expired && s.role == interaction.Participant:
			step.answer(m, "failure:expired")
		}
		return step
	}
	i := -1
	if s.p == p {
		i = o.match(s, m, true)
	}
	if i < 0 {
		step.verdict = monitor.OutOfSequence
		return step
	}
	o.move(s, i, m, true, &step)
	o.turn()
	return step
}

func (s *oracleStep) answer(m *protocol.Message, label string) {
	if m.Act != protocol.NotUnderstood && m.Act != protocol.Refuse && m.Act != protocol.Failure && m.Act != protocol.RejectProposal {
		s.say = append(s.say, oracleSay{label, m.Sender, m.ReplyWith, ""})
	}
}

func (o *oracle) settles(s *oracleSession, m *protocol.Message, heard bool) bool {
	initiator := heard != (s.role == interaction.Initiator)
	if s.settled || s.p.Name != m.Protocol || m.Act != protocol.Inform && m.Act != protocol.Failure {
		return false
	}
	if s.p.Name == "fipa-propose" {
		s.settled = s.state == "[ACCEPTED]" && initiator
	} else {
		s.settled = heard && !initiator && (s.state == "[CANCEL_FAILED]" || s.state == "[CANCEL_TIMEOUT]")
	}
	return s.settled
}

func (o *oracle) send(now time.Duration, m *protocol.Message) (step oracleStep) {
	o.advance(now, &step)
	if m.Protocol == "" {
		return step
	}
	p := o.protocols[m.Protocol]
	if m.Check() != nil || p == nil {
		step.verdict = monitor.NotUnderstood
		return step
	}
	before, n := o.clone(), len(step.changes)
	for _, to := range m.Receivers {
		if step.verdict = o.sendTo(m, p, to, &step); step.verdict != monitor.Accepted {
			*o, step.changes = *before, step.changes[:n]
			return step
		}
	}
	o.turn()
	return step
}

func (o *oracle) sendTo(m *protocol.Message, p *interaction.Protocol, to string, step *oracleStep) monitor.Verdict {
	s := o.session(m.Conversation, to)
	switch {
	case s != nil && s.ended:
		if !o.settles(s, m, false) {
			return monitor.Late
		}
		return monitor.Accepted
	case s != nil && s.p != p:
		return monitor.OutOfSequence
	}
	fresh := s == nil
	alone := len(m.Receivers) == 1 && !slices.ContainsFunc(o.sessions, func(x *oracleSession) bool {
		return x.conversation == m.Conversation && x.role == interaction.Initiator && x.p == p
	})
	if fresh {
		s = o.open(m.Conversation, to, p, interaction.Initiator)
	}
	switch i := o.match(s, m, false); {
	case i < 0 && fresh:
		return monitor.Unknown
	case i < 0 || fresh && !alone && !p.Many:
		return monitor.OutOfSequence
	default:
		o.move(s, i, m, false, step)
	}
	return monitor.Accepted
}

// clone is a deep copy.
func (o *oracle) clone() *oracle {
	c := *o
	c.by, c.sessions = maps.Clone(o.by), nil
	for _, s := range o.sessions {
		x := *s
		x.said, x.heard, x.made, x.due = slices.Clone(s.said), slices.Clone(s.heard), maps.Clone(s.made), maps.Clone(s.due)
		c.sessions = append(c.sessions, &x)
	}
	return &c
}

func (o *oracle) event(now time.Duration, conversation, peer, event string) (step oracleStep) {
	o.advance(now, &step)
	s := o.session(conversation, peer)
	step.verdict = monitor.Unknown
	if s == nil {
		return step
	}
	if step.verdict = monitor.Late; s.ended {
		return step
	}
	for i, w := range s.moves() {
		if w.On == event && o.guard(s, &w.When) {
			step.verdict = monitor.Accepted
			o.move(s, i, nil, false, &step)
			o.turn()
			return step
		}
	}
	step.verdict = monitor.OutOfSequence
	return step
}

func (o *oracle) undelivered(now time.Duration, m *protocol.Message, to string) (step oracleStep) {
	o.advance(now, &step)
	s := o.session(m.Conversation, to)
	switch {
	case s == nil || s.p.Name != m.Protocol:
		step.verdict = monitor.Unknown
	case s.ended:
		step.verdict = monitor.Late
	default:
		step.changes = append(step.changes, monitor.Change{Conversation: s.conversation, Peer: s.peer, Protocol: s.p.Name, Role: s.role, From: s.state,
			To: monitor.EndUndeliverable, Final: true, By: "undelivered", At: o.now})
		s.state, s.ended, s.due = monitor.EndUndeliverable, true, nil
		o.turn()
	}
	return step
}

// deadline is the earliest of a session.
func (s *oracleSession) deadline() time.Duration {
	d := interaction.Never
	for _, at := range s.due {
		if d == interaction.Never || at < d {
			d = at
		}
	}
	return d
}
