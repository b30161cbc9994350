package sqlite

import (
	"context"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/polis-agents/polis/journal"
)

// eye is a connection that reads.
type eye struct {
	conn  *conn
	stmts map[string]*stmt
	arena arena
	still bool // it takes the file for one that nobody writes
}

func (e *eye) close() error {
	e.arena.free()
	return e.conn.close()
}

// query prepares a statement, or finds the one prepared before.
func (e *eye) query(sql string) (*stmt, error) {
	if s := e.stmts[sql]; s != nil {
		return s, nil
	}
	s, err := e.conn.prepare(sql)
	if err == nil {
		e.stmts[sql] = s
	}
	return s, err
}

// text binds a text that stays until the next.
func (e *eye) text(s *stmt, i int32, text string) error {
	if err := e.arena.room(len(text)); err != nil {
		return err
	}
	at, n := put(&e.arena, text)
	return s.bindText(i, at, n)
}

const columns = `position, actor, n, kind, logical, wall, cause_actor, cause_n, cause_index, step, payload, effects, digest, rowid`

// A span is a range of entries by a number, that of the entry before and that of the last.
type span struct {
	doing   string
	endSQL  string // the last number there is
	pageSQL string // entries between two numbers, in their order
	actor   string // a third parameter of pageSQL, the first of endSQL, unless empty
	number  func(*journal.Entry) uint64
}

// Read implements journal.Store. It yields what was committed when the reading began.
func (s *Store) Read(ctx context.Context, from journal.Position) iter.Seq2[journal.Entry, error] {
	return s.entries(ctx, uint64(from), &span{
		doing:   "read after position",
		endSQL:  `SELECT coalesce(max(rowid), 0) FROM entries`,
		pageSQL: `SELECT ` + columns + ` FROM entries WHERE rowid > ? AND rowid <= ? ORDER BY rowid`,
		number:  func(e *journal.Entry) uint64 { return uint64(e.Position) },
	})
}

// Turns implements journal.Store. It yields what was committed when the reading began.
func (s *Store) Turns(ctx context.Context, actor string, n uint64) iter.Seq2[journal.Entry, error] {
	if actor == "" {
		actor = "\x00" // nobody is called so; a span without an actor is of all
	}
	return s.entries(ctx, n, &span{
		doing:   fmt.Sprintf("read the turns of %q after", actor),
		endSQL:  `SELECT coalesce(max(n), 0) FROM entries WHERE actor = ?`,
		pageSQL: `SELECT ` + columns + ` FROM entries WHERE n > ? AND n <= ? AND actor = ? ORDER BY n`,
		actor:   actor,
		number:  func(e *journal.Entry) uint64 { return e.N },
	})
}

// entries yields the entries of a span after a number, page by page: no connection is held while the caller thinks.
func (s *Store) entries(ctx context.Context, at uint64, sp *span) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		var end uint64
		r := reader{span: sp, names: map[string]string{}}
		err := s.look(ctx, func(e *eye) (err error) {
			end, err = r.end(e)
			return err
		})
		for err == nil && at < end {
			err = s.look(ctx, func(e *eye) error { return r.next(e, at, end) })
			for i := range r.page {
				at = sp.number(&r.page[i])
				if !yield(r.page[i], nil) {
					return
				}
				if e := s.usable(ctx); e != nil {
					err = e
					break
				}
			}
			if err == nil && len(r.page) == 0 {
				err = fmt.Errorf("%w: nothing there, but something at %d", ErrDamaged, end)
			}
		}
		if err != nil {
			yield(journal.Entry{}, s.fault(fmt.Sprintf("%s %d", sp.doing, at), err))
		}
	}
}

// A page is what is read at a time.
const (
	pageRows  = 256
	pageBytes = 1 << 20
)

// reader reads pages and keeps what they have in common.
type reader struct {
	*span
	page  []journal.Entry
	names map[string]string // of actors and kinds, so that each is there once
	free  []byte            // where the next payloads and effects go
}

// end returns the last number there is.
func (r *reader) end(e *eye) (uint64, error) {
	s, err := e.query(r.endSQL)
	if err == nil && r.actor != "" {
		err = e.text(s, 0, r.actor)
	}
	if err != nil {
		return 0, err
	}
	n, err := s.number()
	return uint64(n), err
}

// next reads the page after a number. On an error the page holds what was read before it.
func (r *reader) next(e *eye, at, end uint64) error {
	clear(r.page)
	r.page = r.page[:0]
	s, err := e.query(r.pageSQL)
	if err != nil {
		return err
	}
	defer s.reset()
	err = worst(s.bindInt(0, bounded(at)), s.bindInt(1, bounded(end)))
	if err == nil && r.actor != "" {
		err = e.text(s, 2, r.actor)
	}
	for size := 0; err == nil && len(r.page) < pageRows && size < pageBytes; {
		more, err := s.step()
		if !more || err != nil {
			return err
		}
		entry, err := r.entry(s)
		if err != nil {
			return err
		}
		r.page = append(r.page, entry)
		size += len(entry.Payload) + len(entry.Effects)
	}
	return err
}

func bounded(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// entry is the row at which the statement stands.
func (r *reader) entry(s *stmt) (journal.Entry, error) {
	e := journal.Entry{
		Position: journal.Position(s.int(0)),
		Actor:    r.name(s.bytes(1)),
		N:        uint64(s.int(2)),
		Kind:     r.name(s.bytes(3)),
		Logical:  time.Duration(s.int(4)),
		Wall:     timeOf(s.int(5)),
		Cause:    journal.Cause{Actor: r.name(s.bytes(6)), N: uint64(s.int(7)), Index: int(s.int(8))},
		Step:     uint64(s.int(9)),
		Payload:  r.keep(s.bytes(10)),
		Effects:  r.keep(s.bytes(11)),
	}
	if digest := s.bytes(12); copy(e.Digest[:], digest) != len(e.Digest) || len(digest) != len(e.Digest) {
		return e, fmt.Errorf("%w: turn %d of %q has a digest of %d bytes", ErrDamaged, e.N, e.Actor, len(digest))
	}
	if row := s.int(13); row != int64(e.Position) {
		return e, fmt.Errorf("%w: turn %d of %q says that its position is %d and is at %d", ErrDamaged, e.N, e.Actor, e.Position, row)
	}
	return e, nil
}

// manyNames is how many names a reader remembers.
const manyNames = 1 << 14

// name is b as a string of which there is one.
func (r *reader) name(b []byte) string {
	if s, known := r.names[string(b)]; known {
		return s
	}
	if len(r.names) >= manyNames {
		clear(r.names)
	}
	s := string(b)
	r.names[s] = s
	return s
}

// keep copies b to where it belongs to the caller. Many share a block, so that there are few to collect; a slice's capacity
// ends where it does.
func (r *reader) keep(b []byte) []byte {
	const block = 64 << 10
	if len(b) > block/8 {
		return append([]byte(nil), b...)
	}
	if len(b) > len(r.free) {
		r.free = make([]byte, block)
	}
	n := copy(r.free, b)
	kept := r.free[:n:n]
	r.free = r.free[n:]
	return kept
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

// Heads implements journal.Store.
func (s *Store) Heads(ctx context.Context) ([]journal.Head, error) {
	var heads []journal.Head
	err := s.look(ctx, func(e *eye) (err error) {
		heads, err = e.heads()
		return err
	})
	return heads, s.fault("read the heads", err)
}

func (e *eye) heads() ([]journal.Head, error) {
	s, err := e.query(`SELECT actor, n, digest FROM (SELECT actor AS a, max(n) AS m FROM entries GROUP BY actor) JOIN entries ON actor = a AND n = m ORDER BY actor`)
	if err != nil {
		return nil, err
	}
	defer s.reset()
	heads := []journal.Head{}
	for {
		more, err := s.step()
		if !more || err != nil {
			return heads, err
		}
		h := journal.Head{Actor: string(s.bytes(0)), Count: uint64(s.int(1))}
		if digest := s.bytes(2); copy(h.Digest[:], digest) != len(h.Digest) || len(digest) != len(h.Digest) {
			return nil, fmt.Errorf("%w: turn %d of %q has a digest of %d bytes", ErrDamaged, h.Count, h.Actor, len(digest))
		}
		heads = append(heads, h)
	}
}

// LoadSnapshot implements journal.Store.
func (s *Store) LoadSnapshot(ctx context.Context, actor string, upTo uint64) (n uint64, state []byte, err error) {
	err = s.look(ctx, func(e *eye) error {
		st, err := e.query(`SELECT n, state FROM snapshots WHERE actor = ? AND n <= ? ORDER BY n DESC LIMIT 1`)
		if err != nil {
			return err
		}
		defer st.reset()
		if err := worst(e.text(st, 0, actor), st.bindInt(1, bounded(upTo))); err != nil {
			return err
		}
		more, err := st.step()
		if !more || err != nil {
			return err
		}
		n, state = uint64(st.int(0)), append([]byte{}, st.bytes(1)...)
		return nil
	})
	if err != nil {
		return 0, nil, s.fault(fmt.Sprintf("load a snapshot of %q", actor), err)
	}
	return n, state, nil
}
