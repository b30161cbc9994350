package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/cmd/demo/lookout"
	"github.com/polis-agents/polis/emergence/stream"
	"github.com/polis-agents/polis/environment"
)

// watchingTrial is what it costs to measure a society while it runs: CPU time of the whole process, of the same rounds of the
// same society with and without.
var watchingTrial = trial{of: []claim{{"watching", "cpu-ns/op", "<= 1.1×", "the same rounds of the same society, watched by nobody"}},
	full: 40 * time.Second, try: tryWatching}

// watchedThings are of every kind: of all agents now, of a panel over the window with and without a null, of the world.
var watchedThings = []string{"gini:had", "convention:wants", "diversity:wants", "entropy:wants", "mutual-information:wants", "active-information:stock"}

// tryWatching runs the two in turns. One operation is one agent's cycle: percept, decision, action, outcome, each digested.
func tryWatching(ctx context.Context, s *setting) ([]finding, error) {
	agents, rounds := s.crowd(1000, 20), s.crowd(100, 20)
	var f finding
	var frames atomic.Int64
	for pair := range s.times(20, 2) {
		watched, plain, err := inTurns(ctx, pair, func() error { return runShown(ctx, agents, rounds, &frames) },
			func() error { return runShown(ctx, agents, rounds, nil) })
		if err != nil {
			return nil, err
		}
		ops := float64(agents * rounds)
		f.values, f.against = append(f.values, float64(watched)/ops), append(f.against, float64(plain)/ops)
		s.tell()
	}
	f.note = fmt.Sprintf("%d agents with rules, %d rounds, digested; %d measures each time, over a window of %d rounds; %d windows were measured in all",
		agents, rounds, len(watchedThings), stream.Standard, frames.Load())
	f.must(frames.Load() >= int64(len(f.values)), "only %d windows were measured", frames.Load())
	return []finding{f}, nil
}

// runShown runs the society. frames counts the windows that are measured; nil: it is watched by nobody.
func runShown(ctx context.Context, agents, rounds int, frames *atomic.Int64) error {
	society, cfg := cycleSociety(agents)
	world := environment.Define(func() *pool { return &pool{water{Stock: float64(agents), Wants: make([]float32, agents)}} }, (*pool).Perceive)
	environment.AddAction(world, "want", "Want a share.", (*pool).Want)
	society.World, cfg.Seed, cfg.Rounds = world, 1, rounds
	if frames == nil {
		_, err := polis.Run(ctx, society, cfg)
		return err
	}
	var watches []stream.Watch
	for _, text := range watchedThings {
		w, err := stream.Parse(text)
		if err != nil {
			return err
		}
		watches = append(watches, w)
	}
	var failed error // set by one goroutine, which Close ends
	l, err := lookout.Open(watches, 1, 1, func(all []stream.Reading) {
		frames.Add(1)
		for _, r := range all {
			if early := (*stream.Early)(nil); r.Err != nil && !errors.As(r.Err, &early) {
				failed = r.Err
			}
		}
	})
	if err != nil {
		return err
	}
	cfg.Observe = l.Observe
	_, err = polis.Run(ctx, society, cfg)
	l.Close()
	return errors.Join(err, failed)
}

// pool is the water for those who look: what is in it, and what each wanted and was granted.
type pool struct{ water }

// Variables are what is in it.
func (p *pool) Variables() []environment.Variable {
	return []environment.Variable{{Name: "stock", Value: p.Stock}}
}

// AgentVariables are what one wanted, and what part it had.
func (p *pool) AgentVariables(agent string) []environment.Variable {
	i, _ := strconv.Atoi(agent)
	wants := float64(p.Wants[i])
	return []environment.Variable{{Name: "wants", Value: wants}, {Name: "had", Value: p.Share * wants}}
}
