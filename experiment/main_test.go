package experiment

import (
	"testing"

	"go.uber.org/goleak"
)

// Every goroutine has an owner: none is left after all tests.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
