package telemetry

import (
	"testing"

	"go.uber.org/goleak"
)

// No goroutine is left after all tests: every Telemetry is closed.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
