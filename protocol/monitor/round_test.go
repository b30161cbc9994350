package monitor_test

import (
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/monitor"
)

// What is said in a round answers nothing of a former one: else a bidder that is silent in one round could not be called in
// the next, nor be told of the end (protocol/check showed it).
func TestWhoIsSilentForARoundIsStillCalledAndToldOfTheEnd(t *testing.T) {
	ann, bob := monitor.New(monitor.Config{Self: "ann"}), monitor.New(monitor.Config{Self: "bob"})
	now := time.Duration(0)
	open := ann.Open("fipa-auction-english", protocol.Inform, protocol.Note{What: "start"}, "bob")
	pass := func(from, to *monitor.Monitor, m protocol.Message) {
		t.Helper()
		if s := from.Send(now, &m); s.Verdict != monitor.Accepted {
			t.Fatalf("sending %s: %+v", m.Act, s)
		}
		if s := to.Receive(now, &m); s.Verdict != monitor.Accepted {
			t.Fatalf("receiving %s in reply to %q: %+v", m.Act, m.InReplyTo, s)
		}
	}
	say := func(from, to *monitor.Monitor, peer string, act protocol.Act, content any) {
		t.Helper()
		m, ok := from.Reply(open.Conversation, peer, act, content)
		if !ok {
			t.Fatalf("no session to say %s in", act)
		}
		pass(from, to, m)
	}
	pass(ann, bob, open)
	say(ann, bob, "bob", protocol.CFP, 10)
	say(bob, ann, "ann", protocol.Propose, 10)
	say(ann, bob, "bob", protocol.RejectProposal, protocol.Reason{Code: "outbid"})
	for price := range 3 {
		say(ann, bob, "bob", protocol.CFP, 11+price)
		now += 20 * time.Second // bob is silent
		ann.Advance(now)
		bob.Advance(now)
	}
	say(ann, bob, "bob", protocol.Inform, protocol.Note{What: "end"})
	if s, ok := bob.Session(open.Conversation, "ann"); !ok || s.State != "[ENDED]" {
		t.Errorf("%+v", s)
	}
}
