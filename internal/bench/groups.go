package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/polis-agents/polis/emergence/information"
	"github.com/polis-agents/polis/emergence/statistics"
)

// groupTrial is the O-information of all groups of three of 20 agents, each with its surrogates, beside a loop that only counts
// as many triples of symbols.
var groupTrial = trial{of: []claim{{"oinfo", "cpu-ns/op", "<= 3×", "a bare loop that counts the same symbols, for each group and surrogate"}},
	full: 6 * time.Second, try: tryGroups}

// tryGroups takes the groups by their agent in the middle, and the bare loop on them in turns. One operation is a
// value, of a group or of a surrogate of it: the second and the third agent each turned on their own.
func tryGroups(ctx context.Context, s *setting) ([]finding, error) {
	agents := s.crowd(20, 5)
	rounds, draws := s.crowd(roundsSeen, 100), s.crowd(surrogates, 9)
	seen := newParade(agents, rounds)
	kernel, err := information.NewGroup(rounds, acts, acts, acts)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(1, 3)) //nolint:gosec // no secret
	shifts := make([][2]int, draws+1)
	var f finding
	var cpu time.Duration
	low, groups := 0, 0
	for second := 1; second < agents-1; second++ {
		for i := range shifts[1:] {
			shifts[i+1] = [2]int{statistics.CircularShift(rounds, r), statistics.CircularShift(rounds, r)}
		}
		took, bare, err := inTurns(ctx, second, func() error {
			low += seen.shared(kernel, second, shifts)
			return nil
		}, func() error { return seen.tallied(second, shifts) })
		if err != nil {
			return nil, err
		}
		here := second * (agents - 1 - second)
		ops := float64(here * len(shifts))
		f.values, f.against = append(f.values, float64(took)/ops), append(f.against, float64(bare)/ops)
		cpu, groups = cpu+took, groups+here
		s.tell()
	}
	f.note = fmt.Sprintf("all %d groups of 3 of %d agents with %d acts, %d rounds, each with %d surrogates: %.1f s of CPU time in all, with p values; %d groups have p <= 0.01",
		groups, agents, acts, rounds, draws, cpu.Seconds(), low)
	return []finding{f}, nil
}

// shared tests what the groups share whose middle agent is the second, and says how many have p <= 0.01, above or below.
func (p *parade) shared(kernel *information.GroupKernel, second int, shifts [][2]int) (low int) {
	columns := make([][]uint8, 3)
	for first := range second {
		for third := second + 1; third < len(p.twice); third++ {
			value, above, below := 0.0, 0, 0
			for i, shift := range shifts {
				columns[0], columns[1], columns[2] = p.turned(first, 0), p.turned(second, shift[0]), p.turned(third, shift[1])
				o := kernel.Value(columns).O()
				if i == 0 {
					value = o
				}
				if o >= value {
					above++
				}
				if o <= value {
					below++
				}
			}
			if 200*min(above, below) <= len(shifts) {
				low++
			}
		}
	}
	return low
}

// tallied only counts what shared counts.
func (p *parade) tallied(second int, shifts [][2]int) error {
	counts := make([]int32, acts*acts*acts)
	for first := range second {
		for third := second + 1; third < len(p.twice); third++ {
			for _, shift := range shifts {
				clear(counts)
				a, b, c := p.turned(first, 0), p.turned(second, shift[0]), p.turned(third, shift[1])
				for t := range a {
					counts[(int(a[t])*acts+int(b[t]))*acts+int(c[t])]++
				}
			}
			if n := total(counts); n != p.rounds {
				return fmt.Errorf("%d of %d samples were counted", n, p.rounds)
			}
		}
	}
	return nil
}
