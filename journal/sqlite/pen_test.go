package sqlite

import (
	"path/filepath"
	"testing"
)

// "synchronous: default NORMAL, option Full."
func TestWhetherTheDiskIsWaitedFor(t *testing.T) {
	for _, c := range []struct {
		opts Options
		want int64
	}{{Options{}, 1}, {Options{Full: true}, 2}} {
		s, err := Open(t.Context(), filepath.Join(t.TempDir(), "run.db"), c.opts)
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
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
