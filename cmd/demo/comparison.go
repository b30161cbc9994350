package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/polis-agents/polis"
)

// The verdicts on a number of ours.
const (
	verdictWithin  = "within"
	verdictBeyond  = "beyond"
	verdictMissing = "missing" // no run of ours had it; it counts as beyond
)

// tolerance is the rule, for people.
const tolerance = "ours and theirs differ by less than 4 standard errors of both means together; where neither varies, by 1e-6 at most"

const (
	mostErrors = 4    // standard errors
	slack      = 1e-6 // of numbers that do not vary
	fewRuns    = 30   // of fewer, the deviation may come out far too small by chance: theirs stands for it where it is greater
)

// comparison is a number of ours beside theirs.
type comparison struct {
	Metric   string   `json:"metric"`
	Theirs   float64  `json:"theirs"`
	TheirSE  float64  `json:"theirs_se"` // standard error of their mean
	TheirN   int      `json:"theirs_n"`  // runs; 0: it is exact
	Ours     *float64 `json:"ours"`      // nil: no run of ours had it
	OurSE    float64  `json:"ours_se"`
	OurN     int      `json:"ours_n"`
	InErrors *float64 `json:"difference_se"` // ours less theirs, in standard errors of both together; nil: neither varies
	Verdict  string   `json:"verdict"`
}

// compare judges a number of ours by the tolerance.
func compare(name string, theirs float64, k *polis.Known, ours statistic) comparison {
	c := comparison{Metric: name, Theirs: theirs, TheirN: k.N, OurN: ours.N, Verdict: verdictMissing}
	if ours.N == 0 {
		return c
	}
	own := 0.0
	if ours.SD != nil {
		own = *ours.SD
	}
	sd, told := k.SD[name]
	if told && ours.N < fewRuns {
		own = max(own, sd)
	}
	if !told {
		sd = own
	}
	c.Ours, c.OurSE = &ours.Mean, own/math.Sqrt(float64(ours.N))
	if k.N > 0 {
		c.TheirSE = sd / math.Sqrt(float64(k.N))
	}
	difference, se := ours.Mean-theirs, math.Hypot(c.TheirSE, c.OurSE)
	if se > slack {
		in := difference / se
		c.InErrors = &in
	}
	if c.Verdict = verdictBeyond; math.Abs(difference) < mostErrors*se || math.Abs(difference) <= slack+k.Rounded[name] {
		c.Verdict = verdictWithin
	}
	return c
}

// tell prints what came out.
func (c *knownCommand) tell(p *process, d *knownDocument) error {
	if c.JSON {
		return writeJSON(p.stdout, d)
	}
	out := &output{w: p.stdout, broken: func(error) {}}
	writeKnown(out, d)
	if out.err != nil {
		return fmt.Errorf("stdout: %w", out.err)
	}
	return nil
}

// writeKnown prints a table for each source.
func writeKnown(w io.Writer, d *knownDocument) {
	var t *tabwriter.Writer
	section := ""
	for i := range d.Findings {
		f := &d.Findings[i]
		if f.section() != section {
			if t != nil {
				_ = t.Flush() // w remembers what went wrong
				fmt.Fprintln(w)
			}
			section = f.section()
			fmt.Fprintln(w, section)
			t = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "  what\tmetric\ttheirs ± se (runs)\tours ± se (runs)\tdifference\tverdict")
		}
		if f.NotRun != "" {
			fmt.Fprintf(t, "  %s\t%s\t\t\t\tnot run: %s\n", f.Name, plural(len(f.reference.Metrics), "metric"), f.NotRun)
		}
		name := f.Name
		for _, n := range f.Numbers {
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\n", name, strings.ReplaceAll(n.Metric, "_", " "), n.theirs(), n.ours(), n.difference(), n.Verdict)
			name = ""
		}
	}
	_ = t.Flush()
	fmt.Fprintf(w, "\n%s within, %d beyond", plural(d.Within, "number"), d.Beyond)
	for _, reason := range sortedKeys(d.reasons) {
		fmt.Fprintf(w, "; %s not run: %s", plural(d.reasons[reason], "result"), reason)
	}
	fmt.Fprintf(w, "\nseeds of ours from %d; within: %s\n", d.Seed, tolerance)
}

func (c *comparison) theirs() string {
	if c.TheirN == 0 {
		return short(c.Theirs) + ", exact"
	}
	if c.TheirSE <= slack {
		return fmt.Sprintf("%s (%d)", short(c.Theirs), c.TheirN)
	}
	return fmt.Sprintf("%s ± %s (%d)", short(c.Theirs), rounded(c.TheirSE, c.TheirSE), c.TheirN) // as it was published
}

func (c *comparison) ours() string {
	if c.Ours == nil {
		return "none"
	}
	return spread(*c.Ours, c.OurSE, c.OurN)
}

func spread(mean, se float64, n int) string {
	if se <= slack {
		return fmt.Sprintf("%s (%d)", short(mean), n)
	}
	return fmt.Sprintf("%s ± %s (%d)", rounded(mean, se), rounded(se, se), n)
}

// rounded is a number to two digits of its standard error.
func rounded(x, se float64) string {
	return strconv.FormatFloat(x, 'f', max(0, 1-int(math.Floor(math.Log10(se)))), 64)
}

// difference in standard errors; where there are none, as it is.
func (c *comparison) difference() string {
	switch {
	case c.Ours == nil:
		return ""
	case c.InErrors != nil:
		return fmt.Sprintf("%+.1f se", math.Round(*c.InErrors*10)/10+0) // + 0: no -0.0
	case math.Abs(*c.Ours-c.Theirs) <= slack:
		return "none"
	}
	return fmt.Sprintf("%+.4g", *c.Ours-c.Theirs)
}
