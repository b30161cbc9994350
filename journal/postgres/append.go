package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/polis-agents/polis/journal"
)

// Append implements journal.Store. If the connection is lost meanwhile, Append looks whether the entries are there before it
// writes them again; an error that wraps ErrUnsure is the only one after which they may be there nevertheless.
func (s *Store) Append(ctx context.Context, entries []journal.Entry) error {
	const doing = "append"
	for i := range entries {
		if err := entries[i].Validate(); err != nil {
			return err
		}
	}
	if err := s.usable(ctx); err != nil {
		return s.fault(doing, err)
	}
	if s.opts.ReadOnly {
		return s.fault(doing, ErrReadOnly)
	}
	var heads map[string]uint64
	select {
	case heads = <-s.heads:
	case <-s.done:
		return s.fault(doing, journal.ErrClosed)
	case <-ctx.Done():
		return s.fault(doing, ctx.Err())
	}
	defer func() { s.heads <- heads }()
	if len(entries) == 0 {
		return nil
	}
	a := &appending{s: s, heads: heads, entries: entries}
	err := s.persist(ctx, true, a.attempt)
	var conflict *journal.Conflict
	if errors.As(err, &conflict) {
		return conflict
	}
	if err != nil && a.unsure {
		err = fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	return s.fault(doing, err)
}

// appending is one call of Append.
type appending struct {
	s       *Store
	heads   map[string]uint64
	entries []journal.Entry
	unsure  bool // an attempt was cut off: the entries may be there, or come to be there
}

// attempt writes the entries, unless they are there already.
func (a *appending) attempt(ctx context.Context) error {
	if a.unsure {
		if there, err := a.there(ctx); there || err != nil {
			return err
		}
	}
	if err := a.admit(ctx); err != nil {
		return err
	}
	err := a.insert(ctx)
	switch {
	case err == nil:
		a.committed()
		return nil
	case stateOf(err) != uniqueViolation:
		a.unsure = a.unsure || sent(err)
		return err
	case a.unsure: // what was cut off may have been committed just now
		if there, e := a.there(ctx); there || e != nil {
			return e
		}
	}
	if e := a.refresh(ctx); e != nil {
		return e
	}
	if conflict := a.conflict(); conflict != nil {
		return conflict
	}
	return err
}

// committed notes the new heads.
func (a *appending) committed() {
	for i := range a.entries {
		a.heads[a.entries[i].Actor] = a.entries[i].N
	}
}

// admit returns a conflict if what is in the database already cannot be extended by the entries. What was known before is
// enough to let them pass, since two turns of one number are refused by the primary key; it is not enough to refuse them.
func (a *appending) admit(ctx context.Context) error {
	known := true
	for i := range a.entries {
		_, met := a.heads[a.entries[i].Actor]
		known = known && met
	}
	if known && a.conflict() == nil {
		return nil
	}
	if err := a.refresh(ctx); err != nil {
		return err
	}
	if conflict := a.conflict(); conflict != nil {
		return conflict
	}
	return nil
}

// conflict returns the first entry that does not extend its chain by one, as far as is known.
func (a *appending) conflict() *journal.Conflict {
	batch := make(map[string]uint64, 8)
	for i := range a.entries {
		e := &a.entries[i]
		n, met := batch[e.Actor]
		if !met {
			n = a.heads[e.Actor]
		}
		if e.N != n+1 {
			return &journal.Conflict{Actor: e.Actor, Expected: n + 1, Got: e.N}
		}
		batch[e.Actor] = e.N
	}
	return nil
}

// refresh reads the heads of the entries' actors.
func (a *appending) refresh(ctx context.Context) error {
	var actors []string
	met := map[string]bool{}
	for i := range a.entries {
		if actor := a.entries[i].Actor; !met[actor] {
			met[actor] = true
			actors = append(actors, escape(actor))
		}
	}
	rows, err := a.s.pool.Query(ctx, `SELECT a, coalesce((SELECT max(n) FROM polis.entries WHERE run = $1 AND actor = a), 0)
		FROM unnest($2::text[]) AS a`, a.s.run, actors)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var actor string
		var n int64
		if err := rows.Scan(&actor, &n); err != nil {
			return err
		}
		a.heads[unescape(actor)] = uint64(n)
	}
	return rows.Err()
}

// there tells whether the entries are committed, by us: rivals that recorded the same turns did it at another time. An append
// is all or nothing; if only some are there, they are somebody else's.
func (a *appending) there(ctx context.Context) (bool, error) {
	for i := range a.entries {
		e := &a.entries[i]
		var wall int64
		var digest []byte
		err := a.s.pool.QueryRow(ctx, `SELECT wall, digest FROM polis.entries WHERE run = $1 AND actor = $2 AND n = $3`,
			a.s.run, escape(e.Actor), int64(e.N)).Scan(&wall, &digest)
		if errors.Is(err, pgx.ErrNoRows) {
			return false, nil
		}
		if err != nil || wall != wallOf(e.Wall) || !bytes.Equal(digest, e.Digest[:]) {
			return false, err
		}
	}
	a.committed()
	return true, nil
}

// insertSQL writes entries in one statement, which is a transaction of its own: one way to the server and back. The row of
// the run is locked by it until all is committed, so that no position becomes visible before a smaller one.
const insertSQL = `WITH place AS (UPDATE polis.runs SET last = last + $2 WHERE run = $1 RETURNING last - $2 AS before)
INSERT INTO polis.entries(run, actor, n, kind, logical, wall, cause_actor, cause_n, cause_index, step, payload, effects, digest, position)
SELECT $1, e.actor, e.n, e.kind, e.logical, e.wall, e.cause_actor, e.cause_n, e.cause_index, e.step, e.payload, e.effects, e.digest, place.before + e.i
FROM place, unnest($3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::bytea[])
WITH ORDINALITY AS e(actor, n, kind, logical, wall, cause_actor, cause_n, cause_index, step, payload, effects, digest, i)`

func (a *appending) insert(ctx context.Context) error {
	k := len(a.entries)
	var (
		actors, kinds, causes, payloads, effects = make([]string, k), make([]string, k), make([]string, k), make([]string, k), make([]string, k)
		ns, logicals, walls                      = make([]int64, k), make([]int64, k), make([]int64, k)
		causeNs, causeIndexes, steps             = make([]int64, k), make([]int64, k), make([]int64, k)
		digests                                  = make([][]byte, k)
	)
	for i := range a.entries {
		e := &a.entries[i]
		actors[i], kinds[i], causes[i] = escape(e.Actor), escape(e.Kind), escape(e.Cause.Actor)
		payloads[i], effects[i], digests[i] = string(e.Payload), string(e.Effects), e.Digest[:]
		ns[i], logicals[i], walls[i] = int64(e.N), int64(e.Logical), wallOf(e.Wall)
		causeNs[i], causeIndexes[i], steps[i] = int64(e.Cause.N), int64(e.Cause.Index), int64(e.Step)
	}
	tag, err := a.s.pool.Exec(ctx, insertSQL, a.s.run, k, actors, ns, kinds, logicals, walls, causes, causeNs, causeIndexes, steps, payloads, effects, digests)
	if err == nil && tag.RowsAffected() != int64(k) {
		return fmt.Errorf("%w: somebody took it away", ErrNoRun)
	}
	return err
}

// wallOf is the column wall: nanoseconds since 1970, 0 for the zero time.
func wallOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// timeOf is the way back.
func timeOf(wall int64) time.Time {
	if wall == 0 {
		return time.Time{}
	}
	return time.Unix(0, wall).UTC()
}
