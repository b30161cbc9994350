package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polis-agents/polis/journal"
)

// A commit that fails leaves no belief behind in what was not committed.
func TestAFailedCommitIsForgotten(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "run.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	entries := []journal.Entry{{Actor: "a", N: 1, Kind: "k", Payload: []byte("1"), Effects: []byte("[]")}}
	failure := errors.New("the disk is gone")
	p := <-s.pen
	err = p.transact(func() error { return errors.Join(p.write(entries), failure) })
	s.pen <- p
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	for range s.Read(t.Context(), 0) {
		t.Error("something was written")
	}
	if err := s.Append(t.Context(), entries); err != nil {
		t.Error(err)
	}
	for e, err := range s.Read(t.Context(), 0) {
		if e.Position != 1 || err != nil {
			t.Errorf("at %d, %v", e.Position, err)
		}
	}
}

// "synchronous: default NORMAL, option Full."
func TestWhetherTheDiskIsWaitedFor(t *testing.T) {
	for _, c := range []struct {
		opts Options
		want int64
	}{{Options{}, 1}, {Options{Full: true}, 2}} {
		path := filepath.Join(t.TempDir(), "run.db")
		s, err := Open(t.Context(), path, c.opts)
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		s, err = Open(t.Context(), path, c.opts)
		if err != nil {
			t.Fatal(err)
		}
		p := <-s.pen
		for sql, want := range map[string]int64{"PRAGMA synchronous": c.want, "PRAGMA busy_timeout": 5000} {
			st, err := p.conn.prepare(sql)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := st.number(); n != want || err != nil {
				t.Errorf("%+v: %s is %d, %v; want %d", c.opts, sql, n, err, want)
			}
		}
		s.pen <- p
		if _, err := os.Stat(path + "-wal"); err != nil {
			t.Errorf("a writer has its log: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Whoever waits for a connection when the store is closed waits no longer.
func TestCloseEndsWaiting(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "run.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := <-s.pen
	for range readers {
		<-s.more
	}
	result := make(chan error, 2)
	go func() {
		_, err := s.Heads(t.Context())
		result <- err
	}()
	go func() { result <- s.Append(t.Context(), nil) }()
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	for range 2 {
		if err := <-result; !errors.Is(err, journal.ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
	s.pen <- p
	for range readers {
		s.more <- struct{}{}
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// What a reader keeps at a time is bounded: entries by their size and number, names by their number.
func TestAReaderIsBounded(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "run.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var entries []journal.Entry
	for i := range pageRows + 10 {
		payload := "0"
		if i < 10 {
			payload = `"` + strings.Repeat("x", pageBytes/3) + `"`
		}
		entries = append(entries, journal.Entry{Actor: "a", N: uint64(i + 1), Kind: "k", Payload: []byte(payload), Effects: []byte("[]")})
	}
	if err := s.Append(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for at := uint64(0); at < uint64(len(entries)); {
		r := reader{span: &span{pageSQL: `SELECT ` + columns + ` FROM entries WHERE rowid > ? AND rowid <= ? ORDER BY rowid`}, names: map[string]string{}}
		if err := s.look(t.Context(), func(e *eye) error { return r.next(e, at, uint64(len(entries))) }); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(r.page))
		at += uint64(len(r.page))
	}
	if got, want := fmt.Sprint(sizes), fmt.Sprint([]int{3, 3, 3, pageRows, 1}); got != want {
		t.Errorf("pages of %s, want %s", got, want)
	}
	r := reader{names: map[string]string{}}
	for i := range manyNames * 3 / 2 {
		if name := fmt.Sprint(i); r.name([]byte(name)) != name {
			t.Fatal(name)
		}
	}
	if len(r.names) > manyNames {
		t.Errorf("%d names are remembered", len(r.names))
	}
}
