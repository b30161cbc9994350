package sqlite

import (
	"net/url"
	"strconv"

	lib "modernc.org/sqlite/lib"

	"github.com/polis-agents/polis/journal"
)

// pen is the connection that writes, with what it knows of the journal. Whoever holds it writes.
type pen struct {
	conn                          *conn
	begin, commit, rollback       *stmt
	insert, version, last, counts *stmt
	snapshot                      *stmt
	arena                         arena

	seen  int64             // SQLite's number of the last change by somebody else: as long as it stays, the next two hold
	end   int64             // the last position
	heads map[string]uint64 // turns per actor, of actors met since
	batch map[string]uint64 // those of the append that is going on
}

const insertSQL = `INSERT INTO entries(rowid, position, actor, n, kind, logical, wall, cause_actor, cause_n, payload, effects, digest, cause_index, step)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

func newPen(path string, opts Options) (_ *pen, err error) {
	name, err := uri(path, url.Values{})
	if err != nil {
		return nil, err
	}
	c, err := dial(name, lib.SQLITE_OPEN_READWRITE, opts.pragmas()...)
	if err != nil {
		return nil, err
	}
	p := &pen{conn: c, arena: arena{c: c}, seen: -1, heads: map[string]uint64{}, batch: map[string]uint64{}}
	for _, s := range []struct {
		to  **stmt
		sql string
	}{
		{&p.begin, "BEGIN IMMEDIATE"},
		{&p.commit, "COMMIT"},
		{&p.rollback, "ROLLBACK"},
		{&p.insert, insertSQL},
		{&p.version, "PRAGMA data_version"},
		{&p.last, "SELECT coalesce(max(rowid), 0) FROM entries"},
		{&p.counts, "SELECT coalesce(max(n), 0) FROM entries WHERE actor = ?"},
		{&p.snapshot, "INSERT OR REPLACE INTO snapshots(actor, n, state) VALUES (?, ?, ?)"},
	} {
		if *s.to, err = c.prepare(s.sql); err != nil {
			_ = c.close() // the error is the one before
			return nil, err
		}
	}
	// The first look makes the log, by which readers know that somebody writes.
	if err := p.meet(); err != nil {
		_ = c.close() // likewise
		return nil, err
	}
	return p, nil
}

// pragmas set up a connection that writes.
func (o *Options) pragmas() []string {
	synchronous := "NORMAL"
	if o.Full {
		synchronous = "FULL"
	}
	pragmas := []string{
		"PRAGMA busy_timeout = " + strconv.FormatInt(o.busy().Milliseconds(), 10),
		"PRAGMA journal_mode = WAL",
		"PRAGMA synchronous = " + synchronous,
		"PRAGMA cache_size = -16000",       // KiB
		"PRAGMA wal_autocheckpoint = 8000", // pages
	}
	if o.MaxPages > 0 {
		pragmas = append(pragmas, "PRAGMA max_page_count = "+strconv.Itoa(o.MaxPages))
	}
	return pragmas
}

// drop ends the connection. If it was the last, what is in the log beside the file goes into the file, and the file is one
// that can be read without a log; if others still look on, they keep the log.
func (p *pen) drop() error {
	p.arena.free()
	if err := p.conn.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE"); err != nil && codeOf(err) != lib.SQLITE_BUSY {
		_ = p.conn.close() // likewise
		return err
	}
	return p.conn.close()
}

// transact does what it is given in one transaction that holds the only right to write the file.
func (p *pen) transact(do func() error) error {
	if err := p.begin.run(); err != nil {
		return err
	}
	err := p.meet()
	if err == nil {
		err = do()
	}
	if err == nil {
		if err = p.commit.run(); err == nil {
			return nil
		}
	}
	p.seen = -1          // what was believed is read again
	_ = p.rollback.run() // SQLite may have done it already, and says so
	return err
}

// meet forgets what was known of the journal if somebody else has written since.
func (p *pen) meet() error {
	version, err := p.version.number()
	if err != nil || version == p.seen {
		return err
	}
	clear(p.heads)
	if p.end, err = p.last.number(); err != nil {
		return err
	}
	p.seen = version
	return nil
}

// count returns how many turns of the actor are committed.
func (p *pen) count(actor string) (uint64, error) {
	if n, known := p.heads[actor]; known {
		return n, nil
	}
	if err := p.arena.room(len(actor)); err != nil {
		return 0, err
	}
	at, size := put(&p.arena, actor)
	if err := p.counts.bindText(0, at, size); err != nil {
		return 0, err
	}
	n, err := p.counts.number()
	if err == nil {
		p.heads[actor] = uint64(n)
	}
	return uint64(n), err
}

// write inserts the entries, in a transaction.
func (p *pen) write(entries []journal.Entry) error {
	clear(p.batch)
	end := p.end
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
		end++
		if err := p.put(e, end); err != nil {
			return err
		}
	}
	p.end = end
	for actor, n := range p.batch {
		p.heads[actor] = n
	}
	return nil
}

// put inserts one entry.
func (p *pen) put(e *journal.Entry, position int64) error {
	a, s := &p.arena, p.insert
	if err := a.room(len(e.Actor) + len(e.Kind) + len(e.Cause.Actor) + len(e.Payload) + len(e.Effects) + len(e.Digest)); err != nil {
		return err
	}
	for i, v := range [...]int64{0: position, 1: position, 3: int64(e.N), 5: int64(e.Logical), 6: wallOf(e.Wall), 8: int64(e.Cause.N), 12: int64(e.Cause.Index), 13: int64(e.Step)} {
		switch i {
		case 2, 4, 7, 9, 10, 11:
			continue
		}
		if err := s.bindInt(int32(i), v); err != nil {
			return err
		}
	}
	at, n := put(a, e.Actor)
	err := s.bindText(2, at, n)
	at, n = put(a, e.Kind)
	err = worst(err, s.bindText(4, at, n))
	at, n = put(a, e.Cause.Actor)
	err = worst(err, s.bindText(7, at, n))
	at, n = put(a, e.Payload)
	err = worst(err, s.bindText(9, at, n))
	at, n = put(a, e.Effects)
	err = worst(err, s.bindText(10, at, n))
	at, n = put(a, e.Digest[:])
	err = worst(err, s.bindBlob(11, at, n))
	if err != nil {
		return err
	}
	return s.run()
}
