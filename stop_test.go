package polis_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
)

// "Orderly stop, bottom-up, with a deadline, naming what did not stop": whatever does not end is named in the report,
// by its actor, and nothing else is left behind.
func TestWhatDoesNotStopIsNamed(t *testing.T) {
	for _, c := range []struct {
		name   string
		hang   func(s *polis.Society, release <-chan bool)
		cancel bool // it has to be ended from outside
		named  []string
	}{
		{"an agent that holds its turn", func(s *polis.Society, release <-chan bool) {
			s.Agents[0].Behavior = func() actors.Behavior {
				return actors.BehaviorFunc(func(*actors.Turn, any) error { <-release; return nil })
			}
		}, false, []string{"stop agents/ada"}},
		{"two agents that do", func(s *polis.Society, release <-chan bool) {
			for i := range 2 {
				s.Agents[i].Behavior = func() actors.Behavior {
					return actors.BehaviorFunc(func(*actors.Turn, any) error { <-release; return nil })
				}
			}
		}, false, []string{"stop agents/ada", "stop agents/ben"}},
		{"a mind that ignores its context", func(s *polis.Society, release <-chan bool) {
			s.Agents[2].Behavior = func() actors.Behavior {
				return actors.FromMind(actors.MindFunc[level, draw](func(context.Context, actors.Situation[level]) (draw, error) {
					<-release
					return draw{}, nil
				}), actors.MindConfig[level, draw]{})
			}
		}, false, []string{"job decide 2.0 of agents/cleo", "job decide 5.0 of agents/cleo"}},
		{"a model whose socket hangs", func(s *polis.Society, release <-chan bool) {
			s.Models = map[string]llmadapter.Config{"model": {Label: llmadapter.StandIn, Model: llmadapter.ModelFunc(
				func(context.Context, llmadapter.Request) (llmadapter.Reply, error) {
					<-release
					return llmadapter.Reply{}, nil
				})}}
			s.Agents[1].Model = "model"
			s.Agents[1].Behavior = func() actors.Behavior { return hopeful{} }
		}, false, []string{"job calls of services/model"}},
		{"a service that hangs", func(s *polis.Society, release <-chan bool) {
			s.Services = map[string]actors.Service{"model": actors.ServiceFunc(func(context.Context, actors.Request) (any, error) {
				<-release
				return nil, nil
			})}
			s.Agents[1].Behavior = func() actors.Behavior { return hopeful{} }
		}, false, []string{"request of ben of services/model"}},
		{"a world that holds its turn", func(s *polis.Society, release <-chan bool) {
			s.World = wellOf(func(what string, _ int) error {
				if what == "draw" {
					<-release
				}
				return nil
			})
		}, true, []string{"stop world"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan bool)
				defer synctest.Wait() // what was left behind ends with the test
				defer close(release)
				s := village()
				c.hang(&s, release)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.cancel {
					time.AfterFunc(5*time.Second, cancel)
				}
				begun := time.Now()
				r, err := polis.Run(ctx, s, polis.Config{Rounds: 2, Deadline: time.Second, Stop: 3 * time.Second})
				if c.cancel != errors.Is(err, context.Canceled) || err != nil && !c.cancel {
					t.Error(err)
				}
				if took := time.Since(begun); took > 13*time.Second {
					t.Errorf("it took %v", took)
				}
				if r == nil || r.NotStopped == nil || r.Reproducible {
					t.Fatalf("%+v", r)
				}
				for _, name := range c.named {
					if !strings.Contains(r.NotStopped.Error(), name) {
						t.Errorf("%v\ndoes not name %q", r.NotStopped, name)
					}
				}
				if n := strings.Count(r.NotStopped.Error(), "\n") + 1; n != len(c.named) {
					t.Errorf("%d are named:\n%v", n, r.NotStopped)
				}
				if c.cancel == (r.World != nil) {
					t.Errorf("the world is %v", r.World)
				}
			})
		})
	}
}

// hanging is a store that never comes back from its second commit.
type hanging struct {
	journal.Store
	commits int
	release <-chan bool
}

func (h *hanging) Append(ctx context.Context, entries []journal.Entry) error {
	if h.commits++; h.commits > 1 {
		<-h.release
		return errors.New("too late")
	}
	return h.Store.Append(ctx, entries)
}

// A store that hangs ends the society within its time, with an error that names it and says how far the record goes.
func TestAStoreThatHangsIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan bool)
		defer synctest.Wait()
		defer close(release)
		store := journal.NewMemory()
		begun := time.Now()
		r, err := polis.Run(within(t), village(), polis.Config{Rounds: 200, Stop: 3 * time.Second, Journal: &hanging{store, 0, release}})
		if err == nil || !strings.Contains(err.Error(), "kept ") || !strings.Contains(err.Error(), "journal: ") || r == nil || r.Reproducible {
			t.Fatalf("%+v, %v", r, err)
		}
		if r.NotStopped == nil || !strings.Contains(r.NotStopped.Error(), "journal") {
			t.Errorf("left behind: %v; %v", r.NotStopped, err)
		}
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("it took %v", took)
		}
		heads, _ := store.Heads(t.Context())
		if n := len(heads); n == 0 {
			t.Error("nothing was kept")
		}
	})
}

// hopeful asks the model, and does not mind what comes of it.
type hopeful struct{}

func (hopeful) Stateless() {}

func (hopeful) Receive(t *actors.Turn, event any) error {
	if p, ok := event.(actors.Percept); ok && p.Round == 1 {
		t.Ask("model", llmadapter.Request{Messages: []llmadapter.Message{{Role: llmadapter.User, Text: "well?"}}})
	}
	return nil
}
