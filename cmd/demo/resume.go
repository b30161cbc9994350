package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/polis-agents/polis"
)

// besideResume are the flags that may stand beside --resume: what a run does was ordered when it began.
var besideResume = []string{"resume", "journal", "delay", "events", "watch", "json", "plain", "quiet", "metrics", "otel", "otel-content", "log-level"}

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
	k, err := lookAt(ctx, *c.Resume)
	switch {
	case err != nil:
		return nil, nil, err
	case k.state == stateRunning:
		return nil, nil, badUsage("--resume %q: %v", *c.Resume, errHeld)
	case k.state == stateDone:
		return nil, nil, c.done(ctx, p, k)
	}
	// What cannot be resumed is found out before anything in the directory is touched.
	pl, err := p.resumable(ctx, k, c.Journal)
	if err != nil {
		return nil, nil, err
	}
	if pl.watches, err = c.watched(); err != nil {
		return nil, nil, err
	}
	pl.config.Delay = c.delay(p)
	pl.events = c.Events || there(filepath.Join(k.dir, eventsFile)) || there(filepath.Join(k.dir, unfinished, eventsFile))
	dir, err := reopenDirectory(k.dir)
	if err != nil {
		return nil, nil, badResume(k.dir, err)
	}
	return pl, dir, nil
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

// done tells again what became of a run that is over, when its journal says so too. A report that it was killed before
// is written.
func (c *runCommand) done(ctx context.Context, p *process, k *keptRun) error {
	if err := k.checkOver(ctx, c.Journal); err != nil {
		return err
	}
	written, err := k.finish(p)
	if err != nil {
		return err
	}
	if !c.JSON {
		_, err := fmt.Fprintf(p.stdout, "%s: it has come to its end already, nothing is left to do\nhash %s\n", k.dir, k.told.Hash)
		if err == nil && written {
			_, err = fmt.Fprintf(p.stdout, "its report was not whole, and has been written: %s\n", filepath.Join(k.dir, "report.html"))
		}
		return err
	}
	doc, err := resultOf(k.dir)
	if err != nil {
		return err
	}
	return writeJSON(p.stdout, doc)
}

// checkOver looks whether the journal of a run holds its end, as its manifest says. where is --journal: what is not needed
// to find the turns may stand there.
func (k *keptRun) checkOver(ctx context.Context, where *string) (err error) {
	if k.database == "" {
		where = nil
	}
	if _, err := k.open(ctx, where); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	var last string
	for e, err := range k.store.Turns(ctx, society, 0) {
		if err != nil {
			return fmt.Errorf("%s: %s", k.dir, plainly(err, inFile, inDatabase))
		}
		last = e.Kind
	}
	if last != "ended" {
		return fmt.Errorf("%s: its manifest says that it came to its end, its journal does not: the last that the society did is %q", k.dir, oneLine(last, 40))
	}
	return nil
}

// finish does what a run that is over had left to do when it was killed: its report, and taking its stage away.
func (k *keptRun) finish(p *process) (written bool, err error) {
	path := func(name string) string { return filepath.Join(k.dir, name) }
	whole := there(path("report.html")) && there(path("report.json")) && !there(path("report.html"+unfinished)) && !there(path("report.json"+unfinished))
	if whole && !there(path(unfinished)) {
		return false, nil
	}
	dir, err := reopenDirectory(k.dir)
	if err != nil {
		return false, badResume(k.dir, err)
	}
	defer dir.discard()
	if whole {
		return false, nil
	}
	if err := dir.report(p); err != nil {
		return false, err
	}
	for _, name := range []string{"report.html", "report.json"} {
		if err := os.Remove(path(name + unfinished)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return true, err
		}
	}
	return true, nil
}

// badResume says in one line why a directory cannot be taken.
func badResume(dir string, err error) error {
	var path *fs.PathError
	switch {
	case errors.Is(err, errHeld):
		return badUsage("--resume %q: %v", dir, err)
	case errors.As(err, &path):
		return badUsage("--resume %q: %v; accepted is the directory of a run that can be written", dir, path.Err)
	}
	return err
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
