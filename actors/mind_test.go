package actors_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/supervision"
)

type (
	situation = actors.Situation[view]
	mind      = actors.MindFunc[view, mark]
	rule      = actors.RuleFunc[view, mark]
	mindful   = actors.MindConfig[view, mark]
)

// minded is an agent that a mind decides for.
func minded(name string, m mind, cfg mindful) polis.Agent {
	return lives(name, func() actors.Behavior { return actors.FromMind(m, cfg) })
}

// ruled is an agent that a rule decides for.
func ruled(name string, r rule) polis.Agent {
	return lives(name, func() actors.Behavior { return actors.FromRule(r) })
}

// thirteen is a rule to fall back to.
var thirteen = rule(func(*actors.Turn, situation) (mark, error) { return mark{13}, nil })

// "A mind decides off the mailbox and may block. ctx ends at the decision's deadline, or when the agent stops." What a
// mind does not decide, its fallback does, or the agent passes.
func TestWhatBecomesOfADecision(t *testing.T) {
	for _, tc := range []struct {
		name    string
		mind    mind
		limit   time.Duration
		decided string // on the wall without a fallback
		fell    string // with one
		took    time.Duration
		clocked int
	}{
		{name: "in time", limit: 3 * time.Second, mind: func(ctx context.Context, s situation) (mark, error) {
			return mark{s.Round}, slowly(ctx, 2*time.Second)
		}, decided: "ann 1", fell: "ann 1", took: 2 * time.Second},
		{name: "too late", limit: 3 * time.Second, mind: func(ctx context.Context, s situation) (mark, error) {
			return mark{s.Round}, slowly(ctx, time.Hour)
		}, fell: "ann 13", took: 3 * time.Second, clocked: 1},
		{name: "an error", mind: func(context.Context, situation) (mark, error) {
			return mark{}, errors.New("no idea")
		}, fell: "ann 13", clocked: 1},
		{name: "a panic", mind: func(context.Context, situation) (mark, error) { panic("no idea") }, fell: "ann 13", clocked: 1},
		{name: "it passes", mind: func(context.Context, situation) (mark, error) { return mark{}, actors.ErrPass }},
		{name: "it passes and says why", mind: func(context.Context, situation) (mark, error) {
			return mark{}, fmt.Errorf("the wall is full: %w", actors.ErrPass)
		}},
	} {
		for _, fallback := range []rule{nil, thirteen} {
			t.Run(fmt.Sprint(tc.name, ", fallback ", fallback != nil), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					began := time.Now()
					cfg, want := mindful{Limit: tc.limit}, tc.decided
					if fallback != nil {
						cfg.Fallback, want = fallback, tc.fell
					}
					got := story{agents: []polis.Agent{minded("ann", tc.mind, cfg)}}.run(t)
					if got.marks() != want || got.Faults.Clocked != tc.clocked || got.Faults.Missed+got.Faults.Crashes != 0 {
						t.Errorf("on the wall is %q, want %q; faults %+v", got.marks(), want, got.Faults)
					}
					if took := time.Since(began); took != tc.took {
						t.Errorf("it took %v, want %v", took, tc.took)
					}
				})
			})
		}
	}
}

// "[Messages], Outcomes since the last one": a decision that was not made has not used them up.
func TestADecisionKnowsWhatCameSinceTheLast(t *testing.T) {
	var seen []string
	look := func(s situation) (mark, error) {
		var words []string
		for _, m := range s.Messages {
			words = append(words, text(m.Content))
		}
		for _, o := range s.Outcomes {
			words = append(words, brief(o))
		}
		seen = append(seen, fmt.Sprintf("%d %s, marks %d, at %v: %s", s.Round, s.Phase, s.Percept.Marks, s.Now, strings.Join(words, ", ")))
		return mark{s.Round}, nil
	}
	for name, ann := range map[string]polis.Agent{
		"a rule": ruled("ann", func(_ *actors.Turn, s situation) (mark, error) { return look(s) }),
		"a mind": minded("ann", func(_ context.Context, s situation) (mark, error) { return look(s) }, mindful{}),
		"a fallback": minded("ann", func(context.Context, situation) (mark, error) { return mark{}, errors.New("no idea") },
			mindful{Fallback: rule(func(_ *actors.Turn, s situation) (mark, error) { return look(s) })}),
	} {
		t.Run(name, func(t *testing.T) {
			seen = nil
			story{cfg: polis.Config{Rounds: 3}, agents: []polis.Agent{ann, does("ben", func(t *actors.Turn, event any) error {
				if p, ok := event.(actors.Percept); ok && p.Round < 3 {
					t.Send(tell(fmt.Sprint("it is ", p.Round), "ann"))
				}
				return nil
			})}}.run(t)
			want := []string{"1 day, marks 0, at 0s: ", "2 day, marks 1, at 1s: it is 1, outcome {1}", "3 day, marks 2, at 2s: it is 2, outcome {2}"}
			if !slices.Equal(seen, want) {
				t.Errorf("it saw\n%s\nwant\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// "It ends within 100 ms of its deadline or its agent's stop."
func TestAMindEndsWithItsAgent(t *testing.T) {
	for name, end := range map[string]func(t *actors.Turn, event any){
		"it stops": func(t *actors.Turn, event any) {
			if _, ok := event.(actors.Timer); ok {
				t.Stop()
			}
		},
		"it fails for good": func(_ *actors.Turn, event any) {
			if _, ok := event.(actors.Timer); ok {
				panic("no more")
			}
		},
		"the society ends": func(*actors.Turn, any) {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var mu sync.Mutex
				var ended time.Duration
				thinks := mind(func(ctx context.Context, s situation) (mark, error) {
					err := slowly(ctx, time.Hour)
					mu.Lock()
					defer mu.Unlock()
					ended = time.Since(began)
					return mark{}, err
				})
				r := story{cfg: polis.Config{Pace: "realtime", Rounds: 5}, agents: []polis.Agent{idles("ben"), lives("ann", func() actors.Behavior {
					return actors.Compose(actors.Layers{
						Deliberation: actors.FromMind(thinks, mindful{Limit: time.Hour}),
						Roles: []actors.Behavior{actors.BehaviorFunc(func(t *actors.Turn, event any) error {
							if _, ok := event.(actors.Started); ok {
								t.After(2500 * time.Millisecond)
							}
							end(t, event)
							return nil
						})},
					})
				})}}
				for i := range r.agents {
					r.agents[i].Policy = &supervision.Policy{Attempts: 1, Budget: supervision.Budget{Turns: 1}}
				}
				r.run(t)
				mu.Lock()
				defer mu.Unlock()
				want := 2500 * time.Millisecond
				if name == "the society ends" {
					want = 5 * time.Second
				}
				if late := ended - want; late < 0 || late > 100*time.Millisecond {
					t.Errorf("the mind ended after %v, want %v", ended, want)
				}
			})
		})
	}
}

// "Results whose id is no longer open [are] dropped": in rounds, when the deadline has closed the phase, the next percept
// drops the thought and what it was about is not lost.
func TestAThoughtTheDeadlineCutIsBegunAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var seen []string
		r := story{cfg: polis.Config{Rounds: 3, Deadline: 10 * time.Second}, agents: []polis.Agent{
			minded("ann", func(ctx context.Context, s situation) (mark, error) {
				mu.Lock()
				seen = append(seen, fmt.Sprint(s.Round, " ", len(s.Messages), " messages"))
				mu.Unlock()
				if s.Round == 2 {
					return mark{2}, slowly(ctx, time.Hour)
				}
				return mark{s.Round}, nil
			}, mindful{Limit: time.Hour}),
			does("ben", func(t *actors.Turn, event any) error {
				if _, ok := event.(actors.Percept); ok {
					t.Send(tell("hello", "ann"))
				}
				return nil
			}),
		}}.run(t)
		if want := []string{"1 0 messages", "2 1 messages", "3 2 messages"}; !slices.Equal(seen, want) {
			t.Errorf("the mind saw %q, want %q", seen, want)
		}
		if r.marks() != "ann 1, ann 3" || r.Faults.Missed != 1 || r.Reproducible {
			t.Errorf("on the wall is %q, faults %+v, reproducible %v", r.marks(), r.Faults, r.Reproducible)
		}
	})
}
