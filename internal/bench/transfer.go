package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/polis-agents/polis/emergence/information"
	"github.com/polis-agents/polis/emergence/statistics"
)

// What is measured: agents that do one of a few things each round.
const (
	actorsSeen = 50
	roundsSeen = 1000
	acts       = 4
	surrogates = 999 // the least with which p can be .001
)

// transferTrial is transfer entropy over all ordered pairs of 50 agents, each pair with its surrogates, beside a loop that
// only counts as many triples of symbols: next, past and source.
var transferTrial = trial{of: []claim{{"te_pairs", "cpu-ns/op", "<= 3×", "a bare loop that counts the same symbols, for each pair and surrogate"}},
	full: 10 * time.Second, try: tryTransfer}

// tryTransfer takes one target after the other, and the bare loop on it in turns. One operation is a value, of a pair or of a
// surrogate of it.
func tryTransfer(ctx context.Context, s *setting) ([]finding, error) {
	agents := s.crowd(actorsSeen, 4)
	rounds, draws := s.crowd(roundsSeen, 100), s.crowd(surrogates, 9)
	seen := newParade(agents, rounds)
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // no secret
	shifts := make([]int, draws+1)   // the first is none: the pair itself
	var f finding
	var cpu time.Duration
	led, low := 0, 0
	for target := range agents {
		for i := range shifts[1:] {
			shifts[i+1] = statistics.CircularShift(rounds, r)
		}
		took, bare, err := inTurns(ctx, target, func() error {
			leads, lows, err := seen.told(target, shifts)
			led, low = led+leads, low+lows
			return err
		}, func() error { return seen.counted(target, shifts) })
		if err != nil {
			return nil, err
		}
		ops := float64((agents - 1) * len(shifts))
		f.values, f.against = append(f.values, float64(took)/ops), append(f.against, float64(bare)/ops)
		cpu += took
		s.tell()
	}
	f.note = fmt.Sprintf("%d pairs of agents with %d acts, %d rounds, each with %d surrogates: %.1f s of CPU time in all, with p values; %d pairs have p <= 0.01",
		agents*(agents-1), acts, rounds, draws, cpu.Seconds(), low)
	f.must(s.brief() || led == agents-1, "%d of %d agents that follow another were found", led, agents-1)
	return []finding{f}, nil
}

// inTurns does two things, every second time the other one first, and says what CPU time each took.
func inTurns(ctx context.Context, turn int, a, b func() error) (tookA, tookB time.Duration, err error) {
	each := []func() error{a, b}
	var took [2]time.Duration
	for i := range each {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		which := (i + turn) % 2
		before := cpuUsed()
		if err := each[which](); err != nil {
			return 0, 0, err
		}
		took[which] = cpuUsed() - before
	}
	return took[0], took[1], nil
}

// parade is what agents did, each after the one before it now and then. Every column stands twice in a row, so that a
// circular shift is a slice.
type parade struct {
	rounds int
	twice  [][]uint8
}

func newParade(agents, rounds int) *parade {
	r := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // no secret
	p := &parade{rounds: rounds, twice: make([][]uint8, agents)}
	for a := range p.twice {
		p.twice[a] = make([]uint8, 2*rounds)
	}
	for t := range rounds {
		for a, column := range p.twice {
			switch before := (t + rounds - 1) % rounds; {
			case a > 0 && r.IntN(3) == 0:
				column[t] = p.twice[a-1][before]
			case r.IntN(2) == 0:
				column[t] = column[before]
			default:
				column[t] = uint8(r.IntN(acts))
			}
			column[t+rounds] = column[t]
		}
	}
	return p
}

// turned is what an agent did, moved in a circle.
func (p *parade) turned(agent, shift int) []uint8 { return p.twice[agent][shift:][:p.rounds] }

// told tests what each other agent tells of a target's next act. It says how many of those it follows were found, with
// p <= 0.01, and how many pairs have as much.
func (p *parade) told(target int, shifts []int) (led, low int, err error) {
	known := make([]int, p.rounds)
	for t, act := range p.turned(target, 0) {
		known[t] = int(act)
	}
	kernel, err := information.NewTransfer(known, acts, information.History{})
	if err != nil {
		return 0, 0, err
	}
	for source := range p.twice {
		if source == target {
			continue
		}
		column := p.turned(source, 0)
		value, above := kernel.Value(column), 1
		for _, shift := range shifts[1:] {
			if kernel.Shifted(column, shift) >= value {
				above++
			}
		}
		if above*100 <= len(shifts) {
			low++
			if source == target-1 {
				led++
			}
		}
	}
	return led, low, nil
}

// counted only counts what told counts.
func (p *parade) counted(target int, shifts []int) error {
	known := p.turned(target, 0)
	base, counts := make([]int, p.rounds), make([]int32, acts*acts*acts)
	for t := 1; t < p.rounds; t++ {
		base[t] = (int(known[t-1])*acts + int(known[t])) * acts
	}
	for source := range p.twice {
		if source == target {
			continue
		}
		for _, shift := range shifts {
			clear(counts)
			x := p.turned(source, shift)
			for t := 1; t < len(x); t++ {
				counts[base[t]+int(x[t-1])]++
			}
		}
		if n := total(counts); n != p.rounds-1 {
			return fmt.Errorf("%d of %d samples were counted", n, p.rounds-1)
		}
	}
	return nil
}

func total(counts []int32) (sum int) {
	for _, n := range counts {
		sum += int(n)
	}
	return sum
}
