package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Options of a run. The zero value is the measurement that counts; less of everything is for tests.
type Options struct {
	Reps     int            // pairs; 0: 20
	Least    time.Duration  // CPU time of one side in a pair; 0: 50 ms
	Agents   int            // actors at once, where that is what is measured; 0: 100,000
	Progress func(Progress) // called after every pair and every result, by Run itself; nil: nobody
}

// Progress says how far a run is.
type Progress struct {
	Name         string  // of the result being measured
	Index, Count int     // which result, from 1, of how many
	Pair, Pairs  int     // pairs done, of how many
	Result       *Result // once all its pairs are done
}

// suites by name. A suite is made when it is run.
var suites = map[string]func() []contest{
	"adapter": adapterSuite,
	"engine":  engineSuite,
	"journal": journalSuite,
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

// Run runs a suite. It ends early, with ctx's error, between two measurements, each of which takes less than a second, but
// for those of the journal of a million entries, and the making of it.
func Run(ctx context.Context, name string, o Options) (*Report, error) {
	suite, ok := suites[name]
	if !ok {
		return nil, fmt.Errorf("bench: no suite %q; there are: %s", name, strings.Join(Names(), ", "))
	}
	o = o.filled()
	contests := suite()
	report := &Report{Bench: name, Machine: thisMachine()}
	for i, c := range contests {
		p := Progress{Name: c.name, Index: i + 1, Count: len(contests), Pairs: o.Reps}
		r, err := c.run(ctx, o, func(pair int) {
			p.Pair = pair
			o.Progress(p)
		})
		if err != nil {
			return nil, err
		}
		report.Results = append(report.Results, r)
		p.Result = &r
		o.Progress(p)
	}
	return report, nil
}

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
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	return o
}
