package main

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/openai/openai-go/v3"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

// serves starts a stand-in, with ours and the rivals as its clients: two and two of one form.
func serves(t *testing.T, c builtin.Config) []*client {
	t.Helper()
	c.FirstToken, c.PerToken = -1, -1
	s, err := builtin.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // the libraries keep connections that it need not wait for
	all, err := clients(s.URL(), s.Name())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The providers' own libraries read of the stand-in what our clients read: texts, calls, why it ended, and what it took.
func TestTheLibrariesReadTheStandIn(t *testing.T) {
	long := llmadaptertest.Talk(3)
	long.MaxTokens = 1
	for name, r := range map[string]llmadapter.Request{"text": llmadaptertest.Talk(1), "calls": llmadaptertest.Harvest(2), "cut at its length": long} {
		all := serves(t, builtin.Config{})
		for pair := range slices.Chunk(all, 2) {
			want, err := pair[0].model.Complete(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			got, err := pair[1].model.Complete(t.Context(), r)
			if err != nil {
				t.Errorf("%s, %s: %v", name, pair[1].name, err)
				continue
			}
			want.FirstToken, want.Rates = 0, llmadapter.Rates{}
			want.ID, got.ID = "", ""
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s:\n%s reads %+v\n%s reads %+v", name, pair[1].name, got, pair[0].name, want)
			}
		}
	}
}

// status is that of a library's error, and its word for the kind; 0: it is another error.
func status(err error) (int, string) {
	var o *openai.Error
	var a *anthropic.Error
	switch {
	case errors.As(err, &o):
		return o.StatusCode, o.Type
	case errors.As(err, &a):
		return a.StatusCode, string(a.Type())
	}
	return 0, ""
}

// They also understand what goes wrong, before an answer and in the middle of one.
func TestTheLibrariesUnderstandTroubles(t *testing.T) {
	for fault, test := range map[builtin.Fault]struct {
		kind   llmadapter.Kind
		status int
	}{
		builtin.Fault429: {llmadapter.RateLimited, 429}, builtin.Fault500: {llmadapter.Transient, 500}, builtin.Fault503: {llmadapter.Overloaded, 503},
		builtin.Fault529: {llmadapter.Overloaded, 529}, builtin.FaultError: {llmadapter.Transient, 0}, builtin.FaultReset: {llmadapter.Truncated, 0},
	} {
		for _, c := range serves(t, builtin.Config{Faults: builtin.Faults{fault: 1}}) {
			_, err := c.model.Complete(t.Context(), llmadaptertest.Harvest(1))
			var ours *llmadapter.Error
			switch n, word := status(err); {
			case err == nil:
				t.Errorf("%s, %s: no error", fault, c.name)
			case errors.As(err, &ours):
				if ours.Kind != test.kind {
					t.Errorf("%s, %s: %v", fault, c.name, err)
				}
			case test.status != 0 && (n != test.status || word == ""):
				t.Errorf("%s, %s: status %d, %q: %v", fault, c.name, n, word, err)
			}
		}
	}
}

// Why they are oracles and no more: a stream that ends too early is an answer to one of them.
func TestACutStreamIsNoAnswerToUs(t *testing.T) {
	for _, c := range serves(t, builtin.Config{Faults: builtin.Faults{builtin.FaultCut: 1}}) {
		reply, err := c.model.Complete(t.Context(), llmadaptertest.Harvest(1))
		var ours *llmadapter.Error
		if errors.As(err, &ours) != (c.name == "llmadapter/openai" || c.name == "llmadapter/anthropic") {
			t.Errorf("%s: %+v, %v", c.name, reply, err)
		}
		t.Logf("%s: finish %q, %v", c.name, reply.Finish, err)
	}
}

// The libraries would try again on their own; here they must not, since one owner of retries is enough.
func TestALibraryTriesOnce(t *testing.T) {
	for i := range 4 {
		s, err := builtin.Start(t.Context(), builtin.Config{FirstToken: -1, Faults: builtin.Faults{builtin.Fault500: 1}})
		if err != nil {
			t.Fatal(err)
		}
		all, err := clients(s.URL(), s.Name())
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err = all[i].model.Complete(t.Context(), llmadaptertest.Talk(1))
		if n := s.Counts().Requests; err == nil || n != 1 {
			t.Errorf("%s: %d requests in %v, %v", all[i].name, n, time.Since(start), err)
		}
		_ = s.Close()
	}
}
