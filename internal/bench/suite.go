package bench

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Options of a run. The zero value is the measurement that counts, but where a server is needed; less of everything is
// for tests.
type Options struct {
	Reps     int            // pairs; 0: 20
	Least    time.Duration  // CPU time of one side in a pair; 0: 50 ms
	Agents   int            // actors at once, where that is what is measured; 0: 100,000
	For      time.Duration  // of the promise that takes a minute, all others in proportion; 0: 1 min
	Only     []string       // results; none: all
	Progress func(Progress) // called after every pair, every second of a long run, and every result, by Run itself; nil: nobody

	// Serve makes the command of a stand-in that is to judge an adapter: a process that takes the flags of `demo model`,
	// and tells its URL on the first line of its stdout.
	Serve func(flags ...string) *exec.Cmd
}

// Progress says how far a run is.
type Progress struct {
	Name         string        // of the result being measured, the first of several that come of one run
	Index, Count int           // which result, from 1, of how many
	Pair, Pairs  int           // pairs done, of how many; of a long run: seconds
	Left         time.Duration // until the end of all, about
	Result       *Result       // once it is there
}

// part of a suite gives one result, or several that come of the same run.
type part interface {
	claims() []claim
	lasts(Options) time.Duration // about
	run(ctx context.Context, o Options, progress func(done, of int)) ([]Result, error)
}

// claim is what a result is held against; without a goal or a yardstick it is only told.
type claim struct{ name, unit, goal, yardstick string }

// suites by name. A suite is made when it is run.
var suites = map[string]func() []part{
	"adapter":   adapterSuite,
	"emergence": emergenceSuite,
	"engine":    engineSuite,
	"protocol":  protocolSuite,
	"journal":   journalSuite,
}

// Names of the suites, in order.
func Names() []string {
	names := make([]string, 0, len(suites))
	for name := range suites {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Results that a suite has, by name, in order; none: there is no such suite.
func Results(suite string) (names []string) {
	if parts, ok := suites[suite]; ok {
		for _, p := range parts() {
			for _, c := range p.claims() {
				names = append(names, c.name)
			}
		}
	}
	return names
}

// Run runs a suite. It ends early, with ctx's error: at once where it waits, else between two measurements, each of which
// takes less than a second, but for those of the journal of a million entries, and the making of it.
func Run(ctx context.Context, name string, o Options) (*Report, error) {
	suite, ok := suites[name]
	if !ok {
		return nil, fmt.Errorf("bench: no suite %q; there are: %s", name, strings.Join(Names(), ", "))
	}
	for _, only := range o.Only {
		if all := Results(name); !slices.Contains(all, only) {
			return nil, fmt.Errorf("bench: no result %q; accepted are %s", only, strings.Join(all, ", "))
		}
	}
	o = o.filled()
	parts := slices.DeleteFunc(suite(), func(p part) bool { return !slices.ContainsFunc(p.claims(), o.wants) })
	var left time.Duration
	p := Progress{}
	for _, part := range parts {
		left += part.lasts(o)
		for _, c := range part.claims() {
			if o.wants(c) {
				p.Count++
			}
		}
	}
	report := &Report{Bench: name, Machine: thisMachine()}
	p.Index = 1
	for _, part := range parts {
		begun := time.Now()
		p.Name = part.claims()[slices.IndexFunc(part.claims(), o.wants)].name
		results, err := part.run(ctx, o, func(done, of int) {
			p.Pair, p.Pairs, p.Left = done, of, max(left-time.Since(begun), left-part.lasts(o))
			o.Progress(p)
		})
		if err != nil {
			return nil, err
		}
		left -= part.lasts(o)
		for _, r := range results {
			if !o.wants(claim{name: r.Name}) {
				continue
			}
			report.Results = append(report.Results, r)
			p.Name, p.Left, p.Result = r.Name, left, &r
			o.Progress(p)
			p.Result = nil
			p.Index++
		}
	}
	return report, nil
}

// wants says whether a result is asked for.
func (o Options) wants(c claim) bool { return len(o.Only) == 0 || slices.Contains(o.Only, c.name) }

// filled puts the defaults where nothing is set.
func (o Options) filled() Options {
	if o.Reps <= 0 {
		o.Reps = 20
	}
	if o.Least <= 0 {
		o.Least = 50 * time.Millisecond
	}
	if o.Agents <= 0 {
		o.Agents = 100_000
	}
	if o.For <= 0 {
		o.For = time.Minute
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	return o
}
