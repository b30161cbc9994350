package actors_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
)

// wild does everything an agent can, by the chance of its turns. What it remembers decides, too.
type wild struct {
	ids  []actors.ID
	sum  int
	stop float64 // how often it stops
}

var names = []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}

func (b *wild) Receive(t *actors.Turn, event any) error {
	r := t.Rand()
	if r.Float64() < 0.02 {
		return errors.New("this event never succeeds")
	}
	switch e := event.(type) {
	case *protocol.Message:
		b.sum += len(e.Sender)
	case actors.Result:
		b.sum += len(e.Error)
	case actors.Answer:
		b.sum += len(e.Error)
	case actors.Percept:
		if r.Float64() < 0.9 {
			t.Act(mark{r.IntN(10) - 2 + b.sum})
		}
	}
	b.want(t, r)
	return nil
}

// want draws what it wants: less than one thing on average, so that the society does not talk itself to death.
func (b *wild) want(t *actors.Turn, r *rand.Rand) {
	often := func(p float64) bool { return r.Float64() < p }
	if often(0.2) {
		t.Send(tell(fmt.Sprint(b.sum), names[r.IntN(len(names))], "nobody"))
	}
	if often(0.1) {
		b.ids = append(b.ids, t.Ask([]string{"echo", "nothing"}[r.IntN(2)], note{fmt.Sprint(b.sum)}))
	}
	if often(0.1) {
		b.ids = append(b.ids, t.Do("think", note{fmt.Sprint(b.sum)}))
	}
	if often(0.1) {
		b.ids = append(b.ids, t.After(time.Duration(r.IntN(4000))*time.Millisecond))
	}
	if n := len(b.ids); n > 0 && often(0.2) {
		t.Cancel(b.ids[r.IntN(n)])
	}
	if often(b.stop) {
		t.Stop()
	}
	if often(0.05) {
		t.Act(mark{1})
	}
}

func (b *wild) Work(ctx context.Context, _ string, input any) (any, error) {
	return errand(ctx, actors.Rand(ctx), input)
}

// errand takes a while, and may fail.
func errand(ctx context.Context, r *rand.Rand, input any) (any, error) {
	switch p := r.Float64(); {
	case p < 0.1:
		return nil, errors.New("no luck")
	case p < 0.2:
		panic("no luck at all")
	case p < 0.6:
		return input, slowly(ctx, time.Duration(r.IntN(1500))*time.Millisecond)
	}
	return input, nil
}

// wildKeeper hands its memory over.
type wildKeeper struct{ wild }

func (b *wildKeeper) Snapshot() ([]byte, error) { return json.Marshal([]any{b.ids, b.sum}) }

func (b *wildKeeper) Restore(state []byte) error {
	return json.Unmarshal(state, &[]any{&b.ids, &b.sum})
}

// wilderness is a society of wild agents.
func wilderness(cfg polis.Config) story {
	s := story{cfg: cfg, services: map[string]actors.Service{
		"echo": actors.ServiceFunc(func(ctx context.Context, r actors.Request) (any, error) { return errand(ctx, r.Rand, r.Value) }),
	}}
	for i, name := range names {
		s.agents = append(s.agents, lives(name, func() actors.Behavior {
			if i%2 == 0 {
				return &wild{stop: 0.01}
			}
			return &wildKeeper{wild{stop: 0.001}}
		}))
		s.agents[i].From = i % 3
	}
	s.maySpeak = func(from, to string) bool { return from != "c" || to != "d" }
	return s
}

// "The account is exact, under any crash, stop or overload": with talk, asks, jobs, timers, cancelling, agents that stop
// and events that are quarantined, whatever the pace. Where the clock has no say, chaos does not either.
func TestTheAccountIsExactInAnyWeather(t *testing.T) {
	seeds := 12
	if testing.Short() {
		seeds = 3
	}
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated, environment.Realtime} {
		t.Run(string(pace), func(t *testing.T) {
			quarantined, dead := 0, int64(0)
			for seed := range seeds {
				hashes := map[string]bool{}
				for _, chaos := range []float64{0, 0.2} {
					synctest.Test(t, func(t *testing.T) {
						r := wilderness(polis.Config{Seed: uint64(seed), Rounds: 12, Pace: pace, Log: 1 << 20, Chaos: polis.Chaos{Agents: chaos}}).run(t)
						hashes[r.Hash] = true
						for _, e := range r.events { // service and jobs here fail by their seed, which nobody knows of them
							c, ok := e.(actors.Clocked)
							if ok && pace != environment.Realtime && !strings.Contains(c.What, "answered with an error") &&
								!strings.Contains(c.What, "ended with an error") {
								t.Errorf("seed %d: the clock had a say: %+v", seed, c)
							}
						}
						quarantined += r.Faults.Quarantined
						dead += r.Messages.Dead
					})
				}
				if pace != environment.Realtime && len(hashes) != 1 {
					t.Errorf("seed %d: chaos told on the hash", seed)
				}
			}
			if quarantined == 0 || dead == 0 {
				t.Errorf("%d quarantined, %d dead: the weather was too fine", quarantined, dead)
			}
		})
	}
}
