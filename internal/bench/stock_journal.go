package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	_ "modernc.org/sqlite" // the driver

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/sqlite"
)

// insertRow is what anybody would write who has the table.
const insertRow = `INSERT INTO entries(rowid, position, actor, n, kind, logical, wall, cause_actor, cause_n, payload, effects, digest, cause_index, step)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// openInserts writes the rows of the run before, by database/sql and the same driver: one prepared statement, one
// transaction for each batch that the run made, the same tables, keys and pragmas. Nothing is checked, chained or made.
func (k *keptRun) openInserts(Options) (rig, error) {
	n := 0
	return rig{run: func(int) (sample, error) {
		n++
		path := filepath.Join(k.dir, "bare-"+strconv.Itoa(n)+".db")
		tables, err := sqlite.Open(context.Background(), path, sqlite.Options{})
		if err == nil {
			err = tables.Close()
		}
		if err != nil {
			return sample{}, err
		}
		db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=cache_size(-16000)&_pragma=wal_autocheckpoint(8000)")
		if err != nil {
			return sample{}, err
		}
		db.SetMaxOpenConns(1)
		s, err := measure(len(k.rows), func() error { return k.insert(db) })
		return s, errors.Join(err, db.Close())
	}}, nil
}

// insert writes all rows.
func (k *keptRun) insert(db *sql.DB) error {
	insert, err := db.Prepare(insertRow)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }() // the transaction says whether it went well
	at := 0
	for _, size := range k.batches {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		each := tx.Stmt(insert)
		for i := range k.rows[at : at+size] {
			if err := insertOne(each, &k.rows[at+i], at+i+1); err != nil {
				return errors.Join(err, tx.Rollback())
			}
		}
		if err := tx.Commit(); err != nil {
			return err
		}
		at += size
	}
	if at != len(k.rows) {
		return fmt.Errorf("%d rows in batches, %d in the file", at, len(k.rows))
	}
	return nil
}

func insertOne(insert *sql.Stmt, e *journal.Entry, position int) error {
	_, err := insert.Exec(position, position, e.Actor, int64(e.N), e.Kind, int64(e.Logical), e.Wall.UnixNano(), e.Cause.Actor, int64(e.Cause.N),
		string(e.Payload), string(e.Effects), e.Digest[:], e.Cause.Index, int64(e.Step))
	return err
}
