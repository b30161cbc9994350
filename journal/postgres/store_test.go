package postgres_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/journaltest"
	"github.com/polis-agents/polis/journal/postgres"
)

// database returns the DSN of a server for tests, or skips.
func database(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv("POLIS_TEST_POSTGRES")
	if dsn == "" {
		t.Skip("POLIS_TEST_POSTGRES is not set: no PostgreSQL to test with; .ci/run starts one")
	}
	return dsn
}

var runs atomic.Int64

// newRun is a name that no run has.
func newRun(t testing.TB) string {
	return fmt.Sprintf("%s/%d/%d", t.Name(), time.Now().UnixNano(), runs.Add(1))
}

func open(t testing.TB, dsn, run string, opts postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), dsn, run, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// The store passes the suite.
func TestConformance(t *testing.T) {
	dsn := database(t)
	journaltest.Run(t, func(t *testing.T) journal.Store { return open(t, dsn, newRun(t), postgres.Options{}) })
}

// And what is expected of a store that outlives the process.
func TestDurability(t *testing.T) {
	dsn := database(t)
	journaltest.RunDurable(t, func(t *testing.T) func(*testing.T) journal.Store {
		run := newRun(t)
		return func(t *testing.T) journal.Store { return open(t, dsn, run, postgres.Options{}) }
	})
}
