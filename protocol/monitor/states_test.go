package monitor_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// situation is where a session can be: its snapshot, and the oracle beside it.
type situation struct {
	text []byte
	o    *oracle
	path string
	long int
}

// situations goes through all that can happen in one session of a role, with up to so many messages, and calls visit in each
// situation that differs by state, answers that can be named, or bounds. It is the enumeration of the legal traces, and of all
// that is illegal after each of them: both are held to the oracle.
func situations(t *testing.T, p *interaction.Protocol, role interaction.Role, most int, visit func(at situation, b *both)) (reached map[string]bool, illegal int) {
	b := newBoth(t)
	reached, seen := map[string]bool{}, map[string]bool{}
	text, err := b.m.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	todo := []situation{{text, b.o, "", 0}}
	stimuli := alphabet(p, role)
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		fresh := func() *both {
			n := monitor.New(unbounded)
			if err := n.Restore(at.text); err != nil {
				t.Fatalf("after %s: %v", at.path, err)
			}
			return &both{t, n, at.o.clone()}
		}
		b := fresh()
		if visit != nil {
			visit(at, b)
			b = fresh()
		}
		if at.long == most {
			continue
		}
		for _, of := range stimuli {
			for _, s := range of(b.o) {
				if len(b.o.sessions) == 0 && (s.receive != nil) != (role == interaction.Participant) {
					continue
				}
				step := b.meet(s)
				if step.Verdict != monitor.Accepted && len(step.Changes) == 0 {
					illegal++
					continue
				}
				b.check()
				x := b.o.sessions[0]
				reached[x.state] = true
				text, _ := b.m.Snapshot()
				if k := key(x); !seen[k] {
					seen[k] = true
					todo = append(todo, situation{text, b.o, at.path + " " + s.String(), at.long + 1})
				}
				b = fresh()
			}
		}
		if again, _ := b.m.Snapshot(); string(again) != string(at.text) && len(b.o.sessions) > 0 {
			t.Fatalf("after %s: what was illegal has changed\n%s\nto\n%s", at.path, at.text, again)
		}
	}
	return reached, illegal
}

func key(s *oracleSession) string {
	classes := func(names []oracleName) (c [3]bool) {
		for _, n := range names {
			switch {
			case n.cancel:
				c[0] = true
			case n.round < s.round:
				c[1] = true
			default:
				c[2] = true
			}
		}
		return c
	}
	return fmt.Sprint(s.state, min(s.round, 2), classes(s.said), classes(s.heard), s.made["tries"], s.expired, s.settled)
}

// alphabet is everything that can be said to the agent or by it in a session with bob: the 22 acts with every kind that the
// protocol tells apart and another, answering each thing that can be answered or nothing; and the events.
func alphabet(p *interaction.Protocol, role interaction.Role) (all []func(o *oracle) []stimulus) {
	all = append(all, func(o *oracle) []stimulus { // silence
		if len(o.sessions) == 0 || o.sessions[0].ended {
			return nil
		}
		return []stimulus{{now: o.sessions[0].deadline() + 1}}
	})
	kinds, origin := map[protocol.Act][]string{}, false
	for _, r := range []interaction.Role{interaction.Initiator, interaction.Participant} {
		for _, s := range p.Machine(r) {
			for _, m := range s.Moves {
				for _, l := range []interaction.Label{m.Send, m.Receive} {
					if l.Kind != "" && !slices.Contains(kinds[l.Act], l.Kind) {
						kinds[l.Act] = append(kinds[l.Act], l.Kind)
					}
				}
				origin = origin || m.When.Origin
				if m.On != "" {
					all = append(all, func(o *oracle) []stimulus { return []stimulus{{now: o.now, event: m.On, c: "c", peer: "bob"}} })
				}
			}
		}
	}
	for _, act := range protocol.Acts {
		for _, kind := range append([]string{"", "other"}, kinds[act]...) {
			all = append(all, func(o *oracle) []stimulus { return messages(o, p, act, kind, origin) })
		}
	}
	return all
}

func messages(o *oracle, p *interaction.Protocol, act protocol.Act, kind string, origins bool) (all []stimulus) {
	var content any
	switch {
	case kind == "done":
		content = protocol.Done{}
	case act.Reasoned():
		content = protocol.Reason{Code: "dear"}
		if kind != "" {
			content = protocol.Reason{Code: kind}
		}
	case kind != "":
		content = protocol.Note{What: kind}
	}
	for _, heard := range []bool{false, true} {
		answers := []string{"", "nobody.1"}
		if len(o.sessions) > 0 {
			names := o.sessions[0].heard
			if heard {
				names = o.sessions[0].said
			}
			of := map[[2]bool]string{} // one of each sort
			for _, n := range names {
				of[[2]bool{n.cancel, n.round < o.sessions[0].round}] = n.name
			}
			for _, sort := range [][2]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
				if of[sort] != "" {
					answers = append(answers, of[sort])
				}
			}
		}
		for _, a := range answers {
			m := protocol.Message{Act: act, Content: content, Protocol: p.Name, Conversation: "c", InReplyTo: a,
				ReplyWith: fmt.Sprintf("r%d", len(a)+len(answers)), Receivers: []string{"bob"}}
			s := stimulus{now: o.now, send: &m}
			if heard {
				m.Sender, m.Receivers = "bob", []string{"ann"}
				s = stimulus{now: o.now, receive: &m}
			}
			all = append(all, s)
			if origins {
				x := m
				x.Extra = map[string]string{"X-origin": "gil"}
				if heard {
					all = append(all, stimulus{now: o.now, receive: &x})
				} else {
					all = append(all, stimulus{now: o.now, send: &x})
				}
			}
		}
	}
	return all
}

// Checks 1 to 5 and 7 of the reference (4.15), for every protocol and both roles. Every legal trace is accepted, and each of the
// 22 acts anywhere else changes no state and gives one verdict. In every situation silence ends the session, at each deadline
// exactly and not before; so do a cancel with any answer or none, and the loss of the peer; and a monitor restored from a
// snapshot is the same.
func TestEverythingInEverySituation(t *testing.T) {
	count, illegal, ends := 0, 0, map[string]bool{}
	for _, name := range interaction.Names() {
		base, _ := interaction.FIPA(name)
		p := interaction.Expand(base)
		for _, role := range []interaction.Role{interaction.Initiator, interaction.Participant} {
			reached, n := situations(t, p, role, 9, func(at situation, b *both) {
				count++
				ended(t, at, b, p, role, ends)
			})
			illegal += n
			for _, s := range p.Machine(role)[1:] {
				if !reached[s.Name] {
					t.Errorf("%s, %s: state %s not reached", name, role, s.Name)
				}
			}
		}
	}
	for _, want := range []string{"[TIMEOUT]", "[EXPIRED]", "[CANCEL_TIMEOUT]", "[CANCELLED]", "[CANCEL_FAILED]", "[FAILED]", "[REJECTED]", "[ENDED]", "[DONE]"} {
		if !ends[want] {
			t.Errorf("no silence ends in %s", want)
		}
	}
	t.Logf("%d situations, %d times something illegal", count, illegal)
}

// ended ends the session of a situation in every way.
func ended(t *testing.T, at situation, b *both, p *interaction.Protocol, role interaction.Role, ends map[string]bool) {
	if len(at.o.sessions) == 0 || at.o.sessions[0].ended {
		return
	}
	again := func() *both {
		n := monitor.New(unbounded)
		if err := n.Restore(at.text); err != nil {
			t.Fatal(err)
		}
		return &both{t, n, at.o.clone()}
	}
	ends[end(b)] = true
	s := at.o.sessions[0]
	step := again().meet(stimulus{now: at.o.now, lost: &protocol.Message{Receivers: []string{"bob"}, Protocol: p.Name, Conversation: "c"}})
	if len(step.Changes) != 1 || step.Changes[0].To != monitor.EndUndeliverable || !step.Changes[0].Final {
		t.Fatalf("after %s the peer is lost: %+v", at.path, step)
	}
	if role == interaction.Initiator && !strings.HasPrefix(s.state, "CANCELLING") {
		cancelled(t, again, p, ends)
	}
}

// cancelled cancels, and gives the answers that there can be.
func cancelled(t *testing.T, again func() *both, p *interaction.Protocol, ends map[string]bool) {
	for _, answer := range []struct {
		act     protocol.Act
		content any
		to      string
	}{
		{protocol.Inform, protocol.Done{}, "[CANCELLED]"},
		{protocol.Failure, protocol.Reason{Code: "busy"}, "[CANCEL_FAILED]"},
		{protocol.NotUnderstood, protocol.Reason{Code: "unsupported-act"}, "[CANCEL_FAILED]"},
		{"", nil, "[CANCEL_TIMEOUT]"},
	} {
		b := again()
		now := b.o.now
		step := b.meet(stimulus{now: now, send: &protocol.Message{Act: protocol.Cancel, Receivers: []string{"bob"}, Protocol: p.Name, Conversation: "c", ReplyWith: "ann.x",
			ReplyBy: now + 7*time.Second}})
		if step.Verdict != monitor.Accepted {
			t.Fatalf("cancel in %s: %+v", b.o.sessions[0].state, step)
		}
		if d, ok := b.m.Next(); !ok || d != now+7*time.Second {
			t.Fatalf("the answer to the cancel is due at %v, %v", d, ok)
		}
		if answer.act != "" {
			step = b.meet(stimulus{now: now, receive: &protocol.Message{Act: answer.act, Sender: "bob", Receivers: []string{"ann"}, Protocol: p.Name, Conversation: "c",
				InReplyTo: "ann.x", Content: answer.content}})
			if goesOn := p.Name == "fipa-subscribe" && answer.act == protocol.Failure; len(step.Changes) != 1 || step.Changes[0].To != answer.to && !goesOn {
				t.Fatalf("%s: %s to a cancel: %+v", p.Name, answer.act, step)
			}
		}
		got := end(b)
		ends[got] = true
		if answer.act == "" && got != answer.to {
			t.Fatalf("%s: no answer to a cancel ends in %s", p.Name, got)
		}
	}
}

// end lets time pass until the session has ended, and says how; nothing happens before a deadline, or at it.
func end(b *both) string {
	b.t.Helper()
	s := b.o.sessions[0]
	for range 100 {
		if s.ended {
			return s.state
		}
		d := s.deadline()
		if next, ok := b.m.Next(); !ok || next != d {
			b.t.Fatalf("%s, %s, in %s: next is %v, %v; want %v", s.p.Name, s.role, s.state, next, ok, d)
		}
		if step := b.meet(stimulus{now: d}); len(step.Changes) > 0 {
			b.t.Fatalf("%s, %s: at the deadline itself: %+v", s.p.Name, s.role, step)
		}
		step := b.meet(stimulus{now: d + 1})
		if len(step.Changes) != 1 || step.Changes[0].At != d {
			b.t.Fatalf("%s, %s: after the deadline %v: %+v", s.p.Name, s.role, d, step)
		}
		b.check()
	}
	b.t.Fatalf("%s, %s: silence does not end it; it is in %s", s.p.Name, s.role, s.state)
	return ""
}
