package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/sqlite"
)

// million is how many entries the journal has that is resumed.
const million = 1_000_000

// cutRun is a run that was cut off, as by a kill, when its journal had so many entries, in a file that both sides use.
type cutRun struct {
	dir   string
	made  bool
	users int
}

// villagers are those of the long run: a month of theirs is 62 turns.
const villagers = 20

var errCut = errors.New("bench: the run is cut off here")

// cutting is a store that takes so many entries and no more.
type cutting struct {
	journal.Store
	left int
}

// Append implements journal.Store.
func (c *cutting) Append(ctx context.Context, entries []journal.Entry) error {
	if len(entries) > c.left {
		return errors.Join(c.Store.Append(ctx, entries[:c.left]), errCut)
	}
	c.left -= len(entries)
	return c.Store.Append(ctx, entries)
}

// entries of the journal, as many as give a side the time it should take, or about that.
func (c *cutRun) entries(o Options) int {
	return max(5000, int(float64(million)*min(1, float64(o.Least)/float64(50*time.Millisecond))))
}

// epoch is the long run under a store.
func (c *cutRun) epoch(store journal.Store) (polis.Epoch, error) {
	s, cfg, err := lake(1_000_000, villagers)
	cfg.Journal = store
	return polis.Epoch{Society: s, Config: cfg}, err
}

// open gives the file, made by whoever comes first.
func (c *cutRun) open(ctx context.Context, o Options) (*sqlite.Store, error) {
	if c.users++; c.users == 1 {
		var err error
		if c.dir, err = os.MkdirTemp("", "polis-bench-"); err != nil {
			return nil, err
		}
	}
	file, err := sqlite.Open(ctx, filepath.Join(c.dir, "run.db"), sqlite.Options{})
	if err != nil || c.made {
		return file, err
	}
	e, err := c.epoch(&cutting{file, c.entries(o)})
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if _, err := polis.Run(ctx, e.Society, e.Config); !errors.Is(err, errCut) {
		return nil, errors.Join(fmt.Errorf("the run was not cut off but ended: %w", err), file.Close())
	}
	c.made = true
	return file, nil
}

// leftAlone is a store that keeps nothing more, so that the same past can be resumed again. It tells of the first turn
// that would have been kept of the world or of an agent.
type leftAlone struct {
	journal.Store
	once  sync.Once
	first chan struct{}
}

// Append implements journal.Store.
func (l *leftAlone) Append(_ context.Context, entries []journal.Entry) error {
	for i := range entries {
		if entries[i].Actor == environment.Name || strings.HasPrefix(entries[i].Actor, actors.ActorName("")) {
			l.once.Do(func() { close(l.first) })
		}
	}
	return nil
}

// openResume takes the run up, until the society has its next turn.
func (c *cutRun) openResume(o Options) (rig, error) {
	file, err := c.open(context.Background(), o)
	if err != nil {
		return rig{}, err
	}
	return rig{close: func() error { return errors.Join(file.Close(), c.end()) }, run: func(ops int) (sample, error) {
		store := &leftAlone{Store: file, first: make(chan struct{})}
		e, err := c.epoch(store)
		if err != nil {
			return sample{}, err
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var r *polis.Running
		s, err := measure(ops, func() (err error) {
			if r, err = polis.Resume(ctx, e); err != nil {
				return err
			}
			select {
			case <-store.first:
				return nil
			case <-time.After(patience):
				return errors.New("the society, taken up again, has no turn")
			}
		})
		if err != nil {
			return s, err
		}
		cancel()
		if _, err := r.Wait(); !errors.Is(err, context.Canceled) {
			return s, err
		}
		return s, nil
	}}, nil
}

// openCheck reads the same file and checks that it is whole: the least that whoever goes on from it must do.
func (c *cutRun) openCheck(o Options) (rig, error) {
	file, err := c.open(context.Background(), o)
	if err != nil {
		return rig{}, err
	}
	return rig{close: func() error { return errors.Join(file.Close(), c.end()) }, run: func(ops int) (sample, error) {
		return measure(ops, func() error { return journal.Check(file.Read(context.Background(), 0)) })
	}}, nil
}

// end removes the file after its last user.
func (c *cutRun) end() error {
	if c.users--; c.users > 0 {
		return nil
	}
	c.made = false
	return os.RemoveAll(c.dir)
}
