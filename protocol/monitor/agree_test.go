package monitor_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// both is a monitor and the oracle beside it.
type both struct {
	t testing.TB
	m *monitor.Monitor
	o *oracle
}

// unbounded is a configuration without budgets and loops, which the oracle does not know.
var unbounded = monitor.Config{Self: "ann", Messages: 1 << 30, Repeats: 1 << 30, Open: 1 << 30, Kept: 1 << 62}

func newBoth(t testing.TB) *both { return &both{t, monitor.New(unbounded), newOracle("ann")} }

// stimulus is one thing that can happen to an agent's monitor.
type stimulus struct {
	send, receive, lost *protocol.Message
	event, peer, c      string
	now                 time.Duration
}

func (s stimulus) String() string {
	switch {
	case s.send != nil:
		return fmt.Sprintf("%v send %+v", s.now, *s.send)
	case s.receive != nil:
		return fmt.Sprintf("%v receive %+v", s.now, *s.receive)
	case s.lost != nil:
		return fmt.Sprintf("%v lost %+v", s.now, *s.lost)
	case s.event != "":
		return fmt.Sprintf("%v event %s of %s with %s", s.now, s.event, s.c, s.peer)
	}
	return fmt.Sprintf("%v passes", s.now)
}

// meet lets something happen to both, and compares.
func (b *both) meet(s stimulus) monitor.Step {
	b.t.Helper()
	var got monitor.Step
	var want oracleStep
	switch {
	case s.send != nil:
		got, want = b.m.Send(s.now, s.send), b.o.send(s.now, s.send)
	case s.receive != nil:
		got, want = b.m.Receive(s.now, s.receive), b.o.receive(s.now, s.receive)
	case s.lost != nil:
		got, want = b.m.Undelivered(s.now, s.lost, s.lost.Receivers[0], "stopped"), b.o.undelivered(s.now, s.lost, s.lost.Receivers[0])
	case s.event != "":
		got, want = b.m.Event(s.now, s.c, s.peer, s.event), b.o.event(s.now, s.c, s.peer, s.event)
	default:
		got = b.m.Advance(s.now)
		b.o.advance(s.now, &want)
	}
	if got.Verdict != want.verdict || !slices.Equal(got.Changes, want.changes) || len(got.Say) != len(want.say) {
		b.t.Fatalf("%v:\n got %v %+v %v %+v\nwant %v %+v %+v", s, got.Verdict, got.Reason, got.Changes, got.Say, want.verdict, want.changes, want.say)
	}
	if (got.Verdict == monitor.Accepted) != (got.Reason == protocol.Reason{}) {
		b.t.Fatalf("%v: %v, reason %+v", s, got.Verdict, got.Reason)
	}
	for i, say := range got.Say {
		w := want.say[i]
		if interaction.LabelOf(&say).String() != w.label && (w.label != "not-understood" || say.Act != protocol.NotUnderstood) || !slices.Equal(say.Receivers, []string{w.to}) || say.InReplyTo != w.inReplyTo && w.inReplyTo != "" && w.conversation != "" {
			b.t.Fatalf("%v: says %+v, want %+v", s, say, w)
		}
		if err := say.Check(); err != nil {
			b.t.Fatalf("%v: says %+v: %v", s, say, err)
		}
		if w.conversation != "" {
			b.o.session(w.conversation, w.to).remember(&say, false)
		}
	}
	return got
}

// check compares all that is known.
func (b *both) check() {
	b.t.Helper()
	open := 0
	for _, o := range b.o.sessions {
		s, ok := b.m.Session(o.conversation, o.peer)
		if !ok || s.State != o.state || s.Final != o.ended || s.Role != o.role || s.Protocol != o.p.Name || !o.ended && (s.Round != o.round || s.Deadline != o.deadline()) {
			b.t.Fatalf("session is %+v; want %s, round %d, %v", s, o.state, o.round, o.deadline())
		}
		if !o.ended {
			open++
		}
	}
	last := ""
	for s := range b.m.Sessions() {
		if k := s.Conversation + "\x00" + s.Peer; k <= last {
			b.t.Fatalf("session %+v out of order", s)
		} else {
			last = k
		}
		open--
	}
	if open != 0 {
		b.t.Fatalf("%d sessions more are open", open)
	}
	var first *oracleSession
	for _, s := range b.o.sessions {
		if d := s.deadline(); d >= 0 && (first == nil || d < first.deadline()) {
			first = s
		}
	}
	if d, ok := b.m.Next(); ok != (first != nil) || ok && d != first.deadline() {
		b.t.Fatalf("the next deadline is %v, %v", d, ok)
	}
}

// TestMonitorIsTheOracle: a million random and hostile messages, no panic, no change of state out of sequence, and every one
// accounted for by one verdict. (Fewer of them unless POLIS_TEST_LONG is set.)
func TestMonitorIsTheOracle(t *testing.T) {
	total := 60_000
	if os.Getenv("POLIS_TEST_LONG") != "" {
		total = 1_000_000
	}
	verdicts, n := map[monitor.Verdict]int{}, 0
	states := map[string]bool{}
	for seed := uint64(1); n < total; seed++ {
		r := rand.New(rand.NewPCG(seed, 6))
		b, g := newBoth(t), &generator{r: r, protocols: interaction.Names()}
		if seed%2 == 0 {
			g.protocols = []string{interaction.Names()[seed/2%uint64(len(interaction.Names()))]}
		}
		for range 200 + r.IntN(400) {
			s := g.next(b)
			step := b.meet(s)
			if s.send != nil || s.receive != nil {
				n++
				verdicts[step.Verdict]++
			}
			for _, c := range step.Changes {
				states[c.Protocol+c.Role.String()+c.To] = true
			}
			if r.IntN(8) == 0 {
				b.check()
			}
			if r.IntN(200) == 0 {
				b.m = restored(t, b.m, unbounded)
			}
		}
		b.check()
	}
	sum := 0
	for v := monitor.Accepted; v <= monitor.Cut; v++ {
		sum += verdicts[v]
		if verdicts[v] == 0 && v != monitor.Forbidden && v != monitor.Cut {
			t.Errorf("%v: never", v)
		}
	}
	if sum != n {
		t.Errorf("%d verdicts on %d messages", sum, n)
	}
	all := 0
	for _, p := range newOracle("").protocols {
		for _, role := range []interaction.Role{interaction.Initiator, interaction.Participant} {
			for _, s := range p.Machine(role)[1:] {
				if all++; !states[p.Name+role.String()+s.Name] {
					t.Errorf("%s, %s: state %s never reached", p.Name, role, s.Name)
				}
			}
		}
	}
	t.Logf("%d messages: %v; %d of %d states reached", n, verdicts, len(states), all)
}

// restored is a monitor made from the snapshot of another, which must be the same.
func restored(t testing.TB, m *monitor.Monitor, c monitor.Config) *monitor.Monitor {
	t.Helper()
	text, err := m.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if library, err := monitor.Rewritten(text); err != nil || string(library) != string(text) {
		t.Fatalf("written by hand\n%s\nby encoding/json\n%s (%v)", text, library, err)
	}
	n := monitor.New(c)
	if err := n.Restore(text); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if again, _ := n.Snapshot(); string(again) != string(text) {
		t.Fatalf("restored\n%s\nfrom\n%s", again, text)
	}
	return n
}

// generator makes what may happen: mostly what fits, and everything else too.
type generator struct {
	r         *rand.Rand
	protocols []string
	now       time.Duration
	named     int
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// kinds are those that the protocols tell apart, and others.
var kinds = []any{nil, protocol.Done{Action: "x"}, protocol.Note{What: "start"}, protocol.Note{What: "end"}, protocol.Note{What: "no-bids"}, protocol.Reason{Code: "no-match"},
	protocol.Reason{Code: "other"}, 7, protocol.Truth{Holds: true}}

func contentFor(r *rand.Rand, act protocol.Act, kind string) any {
	switch {
	case act.Reasoned():
		return protocol.Reason{Code: cmp.Or(kind, "dear")}
	case kind == "done":
		return protocol.Done{Action: "x"}
	case kind != "":
		return protocol.Note{What: kind}
	}
	return pick(r, kinds...)
}

func (g *generator) next(b *both) stimulus {
	r := g.r
	switch r.IntN(20) {
	case 0:
		g.now += time.Duration(r.IntN(40)) * time.Second
	case 1, 2, 3:
		g.now += time.Duration(r.IntN(3)) * time.Second
	case 4:
		if d, ok := b.m.Next(); ok && r.IntN(3) == 0 {
			g.now = max(g.now, d+time.Duration(r.IntN(2)))
		}
	}
	var s *oracleSession
	if n := len(b.o.sessions); n > 0 && r.IntN(12) > 0 {
		s = b.o.sessions[max(0, n-1-r.IntN(min(n, 8)))]
		if open := slices.DeleteFunc(slices.Clone(b.o.sessions), func(s *oracleSession) bool { return s.ended }); len(open) > 0 && r.IntN(5) > 0 {
			s = pick(r, open...)
		} else if len(open) == 0 && r.IntN(3) > 0 {
			s = nil
		}
	}
	switch {
	case r.IntN(30) == 0:
		return stimulus{now: g.now}
	case s == nil:
		return g.opening()
	case r.IntN(25) == 0:
		return stimulus{now: g.now, c: s.conversation, peer: s.peer, event: pick(r, "skip", "condition", "dealt", "undealt", "matched", "settled", "renew", "nothing")}
	case r.IntN(60) == 0:
		return stimulus{now: g.now, lost: &protocol.Message{Act: protocol.Inform, Receivers: []string{s.peer}, Protocol: s.p.Name, Conversation: s.conversation}}
	case r.IntN(5) > 0 && !s.ended:
		m := pick(r, s.moves()...)
		if m.Send.Act == protocol.NotUnderstood || m.Receive.Act == protocol.NotUnderstood || m.Send.Act == protocol.Cancel {
			m = pick(r, s.moves()...)
		}
		if m.On != "" {
			return stimulus{now: g.now, c: s.conversation, peer: s.peer, event: m.On}
		} else if m.After == "" {
			return g.fitting(b, s, &m)
		}
	}
	return g.hostile(s)
}

// opening is an opening act, in one role or the other, in a new conversation or one that is there.
func (g *generator) opening() stimulus {
	r := g.r
	p, _ := interaction.FIPA(pick(r, g.protocols...))
	w := pick(r, p.Initiator[0].Moves...)
	m := g.message(w.Send.Act, contentFor(r, w.Send.Act, w.Send.Kind))
	m.Protocol, m.Conversation = p.Name, pick(r, "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", g.name(), g.name(), g.name(), g.name(), g.name(), g.name(), g.name())
	return g.way(m, pick(r, "bob", "cy", "dee", "eve"), r.IntN(2) == 0)
}

func (g *generator) name() string {
	g.named++
	return fmt.Sprint("n", g.named)
}

func (g *generator) message(act protocol.Act, content any) *protocol.Message {
	m := &protocol.Message{Act: act, Content: content}
	if g.r.IntN(8) > 0 {
		m.ReplyWith = g.name()
	}
	if g.r.IntN(4) == 0 {
		m.ReplyBy = g.now + time.Duration(g.r.IntN(20)-3)*time.Second
		m.ReplyBy = max(m.ReplyBy, 0)
	}
	return m
}

func (g *generator) way(m *protocol.Message, peer string, sends bool) stimulus {
	if sends {
		m.Receivers = []string{peer}
		if m.Conversation < "c5" && g.r.IntN(2) == 0 {
			m.Receivers = pick(g.r, []string{"bob", "cy"}, []string{"dee", "bob", "cy"}, []string{peer, "fay"})
		}
		return stimulus{now: g.now, send: m}
	}
	m.Sender, m.Receivers = peer, []string{"ann"}
	return stimulus{now: g.now, receive: m}
}

// fitting is a message for a move.
func (g *generator) fitting(b *both, s *oracleSession, w *interaction.Move) stimulus {
	l, names := w.Receive, s.said
	sends := w.Receive.Act == ""
	if sends {
		l, names = w.Send, s.heard
	}
	if l.Act == interaction.Any {
		l.Act = pick(g.r, protocol.Inform, protocol.Agree, protocol.Refuse, protocol.Propose)
	}
	m := g.message(l.Act, contentFor(g.r, l.Act, l.Kind))
	m.Protocol, m.Conversation = s.p.Name, s.conversation
	if w.When.Origin {
		m.Extra = map[string]string{"X-origin": "gil"}
	}
	for _, n := range names {
		class := []string{"", interaction.AnswerOlder}[min(1, s.round-n.round)]
		if n.cancel {
			class = interaction.AnswerCancel
		}
		if class == w.When.Answer && g.r.IntN(4) > 0 {
			m.InReplyTo = n.name
		}
	}
	return g.way(m, s.peer, sends)
}

// hostile is anything, of a session or beside it.
func (g *generator) hostile(s *oracleSession) stimulus {
	r := g.r
	m := g.message(pick(r, protocol.Acts...), pick(r, kinds...))
	if m.Act.Inner() && r.IntN(4) > 0 {
		m.Act = protocol.Inform
	}
	if m.Act.Reasoned() && r.IntN(10) > 0 {
		m.Content = pick[any](r, protocol.Reason{Code: "no-match"}, protocol.Reason{Code: "other"}, protocol.Reason{Code: "late"})
	}
	m.Protocol, m.Conversation = s.p.Name, s.conversation
	names := slices.Concat(s.said, s.heard)
	switch r.IntN(4) {
	case 0:
		m.InReplyTo = "nobody.1"
	case 1, 2:
		if len(names) > 0 {
			m.InReplyTo = pick(r, names...).name
		}
	}
	switch r.IntN(40) {
	case 0:
		m.Protocol = "fipa-gossip"
	case 1:
		m.Protocol = ""
	case 2:
		m.Act = pick[protocol.Act](r, "", "shout", protocol.InformIf)
	case 3:
		m.Conversation = pick(r, "", "c9", "\xff", g.name())
	case 4:
		p, _ := interaction.FIPA(pick(r, interaction.Names()...))
		m.Protocol = p.Name
	case 5:
		m.ReplyBy = pick[time.Duration](r, -1, 1, 1<<62, 1<<63-1)
	case 6, 7:
		m.Extra = map[string]string{"X-origin": "gil"}
	}
	peer := s.peer
	if r.IntN(12) == 0 {
		peer = pick(r, "bob", "cy", "dee", "eve", "mallory")
	}
	return g.way(m, peer, r.IntN(3) == 0)
}
