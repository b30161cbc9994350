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

// R14: "records of ended conversations are kept for a configured time, so late messages are recognised", and not for ever.
func TestWhatHasEndedIsForgotten(t *testing.T) {
	c := monitor.Config{Self: "ann", Kept: time.Minute}
	m := monitor.New(c)
	for i, now := range []time.Duration{0, 30 * time.Second} {
		msg := from(protocol.Request, "fipa-request", nil)
		msg.Conversation = fmt.Sprint("c", i)
		must(t, m.Receive(now, msg))
		no, _ := m.Reply(msg.Conversation, "bob", protocol.Refuse, protocol.Reason{Code: "busy"})
		must(t, m.Send(now, &no))
	}
	cancel := from(protocol.Cancel, "fipa-request", nil)
	cancel.Conversation = "c0"
	same(t, "within the minute", m.Receive(time.Minute, cancel), "late: failure:already-ended to bob")
	m = restored(t, m, c)
	same(t, "after it", m.Receive(time.Minute+1, cancel), "unknown(unknown-conversation): failure:unknown-conversation to bob")
	cancel.Conversation = "c1"
	same(t, "the other", m.Receive(time.Minute+1, cancel), "late: failure:already-ended to bob")
	same(t, "time does not go back", m.Receive(0, cancel), "late: failure:already-ended to bob")
	m.Advance(time.Hour)
	if text, _ := m.Snapshot(); strings.Contains(string(text), "conversations") {
		t.Errorf("left is %s", text)
	}
}

// However many end at once, 10,000 are remembered.
func TestWhatHasEndedIsBounded(t *testing.T) {
	m := monitor.New(monitor.Config{Self: "ann"})
	for i := range 10_500 {
		msg := from(protocol.Propose, "fipa-propose", nil)
		msg.Conversation = fmt.Sprint("c", i)
		must(t, m.Receive(0, msg))
		no, _ := m.Reply(msg.Conversation, "bob", protocol.RejectProposal, protocol.Reason{Code: "busy"})
		must(t, m.Send(0, &no))
	}
	for i, want := range map[int]bool{0: false, 499: false, 500: true, 10_499: true} {
		if s, ok := m.Session(fmt.Sprint("c", i), "bob"); ok != want || ok && (!s.Final || s.State != "[REJECTED]" || s.Deadline != interaction.Never) {
			t.Errorf("session %d: %+v, %v", i, s, ok)
		}
	}
}

// SC00036H: "one inform or failure of I is legal after [ACCEPTED]"; and after a cancel that failed "one later result is recorded".
func TestOneResultMayFollowTheEnd(t *testing.T) {
	ann, bob := monitor.New(monitor.Config{Self: "ann"}), monitor.New(monitor.Config{Self: "bob"})
	offer := ann.Open("fipa-propose", protocol.Propose, nil, "bob")
	offer.Sender = "ann"
	must(t, ann.Send(0, &offer))
	must(t, bob.Receive(0, &offer))
	yes, _ := bob.Reply(offer.Conversation, "ann", protocol.AcceptProposal, nil)
	yes.Sender = "bob"
	must(t, bob.Send(0, &yes))
	if _, ok := bob.Reply(offer.Conversation, "ann", protocol.Inform, 1); ok {
		t.Error("the result is ann's to tell")
	}
	must(t, ann.Receive(0, &yes))
	if _, ok := ann.Reply(offer.Conversation, "bob", protocol.Agree, nil); ok {
		t.Error("agree is no result")
	}
	for i, want := range []string{"accepted", "late"} {
		done, ok := ann.Reply(offer.Conversation, "bob", protocol.Inform, 1)
		if ok != (i == 0) {
			t.Fatalf("%d: %v", i, ok)
		}
		done.Sender = "ann"
		two := done
		two.Receivers = []string{"bob", "cy"}
		if s := ann.Send(0, &two); s.Verdict == monitor.Accepted {
			t.Errorf("to two: %+v", s)
		}
		same(t, "told", ann.Send(0, &done), want)
		same(t, "heard", bob.Receive(0, &done), want)
		ann, bob = restored(t, ann, monitor.Config{Self: "ann"}), restored(t, bob, monitor.Config{Self: "bob"})
	}
	ask := ann.Open("fipa-request", protocol.Request, nil, "bob")
	must(t, ann.Send(0, &ask))
	cancel, _ := ann.Reply(ask.Conversation, "bob", protocol.Cancel, nil)
	must(t, ann.Send(0, &cancel))
	ann.Advance(time.Minute)
	for _, want := range []string{"accepted", "late"} {
		same(t, "a result after [CANCEL_TIMEOUT]", ann.Receive(time.Minute, &protocol.Message{Act: protocol.Inform, Sender: "bob", Receivers: []string{"ann"}, Protocol: "fipa-request",
			Conversation: ask.Conversation, InReplyTo: ask.ReplyWith}), want)
	}
}

// SC00034H: the targets of a recruiter answer the initiator, in sessions of their own that it did not open. "A message to a
// target keeps the original conversation-id, has a fresh reply-with, and reply-to = the initiator."
func TestTargetsOfARecruiterAnswerTheInitiator(t *testing.T) {
	recruits := func(m *protocol.Message) bool { return m.Sender == "ron" }
	ann, ron := monitor.New(monitor.Config{Self: "ann"}), monitor.New(monitor.Config{Self: "ron"})
	tim := monitor.New(monitor.Config{Self: "tim", Redirect: recruits})
	pass := func(from string, f, to *monitor.Monitor, m protocol.Message, sent, heard string) {
		t.Helper()
		m.Sender = from
		same(t, "sent", f.Send(0, &m), sent)
		same(t, "heard", to.Receive(0, &m), heard)
	}
	proxy := ann.Open("fipa-recruiting", protocol.Proxy, nil, "ron")
	pass("ann", ann, ron, proxy, "accepted, ron START>WAIT", "accepted, ann START>DECIDE")
	agree, _ := ron.Reply(proxy.Conversation, "ann", protocol.Agree, nil)
	pass("ron", ron, ann, agree, "accepted, ann DECIDE>MATCH", "accepted, ron WAIT>RECRUITED")
	ask := protocol.Message{Act: protocol.QueryIf, Receivers: []string{"tim"}, ReplyTo: []string{"ann"}, Protocol: "fipa-query", Conversation: proxy.Conversation, ReplyWith: "ron.9"}
	pass("ron", ron, tim, ask, "accepted", "accepted, ann START>DECIDE")
	yes, ok := tim.Reply(proxy.Conversation, "ann", protocol.Agree, nil)
	if !ok || yes.InReplyTo != "ron.9" {
		t.Fatalf("tim says %+v", yes)
	}
	stranger := yes
	stranger.Sender, stranger.Act = "eve", protocol.AcceptProposal
	same(t, "of a stranger, what no target says", ann.Receive(0, &stranger), "out-of-sequence")
	pass("tim", tim, ann, yes, "accepted, ann DECIDE>WORKING", "accepted, tim WAIT>AGREED")
	ann = restored(t, ann, monitor.Config{Self: "ann"})
	is, _ := tim.Reply(proxy.Conversation, "ann", protocol.Inform, protocol.Truth{Holds: true})
	pass("tim", tim, ann, is, "accepted, ann WORKING>[DONE]", "accepted, tim AGREED>[DONE]")
	done, _ := ron.Reply(proxy.Conversation, "ann", protocol.Inform, protocol.Done{})
	pass("ron", ron, ann, done, "accepted, ann MATCH>[DONE]", "accepted, ron RECRUITED>COLLECT")
	must(t, ann.Event(0, proxy.Conversation, "ron", "settled"))
	late := yes
	late.Sender = "una"
	same(t, "a target when all is settled", ann.Receive(0, &late), "out-of-sequence")
	for _, c := range []struct {
		to   []string
		want string
	}{{[]string{"tim"}, "out-of-sequence"}, {[]string{"ann", "ron"}, "forbidden(unauthorised): refuse:unauthorised to ron"}} {
		odd := ask
		odd.Sender, odd.ReplyTo, odd.Conversation = "ron", c.to, "x"
		same(t, "replies to oneself, or to two", tim.Receive(0, &odd), c.want)
	}
	odd := ask
	odd.Sender, odd.ReplyTo, odd.Conversation = "ron", []string{"ron"}, "x"
	same(t, "replies to the sender", tim.Receive(0, &odd), "accepted, ron START>DECIDE")
	full := monitor.New(monitor.Config{Self: "tim", Open: -1, Redirect: recruits})
	ask.Sender = "ron"
	same(t, "who asked for the answers gets the refusal", full.Receive(0, &ask), "cut(overloaded): refuse:overloaded to ann")
}

func TestUndeliveredEndsASession(t *testing.T) {
	m := monitor.New(monitor.Config{Self: "ann"})
	call := m.Open("fipa-contract-net", protocol.CFP, nil, "bob", "cy")
	must(t, m.Send(0, &call))
	must(t, m.Receive(0, &protocol.Message{Act: protocol.Propose, Sender: "bob", Receivers: []string{"ann"}, Protocol: call.Protocol, Conversation: call.Conversation, InReplyTo: call.ReplyWith}))
	if d, _ := m.Next(); d != 30*time.Second {
		t.Errorf("cy is waited for until %v", d)
	}
	same(t, "cy is gone", m.Undelivered(5*time.Second, &call, "cy", "stopped"), "accepted, cy CALLED>[UNDELIVERABLE]")
	if d, _ := m.Next(); d != 35*time.Second {
		t.Errorf("the decision is due at %v", d) // nobody else can answer: it is due from now on
	}
	same(t, "cy is gone", m.Undelivered(5*time.Second, &call, "cy", "stopped"), "late")
	same(t, "dee is gone", m.Undelivered(5*time.Second, &call, "dee", "stopped"), "unknown(unknown-conversation)")
	other := call
	other.Protocol = "fipa-request"
	same(t, "another protocol", m.Undelivered(5*time.Second, &other, "bob", "stopped"), "unknown(unknown-conversation)")
	same(t, "an event of nobody", m.Event(0, "x", "bob", "skip"), "unknown(unknown-conversation)")
	same(t, "an event of who is gone", m.Event(0, call.Conversation, "cy", "skip"), "late")
	same(t, "an event that is not waited for", m.Event(0, call.Conversation, "bob", "skip"), "out-of-sequence")
	m = restored(t, m, monitor.Config{Self: "ann"})
	p := &protocol.Message{Act: protocol.Propose, Sender: "cy", Receivers: []string{"ann"}, Protocol: call.Protocol, Conversation: call.Conversation}
	same(t, "it was not gone", m.Receive(6*time.Second, p), "late: reject-proposal:late to cy")
}

func TestALibraryRefusesWhatIsNoProtocol(t *testing.T) {
	p, _ := interaction.FIPA("request")
	if _, err := monitor.NewLibrary(p, p); err == nil || !strings.Contains(err.Error(), `"fipa-request" is there twice`) {
		t.Errorf("%v", err)
	}
	if _, err := monitor.NewLibrary(&interaction.Protocol{Name: "x"}); err == nil || !strings.HasPrefix(err.Error(), `monitor: protocol "x": `) {
		t.Errorf("%v", err)
	}
	l, err := monitor.NewLibrary(p)
	if err != nil || l.Protocol("fipa-request") == nil || l.Protocol("fipa-query") != nil || l.Protocol("fipa-request").Initiator.Index("[CANCELLED]") < 0 {
		t.Errorf("%v", err)
	}
	if once := monitor.FIPA(); once != monitor.FIPA() {
		t.Error("the library of FIPA is made twice")
	}
}

// What is restored is looked at: a snapshot that somebody has changed is refused, and nothing has changed then.
func TestASnapshotThatIsNoneIsRefused(t *testing.T) {
	session := func(more string) string {
		return `{"conversations":[{"id":"c","sessions":[{"messages":1,"peer":"bob","protocol":"fipa-contract-net","role":"initiator","round":0` + more + `}]}],"named":1,"now":5}`
	}
	rows := func(rows string) string {
		return `{"conversations":[{"id":"c","rows":[` + rows + `],"sessions":[{"dues":[9],"messages":1,"peer":"bob","protocol":"fipa-contract-net","role":"initiator","round":0,"state":"CALLED"}]}],"named":1,"now":5}`
	}
	const called = `{"counts":{"CALLED":1},"protocol":"fipa-contract-net","round":0}`
	m := monitor.New(monitor.Config{Self: "ann"})
	if err := m.Restore([]byte(rows(called))); err != nil {
		t.Fatal(err)
	}
	before, _ := m.Snapshot()
	for want, text := range map[string]string{
		"EOF":                         `{`,
		"unknown field":               `{"x":1}`,
		`conversation "c"`:            `{"conversations":[{"id":"c","sessions":[]}]}`,
		`state "START"`:               session(`,"state":"START","dues":[]`),
		`state "NOWHERE"`:             session(`,"state":"NOWHERE","dues":[]`),
		`state "[REJECTED]"`:          session(`,"state":"[REJECTED]"`),
		`state "CALLED"`:              session(`,"state":"CALLED","dues":[1],"ended":{"at":1,"order":0}`),
		`state "[UNDELIVERABLE]"`:     session(`,"state":"[UNDELIVERABLE]"`),
		"0 deadlines":                 session(`,"state":"CALLED"`),
		"2 deadlines":                 session(`,"state":"CALLED","dues":[1,2]`),
		"1 deadlines":                 session(`,"state":"CALLED","dues":[1],"made":[1]`),
		"ended sessions out of order": strings.Replace(session(`,"state":"[REJECTED]","ended":{"at":1,"order":1}`), "initiator", "participant", 1),
		`role "onlooker"`:             strings.Replace(session(`,"state":"CALLED","dues":[1]`), "initiator", "onlooker", 1),
		`protocol "fipa-gossip"`:      strings.Replace(session(`,"state":"CALLED","dues":[1]`), "fipa-contract-net", "fipa-gossip", 1),
		"in state CALLED":             rows(""),
		"accepted is what is counted": rows(`{"counts":{"PROPOSED":1},"protocol":"fipa-contract-net","round":0}`),
		`counts of state "NOWHERE"`:   rows(`{"counts":{"NOWHERE":1},"protocol":"fipa-contract-net","round":0}`),
		"round 0; accepted":           rows(called + "," + called),
		`protocol "fipa-request"`:     rows(`{"counts":{"WAIT":1},"protocol":"fipa-request","round":0}`),
		`peer "bob": state "[NU]"`:    session(`,"state":"[NU]","ended":{"at":1,"order":0}},{"messages":1,"peer":"bob","protocol":"fipa-query","role":"initiator","round":0,"state":"[NU]","ended":{"at":1,"order":1}`),
		`the end of order 0`:          session(`,"state":"[NU]","ended":{"at":1,"order":0}},{"messages":1,"peer":"cy","protocol":"fipa-query","role":"initiator","round":0,"state":"[NU]","ended":{"at":1,"order":0}`),
		"cannot unmarshal":            `{"conversations":7}`,
	} {
		err := m.Restore([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "monitor: a snapshot") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	if after, _ := m.Snapshot(); string(after) != string(before) {
		t.Errorf("changed to %s", after)
	}
}
