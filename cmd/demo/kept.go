package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/postgres"
	"github.com/polis-agents/polis/journal/sqlite"
)

// What a kept run is in, beside what else its manifest may have as its status: interrupted or failed.
const (
	stateDone    = "done"
	stateRunning = "running" // a process is writing it
	stateKilled  = "killed"  // its process ended without a word
)

// source is where the commands that read a kept run find it.
type source struct {
	Dir     string  `arg:"" placeholder:"DIR" help:"The directory of a kept run."`
	Journal *string `placeholder:"postgres:DSN" help:"Where its turns are, when they are in a database."`
}

// keptRun is a run as its directory has it.
type keptRun struct {
	dir      string
	state    string
	told     *told  // nil: there is no manifest, or not yet
	database string // its name in a database; "": its turns are in run.db
	store    journal.Store
}

// told is what commands read of a manifest.
type told struct {
	Status  string   `json:"status"`
	Runs    int      `json:"runs"`
	Seeds   []uint64 `json:"seeds"`
	Journal string   `json:"journal"`
	Hash    string   `json:"hash"`
	Played  int      `json:"rounds_played"`
}

// clean takes out of what is shown what would steer a terminal: anybody may have written the file.
func (t *told) clean() {
	t.Status, t.Journal, t.Hash = oneLine(t.Status, 20), oneLine(t.Journal, 20), oneLine(t.Hash, 80)
}

// open opens the journal of a kept run. Nothing of the run is changed, and while it runs it may be read too.
func (s *source) open(ctx context.Context) (*keptRun, error) {
	k, err := lookAt(ctx, s.Dir)
	if err == nil {
		_, err = k.open(ctx, s.Journal)
	}
	if err != nil {
		return nil, err
	}
	return k, nil
}

// open opens the journal to be read. where is --journal; nil: it was not given.
func (k *keptRun) open(ctx context.Context, where *string) (from keeping, err error) {
	from.kind = inFile
	if where != nil {
		if from, err = readKeeping(*where); err != nil {
			return from, err
		}
	}
	switch {
	case k.database == "" && from.kind != inFile:
		return from, badUsage("--journal %s: the turns of %q are in its %s; accepted is to leave it out", from.kind, k.dir, journalFile)
	case k.database != "" && from.kind != inDatabase:
		return from, badUsage("%q: its turns are in a database, as run %q; accepted is --journal postgres:DSN", k.dir, k.database)
	case k.database == "":
		path := filepath.Join(k.dir, journalFile)
		if k.told == nil && there(filepath.Join(k.dir, unfinished)) { // before an error about a file that is just being made
			if empty, _ := turnless(ctx, path); empty {
				return from, k.notBegun()
			}
		}
		k.store, err = sqlite.Open(ctx, path, sqlite.Options{ReadOnly: true})
	default:
		k.store, err = postgres.Open(ctx, from.dsn, k.database, postgres.Options{ReadOnly: true, Patience: 5 * time.Second})
	}
	if err != nil {
		return from, errors.New(plainly(err, inFile, inDatabase))
	}
	if k.told == nil && k.database != "" {
		if empty, err := noTurns(ctx, k.store); empty && err == nil {
			return from, errors.Join(k.notBegun(), k.close())
		}
	}
	return from, nil
}

// lookAt sees whether a directory holds one run with a journal, and what became of it.
func lookAt(ctx context.Context, dir string) (*keptRun, error) {
	k := &keptRun{dir: dir}
	held := isHeld(dir)
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	switch {
	case err == nil:
		k.told = &told{}
		if err := json.Unmarshal(text, k.told); err != nil {
			return nil, fmt.Errorf("%s: damaged: %w", filepath.Join(dir, "manifest.json"), err)
		}
		k.told.clean()
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
		return nil, err
	}
	if k.told != nil && k.told.Runs > 1 {
		seed := fmt.Sprintf("seed-%d", append(k.told.Seeds, 1)[0])
		return nil, badUsage("%q holds %d runs; accepted is the directory of one of them, such as %s", dir, k.told.Runs, filepath.Join(dir, seed))
	}
	switch {
	case held:
		k.state = stateRunning
	case k.told == nil:
		k.state = stateKilled
	default:
		k.state = k.told.Status
	}
	return k, k.findJournal(ctx)
}

// findJournal sees where the turns of the run are.
func (k *keptRun) findJournal(ctx context.Context) error {
	_, err := os.Stat(filepath.Join(k.dir, journalFile))
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return err
	}
	k.database, err = nameIn(filepath.Join(k.dir, databaseFile))
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
		return err
	case k.told != nil:
		return badUsage("%q: its turns were not kept (--journal %s); accepted is a run with a journal in its directory", k.dir, k.told.Journal)
	}
	if err := k.several(ctx); err != nil {
		return err
	}
	if there(filepath.Join(k.dir, unfinished)) {
		return k.notBegun()
	}
	return badUsage("%q: accepted is the directory of a kept run, which holds a %s", k.dir, journalFile)
}

func (k *keptRun) close() error {
	if k.store == nil {
		return nil
	}
	return k.store.Close()
}

// actor finds an actor by its name, which may stand without its kind: "kate" is agents/Kate.
func (k *keptRun) actor(ctx context.Context, name string) (journal.Head, error) {
	heads, err := k.store.Heads(ctx)
	if err != nil {
		return journal.Head{}, err
	}
	names := make([]string, len(heads))
	for i, h := range heads {
		names[i] = h.Actor
	}
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		for _, prefix := range []string{"", "agents/", "services/"} {
			for i := range heads {
				if same(heads[i].Actor, prefix+name) {
					return heads[i], nil
				}
			}
		}
	}
	for i := range names {
		names[i] = person(names[i])
	}
	return journal.Head{}, unknown("actor", name, names)
}

// turn is one turn of an actor.
func (k *keptRun) turn(ctx context.Context, actor string, n uint64) (*journal.Entry, error) {
	if n > 0 {
		for e, err := range k.store.Turns(ctx, actor, n-1) {
			if err != nil {
				return nil, err
			}
			if e.N == n {
				return &e, nil
			}
			break
		}
	}
	return nil, fmt.Errorf("turn %d of %s is not in the journal", n, actor)
}
