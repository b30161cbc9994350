package environment

import (
	"math"
	"testing"

	"github.com/polis-agents/polis/internal/wire"
)

// What another process says of who decided is believed only as far as there is such a service.
func TestSubstitutesAreThoseThereAre(t *testing.T) {
	k := &conductor{cfg: Config{Services: []string{"one", "two"}}}
	for by, want := range map[wire.By]string{wire.AsUsual: "", wire.ByRule: "", wire.ByService: "one", wire.ByService + 1: "two", wire.ByService + 2: "", math.MaxUint16: ""} {
		if got := k.substitute(by); got != want {
			t.Errorf("by %d: %q, want %q", by, got, want)
		}
	}
}
