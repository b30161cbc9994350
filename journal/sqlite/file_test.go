package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/sqlite"
)

// written makes a closed journal of n entries and returns its path.
func written(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.db")
	s := open(t, path, sqlite.Options{})
	var r rows
	if err := s.Append(t.Context(), r.batch(0, n)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// listing is every file of a directory with what is in it.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil && !e.IsDir() {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return files
}

// unchanged fails unless the directory is as it was, byte for byte.
func unchanged(t *testing.T, dir string, before map[string]string) {
	t.Helper()
	after := listing(t, dir)
	for name, text := range after {
		if was, there := before[name]; !there {
			t.Errorf("%s was made", name)
		} else if was != text {
			t.Errorf("%s was changed", name)
		}
	}
	if len(after) < len(before) {
		t.Errorf("files were taken away: there are %d, were %d", len(after), len(before))
	}
}

// edit runs SQL on a file as any other program could.
func edit(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path}).String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// "Not a database, truncated, empty, a directory, missing: clear one-line errors naming the path."
func TestWhatIsNoJournalIsRefusedAndLeftAlone(t *testing.T) {
	whole, err := os.ReadFile(written(t, 100))
	if err != nil {
		t.Fatal(err)
	}
	put := func(content []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		want error
		says string
		may  bool // be opened when it need not exist: a journal is made there
	}{
		{"missing", func(*testing.T, string) {}, fs.ErrNotExist, "no such file", true},
		{"directory", func(t *testing.T, path string) { os.Mkdir(path, 0o700) }, sqlite.ErrNotJournal, "directory", false},
		{"empty", put(nil), sqlite.ErrNotJournal, "empty", true},
		{"one byte", put([]byte("S")), sqlite.ErrNotJournal, "no SQLite database", false},
		{"text", put(bytes.Repeat([]byte("once upon a time\n"), 1000)), sqlite.ErrNotJournal, "no SQLite database", false},
		{"cut in the header", put(whole[:50]), sqlite.ErrNotJournal, "no SQLite database", false},
		{"cut in the middle", put(whole[:len(whole)/2]), sqlite.ErrNotJournal, fmt.Sprintf("cut off: %d bytes of %d", len(whole)/2, len(whole)), false},
		{"cut by one byte", put(whole[:len(whole)-1]), sqlite.ErrNotJournal, "cut off", false},
		{"garbage after the header", put(append(slices.Clone(whole[:100]), bytes.Repeat([]byte{0xa5}, len(whole)-100)...)), sqlite.ErrDamaged, "malformed", false},
		{"another program's", func(t *testing.T, path string) { edit(t, path, "CREATE TABLE songs(name)") }, sqlite.ErrNotJournal, "another program", false},
		{"another program's, marked", func(t *testing.T, path string) {
			edit(t, path, "PRAGMA application_id = 77", "CREATE TABLE songs(name)")
		}, sqlite.ErrNotJournal, "0x4d", false},
		{"another program's, migrated by goose too", func(t *testing.T, path string) {
			edit(t, path, "CREATE TABLE songs(name)", "CREATE TABLE goose_db_version(version_id, is_applied)")
		}, sqlite.ErrNotJournal, "another program", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, opts := range []sqlite.Options{{ReadOnly: true}, {MustExist: true}, {}} {
				if c.may && !opts.ReadOnly && !opts.MustExist {
					continue
				}
				dir := t.TempDir()
				path := filepath.Join(dir, "a run?.db%20#")
				c.make(t, path)
				before := listing(t, dir)
				s, err := sqlite.Open(t.Context(), path, opts)
				if err == nil {
					s.Close()
				}
				if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || strings.Count(err.Error(), path) != 1 || strings.Contains(err.Error(), "\n") {
					t.Errorf("%+v: got %q; want one line with the path once, %q, and %v", opts, err, c.says, c.want)
				}
				unchanged(t, dir, before)
			}
			if c.may {
				path := filepath.Join(t.TempDir(), "run.db")
				c.make(t, path)
				s := open(t, path, sqlite.Options{})
				if err := s.Append(t.Context(), (&rows{}).batch(0, 3)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A file whose maker ended between its creation and its first table is as good as empty.
func TestAFileThatWasHardlyBegunIsGoneOnWith(t *testing.T) {
	for name, statements := range map[string][]string{
		"before the tables": {"PRAGMA journal_mode = WAL"},
		"before the first migration": {"PRAGMA journal_mode = WAL", `CREATE TABLE goose_db_version(id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL,
			is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')))`, "INSERT INTO goose_db_version(version_id, is_applied) VALUES (0, 1)"},
	} {
		path := filepath.Join(t.TempDir(), "run.db")
		edit(t, path, statements...)
		if s, err := sqlite.Open(t.Context(), path, sqlite.Options{MustExist: true}); !errors.Is(err, sqlite.ErrNotJournal) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
		if err := open(t, path, sqlite.Options{}).Append(t.Context(), (&rows{}).batch(0, 3)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// "A journal of a newer version is refused with an error that names the version found and the newest known, the file untouched."
func TestANewerJournalIsRefused(t *testing.T) {
	path := written(t, 10)
	edit(t, path, "INSERT INTO goose_db_version(version_id, is_applied) VALUES (7, 1)")
	before := listing(t, filepath.Dir(path))
	for _, opts := range []sqlite.Options{{}, {MustExist: true}, {ReadOnly: true}} {
		_, err := sqlite.Open(t.Context(), path, opts)
		if !errors.Is(err, sqlite.ErrNewer) || !strings.Contains(err.Error(), "version 7") || !strings.Contains(err.Error(), "here is 1") || !strings.Contains(err.Error(), path) {
			t.Errorf("%+v: %v", opts, err)
		}
	}
	unchanged(t, filepath.Dir(path), before)
}

// "Read-only: never writes, also no -wal or -shm left behind."
func TestReadingAFinishedRunLeavesNoTrace(t *testing.T) {
	path := written(t, 1000)
	dir := filepath.Dir(path)
	before := listing(t, dir)
	if len(before) != 1 {
		t.Fatalf("a closed journal is one file, there are %d", len(before))
	}
	for _, spoil := range []func(){
		func() {},
		func() { // a log was announced, and went away
			edit(t, path, "PRAGMA journal_mode = WAL")
			before = listing(t, dir)
		},
	} {
		spoil()
		s := open(t, path, sqlite.Options{ReadOnly: true})
		if n := len(read(t, s, 0)); n != 1000 {
			t.Errorf("read %d entries", n)
		}
		unchanged(t, dir, before)
		if err := s.Append(t.Context(), (&rows{}).batch(0, 1)); !errors.Is(err, sqlite.ErrReadOnly) {
			t.Errorf("append: %v", err)
		}
		if err := s.SaveSnapshot(t.Context(), "world", 1, nil); !errors.Is(err, sqlite.ErrReadOnly) {
			t.Errorf("snapshot: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		unchanged(t, dir, before)
	}
}

func read(t *testing.T, s journal.Store, from journal.Position) []journal.Entry {
	t.Helper()
	var entries []journal.Entry
	for e, err := range s.Read(t.Context(), from) {
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	return entries
}

// A reader that only reads follows a writer, also one that closes the journal and one that takes it up again.
func TestAReaderOutlivesTheWriters(t *testing.T) {
	path := written(t, 10)
	reader := open(t, path, sqlite.Options{ReadOnly: true})
	if n := len(read(t, reader, 0)); n != 10 {
		t.Fatalf("read %d entries", n)
	}
	var r rows
	r.batch(0, 10)
	for i := range 3 {
		writer := open(t, path, sqlite.Options{MustExist: true})
		for j := range 4 {
			if err := writer.Append(t.Context(), r.batch(10+i*20+j*5, 5)); err != nil {
				t.Fatal(err)
			}
			if n, want := len(read(t, reader, 0)), 10+i*20+j*5+5; n != want {
				t.Fatalf("read %d entries, want %d", n, want)
			}
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(read(t, reader, 0)); n != 70 {
		t.Errorf("read %d entries", n)
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
	last := open(t, path, sqlite.Options{})
	last.Close()
	if files := listing(t, filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%d files are left", len(files))
	}
}

// A journal that was left without its log is read as it stands, until somebody writes it.
func TestAReaderOfAnAbandonedJournalSeesItTakenUpAgain(t *testing.T) {
	path := written(t, 10)
	edit(t, path, "PRAGMA journal_mode = WAL")
	reader := open(t, path, sqlite.Options{ReadOnly: true})
	if n := len(read(t, reader, 0)); n != 10 {
		t.Fatalf("read %d entries", n)
	}
	writer := open(t, path, sqlite.Options{})
	var r rows
	r.batch(0, 10)
	for i := range 3 {
		if err := writer.Append(t.Context(), r.batch(10+i*5, 5)); err != nil {
			t.Fatal(err)
		}
		if n := len(read(t, reader, 0)); n != 15+i*5 {
			t.Errorf("read %d entries", n)
		}
	}
}

// Positions survive VACUUM: it may number rows anew.
func TestPositionsSurviveVacuum(t *testing.T) {
	path := written(t, 500)
	before := read(t, open(t, path, sqlite.Options{ReadOnly: true}), 0)
	edit(t, path, "VACUUM")
	after := read(t, open(t, path, sqlite.Options{}), 0)
	for i := range before {
		if before[i].Position != after[i].Position {
			t.Fatalf("entry %d was at %d, is at %d", i, before[i].Position, after[i].Position)
		}
	}
}

// "The table of cli.md", in a shell's words.
func TestAnybodyCanReadTheTables(t *testing.T) {
	path := written(t, 30)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var key, kinds string
	if err := db.QueryRow(`SELECT group_concat(name || ' ' || type, ', ') FROM pragma_table_info('entries')`).Scan(&kinds); err != nil {
		t.Fatal(err)
	}
	const want = "actor TEXT, n INTEGER, kind TEXT, logical INTEGER, wall INTEGER, cause_actor TEXT, cause_n INTEGER, payload TEXT, effects TEXT, digest BLOB, "
	if !strings.HasPrefix(kinds, want) {
		t.Errorf("columns: %s", kinds)
	}
	if err := db.QueryRow(`SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_table_info('entries') WHERE pk > 0 ORDER BY pk)`).Scan(&key); err != nil || key != "actor, n" {
		t.Errorf("primary key: %s, %v", key, err)
	}
	var types string
	if err := db.QueryRow(`SELECT DISTINCT typeof(actor)||typeof(n)||typeof(wall)||typeof(payload)||typeof(effects)||typeof(digest) FROM entries`).Scan(&types); err != nil || types != "textintegerintegertexttextblob" {
		t.Errorf("stored as %s, %v", types, err)
	}
	// Payload and effects are JSON to SQLite, as docs/journal.md shows.
	var tons, n int
	if err := db.QueryRow(`SELECT sum(effects ->> '$[0].args.tons'), count(*) FROM entries WHERE actor LIKE 'agents/%'`).Scan(&tons, &n); err != nil || tons != 10*n || n != 20 {
		t.Errorf("%d tons in %d turns, %v", tons, n, err)
	}
}
