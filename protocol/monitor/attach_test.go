package monitor_test

import (
	"slices"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/monitor"
)

// What is attached goes with a session to its last change, also where that is of a session forgotten at once, and with a
// conversation for as long as one of its sessions is remembered.
func TestWhatIsAttachedGoesWithItsSession(t *testing.T) {
	m := monitor.New(monitor.Config{Self: "ann", Kept: time.Second})
	call := open(m, "c", "fipa-contract-net", protocol.CFP, "bob", "cid")
	step := m.Send(0, &call)
	if step.Changes[0].Attached != nil {
		t.Errorf("attached before it was: %v", step.Changes[0])
	}
	m.Attach("c", "bob", 1)
	m.Attach("c", "cid", 2)
	m.Attach("c", "", "all")
	m.Attach("c", "dan", 3)
	m.Attach("d", "", 4)
	for _, c := range []struct {
		conversation, peer string
		want               any
	}{{"c", "bob", 1}, {"c", "cid", 2}, {"c", "", "all"}, {"c", "dan", nil}, {"d", "", nil}, {"c", "bob", 1}} {
		if got := m.Attached(c.conversation, c.peer); got != c.want {
			t.Errorf("to %q with %q is attached %v, want %v", c.conversation, c.peer, got, c.want)
		}
	}
	step = m.Advance(time.Hour)
	var carried []any
	for _, c := range step.Changes {
		if carried = append(carried, c.Attached); !c.Final {
			t.Errorf("goes on: %+v", c)
		}
	}
	if !slices.Equal(carried, []any{1, 2}) {
		t.Errorf("the ends carry %v, want what was attached to bob's and cid's", carried)
	}
	if got := m.Attached("c", "bob"); got != nil {
		t.Errorf("%v is attached to what is forgotten", got)
	}
	if got := m.Attached("c", ""); got != nil {
		t.Errorf("%v is attached to a conversation that is forgotten", got)
	}
}

// A session that began anew under the name of one forgotten is another.
func TestANewSessionIsNotTheOneForgotten(t *testing.T) {
	m := monitor.New(monitor.Config{Self: "ann", Kept: time.Second})
	for i := range 3 {
		at := time.Duration(i) * time.Hour
		request := open(m, "c", "fipa-request", protocol.Request, "bob")
		must(t, m.Send(at, &request))
		if got := m.Attached("c", "bob"); got != nil {
			t.Errorf("time %d: attached is %v", i, got)
		}
		m.Attach("c", "bob", i)
		must(t, m.Receive(at, &protocol.Message{Act: protocol.Refuse, Sender: "bob", Receivers: []string{"ann"}, Protocol: "fipa-request",
			Conversation: "c", InReplyTo: request.ReplyWith, Content: protocol.Reason{Code: "busy"}}))
		if got := m.Attached("c", "bob"); got != i {
			t.Errorf("time %d: after the end attached is %v", i, got)
		}
	}
}

// A step whose room is taken back does not show in the next, nor the next in one that was not.
func TestTheRoomOfAStepIsTakenOnce(t *testing.T) {
	m := monitor.New(monitor.Config{Self: "ann"})
	var held []monitor.Step
	for i, peer := range []string{"bob", "cid", "dan", "eve"} {
		request := m.Open("fipa-request", protocol.Request, nil, peer)
		step := m.Send(0, &request)
		if len(step.Changes) != 1 || step.Changes[0].Peer != peer || len(step.Say) != 0 {
			t.Errorf("%s: %+v", peer, step)
		}
		if i == 1 {
			m.Reuse(step)
		} else {
			held = append(held, step)
		}
	}
	for i, peer := range []string{"bob", "dan", "eve"} {
		if held[i].Changes[0].Peer != peer {
			t.Errorf("the step of %s has become %+v", peer, held[i])
		}
	}
}

// open is a message that opens a conversation of that name.
func open(m *monitor.Monitor, conversation, token string, act protocol.Act, to ...string) protocol.Message {
	msg := m.Open(token, act, protocol.Note{What: "dig"}, to...)
	msg.Conversation = conversation
	return msg
}

// Who names its conversations itself gives the names of replies that Open would have given.
func TestTheNameOfAnOpening(t *testing.T) {
	a, b := monitor.New(monitor.Config{Self: "ann"}), monitor.New(monitor.Config{Self: "ann"})
	for range 3 {
		if x, y := a.Open("fipa-request", protocol.Request, nil, "bob"), b.Name(); y != x.ReplyWith || y == x.Conversation {
			t.Errorf("%q beside %q in %q", y, x.ReplyWith, x.Conversation)
		}
	}
}
