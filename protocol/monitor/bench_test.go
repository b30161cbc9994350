package monitor_test

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/monitor"
)

// BenchmarkOpen measures what an open conversation costs: bytes of memory, all in, with 100,000 of them open, half in each role.
func BenchmarkOpen(b *testing.B) {
	const open = 100_000
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		m := monitor.New(monitor.Config{Self: "ann"})
		for i := range open {
			peer := "agent" + strconv.Itoa(i)
			if i%2 == 0 {
				msg := m.Open("fipa-request", protocol.Request, nil, peer)
				m.Send(0, &msg)
				continue
			}
			msg := protocol.Message{Act: protocol.Request, Sender: peer, Receivers: []string{"ann"}, Protocol: "fipa-request",
				Conversation: peer + ".1", ReplyWith: peer + ".2"}
			m.Receive(0, &msg)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/open, "B/conversation")
		runtime.KeepAlive(m)
	}
}

// BenchmarkConversation measures a message, sent or received: requests that are agreed to and done, 1000 of them open.
func BenchmarkConversation(b *testing.B) {
	const open = 1000
	m := monitor.New(monitor.Config{Self: "ann", Kept: 1})
	var messages [open][3]protocol.Message
	n := 0
	for b.Loop() {
		k := n % open
		say := &messages[k]
		switch n / open % 3 {
		case 0:
			say[0] = m.Open("fipa-request", protocol.Request, nil, "bob")
			say[1] = protocol.Message{Act: protocol.Agree, Sender: "bob", Receivers: []string{"ann"}, Protocol: say[0].Protocol,
				Conversation: say[0].Conversation, InReplyTo: say[0].ReplyWith, ReplyWith: "bob.1"}
			say[2] = say[1]
			say[2].Act, say[2].ReplyWith = protocol.Inform, "bob.2"
			if s := m.Send(time.Duration(n), &say[0]); s.Verdict != monitor.Accepted {
				b.Fatal(s)
			}
		default:
			if s := m.Receive(time.Duration(n), &say[n/open%3]); s.Verdict != monitor.Accepted {
				b.Fatal(s)
			}
		}
		n++
	}
}

// BenchmarkReceive measures a message of a session that goes on.
func BenchmarkReceive(b *testing.B) {
	m := monitor.New(monitor.Config{Self: "ann", Messages: 1 << 30, Repeats: 1 << 30})
	open := protocol.Message{Act: protocol.Request, Sender: "bob", Receivers: []string{"ann"}, Protocol: "fipa-request", Conversation: "c", ReplyWith: "bob.1"}
	m.Receive(0, &open)
	cancel := open
	cancel.Act, cancel.ReplyWith = protocol.Cancel, "bob.2"
	failure := protocol.Message{Act: protocol.Failure, Receivers: []string{"bob"}, Protocol: "fipa-request", Conversation: "c", InReplyTo: "bob.2",
		Content: protocol.Reason{Code: "busy"}}
	heard := true
	for b.Loop() {
		step := m.Receive(0, &cancel)
		if !heard {
			step = m.Send(0, &failure)
		}
		heard = !heard
		if step.Verdict > monitor.OutOfSequence {
			b.Fatal(step)
		}
	}
}

// BenchmarkCall measures a contract net with n participants, for each of them: cfp, propose, accept or reject, inform. It must
// not grow with n.
func BenchmarkCall(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var peers []string
			for i := range n {
				peers = append(peers, "agent"+strconv.Itoa(i))
			}
			for b.Loop() {
				m := monitor.New(monitor.Config{Self: "ann"})
				cfp := m.Open("fipa-contract-net", protocol.CFP, nil, peers...)
				must(b, m.Send(0, &cfp))
				for _, p := range peers {
					must(b, m.Receive(0, &protocol.Message{Act: protocol.Propose, Sender: p, Receivers: []string{"ann"}, Protocol: cfp.Protocol,
						Conversation: cfp.Conversation, InReplyTo: cfp.ReplyWith}))
				}
				for i, p := range peers {
					act, content := protocol.RejectProposal, any(protocol.Reason{Code: "dear"})
					if i%2 == 0 {
						act, content = protocol.AcceptProposal, nil
					}
					msg, _ := m.Reply(cfp.Conversation, p, act, content)
					must(b, m.Send(0, &msg))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/participant")
		})
	}
}

func must(t testing.TB, s monitor.Step) {
	t.Helper()
	if s.Verdict != monitor.Accepted {
		t.Fatalf("%+v", s)
	}
}
