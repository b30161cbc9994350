package monitor_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// A monitor uses the room of what it has forgotten again, and judges as one that has just been made from its snapshot.
func TestRoomUsedAgainIsAsNew(t *testing.T) {
	c := monitor.Config{Self: "ann", Kept: 20 * time.Second, Messages: 6, Repeats: 1, OpenEach: 2}
	again, verdicts := 0, map[monitor.Verdict]int{}
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 77))
		b, g := newBoth(t), &generator{r: r, protocols: interaction.Names()} // says what happens
		used, made := monitor.New(c), monitor.New(c)
		for range 400 {
			s := g.next(b)
			b.meet(s)
			if r.IntN(40) == 0 {
				g.now += time.Minute
			}
			if monitor.Free(used) > 0 {
				again++
			}
			x, y := happens(used, s), happens(made, s)
			if fmt.Sprintf("%+v", x) != fmt.Sprintf("%+v", y) {
				t.Fatalf("seed %d, %v:\n%+v\nof one that has just been made\n%+v", seed, s, x, y)
			}
			verdicts[x.Verdict]++
			used.Reuse(x)
			made = restored(t, used, c)
		}
	}
	if again == 0 || verdicts[monitor.Accepted] == 0 || verdicts[monitor.Cut] == 0 || verdicts[monitor.Unknown] == 0 {
		t.Errorf("used again %d times; verdicts %v", again, verdicts)
	}
}

// happens lets something happen to one monitor alone.
func happens(m *monitor.Monitor, s stimulus) monitor.Step {
	switch {
	case s.send != nil:
		return m.Send(s.now, s.send)
	case s.receive != nil:
		return m.Receive(s.now, s.receive)
	case s.lost != nil:
		return m.Undelivered(s.now, s.lost, s.lost.Receivers[0], "stopped")
	case s.event != "":
		return m.Event(s.now, s.c, s.peer, s.event)
	}
	return m.Advance(s.now)
}

// Of peers nothing is kept when their sessions are forgotten, but for the last opening of those that led to nothing: of 256 at most.
func TestPeersAreForgotten(t *testing.T) {
	for _, c := range []struct {
		act        protocol.Act
		every      time.Duration
		then, want int
	}{
		{protocol.Inform, time.Millisecond, 1000, 0},
		{protocol.Refuse, time.Millisecond, 1000, 1000 - 3*256},
		{protocol.Refuse, time.Minute, 1000 - 3*256, 1000 - 3*256}, // the sessions are forgotten before the count begins again
	} {
		m := monitor.New(monitor.Config{Self: "ann", Kept: time.Second})
		for i := range 1000 {
			now, peer := time.Duration(i)*c.every, fmt.Sprint("agent", i)
			request := m.Open("fipa-request", protocol.Request, nil, peer)
			must(t, m.Send(now, &request))
			must(t, m.Receive(now, &protocol.Message{Act: c.act, Sender: peer, Receivers: []string{"ann"}, Protocol: "fipa-request",
				Conversation: request.Conversation, InReplyTo: request.ReplyWith, Content: protocol.Reason{Code: "busy"}}))
		}
		if n := monitor.Parties(m); n != c.then {
			t.Errorf("%+v: %d peers are known while their sessions are", c, n)
		}
		m.Advance(1000 * time.Hour)
		if n := monitor.Parties(m); n != c.want {
			t.Errorf("%+v: %d peers are known", c, n)
		}
	}
	var pairs []string
	for i := range 300 {
		pairs = append(pairs, fmt.Sprintf(`"agent%d":{"content":"0","echoes":0,"heard":false,"label":"%d"}`, i, i))
	}
	for _, c := range []struct{ first, want int }{{0, 0}, {1, 299 - 256}} { // somebody has changed a snapshot
		m := monitor.New(monitor.Config{Self: "ann"})
		kept := pairs[c.first:]
		if c.first == 0 { // a pair that is none
			kept = pairs[:1]
		}
		if err := m.Restore([]byte(`{"named":0,"now":0,"pairs":{` + strings.Join(kept, ",") + `}}`)); err != nil {
			t.Fatal(err)
		}
		restored(t, m, monitor.Config{Self: "ann"})
		if text, _ := m.Snapshot(); strings.Count(string(text), `"echoes"`) != c.want {
			t.Errorf("%d pairs are left of %d, want %d: %s", strings.Count(string(text), `"echoes"`), len(kept), c.want, text)
		}
	}
}

// Whoever looks through the open sessions sees those that were there, whatever happens meanwhile.
func TestSessionsMayEndWhileTheyAreLookedThrough(t *testing.T) {
	m := monitor.New(monitor.Config{Self: "ann", Kept: time.Second})
	for i := range 5 {
		request := m.Open("fipa-request", protocol.Request, nil, fmt.Sprint("agent", i))
		must(t, m.Send(0, &request))
	}
	seen := 0
	for s := range m.Sessions() {
		m.Advance(time.Duration(seen+1) * time.Hour)
		m.Advance(time.Duration(seen+1)*time.Hour + time.Minute)
		if seen++; s.Peer == "" || s.Final || s.State == "" {
			t.Errorf("%+v", s)
		}
	}
	if seen != 5 {
		t.Errorf("%d are seen, want 5", seen)
	}
}

// Kept may be less than nothing: what has ended is then forgotten at once, also in the midst of a call.
func TestNothingIsKept(t *testing.T) {
	m := monitor.New(monitor.Config{Self: "ann", Kept: -1})
	for i := range 10 {
		now := time.Duration(i) * time.Hour
		call := m.Open("fipa-contract-net", protocol.CFP, protocol.Note{What: "dig"}, "bob", "cid")
		must(t, m.Send(now, &call))
		for _, peer := range []string{"cid", "bob"} { // the one that began it last
			must(t, m.Receive(now, &protocol.Message{Act: protocol.Refuse, Sender: peer, Receivers: []string{"ann"}, Protocol: "fipa-contract-net",
				Conversation: call.Conversation, InReplyTo: call.ReplyWith, Content: protocol.Reason{Code: "busy"}}))
			if _, ok := m.Session(call.Conversation, peer); ok {
				t.Errorf("call %d: %s is remembered", i, peer)
			}
		}
		m.Advance(now + time.Minute)
	}
}
