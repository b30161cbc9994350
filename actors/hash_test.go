package actors_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
)

// chatty writes to the next agent what it has heard and draws what it does.
func chatty(name, next string) polis.Agent {
	return ruled(name, func(t *actors.Turn, s situation) (mark, error) {
		n := s.Rand.IntN(1000)
		for _, m := range s.Messages {
			n += len(text(m.Content))
		}
		t.Send(tell(fmt.Sprint(n, " ", len(s.Outcomes)), next))
		if n%5 == 0 {
			return mark{}, actors.ErrPass
		}
		return mark{n}, nil
	})
}

// thoughtful is a mind that draws, and takes a while.
func thoughtful(name string) polis.Agent {
	return minded(name, func(ctx context.Context, s situation) (mark, error) {
		err := slowly(ctx, time.Duration(s.Rand.IntN(3000))*time.Millisecond)
		return mark{s.Rand.IntN(1000) + s.Percept.Marks + len(s.Messages)}, err
	}, mindful{})
}

// remembering adds what it draws, and sets timers.
type remembering struct{ tally }

func (b *remembering) Receive(t *actors.Turn, event any) error {
	switch event.(type) {
	case actors.Percept:
		t.After(time.Duration(t.Rand().IntN(3)) * time.Second)
		t.Act(mark{b.n})
	case actors.Timer, *protocol.Message:
		b.n += t.Rand().IntN(100)
	}
	return nil
}

// forgetting is the same without a Keeper.
type forgetting struct{ remembering }

func (b *forgetting) Snapshot() {} // not that of a Keeper

// everybody is a society of all kinds of agents: a rule, a seeded mind, a Keeper, a behavior without one, layers.
func everybody(cfg polis.Config) story {
	return story{cfg: cfg, phases: []string{"morning", "evening"}, agents: []polis.Agent{
		chatty("ann", "ben"), chatty("ben", "cleo"), thoughtful("cleo"),
		lives("dan", func() actors.Behavior { return &remembering{} }),
		lives("eve", func() actors.Behavior { return &forgetting{} }),
		lives("fay", func() actors.Behavior {
			return actors.Compose(actors.Layers{
				Deliberation: thoughtful("").Behavior(),
				Roles:        []actors.Behavior{&remembering{}, chatty("", "dan").Behavior()},
			})
		}),
	}}
}

// "Same seed, same configuration, same hash, on any number of threads": chaos does not tell, in rounds and in sequential
// pace, for rules, a seeded Mind, a Keeper and a behavior without one.
func TestTheHashDoesNotTellOfChaos(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated} {
		t.Run(string(pace), func(t *testing.T) {
			hashes := map[string]string{}
			for _, threads := range []int{1, 8} {
				for _, chaos := range []float64{0, 0.2} {
					synctest.Test(t, func(t *testing.T) {
						defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
						r := everybody(polis.Config{Seed: 7, Rounds: 8, Pace: pace, Chaos: polis.Chaos{Agents: chaos}}).run(t)
						if !r.Reproducible || r.Faults.Quarantined != 0 || r.Faults.Forgot != 0 {
							t.Errorf("reproducible %v, faults %+v", r.Reproducible, r.Faults)
						}
						if chaos > 0 && r.Faults.Crashes < 20 {
							t.Errorf("%d crashes are no chaos", r.Faults.Crashes)
						}
						hashes[r.Hash] += fmt.Sprintf(" (%d threads, chaos %v)", threads, chaos)
					})
				}
			}
			if len(hashes) != 1 {
				t.Errorf("the hashes differ: %v", hashes)
			}
			synctest.Test(t, func(t *testing.T) {
				r := everybody(polis.Config{Seed: 8, Rounds: 8, Pace: pace}).run(t)
				if hashes[r.Hash] != "" {
					t.Error("another seed, the same hash")
				}
			})
		})
	}
}

// A rule made of a function, a Keeper and a mind remember what a decision needs also when their logs are short.
func TestAShortLogDoesNotTell(t *testing.T) {
	hashes := map[string]bool{}
	for _, chaos := range []float64{0, 0.2} {
		synctest.Test(t, func(t *testing.T) {
			s := everybody(polis.Config{Rounds: 20, Log: 3, Chaos: polis.Chaos{Agents: chaos}})
			s.agents[4] = idles("eve") // the one that would forget
			r := s.run(t)
			if r.Faults.Forgot != 0 {
				t.Errorf("%d lives began empty", r.Faults.Forgot)
			}
			hashes[r.Hash] = true
		})
	}
	if len(hashes) != 1 {
		t.Errorf("the hashes differ: %v", hashes)
	}
}
