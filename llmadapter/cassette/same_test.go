package cassette

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// heard is what a client makes of an exchange.
func heard(ctx context.Context, m llmadapter.Model, r llmadapter.Request) string {
	reply, err := m.Complete(ctx, r)
	reply.FirstToken = 0 // the only thing that time decides
	if err == nil {
		return fmt.Sprintf("%+v", reply)
	}
	var e *llmadapter.Error
	if !errors.As(err, &e) {
		return "not an error of a model: " + err.Error()
	}
	pause := e.RetryAfter.Round(time.Second)
	if pause > time.Minute {
		pause = pause.Round(time.Minute) // a moment that was named comes nearer
	}
	return fmt.Sprintf("%s, fate %d, status %d, again in %v, spent %+v, rates %+v: %s", e.Kind, e.Fate, e.Status, pause, e.Usage, e.Rates, e.Text)
}

// "Playing goes through the same decoding": what a client makes of what is played is what it made of what it heard, whatever
// that was, and so often as it heard it.
func TestPlayedAsHeard(t *testing.T) {
	half := []string{llmadaptertest.Opening, llmadaptertest.Delta("half of")}
	answers := []struct {
		name string
		llmadaptertest.Answer
		want string // in what was heard, so that the case is the one that is meant
	}{
		{"text", llmadaptertest.Text("grüße 🐟"), "grüße"},
		{"calls", llmadaptertest.Calls(llmadapter.Call{Name: "harvest", Arguments: `{"tons":4}`}), "harvest"},
		{"whole", llmadaptertest.Whole("at once"), "at once"},
		{"cut", llmadaptertest.Cut(half...), "truncated, fate 1"},
		{"dropped", llmadaptertest.Dropped(half...), "truncated, fate 1"},
		{"reset", llmadaptertest.ResetAfter(half...), "truncated, fate 1"},
		{"reset at once", llmadaptertest.ResetAtOnce(), "broken, fate 0"},
		{"hung up", llmadaptertest.HangUp(), "broken, fate 0"},
		{"stalled", llmadaptertest.Stalled(half...), "stalled, fate 1, status 200"},
		{"kept alive", llmadaptertest.KeptAlive(10*time.Millisecond, half...), "stalled, fate 1, status 200"},
		{"silent", llmadaptertest.Hang(), "stalled, fate 0, status 0"},
		{"error in the stream", llmadaptertest.Stream(append(half, llmadaptertest.Failure("overloaded_error", "too much"))...), "overloaded, fate 1, status 200"},
		{"429", llmadaptertest.Limited("Retry-After", "7", "X-Ratelimit-Limit-Requests", "60", "X-Ratelimit-Remaining-Requests", "0",
			"X-Ratelimit-Reset-Requests", "7s"), "rate-limited, fate 1, status 429, again in 7s"},
		{"429 until a moment", llmadaptertest.Limited("Retry-After", time.Now().Add(time.Hour/2).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")), "again in 30m0s"},
		{"500", llmadaptertest.Status(500, llmadaptertest.Failure("server_error", "oh")), "transient, fate 1, status 500"},
		{"a page", llmadaptertest.HTML(200), "malformed"},
		{"elsewhere", llmadaptertest.Redirect("http://other.example.org/secret/path"), "redirects to other.example.org"},
		{"a long line", llmadaptertest.LongLine(2 << 20), "malformed"},
		{"no JSON", llmadaptertest.Stream(llmadaptertest.Opening, "{"), "malformed"},
		{"no UTF-8", llmadaptertest.Stream(llmadaptertest.Opening, "{\"choices\":[{\"delta\":{\"content\":\"a\xffb\"}}]}", llmadaptertest.Finished("stop")), "stop"},
	}
	s := llmadaptertest.NewServer(t, func(x llmadaptertest.Seen) llmadaptertest.Answer { return answers[x.N-1].Answer })
	path := newTape(t)
	r := recording(t, path)
	hear := func(transport http.RoundTripper, want string) string {
		cfg := openai.Config{BaseURL: s.URL(), Transport: transport}
		if strings.HasPrefix(want, "stalled") {
			cfg.FirstToken = soon
		}
		return heard(t.Context(), client(t, cfg), llmadaptertest.Talk(1))
	}
	var was []string
	for _, a := range answers {
		was = append(was, hear(r, a.want))
		if !strings.Contains(was[len(was)-1], a.want) {
			t.Errorf("%s: %s", a.name, was[len(was)-1])
		}
	}
	if got := r.Exchanges(); got != len(answers) {
		t.Errorf("%d exchanges on the tape", got)
	}
	must(t, r.Close())
	s.Close()
	tape := opened(t, path)
	p := Play(tape)
	for i, a := range answers {
		if is := hear(p, a.want); is != was[i] {
			t.Errorf("%s: was %s\nis %s", a.name, was[i], is)
		}
	}
	if tape.Exchanges() != len(answers) || p.Misses() != 0 {
		t.Errorf("%d on the tape, %d missing", tape.Exchanges(), p.Misses())
	}
}

// Nobody who listens is no exchange that began: it is recorded, and played, as unsent.
func TestNobodyIsReachedAgain(t *testing.T) {
	path, nobody := newTape(t), llmadaptertest.Nobody(t)
	r := recording(t, path)
	was := heard(t.Context(), client(t, openai.Config{BaseURL: nobody, Transport: r}), llmadaptertest.Talk(1))
	must(t, r.Close())
	is := heard(t.Context(), client(t, openai.Config{BaseURL: nobody, Transport: Play(opened(t, path))}), llmadaptertest.Talk(1))
	if was != is || !strings.Contains(was, "unreachable, fate 2") {
		t.Errorf("was %s\nis %s", was, is)
	}
}

// Recorded and played, a model does what every model has to.
func TestContract(t *testing.T) {
	s, err := builtin.Start(t.Context(), builtin.Config{Name: "sim-test"})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	path := newTape(t)
	r := recording(t, path)
	t.Run("recorded", func(t *testing.T) {
		llmadaptertest.Check(t, llmadaptertest.Maker{Seeded: true, Forms: llmadapter.Forms,
			Model: func(t *testing.T) llmadapter.Model { return client(t, openai.Config{BaseURL: s.URL(), Transport: r}) }})
	})
	must(t, r.Close())
	p := Play(opened(t, path))
	t.Run("played", func(t *testing.T) {
		llmadaptertest.Check(t, llmadaptertest.Maker{Seeded: true, Forms: llmadapter.Forms,
			Model: func(t *testing.T) llmadapter.Model {
				return client(t, openai.Config{BaseURL: "http://127.0.0.1/v1", Transport: p})
			}})
	})
	if p.Misses() > 0 {
		t.Errorf("%d were not on the tape", p.Misses())
	}
}
