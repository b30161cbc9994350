package check_test

import (
	"testing"

	"github.com/polis-agents/polis/protocol/check"
	"github.com/polis-agents/polis/protocol/interaction"
)

func BenchmarkCheck(b *testing.B) {
	for _, name := range []string{"request", "english-auction", "subscribe"} {
		b.Run(name, func(b *testing.B) {
			p, err := interaction.FIPA(name)
			if err != nil {
				b.Fatal(err)
			}
			p = interaction.Expand(p)
			for b.Loop() {
				check.Check(p, check.Options{})
			}
		})
	}
}
