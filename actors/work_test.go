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
)

// thinker is a Worker without memory.
type thinker struct {
	receive func(t *actors.Turn, event any) error
	work    func(ctx context.Context, job string, input any) (any, error)
}

func (b *thinker) Stateless() {}

func (b *thinker) Receive(t *actors.Turn, event any) error { return b.receive(t, event) }

func (b *thinker) Work(ctx context.Context, job string, input any) (any, error) {
	return b.work(ctx, job, input)
}

// Limit is a second for jobs that are to be quick.
func (b *thinker) Limit(job string) time.Duration {
	if job == "quick" {
		return time.Second
	}
	return 0
}

// thinks is an agent whose jobs last as long as they are named: "3s".
func thinks(name string, receive func(t *actors.Turn, event any) error) polis.Agent {
	return lives(name, func() actors.Behavior {
		return &thinker{receive, func(ctx context.Context, job string, input any) (any, error) {
			d, err := time.ParseDuration(job)
			if err != nil {
				return nil, err
			}
			return input, slowly(ctx, d)
		}}
	})
}

// "Answers and results in the order they were asked (an early one waits for those before it), also those asked
// meanwhile." "An agent is done when no ask and no job of it is open."
func TestResultsComeInTheOrderTheyWereAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		began := time.Now()
		r := story{
			cfg: polis.Config{Rounds: 2},
			services: map[string]actors.Service{"echo": actors.ServiceFunc(func(ctx context.Context, r actors.Request) (any, error) {
				return r.Value, slowly(ctx, 2*time.Second)
			})},
			agents: []polis.Agent{thinks("ann", func(t *actors.Turn, event any) error {
				d.note(t, event)
				switch e := event.(type) {
				case actors.Percept:
					if e.Round == 1 {
						t.Do("3s", note{"slowest"})
						t.Ask("echo", note{"slow"})
						t.Do("1s", note{"fast"})
						t.Ask("nobody", note{})
					}
				case actors.Result:
					if e.Value == (note{"slowest"}) {
						t.Do("1s", note{"meanwhile"})
					}
				}
				return nil
			})},
		}.run(t)
		d.expect(t, "ann", `
			1 started
			2 percept 1 day
			3 result 2.0 of 3s: slowest
			4 answer 2.1 of echo: slow
			5 result 2.2 of 1s: fast
			6 answer 2.3 of nobody: engine: "services/nobody": no such actor
			7 result 3.0 of 1s: meanwhile
			8 percept 2 day
			9 stopping`)
		if took := time.Since(began); took != 4*time.Second || !r.Reproducible {
			t.Errorf("round 1 took %v, want 4s; reproducible %v", took, r.Reproducible)
		}
	})
}

// "Asks, jobs and timers that are not answered are part of every snapshot": whatever fails meanwhile, each is answered
// once. "A job may run more than once; its result is taken once."
func TestPendingWorkSurvivesACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		var mu sync.Mutex
		served, worked, crashes := 0, 0, 0
		r := story{
			cfg: polis.Config{Rounds: 2, Phase: time.Minute},
			services: map[string]actors.Service{"echo": actors.ServiceFunc(func(ctx context.Context, r actors.Request) (any, error) {
				mu.Lock()
				defer mu.Unlock()
				served++
				return r.Value, nil
			})},
			agents: []polis.Agent{lives("ann", func() actors.Behavior {
				return &thinker{
					func(t *actors.Turn, event any) error {
						switch e := event.(type) {
						case actors.Percept:
							if e.Round == 1 {
								t.After(time.Second)
								t.Do("think", note{"thought"})
								t.Ask("echo", note{"answer"})
							}
						case actors.Result, actors.Answer, actors.Timer: // each fails twice
							if crashes++; crashes%3 != 0 {
								return errors.New("not yet")
							}
						}
						d.note(t, event)
						return nil
					},
					func(ctx context.Context, _ string, input any) (any, error) {
						mu.Lock()
						defer mu.Unlock()
						worked++
						return input, nil
					},
				}
			})},
		}.run(t)
		d.expect(t, "ann", `
			1 started
			2 percept 1 day
			3 result 2.1 of think: thought
			4 answer 2.2 of echo: answer
			5 timer 2.0
			6 percept 2 day
			7 stopping`)
		if served != 1 || worked != 1 || r.Faults.Crashes != 6 {
			t.Errorf("served %d times, worked %d times, crashed %d times; want 1, 1, 6", served, worked, r.Faults.Crashes)
		}
	})
}

// "Done … (a cancelled one is closed and yields no event)." "Results whose id is no longer open are dropped."
func TestWhatIsCancelledYieldsNoEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		began := time.Now()
		var ended []string
		var mu sync.Mutex
		note1 := func(what string, err error) error {
			mu.Lock()
			defer mu.Unlock()
			ended = append(ended, fmt.Sprintf("%s %v %v", what, time.Since(began), err))
			return err
		}
		var open []actors.ID
		r := story{
			cfg: polis.Config{Rounds: 1},
			services: map[string]actors.Service{"echo": actors.ServiceFunc(func(ctx context.Context, r actors.Request) (any, error) {
				return r.Value, note1("ask", slowly(ctx, time.Minute))
			})},
			agents: []polis.Agent{lives("ann", func() actors.Behavior {
				return &thinker{
					func(t *actors.Turn, event any) error {
						d.note(t, event)
						switch e := event.(type) {
						case actors.Percept:
							open = []actors.ID{t.Do("1s", nil), t.Do("long", nil), t.Ask("echo", note{}), t.Ask("nobody", note{}), t.Do("2s", nil)}
						case actors.Result:
							if e.Job == "1s" {
								t.Cancel(open[1])
								t.Cancel(open[2])
								t.Cancel(open[3]) // answered, and waiting for its turn
								t.Cancel(e.ID)    // this very result: too late
								t.Cancel(actors.ID{Turn: 77})
							}
						}
						return nil
					},
					func(ctx context.Context, job string, _ any) (any, error) {
						if job == "long" {
							return nil, note1("job", slowly(ctx, time.Minute))
						}
						d, _ := time.ParseDuration(job)
						return nil, slowly(ctx, d)
					},
				}
			})},
		}.run(t)
		d.expect(t, "ann", "1 started\n2 percept 1 day\n3 result 2.0 of 1s: \n4 result 2.4 of 2s: \n5 stopping")
		slices.Sort(ended)
		if want := []string{"ask 1s context canceled", "job 1s context canceled"}; !slices.Equal(ended, want) {
			t.Errorf("ended were %q, want %q", ended, want)
		}
		if r.Faults.Clocked != 0 || !r.Reproducible {
			t.Errorf("faults %+v, reproducible %v", r.Faults, r.Reproducible)
		}
	})
}

// "A job draws from (seed, its id), the same when it runs again": Rand(ctx).
func TestAJobDrawsFromItsID(t *testing.T) {
	if actors.Rand(context.Background()) != nil {
		t.Error("outside of a job there is no chance")
	}
	draw := func(seed uint64) (draws string) {
		r := story{cfg: polis.Config{Rounds: 2, Seed: seed}, agents: []polis.Agent{lives("ann", func() actors.Behavior {
			return &thinker{
				func(t *actors.Turn, event any) error {
					switch e := event.(type) {
					case actors.Percept:
						t.Do("draw", nil)
						t.Do("draw", nil)
					case actors.Result:
						draws += " " + text(e.Value)
					}
					return nil
				},
				func(ctx context.Context, _ string, _ any) (any, error) {
					return note{fmt.Sprint(actors.Rand(ctx).IntN(1e9))}, nil
				}}
		})}}.run(t)
		if !r.Reproducible {
			t.Error("chance is no clock")
		}
		return draws
	}
	a, b, other := draw(1), draw(1), draw(2)
	if a != b || a == other {
		t.Errorf("seed 1 drew %s and %s, seed 2 %s", a, b, other)
	}
	if each := strings.Fields(a); len(each) != 4 || len(slices.Compact(slices.Sorted(slices.Values(each)))) != 4 {
		t.Errorf("four jobs drew %s", a)
	}
}
