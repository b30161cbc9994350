package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/postgres"
	"github.com/polis-agents/polis/journal/sqlite"
)

// keeping is where turns are recorded, as --journal names it.
type keeping struct {
	kind string // sqlite, postgres, memory or none
	dsn  string // of postgres. It may hold a password: it is never shown and never kept
}

// Kinds of keeping.
const (
	inFile     = "sqlite"
	inDatabase = "postgres"
	inMemory   = "memory"
	unkept     = "none"
)

// keeping reads where turns are recorded. Of many runs that only their numbers are wanted of, a file each would take
// most of the time.
func (c *runCommand) keeping() (keeping, error) {
	if c.Cluster != "" {
		return keeping{kind: unkept}, nil
	}
	nowhereToKeep := c.Out != nil && *c.Out == nowhere
	switch {
	case c.Journal == nil && nowhereToKeep:
		return keeping{kind: unkept}, nil
	case c.Journal == nil && c.Runs > 1:
		return keeping{kind: inMemory}, nil
	case c.Journal == nil:
		return keeping{kind: inFile}, nil
	}
	k, err := readKeeping(*c.Journal)
	if err == nil && nowhereToKeep && k.durable() {
		return k, badUsage("--journal %s with --out %s; accepted is a directory for it, or --journal %s or %s", k.kind, nowhere, inMemory, unkept)
	}
	return k, err
}

// readKeeping reads sqlite, postgres:DSN, memory or none.
func readKeeping(text string) (keeping, error) {
	kind, dsn, _ := strings.Cut(text, ":")
	switch k := (keeping{kind, dsn}); {
	case kind == inDatabase && dsn != "":
		return k, nil
	case kind == inDatabase:
		return k, badUsage("--journal %q names no database; accepted is postgres:DSN, such as postgres:postgres://user@localhost/polis", kind)
	case text == inFile || text == inMemory || text == unkept:
		return k, nil
	case dsn != "" && (kind == inFile || kind == inMemory || kind == unkept):
		return k, badUsage("--journal %s takes nothing after it; accepted is --journal %s", kind, kind)
	}
	return keeping{}, unknown("journal", kind, []string{inFile, inDatabase + ":DSN", inMemory, unkept}) // without what may be a password
}

// durable says whether turns survive the process.
func (k keeping) durable() bool { return k.kind == inFile || k.kind == inDatabase }

// openJournal gives the store of one run; nil: turns are not kept. closing ends it.
func (pl *plan) openJournal(ctx context.Context, dir *directory) (store journal.Store, closing func() error, err error) {
	switch pl.journal.kind {
	case inFile: // also of a run that is interrupted by now: it has begun
		store, err = sqlite.Open(context.WithoutCancel(ctx), dir.journal(), sqlite.Options{MustExist: !dir.fresh, MaxPages: pl.config.Chaos.Pages(pl.seed, pl.config.Rounds, pl.agents)})
	case inDatabase:
		store, err = pl.journal.begin(ctx, dir)
	case inMemory:
		store = journal.NewMemory()
	default:
		return nil, func() error { return nil }, nil
	}
	if err != nil {
		return nil, nil, errors.New(plainly(err, inFile, inDatabase))
	}
	return store, func() error {
		if err := store.Close(); !errors.Is(err, journal.ErrClosed) {
			return err
		}
		return nil
	}, nil
}

// databaseFile stands where run.db would, when the turns of a run are in a database: the name that the run has there.
const databaseFile = "run.postgres"

// begin opens a run in a database: a new one, whose name is then kept in the directory, or the one that is named there.
func (k keeping) begin(ctx context.Context, dir *directory) (journal.Store, error) {
	path := filepath.Join(dir.name, databaseFile)
	if !dir.fresh {
		name, err := nameIn(path)
		if err != nil {
			return nil, err
		}
		return postgres.Open(ctx, k.dsn, name, postgres.Options{MustExist: true})
	}
	var chance [4]byte
	_, _ = rand.Read(chance[:]) // it never fails
	name := cmp.Or(filepath.Base(filepath.Clean(dir.name)), "run") + "-" + hex.EncodeToString(chance[:])
	store, err := postgres.Open(ctx, k.dsn, name, postgres.Options{})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, []byte(name+"\n"), 0o666); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// nameIn reads the name that a run has in its database.
func nameIn(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	name := strings.TrimSuffix(string(text), "\n")
	if name == "" || len(name) > 1000 || strings.ContainsAny(name, "\n\x00") {
		return "", fmt.Errorf("%s: %.40q; accepted is the name of a run in one line", path, name)
	}
	return name, nil
}
