package monitor_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// from is a message that bob sends ann.
func from(act protocol.Act, token string, content any) *protocol.Message {
	return &protocol.Message{Act: act, Sender: "bob", Receivers: []string{"ann"}, Protocol: token, Conversation: "c", ReplyWith: "bob.1", Content: content}
}

// shown is a step in short: "late: reject-proposal:late".
func shown(s monitor.Step) string {
	text := s.Verdict.String()
	if s.Reason.Code != "" && s.Reason.Code != text {
		text += "(" + s.Reason.Code + ")"
	}
	for i, c := range s.Changes {
		if i == 0 {
			text += ","
		}
		text += " " + c.Peer + " " + c.From + ">" + c.To
	}
	for _, m := range s.Say {
		text += ": " + interaction.LabelOf(&m).String() + " to " + strings.Join(m.Receivers, " ")
	}
	return text
}

func same(t *testing.T, what string, s monitor.Step, want string) {
	t.Helper()
	if got := shown(s); got != want {
		t.Errorf("%s: got %q, want %q (%+v)", what, got, want, s)
	}
}

// The table of verdicts of the reference (4.2), row by row.
func TestEachVerdictHasItsAnswer(t *testing.T) {
	late := func(token string, opening protocol.Act) *monitor.Monitor { // bob's session has ended by ann's deadline
		m := monitor.New(monitor.Config{Self: "ann"})
		msg := m.Open(token, opening, nil, "bob")
		msg.Conversation = "c"
		must(t, m.Send(0, &msg))
		m.Advance(2 * time.Minute)
		return m
	}
	fresh := func(c monitor.Config) *monitor.Monitor { c.Self = "ann"; return monitor.New(c) }
	reason := protocol.Reason{Code: "busy"}
	waiting := fresh(monitor.Config{}) // ann has proposed, and has waited for too long
	must(t, waiting.Receive(0, from(protocol.CFP, "fipa-contract-net", nil)))
	p, _ := waiting.Reply("c", "bob", protocol.Propose, 3)
	must(t, waiting.Send(0, &p))
	waiting.Advance(time.Minute)
	rejected := fresh(monitor.Config{})
	must(t, rejected.Receive(0, from(protocol.CFP, "fipa-contract-net", nil)))
	must(t, rejected.Send(0, &p))
	must(t, rejected.Receive(0, from(protocol.RejectProposal, "fipa-contract-net", reason)))
	deny := monitor.Config{Permit: func(*protocol.Message) error { return errors.New("a guest") }}
	for _, c := range []struct {
		what string
		m    *monitor.Monitor
		msg  *protocol.Message
		want string
	}{
		{"no protocol", fresh(monitor.Config{}), &protocol.Message{Act: protocol.Inform, Sender: "bob", Receivers: []string{"ann"}}, "accepted"},
		{"opening", fresh(monitor.Config{}), from(protocol.Request, "fipa-request", nil), "accepted, bob START>DECIDE"},
		{"late inform", late("fipa-request", protocol.Request), from(protocol.Inform, "fipa-request", nil), "late"},
		{"late propose", late("fipa-contract-net", protocol.CFP), from(protocol.Propose, "fipa-contract-net", nil), "late: reject-proposal:late to bob"},
		{"late propose that asks for the answer elsewhere", late("fipa-contract-net", protocol.CFP), &protocol.Message{Act: protocol.Propose, Sender: "bob", Receivers: []string{"ann"},
			ReplyTo: []string{"eve"}, Protocol: "fipa-contract-net", Conversation: "c", ReplyWith: "bob.1"}, "late: reject-proposal:late to bob"},
		{"late cancel", waiting, from(protocol.Cancel, "fipa-contract-net", nil), "late: failure:already-ended to bob"},
		{"late accept of what expired", waiting, from(protocol.AcceptProposal, "fipa-contract-net", nil), "late: failure:expired to bob"},
		{"late accept of what was rejected", rejected, from(protocol.AcceptProposal, "fipa-contract-net", nil), "late"},
		{"late accept by the other side", late("fipa-propose", protocol.Propose), from(protocol.AcceptProposal, "fipa-propose", nil), "late"},
		{"unknown", fresh(monitor.Config{}), from(protocol.Inform, "fipa-request", nil), "unknown(unknown-conversation)"},
		{"unknown cancel", fresh(monitor.Config{}), from(protocol.Cancel, "fipa-request", nil), "unknown(unknown-conversation): failure:unknown-conversation to bob"},
		{"unknown protocol", fresh(monitor.Config{}), from(protocol.Request, "fipa-gossip", nil), "not-understood(unsupported-value): not-understood:unsupported-value to bob"},
		{"unknown act", fresh(monitor.Config{}), from("shout", "fipa-request", nil), "not-understood(unsupported-act): not-understood:unsupported-act to bob"},
		{"no conversation", fresh(monitor.Config{}), &protocol.Message{Act: protocol.Request, Sender: "bob", Receivers: []string{"ann"}, Protocol: "fipa-request", ReplyWith: "bob.1"},
			"not-understood(missing-parameter): not-understood:missing-parameter to bob"},
		{"malformed not-understood", fresh(monitor.Config{}), from(protocol.NotUnderstood, "fipa-request", nil), "not-understood(missing-parameter)"},
		{"malformed refuse", fresh(monitor.Config{}), from(protocol.Refuse, "fipa-gossip", reason), "not-understood(unsupported-value)"},
		{"not permitted", fresh(deny), from(protocol.Request, "fipa-request", nil), "forbidden(unauthorised): refuse:unauthorised to bob"},
		{"not permitted, and no opening", fresh(deny), from(protocol.Inform, "fipa-request", nil), "forbidden(unauthorised)"},
		{"not permitted, and nothing to refuse", fresh(deny), from(protocol.Propose, "fipa-propose", nil), "forbidden(unauthorised)"},
		{"overloaded", fresh(monitor.Config{Open: -1}), from(protocol.Request, "fipa-request", nil), "cut(overloaded): refuse:overloaded to bob"},
		{"overloaded, a proposal", fresh(monitor.Config{Open: -1}), from(protocol.Propose, "fipa-propose", nil), "cut(overloaded): reject-proposal:overloaded to bob"},
		{"overloaded, an auction", fresh(monitor.Config{Open: -1}), from(protocol.Inform, "fipa-auction-english", protocol.Note{What: "start"}), "cut(overloaded): failure:overloaded to bob"},
	} {
		step := c.m.Receive(3*time.Minute, c.msg)
		same(t, c.what, step, c.want)
		for _, m := range step.Say {
			if m.InReplyTo != "bob.1" || m.Sender != "ann" || m.Check() != nil || m.Conversation != c.msg.Conversation || (m.Protocol == "") != (m.Conversation == "") {
				t.Errorf("%s: says %+v", c.what, m)
			}
		}
	}
}

func TestAMalformedMessageEndsItsOwnSessionOnly(t *testing.T) {
	m := monitor.New(monitor.Config{Self: "ann"})
	for _, who := range []string{"bob", "cy"} {
		msg := from(protocol.Request, "fipa-request", nil)
		msg.Sender = who
		must(t, m.Receive(0, msg))
	}
	bad := from("shout", "fipa-request", nil)
	bad.Sender = "dee" // a third party
	same(t, "of a third party", m.Receive(0, bad), "not-understood(unsupported-act): not-understood:unsupported-act to dee")
	bad.Sender = "cy"
	same(t, "of cy", m.Receive(0, bad), "not-understood(unsupported-act), cy DECIDE>[NU]: not-understood:unsupported-act to cy")
	if s, _ := m.Session("c", "bob"); s.State != "DECIDE" {
		t.Errorf("bob's session is %+v", s)
	}
	third := from(protocol.Inform, "fipa-request", nil)
	third.Sender = "dee"
	same(t, "R11", m.Receive(0, third), "out-of-sequence")
	other := from(protocol.Cancel, "fipa-query", nil)
	same(t, "R1: another protocol", m.Receive(0, other), "out-of-sequence")
	self := from(protocol.Request, "fipa-request", nil)
	self.Sender = "ann"
	same(t, "to oneself", m.Receive(0, self), "out-of-sequence")
}

func TestWhatIsNotAcceptedIsNotSentToAnybody(t *testing.T) {
	m := monitor.New(monitor.Config{Self: "ann", Open: 4, Permit: func(m *protocol.Message) error {
		if m.Sender != "ann" || m.Act == protocol.Propagate {
			return errors.New("not so")
		}
		return nil
	}})
	call := m.Open("fipa-contract-net", protocol.CFP, nil, "bob", "cy", "dee")
	same(t, "a call", m.Send(0, &call), "accepted, bob START>CALLED cy START>CALLED dee START>CALLED")
	before, _ := m.Snapshot()
	again := call
	again.Receivers = []string{"eve", "bob"} // eve might be called, bob not again
	same(t, "a second call", m.Send(0, &again), "out-of-sequence")
	again.Receivers = []string{"eve", "fay"}
	same(t, "too many", m.Send(0, &again), "cut(overloaded)")
	again.Receivers = []string{"ann"}
	same(t, "to oneself", m.Send(0, &again), "out-of-sequence")
	request := m.Open("fipa-request", protocol.Request, nil, "eve", "fay")
	same(t, "a request to two", m.Send(0, &request), "out-of-sequence")
	same(t, "nothing opened", m.Send(0, &protocol.Message{Act: protocol.Agree, Receivers: []string{"bob"}, Protocol: "fipa-request", Conversation: "x"}), "unknown(unknown-conversation)")
	same(t, "no such protocol", m.Send(0, &protocol.Message{Act: protocol.Agree, Receivers: []string{"bob"}, Protocol: "x", Conversation: "x"}), "not-understood(unsupported-value)")
	same(t, "not permitted", m.Send(0, &protocol.Message{Act: protocol.Propagate, Receivers: []string{"bob"}, Protocol: "fipa-request", Conversation: "x"}), "forbidden(unauthorised)")
	same(t, "no conversation", m.Send(0, &protocol.Message{Act: protocol.Request, Receivers: []string{"bob"}, Protocol: "fipa-request"}), "not-understood(missing-parameter)")
	wrong, _ := m.Reply(call.Conversation, "bob", protocol.Cancel, nil)
	wrong.InReplyTo = "bob.77"
	same(t, "a wrong in-reply-to", m.Send(0, &wrong), "out-of-sequence")
	after, _ := m.Snapshot()
	named := func(text []byte) string { i := strings.Index(string(text), `"named"`); return string(text[:i]) }
	if named(before) != named(after) {
		t.Errorf("what was refused has changed\n%s\nto\n%s", before, after)
	}
	must(t, m.Send(0, &protocol.Message{Act: protocol.Inform, Receivers: []string{"ann"}}))
}

// Awards to two at once, where one may be given: all or nothing.
func TestTwoCannotHoldThePrice(t *testing.T) {
	m := monitor.New(monitor.Config{Self: "ann"})
	open := m.Open("fipa-auction-dutch", protocol.Inform, protocol.Note{What: "start"}, "bob", "cy")
	must(t, m.Send(0, &open))
	call, _ := m.Reply(open.Conversation, "bob", protocol.CFP, 10)
	call.Receivers = []string{"bob", "cy"}
	same(t, "the price", m.Send(0, &call), "accepted, bob ANNOUNCED>CALLED cy ANNOUNCED>CALLED")
	for _, who := range call.Receivers {
		must(t, m.Receive(0, &protocol.Message{Act: protocol.Propose, Sender: who, Receivers: []string{"ann"}, Protocol: open.Protocol, Conversation: open.Conversation, InReplyTo: call.ReplyWith}))
	}
	sold := protocol.Message{Act: protocol.AcceptProposal, Receivers: []string{"bob", "cy"}, Protocol: open.Protocol, Conversation: open.Conversation}
	same(t, "sold twice", m.Send(0, &sold), "out-of-sequence")
	sold.Receivers = []string{"cy"}
	same(t, "sold", m.Send(0, &sold), "accepted, cy BID>[SOLD]")
	sold.Receivers = []string{"bob"}
	same(t, "sold again", m.Send(0, &sold), "out-of-sequence")
	if got := m.Legal(0, open.Conversation, "bob"); slices.ContainsFunc(got, func(l interaction.Label) bool { return l.Act == protocol.AcceptProposal }) {
		t.Errorf("legal is %v", got)
	}
	// A session that ended long ago still counts, while its conversation goes on.
	reject := protocol.Message{Act: protocol.RejectProposal, Receivers: []string{"bob"}, Protocol: open.Protocol, Conversation: open.Conversation, Content: protocol.Reason{Code: "second"}}
	must(t, m.Send(0, &reject))
	for now := time.Duration(0); now < 30*time.Minute; now += time.Minute {
		next := protocol.Message{Act: protocol.CFP, Receivers: []string{"bob"}, Protocol: open.Protocol, Conversation: open.Conversation, ReplyWith: fmt.Sprint(now), Content: now}
		must(t, m.Send(now, &next))
		m.Advance(now + 11*time.Second)
	}
	if _, known := m.Session(open.Conversation, "cy"); known {
		t.Error("cy's session is still remembered")
	}
	next := protocol.Message{Act: protocol.CFP, Receivers: []string{"bob"}, Protocol: open.Protocol, Conversation: open.Conversation, ReplyWith: "last"}
	must(t, m.Send(30*time.Minute, &next))
	must(t, m.Receive(30*time.Minute, &protocol.Message{Act: protocol.Propose, Sender: "bob", Receivers: []string{"ann"}, Protocol: open.Protocol, Conversation: open.Conversation, InReplyTo: "last"}))
	same(t, "sold half an hour later", m.Send(30*time.Minute, &sold), "out-of-sequence")
	m = restored(t, m, monitor.Config{Self: "ann"})
	same(t, "and after a restart", m.Send(30*time.Minute, &sold), "out-of-sequence")
}

// R4: "In 1:N the effective deadline is the minimum of the reply-by values sent."
func TestACallEndsAtTheEarliestReplyBy(t *testing.T) {
	m := monitor.New(monitor.Config{Self: "ann"})
	call := m.Open("fipa-contract-net", protocol.CFP, nil, "bob")
	say := func(now, by time.Duration, to ...string) {
		t.Helper()
		c := call
		c.Receivers, c.ReplyBy = to, by
		must(t, m.Send(now, &c))
	}
	due := func(who string, want time.Duration) {
		t.Helper()
		if s, _ := m.Session(call.Conversation, who); s.Deadline != want {
			t.Errorf("%s's is %v, want %v", who, s.Deadline, want)
		}
	}
	say(0, 20*time.Second, "bob")
	say(0, 0, "cy") // without one it would be half a minute
	due("cy", 20*time.Second)
	say(time.Second, 10*time.Second, "dee")
	say(time.Second, 15*time.Second, "eve")
	for _, who := range []string{"bob", "cy", "dee", "eve"} {
		due(who, 10*time.Second)
	}
	same(t, "the deadline", m.Advance(10*time.Second+1), "accepted, bob CALLED>[TIMEOUT] cy CALLED>[TIMEOUT] dee CALLED>[TIMEOUT] eve CALLED>[TIMEOUT]")
	say(11*time.Second, 40*time.Second, "fay") // called anew
	due("fay", 40*time.Second)
	passed := from(protocol.Request, "fipa-request", nil)
	passed.ReplyBy = time.Second
	must(t, m.Receive(12*time.Second, passed)) // its time had passed when it came
	if s, _ := m.Session("c", "bob"); s.Deadline != 12*time.Second {
		t.Errorf("it is due at %v", s.Deadline)
	}
}

// "A message that leaves the session in its state does not enter it anew": the lease of a subscription runs on, whatever is
// told and whatever cancels fail; renewing it begins it anew.
func TestTheClockOfAStateGoesOnWhileItLasts(t *testing.T) {
	m := monitor.New(monitor.Config{Self: "ann", Messages: 1 << 20})
	open := m.Open("fipa-subscribe", protocol.Subscribe, nil, "bob")
	must(t, m.Send(0, &open))
	for i := range 50 {
		must(t, m.Receive(time.Duration(i)*time.Minute, &protocol.Message{Act: protocol.Inform, Sender: "bob", Receivers: []string{"ann"}, Protocol: open.Protocol,
			Conversation: open.Conversation, InReplyTo: open.ReplyWith, Content: i, ReplyWith: fmt.Sprint("bob.", i), ReplyBy: 1 << 60}))
	}
	if d, _ := m.Next(); d != time.Hour {
		t.Errorf("the lease ends at %v", d)
	}
	must(t, m.Event(50*time.Minute, open.Conversation, "bob", "renew"))
	if d, _ := m.Next(); d != 110*time.Minute {
		t.Errorf("the lease ends at %v", d)
	}
	s := m.Advance(2 * time.Hour)
	if len(s.Say) != 1 || s.Say[0].Act != protocol.Cancel || s.Say[0].ReplyWith == "" || s.Say[0].Conversation != open.Conversation || s.Say[0].Protocol != open.Protocol {
		t.Fatalf("the end of the lease: %+v", s)
	}
	p := monitor.New(monitor.Config{Self: "ann"})
	ask := from(protocol.Request, "fipa-request", nil)
	must(t, p.Receive(0, ask))
	agree, _ := p.Reply("c", "bob", protocol.Agree, nil)
	must(t, p.Send(time.Second, &agree))
	for i := range 3 {
		cancel := from(protocol.Cancel, "fipa-request", nil)
		cancel.ReplyWith, cancel.ReplyBy = fmt.Sprint("cancel.", i), 7*time.Second
		must(t, p.Receive(time.Duration(2+i)*time.Second, cancel))
		if d, _ := p.Next(); d != 61*time.Second {
			t.Errorf("after a cancel the work is due at %v", d)
		}
		no, _ := p.Reply("c", "bob", protocol.Failure, protocol.Reason{Code: "busy"})
		if no.InReplyTo != cancel.ReplyWith {
			t.Fatalf("it answers %q", no.InReplyTo)
		}
		same(t, "it goes on", p.Send(time.Duration(2+i)*time.Second, &no), "accepted, bob CANCEL_ASKED/WORKING>WORKING")
		if d, _ := p.Next(); d != 61*time.Second {
			t.Errorf("after a cancel that failed the work is due at %v", d)
		}
	}
	same(t, "no work", p.Advance(61*time.Second+1), "accepted, bob WORKING>[FAILED]: failure:expired to bob")
}

// A state with several waits: each has its own deadline, and one that is bounded ends no more when its bound is reached.
func TestAStateWithSeveralWaits(t *testing.T) {
	p, err := interaction.Read([]byte(`protocol: nudge
many: true
waits: {soon: 5s, late: 20s, never: never, reply: 1h}
bounds: {nudges: 2}
initiator:
  START: [{send: request, to: WAIT}]
  WAIT:
    - {after: soon, when: {most: nudges}, send: "inform:nudge", to: WAIT}
    - {after: never, to: "[NEVER]"}
    - {after: late, when: {none: [MORE]}, to: "[TIMEOUT]"}
    - {receive: agree, to: WAIT}
    - {receive: inform, to: MORE}
    - {receive: confirm, to: LAST}
  LAST:
    - {after: late, to: "[TIMEOUT]"}
    - {receive: confirm, to: STILL}
  STILL:
    - {receive: inform, to: "[OVER]"}
  MORE:
    - {after: reply, to: "[TIMEOUT]"}
    - {after: soon, send: "inform:nudge", to: WAIT}
    - {on: sigh, to: MORE}
participant:
  START: [{receive: request, to: "[OVER]"}]
`))
	if err != nil {
		t.Fatal(err)
	}
	l, err := monitor.NewLibrary(p)
	if err != nil {
		t.Fatal(err)
	}
	c := monitor.Config{Self: "ann", Library: l}
	m := monitor.New(c)
	open := m.Open("nudge", protocol.Request, nil, "bob")
	must(t, m.Send(0, &open))
	heard := func(now time.Duration, act protocol.Act, who string, want string) {
		t.Helper()
		same(t, "heard", m.Receive(now, &protocol.Message{Act: act, Sender: who, Receivers: []string{"ann"}, Protocol: "nudge", Conversation: open.Conversation, ReplyBy: 50 * time.Second}), want)
		m = restored(t, m, c)
	}
	due := func(want time.Duration) {
		t.Helper()
		if d, _ := m.Next(); d != want {
			t.Errorf("the next deadline is %v, want %v", d, want)
		}
	}
	heard(3*time.Second, protocol.Agree, "bob", "accepted, bob WAIT>WAIT")
	due(5 * time.Second)
	same(t, "at 11 s", m.Advance(11*time.Second), "accepted, bob WAIT>WAIT bob WAIT>WAIT: inform:nudge to bob: inform:nudge to bob")
	same(t, "no third nudge", m.Advance(29*time.Second), "accepted")
	due(30 * time.Second)
	heard(29*time.Second, protocol.Inform, "bob", "accepted, bob WAIT>MORE")
	due(34 * time.Second)
	must(t, m.Event(30*time.Second, open.Conversation, "bob", "sigh")) // anew, but for the reply-by
	due(35 * time.Second)
	open.Receivers = []string{"cy"}
	must(t, m.Send(31*time.Second, &open)) // its guard does not hold while bob is asked for more
	m = restored(t, m, c)
	same(t, "bob is nudged, cy too", m.Advance(37*time.Second), "accepted, bob MORE>WAIT cy WAIT>WAIT: inform:nudge to bob: inform:nudge to cy")
	same(t, "and again", m.Advance(42*time.Second), "accepted, cy WAIT>WAIT: inform:nudge to cy")
	same(t, "from when bob was asked for more no longer", m.Advance(time.Hour), "accepted, bob WAIT>[TIMEOUT] cy WAIT>[TIMEOUT]")
	// On to a state with one wait, and to one with none.
	open.Receivers = []string{"dee"}
	now := 2 * time.Hour
	must(t, m.Send(now, &open))
	due(now + 5*time.Second)
	heard(now+time.Second, protocol.Confirm, "dee", "accepted, dee WAIT>LAST")
	due(now + 21*time.Second)
	heard(now+time.Second, protocol.Confirm, "dee", "accepted, dee LAST>STILL")
	if d, ok := m.Next(); ok {
		t.Errorf("the next deadline is %v", d)
	}
	heard(now+time.Hour, protocol.Inform, "dee", "accepted, dee STILL>[OVER]")
}

// "No other session", "this one not counted": a guard that names the state in which the session itself is.
func TestAGuardDoesNotCountTheSessionItself(t *testing.T) {
	p, err := interaction.Read([]byte(`protocol: alone
many: true
waits: {long: 1h}
bounds: {one: 1}
initiator:
  START: [{send: request, to: WAIT}]
  WAIT:
    - {send: cfp, round: true, when: {fewer: {in: [WAIT], than: one}}, to: WAIT}
    - {send: query-if, when: {none: [WAIT]}, to: WAIT}
    - {send: query-ref, round: true, to: WAIT}
    - {send: inform, to: "[OVER]"}
    - {after: long, to: "[OVER]"}
participant:
  START: [{receive: request, to: "[OVER]"}]
`))
	if err != nil {
		t.Fatal(err)
	}
	l, err := monitor.NewLibrary(p)
	if err != nil {
		t.Fatal(err)
	}
	c := monitor.Config{Self: "ann", Library: l, Open: 2}
	m := monitor.New(c)
	open := m.Open("alone", protocol.Request, nil, "bob")
	must(t, m.Send(0, &open))
	say := func(act protocol.Act, to, want string) {
		t.Helper()
		msg, _ := m.Reply(open.Conversation, to, act, nil)
		same(t, string(act)+" to "+to, m.Send(0, &msg), want)
		m = restored(t, m, c)
	}
	const moves = "accepted, bob WAIT>WAIT"
	for range 2 { // in the first round, and in the next
		say(protocol.QueryIf, "bob", moves)
		say(protocol.CFP, "bob", moves)
	}
	open.Receivers = []string{"cy"}
	must(t, m.Send(0, &open))
	say(protocol.QueryIf, "bob", "out-of-sequence") // cy is not ahead
	say(protocol.CFP, "bob", "out-of-sequence")
	say(protocol.QueryIf, "cy", "accepted, cy WAIT>WAIT") // bob is
	say(protocol.CFP, "cy", "out-of-sequence")
	say(protocol.QueryRef, "cy", "accepted, cy WAIT>WAIT")
	say(protocol.QueryRef, "cy", "accepted, cy WAIT>WAIT") // beside each other
	say(protocol.QueryIf, "cy", "out-of-sequence")
	say(protocol.QueryIf, "bob", "out-of-sequence")
	open.Receivers = []string{"dee"}
	same(t, "a third, after a restart", m.Send(0, &open), "cut(overloaded)")
	say(protocol.Inform, "cy", "accepted, cy WAIT>[OVER]")
	say(protocol.QueryIf, "bob", moves)
	must(t, m.Send(0, &open))
}
