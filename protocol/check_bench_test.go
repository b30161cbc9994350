package protocol_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol"
)

func BenchmarkCheck(b *testing.B) {
	crowd := func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("agent%04d", (i*7919)%n))
		}
		return names
	}
	for _, c := range []struct {
		name string
		m    protocol.Message
	}{
		{"plain", protocol.Message{Act: protocol.Subscribe, Receivers: []string{"bob"}, Content: protocol.Note{What: "open"}}},
		{"in a protocol", protocol.Message{Act: protocol.RejectProposal, Receivers: []string{"bob"}, Protocol: "fipa-contract-net", Conversation: "ann/7",
			ReplyWith: "ann/7/2", InReplyTo: "bob/1", ReplyBy: time.Second, Content: protocol.Reason{Code: "late"}}},
		{"to 10", protocol.Message{Act: protocol.Inform, Receivers: crowd(10)}},
		{"to 1000", protocol.Message{Act: protocol.Inform, Receivers: crowd(1000)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.m.Check(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
