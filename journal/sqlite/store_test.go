package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/journaltest"
	"github.com/polis-agents/polis/journal/sqlite"
)

func open(t *testing.T, path string, opts sqlite.Options) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// The store passes the suite.
func TestConformance(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) journal.Store {
		return open(t, filepath.Join(t.TempDir(), "run.db"), sqlite.Options{})
	})
}

// And what is expected of a store that outlives the process.
func TestDurability(t *testing.T) {
	journaltest.RunDurable(t, func(t *testing.T) func(*testing.T) journal.Store {
		path := filepath.Join(t.TempDir(), "run.db")
		return func(t *testing.T) journal.Store { return open(t, path, sqlite.Options{}) }
	})
}
