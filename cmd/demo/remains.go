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

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/sqlite"
	"github.com/polis-agents/polis/report"
)

// remains says whether a directory holds nothing but what is left of a run that was killed before it began: its stage,
// a journal without a turn, and what a fork keeps of its original.
func remains(ctx context.Context, dir string) bool {
	entries, err := os.ReadDir(dir)
	staged := false
	for _, e := range entries {
		switch name := e.Name(); name {
		case unfinished:
			staged = e.IsDir()
		case report.OriginalDir, journalFile, journalFile + "-wal", journalFile + "-shm":
		default:
			return false
		}
	}
	if err != nil || !staged {
		return false
	}
	empty, err := turnless(ctx, filepath.Join(dir, journalFile))
	return empty && err == nil
}

// turnless says whether a file, which need not be there, is a journal without a turn.
func turnless(ctx context.Context, path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist), nil
	}
	if info.Mode().IsRegular() && info.Size() == 0 {
		log, err := os.Stat(path + "-wal")
		return err != nil || log.Size() == 0, nil
	}
	store, err := sqlite.Open(ctx, path, sqlite.Options{ReadOnly: true})
	switch {
	case errors.Is(err, sqlite.ErrUnmade):
		return true, nil
	case err != nil:
		return false, err
	}
	empty, err := noTurns(ctx, store)
	return empty, errors.Join(err, store.Close())
}

// noTurns says whether nothing has been committed to a journal.
func noTurns(ctx context.Context, store journal.Store) (bool, error) {
	for _, err := range store.Read(ctx, 0) {
		return false, err
	}
	return true, nil
}

// notBegun says that there is nothing yet of a run.
func (k *keptRun) notBegun() error {
	switch {
	case k.state == stateRunning:
		return badUsage("%q: another process is running it, and it has not begun yet; accepted is a run of at least one turn", k.dir)
	case k.database != "":
		return badUsage("%q: it was killed before it began; run it again, with another --out", k.dir)
	}
	return badUsage("%q: it was killed before it began; run it again: --out %s takes it", k.dir, quoted(k.dir))
}

// mostSeeds are named of several runs.
const mostSeeds = 4

// several says of a directory without a journal of its own that it holds several runs, and which of them have one. nil:
// it holds none.
func (k *keptRun) several(ctx context.Context) error {
	dir := k.dir
	at := func(pattern string) []string {
		found, _ := filepath.Glob(filepath.Join(literally(dir), pattern)) // the pattern is well-formed
		return found
	}
	kept, staged := at("seed-*"), at(filepath.Join(unfinished, "seed-*"))
	journaled := slices.DeleteFunc(slices.Clone(kept), func(seed string) bool {
		return !there(filepath.Join(seed, journalFile)) && !there(filepath.Join(seed, databaseFile))
	})
	// Those that are not over come first: they are what somebody looks for after a kill.
	slices.SortStableFunc(journaled, func(a, b string) int {
		return boolean(there(filepath.Join(a, "manifest.json"))) - boolean(there(filepath.Join(b, "manifest.json")))
	})
	switch {
	case len(kept)+len(staged) == 0:
		return nil
	case len(journaled) > mostSeeds:
		more := len(journaled) - mostSeeds
		return badUsage("%q holds several runs, and each seed is resumed by itself; accepted are %s and %d more", dir, strings.Join(journaled[:mostSeeds], ", "), more)
	case len(journaled) > 0:
		return badUsage("%q holds several runs, and each seed is resumed by itself; accepted: %s", dir, strings.Join(journaled, ", "))
	case k.state == stateRunning:
		return badUsage("%q holds several runs without journals, and another process is running them; accepted is a run with a journal", dir)
	case remains(ctx, dir):
		return badUsage("%q holds several runs without journals, none of them whole; run them again: --out %s takes it", dir, quoted(dir))
	}
	return badUsage("%q holds several runs, and no journal of any that is not whole; run them again with another --out, and with --journal %s if each is to be resumed by itself", dir, inFile)
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// literally is a path as a pattern that matches it alone.
func literally(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// clear takes away what a run left that was killed before it began. The lock is held.
func (d *directory) clear(ctx context.Context) error {
	if d.lock == nil || !remains(ctx, d.name) {
		return fmt.Errorf("it is not empty: there is %s", unfinished)
	}
	left, err := os.ReadDir(d.stage)
	for _, entry := range left {
		if entry.Name() != lockFile {
			err = errors.Join(err, os.RemoveAll(filepath.Join(d.stage, entry.Name())))
		}
	}
	for _, name := range []string{report.OriginalDir, journalFile, journalFile + "-wal", journalFile + "-shm"} {
		err = errors.Join(err, os.RemoveAll(filepath.Join(d.name, name)))
	}
	return err
}
