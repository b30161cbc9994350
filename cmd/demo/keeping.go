package main

import (
	"context"
	"errors"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/sqlite"
)

// keeping is where turns are recorded, as --journal names it.
type keeping struct {
	kind string // sqlite, memory or none
}

// Kinds of keeping.
const (
	inFile   = "sqlite"
	inMemory = "memory"
	unkept   = "none"
)

// keeping reads where turns are recorded. Of many runs that only their numbers are wanted of, a file each would take
// most of the time.
func (c *runCommand) keeping() (keeping, error) {
	if c.Cluster != "" {
		return keeping{unkept}, nil
	}
	nowhereToKeep := c.Out != nil && *c.Out == nowhere
	switch {
	case c.Journal == nil && nowhereToKeep:
		return keeping{unkept}, nil
	case c.Journal == nil && c.Runs > 1:
		return keeping{inMemory}, nil
	case c.Journal == nil:
		return keeping{inFile}, nil
	case *c.Journal == inFile && nowhereToKeep:
		return keeping{}, badUsage("--journal %s with --out %s; accepted is a directory for it, or --journal %s or %s", inFile, nowhere, inMemory, unkept)
	case *c.Journal == inFile || *c.Journal == inMemory || *c.Journal == unkept:
		return keeping{*c.Journal}, nil
	}
	return keeping{}, unknown("journal", *c.Journal, []string{inFile, inMemory, unkept})
}

// inDirectory says whether the journal stands in the directory of its run.
func (k keeping) inDirectory() bool { return k.kind == inFile }

// openJournal gives the store of one run; nil: turns are not kept. closing ends it.
func (pl *plan) openJournal(ctx context.Context, dir *directory) (store journal.Store, closing func() error, err error) {
	switch pl.journal.kind {
	case inFile: // also of a run that is interrupted by now: it has begun
		store, err = sqlite.Open(context.WithoutCancel(ctx), dir.journal(), sqlite.Options{MustExist: !dir.fresh, MaxPages: pl.config.Chaos.Pages(pl.seed, pl.config.Rounds, pl.agents)})
	case inMemory:
		store = journal.NewMemory()
	default:
		return nil, func() error { return nil }, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return store, func() error {
		if err := store.Close(); !errors.Is(err, journal.ErrClosed) {
			return err
		}
		return nil
	}, nil
}
