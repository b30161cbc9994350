package commons

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

// Known results of scripted policies: exact, "split of over-demand round robin". survival, gain, efficiency, equality,
// overuse.
var scripted = []struct {
	minds        string
	m, gain, u   float64
	e, o         float64
	overdemanded bool   // in the last month, so that e, and who is above the share, depend on the split
	policy       string // as the reference has it
}{
	{minds: "5*fixed:10", m: 12, gain: 120, u: 1, e: 1, o: 0, policy: "10 every month"},
	{minds: "5*sustainable", m: 12, gain: 120, u: 1, e: 1, o: 0, policy: "floor(floor(h/2)/5)"},
	{minds: "5*fixed:5", m: 12, gain: 60, u: .5, e: 1, o: 0, policy: "5 every month"},
	{minds: "5*fixed:20", m: 1, gain: 20, u: 1. / 6, e: 1, o: 1, policy: "h/5"},
	{minds: "5*greedy", m: 1, gain: 20, u: 1. / 6, e: 1, o: 1, overdemanded: true, policy: "everything"},
	{minds: "5*fixed:11", m: 4, gain: 39, u: .325, e: 1, o: 1, overdemanded: true, policy: "11 every month"},
	// Ours: who only answers, and who makes promises, both live for ever among their own kind.
	{minds: "5*reciprocal", m: 12, gain: 120, u: 1, e: 1, o: 0},
	{minds: "5*covenant", m: 12, gain: 120, u: 1, e: 1, o: 0},
}

func TestScriptedMindsGiveTheKnownNumbers(t *testing.T) {
	for _, c := range scripted {
		for _, set := range []string{" split=round-robin", " split=round-robin talk=false", " split=random"} {
			for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential} {
				t.Run(fmt.Sprintf("%s %s%s %s", c.policy, c.minds, set, pace), func(t *testing.T) {
					r := play(t, build(t, c.minds+set), polis.Config{Seed: 7, Rounds: 12, Pace: pace})
					q := 0.0
					if c.m == 12 {
						q = 1
					}
					want := map[string]float64{SurvivalTime: c.m, SurvivalRate: q, Gain: c.gain, Efficiency: c.u}
					// "With the random unit split m, gain and u stay exact and e moves slightly."
					if set != " split=random" || !c.overdemanded {
						want[Equality], want[Overuse] = c.e, c.o
					}
					got := Measure(r)
					for name, w := range want {
						if math.Abs(got[name]-w) > 1e-6 {
							t.Errorf("%s is %v, want %v", name, got[name], w)
						}
					}
					if r.DecidedBy["rules"] != 5*int(c.m) || !r.Reproducible {
						t.Errorf("%v decided, reproducible %v", r.DecidedBy, r.Reproducible)
					}
				})
			}
		}
	}
}

// Known results of random policies: "demand uniform in {0..k}, independent per agent and month; round-robin split; 4000
// runs". The spread is known of survival alone; for the others the sample's own stands for both.
var uniform = []struct {
	k             int
	m, sd, q      float64
	gain, u, e, o float64
}{
	{k: 8, m: 12, q: 1, gain: 48.0, u: .400, e: .914, o: 0},
	{k: 10, m: 12, q: 1, gain: 60.1, u: .501, e: .917, o: 0},
	{k: 12, m: 12, q: 1, gain: 72.0, u: .600, e: .918, o: .154},
	{k: 25, m: 2.93, sd: 1.13, q: 0, gain: 31.7, u: .264, e: .840, o: .709},
	{k: 40, m: 1.47, sd: .56, q: 0, gain: 22.1, u: .185, e: .787, o: .797},
}

func TestRandomMindsGiveTheKnownNumbers(t *testing.T) {
	runs := 1000
	if raceEnabled {
		runs = 100
	}
	for _, c := range uniform {
		t.Run(fmt.Sprintf("0-%d", c.k), func(t *testing.T) {
			t.Parallel()
			samples := playMany(t, fmt.Sprintf("5*random:0-%d split=round-robin", c.k), runs)
			for _, known := range []struct {
				name       string
				value, sd  float64
				sdIsSample bool
			}{
				{SurvivalTime, c.m, c.sd, false}, {SurvivalRate, c.q, 0, false},
				{Gain, c.gain, 0, true}, {Efficiency, c.u, 0, true}, {Equality, c.e, 0, true}, {Overuse, c.o, 0, true},
			} {
				mean, sd := meanAndSD(samples[known.name])
				if known.sdIsSample {
					known.sd = sd
				}
				// section 0.1: abs(mean_R - ref) < 4 sqrt(se_ref^2 + se_R^2); without any spread they are equal
				bound := 4 * math.Sqrt(known.sd*known.sd/4000+sd*sd/float64(runs))
				if math.Abs(mean-known.value) > bound+1e-6 {
					t.Errorf("%s is %.4f (sd %.4f, %d runs), known is %v: off by %.4f, accepted is %.4f",
						known.name, mean, sd, runs, known.value, mean-known.value, bound)
				}
				t.Logf("%-14s %8.4f sd %.4f, known %v, accepted within %.4f", known.name, mean, sd, known.value, bound)
			}
		})
	}
}

// playMany runs a society with seeds 1, 2, … and collects its metrics.
func playMany(t *testing.T, order string, runs int) map[string][]float64 {
	s := build(t, order)
	samples := make(map[string][]float64)
	var mu sync.Mutex
	var wg sync.WaitGroup
	seeds := make(chan uint64)
	for range 4 {
		wg.Go(func() {
			for seed := range seeds {
				m := Measure(play(t, s, polis.Config{Seed: seed, Rounds: 12, Undigested: true}))
				mu.Lock()
				for name, v := range m {
					samples[name] = append(samples[name], v)
				}
				mu.Unlock()
			}
		})
	}
	for seed := range uint64(runs) {
		seeds <- seed + 1
	}
	close(seeds)
	wg.Wait()
	return samples
}

func meanAndSD(x []float64) (mean, sd float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sd += (v - mean) * (v - mean) / float64(len(x)-1)
	}
	return mean, math.Sqrt(sd)
}
