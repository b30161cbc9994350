package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/polis-agents/polis/journal"
)

// pen is the connection that writes, with what it knows of the journal. Whoever holds it writes.
type pen struct {
	conn    *sql.Conn
	insert  *sql.Stmt
	version int64             // SQLite's number of changes made by others: as long as it stays, the next two hold
	last    int64             // the last position
	counts  map[string]uint64 // turns per actor, of actors met since
	batch   map[string]uint64 // counts as they will be when the append is committed
	args    []any
}

const insertSQL = `INSERT INTO entries(rowid, actor, n, kind, logical, wall, cause_actor, cause_n, payload, effects, digest, cause_index, step, position)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?1)`

func newPen(ctx context.Context, db *sql.DB) (*pen, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	insert, err := conn.PrepareContext(ctx, insertSQL)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &pen{conn: conn, insert: insert, version: -1, counts: map[string]uint64{}, batch: map[string]uint64{}}, nil
}

func (p *pen) drop() {
	p.insert.Close()
	p.conn.Close()
}

// take waits for the pen.
func (s *Store) take(ctx context.Context, doing string) (*pen, error) {
	if s.closed.Load() {
		return nil, fmt.Errorf("%w: %s", journal.ErrClosed, doing)
	}
	if err := ctx.Err(); err != nil {
		return nil, s.fault(doing, err)
	}
	if s.opts.ReadOnly {
		return nil, s.fault(doing, ErrReadOnly)
	}
	select {
	case p := <-s.pen:
		return p, nil
	case <-ctx.Done():
		return nil, s.fault(doing, ctx.Err())
	}
}

// Append implements journal.Store. An error that is neither a refusal nor of the context means that nothing was written,
// and that the journal can still be read.
func (s *Store) Append(ctx context.Context, entries []journal.Entry) error {
	const doing = "append"
	for i := range entries {
		if err := entries[i].Validate(); err != nil {
			return err
		}
	}
	p, err := s.take(ctx, doing)
	if err != nil {
		return err
	}
	defer func() { s.pen <- p }()
	if len(entries) == 0 {
		return nil
	}
	err = s.write(p, func() error { return p.write(entries) })
	var conflict *journal.Conflict
	if errors.As(err, &conflict) {
		return conflict
	}
	return s.fault(doing, err)
}

// write does what it is given in one transaction that holds the file's only right to write.
func (s *Store) write(p *pen, do func() error) error {
	if now, err := os.Stat(s.path); err != nil || !os.SameFile(now, s.file) {
		return ErrMoved
	}
	ctx := context.Background() // a transaction that was begun is finished: it is short
	if _, err := p.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := p.meet(ctx)
	if err == nil {
		err = do()
	}
	if err == nil {
		if _, err = p.conn.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
	}
	p.version = -1                      // whatever was believed is read again
	p.conn.ExecContext(ctx, "ROLLBACK") //nolint:errcheck // SQLite may have done it already, and says so
	return err
}

// meet forgets what was known of the journal if somebody else has written since.
func (p *pen) meet(ctx context.Context) error {
	var version int64
	if err := p.conn.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version); err != nil {
		return err
	}
	if version == p.version {
		return nil
	}
	clear(p.counts)
	if err := p.conn.QueryRowContext(ctx, "SELECT coalesce(max(rowid), 0) FROM entries").Scan(&p.last); err != nil {
		return err
	}
	p.version = version
	return nil
}

// count returns how many turns of the actor are committed.
func (p *pen) count(actor string) (uint64, error) {
	if n, known := p.counts[actor]; known {
		return n, nil
	}
	var n uint64
	err := p.conn.QueryRowContext(context.Background(), "SELECT coalesce(max(n), 0) FROM entries WHERE actor = ?", actor).Scan(&n)
	if err == nil {
		p.counts[actor] = n
	}
	return n, err
}

// write inserts the entries.
func (p *pen) write(entries []journal.Entry) error {
	clear(p.batch)
	last := p.last
	for i := range entries {
		e := &entries[i]
		n, met := p.batch[e.Actor]
		if !met {
			var err error
			if n, err = p.count(e.Actor); err != nil {
				return err
			}
		}
		if e.N != n+1 {
			return &journal.Conflict{Actor: e.Actor, Expected: n + 1, Got: e.N}
		}
		p.batch[e.Actor] = n + 1
		last++
		if _, err := p.insert.Exec(last, e.Actor, int64(e.N), e.Kind, int64(e.Logical), wallOf(e.Wall), e.Cause.Actor, int64(e.Cause.N),
			string(e.Payload), string(e.Effects), e.Digest[:], e.Cause.Index, int64(e.Step)); err != nil {
			return fmt.Errorf("turn %d of %q: %w", e.N, e.Actor, err)
		}
	}
	p.last = last
	for actor, n := range p.batch {
		p.counts[actor] = n
	}
	return nil
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
