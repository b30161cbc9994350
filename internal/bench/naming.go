package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/scenarios/naming"
)

// namingTrial is the naming game of 6400 agents with invented words, to consensus: each agent an actor, each turn digested, as
// `demo run naming --agents 6400 --out none` has it.
var namingTrial = trial{of: []claim{{"naming_6400", "s", "<= 60", "a bare loop of the same game, for as many games"}},
	full: 45 * time.Second, try: tryNaming}

// tryNaming plays it several times, with a seed of its own each time, in turns with the bare loop. How many games a run takes is
// chance, and not the same on both sides, so the loop's time is of as many.
func tryNaming(ctx context.Context, s *setting) ([]finding, error) {
	var f finding
	games, agents := 0, s.crowd(6400, 100)
	for seed := range uint64(s.times(3, 1)) {
		took, n, err := playNaming(ctx, agents, seed+1)
		if err != nil {
			return nil, err
		}
		s.tell()
		bare, of := loopNaming(agents, seed+1)
		f.values = append(f.values, took.Seconds())
		f.against = append(f.against, bare.Seconds()*float64(n)/float64(of))
		games += n
	}
	f.note = fmt.Sprintf("%d agents, on average %d games to consensus, of 2 percepts, 2 actions and 2 outcomes each", agents, games/len(f.values))
	return []finding{f}, nil
}

// playNaming plays it through actors: how long that took, and the games to consensus.
func playNaming(ctx context.Context, agents int, seed uint64) (time.Duration, int, error) {
	s, err := naming.Build(polis.Order{Agents: agents})
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	rep, err := polis.Run(ctx, s, polis.Config{Seed: seed, Pace: environment.Sequential})
	took := time.Since(began)
	if err != nil {
		return 0, 0, err
	}
	games := naming.Measure(rep)[naming.Converged]
	if games == 0 || rep.Hash == "" || !rep.Reproducible {
		return 0, 0, fmt.Errorf("seed %d: %d agents, %d rounds, no consensus or no hash", seed, agents, rep.Rounds)
	}
	return took, int(games), nil
}

// loopNaming plays it in a loop, with words that are numbers.
func loopNaming(agents int, seed uint64) (time.Duration, int) {
	began := time.Now()
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // no secret
	known, holders := make([][]int32, agents), []int32{}
	total, distinct, most, mostDistinct := 0, 0, 0, 0
	learn := func(agent int, word int32) {
		known[agent] = append(known[agent], word)
		total++
		if holders[word]++; holders[word] == 1 {
			distinct++
		}
	}
	keep := func(agent int, word int32) {
		for _, w := range known[agent] {
			total--
			if holders[w]--; holders[w] == 0 {
				distinct--
			}
		}
		known[agent] = known[agent][:0]
		learn(agent, word)
	}
	games := 0
	for total != agents || distinct != 1 {
		speaker, hearer := r.IntN(agents), r.IntN(agents-1)
		if hearer >= speaker {
			hearer++
		}
		if len(known[speaker]) == 0 {
			holders = append(holders, 0)
			learn(speaker, int32(len(holders)-1))
		}
		word := known[speaker][r.IntN(len(known[speaker]))]
		if slices.Contains(known[hearer], word) {
			keep(speaker, word)
			keep(hearer, word)
		} else {
			learn(hearer, word)
		}
		games++
		most, mostDistinct = max(most, total), max(mostDistinct, distinct)
	}
	return time.Since(began), games
}
