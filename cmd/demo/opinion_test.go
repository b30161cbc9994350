package main

import (
	"math"
	"strconv"
	"testing"
)

// scenarios.md 6.1: the voter model on the complete graph. "P(consensus at 1) = x0", and the time from birth-death theory: both
// exact. The deviation of single runs is that of 4000 simulated runs.
func TestVoter(t *testing.T) {
	for _, c := range []struct {
		agents, all, short int
		x0                 string
		up, sweeps, sd     float64
	}{{50, 2000, 40, "0.5", .5, 33.4791, 25.46}, {50, 2000, 40, "0.3", .3, 29.4485, 25.46}, {200, 200, 0, "0.5", .5, 137.44, 99.8}, {200, 200, 0, "0.3", .3, 121.0661, 99.8}} {
		if exact := sweepsOf(c.agents, int(c.up*float64(c.agents))); math.Abs(exact-c.sweeps) > 1e-4 {
			t.Errorf("%d agents, x0 %s: birth-death theory gives %.5f, and not %.4f", c.agents, c.x0, exact, c.sweeps)
		}
		runs := few(c.all, c.short)
		if runs == 0 {
			continue // POLIS_TEST_LONG
		}
		doc := ordered(t, "opinion", "--out", "none", "--agents", strconv.Itoa(c.agents), "--set", "x0="+c.x0, "--runs", strconv.Itoa(runs))
		known{"exit_up", c.up, math.Sqrt(c.up * (1 - c.up))}.within(t, doc, 1_000_000_000) // exact: sd only for so few runs
		known{"sweeps", c.sweeps, c.sd}.within(t, doc, 1_000_000_000)
		exactly(t, doc, "consensus", 1, 0)
	}
}

// sweepsOf is the mean time, in sweeps, until n voters agree, of whom k are at 1: the steps of the birth-death chain, which
// goes up and down with k (n-k) / (n (n-1)) each. Sojourns in j come as often as a fair walk from k is there.
func sweepsOf(n, k int) float64 {
	sum := 0.0
	for j := 1; j < n; j++ {
		p := float64(j) * float64(n-j) / (float64(n) * float64(n-1))
		visits := float64(min(j, k)) * float64(n-max(j, k)) / float64(n) // of the walk, in both directions
		sum += visits / p
	}
	return sum / float64(n)
}

// scenarios.md 6.1: on a ring, x0 = .5 at random places, 600 runs: T/N^2 is about .10.
func TestVoterOnARing(t *testing.T) {
	for _, c := range []struct {
		agents, all, short int
		mean               float64
	}{{20, 600, 20, .104}, {40, 100, 0, .106}, {80, 40, 0, .100}} {
		if runs := few(c.all, c.short); runs > 0 {
			doc := ordered(t, "opinion", "--out", "none", "--agents", strconv.Itoa(c.agents), "--set", "graph=ring", "--runs", strconv.Itoa(runs))
			square := float64(c.agents * c.agents)
			known{"sweeps", c.mean * square, .08 * square}.within(t, doc, 600)
			exactly(t, doc, "consensus", 1, 0)
		}
	}
}

// scenarios.md 6.2: W = [[.5,.5,0],[.25,.5,.25],[0,.5,.5]], x0 = (1,0,0): all converge to .25. "Deterministic checks compare
// exactly (fractions to 1e-6)."
func TestDeGroot(t *testing.T) {
	doc := ordered(t, "opinion", "--out", "none", "--set", "model=degroot")
	exactly(t, doc, "mean", .25, 1e-6)
	exactly(t, doc, "spread", 0, 1e-6)
	exactly(t, doc, "clusters", 1, 0)
	doc = ordered(t, "opinion", "--out", "none", "--set", "model=degroot", "--set", "graph=complete", "--agents", "8", "--set", "x0=0.75")
	exactly(t, doc, "mean", .75, 1e-6) // all weigh the same there
	exactly(t, doc, "spread", 0, 1e-6)
}

// scenarios.md 6.3: Hegselmann and Krause, n = 625, uniform random start, 50 seeds of a bare loop.
func TestHegselmannKrause(t *testing.T) {
	for _, c := range []struct {
		eps                     string
		short                   int
		clusters, sd, consensus float64
	}{
		{"0.01", 0, 37.92, 1.93, 0}, {"0.05", 2, 7.90, .74, 0}, {"0.1", 3, 3.96, .53, 0}, {"0.15", 0, 2.54, .58, 0},
		{"0.19", 0, 2.02, .32, .04}, {"0.22", 0, 1.46, .50, .54}, {"0.23", 0, 1.18, .39, .82}, {"0.3", 2, 1, 0, 1},
	} {
		if runs := few(50, c.short); runs > 0 {
			doc := ordered(t, "opinion", "--out", "none", "--set", "model=hk", "--set", "eps="+c.eps, "--runs", strconv.Itoa(runs))
			known{"clusters", c.clusters, c.sd}.atMost(t, doc, 50)
			known{"consensus", c.consensus, math.Sqrt(c.consensus * (1 - c.consensus))}.atMost(t, doc, 50)
		}
	}
}

// scenarios.md 6.4: Deffuant, N = 1000, mu = .5, 300 N meetings, 30 runs of a bare loop. Ours ends as soon as what can happen
// cannot change a cluster.
func TestDeffuant(t *testing.T) {
	for _, c := range []struct {
		eps                     string
		short                   int
		clusters, sd, consensus float64
	}{
		{"0.1", 0, 4.43, .50, 0}, {"0.15", 0, 2.87, .35, 0}, {"0.2", 2, 2, 0, 0},
		{"0.25", 0, 1.97, .18, .03}, {"0.27", 0, 1.53, .51, .47}, {"0.3", 0, 1, 0, 1},
	} {
		if runs := few(30, c.short); runs > 0 {
			doc := ordered(t, "opinion", "--out", "none", "--set", "model=deffuant", "--set", "eps="+c.eps, "--runs", strconv.Itoa(runs))
			known{"clusters", c.clusters, c.sd}.atMost(t, doc, 30)
			known{"consensus", c.consensus, math.Sqrt(c.consensus * (1 - c.consensus))}.atMost(t, doc, 30)
		}
	}
}
