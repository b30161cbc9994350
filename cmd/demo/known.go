package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/experiment"
)

// knownCommand holds the scenarios against what is known of them.
type knownCommand struct {
	Scenario string `arg:"" optional:"" help:"Which scenario (default: all)."`
	Runs     count  `placeholder:"R" help:"Runs of ours for each result in which chance takes part, from 2 (default: a few, with --long many)."`
	Seed     seed   `placeholder:"S" default:"1" help:"Of the first run of each; the others follow (default ${default})."`
	Long     bool   `help:"More runs, and also of what takes long: hours."`
	JSON     bool   `name:"json" help:"Print one JSON document."`
	Quiet    bool   `help:"Do not tell how far it is."`
}

// Run carries out the command.
func (c *knownCommand) Run(ctx context.Context, p *process, level *logLevel) error {
	if c.Runs == 1 {
		return badUsage("--runs 1; accepted is a whole number from 2: one run does not say how much runs differ")
	}
	r := &player{process: p, level: level.or(false), building: &sync.Mutex{}, undigested: true}
	findings, err := c.findings(p, r)
	if err != nil {
		return err
	}
	if err := c.play(ctx, p, r, findings); err != nil {
		return err
	}
	doc := &knownDocument{Seed: uint64(c.Seed), Rule: tolerance, Findings: findings}
	for i := range findings {
		findings[i].judge()
		doc.count(&findings[i])
	}
	if err := c.tell(p, doc); err != nil {
		return err
	}
	if doc.Beyond > 0 {
		return fmt.Errorf("%s of ours beyond the tolerance", plural(doc.Beyond, "number"))
	}
	return nil
}

// finding is a known result and what became of it here.
type finding struct {
	Scenario string       `json:"scenario"`
	Name     string       `json:"name"`
	Source   string       `json:"source"`
	Kind     string       `json:"kind"`
	Command  string       `json:"command,omitempty"` // runs ours again
	NotRun   string       `json:"not_run,omitempty"` // why
	Numbers  []comparison `json:"numbers"`

	reference *polis.Reference
	named     []string // metrics in the order they are shown
	specs     []experiment.Spec
	runs      []metrics // of specs
}

// findings says what is to be run, once all of it has turned out to be possible.
func (c *knownCommand) findings(p *process, r *player) ([]finding, error) {
	var all []finding
	var names []string
	for i := range p.scenarios {
		s := &p.scenarios[i]
		if len(s.References) > 0 {
			names = append(names, s.Name)
		}
		if c.Scenario != "" && c.Scenario != s.Name {
			continue
		}
		for j := range s.References {
			f, err := c.finding(p, r, s, &s.References[j])
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", s.Name, s.References[j].Name, err)
			}
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		return nil, unknown("scenario of which numbers are known", c.Scenario, names)
	}
	return bySection(all), nil
}

// finding plans one.
func (c *knownCommand) finding(p *process, r *player, s *polis.Scenario, ref *polis.Reference) (finding, error) {
	f := finding{Scenario: s.Name, Name: ref.Name, Source: ref.Source, Kind: ref.Kind, Numbers: []comparison{}, reference: ref, named: s.Metrics}
	n := c.runsOf(ref.Known)
	switch {
	case ref.Known == nil && ref.Kind == "model":
		f.NotRun = "of a language model"
	case ref.Known == nil:
		f.NotRun = "nobody has said how"
	case n == 0:
		f.NotRun = "takes long"
	}
	if f.NotRun != "" {
		return f, nil
	}
	k := ref.Known
	for i := range n {
		f.specs = append(f.specs, experiment.Spec{Scenario: s.Name, Agents: k.Agents, Rounds: k.Rounds, Minds: k.Minds, Settings: k.Settings, Seed: uint64(c.Seed) + uint64(i)})
	}
	f.runs = make([]metrics, n)
	pl, err := r.plan(&f.specs[0])
	if err != nil {
		return f, err
	}
	pl.runs = n
	f.Command = pl.command(p.program)
	return f, nil
}

// runsOf is how many runs of ours it takes; 0: it is left out.
func (c *knownCommand) runsOf(k *polis.Known) int {
	if k == nil {
		return 0
	}
	n := k.Quick
	if c.Long && k.Long > 0 {
		n = k.Long
	}
	if n > 1 && c.Runs > 0 {
		n = int(c.Runs)
	}
	return n
}

// play plays all runs, as many at once as there are threads. One that fails ends the others.
func (c *knownCommand) play(ctx context.Context, p *process, r *player, findings []finding) error {
	type job struct{ finding, run int }
	var jobs []job
	for i := range findings {
		for j := range findings[i].specs {
			jobs = append(jobs, job{i, j})
		}
	}
	progress := &progress{total: len(jobs), redraws: p.redraws, now: p.now, last: p.now()}
	if !c.Quiet {
		progress.w = p.stderr
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := make(chan job)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(jobs)) {
		workers.Go(func() {
			for j := range todo {
				if ctx.Err() != nil {
					continue // it is not played
				}
				f := &findings[j.finding]
				played, err := r.play(ctx, f.specs[j.run], nil)
				if err != nil {
					cancel(fmt.Errorf("%s, %s, seed %d: %w", f.Scenario, f.Name, f.specs[j.run].Seed, err))
					continue
				}
				f.runs[j.run] = played.Metrics
				progress.step()
			}
		})
	}
	for _, j := range jobs {
		todo <- j
	}
	close(todo)
	workers.Wait()
	progress.end()
	err := context.Cause(ctx)
	if errors.Is(err, context.Canceled) {
		return errInterrupted
	}
	return err
}

// judge compares what was played.
func (f *finding) judge() {
	if f.NotRun != "" {
		return
	}
	ours := map[string]statistic{}
	for _, s := range aggregateMetrics(nil, f.runs) {
		ours[s.name] = s
	}
	rest := sortedKeys(f.reference.Metrics)
	var named []string
	for _, name := range f.named {
		if i := slices.Index(rest, name); i >= 0 {
			named, rest = append(named, name), slices.Delete(rest, i, i+1)
		}
	}
	for _, name := range append(named, rest...) {
		f.Numbers = append(f.Numbers, compare(name, f.reference.Metrics[name], f.reference.Known, ours[name]))
	}
}

// bySection puts together what is told together, in the order in which each begins.
func bySection(all []finding) (sorted []finding) {
	var sections []string
	of := map[string][]finding{}
	for i := range all {
		s := all[i].section()
		if of[s] == nil {
			sections = append(sections, s)
		}
		of[s] = append(of[s], all[i])
	}
	for _, s := range sections {
		sorted = append(sorted, of[s]...)
	}
	return sorted
}

// section says under which title a finding is told.
func (f *finding) section() string { return f.Scenario + ": " + strings.TrimSuffix(f.Source, ".") }

// knownDocument is what known --json prints.
type knownDocument struct {
	Seed     uint64    `json:"seed"` // of the first run of each
	Rule     string    `json:"rule"`
	Within   int       `json:"within"` // numbers
	Beyond   int       `json:"beyond"`
	NotRun   int       `json:"not_run"` // results
	Findings []finding `json:"results"`

	reasons map[string]int // why results were not run
}

// count counts a finding that was judged.
func (d *knownDocument) count(f *finding) {
	if f.NotRun != "" {
		if d.reasons == nil {
			d.reasons = map[string]int{}
		}
		d.NotRun++
		d.reasons[f.NotRun]++
	}
	for i := range f.Numbers {
		if f.Numbers[i].Verdict == verdictWithin {
			d.Within++
		} else {
			d.Beyond++
		}
	}
}
