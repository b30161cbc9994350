package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/sqlite"
)

// hold takes the file's only right to write.
func hold(t *testing.T, path string) (release func()) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		conn.ExecContext(context.Background(), "ROLLBACK")
		conn.Close()
		db.Close()
	}
}

// "Full disk: Append returns an error, nothing half-written, store still readable."
func TestAFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.db")
	s := open(t, path, sqlite.Options{MaxPages: 60})
	var r rows
	var want []journal.Entry
	var lost []journal.Entry
	for len(lost) == 0 {
		batch := r.batch(len(want), 40)
		switch err := s.Append(t.Context(), batch); {
		case err == nil:
			want = append(want, batch...)
		case errors.Is(err, sqlite.ErrFull) && strings.Contains(err.Error(), path):
			lost = batch
		default:
			t.Fatal(err)
		}
	}
	if len(want) < 100 {
		t.Errorf("it was full after %d entries", len(want))
	}
	if err := s.SaveSnapshot(t.Context(), "world", 1, make([]byte, 500_000)); !errors.Is(err, sqlite.ErrFull) {
		t.Errorf("snapshot: %v", err)
	}
	for range 2 {
		if err := s.Append(t.Context(), lost); !errors.Is(err, sqlite.ErrFull) {
			t.Errorf("again: %v", err)
		}
		if got := read(t, s, 0); len(got) != len(want) {
			t.Errorf("%d entries can be read, want %d", len(got), len(want))
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s = open(t, path, sqlite.Options{}) // there is room again
	if err := s.Append(t.Context(), lost); err != nil {
		t.Error(err)
	}
	if err := journal.Check(s.Read(t.Context(), 0)); err != nil {
		t.Error(err)
	}
}

// "A deleted file: Append returns an error." SQLite would write on into a file that nobody can open again.
func TestADeletedFile(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"deleted": os.Remove,
		"replaced": func(path string) error {
			return errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, nil, 0o600))
		},
	} {
		path := written(t, 10)
		s := open(t, path, sqlite.Options{})
		var r rows
		r.batch(0, 10)
		if err := s.Append(t.Context(), r.batch(10, 5)); err != nil {
			t.Fatal(err)
		}
		if n := len(read(t, s, 0)); n != 15 {
			t.Fatal(n)
		}
		if err := spoil(path); err != nil {
			t.Fatal(err)
		}
		if err := s.Append(t.Context(), r.batch(15, 5)); !errors.Is(err, sqlite.ErrMoved) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(read(t, s, 0)); n != 15 {
			t.Errorf("%s: %d entries can be read", name, n)
		}
	}
}

// A directory that takes no new file.
func TestADirectoryThatCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "not", "there", "run.db")
	if _, err := sqlite.Open(t.Context(), path, sqlite.Options{}); err == nil || strings.Count(err.Error(), path) != 1 || strings.Contains(err.Error(), "\n") {
		t.Errorf("a directory that is not there: %v", err)
	}
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	path = written(t, 10)
	if err := os.Chmod(filepath.Dir(path), 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Dir(path), 0o700) })
	if n := len(read(t, open(t, path, sqlite.Options{ReadOnly: true}), 0)); n != 10 {
		t.Errorf("%d entries can be read", n)
	}
	if _, err := sqlite.Open(t.Context(), path, sqlite.Options{}); err == nil {
		t.Error("it was opened for writing")
	}
}

// "A corrupt page met while reading is an error naming what was being read."
func TestADamagedPage(t *testing.T) {
	path := written(t, 3000)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	damaged := 0
	for at := 8 * page; at+page <= len(text); at += len(text) / page / 12 * page {
		spoilt := bytes.Clone(text)
		copy(spoilt[at:], bytes.Repeat([]byte{0xff}, page))
		if err := os.WriteFile(path, spoilt, 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, path, sqlite.Options{ReadOnly: true})
		var n int
		var last error
		for _, last = range s.Read(t.Context(), 0) {
			n++
		}
		if _, err := s.Heads(t.Context()); last == nil {
			last = err
		}
		s.Close()
		if last == nil {
			continue // a page of the index that was not needed
		}
		damaged++
		if !errors.Is(last, sqlite.ErrDamaged) || !strings.Contains(last.Error(), path) || !strings.Contains(last.Error(), "read") {
			t.Errorf("page at %d, after %d entries: %v", at, n, last)
		}
	}
	if damaged < 6 {
		t.Errorf("of 12 pages only %d were missed", damaged)
	}
}

// What another program may do to a table is found when it is read.
func TestRowsThatMakeNoSense(t *testing.T) {
	for _, statement := range []string{
		"UPDATE entries SET digest = x'00' WHERE rowid = 50",
		"UPDATE entries SET position = 51 WHERE rowid = 50",
	} {
		path := written(t, 100)
		edit(t, path, statement)
		var last error
		n := 0
		for _, err := range open(t, path, sqlite.Options{ReadOnly: true}).Read(t.Context(), 0) {
			if last = err; err == nil {
				n++
			}
		}
		if !errors.Is(last, sqlite.ErrDamaged) || !strings.Contains(last.Error(), "after position 49") || n != 49 {
			t.Errorf("%s: %d entries, then %v", statement, n, last)
		}
	}
	path := written(t, 100)
	edit(t, path, "UPDATE entries SET digest = x'00' WHERE rowid = 98")
	if heads, err := open(t, path, sqlite.Options{}).Heads(t.Context()); !errors.Is(err, sqlite.ErrDamaged) || len(heads) != 0 {
		t.Errorf("heads: %v, %v", heads, err)
	}
}
