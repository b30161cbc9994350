package actors_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
)

// asks is an agent that asks a service in round 1.
func asks(d *diary, service string, times int) polis.Agent {
	return does("ann", func(t *actors.Turn, event any) error {
		d.note(t, event)
		if p, ok := event.(actors.Percept); ok && p.Round == 1 {
			for range times {
				t.Ask(service, note{"question"})
			}
		}
		return nil
	})
}

// "Ask: a named service answers with an Answer event", also with the reason why there is no answer.
func TestAServiceAnswers(t *testing.T) {
	for _, tc := range []struct {
		name    string
		service actors.ServiceFunc
		want    string
	}{
		{"with a value", func(_ context.Context, r actors.Request) (any, error) {
			return note{fmt.Sprint(r.Asker, " ", r.ID, " ", text(r.Value))}, nil
		}, "ann 2.0 question"},
		{"with an error", func(context.Context, actors.Request) (any, error) { return nil, errors.New("out of order") }, "out of order"},
		{"with a panic", func(context.Context, actors.Request) (any, error) { panic("broken") }, "panic: broken"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var d diary
			r := story{cfg: polis.Config{Rounds: 2}, agents: []polis.Agent{asks(&d, "desk", 1)},
				services: map[string]actors.Service{"desk": tc.service}}.run(t)
			d.expect(t, "ann", "1 started\n2 percept 1 day\n3 answer 2.0 of desk: "+tc.want+"\n4 percept 2 day\n5 stopping")
			if value := strings.HasPrefix(tc.want, "ann"); r.Reproducible != value || r.Faults.Clocked == 0 != value {
				t.Errorf("faults %+v, reproducible %v: a service's fault is nothing a seed decides", r.Faults, r.Reproducible)
			}
		})
	}
}

// An answer nobody registered fails the turn that would take it.
func TestAnUnregisteredAnswerIsQuarantined(t *testing.T) {
	type stranger struct{}
	var d diary
	r := story{cfg: polis.Config{Rounds: 2}, agents: []polis.Agent{asks(&d, "desk", 1)},
		services: map[string]actors.Service{"desk": actors.ServiceFunc(func(context.Context, actors.Request) (any, error) {
			return stranger{}, nil
		})}}.run(t)
	if r.Faults.Quarantined != 1 || r.Faults.Missed != 0 {
		t.Errorf("faults %+v: want the answer quarantined", r.Faults)
	}
	if err := first[polis.Failed](t, r).Decision.Cause(); err.Event != "answer" || !strings.Contains(err.Error(), "unregistered payload type") {
		t.Errorf("the failure says %v", err)
	}
}

// "Overload is an answer": a service has at most 256 requests open. It enters as an event, so the report says that the
// run depends on load.
func TestAServiceWithTooMuchToDoSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := map[string]int{}
		r := story{
			agents: []polis.Agent{does("ann", func(t *actors.Turn, event any) error {
				switch e := event.(type) {
				case actors.Percept:
					for range 300 {
						t.Ask("desk", note{})
					}
				case actors.Answer:
					answers[e.Error]++
				}
				return nil
			})},
			services: map[string]actors.Service{"desk": actors.ServiceFunc(func(ctx context.Context, r actors.Request) (any, error) {
				return r.Value, slowly(ctx, time.Second)
			})},
		}.run(t)
		if answers[""] != 256 || answers["busy: too many requests are open"] != 44 {
			t.Errorf("the answers were %v", answers)
		}
		if r.Faults.Clocked != 44 || r.Reproducible {
			t.Errorf("faults %+v, reproducible %v", r.Faults, r.Reproducible)
		}
	})
}

// "Every wait has a deadline": an ask without an answer is answered by its limit, and Clocked says so; the service is
// told, and what it answers all the same is dropped and counted.
func TestAnAskRunsIntoItsLimit(t *testing.T) {
	for name, stubborn := range map[string]bool{"a service that listens": false, "a service that does not": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var d diary
				var ended atomic.Int64
				began := time.Now()
				r := story{
					cfg:    polis.Config{Rounds: 3, Deadline: 10 * time.Second, Delay: 20 * time.Second},
					agents: []polis.Agent{asks(&d, "desk", 1), idles("ben")},
					services: map[string]actors.Service{"desk": actors.ServiceFunc(func(ctx context.Context, r actors.Request) (any, error) {
						if stubborn {
							ctx = context.Background()
						}
						err := slowly(ctx, 30*time.Second)
						ended.Store(int64(time.Since(began)))
						return r.Value, err
					})},
				}.run(t)
				want := 9 * time.Second // nine tenths of the deadline
				if stubborn {
					want = 30 * time.Second
				}
				if ended := time.Duration(ended.Load()); ended != want {
					t.Errorf("the service ended after %v, want %v", ended, want)
				}
				if n := count[actors.Clocked](r); n != 1 || r.Faults.Clocked != 1 || r.Reproducible {
					t.Errorf("%d Clocked, faults %+v, reproducible %v", n, r.Faults, r.Reproducible)
				}
				d.expect(t, "ann", `
					1 started
					2 percept 1 day
					3 answer 2.0 of desk: no answer within the limit
					4 percept 2 day
					5 percept 3 day
					6 stopping`)
			})
		})
	}
}

// A request has the deadline of who asked, also when the word that nobody waits any more gets lost.
func TestARequestHasItsAskersLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		began := time.Now()
		var limit atomic.Int64
		story{cfg: polis.Config{Deadline: 10 * time.Second}, agents: []polis.Agent{asks(&d, "desk", 1)},
			services: map[string]actors.Service{"desk": actors.ServiceFunc(func(ctx context.Context, r actors.Request) (any, error) {
				if end, ok := ctx.Deadline(); ok {
					limit.Store(int64(end.Sub(began)))
				}
				return r.Value, nil
			})}}.run(t)
		if limit := time.Duration(limit.Load()); limit != 9*time.Second {
			t.Errorf("the request may take %v, want 9s", limit)
		}
	})
}

// "Cancel when the asker stops": a service need not go on for who is gone.
func TestAnAskEndsWithItsAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var ended atomic.Int64
		story{
			cfg: polis.Config{Rounds: 3, Delay: time.Second},
			agents: []polis.Agent{idles("ben"), does("ann", func(t *actors.Turn, event any) error {
				switch event.(type) {
				case actors.Percept:
					t.Ask("desk", note{})
					t.Stop()
				}
				return nil
			})},
			services: map[string]actors.Service{"desk": actors.ServiceFunc(func(ctx context.Context, r actors.Request) (any, error) {
				err := slowly(ctx, time.Minute)
				ended.Store(int64(time.Since(began)))
				return r.Value, err
			})},
		}.run(t)
		if ended := time.Duration(ended.Load()); ended > 100*time.Millisecond {
			t.Errorf("the service went on for %v", ended)
		}
	})
}

// "A job or an ask [draws] from (seed, its id)."
func TestAnAskDrawsFromItsID(t *testing.T) {
	draw := func(seed uint64) (drawn []string) {
		story{
			cfg: polis.Config{Seed: seed},
			agents: []polis.Agent{does("ann", func(t *actors.Turn, event any) error {
				switch e := event.(type) {
				case actors.Percept:
					t.Ask("dice", note{})
					t.Ask("dice", note{})
				case actors.Answer:
					drawn = append(drawn, text(e.Value))
				}
				return nil
			})},
			services: map[string]actors.Service{"dice": actors.ServiceFunc(func(_ context.Context, r actors.Request) (any, error) {
				return note{fmt.Sprint(r.Rand.Uint64())}, nil
			})},
		}.run(t)
		return drawn
	}
	a, b, other := draw(1), draw(1), draw(2)
	if len(a) != 2 || a[0] == a[1] || a[0] != b[0] || a[1] != b[1] || a[0] == other[0] {
		t.Errorf("seed 1 drew %s and %s, seed 2 %s", a, b, other)
	}
}
