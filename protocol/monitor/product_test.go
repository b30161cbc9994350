package monitor_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// society is some monitors with first-in-first-out channels between them, and agents that say what is legal at random.
type society struct {
	t        testing.TB
	r        *rand.Rand
	now      time.Duration
	names    []string
	monitors map[string]*monitor.Monitor
	queues   map[string][]protocol.Message // by "from to"
	avoid    []protocol.Act                // what the agents do not say of their own wish
	loses    bool                          // messages are lost, with and without a word of it
	said     map[string]int                // by act, sent by agents and monitors
	heard    func(to string, m *protocol.Message, step monitor.Step)
}

func newSociety(t testing.TB, seed uint64, names ...string) *society {
	s := &society{t: t, r: rand.New(rand.NewPCG(seed, 7)), names: names, monitors: map[string]*monitor.Monitor{}, queues: map[string][]protocol.Message{}, said: map[string]int{}}
	for _, n := range names {
		s.monitors[n] = monitor.New(monitor.Config{Self: n})
	}
	return s
}

func (s *society) post(from string, ms ...protocol.Message) {
	for _, m := range ms {
		m.Sender = from
		s.said[string(m.Act)] += len(m.Receivers)
		for _, to := range m.Receivers {
			s.queues[from+" "+to] = append(s.queues[from+" "+to], m)
		}
	}
}

// say lets an agent say something that is legal, if there is anything.
func (s *society) say(who string) {
	m := s.monitors[who]
	open := slices.Collect(m.Sessions())
	if len(open) == 0 {
		return
	}
	of := pick(s.r, open...)
	legal := slices.DeleteFunc(m.Legal(s.now, of.Conversation, of.Peer), func(l interaction.Label) bool { return slices.Contains(s.avoid, l.Act) })
	if len(legal) == 0 {
		event := pick(s.r, "skip", "condition", "dealt", "undealt", "matched", "settled", "renew")
		s.post(who, m.Event(s.now, of.Conversation, of.Peer, event).Say...)
		return
	}
	l := pick(s.r, legal...)
	if l.Act == interaction.Any {
		l.Act = protocol.Inform
	}
	msg, ok := m.Reply(of.Conversation, of.Peer, l.Act, contentFor(s.r, l.Act, l.Kind))
	if of.Protocol == "fipa-brokering" && l.Kind == "" && l.Act == protocol.Inform {
		msg.Extra = map[string]string{"X-origin": "gil"}
	}
	if s.r.IntN(3) == 0 {
		msg.ReplyBy = s.now + time.Duration(s.r.IntN(20))*time.Second
	}
	step := m.Send(s.now, &msg)
	if !ok || step.Verdict != monitor.Accepted && msg.Extra == nil && l.Act != protocol.Inform {
		s.t.Fatalf("%s is to be able to say %v in %+v: %v %+v", who, l, of, step.Verdict, step.Reason)
	}
	s.post(who, step.Say...)
	if step.Verdict == monitor.Accepted {
		s.post(who, msg)
	}
}

// deliver hands over the first message of one of the queues; false: there is none.
func (s *society) deliver() bool {
	var full []string
	for _, from := range s.names {
		for _, to := range s.names {
			if len(s.queues[from+" "+to]) > 0 {
				full = append(full, from+" "+to)
			}
		}
	}
	if len(full) == 0 {
		return false
	}
	k := pick(s.r, full...)
	msg := s.queues[k][0]
	s.queues[k] = s.queues[k][1:]
	var from, to string
	if _, err := fmt.Sscan(k, &from, &to); err != nil {
		s.t.Fatal(err)
	}
	if s.loses && s.r.IntN(10) == 0 {
		if s.r.IntN(2) == 0 {
			s.monitors[from].Undelivered(s.now, &msg, to, "stopped")
		}
		return true
	}
	step := s.monitors[to].Receive(s.now, &msg)
	s.post(to, step.Say...)
	if s.heard != nil {
		s.heard(to, &msg, step)
	}
	return true
}

// run lets the society go on for some steps, and then until it is quiet: nobody says anything any more but the monitors.
func (s *society) run(steps int) {
	for range steps {
		switch s.r.IntN(8) {
		case 0, 1, 2:
			s.say(pick(s.r, s.names...))
		case 3:
			s.now += time.Duration(s.r.IntN(8000)) * time.Millisecond
			s.advance()
		default:
			s.deliver()
		}
	}
	for quiet := 0; ; {
		for s.deliver() {
			if quiet++; quiet > 100_000 {
				s.t.Fatal("they go on and on")
			}
		}
		next := time.Duration(-1)
		for _, n := range s.names {
			if d, ok := s.monitors[n].Next(); ok && (next < 0 || d < next) {
				next = d
			}
		}
		if next < 0 {
			break
		}
		s.now = max(s.now, next) + 1
		s.advance()
	}
	for _, n := range s.names {
		for left := range s.monitors[n].Sessions() {
			s.t.Fatalf("%s still has %+v", n, left)
		}
	}
}

func (s *society) advance() {
	for _, n := range s.names {
		s.post(n, s.monitors[n].Advance(s.now).Say...)
	}
}

// open lets the first of the society open a conversation with the others.
func (s *society) open(p *interaction.Protocol) protocol.Message {
	w := pick(s.r, p.Initiator[0].Moves...)
	to := s.names[1:]
	if !p.Many {
		to = to[:1]
	}
	m := s.monitors[s.names[0]].Open(p.Name, w.Send.Act, contentFor(s.r, w.Send.Act, w.Send.Kind), to...)
	m.ReplyBy = s.now + time.Duration(1+s.r.IntN(20))*time.Second
	must(s.t, s.monitors[s.names[0]].Send(s.now, &m))
	s.post(s.names[0], m)
	return m
}

// "No double award in 10,000 random runs; every proposer gets exactly one answer": each proposal gets one of accept-proposal,
// reject-proposal and a revised call, whatever crosses and whoever is late, and no session is left.
func TestEveryProposerGetsExactlyOneAnswer(t *testing.T) {
	const runs = 5000 // of each
	awards := 0
	for _, name := range []string{"contract-net", "iterated-contract-net"} {
		p, _ := interaction.FIPA(name)
		for seed := range runs {
			s := newSociety(t, uint64(seed), "ann", "bob", "cy", "dee")
			s.avoid = []protocol.Act{protocol.Cancel, protocol.NotUnderstood}
			s.open(p)
			s.run(20 + s.r.IntN(60))
			calls := s.said["cfp"] - 3
			if got := s.said["accept-proposal"] + s.said["reject-proposal"] + calls; got != s.said["propose"] {
				t.Fatalf("%s, run %d: %d answers to %d proposals: %v", name, seed, got, s.said["propose"], s.said)
			}
			awards += s.said["accept-proposal"]
		}
	}
	if awards < runs/4 {
		t.Errorf("%d awards in %d runs show little", awards, 2*runs)
	}
}

// Random agents under random delay, with loss of messages and of peers, in all protocols: every session ends.
func TestNoSessionIsLeft(t *testing.T) {
	for _, name := range interaction.Names() {
		p, _ := interaction.FIPA(name)
		for seed := range 300 {
			s := newSociety(t, uint64(seed), "ann", "bob", "cy")
			s.loses = seed%2 == 0
			s.open(p)
			s.run(s.r.IntN(80))
		}
	}
}

// No automatic answer answers an automatic answer: two monitors that get garbage in each other's name fall silent.
func TestMonitorsDoNotGoOnAnsweringEachOther(t *testing.T) {
	answers := 0
	for seed := range uint64(200) {
		s := newSociety(t, seed, "ann", "bob")
		s.heard = func(to string, m *protocol.Message, step monitor.Step) {
			answers += len(step.Say)
			if m.Act.Reasoned() && len(step.Say) > 0 {
				t.Fatalf("%s answers %+v by %+v", to, m, step.Say)
			}
			if len(step.Say) > 1 {
				t.Fatalf("%s answers %+v by %d messages", to, m, len(step.Say))
			}
		}
		b := newBoth(t)
		g := &generator{r: s.r, protocols: interaction.Names()}
		of := &oracleSession{p: b.o.protocols["fipa-request"], conversation: "c", peer: "bob"}
		for range 100 {
			of.p = b.o.protocols[pick(s.r, "fipa-request", "fipa-contract-net", "fipa-propose", "fipa-auction-english", "fipa-subscribe")]
			from := pick(s.r, "ann", "bob")
			m := g.hostile(of)
			for _, x := range []*protocol.Message{m.send, m.receive} {
				if x != nil {
					x.Receivers = []string{map[string]string{"ann": "bob", "bob": "ann"}[from]}
					s.post(from, *x)
				}
			}
			s.deliver()
		}
		s.run(0)
	}
	if answers < 1000 {
		t.Errorf("%d answers show little", answers)
	}
}
