package socket

import (
	"testing"

	"go.uber.org/goleak"
)

// No goroutine is left after all tests: every endpoint is closed.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// key is a secret that must not be seen anywhere.
const key = "sk-secret-0123456789"

// endpoint makes one that ends with the test.
func endpoint(t testing.TB, cfg Config) *Endpoint {
	t.Helper()
	cfg.Form, cfg.Variable, cfg.Provider, cfg.Path, cfg.Model = "form", "FORM_API_KEY", "https://provider.example/v1", "/answers", "m"
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}
