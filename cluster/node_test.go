package cluster

import (
	"fmt"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

// "Same seed, same configuration, same hash, on any number of threads or nodes."
func TestThreeNodesGiveTheHashOfOneProcess(t *testing.T) {
	g := launchAll(t, 3, nil)
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated} {
		for _, chaos := range []float64{0, 0.2} {
			t.Run(fmt.Sprint(pace, chaos), func(t *testing.T) {
				s := spec{Pace: pace, Seed: 7, Rounds: 12, Chaos: chaos}
				p := village(s)
				want, err := polis.Run(t.Context(), p.Society, p.Config)
				must(t, err)
				got, err := g.run(t.Context(), t, 0, s, nil)
				must(t, err)
				if got.Hash != want.Hash || fmt.Sprint(got.World) != fmt.Sprint(want.World) || !got.Reproducible {
					t.Errorf("got %s %+v, want %s %+v", got.Hash, got, want.Hash, want)
				}
				if !got.Messages.Balanced() || got.Messages.Sent != want.Messages.Sent || got.NotStopped != nil {
					t.Errorf("the account is %+v, of one process %+v", got.Messages, want.Messages)
				}
				if got.Faults != want.Faults {
					t.Errorf("faults are %+v, of one process %+v", got.Faults, want.Faults)
				}
				if len(got.World.(*well).Gone) != 2 {
					t.Errorf("%v have left", got.World.(*well).Gone)
				}
			})
		}
	}
}
