package sqlite

import (
	"errors"
	"os"
	"path/filepath"
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
