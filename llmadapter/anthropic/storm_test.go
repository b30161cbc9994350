package anthropic

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

// "A server that counts has counted at least Settled and at most Settled + PossiblyBilled."
func TestFatesMatchWhatAServerCounts(t *testing.T) {
	half := []string{opening, starts(0), says(0, "hel")}
	answers := []llmadaptertest.Answer{
		text("ok."), whole(`{"type":"text","text":"ok."}`, "end_turn"), called(llmadapter.Call{Name: "pass"}), llmadaptertest.Limited("Retry-After", "1"),
		llmadaptertest.Cut(half...), llmadaptertest.Dropped(half...), llmadaptertest.ResetAfter(half...), llmadaptertest.Stalled(half...),
		llmadaptertest.KeptAlive(time.Millisecond, half...), llmadaptertest.HTML(200), llmadaptertest.Status(500, "{}"), llmadaptertest.Redirect("http://127.0.0.1:1/"),
		llmadaptertest.Hang(), llmadaptertest.HangUp(), llmadaptertest.ResetAtOnce(), llmadaptertest.LongLine(2 << 20), llmadaptertest.Stream(failure("overloaded_error", "y")),
	}
	s := llmadaptertest.NewServer(t, func(seen llmadaptertest.Seen) llmadaptertest.Answer {
		return answers[rand.New(rand.NewPCG(7, uint64(seen.N))).IntN(len(answers))]
	})
	patience := 20 * time.Millisecond
	there := client(t, Config{BaseURL: s.URL(), Key: key, InFlight: 8, FirstToken: patience, Idle: patience})
	nowhere := client(t, Config{BaseURL: llmadaptertest.Nobody(t)})
	var fates [3]atomic.Int64
	var kinds sync.Map
	var all sync.WaitGroup
	const callers, each = 8, 60
	for caller := range callers {
		all.Go(func() {
			r := rand.New(rand.NewPCG(8, uint64(caller)))
			for range each {
				ctx, cancel := context.WithCancel(t.Context())
				c := there
				switch r.IntN(8) {
				case 0:
					c = nowhere
				case 1, 2: // at any moment of the call
					time.AfterFunc(time.Duration(r.IntN(int(2*time.Millisecond))), cancel)
				case 3:
					cancel()
				}
				_, err := c.Complete(ctx, llmadaptertest.Talk(1))
				cancel()
				var e *llmadapter.Error
				switch {
				case err == nil:
					fates[llmadapter.Settled].Add(1)
				case errors.As(err, &e) && llmadaptertest.CheckError(err) == nil:
					fates[e.Fate].Add(1)
					kinds.Store(e.Kind, true)
				default:
					t.Errorf("%v, %v", err, llmadaptertest.CheckError(err))
				}
			}
		})
	}
	all.Wait()
	settled, unsent, perhaps := fates[llmadapter.Settled].Load(), fates[llmadapter.Unsent].Load(), fates[llmadapter.PossiblyBilled].Load()
	if n := int64(s.Counted()); n < settled || n > settled+perhaps {
		t.Errorf("the server counted %d; settled %d, possibly billed %d", n, settled, perhaps)
	}
	if settled == 0 || unsent == 0 || perhaps == 0 || settled+unsent+perhaps != callers*each {
		t.Errorf("settled %d, unsent %d, possibly billed %d", settled, unsent, perhaps)
	}
	for _, k := range []llmadapter.Kind{llmadapter.Cancelled, llmadapter.Unreachable, llmadapter.Broken, llmadapter.Truncated, llmadapter.Stalled, llmadapter.Malformed, llmadapter.RateLimited, llmadapter.Overloaded} {
		if _, seen := kinds.Load(k); !seen {
			t.Errorf("no attempt was %s", k)
		}
	}
}
