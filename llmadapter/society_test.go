package llmadapter_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
)

// square is a world in which there is nothing to do but wait.
type square struct{}

type look struct{ Round int }

// Perceive shows nothing.
func (*square) Perceive(string) look { return look{} }

// wondering is an agent that asks the model that often in round 1, and notes what it hears.
type wondering struct {
	times int
	note  func(actors.Answer)
}

// Receive asks, and hears.
func (w *wondering) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Percept:
		for range w.times {
			t.Ask("model", llmadapter.Request{Messages: []llmadapter.Message{{Role: llmadapter.User, Text: t.Self()}}})
		}
	case actors.Answer:
		w.note(e)
	}
	return nil
}

// society runs agents that ask a model, and gives what each heard.
func society(t *testing.T, agents, times int, c llmadapter.Config) (*polis.Report, map[string][]actors.Answer) {
	t.Helper()
	var mu sync.Mutex
	heard := map[string][]actors.Answer{}
	s := polis.Society{Name: "square", World: environment.Define(func() *square { return &square{} }, (*square).Perceive),
		Models: map[string]llmadapter.Config{"model": c}}
	for i := range agents {
		name := fmt.Sprint("a", i)
		s.Agents = append(s.Agents, polis.Agent{Name: name, Model: "model", Behavior: func() actors.Behavior {
			return &wondering{times, func(a actors.Answer) {
				mu.Lock()
				defer mu.Unlock()
				heard[name] = append(heard[name], a)
			}}
		}})
	}
	r, err := polis.Run(t.Context(), s, polis.Config{Rounds: 1})
	if err != nil {
		t.Fatal(err)
	}
	if acc := r.Models["model"]; !acc.Balanced() || acc.Requests != agents*times {
		t.Errorf("%+v", acc)
	}
	if m := r.Messages; m.Sent != m.Handled+m.Refused+m.Dead+m.Quarantined {
		t.Errorf("%+v", m)
	}
	return r, heard
}

// An agent hears what its model says through Turn.Ask, and gets a value it can act upon when the adapter has no room for
// it: also from the gate.
func TestAgentsAskThroughTheAdapter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := llmadapter.ModelFunc(func(_ context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
			time.Sleep(time.Second)
			return llmadapter.Reply{Text: "to " + r.Messages[0].Text, Finish: llmadapter.FinishStop, ID: "secret", Usage: llmadapter.Tokens{Input: 9}}, nil
		})
		r, heard := society(t, 4, 2, llmadapter.Config{Model: model, Label: llmadapter.StandIn})
		for name, all := range heard {
			for _, a := range all {
				reply, ok := a.Value.(llmadapter.Reply)
				if !ok || reply.Text != "to "+name || reply.ID != "" || reply.Usage != (llmadapter.Tokens{}) {
					t.Errorf("%s heard %+v", name, a)
				}
			}
		}
		if len(heard) != 4 || !r.Reproducible || r.Models["model"].Answered != 8 || r.Models["model"].InputTokens != 72 {
			t.Errorf("%d heard, %+v", len(heard), r)
		}

		r, heard = society(t, 4, 2, llmadapter.Config{Model: model, InFlight: 1, Queue: 2})
		var why []string
		for _, all := range heard {
			if len(all) != 2 {
				t.Errorf("%d answers", len(all))
			}
			for _, a := range all {
				if no, ok := a.Value.(llmadapter.Rejected); ok && a.Error == no.Error() {
					why = append(why, string(no.Reason))
				}
			}
		}
		if acc := r.Models["model"]; !slices.Equal(why, slices.Repeat([]string{"no-credit"}, 5)) || acc.Rejected != 5 || acc.Answered != 3 || r.Reproducible {
			t.Errorf("%v, %+v, reproducible %v", why, acc, r.Reproducible)
		}
	})
}

// The same questions and the same answers make the same hash, however many are out at once and whoever came first.
func TestTheAdapterLeavesTheHashAlone(t *testing.T) {
	hashes := map[string]bool{}
	for _, inFlight := range []int{0, 1, 3, 64} {
		model := llmadapter.ModelFunc(func(_ context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
			return llmadapter.Reply{Text: fmt.Sprint(r.Messages[0].Text, r.Seed), Finish: llmadapter.FinishStop}, nil
		})
		r, _ := society(t, 20, 5, llmadapter.Config{Model: model, InFlight: inFlight})
		hashes[r.Hash] = true
	}
	if len(hashes) != 1 {
		t.Errorf("%d hashes", len(hashes))
	}
}
