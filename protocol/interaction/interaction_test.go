package interaction_test

import (
	"testing"

	"github.com/polis-agents/polis/protocol/interaction"
)

func TestExpandedProtocolsAreProtocols(t *testing.T) {
	for _, name := range interaction.Names() {
		p, err := interaction.FIPA(name)
		if err != nil {
			t.Fatal(err)
		}
		e := interaction.Expand(p)
		if err := e.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if e.CancelLaid() != (name != "subscribe") || p.CancelLaid() {
			t.Errorf("%s: cancel is said to be laid over it: %t", name, e.CancelLaid())
		}
		if own := name == "subscribe"; e.Initiator.Index("[CANCELLED]") < 0 || p.Initiator.Index("[CANCELLED]") >= 0 != own {
			t.Errorf("%s: a cancel is to be laid over it, and over a copy", name)
		}
	}
}
