package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/polis-agents/polis/journal"
)

const columns = `position, actor, n, kind, logical, wall, cause_actor, cause_n, cause_index, step, payload, effects, digest`

// A span is a range of entries by a number, that of the entry before and that of the last.
type span struct {
	doing   string
	endSQL  string // the last number there is
	pageSQL string // entries between two numbers, in their order, and how many at most
	args    []any  // of both, before the numbers
	number  func(*journal.Entry) uint64
}

// Read implements journal.Store. It yields what was committed when the reading began.
func (s *Store) Read(ctx context.Context, from journal.Position) iter.Seq2[journal.Entry, error] {
	return s.entries(ctx, uint64(from), &span{
		doing:   "read after position",
		endSQL:  `SELECT coalesce(max(position), 0) FROM polis.entries WHERE run = $1`,
		pageSQL: `SELECT ` + columns + ` FROM polis.entries WHERE run = $1 AND position > $2 AND position <= $3 ORDER BY position LIMIT $4`,
		args:    []any{s.run},
		number:  func(e *journal.Entry) uint64 { return uint64(e.Position) },
	})
}

// Turns implements journal.Store. It yields what was committed when the reading began.
func (s *Store) Turns(ctx context.Context, actor string, n uint64) iter.Seq2[journal.Entry, error] {
	return s.entries(ctx, n, &span{
		doing:   fmt.Sprintf("read the turns of %q after", actor),
		endSQL:  `SELECT coalesce(max(n), 0) FROM polis.entries WHERE run = $1 AND actor = $2`,
		pageSQL: `SELECT ` + columns + ` FROM polis.entries WHERE run = $1 AND actor = $2 AND n > $3 AND n <= $4 ORDER BY n LIMIT $5`,
		args:    []any{s.run, escape(actor)},
		number:  func(e *journal.Entry) uint64 { return e.N },
	})
}

// entries yields the entries of a span after a number, page by page: no connection is held while the caller thinks.
func (s *Store) entries(ctx context.Context, at uint64, sp *span) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		var end int64
		err := s.persist(ctx, false, func(ctx context.Context) error { return s.pool.QueryRow(ctx, sp.endSQL, sp.args...).Scan(&end) })
		r := reader{names: map[string]string{}, limit: firstPage}
		for err == nil && at < uint64(end) {
			err = s.persist(ctx, false, func(ctx context.Context) error { return r.next(ctx, s, sp, at, end) })
			if err == nil && len(r.page) == 0 {
				err = fmt.Errorf("%w: nothing there, but something at %d", ErrDamaged, end)
			}
			for i := range r.page {
				if err != nil {
					break
				}
				at = sp.number(&r.page[i])
				if !yield(r.page[i], nil) {
					return
				}
				err = s.usable(ctx)
			}
		}
		if err != nil {
			yield(journal.Entry{}, s.fault(fmt.Sprintf("%s %d", sp.doing, at), err))
		}
	}
}

// A page is what is read at a time. How many entries it has follows their size: the server sends all that it was asked for.
const (
	firstPage = 64
	largest   = 2048
	pageBytes = 1 << 20
)

// reader reads pages and keeps what they have in common.
type reader struct {
	page  []journal.Entry
	limit int
	names map[string]string // of actors and kinds, so that each is there once
}

// next reads the page after a number.
func (r *reader) next(ctx context.Context, s *Store, sp *span, at uint64, end int64) error {
	clear(r.page)
	r.page = r.page[:0]
	args := append(slices.Clone(sp.args), int64(min(at, math.MaxInt64)), end, r.limit)
	rows, err := s.pool.Query(ctx, sp.pageSQL, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	size := 0
	for rows.Next() {
		e, err := r.entry(rows)
		if err != nil {
			return err
		}
		r.page = append(r.page, e)
		size += len(e.Payload) + len(e.Effects)
	}
	switch {
	case size < pageBytes/2:
		r.limit = min(2*r.limit, largest)
	case size > pageBytes:
		r.limit = max(1, r.limit*pageBytes/size)
	}
	return rows.Err()
}

// entry is the row at which rows stands.
func (r *reader) entry(rows pgx.Rows) (e journal.Entry, err error) {
	var position, n, logical, wall, causeN, causeIndex, step int64
	var actor, kind, cause, payload, effects, digest pgtype.DriverBytes
	err = rows.Scan(&position, &actor, &n, &kind, &logical, &wall, &cause, &causeN, &causeIndex, &step, &payload, &effects, &digest)
	if err != nil {
		return e, err
	}
	e = journal.Entry{
		Position: journal.Position(position), Actor: r.name(actor), N: uint64(n), Kind: r.name(kind), Logical: time.Duration(logical), Wall: timeOf(wall),
		Cause: journal.Cause{Actor: r.name(cause), N: uint64(causeN), Index: int(causeIndex)}, Step: uint64(step),
		Payload: slices.Clone([]byte(payload)), Effects: slices.Clone([]byte(effects)),
	}
	if copy(e.Digest[:], digest) != len(e.Digest) || len(digest) != len(e.Digest) {
		return e, fmt.Errorf("%w: turn %d of %q has a digest of %d bytes", ErrDamaged, e.N, e.Actor, len(digest))
	}
	return e, nil
}

// manyNames is how many names a reader remembers.
const manyNames = 1 << 14

// name is what b stands for, as a string of which there is one.
func (r *reader) name(b []byte) string {
	if s, known := r.names[string(b)]; known {
		return s
	}
	if len(r.names) >= manyNames {
		clear(r.names)
	}
	s := unescape(string(b))
	r.names[string(b)] = s
	return s
}

// headsSQL jumps from the last turn of one actor to that of the next, so that it takes as long as there are actors, not turns.
const headsSQL = `WITH RECURSIVE head AS (
	(SELECT actor, n, digest FROM polis.entries WHERE run = $1 ORDER BY actor DESC, n DESC LIMIT 1)
	UNION ALL
	SELECT next.* FROM head, LATERAL (SELECT actor, n, digest FROM polis.entries WHERE run = $1 AND actor < head.actor ORDER BY actor DESC, n DESC LIMIT 1) AS next
) SELECT actor, n, digest FROM head`

// Heads implements journal.Store.
func (s *Store) Heads(ctx context.Context) ([]journal.Head, error) {
	var heads []journal.Head
	err := s.persist(ctx, false, func(ctx context.Context) (err error) {
		heads, err = s.readHeads(ctx)
		return err
	})
	if err != nil {
		return nil, s.fault("read the heads", err)
	}
	return heads, nil
}

func (s *Store) readHeads(ctx context.Context) ([]journal.Head, error) {
	rows, err := s.pool.Query(ctx, headsSQL, s.run)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	heads := []journal.Head{}
	for rows.Next() {
		var actor string
		var n int64
		var digest []byte
		if err := rows.Scan(&actor, &n, &digest); err != nil {
			return nil, err
		}
		h := journal.Head{Actor: unescape(actor), Count: uint64(n)}
		if copy(h.Digest[:], digest) != len(h.Digest) || len(digest) != len(h.Digest) {
			return nil, fmt.Errorf("%w: turn %d of %q has a digest of %d bytes", ErrDamaged, n, h.Actor, len(digest))
		}
		heads = append(heads, h)
	}
	slices.SortFunc(heads, func(a, b journal.Head) int { return cmp.Compare(a.Actor, b.Actor) })
	return heads, rows.Err()
}

// SaveSnapshot implements journal.Store. All snapshots are kept.
func (s *Store) SaveSnapshot(ctx context.Context, actor string, n uint64, state []byte) error {
	doing := fmt.Sprintf("save a snapshot of %q after turn %d", actor, n)
	if s.opts.ReadOnly {
		return s.fault(doing, ErrReadOnly)
	}
	if state == nil {
		state = []byte{}
	}
	var head int64
	err := s.persist(ctx, true, func(ctx context.Context) error { // twice is as good as once
		return s.pool.QueryRow(ctx, `WITH head AS (SELECT coalesce(max(n), 0) AS n FROM polis.entries WHERE run = $1 AND actor = $2),
			saved AS (INSERT INTO polis.snapshots(run, actor, n, state) SELECT $1::text, $2::text, $3::bigint, $4::bytea FROM head WHERE $3::bigint > 0 AND $3::bigint <= head.n
				ON CONFLICT (run, actor, n) DO UPDATE SET state = excluded.state)
			SELECT n FROM head`, s.run, escape(actor), int64(min(n, math.MaxInt64)), state).Scan(&head)
	})
	if err == nil && (n == 0 || n > uint64(head)) {
		return &journal.Conflict{Actor: actor, Expected: uint64(head), Got: n}
	}
	return s.fault(doing, err)
}

// LoadSnapshot implements journal.Store.
func (s *Store) LoadSnapshot(ctx context.Context, actor string, upTo uint64) (n uint64, state []byte, err error) {
	var at int64
	err = s.persist(ctx, false, func(ctx context.Context) error {
		return s.pool.QueryRow(ctx, `SELECT n, state FROM polis.snapshots WHERE run = $1 AND actor = $2 AND n <= $3 ORDER BY n DESC LIMIT 1`,
			s.run, escape(actor), int64(min(upTo, math.MaxInt64))).Scan(&at, &state)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, s.fault(fmt.Sprintf("load a snapshot of %q", actor), err)
	}
	return uint64(at), state, nil
}
