package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/polis-agents/polis"
)

// besideResume are the flags that may stand beside --resume: what a run does was ordered when it began.
var besideResume = []string{"resume", "journal", "delay", "events", "json", "plain", "quiet", "log-level"}

// checkResume refuses what would order another run.
func checkResume(line *kong.Context) error {
	for _, at := range line.Path {
		switch {
		case at.Positional != nil && at.Positional.Name == "scenario":
			return badUsage("a scenario beside --resume: the run has the one that it was ordered with; accepted is demo run --resume DIR")
		case at.Flag != nil && !slices.Contains(besideResume, at.Flag.Name):
			return badUsage("--%s beside --resume: the run has what it was ordered with; accepted are --%s", at.Flag.Name, strings.Join(besideResume[1:], ", --"))
		}
	}
	return nil
}

// resume makes the plan of a run that goes on, and takes its directory. nil: it has come to its end already, and its
// result has been told.
func (c *runCommand) resume(ctx context.Context, p *process, line *kong.Context) (*plan, *directory, error) {
	if err := checkResume(line); err != nil {
		return nil, nil, err
	}
	k, err := lookAt(*c.Resume)
	switch {
	case err != nil:
		return nil, nil, err
	case k.state == stateRunning:
		return nil, nil, badUsage("--resume %q: %v", *c.Resume, errHeld)
	case k.state == "done":
		return nil, nil, c.done(p, k)
	}
	// What cannot be resumed is found out before anything in the directory is touched.
	pl, err := p.resumable(ctx, k, c.Journal)
	if err != nil {
		return nil, nil, err
	}
	pl.config.Delay = c.delay(p)
	pl.events = c.Events || there(filepath.Join(k.dir, eventsFile)) || there(filepath.Join(k.dir, unfinished, eventsFile))
	dir, err := reopenDirectory(k.dir)
	if errors.Is(err, errHeld) {
		err = badUsage("--resume %q: %v", k.dir, err)
	}
	return pl, dir, err
}

func there(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// resumable reads from the journal of a run what goes on.
func (p *process) resumable(ctx context.Context, k *keptRun, where *string) (pl *plan, err error) {
	from, err := k.open(ctx, where)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	epochs, err := p.epochs(ctx, k.store)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", k.dir, plainly(err, inFile, inDatabase))
	}
	pl = epochs[len(epochs)-1].plan
	pl.past = epochs
	pl.journal = from
	pl.config.Chaos = pl.config.Chaos.Mended() // also where the journal is opened
	for e, err := range k.store.Turns(ctx, society, 0) {
		if err != nil {
			return nil, errors.New(plainly(err, inFile, inDatabase))
		}
		if pl.began.IsZero() {
			pl.began = e.Wall
		}
		if e.Kind == "resumed" {
			pl.resumes++
		}
	}
	pl.resumes++
	return pl, nil
}

// society is the actor whose turns tell what no other's do.
const society = "society"

// done tells again what became of a run that is over.
func (c *runCommand) done(p *process, k *keptRun) error {
	if !c.JSON {
		_, err := fmt.Fprintf(p.stdout, "%s: it has come to its end already, nothing is left to do\nhash %s\n", k.dir, k.told.Hash)
		return err
	}
	doc, err := resultOf(k.dir)
	if err != nil {
		return err
	}
	return writeJSON(p.stdout, doc)
}

// start lets the society of a plan live: anew, or from where its journal ends.
func (pl *plan) start(ctx context.Context, s polis.Society, cfg polis.Config) (*polis.Running, error) {
	switch {
	case pl.past == nil:
		return polis.Start(ctx, s, cfg)
	case pl.fork != nil:
		return pl.fork.begin(ctx, pl.past, s, cfg)
	}
	epochs, err := rebuilt(pl.past)
	if err != nil {
		return nil, err
	}
	last := &epochs[len(epochs)-1]
	last.Society, last.Config = s, cfg
	running, err := polis.Resume(ctx, epochs...)
	if err != nil && ctx.Err() == nil {
		return nil, cannotRebuild("resumed", err)
	}
	return running, err
}
