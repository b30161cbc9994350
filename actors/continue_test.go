package actors_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
)

// left is how long a context lasts still.
func left(ctx context.Context) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return time.Until(end).Round(time.Second)
}

// "So a thought that takes several has one limit. Where nothing is left, the answer says so at once."
func TestWhatGoesOnSharesOneLimit(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Realtime, environment.Simulated} {
		for _, goesOn := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var seen []string
				note := func(what string, ctx context.Context) {
					mu.Lock()
					defer mu.Unlock()
					seen = append(seen, fmt.Sprint(what, " ", left(ctx)))
				}
				var steps []string
				began := time.Now()
				var ended time.Duration
				story{
					cfg: polis.Config{Rounds: 1, Pace: pace, Tick: 10 * time.Minute, Deadline: 100 * time.Second}, // a limit of 90 s
					services: map[string]actors.Service{"slow": actors.ServiceFunc(func(ctx context.Context, r actors.Request) (any, error) {
						note("ask", ctx)
						return r.Value, slowly(ctx, 20*time.Second)
					})},
					agents: []polis.Agent{lives("ann", func() actors.Behavior {
						return &thinker{func(t *actors.Turn, event any) error {
							if goesOn {
								t.Continue()
							}
							switch e := event.(type) {
							case actors.Percept:
								t.Ask("slow", mark{1})
							case actors.Answer:
								if steps = append(steps, fmt.Sprint("answer ", e.Error)); e.Error == "" {
									t.Do("slow", mark{2})
								} else {
									t.Act(mark{3})
									ended = time.Since(began)
								}
							case actors.Result:
								steps = append(steps, fmt.Sprint(e.Job, " ", e.Error))
								if e.Job == "slow" {
									t.Do("quick", mark{2})
								} else {
									t.Ask("slow", mark{1})
									if !goesOn {
										t.Act(mark{3})
										t.Stop()
									}
								}
							}
							return nil
						}, func(ctx context.Context, job string, _ any) (any, error) {
							note(job, ctx)
							if job == "quick" {
								return nil, slowly(ctx, time.Millisecond)
							}
							return nil, slowly(ctx, 80*time.Second)
						}}
					})},
				}.run(t)
				got := strings.Join(seen, ", ")
				if !goesOn {
					if !strings.HasPrefix(got, "ask 1m30s, slow 1m30s") {
						t.Errorf("%s: %s", pace, got)
					}
					return
				}
				if strings.TrimSuffix(got, ", ask 0s") != "ask 1m30s, slow 1m10s, quick 0s" || ended.Round(time.Second) != 90*time.Second ||
					strings.Join(steps, "; ") != "answer ; slow context deadline exceeded; quick context deadline exceeded; answer no answer within the limit" {
					t.Errorf("%s: %s; steps %q, ended after %v", pace, got, steps, ended)
				}
			})
		}
	}
}

// What goes on with nothing has all of the limit, also after what had none left; a job that is to be quick has its own.
func TestALimitIsSharedByOneThoughtOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var seen []string
		note := func(what string, ctx context.Context) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, fmt.Sprint(what, " ", left(ctx)))
		}
		story{
			cfg: polis.Config{Rounds: 2, Deadline: 100 * time.Second},
			services: map[string]actors.Service{"slow": actors.ServiceFunc(func(ctx context.Context, r actors.Request) (any, error) {
				note("ask", ctx)
				return r.Value, slowly(ctx, 20*time.Second)
			})},
			agents: []polis.Agent{lives("ann", func() actors.Behavior {
				return &thinker{func(t *actors.Turn, event any) error {
					switch e := event.(type) {
					case actors.Percept:
						t.Continue() // with nothing
						t.Ask("slow", mark{1})
					case actors.Answer:
						t.Continue()
						t.Do("quick", mark{1})
					case actors.Result:
						if e.Job == "quick" {
							t.Do("afresh", mark{1})
						}
					}
					return nil
				}, func(ctx context.Context, job string, _ any) (any, error) {
					note(job, ctx)
					return nil, nil
				}}
			})},
		}.run(t)
		if got, want := strings.Join(seen, ", "), strings.Repeat("ask 1m30s, quick 1s, afresh 1m30s, ", 2); got+", " != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}
