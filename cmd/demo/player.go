package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/experiment"
)

// player plays the runs of a sweep, and of what is known, as the command line would.
type player struct {
	process    *process
	level      zerolog.Level
	building   *sync.Mutex // plans are made one at a time: making a world registers its types
	elsewhere  bool        // a model is asked that is not the stand-in
	deciders   []string    // of cassettes, whose answers they give back
	undigested bool        // there is no hash: only the numbers matter
}

// check makes a plan of every cell, so that nothing is found out after hours that could have been before.
func (r *player) check(f *experiment.File) (*polis.Scenario, error) {
	var scenario *polis.Scenario
	for spec := range f.Specs() {
		if spec.Seed != f.Seeds.First {
			continue
		}
		pl, err := r.plan(&spec)
		if err != nil {
			return nil, badUsage("arm %q: %s", spec.Arm, plainly(err))
		}
		if scenario = pl.scenario; !asks(&pl.society, modelName) {
			continue
		}
		r.elsewhere = r.elsewhere || !pl.endpoint.standIn()
		if pl.endpoint.of != "" && !slices.Contains(r.deciders, pl.endpoint.of) {
			r.deciders = append(r.deciders, pl.endpoint.of)
		}
	}
	return scenario, nil
}

// plan of one run.
func (r *player) plan(spec *experiment.Spec) (*plan, error) {
	c := &runCommand{Scenario: spec.Scenario, Runs: 1, Agents: crowd{count(spec.Agents)}, Rounds: count(spec.Rounds), Seed: seed(spec.Seed),
		Mind: spec.Minds, Null: spec.Null, Model: spec.Model, Tick: span(time.Second)}
	if spec.Pace != "" {
		c.Pace = &spec.Pace
	}
	if c.Model == "" {
		c.Model = builtinSpec
	}
	for _, name := range sortedKeys(spec.Settings) {
		c.Set = append(c.Set, name+"="+spec.Settings[name])
	}
	r.building.Lock()
	defer r.building.Unlock()
	pl, err := c.plan(r.process)
	if err != nil {
		return nil, err
	}
	if err := pl.checkAsked(spec.Model, "", "", ""); err != nil {
		return nil, err
	}
	if asks(&pl.society, personName) {
		return nil, badUsage("a person among the minds; accepted is who decides alone")
	}
	pl.config.Delay = 0
	return pl, nil
}

// play plays one run.
func (r *player) play(ctx context.Context, spec experiment.Spec, observe func(any)) (played *experiment.Played, err error) {
	pl, err := r.plan(&spec)
	if err != nil {
		return nil, err
	}
	pl.config.Logger = r.process.logger(r.level)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if asks(&pl.society, modelName) {
		closing, failed := pl.openModels(ctx)
		if failed != nil {
			return nil, failed
		}
		defer func() { err = errors.Join(err, closing()) }()
		pl.decide(&pl.society)
		w, also := &watcher{fail: cancel, judge: pl.judge()}, observe
		observe = func(event any) {
			w.observe(event)
			if also != nil {
				also(event)
			}
		}
	}
	cfg := pl.configure(nil, observe)
	cfg.Undigested = r.undigested
	rep, err := polis.Run(ctx, pl.society, cfg)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause // the model's own, as a rule
		}
		return nil, err
	}
	return &experiment.Played{Report: rep, Metrics: measure(pl.scenario, rep)}, nil
}

// decided says who decided, over all runs.
func (r *player) decided(by map[string]int) string {
	who := sortedKeys(by)
	who = slices.DeleteFunc(who, func(name string) bool { return by[name] == 0 })
	if len(who) == 0 {
		return "nothing was decided"
	}
	of := ""
	if len(r.deciders) == 1 {
		of = r.deciders[0]
	}
	return decidedText(who, of)
}
