package builtin_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/anthropic"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// serve starts a stand-in, and a client of the same wire form that was written apart from it.
func serve(t *testing.T, c builtin.Config) (*builtin.Server, *openai.Client) {
	t.Helper()
	s, err := builtin.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	m, err := openai.New(openai.Config{Model: s.Name(), BaseURL: s.URL(), Idle: 300 * time.Millisecond, FirstToken: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return s, m
}

func model(t *testing.T, c builtin.Config) llmadapter.Model {
	_, m := serve(t, c)
	return m
}

// The stand-in, through the client of real endpoints, keeps the contract of a Model.
func TestKeepsTheContractOfAModel(t *testing.T) {
	llmadaptertest.Check(t, llmadaptertest.Maker{
		Model: func(t *testing.T) llmadapter.Model { return model(t, builtin.Config{}) },
		Forms: llmadapter.Forms, Seeded: true,
		Silent: func(t *testing.T) llmadapter.Model { return model(t, builtin.Config{FirstToken: time.Hour}) },
		Gone: func(t *testing.T) llmadapter.Model {
			return model(t, builtin.Config{Faults: builtin.Faults{builtin.Fault503: 1}})
		},
	})
}

// messages is a client of Anthropic's form.
func messages(t *testing.T, c builtin.Config) (*builtin.Server, *anthropic.Client) {
	t.Helper()
	s, _ := serve(t, c)
	m, err := anthropic.New(anthropic.Config{Model: s.Name(), BaseURL: s.URL(), Idle: 300 * time.Millisecond, FirstToken: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return s, m
}

// The same in Anthropic's form, which has no seed.
func TestKeepsTheContractInAnthropicsForm(t *testing.T) {
	model := func(t *testing.T, c builtin.Config) llmadapter.Model {
		_, m := messages(t, c)
		return m
	}
	llmadaptertest.Check(t, llmadaptertest.Maker{
		Model:  func(t *testing.T) llmadapter.Model { return model(t, builtin.Config{}) },
		Forms:  llmadapter.Forms,
		Silent: func(t *testing.T) llmadapter.Model { return model(t, builtin.Config{FirstToken: time.Hour}) },
		Gone: func(t *testing.T) llmadapter.Model {
			return model(t, builtin.Config{Faults: builtin.Faults{builtin.Fault529: 1}})
		},
	})
}

// Each fault is, to that client, of the kind that it is meant to be, and limits are what the head says.
func TestFaultsInAnthropicsForm(t *testing.T) {
	for fault, want := range map[builtin.Fault]llmadapter.Kind{
		builtin.Fault429: llmadapter.RateLimited, builtin.Fault500: llmadapter.Transient, builtin.Fault503: llmadapter.Overloaded, builtin.Fault529: llmadapter.Overloaded,
		builtin.FaultError: llmadapter.Transient, builtin.FaultOverload: llmadapter.Overloaded, builtin.FaultCut: llmadapter.Truncated, builtin.FaultReset: llmadapter.Truncated,
		builtin.FaultStall: llmadapter.Stalled, builtin.FaultKeepalive: llmadapter.Stalled, builtin.FaultHTML: llmadapter.Malformed,
		builtin.FaultSlow: "", builtin.FaultBadJSON: "", builtin.FaultUnknown: "", builtin.FaultBounds: "",
	} {
		_, m := messages(t, builtin.Config{FirstToken: -1, PerToken: -1, Faults: builtin.Faults{fault: 1}})
		_, err := m.Complete(t.Context(), llmadaptertest.Harvest(1))
		var e *llmadapter.Error
		if want == "" && err != nil || want != "" && (!errors.As(err, &e) || e.Kind != want || e.Fate != llmadapter.Settled) {
			t.Errorf("%s: %v, want %q", fault, err, want)
		}
	}
	_, m := messages(t, builtin.Config{RPM: 60, TPM: 6000, InputTPM: 5000, OutputTPM: 4000})
	r, err := m.Complete(t.Context(), llmadaptertest.Harvest(1))
	if err != nil || r.Rates.Requests.Limit != 60 || r.Rates.Requests.Remaining != 59 || r.Rates.Tokens.Limit != 6000 || r.Rates.Input.Limit != 5000 || r.Rates.Output.Limit != 4000 {
		t.Errorf("%+v, %v", r.Rates, err)
	}
}

// Each fault is, to the client, of the kind that it is meant to be.
func TestFaultsAreWhatTheyMean(t *testing.T) {
	for fault, want := range map[builtin.Fault]llmadapter.Kind{
		builtin.Fault429: llmadapter.RateLimited, builtin.Fault500: llmadapter.Transient, builtin.Fault503: llmadapter.Overloaded, builtin.Fault529: llmadapter.Overloaded,
		builtin.FaultOverload: llmadapter.Overloaded, builtin.FaultError: llmadapter.Transient, builtin.FaultCut: llmadapter.Truncated, builtin.FaultReset: llmadapter.Truncated,
		builtin.FaultStall: llmadapter.Stalled, builtin.FaultKeepalive: llmadapter.Stalled, builtin.FaultHTML: llmadapter.Malformed,
		builtin.FaultSlow: "", builtin.FaultBadJSON: "", builtin.FaultUnknown: "", builtin.FaultBounds: "",
	} {
		s, m := serve(t, builtin.Config{FirstToken: -1, PerToken: -1, Faults: builtin.Faults{fault: 1}})
		_, err := m.Complete(t.Context(), llmadaptertest.Harvest(1))
		var e *llmadapter.Error
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", fault, err)
		case want != "" && (!errors.As(err, &e) || e.Kind != want || e.Fate != llmadapter.Settled):
			t.Errorf("%s: %v, want %s", fault, err, want)
		case want == llmadapter.RateLimited && e.RetryAfter != 50*time.Millisecond:
			t.Errorf("%s: come back in %v", fault, e.RetryAfter)
		}
		s.Close() // since a client that has gone is seen a moment later
		if n := s.Counts(); n.Requests != 1 || n.Faults[fault] != 1 {
			t.Errorf("%s: %+v", fault, n)
		}
	}
}

// A form that is not taken is an invalid request, so that the adapter goes on to the next.
func TestFormsThatAreNotTakenAreInvalid(t *testing.T) {
	_, m := serve(t, builtin.Config{Takes: []llmadapter.Form{llmadapter.FormText}})
	for _, form := range llmadapter.Forms {
		r, err := m.Complete(t.Context(), llmadaptertest.Harvest(1).As(form))
		var e *llmadapter.Error
		if form == llmadapter.FormText {
			if calls, wrong := llmadapter.ReadCalls(r); err != nil || wrong != nil || len(calls) == 0 {
				t.Errorf("%v, %v: %+v", err, wrong, r)
			}
		} else if !errors.As(err, &e) || e.Kind != llmadapter.Invalid || e.Status != http.StatusBadRequest || !strings.Contains(e.Text, "not supported") {
			t.Errorf("%s: %v", form, err)
		}
	}
}

// "Settled ≤ the requests the server counted ≤ settled + possibly_billed", whatever happens.
func TestCountsAgreeWithTheClients(t *testing.T) {
	faults := builtin.Faults{}
	for _, f := range []builtin.Fault{builtin.Fault429, builtin.Fault500, builtin.Fault503, builtin.FaultError, builtin.FaultCut, builtin.FaultReset, builtin.FaultBadJSON, builtin.FaultHTML} {
		faults[f] = 0.08
	}
	s, m := serve(t, builtin.Config{FirstToken: -1, Slots: 4, QueueLimit: 4, Busy: 429, Faults: faults, Seed: 5})
	var mu sync.Mutex
	fates := map[llmadapter.Fate]int{}
	var all sync.WaitGroup
	for worker := range uint64(8) {
		all.Go(func() {
			for i := range uint64(60) {
				ctx, cancel := context.WithCancel(t.Context())
				if i%7 == 0 { // now and then somebody goes in the middle, or before
					ctx, cancel = context.WithTimeout(t.Context(), time.Duration(i%3)*time.Millisecond)
				}
				_, err := m.Complete(ctx, llmadaptertest.Harvest(worker<<32|i))
				cancel()
				fate := llmadapter.Settled
				var e *llmadapter.Error
				if errors.As(err, &e) {
					fate = e.Fate
				}
				mu.Lock()
				fates[fate]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	n := s.Counts()
	if settled, possibly := fates[llmadapter.Settled], fates[llmadapter.PossiblyBilled]; settled > n.Requests || n.Requests > settled+possibly || settled < 300 {
		t.Errorf("fates %v, the server counted %+v", fates, n)
	}
}
