package monitor_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// talk lets two agents say things in turn, each answering the other's last message, until one of their monitors objects. It
// gives how many messages were accepted, and the step that was not.
func talk(t *testing.T, c monitor.Config, open protocol.Message, say func(i int, m *monitor.Monitor, peer string) protocol.Message) (n int, last monitor.Step) {
	c.Self = "ann"
	ann := monitor.New(c)
	c.Self = "bob"
	bob := monitor.New(c)
	both := []*monitor.Monitor{ann, bob}
	msg := open
	for n = range 5000 {
		now := time.Duration(n) * time.Millisecond
		from, to := both[n%2], both[(n+1)%2]
		if n > 0 {
			msg = say(n, from, []string{"bob", "ann"}[n%2])
		}
		msg.Sender = []string{"ann", "bob"}[n%2]
		if last = from.Send(now, &msg); last.Verdict != monitor.Accepted {
			return n, last
		}
		if last = to.Receive(now, &msg); last.Verdict != monitor.Accepted {
			return n, last
		}
	}
	return n, last
}

func calls(content func(i int) any) (protocol.Message, func(i int, m *monitor.Monitor, peer string) protocol.Message) {
	open := protocol.Message{Act: protocol.CFP, Receivers: []string{"bob"}, Protocol: "ping", Conversation: "c", ReplyWith: "r0", Content: content(0)}
	return open, func(i int, m *monitor.Monitor, peer string) protocol.Message {
		msg := protocol.Message{Act: protocol.CFP, Receivers: []string{peer}, Protocol: "ping", Conversation: "c", ReplyWith: fmt.Sprint("r", i), Content: content(i)}
		if i%2 == 1 {
			msg.Act = protocol.Propose
		}
		return msg
	}
}

// ping is a protocol in which calls and proposals may follow each other for ever.
func ping(t testing.TB) *monitor.Library {
	p, err := interaction.Read([]byte(`protocol: ping
waits: {reply: 30s}
initiator:
  START: [{send: cfp, to: CALLED}]
  CALLED: [{receive: propose, to: HEARD}, {after: reply, to: "[OVER]"}]
  HEARD: [{send: cfp, to: CALLED}, {after: reply, to: "[OVER]"}, {send: "inform:done", to: "[OVER]"}]
participant:
  START: [{receive: cfp, to: ASKED}]
  ASKED: [{send: propose, to: SAID}, {after: reply, to: "[OVER]"}]
  SAID: [{receive: cfp, to: ASKED}, {receive: "inform:done", to: "[OVER]"}, {after: reply, to: "[OVER]"}]
`))
	if err != nil {
		t.Fatal(err)
	}
	l, err := monitor.NewLibrary(p)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Row 40 of the reference: "two echo stubs are stopped within N messages, reason livelock, while a long legitimate subscription
// is not".
func TestAnExchangeThatComesAgainAndAgainIsCut(t *testing.T) {
	for _, c := range []struct {
		what    string
		content func(i int) any
		config  monitor.Config
		least   int
		most    int
		want    string
	}{
		{"the same to and fro", func(int) any { return 7 }, monitor.Config{}, 23, 23, "livelock"},
		{"and sooner", func(int) any { return 7 }, monitor.Config{Repeats: 3}, 13, 13, "livelock"},
		{"two exchanges in turn", func(i int) any { return i / 2 % 2 }, monitor.Config{}, 41, 41, "livelock"},
		{"a price that rises, for as long as may be", func(i int) any { return i }, monitor.Config{}, 1000, 1000, "budget"},
		{"a price that rises, while the answer is the same", func(i int) any { return i * ((i + 1) % 2) }, monitor.Config{Messages: 100}, 100, 100, "budget"},
		{"three exchanges in turn are not looked for", func(i int) any { return i / 2 % 3 }, monitor.Config{Messages: 300}, 300, 300, "budget"},
		{"contents that have no recorded form are not compared", func(int) any { return func() {} }, monitor.Config{Messages: 200}, 200, 200, "budget"},
		{"progress in time", func(i int) any { return i / 12 }, monitor.Config{Messages: 120}, 120, 120, "budget"},
	} {
		c.config.Library = ping(t)
		open, say := calls(c.content)
		n, step := talk(t, c.config, open, say)
		if step.Verdict != monitor.Cut || step.Reason.Code != c.want || n < c.least || n > c.most {
			t.Errorf("%s: %d messages, then %+v; want %s within %d to %d", c.what, n, step, c.want, c.least, c.most)
			continue
		}
		if len(step.Changes) != 1 || step.Changes[0].To != monitor.EndCut || !step.Changes[0].Final || step.Changes[0].By != step.Reason.Code || len(step.Say) != 1 {
			t.Errorf("%s: %+v", c.what, step)
		}
		if s := step.Say[0]; s.Content != any(protocol.Reason{Code: step.Reason.Code}) || s.Check() != nil {
			t.Errorf("%s: says %+v", c.what, s)
		}
	}
}

// The last words of a session that is cut are those that are legal, so that the other side need not wait.
func TestWhatIsCutIsToldInAnActThatIsLegal(t *testing.T) {
	l := ping(t)
	open, say := calls(func(int) any { return 7 })
	_, step := talk(t, monitor.Config{Library: l}, open, say)
	if got := shown(step); !strings.HasPrefix(got, "cut(livelock)") || !strings.HasSuffix(got, ": not-understood:livelock to ann") && !strings.HasSuffix(got, ": cancel:livelock to bob") {
		t.Errorf("%s", got)
	}
	m := monitor.New(monitor.Config{Self: "ann", Messages: 1})
	must(t, m.Receive(0, from(protocol.Request, "fipa-request", nil)))
	agree, _ := m.Reply("c", "bob", protocol.Agree, nil)
	same(t, "a participant", m.Send(0, &agree), "cut(budget), bob DECIDE>[CUT]: failure:budget to bob")
	m = monitor.New(monitor.Config{Self: "ann", Messages: 1})
	must(t, m.Receive(0, from(protocol.Propose, "fipa-propose", nil)))
	yes, _ := m.Reply("c", "bob", protocol.AcceptProposal, nil)
	same(t, "the message that ends it is within its budget", m.Send(0, &yes), "accepted, bob DECIDE>[ACCEPTED]")
	m = monitor.New(monitor.Config{Self: "ann", Messages: 2})
	must(t, m.Receive(0, from(protocol.RequestWhen, "fipa-request-when", nil)))
	agree, _ = m.Reply("c", "bob", protocol.Agree, nil)
	must(t, m.Send(0, &agree))
	same(t, "an event", m.Event(0, "c", "bob", "condition"), "cut(budget), bob ARMED>[CUT]: failure:budget to bob")
	m = monitor.New(monitor.Config{Self: "ann", Messages: 2})
	when := m.Open("fipa-request-when", protocol.RequestWhen, nil, "bob")
	must(t, m.Send(0, &when))
	must(t, m.Receive(0, &protocol.Message{Act: protocol.Agree, Sender: "bob", Receivers: []string{"ann"}, Protocol: when.Protocol, Conversation: when.Conversation}))
	same(t, "a deadline", m.Advance(time.Hour), "accepted, bob ARMED>[CUT]: cancel:budget to bob")
}

// A long subscription is none: the protocol bounds it, and that bound holds in place of those of the monitor, for who tells
// and for who is told. What is told besides is as anywhere.
func TestALongSubscriptionIsNoLivelock(t *testing.T) {
	for _, c := range []struct {
		content func(i int) any
		most    int
	}{{func(i int) any { return i }, 3000}, {func(i int) any { return i % 7 }, 3000}, {func(int) any { return 1 }, 3000}} {
		m := monitor.New(monitor.Config{Self: "ann", Messages: 2}) // spent by the subscribe and the first inform
		open := m.Open("fipa-subscribe", protocol.Subscribe, nil, "bob")
		must(t, m.Send(0, &open))
		n := 1
		for ; n < 3000; n++ {
			s := m.Receive(time.Duration(n), &protocol.Message{Act: protocol.Inform, Sender: "bob", Receivers: []string{"ann"}, Protocol: open.Protocol,
				Conversation: open.Conversation, Content: c.content(n)})
			if s.Verdict != monitor.Accepted {
				break
			}
		}
		if n > c.most || c.most == 3000 && n < 3000 {
			t.Errorf("%v: cut after %d messages", c.content(1), n)
		}
	}
}

// The bound of the protocol holds: what is beyond it is out of sequence, and what it does not bound has its budget still.
func TestTheBoundOfAProtocolHoldsInPlaceOfTheBudget(t *testing.T) {
	c := monitor.Config{Self: "ann"}
	ann := monitor.New(c)
	must(t, ann.Receive(0, from(protocol.Subscribe, "fipa-subscribe", nil)))
	n := 0
	for ; n < 20_000; n++ {
		if n == 5000 {
			ann = restored(t, ann, c)
		}
		told, _ := ann.Reply("c", "bob", protocol.Inform, 7)
		if s := ann.Send(0, &told); s.Verdict != monitor.Accepted {
			same(t, "one more", s, "out-of-sequence")
			break
		}
	}
	if n != 10_001 { // the first is in place of agree
		t.Errorf("%d are told", n)
	}
	ann = monitor.New(monitor.Config{Self: "ann", Repeats: 1 << 20})
	must(t, ann.Receive(0, from(protocol.Subscribe, "fipa-subscribe", nil)))
	yes, _ := ann.Reply("c", "bob", protocol.Agree, nil)
	must(t, ann.Send(0, &yes))
	for i := range 3 { // each brings three messages more
		told, _ := ann.Reply("c", "bob", protocol.Inform, i)
		must(t, ann.Send(0, &told))
	}
	for n = 5; n < 2000; n++ {
		m := from(protocol.Cancel, "fipa-subscribe", nil)
		m.ReplyWith = fmt.Sprint("bob.", n)
		if n%2 == 0 {
			no, _ := ann.Reply("c", "bob", protocol.Failure, protocol.Reason{Code: "no"})
			if ann.Send(0, &no).Verdict != monitor.Accepted {
				break
			}
		} else if s := ann.Receive(0, m); s.Verdict != monitor.Accepted {
			same(t, "one more", s, "cut(budget), bob ACTIVE>[CUT]: failure:budget to bob")
			break
		}
	}
	if n < 1010 || n > 1013 {
		t.Errorf("cut after %d", n)
	}
}

// So it is with events.
func TestABoundedEventIsWithinItsOwnBound(t *testing.T) {
	p, err := interaction.Read([]byte(`protocol: ticks
waits: {reply: 30s}
bounds: {ticks: 2}
initiator:
  START: [{send: cfp, to: CALLED}]
  CALLED: [{receive: "inform:done", to: "[OVER]"}, {after: reply, to: "[OVER]"}]
participant:
  START: [{receive: cfp, to: ASKED}]
  ASKED: [{on: tick, when: {most: ticks}, to: ASKED}, {send: "inform:done", to: "[OVER]"}, {after: reply, to: "[OVER]"}]
`))
	if err != nil {
		t.Fatal(err)
	}
	l, err := monitor.NewLibrary(p)
	if err != nil {
		t.Fatal(err)
	}
	m := monitor.New(monitor.Config{Self: "ann", Messages: 1, Library: l})
	must(t, m.Receive(0, from(protocol.CFP, "ticks", nil)))
	for _, want := range []string{"accepted, bob ASKED>ASKED", "accepted, bob ASKED>ASKED", "out-of-sequence"} {
		same(t, "a tick", m.Event(0, "c", "bob", "tick"), want)
	}
}

// A price may rise for as many rounds as the protocol says, with the same words in each, for both sides.
func TestALongAuctionIsNoLivelock(t *testing.T) {
	ann, bob := monitor.New(monitor.Config{Self: "ann"}), monitor.New(monitor.Config{Self: "bob"})
	pass := func(f, to *monitor.Monitor, sender string, m protocol.Message) {
		t.Helper()
		must(t, f.Send(0, &m))
		m.Sender = sender
		must(t, to.Receive(0, &m))
	}
	start := ann.Open("fipa-auction-english", protocol.Inform, protocol.Note{What: "start"}, "bob")
	pass(ann, bob, "ann", start)
	for range 1000 {
		call, _ := ann.Reply(start.Conversation, "bob", protocol.CFP, 7)
		pass(ann, bob, "ann", call)
		bid, _ := bob.Reply(start.Conversation, "ann", protocol.Propose, nil)
		pass(bob, ann, "bob", bid)
		no, _ := ann.Reply(start.Conversation, "bob", protocol.RejectProposal, protocol.Reason{Code: "outbid"})
		pass(ann, bob, "ann", no)
	}
	call, _ := ann.Reply(start.Conversation, "bob", protocol.CFP, 7)
	same(t, "one more call", ann.Send(0, &call), "out-of-sequence")
	call.Sender, call.Act, call.Receivers = "ann", protocol.CFP, []string{"bob"}
	same(t, "one more call, heard", bob.Receive(0, &call), "out-of-sequence")
}

// A model that answers each request by the same request, in a conversation of its own.
func TestOpeningsToAndFroAreCut(t *testing.T) {
	for _, c := range []struct {
		what    string
		content func(i int) any
		answer  protocol.Act // each request is answered by it; "": not at all
		cut     bool
	}{
		{"the same request", func(int) any { return protocol.Note{What: "help"} }, "", true},
		{"the same request, refused each time", func(int) any { return protocol.Note{What: "help"} }, protocol.Refuse, true},
		{"the same request, done each time", func(int) any { return protocol.Note{What: "help"} }, protocol.Inform, false},
		{"different requests", func(i int) any { return i }, "", false},
	} {
		ann, bob := monitor.New(monitor.Config{Self: "ann"}), monitor.New(monitor.Config{Self: "bob"})
		both, names, n := []*monitor.Monitor{ann, bob}, []string{"ann", "bob"}, 0
		for n = range 100 {
			from, to := both[n%2], both[(n+1)%2]
			if n%5 == 0 {
				r := restored(t, from, monitor.Config{Self: names[n%2]})
				both[n%2], from = r, r
			}
			msg := from.Open("fipa-request", protocol.Request, c.content(n), names[(n+1)%2])
			if s := from.Send(0, &msg); s.Verdict != monitor.Accepted {
				same(t, c.what, s, "cut(livelock)")
				break
			}
			msg.Sender = names[n%2]
			if s := to.Receive(0, &msg); s.Verdict != monitor.Accepted {
				same(t, c.what, s, "cut(livelock): refuse:livelock to "+names[n%2])
				break
			}
			if c.answer != "" {
				m, _ := to.Reply(msg.Conversation, names[n%2], c.answer, protocol.Reason{Code: "no"})
				must(t, to.Send(0, &m))
				m.Sender = names[(n+1)%2]
				must(t, from.Receive(0, &m))
			}
		}
		if c.cut != (n < 99) || c.cut && (n < 8 || n > 11) {
			t.Errorf("%s: after %d", c.what, n)
		}
	}
	// That one of them asks twice in turn makes no difference; that it asks for something else does.
	for _, c := range []struct {
		content func(i int) any
		repeats int
		want    int
		says    string
	}{{func(int) any { return 7 }, 8, 14, ""}, {func(int) any { return 7 }, 9, 15, ": refuse:livelock to bob"}, {func(i int) any { return i % 3 }, 8, 99, ""}} {
		ann, n := monitor.New(monitor.Config{Self: "ann", Repeats: c.repeats}), 0
		for n = range 100 { // bob, bob, ann, bob, bob, ann
			msg := protocol.Message{Act: protocol.Request, Sender: "bob", Receivers: []string{"ann"}, Protocol: "fipa-request", Conversation: fmt.Sprint("c", n), Content: c.content(n)}
			call := ann.Receive
			if n%3 == 2 {
				msg.Receivers, call = []string{"bob"}, ann.Send
			}
			if step := call(0, &msg); step.Verdict != monitor.Accepted {
				same(t, "the last", step, "cut(livelock)"+c.says)
				break
			}
		}
		if n != c.want {
			t.Errorf("cut after %d openings, want %d", n, c.want)
		}
	}
	// Openings are followed with 256 peers at once; then all begins again.
	for n, want := range map[int]int{256: 256, 257: 1} {
		m := monitor.New(monitor.Config{Self: "ann"})
		for i := range n {
			msg := m.Open("fipa-request", protocol.Request, nil, fmt.Sprint("agent", i))
			must(t, m.Send(0, &msg))
		}
		if text, _ := m.Snapshot(); strings.Count(string(text), `"echoes"`) != want {
			t.Errorf("%d peers: %s", n, text)
		}
	}
	// Many requests of one side, all alike, are none.
	ann := monitor.New(monitor.Config{Self: "ann"})
	for range 100 {
		msg := ann.Open("fipa-request", protocol.Request, protocol.Note{What: "help"}, "bob")
		must(t, ann.Send(0, &msg))
	}
}
