package main

import (
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// known is a known number of scenarios.md, by simulation: mean and deviation of single runs.
type known struct {
	metric   string
	mean, sd float64
}

// within holds a metric against a known number of so many runs: "abs(mean_R - ref) < 4 * sqrt(se_ref^2 + se_R^2)".
func (k known) within(t *testing.T, doc contract, runs int) {
	t.Helper()
	m := doc.Metrics[k.metric]
	if m == nil || m["mean"] == nil || m["sd"] == nil {
		t.Errorf("%s: there is none in %v", k.metric, doc.Metrics)
		return
	}
	mean, _ := m["mean"].Float64()
	sd, _ := m["sd"].Float64()
	n, _ := m["n"].Float64()
	if n < 30 { // of so few it may be anything
		sd = max(sd, k.sd)
	}
	tolerance := 4 * math.Hypot(k.sd/math.Sqrt(float64(runs)), sd/math.Sqrt(n))
	verdict := "ok"
	if !(math.Abs(mean-k.mean) < tolerance) {
		verdict = "NOT OK"
		t.Errorf("%s is %.5g, known is %.5g; the difference is more than %.3g", k.metric, mean, k.mean, tolerance)
	}
	t.Logf("| %s | %.5g (%.3g; %.0f) | %.5g | %+.3g | %s |", k.metric, mean, sd, n, k.mean, mean-k.mean, verdict)
}

// long says whether what takes minutes is wanted.
var long = os.Getenv("POLIS_TEST_LONG") != ""

// few are the runs of a test: all that the source has, or as many as take a second or two.
func few(all, short int) int {
	if long {
		return all
	}
	return short
}

// scenarios.md 1.1: open vocabulary, complete graph (Baronchelli et al. 2006, physics/0512045), re-simulated. "Fix the seeds in
// continuous integration."
func TestNamingOpen(t *testing.T) {
	for _, c := range []struct {
		agents, runs, short            int
		conv, most, words, distinct    float64
		sdConv, sdMost, sdWords, sdOff float64
	}{
		{24, 2000, 200, 367.3, 88.1, 60.55, 11.97, 123.5, 27.7, 7.84, 1.70},
		{100, 1000, 20, 2488, 634.6, 401.1, 50.08, 559, 124.9, 33.4, 3.56},
		{400, 400, 0, 15033, 4727, 2835, 200.6, 2612, 634, 144, 7.0},
		{800, 200, 0, 36148, 13035, 7700, 399.6, 4903, 1334, 306, 10.0},
		{1600, 100, 0, 95716, 36888, 21444, 801.0, 12496, 3042, 570, 15.0},
		{3200, 40, 0, 256332, 107514, 60087, 1597, 27689, 7956, 1167, 21},
		{6400, 16, 0, 716002, 319154, 170640, 3211, 61277, 28271, 2675, 27},
	} {
		runs := few(c.runs, c.short)
		if runs == 0 {
			continue // POLIS_TEST_LONG
		}
		t.Run(strconv.Itoa(c.agents), func(t *testing.T) {
			doc := ordered(t, "naming", "--out", "none", "--agents", strconv.Itoa(c.agents), "--runs", strconv.Itoa(runs))
			for _, k := range []known{{"t_conv", c.conv, c.sdConv}, {"t_max", c.most, c.sdMost},
				{"words_max", c.words, c.sdWords}, {"distinct_max", c.distinct, c.sdOff}} {
				k.within(t, doc, c.runs)
			}
		})
	}
}

// scenarios.md 1.2: committed minority, binary naming game, N=1000, at most 500 sweeps, 40 runs.
func TestNamingCommitted(t *testing.T) {
	for _, c := range []struct {
		share       string
		runs, short int
		flips       float64
		sweeps, sd  float64
	}{
		{"0.06", 40, 0, 0, 0, 0},
		{"0.08", 40, 0, 0, 0, 0},
		{"0.09", 40, 0, .025, 0, 0},
		{"0.10", 40, 0, 1, 105.6, 40.0},
		{"0.11", 40, 0, 1, 54.2, 7.9},
		{"0.12", 40, 2, 1, 40.6, 4.3},
		{"0.15", 40, 3, 1, 27.7, 2.4},
	} {
		runs := few(c.runs, c.short)
		if runs == 0 {
			continue // POLIS_TEST_LONG
		}
		t.Run(c.share, func(t *testing.T) {
			doc := ordered(t, "naming", "--out", "none", "--agents", "1000", "--set", "words=2", "--set", "committed="+c.share, "--set", "max_rounds=500", "--runs", strconv.Itoa(runs))
			if c.flips == 0 || c.flips == 1 { // all runs of the reference alike: a few of ours could differ by chance near the threshold, none elsewhere
				if got := metric(doc, "flipped"); got != strconv.Itoa(int(c.flips)) {
					t.Errorf("flipped is %s, known is %v", got, c.flips)
				}
			} else {
				known{"flipped", c.flips, math.Sqrt(c.flips * (1 - c.flips))}.within(t, doc, c.runs)
			}
			if c.sweeps > 0 {
				known{"rounds_to_consensus", c.sweeps, c.sd}.within(t, doc, c.runs)
			}
		})
	}
}

// scenarios.md 1.3: closed vocabulary, the minimal model of Ashery, Aiello, Baronchelli. "The winning word is uniform over W: test
// with chi2 over runs."
func TestNamingClosed(t *testing.T) {
	for _, c := range []struct {
		agents, words, runs, short int
		rounds, sd                 float64
		rates                      []float64
	}{
		{50, 10, 1000, 100, 16.99, 5.32, []float64{.054, .162, .365, .651, .875, .961}},
		{100, 10, 600, 0, 20.29, 4.91, []float64{.051, .148, .296, .511, .790, .939}},
		{200, 10, 300, 0, 24.01, 5.65, []float64{.049, .141, .261, .393, .658, .875}},
		{200, 26, 300, 0, 25.37, 5.53, []float64{.021, .063, .154, .281, .541, .812}},
	} {
		runs := few(c.runs, c.short)
		if runs == 0 {
			continue // POLIS_TEST_LONG
		}
		t.Run(strconv.Itoa(c.agents)+"x"+strconv.Itoa(c.words), func(t *testing.T) {
			doc := ordered(t, "naming", "--out", "none", "--agents", strconv.Itoa(c.agents), "--set", "vocabulary=closed",
				"--set", "words="+strconv.Itoa(c.words), "--runs", strconv.Itoa(runs))
			known{"rounds_to_consensus", c.rounds, c.sd}.within(t, doc, c.runs)
			for i, r := range []string{"1", "2", "5", "10", "15", "20"} {
				name := "success_" + r
				sd, _ := doc.Metrics[name]["sd"].Float64() // theirs is not known: as ours
				known{name, c.rates[i], sd}.within(t, doc, c.runs)
			}
			uniform(t, doc, runs, c.words)
		})
	}
}

// uniform holds the winners of runs against a uniform distribution.
func uniform(t *testing.T, doc contract, runs, words int) {
	t.Helper()
	chi, names, want := 0.0, 0, float64(runs)/float64(words)
	for name, m := range doc.Metrics {
		if strings.HasPrefix(name, "winner.") {
			mean, _ := m["mean"].Float64()
			won := mean * float64(runs)
			chi += (won - want) * (won - want) / want
			names++
		}
	}
	limit := map[int]float64{10: 27.88, 26: 52.62}[words] // 0.1 % of 9 and of 25 degrees of freedom
	if names != words || chi > limit {
		t.Errorf("the winners of %d names: chi2 %.1f, accepted is %.1f", names, chi, limit)
	}
	t.Logf("| winners | chi2 %.1f | < %.1f | | |", chi, limit)
}

// scenarios.md 1.4, of rules alone: both choose at once and remember the last games. All runs reach consensus, on any of the
// names alike; without a memory none does, and choices agree as often as chance has it.
func TestNamingMemory(t *testing.T) {
	runs := few(1000, 100)
	doc := ordered(t, "naming", "--out", "none", "--set", "rule=memory", "--runs", strconv.Itoa(runs))
	if n := doc.Metrics["rounds_to_consensus"]["n"].String(); n != strconv.Itoa(runs) {
		t.Errorf("%s of %d runs agreed", n, runs)
	}
	known{"success_1", .1, 0}.within(t, doc, 1) // of ten names; in the first round nobody remembers much
	uniform(t, doc, runs, 10)
	doc = ordered(t, "naming", "--out", "none", "--set", "rule=memory", "--set", "memory=0", "--set", "max_rounds=30", "--runs", strconv.Itoa(few(200, 20)))
	if doc.Metrics["rounds_to_consensus"] != nil {
		t.Errorf("without a memory: %v", doc.Metrics)
	}
	for _, r := range []string{"1", "10", "20"} {
		known{"success_" + r, .1, 0}.within(t, doc, 1)
	}
	known{"payoff", .1*100 - .9*50, 0}.within(t, doc, 1)
}

// What is not accepted is said in a line.
func TestNamingUsage(t *testing.T) {
	for args, want := range map[string]string{
		"--pace rounds":     "--pace rounds: in naming accepted is sequential",
		"--mind memory":     `mind "memory"; accepted with rule=minimal are minimal`,
		"--set committed=2": `parameter committed is "2"; accepted is a share from 0 to 1`,
		"--agents 1":        "1 agents; accepted are 2 to 100000",
		"--set vocabulary=open --set rule=memory": "closed with rule=memory",
	} {
		try(t, append([]string{"run", "naming", "--out", "none"}, strings.Fields(args)...)...).oneLine(t, exitUsage, want)
	}
}
