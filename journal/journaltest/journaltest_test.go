package journaltest_test

import (
	"testing"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/journaltest"
)

// TestMemory: the in-memory store passes the suite.
func TestMemory(t *testing.T) {
	journaltest.Run(t, func(*testing.T) journal.Store { return journal.NewMemory() })
}
