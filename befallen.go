package polis

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/journal"
)

// errSimulated is what the commits of a journal fail with when Chaos wants them to.
var errSimulated = errors.New("input/output error (simulated: chaos journal:error)")

// befallen is a store that faults befall on purpose. Everything but writing is as it was.
type befallen struct {
	journal.Store
	seed  uint64
	slow  time.Duration // of one commit of four; 0: none
	error uint64        // turns kept before every commit fails; 0: none does
	kills []uint64      // turns kept when the process dies; ascending
	kill  func() error

	mu      sync.Mutex // guards what follows
	counted bool
	kept    uint64
	commits uint64
	broken  bool
}

// befall gives the store that a run with these faults writes to; without any, it is the one given.
func (c *Chaos) befall(store journal.Store, seed uint64, rounds, agents int) journal.Store {
	if store == nil || c.Process == 0 && c.Journal != JournalError && c.Journal != JournalSlow {
		return store
	}
	b := &befallen{Store: store, seed: seed, kill: killThisProcess}
	switch c.Journal {
	case JournalError:
		b.error = moments(seed, "chaos/journal", 1, rounds, agents)[0]
	case JournalSlow:
		if b.slow = c.Slow; b.slow == 0 {
			b.slow = slowCommit
		}
	}
	b.kills = moments(seed, "chaos/process", c.Process, rounds, agents)
	return b
}

// killThisProcess ends it as kill -9 does: nothing is closed, nothing is said.
func killThisProcess() error {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	return err
}

// count begins with what was kept by former processes; mu is held.
func (b *befallen) count(ctx context.Context) error {
	if b.counted {
		return nil
	}
	heads, err := b.Heads(ctx)
	if err != nil {
		return err
	}
	for _, h := range heads {
		b.kept += h.Count
	}
	b.kills = slices.DeleteFunc(b.kills, func(at uint64) bool { return at <= b.kept })
	b.counted = true
	return nil
}

// Append commits, if nothing befalls it.
func (b *befallen) Append(ctx context.Context, entries []journal.Entry) error {
	pause, err := b.before(ctx, uint64(len(entries)))
	if err != nil {
		return err
	}
	if pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return fmt.Errorf("polis: a slow commit: %w", ctx.Err())
		}
	}
	if err := b.Store.Append(ctx, entries); err != nil {
		return err
	}
	return b.after(uint64(len(entries)))
}

// before says what befalls a commit of so many turns.
func (b *befallen) before(ctx context.Context, turns uint64) (pause time.Duration, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.count(ctx); err != nil {
		return 0, err
	}
	if b.error > 0 && b.kept+turns > b.error {
		b.broken = true
	}
	if b.broken {
		return 0, errSimulated
	}
	b.commits++
	if b.slow > 0 && chance.Float(b.seed, "chaos/slow", b.commits) < 0.25 {
		pause = b.slow
	}
	return pause, nil
}

// after counts what was kept, and dies at its moment: the commit is kept, and what was to follow from it is not.
func (b *befallen) after(turns uint64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept += turns
	if len(b.kills) > 0 && b.kept >= b.kills[0] {
		if err := b.kill(); err != nil {
			return fmt.Errorf("polis: chaos process: %w", err)
		}
		b.kills = b.kills[1:] // only where nothing has died, as in tests
	}
	return nil
}

// SaveSnapshot fails too when commits do.
func (b *befallen) SaveSnapshot(ctx context.Context, actor string, n uint64, state []byte) error {
	b.mu.Lock()
	broken := b.broken
	b.mu.Unlock()
	if broken {
		return errSimulated
	}
	return b.Store.SaveSnapshot(ctx, actor, n, state)
}
