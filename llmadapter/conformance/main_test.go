package conformance

import (
	"testing"

	"go.uber.org/goleak"
)

// No goroutine is left after all tests: every server is closed.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
