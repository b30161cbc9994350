package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/polis-agents/polis/journal"
)

// Append implements journal.Store. Any error means that nothing was written; what was there before can still be read.
func (s *Store) Append(ctx context.Context, entries []journal.Entry) error {
	for i := range entries {
		if err := entries[i].Validate(); err != nil {
			return err
		}
	}
	return s.write(ctx, "append", func(p *pen) error {
		if len(entries) == 0 {
			return nil
		}
		return p.transact(func() error { return p.write(entries) })
	})
}

// write waits for the pen and lends it to do.
func (s *Store) write(ctx context.Context, doing string, do func(*pen) error) error {
	if err := s.usable(ctx); err != nil {
		return s.fault(doing, err)
	}
	if s.opts.ReadOnly {
		return s.fault(doing, ErrReadOnly)
	}
	var p *pen
	select {
	case p = <-s.pen:
	case <-s.done:
		return s.fault(doing, journal.ErrClosed)
	case <-ctx.Done():
		return s.fault(doing, ctx.Err())
	}
	defer func() { s.pen <- p }()
	// What is written to a file without a name is lost when it is closed, and SQLite does not look.
	if now, err := os.Stat(s.path); err != nil || !os.SameFile(now, s.file) {
		return s.fault(doing, ErrMoved)
	}
	err := do(p)
	var conflict *journal.Conflict
	if errors.As(err, &conflict) {
		return conflict
	}
	return s.fault(doing, err)
}

// SaveSnapshot implements journal.Store. All snapshots are kept.
func (s *Store) SaveSnapshot(ctx context.Context, actor string, n uint64, state []byte) error {
	return s.write(ctx, fmt.Sprintf("save a snapshot of %q after turn %d", actor, n), func(p *pen) error {
		return p.transact(func() error { return p.save(actor, n, state) })
	})
}

// save inserts a snapshot, in a transaction.
func (p *pen) save(actor string, n uint64, state []byte) error {
	count, err := p.count(actor)
	if err != nil {
		return err
	}
	if n == 0 || n > count {
		return &journal.Conflict{Actor: actor, Expected: count, Got: n}
	}
	a, s := &p.arena, p.snapshot
	if err := a.room(len(actor) + len(state)); err != nil {
		return err
	}
	at, size := put(a, actor)
	err = s.bindText(0, at, size)
	err = worst(err, s.bindInt(1, int64(n)))
	at, size = put(a, state)
	if err = worst(err, s.bindBlob(2, at, size)); err != nil {
		return err
	}
	return s.run()
}
