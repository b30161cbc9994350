package commitment

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
)

// A commitment from proposal over acceptance to its end: three messages.
func BenchmarkLife(b *testing.B) {
	o := New(Config{Ended: -1, Stated: -1})
	propose := &protocol.Message{Act: protocol.Propose, Sender: "bob", Receivers: []string{"ann"}, Protocol: "fipa-contract-net", Conversation: "c"}
	accept := &protocol.Message{Act: protocol.AcceptProposal, Sender: "ann", Receivers: []string{"bob"}, Protocol: "fipa-contract-net", Conversation: "c"}
	inform := &protocol.Message{Act: protocol.Inform, Sender: "bob", Receivers: []string{"ann"}, Protocol: "fipa-contract-net", Conversation: "c"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		at := time.Duration(i)
		o.Hear(at, fmt.Sprint("bob/", i), propose)
		o.Hear(at, "ann/1/0", accept)
		if n := len(o.Hear(at, "bob/1/0", inform)); n != 1 {
			b.Fatalf("%d changes", n)
		}
	}
}

// What an open commitment takes.
func BenchmarkOpen(b *testing.B) {
	var before, after runtime.MemStats
	for b.Loop() {
		const n = 20_000
		runtime.GC()
		runtime.ReadMemStats(&before)
		o := New(Config{Stated: -1})
		for i := range n {
			o.Hear(0, fmt.Sprint("bob/", i), &protocol.Message{Act: protocol.Propose, Sender: "bob", Receivers: []string{"ann"}, Conversation: fmt.Sprint("c", i), ReplyBy: time.Hour})
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/open")
		runtime.KeepAlive(o)
	}
}
