package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/report"
)

// forkCommand begins a run that shares its past with a kept one.
type forkCommand struct {
	Dir string `arg:"" placeholder:"DIR" help:"The directory of a kept run."`
	At  count  `placeholder:"N" required:"" help:"The last round that both share."`

	Set              []string `placeholder:"K=V" sep:"none" help:"A parameter of the scenario, from then on; repeatable."`
	Mind             []string `placeholder:"[N*]NAME[:ARG]" sep:"none" help:"Who decides from then on, for all agents; repeatable. Who has another mind begins afresh."`
	Rounds           count    `placeholder:"N" help:"How many rounds, with those that are shared."`
	Seed             *seed    `placeholder:"S" help:"Another chance from then on."`
	Model            *string  `placeholder:"SPEC" help:"Who answers agents of mind model from then on."`
	ModelLimit       *string  `placeholder:"K=V,…" help:"As for run."`
	SecondModel      *string  `placeholder:"SPEC" help:"Who is asked from then on when the model could not decide, as for run; none: nobody."`
	SecondModelLimit *string  `placeholder:"K=V,…" help:"As for run."`
	Record           string   `placeholder:"FILE" help:"As for run."`
	Prices           *string  `placeholder:"FILE" help:"As for run."`
	Budget           *string  `placeholder:"K=V,…" help:"As for run; what the past has cost counts."`
	Chaos            *string  `placeholder:"SPEC,…" help:"Seeded faults from then on, as for run."`
	Deadline         *span    `placeholder:"D" help:"As for run."`
	Delay            *pause   `placeholder:"D" help:"As for run."`
	Out              *string  `placeholder:"DIR" help:"Where the fork is kept (default runs/ID)."`
	Journal          *string  `placeholder:"WHERE" help:"Where its turns are recorded: sqlite (default), or postgres:DSN as for a run whose turns are there."`
	Events           bool     `help:"Also write events.jsonl."`
	JSON             bool     `name:"json" help:"Print one JSON document and nothing else."`
	Plain            bool     `help:"Print plain lines, as in a pipe."`
	Quiet            bool     `help:"Print the result only."`
	instrumentFlags
}

// forking is the past that a fork shares.
type forking struct {
	of *keptRun
	at int
}

// Run carries out the command.
func (c *forkCommand) Run(ctx context.Context, p *process, level *logLevel) (err error) {
	if c.Out != nil && *c.Out == nowhere {
		return badUsage("--out %s; accepted is a directory for the fork", nowhere)
	}
	if c.Journal != nil {
		if to, err := readKeeping(*c.Journal); err != nil || !to.durable() {
			return errors.Join(err, badUsage("--journal %s; accepted are %s and %s:DSN", to.kind, inFile, inDatabase))
		}
	}
	if _, err := c.instrumentFlags.read(p); err != nil {
		return err
	}
	k, err := lookAt(ctx, c.Dir)
	if err != nil {
		return err
	}
	if k.database == "" {
		_, err = k.open(ctx, nil)
	} else {
		_, err = k.open(ctx, c.Journal)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	epochs, err := p.epochs(ctx, k.store)
	if err != nil {
		return fmt.Errorf("%s: %s", k.dir, plainly(err, inFile, inDatabase))
	}
	if err := c.checkAt(ctx, k); err != nil {
		return err
	}
	run, typed, err := c.order(epochs, k)
	if err != nil {
		return err
	}
	run.instrumentFlags = c.instrumentFlags
	pl, err := run.plan(p)
	if err != nil {
		return err
	}
	if err := pl.checkAsked(orNone(c.Model), orNone(c.ModelLimit), orNone(c.Prices), orNone(c.Budget)); err != nil {
		return err // what is the run's own may have been of use before
	}
	pl.fork = &forking{k, int(c.At)}
	pl.forked = &report.Forked{Of: c.Dir, At: int(c.At), Changed: typed}
	pl.repeat = forkAgain(p.program, pl.forked)
	for _, e := range epochs {
		if e.from <= int(c.At) {
			pl.past = append(pl.past, e)
		}
	}
	return run.carryOut(ctx, p, level, pl, nil)
}

// forkAgain is the command that makes a fork again.
func forkAgain(program string, f *report.Forked) string {
	return strings.Join(append([]string{program, "fork", quoted(f.Of), "--at", fmt.Sprint(f.At)}, f.Changed...), " ")
}

// checkAt says whether both can share so many rounds.
func (c *forkCommand) checkAt(ctx context.Context, k *keptRun) error {
	played := 0
	for e, err := range k.store.Turns(ctx, society, 0) {
		if err != nil {
			return errors.New(plainly(err, inFile, inDatabase))
		}
		if e.Kind == "round-ended" {
			played++
		}
	}
	switch {
	case played == 0:
		return badUsage("--at %d: no round of %q is over; accepted is a run of at least one", c.At, k.dir)
	case int(c.At) > played:
		return badUsage("--at %d: %q has %s; accepted is 1 to %d", c.At, k.dir, plural(played, "round"), played)
	}
	return nil
}

// order is the command line that orders the future of the fork: that of the run, with what was changed.
func (c *forkCommand) order(epochs []epoch, k *keptRun) (run *runCommand, typed []string, err error) {
	of := epochs[0].plan
	for _, e := range epochs {
		if e.from <= int(c.At) {
			of = e.plan
		}
	}
	if run, err = of.spec().command(); err != nil {
		return nil, nil, err
	}
	add := func(flag string, value any) { typed = append(typed, flag, quoted(fmt.Sprint(value))) }
	run.Agents = crowd{count(of.agents)}
	for _, mind := range c.Mind {
		add("--mind", mind)
	}
	if len(c.Mind) > 0 {
		run.Mind = c.Mind
	}
	for _, set := range c.Set {
		add("--set", set)
		switch {
		case set == talkParameter+"=false" && of.order.Settings[talkParameter] != "false" && hasParameter(of.scenario, talkParameter):
			run.hushed = true // a world without phases of talk could not go on from one that has them
		case set == talkParameter+"=true":
			run.hushed = false
		default:
			run.Set = append(run.Set, set)
		}
	}
	if c.Rounds > 0 {
		add("--rounds", c.Rounds)
		run.Rounds = c.Rounds
	}
	if c.Seed != nil {
		add("--seed", *c.Seed)
		run.Seed = *c.Seed
	}
	if c.Model != nil {
		add("--model", *c.Model)
		run.Model, run.modelOf = *c.Model, ""
	}
	if c.ModelLimit != nil {
		add("--model-limit", *c.ModelLimit)
		run.ModelLimit = *c.ModelLimit
	}
	c.orderSecond(run, add)
	if c.Prices != nil {
		add("--prices", *c.Prices)
		run.Prices, run.prices = *c.Prices, nil
	}
	if c.Budget != nil {
		add("--budget", *c.Budget)
		run.Budget = *c.Budget
	}
	if c.Chaos != nil {
		add("--chaos", *c.Chaos)
		run.Chaos = c.Chaos
	}
	if c.Deadline != nil {
		add("--deadline", c.Deadline)
		run.Deadline = c.Deadline
	}
	run.Record = c.Record
	run.Delay, run.Out, run.Journal = c.Delay, c.Out, c.Journal
	run.Events, run.JSON, run.Plain, run.Quiet = c.Events, c.JSON, c.Plain, c.Quiet
	if run.Rounds > 0 && int(run.Rounds) < int(c.At) {
		return nil, nil, badUsage("--rounds %d with --at %d; accepted are at least as many as are shared", run.Rounds, c.At)
	}
	return run, notNil(typed), nil
}

// orNone is what was typed; "": nothing.
func orNone(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func notNil(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

func hasParameter(s *polis.Scenario, name string) bool {
	return slices.ContainsFunc(s.Parameters, func(p polis.Parameter) bool { return p.Name == name })
}

// begin forks the run.
func (f *forking) begin(ctx context.Context, past []epoch, s polis.Society, cfg polis.Config) (*polis.Running, error) {
	epochs, err := rebuilt(past)
	if err != nil {
		return nil, err
	}
	running, err := polis.Fork(ctx, f.of.store, f.at, polis.Epoch{Society: s, Config: cfg}, epochs...)
	if err != nil && ctx.Err() == nil {
		var differs *journal.Differs
		var broken *journal.Broken
		nothing, unread := noTurns(ctx, cfg.Journal)
		if nothing && unread == nil && !errors.As(err, &differs) && !errors.As(err, &broken) { // what was changed does not fit
			return nil, usageError{fmt.Sprintf("fork %s --at %d: %s", quoted(f.of.dir), f.at, plainly(err))}
		}
		return nil, cannotRebuild("forked", err)
	}
	return running, err
}

// cannotRebuild says in one line why a run cannot be taken up, or forked.
func cannotRebuild(what string, err error) error {
	form := &replayedForm{}
	if (&keptRun{}).notFound(form, err) == nil {
		return fmt.Errorf("it cannot be %s: %v", what, form.Differs)
	}
	if errors.Is(err, journal.ErrConflict) {
		return errHeld
	}
	return errors.New(plainly(err))
}

// originals are the files of the run forked that its fork keeps, so that both are told of in one report.
var originals = []string{"manifest.json", "rounds.csv", "agents.csv"}

// keepOriginal copies into the directory of a fork, where it stays from the beginning, what was kept of the run that it
// is a fork of. Of one that was killed there is nothing.
func (f *forking) keepOriginal(d *directory) error {
	if f == nil || f.of.told == nil {
		return nil
	}
	half := filepath.Join(d.stage, report.OriginalDir)
	if err := os.Mkdir(half, 0o777); err != nil {
		return err
	}
	for _, name := range originals {
		if err := copyFile(filepath.Join(f.of.dir, name), filepath.Join(half, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Rename(half, filepath.Join(d.name, report.OriginalDir))
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
