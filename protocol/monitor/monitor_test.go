package monitor_test

import (
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// pair is two agents and what is on the way between them.
func TestARequestGoesFromOneToTheOther(t *testing.T) {
	ann, bob := monitor.New(monitor.Config{Self: "ann"}), monitor.New(monitor.Config{Self: "bob"})
	pass := func(at time.Duration, from, to *monitor.Monitor, m protocol.Message, state string) {
		t.Helper()
		if s := from.Send(at, &m); s.Verdict != monitor.Accepted || len(s.Changes) != 1 {
			t.Fatalf("sending %s: %+v", m.Act, s)
		}
		s := to.Receive(at, &m)
		if s.Verdict != monitor.Accepted || len(s.Changes) != 1 || s.Changes[0].To != state || len(s.Say) > 0 {
			t.Fatalf("receiving %s: %+v", m.Act, s)
		}
	}
	m := ann.Open("fipa-request", protocol.Request, 7, "bob")
	m.ReplyBy = 5 * time.Second
	pass(0, ann, bob, m, "DECIDE")
	if d, ok := ann.Next(); !ok || d != m.ReplyBy {
		t.Errorf("ann waits until %v, %v", d, ok)
	}
	r, ok := bob.Reply(m.Conversation, "ann", protocol.Agree, nil)
	if !ok || r.InReplyTo != m.ReplyWith {
		t.Fatalf("%+v", r)
	}
	pass(m.ReplyBy, bob, ann, r, "AGREED")
	if got := bob.Legal(m.ReplyBy, m.Conversation, "ann"); len(got) != 3 {
		t.Errorf("bob may say %v", got)
	}
	r, _ = bob.Reply(m.Conversation, "ann", protocol.Inform, protocol.Done{Action: "7"})
	pass(m.ReplyBy, bob, ann, r, "[DONE]")
	if s := ann.Receive(m.ReplyBy, &r); s.Verdict != monitor.Late || len(s.Say) > 0 {
		t.Errorf("the same again: %+v", s)
	}
}

func TestSilenceEndsACallAtItsDeadline(t *testing.T) {
	ann := monitor.New(monitor.Config{Self: "ann"})
	m := ann.Open("fipa-contract-net", protocol.CFP, 7, "bob", "cy", "dee")
	m.ReplyBy = 5 * time.Second
	if s := ann.Send(0, &m); len(s.Changes) != 3 {
		t.Fatalf("%+v", s)
	}
	p := protocol.Message{Act: protocol.Propose, Sender: "cy", Receivers: []string{"ann"}, Protocol: m.Protocol, Conversation: m.Conversation, InReplyTo: m.ReplyWith}
	if s := ann.Receive(m.ReplyBy, &p); s.Verdict != monitor.Accepted {
		t.Fatalf("%+v", s)
	}
	award, _ := ann.Reply(m.Conversation, "cy", protocol.AcceptProposal, nil)
	if s := ann.Send(m.ReplyBy, &award); s.Verdict != monitor.OutOfSequence {
		t.Errorf("an award while others may still propose: %+v", s)
	}
	s := ann.Advance(m.ReplyBy + 1)
	if len(s.Changes) != 2 || s.Changes[0].Peer != "bob" || s.Changes[1].To != "[TIMEOUT]" || s.Changes[1].At != m.ReplyBy {
		t.Errorf("%+v", s)
	}
	p.Sender = "dee"
	if s := ann.Receive(m.ReplyBy+1, &p); s.Verdict != monitor.Late || len(s.Say) != 1 || s.Say[0].Act != protocol.RejectProposal {
		t.Errorf("a late proposal: %+v", s)
	}
	d, ok := ann.Next()
	if want := m.ReplyBy + 30*time.Second; !ok || d != want {
		t.Errorf("the decision is due at %v, want %v", d, want)
	}
	s = ann.Advance(time.Hour)
	if len(s.Changes) != 1 || s.Changes[0].To != "[REJECTED]" || len(s.Say) != 1 || interaction.LabelOf(&s.Say[0]).String() != "reject-proposal:undecided" {
		t.Errorf("%+v", s)
	}
}
