package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/alecthomas/kong"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/experiment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/report"
)

// runCommand runs a society.
type runCommand struct {
	Scenario string `arg:"" optional:"" default:"commons" help:"What to run; see demo list (default ${default})."`

	Agents           crowd    `placeholder:"N" help:"How many agents (default: the scenario's)."`
	Rounds           count    `placeholder:"N" help:"How many rounds, months, sweeps (default: the scenario's)."`
	Seed             seed     `placeholder:"S" default:"1" help:"Everything random derives from it (default ${default})."`
	Runs             count    `placeholder:"R" default:"1" help:"Run the seeds S, S+1, … and give means. The hash is then the SHA-256 of the runs' hashes, one per line."`
	Pace             *string  `placeholder:"PACE" help:"How time passes: rounds, sequential, simulated or realtime (default: the scenario's)."`
	Mind             []string `placeholder:"[N*]NAME[:ARG]" sep:"none" help:"Who decides; repeatable. Without a count it takes the agents that are left."`
	Set              []string `placeholder:"K=V" sep:"none" help:"A parameter of the scenario; repeatable."`
	Null             string   `placeholder:"NAME" help:"Take one thing away from the society, as a simulation null; see demo list."`
	Model            string   `placeholder:"SPEC" default:"builtin" help:"Who answers agents of mind model: builtin, a stand-in; openai:MODEL[@BASEURL] or anthropic:MODEL[@BASEURL], with the key in OPENAI_API_KEY or ANTHROPIC_API_KEY; cassette:FILE, what was recorded (default ${default})."`
	ModelLimit       string   `placeholder:"K=V,…" help:"inflight=N calls at once, queue=N that wait; a minute rpm=N requests, tpm=N tokens, itpm=N of prompts, otpm=N of answers (default: adaptive)."`
	SecondModel      string   `placeholder:"SPEC" help:"Who is asked when --model rejects, fails or says nothing that can be used; named likewise, but no cassette (default: nobody, the mind's fallback decides)."`
	SecondModelLimit string   `placeholder:"K=V,…" help:"As --model-limit, of the second model."`
	Record           string   `placeholder:"FILE" help:"Record what models are asked and answer, on a new cassette; see --model cassette:FILE."`
	Prices           string   `placeholder:"FILE" help:"What tokens cost, in US dollars for a million; see docs/prices.example.json."`
	Budget           string   `placeholder:"K=V,…" help:"Ask models no more than usd=AMOUNT, tokens=N, and of each agent agent-usd=AMOUNT, agent-tokens=N allow."`
	Chaos            *string  `placeholder:"SPEC,…" help:"Seeded faults: agent:20%, agent:NAME=always, world:2, adapter:1%, journal:full, journal:error, journal:slow, process:2; of the stand-in model:429=30%."`
	Tick             span     `placeholder:"D" default:"1s" help:"How long a phase lasts in realtime (default ${default})."`
	Deadline         *span    `placeholder:"D" help:"When a phase closes without those that are not done (default 60s); in realtime, how long a thought may take (default: a round of ticks)."`
	Delay            *pause   `placeholder:"D" help:"Pause between rounds (default 500ms on a terminal, else 0)."`
	Out              *string  `placeholder:"DIR" help:"Where the run is kept; none keeps nothing (default runs/ID)."`
	Journal          *string  `placeholder:"WHERE" help:"Where turns are recorded: sqlite (run.db in DIR), postgres:DSN, memory or none (default sqlite; of several runs memory; with --out none none)."`
	Cluster          string   `placeholder:"HOST:PORT" help:"Let it live on the cluster that the node there is a member of; see demo node."`
	certificates
	instrumentFlags
	Resume *string `placeholder:"DIR" help:"Go on with a run that was interrupted or killed."`
	Events bool    `help:"Also write events.jsonl."`
	Watch  string  `placeholder:"MEASURE[:VAR],…" help:"Measure these over the last rounds while it runs, and show them: convention, gini, diversity, polarisation, entropy, magnetisation, mutual-information, active-information, reciprocity (default, on a terminal: what the scenario recommends)."`
	JSON   bool    `name:"json" help:"Print one JSON document and nothing else."`
	Plain  bool    `help:"Print plain lines, as in a pipe."`
	Quiet  bool    `help:"Print the result only."`

	hushed  bool              // of a fork: see spec
	modelOf string            // of a run that was played a cassette: likewise
	prices  llmadapter.Prices // of a run that has begun: those of the file then
}

// nowhere, as --out, keeps nothing.
const nowhere = "none"

// outcome is what became of one run.
type outcome struct {
	run         int // from 1
	seed        uint64
	began       time.Time
	rep         *polis.Report // nil: it did not start
	metrics     metrics
	record      report.Record
	answers     []emergence.Estimate // to the questions of its scenario
	interrupted bool
	err         error // why it failed; nil: it did not
}

// whole says whether the run came to its own end.
func (o *outcome) whole() bool { return o.rep != nil && o.err == nil && !o.interrupted }

// tells says whether people are told what happens while it happens.
func (c *runCommand) tells() bool { return !c.JSON && !c.Quiet && c.Runs == 1 }

// Run carries out the command.
func (c *runCommand) Run(ctx context.Context, p *process, line *kong.Context, level *logLevel) (err error) {
	if at := slices.Index(p.args, c.Scenario); at > 0 && p.args[at-1] == otelFlag { // it may be what was meant for the flag
		if _, err := p.scenario(c.Scenario); err != nil {
			return badUsage("%s %q is neither %s, nor a scenario: %v", otelFlag, c.Scenario, acceptedCollector, err)
		}
	}
	if _, err := c.instrumentFlags.read(p); err != nil {
		return err
	}
	var pl *plan
	var dir *directory
	if c.Resume == nil {
		if pl, err = c.plan(p); err == nil {
			err = pl.checkAsked(c.Model, c.ModelLimit, c.Prices, c.Budget)
		}
	} else if pl, dir, err = c.resume(ctx, p, line); dir == nil {
		return err
	}
	if err != nil {
		dir.discard()
		return err
	}
	return c.carryOut(ctx, p, level, pl, dir)
}

// carryOut lets the society of a plan live, shows it, and keeps it in a directory, a new one unless it is given.
func (c *runCommand) carryOut(ctx context.Context, p *process, level *logLevel, pl *plan, dir *directory) (err error) {
	defer func() { dir.discard() }() // what is not kept by then
	if p.terminal != nil && p.terminal.in == nil && asks(&pl.society, personName) {
		p.terminal = nil // what the person types comes in lines, from elsewhere
	}
	hello := p.stderr // not what a screen holds back
	if c.draws(p) {
		defer p.hold()()
	}
	pl.config.Logger = p.logger(level.or(c.tells()))
	if asks(&pl.society, modelName) && pl.elsewhere == nil {
		closing, failed := pl.openModels(ctx)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, closing()) }()
	}
	shown, failed := c.instrumentFlags.open(ctx, p, hello, pl)
	if failed != nil {
		return failed
	}
	defer func() { err = errors.Join(err, shown()) }()
	if asks(&pl.society, personName) && !c.draws(p) {
		pl.ask = newTypist(ctx, p.stdin, p.stderr).ask
	}
	if dir == nil {
		if dir, err = openDirectory(ctx, c.Out, pl.scenario.Name, p.now()); err != nil {
			return err
		}
	}
	if err := pl.fork.keepOriginal(dir); err != nil {
		return err
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := &output{w: p.stdout, broken: cancel}
	header := func() {}
	if !c.JSON && !c.Quiet { // what cannot begin has none
		header = sync.OnceFunc(func() { writeHeader(out, pl) })
	}
	if !c.draws(p) { // two must not write to one screen
		pl.lives = header
	}
	var outcomes []outcome
	if pl.runs == 1 {
		outcomes = []outcome{c.single(ctx, cancel, p, pl, dir, out)}
	} else {
		outcomes = c.batch(ctx, cancel, p, pl, dir)
	}
	tellLeft(p.stderr, outcomes)
	if o := &outcomes[0]; pl.runs == 1 && o.rep == nil && o.err != nil { // it never began: there is nothing to keep
		return o.err
	}
	header()
	res := pl.aggregate(outcomes)
	res.Dir = dir.path()
	failure := failureOf(ctx, outcomes, out)
	if err := dir.keep(pl.manifest(res, outcomes, p.now(), failure)); err != nil {
		return errors.Join(failure, err)
	}
	unreported := dir.report(p) // the run is kept, and its result told, all the same
	if dir != nil && unreported == nil {
		res.Report = filepath.Join(dir.path(), "report.html")
	}
	if res.Counted > 0 {
		if c.JSON {
			_ = writeJSON(out, res) // out remembers what went wrong
		} else {
			if !c.Quiet && pl.runs == 1 {
				fmt.Fprintln(out)
			}
			writeSummary(out, pl, res)
		}
	}
	if out.err != nil {
		return fmt.Errorf("stdout: %w", out.err)
	}
	return errors.Join(failure, unreported)
}

// failureOf says why the command did not do all that was asked; nil: it did. An interrupt comes before what follows
// from it.
func failureOf(ctx context.Context, outcomes []outcome, out *output) error {
	for i := range outcomes {
		if o := &outcomes[i]; o.err != nil {
			return fmt.Errorf("seed %d: %w", o.seed, o.err)
		}
	}
	if out.err != nil {
		return fmt.Errorf("stdout: %w", out.err)
	}
	for i := range outcomes {
		if !outcomes[i].whole() {
			return errInterrupted
		}
	}
	return nil
}

// single runs once and shows it on the way.
func (c *runCommand) single(ctx context.Context, cancel context.CancelCauseFunc, p *process, pl *plan, dir *directory, out *output) outcome {
	w := &watcher{fail: cancel, judge: pl.judge(), phases: pl.phases(), society: &pl.society, pace: pl.config.Pace, asks: experiment.NewWatch(pl.scenario.Questions),
		test: emergence.Test{Surrogates: 999, Resamples: 1000}}
	if c.tells() && !c.draws(p) {
		w.story = newStory(pl)
		w.lines = printTo(out)
		defer w.lines.close()
	}
	if err := w.record(dir, pl.events, pl.run, pl.seed); err != nil {
		return outcome{run: pl.run, seed: pl.seed, err: err}
	}
	if c.draws(p) {
		w.screen = pl.draw(p, cancel)
		pl.ask = w.screen.Ask
	}
	if err := w.look(pl); err != nil {
		return outcome{run: pl.run, seed: pl.seed, err: errors.Join(err, w.close())}
	}
	return pl.once(ctx, p, dir, w)
}

// once runs a plan of one run and closes what was recorded of it.
func (pl *plan) once(ctx context.Context, p *process, dir *directory, w *watcher) (o outcome) {
	o = outcome{run: pl.run, seed: pl.seed, began: p.now()}
	defer func() {
		if v := recover(); v != nil {
			o.err = fmt.Errorf("internal error: %v", v)
		}
		o.err = errors.Join(o.err, w.close())
	}()
	society, err := pl.build()
	if err != nil {
		o.err = err
		return o
	}
	store, closing, err := pl.openJournal(ctx, dir)
	if err != nil && ctx.Err() != nil {
		o.interrupted = true
		return o
	}
	if err != nil {
		o.err = err
		return o
	}
	defer func() { o.err = errors.Join(o.err, closing()) }()
	if pl.fork == nil && pl.elsewhere == nil && pl.lives != nil { // others may be refused yet
		pl.lives()
	}
	var observe func(any)
	if w.watches() {
		observe = pl.living(w.observe)
	}
	observe, shown, end := pl.shown(observe)
	defer end()
	w.shown = shown
	if pl.elsewhere != nil {
		o.rep, err = pl.elsewhere(ctx, observe)
	} else {
		o.rep, err = w.run(ctx, pl, society, pl.configure(store, observe))
	}
	if o.rep != nil && pl.lives != nil {
		pl.lives()
	}
	if o.rep != nil && dir != nil {
		dir.fresh = false
	}
	switch {
	case ctx.Err() != nil: // even if it came to its end meanwhile: nobody can tell
		o.interrupted = err != nil
	default:
		o.err = err
	}
	if w.notes != nil && o.rep != nil {
		o.record = w.notes.record(o.rep, pl.society.Models)
		if w.owed != nil {
			o.record.Promises = w.owed.kept()
		}
	}
	if o.whole() {
		o.metrics = measure(pl.scenario, o.rep)
		if w.asks != nil {
			o.answers = w.asks.Answers(pl.seed, w.test)
		}
	}
	return o
}

// living tells that a run has begun before its first event is seen.
func (pl *plan) living(observe func(any)) func(any) {
	if pl.lives == nil {
		return observe
	}
	return func(event any) {
		pl.lives()
		observe(event)
	}
}
