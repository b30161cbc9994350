package monitor_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// bytesSource draws what the fuzzer gives, and then always the same.
type bytesSource struct {
	left []byte
	n    uint64
}

func (s *bytesSource) Uint64() uint64 {
	var d uint64
	for range min(2, len(s.left)) { // small choices need no more
		d = d<<8 | uint64(s.left[0])
		s.left = s.left[1:]
	}
	s.n++ // math/rand goes on drawing for as long as all is zero
	return d*0x9E3779B97F4A7C15 + s.n*0xD1342543DE82EF95
}

// FuzzMonitor: any sequence of messages, events and times; the monitor is the oracle, and survives a restart.
func FuzzMonitor(f *testing.F) {
	for seed := range byte(20) {
		text := make([]byte, 300)
		r := rand.NewChaCha8([32]byte{seed})
		_, _ = r.Read(text)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 2000 {
			return
		}
		src := &bytesSource{left: text}
		g := &generator{r: rand.New(src), protocols: interaction.Names()}
		b := newBoth(t)
		for len(src.left) > 0 {
			b.meet(g.next(b))
		}
		b.check()
		b.m = restored(t, b.m, unbounded)
		b.check()
	})
}

// FuzzRestore: a snapshot that somebody has changed is refused, or gives a monitor that works; it never panics.
func FuzzRestore(f *testing.F) {
	f.Add([]byte(`{"named":0,"now":0}`))
	f.Add([]byte(`{"conversations":[{"id":"c","sessions":[{"dues":[null],"messages":1,"peer":"bob","protocol":"fipa-request","role":"participant","round":0,"state":"DECIDE"}]}],"named":1,"now":5}`))
	f.Add([]byte(`{"conversations":[{"id":"c","rows":[{"counts":{"CALLED":9},"protocol":"fipa-contract-net","round":0}],"sessions":[{"dues":[-4],"messages":1,"peer":"bob","protocol":"fipa-contract-net","role":"initiator","round":0,"state":"CALLED"}]}],"named":1,"now":-5}`))
	f.Add([]byte(`{"conversations":[{"id":"c","sessions":[{"ended":{"at":1,"order":7},"messages":1,"peer":"bob","protocol":"fipa-request","role":"initiator","round":0,"state":"[CUT]"}]}],"named":1,"now":5}`))
	for seed := range uint64(10) {
		b, g := newBoth(f), &generator{r: rand.New(rand.NewPCG(seed, 8)), protocols: interaction.Names()}
		for range 60 {
			b.meet(g.next(b))
		}
		text, err := b.m.Snapshot()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m := monitor.New(monitor.Config{Self: "ann", Messages: 50})
		before, _ := m.Snapshot()
		if err := m.Restore(text); err != nil {
			if after, _ := m.Snapshot(); string(after) != string(before) {
				t.Fatalf("refused (%v), and yet changed to %s", err, after)
			}
			return
		}
		m = restored(t, m, monitor.Config{Self: "ann", Messages: 50})
		for s := range m.Sessions() {
			for _, l := range m.Legal(0, s.Conversation, s.Peer) {
				msg, ok := m.Reply(s.Conversation, s.Peer, l.Act, contentFor(rand.New(rand.NewPCG(1, 1)), l.Act, l.Kind))
				if ok {
					m.Send(0, &msg)
				}
			}
			m.Receive(0, &protocol.Message{Act: protocol.Inform, Sender: s.Peer, Receivers: []string{"ann"}, Protocol: s.Protocol, Conversation: s.Conversation})
			m.Event(0, s.Conversation, s.Peer, "skip")
			m.Undelivered(0, &protocol.Message{Protocol: s.Protocol, Conversation: s.Conversation}, s.Peer, "")
		}
		for range 200 {
			d, ok := m.Next()
			if !ok {
				break
			}
			m.Advance(d + min(1, time.Duration(1<<63-1)-d))
		}
	})
}
