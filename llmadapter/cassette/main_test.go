package cassette

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/polis-agents/polis/llmadapter/openai"
)

// No goroutine is left after all tests: every client is closed.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// key is a secret that must not be seen anywhere.
const key = "sk-secret-0123456789"

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := first(errs...); err != nil {
		t.Fatal(err)
	}
}

// newTape is the name of a file that is not there yet.
func newTape(t testing.TB) string { return filepath.Join(t.TempDir(), "tape.jsonl") }

func of(model string) Info {
	return Info{Provider: "openai", Model: model, Root: "/v1", Label: "stand-in"}
}

// recording begins a tape of that name, which ends with the test.
func recording(t testing.TB, path string) *Recorder {
	t.Helper()
	r, err := Record(path, Recording{Info: of("sim-test"), Key: key})
	must(t, err)
	t.Cleanup(func() { _ = r.Close() }) // a test that wants to know closes it itself
	return r
}

// opened is a tape that is open until the test ends.
func opened(t testing.TB, path string) *Tape {
	t.Helper()
	tape, err := Open(path)
	must(t, err)
	t.Cleanup(func() { must(t, tape.Close()) })
	return tape
}

// tapeOf is a tape of these bytes.
func tapeOf(text string) (*Tape, error) { return read(bytes.NewReader([]byte(text)), int64(len(text))) }

// client is one of the test's model.
func client(t testing.TB, cfg openai.Config) *openai.Client {
	t.Helper()
	cfg.Model, cfg.Key, cfg.Idle = "sim-test", key, cfg.FirstToken
	c, err := openai.New(cfg)
	must(t, err)
	t.Cleanup(c.Close)
	return c
}

// soon is a patience that is over soon.
const soon = 300 * time.Millisecond

func textOf(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}
