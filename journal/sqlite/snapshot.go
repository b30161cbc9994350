package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/polis-agents/polis/journal"
)

// SaveSnapshot implements journal.Store. All snapshots are kept.
func (s *Store) SaveSnapshot(ctx context.Context, actor string, n uint64, state []byte) error {
	const doing = "save a snapshot"
	p, err := s.take(ctx, doing)
	if err != nil {
		return err
	}
	defer func() { s.pen <- p }()
	err = s.write(p, func() error {
		count, err := p.count(actor)
		if err != nil {
			return err
		}
		if n == 0 || n > count {
			return &journal.Conflict{Actor: actor, Expected: count, Got: n}
		}
		if state == nil {
			state = []byte{}
		}
		_, err = p.conn.ExecContext(context.Background(), `INSERT OR REPLACE INTO snapshots(actor, n, state) VALUES (?, ?, ?)`, actor, int64(n), state)
		return err
	})
	var conflict *journal.Conflict
	if errors.As(err, &conflict) {
		return conflict
	}
	return s.fault(doing, err)
}

// LoadSnapshot implements journal.Store.
func (s *Store) LoadSnapshot(ctx context.Context, actor string, upTo uint64) (n uint64, state []byte, err error) {
	if err = s.usable(ctx); err == nil {
		err = s.readers.QueryRowContext(ctx, `SELECT n, state FROM snapshots WHERE actor = ? AND n <= ? ORDER BY n DESC LIMIT 1`, actor, bounded(upTo)).Scan(&n, &state)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, nil
	}
	return n, state, s.fault("load a snapshot", err)
}
