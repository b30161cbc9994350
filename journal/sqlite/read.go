package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/polis-agents/polis/journal"
)

const columns = `position, actor, n, kind, logical, wall, cause_actor, cause_n, cause_index, step, payload, effects, digest`

const (
	readSQL  = `SELECT ` + columns + ` FROM entries WHERE rowid > ? AND rowid <= ? ORDER BY rowid`
	turnsSQL = `SELECT ` + columns + ` FROM entries WHERE actor = ?3 AND n > ?1 AND n <= ?2 ORDER BY n`
)

// A page is what is read at a time, so that no reader holds up the writer's housekeeping while its caller thinks.
const (
	pageRows  = 512
	pageBytes = 1 << 20
)

// Read implements journal.Store. It yields what was committed when the reading began.
func (s *Store) Read(ctx context.Context, from journal.Position) iter.Seq2[journal.Entry, error] {
	return s.pages(ctx, "read", readSQL, "SELECT coalesce(max(rowid), 0) FROM entries", "", uint64(from), func(e *journal.Entry) uint64 { return uint64(e.Position) })
}

// Turns implements journal.Store. It yields what was committed when the reading began.
func (s *Store) Turns(ctx context.Context, actor string, n uint64) iter.Seq2[journal.Entry, error] {
	return s.pages(ctx, "turns", turnsSQL, "SELECT coalesce(max(n), 0) FROM entries WHERE actor = ?", actor, n, func(e *journal.Entry) uint64 { return e.N })
}

// pages yields the entries of a query, page by page. A query is bounded by a number, that of the entry before and that of
// the last one that was there at the beginning.
func (s *Store) pages(ctx context.Context, doing, query, endQuery, actor string, at uint64, number func(*journal.Entry) uint64) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		var end uint64
		err := s.usable(ctx)
		if err == nil {
			args := []any{}
			if actor != "" {
				args = append(args, actor)
			}
			err = s.readers.QueryRowContext(ctx, endQuery, args...).Scan(&end)
		}
		var page []journal.Entry
		for err == nil && at < end {
			page, err = s.page(ctx, page[:0], query, at, end, actor)
			if err != nil {
				break
			}
			if len(page) == 0 {
				err = fmt.Errorf("%w: nothing between %d and %d", ErrDamaged, at, end)
				break
			}
			for i := range page {
				e := page[i]
				at = number(&e)
				if !yield(e, nil) {
					return
				}
				if err = s.usable(ctx); err != nil {
					break
				}
			}
		}
		if err != nil {
			yield(journal.Entry{}, s.fault(fmt.Sprintf("%s after %d", doing, at), err))
		}
	}
}

func (s *Store) usable(ctx context.Context) error {
	if s.closed.Load() {
		return journal.ErrClosed
	}
	return ctx.Err()
}

// page reads up to pageRows entries and about pageBytes bytes.
func (s *Store) page(ctx context.Context, page []journal.Entry, query string, at, end uint64, actor string) ([]journal.Entry, error) {
	args := []any{bounded(at), bounded(end)}
	if actor != "" {
		args = append(args, actor)
	}
	rows, err := s.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return page, err
	}
	defer rows.Close()
	bytes := 0
	for len(page) < pageRows && bytes < pageBytes && rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return page, err
		}
		bytes += len(e.Payload) + len(e.Effects)
		page = append(page, e)
	}
	return page, rows.Err()
}

func bounded(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

func scan(rows *sql.Rows) (e journal.Entry, err error) {
	var position, n, logical, wall, causeN, step int64
	var payload, effects, digest []byte
	err = rows.Scan(&position, &e.Actor, &n, &e.Kind, &logical, &wall, &e.Cause.Actor, &causeN, &e.Cause.Index, &step, &payload, &effects, &digest)
	if err != nil {
		return e, err
	}
	if len(digest) != len(e.Digest) {
		return e, fmt.Errorf("%w: turn %d of %q has a digest of %d bytes", ErrDamaged, n, e.Actor, len(digest))
	}
	e.Position, e.N, e.Logical, e.Wall = journal.Position(position), uint64(n), time.Duration(logical), timeOf(wall)
	e.Cause.N, e.Step, e.Payload, e.Effects = uint64(causeN), uint64(step), payload, effects
	copy(e.Digest[:], digest)
	return e, nil
}

// Heads implements journal.Store.
func (s *Store) Heads(ctx context.Context) ([]journal.Head, error) {
	heads, err := s.heads(ctx)
	return heads, s.fault("heads", err)
}

func (s *Store) heads(ctx context.Context) ([]journal.Head, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	rows, err := s.readers.QueryContext(ctx, `SELECT actor, max(n), digest FROM entries GROUP BY actor ORDER BY actor`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	heads := []journal.Head{}
	for rows.Next() {
		var h journal.Head
		var n int64
		var digest []byte
		if err := rows.Scan(&h.Actor, &n, &digest); err != nil {
			return nil, err
		}
		if len(digest) != len(h.Digest) {
			return nil, fmt.Errorf("%w: turn %d of %q has a digest of %d bytes", ErrDamaged, n, h.Actor, len(digest))
		}
		h.Count = uint64(n)
		copy(h.Digest[:], digest)
		heads = append(heads, h)
	}
	return heads, rows.Err()
}
