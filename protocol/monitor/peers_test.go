package monitor_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/monitor"
)

// Whoever opens a conversation answers for it: a reply-to makes the agent neither believe that another has opened it nor
// speak to that one.
func TestNobodyOpensASessionInTheNameOfAnother(t *testing.T) {
	for _, c := range []struct {
		config monitor.Config
		act    protocol.Act
		token  string
		want   string
	}{
		{monitor.Config{}, protocol.CFP, "fipa-contract-net", "forbidden(unauthorised): refuse:unauthorised to eve"},
		{monitor.Config{}, protocol.Propose, "fipa-propose", "forbidden(unauthorised)"},
		{monitor.Config{Open: -1}, protocol.CFP, "fipa-contract-net", "forbidden(unauthorised): refuse:unauthorised to eve"},
		{monitor.Config{Redirect: func(m *protocol.Message) bool { return m.Sender == "ron" }}, protocol.CFP, "fipa-contract-net", "forbidden(unauthorised): refuse:unauthorised to eve"},
		{monitor.Config{Permit: func(*protocol.Message) error { return errors.New("a guest") }}, protocol.CFP, "fipa-contract-net", "forbidden(unauthorised): refuse:unauthorised to eve"},
	} {
		c.config.Self = "bob"
		bob := monitor.New(c.config)
		squat := protocol.Message{Act: c.act, Sender: "eve", Receivers: []string{"bob"}, ReplyTo: []string{"zoe"}, Protocol: c.token, Conversation: "zoe.1", ReplyWith: "zoe.2"}
		same(t, "a reply-to that nobody allows", bob.Receive(0, &squat), c.want)
		for s := range bob.Sessions() {
			t.Errorf("a session with %s", s.Peer)
		}
	}
	bob := monitor.New(monitor.Config{Self: "bob"})
	squat := protocol.Message{Act: protocol.CFP, Sender: "eve", Receivers: []string{"bob"}, ReplyTo: []string{"zoe"}, Protocol: "fipa-contract-net", Conversation: "zoe.1", ReplyWith: "zoe.2"}
	bob.Receive(0, &squat)
	call := squat
	call.Sender, call.ReplyTo = "zoe", nil
	same(t, "the call itself", bob.Receive(0, &call), "accepted, zoe START>DECIDE")
	same(t, "again", bob.Receive(0, &squat), "forbidden(unauthorised): refuse:unauthorised to eve")
	call.Sender, call.ReplyTo = "eve", []string{"eve", "eve"}
	same(t, "a list of names that is malformed", bob.Receive(0, &call), "not-understood(unrecognised-value): not-understood:unrecognised-value to eve")
}

// One peer takes at most its share of Config.Open, whatever it opens, and what has ended counts no more.
func TestOnePeerDoesNotTakeAllThatMayBeOpen(t *testing.T) {
	c := monitor.Config{Self: "bob", OpenEach: 2, Redirect: func(m *protocol.Message) bool { return m.Sender == "ron" }}
	bob := monitor.New(c)
	ask := func(who, conversation string, replyTo ...string) *protocol.Message {
		return &protocol.Message{Act: protocol.Request, Sender: who, Receivers: []string{"bob"}, ReplyTo: replyTo, Protocol: "fipa-request", Conversation: conversation, ReplyWith: "r"}
	}
	for _, who := range []string{"eve", "zoe"} {
		must(t, bob.Receive(0, ask(who, "1")))
		must(t, bob.Receive(0, ask(who, "2")))
	}
	must(t, bob.Receive(0, ask("ron", "1", "una")))
	must(t, bob.Receive(0, ask("ron", "2", "vic")))
	own := bob.Open("fipa-request", protocol.Request, nil, "una") // what the agent opens itself counts for nobody
	must(t, bob.Send(0, &own))
	bob = restored(t, bob, c)
	same(t, "eve's third", bob.Receive(0, ask("eve", "3")), "cut(overloaded): refuse:overloaded to eve")
	same(t, "the recruiter's third", bob.Receive(0, ask("ron", "3", "wes")), "cut(overloaded): refuse:overloaded to wes")
	same(t, "one of whom a recruiter has named", bob.Receive(0, ask("una", "5")), "accepted, una START>DECIDE")
	no, _ := bob.Reply("2", "eve", protocol.Refuse, protocol.Reason{Code: "no"})
	must(t, bob.Send(0, &no))
	same(t, "eve's, when one has ended", bob.Receive(0, ask("eve", "4")), "accepted, eve START>DECIDE")
	same(t, "eve's, once more", bob.Receive(0, ask("eve", "3")), "cut(overloaded): refuse:overloaded to eve")
	bob = monitor.New(monitor.Config{Self: "bob"})
	for i := range 1000 {
		must(t, bob.Receive(0, ask("eve", fmt.Sprint(i))))
	}
	same(t, "the default", bob.Receive(0, ask("eve", "x")), "cut(overloaded): refuse:overloaded to eve")
	bob.Advance(time.Hour)
	same(t, "all of its have ended", bob.Receive(time.Hour, ask("eve", "x")), "accepted, eve START>DECIDE")
}

// Who answers as a target of a recruiter has opened the session that it answers in.
func TestTargetsCountForWhoSpeaks(t *testing.T) {
	c := monitor.Config{Self: "ann", OpenEach: 1}
	ann := monitor.New(c)
	for _, want := range []string{"accepted, tim WAIT>AGREED", "out-of-sequence"} {
		proxy := ann.Open("fipa-recruiting", protocol.Proxy, nil, "ron")
		must(t, ann.Send(0, &proxy))
		say := protocol.Message{Act: protocol.AcceptProposal, Sender: "tim", Receivers: []string{"ann"}, Protocol: "fipa-query", Conversation: proxy.Conversation}
		same(t, "what no target says", ann.Receive(0, &say), "out-of-sequence")
		say.Act = protocol.Agree
		same(t, "a target", ann.Receive(0, &say), want)
		ann = restored(t, ann, c)
	}
}

// A name that only the agent gives is not taken by others before it needs it: they cannot keep it from opening a conversation.
func TestNobodyOpensUnderTheAgentsOwnName(t *testing.T) {
	zoe := monitor.New(monitor.Config{Self: "zoe", Redirect: func(m *protocol.Message) bool { return m.Sender == "ron" },
		Collect: func(*protocol.Message) bool { return true }})
	ask := func(act protocol.Act, token, conversation string) *protocol.Message {
		return &protocol.Message{Act: act, Sender: "eve", Receivers: []string{"zoe"}, Protocol: token, Conversation: conversation, ReplyWith: "r"}
	}
	const refused = "forbidden(unauthorised): refuse:unauthorised to eve"
	same(t, "ahead", zoe.Receive(0, ask(protocol.Request, "fipa-request", "zoe/62.0")), refused)
	same(t, "what cannot be refused", zoe.Receive(0, ask(protocol.Propose, "fipa-propose", "zoe/62.0")), "forbidden(unauthorised)")
	same(t, "an answer", zoe.Receive(0, ask(protocol.Inform, "fipa-request", "zoe/62.0")), "unknown(unknown-conversation)")
	sent := ask(protocol.Request, "fipa-request", "zoe/62.0")
	sent.Sender, sent.ReplyTo = "ron", []string{"eve"}
	same(t, "by whom it trusts", zoe.Receive(0, sent), refused)
	if zoe.Known("zoe/62.0") {
		t.Error("the name is taken")
	}
	own := ask(protocol.Request, "fipa-request", "zoe/62.0")
	own.Sender, own.Receivers = "zoe", []string{"eve"}
	must(t, zoe.Send(0, own))
	own.Sender, own.Receivers = "tim", []string{"zoe"}
	same(t, "in one that is open", zoe.Receive(0, own), "forbidden(unauthorised): refuse:unauthorised to tim")
	for _, name := range []string{"zoe", "zoe.62.0", "zoey/62.0", "zoe/cy/62.0", "eve/zoe/62.0", "/62.0"} {
		must(t, zoe.Receive(0, ask(protocol.Request, "fipa-request", name)))
		if !zoe.Known(name) {
			t.Errorf("%q is not known", name)
		}
	}
}

// Where somebody else has asked the recruiter, the agent takes the answers that Config.Collect knows of, and no others: nobody
// begins a session of another kind by them.
func TestWhoCollectsTakesWhatItExpects(t *testing.T) {
	c := monitor.Config{Self: "zoe", OpenEach: 2, Collect: func(m *protocol.Message) bool { return m.Conversation == "ann.1" && m.Sender != "eve" }}
	zoe := monitor.New(c)
	say := func(who string, act protocol.Act, token, conversation string, content any) *protocol.Message {
		return &protocol.Message{Act: act, Sender: who, Receivers: []string{"zoe"}, Protocol: token, Conversation: conversation, InReplyTo: "ron.7", Content: content}
	}
	done := protocol.Done{Action: "roof"}
	same(t, "not one of them", zoe.Receive(0, say("eve", protocol.Inform, "fipa-request", "ann.1", done)), "unknown(unknown-conversation)")
	same(t, "another conversation", zoe.Receive(0, say("tim", protocol.Inform, "fipa-request", "ann.2", done)), "unknown(unknown-conversation)")
	same(t, "what answers nothing", zoe.Receive(0, say("tim", protocol.AcceptProposal, "fipa-request", "ann.1", nil)), "unknown(unknown-conversation)")
	same(t, "a recruiter", zoe.Receive(0, say("ron", protocol.Agree, "fipa-recruiting", "ann.1", nil)), "unknown(unknown-conversation)")
	same(t, "a target", zoe.Receive(0, say("tim", protocol.Agree, "fipa-request", "ann.1", nil)), "accepted, tim WAIT>AGREED")
	zoe = restored(t, zoe, c)
	same(t, "another", zoe.Receive(0, say("tom", protocol.Inform, "fipa-request", "ann.1", done)), "accepted, tom WAIT>[DONE]")
	same(t, "it goes on", zoe.Receive(0, say("tim", protocol.Inform, "fipa-request", "ann.1", done)), "accepted, tim AGREED>[DONE]")
	same(t, "and is over", zoe.Receive(0, say("tim", protocol.Inform, "fipa-request", "ann.1", done)), "late")
	same(t, "one who has opened it first", zoe.Receive(0, &protocol.Message{Act: protocol.Request, Sender: "eve", Receivers: []string{"zoe"}, Protocol: "fipa-request",
		Conversation: "ann.1", ReplyWith: "r"}), "accepted, eve START>DECIDE")
	same(t, "keeps nobody out", zoe.Receive(0, say("tam", protocol.Inform, "fipa-request", "ann.1", done)), "accepted, tam WAIT>[DONE]")
	same(t, "nor now", zoe.Receive(0, say("eve", protocol.Inform, "fipa-request", "ann.1", done)), "out-of-sequence")
}

// Those from whom an agent collects have no say in the conversations that it has begun itself, whatever these are called.
func TestNobodyIsCollectedInAConversationOfOnesOwn(t *testing.T) {
	zoe := monitor.New(monitor.Config{Self: "zoe", Collect: func(m *protocol.Message) bool { return m.Sender == "bob" }})
	own := zoe.Open("fipa-request", protocol.Request, nil, "cy")
	must(t, zoe.Send(0, &own))
	answer := protocol.Message{Act: protocol.Inform, Sender: "bob", Receivers: []string{"zoe"}, Protocol: "fipa-request", Conversation: own.Conversation}
	same(t, "while it is open", zoe.Receive(0, &answer), "out-of-sequence")
	answer.Sender = "cy"
	must(t, zoe.Receive(0, &answer))
	answer.Sender = "bob"
	same(t, "and when it is over", zoe.Receive(0, &answer), "out-of-sequence")
	answer.Conversation = "ann/1.0"
	same(t, "in another's", zoe.Receive(0, &answer), "accepted, bob WAIT>[DONE]")
}
