package actors_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/journal"
)

// "Events in, effects out, all or nothing." "The same event is offered again under the same n with the same randomness."
func TestATurnThatFailsHasNotHappened(t *testing.T) {
	for name, fail := range map[string]func() error{
		"by an error": func() error { return errors.New("not now") },
		"by a panic":  func() error { panic("not now") },
	} {
		t.Run(name, func(t *testing.T) {
			var d diary
			var draws []uint64
			r := story{agents: []polis.Agent{
				does("ann", func(t *actors.Turn, event any) error {
					d.note(t, event)
					if _, ok := event.(actors.Percept); !ok {
						return nil
					}
					draws = append(draws, t.Rand().Uint64())
					t.Act(mark{len(draws)})
					t.Send(tell(fmt.Sprintf("attempt %d", len(draws)), "ben"))
					t.After(0)
					t.Ask("nobody", note{})
					if len(draws) < 3 {
						return fail()
					}
					return nil
				}),
				does("ben", func(t *actors.Turn, event any) error {
					d.note(t, event)
					return nil
				}),
			}, cfg: polis.Config{Rounds: 2}}.run(t)
			if got := r.marks(); !strings.HasPrefix(got, "ann 3, ") {
				t.Errorf("on the wall is %q: of three attempts only the last may be there", got)
			}
			if draws[0] != draws[1] || draws[1] != draws[2] || draws[2] == draws[3] {
				t.Errorf("three attempts at turn 2, and then turn 6, drew %d", draws)
			}
			d.expect(t, "ann", `
				1 started
				2 percept 1 day
				2 percept 1 day
				2 percept 1 day
				3 answer 2.3 of nobody: engine: "services/nobody": no such actor
				4 outcome {3}
				5 timer 2.2
				6 percept 2 day
				7 answer 6.3 of nobody: engine: "services/nobody": no such actor
				8 outcome {4}
				9 timer 6.2
				10 stopping`)
			d.expect(t, "ben", `
				1 started
				2 percept 1 day
				3 inform of ann: attempt 3
				4 percept 2 day
				5 inform of ann: attempt 4
				6 stopping`)
			if r.Faults.Crashes != 2 || r.Faults.Restarts != 2 || r.Faults.Quarantined != 0 || !r.Reproducible {
				t.Errorf("the faults are %+v, want two crashes, two restarts", r.Faults)
			}
		})
	}
}

// "Started is one turn per agent, not per life."
func TestStartedOncePerAgentNotPerLife(t *testing.T) {
	var d diary
	lifes := 0
	story{agents: []polis.Agent{lives("ann", func() actors.Behavior {
		lifes++
		return &counting{f: func(t *actors.Turn, event any, _ int) error {
			if d.note(t, event); lifes < 4 {
				return errors.New("not in this life")
			}
			return nil
		}}
	})}}.run(t)
	d.expect(t, "ann", "1 started\n1 started\n1 started\n1 started\n2 percept 1 day\n3 stopping")
}

// counting is a behavior that counts the turns it has handled, without a Keeper.
type counting struct {
	n int
	f func(t *actors.Turn, event any, n int) error
}

func (b *counting) Receive(t *actors.Turn, event any) error {
	b.n++
	return b.f(t, event, b.n)
}

// "Up to the policy's attempts (default 5, counted per event), then quarantined, and life goes on with the next." "A
// turn is (actor, n): n starts at 1, is never reused." "It has missed the phase when … its percept was quarantined."
func TestAnEventThatAlwaysFailsIsQuarantinedAndLifeGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		store := journal.NewMemory()
		r := story{cfg: polis.Config{Rounds: 3, Journal: store}, agents: []polis.Agent{
			does("ann", func(t *actors.Turn, event any) error {
				d.note(t, event)
				if p, ok := event.(actors.Percept); ok {
					t.Act(mark{p.Round})
					if p.Round == 2 {
						panic("never in round 2")
					}
				}
				return nil
			}),
			idles("ben"),
		}}.run(t)
		d.expect(t, "ann", `
			1 started
			2 percept 1 day
			3 outcome {1}
			4 percept 2 day
			4 percept 2 day
			4 percept 2 day
			4 percept 2 day
			4 percept 2 day
			5 percept 3 day
			6 outcome {3}
			7 stopping`)
		if r.marks() != "ann 1, ann 3" {
			t.Errorf("on the wall is %q", r.marks())
		}
		if f := r.Faults; f.Crashes != 5 || f.Quarantined != 1 || f.Missed != 1 || r.Messages.Quarantined != 1 {
			t.Errorf("faults %+v, account %+v: want five crashes, one event quarantined, one phase missed", f, r.Messages)
		}
		var kinds []string
		for e, err := range store.Turns(context.Background(), "agents/ann", 0) {
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, fmt.Sprint(e.N, " ", e.Kind))
			if e.Kind == "quarantined" && !strings.Contains(string(e.Payload), `"attempts":5,"error":"panic: never in round 2","event":{"choice":true`) {
				t.Errorf("the record of the quarantined event is %s", e.Payload)
			}
		}
		if want := []string{"1 started", "2 percept", "3 outcome", "4 quarantined", "5 percept", "6 outcome", "7 stopping"}; !slices.Equal(kinds, want) {
			t.Errorf("the journal has %q, want %q", kinds, want)
		}
	})
}

// "An unregistered one fails the turn and says so."
func TestAnUnregisteredPayloadFailsTheTurn(t *testing.T) {
	type stranger struct{}
	for name, want := range map[string]func(t *actors.Turn){
		"action":     func(t *actors.Turn) { t.Act(stranger{}) },
		"no action":  func(t *actors.Turn) { t.Act(nil) },
		"content":    func(t *actors.Turn) { m := tell("", "ben"); m.Content = stranger{}; t.Send(m) },
		"request":    func(t *actors.Turn) { t.Ask("nobody", stranger{}) },
		"no request": func(t *actors.Turn) { t.Ask("nobody", nil) },
	} {
		for _, undigested := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " undigested ", undigested), func(t *testing.T) {
				r := story{cfg: polis.Config{Undigested: undigested}, agents: []polis.Agent{
					does("ann", func(t *actors.Turn, event any) error {
						if _, ok := event.(actors.Percept); ok {
							want(t)
						}
						return nil
					})}}.run(t)
				if r.Faults.Quarantined != 1 {
					t.Errorf("faults %+v: want the percept quarantined", r.Faults)
				}
				err := first[polis.Failed](t, r).Decision.Cause().Err
				if !errors.Is(err, journal.ErrUnregistered) || !strings.Contains(err.Error(), "declare it with AddAction or actors.Payload") {
					t.Errorf("the failure says %v", err)
				}
			})
		}
	}
}

// A message nobody could receive, and a job nobody could do, fail the turn too.
func TestWhatCannotBeWantedFailsTheTurn(t *testing.T) {
	for name, want := range map[string]func(t *actors.Turn){
		"a message without an act":   func(t *actors.Turn) { m := tell("", "ben"); m.Act = ""; t.Send(m) },
		"a message without receiver": func(t *actors.Turn) { t.Send(tell("")) },
		"a job without a Worker":     func(t *actors.Turn) { t.Do("think", nil) },
		"more timers than 1024": func(t *actors.Turn) {
			for range 1025 {
				t.After(0)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := story{agents: []polis.Agent{does("ann", func(t *actors.Turn, event any) error {
				if _, ok := event.(actors.Percept); ok {
					want(t)
				}
				return nil
			})}}.run(t)
			if r.Faults.Quarantined != 1 {
				t.Errorf("faults %+v: want the percept quarantined", r.Faults)
			}
		})
	}
}

// "A behavior that writes another Sender" speaks in its own name all the same: "Senders are stamped."
func TestTheSenderIsStamped(t *testing.T) {
	var d diary
	receivers := []string{"ben"}
	story{cfg: polis.Config{Rounds: 2}, agents: []polis.Agent{
		does("ann", func(t *actors.Turn, event any) error {
			if p, ok := event.(actors.Percept); ok && p.Round == 1 {
				m := tell("trust me", receivers...)
				m.Sender = "cleo"
				t.Send(m)
				receivers[0] = "dan" // too late: the message has its own list
			}
			return nil
		}),
		does("ben", func(t *actors.Turn, event any) error {
			d.note(t, event)
			return nil
		}),
	}}.run(t)
	d.expect(t, "ben", "1 started\n2 percept 1 day\n3 inform of ann: trust me\n4 percept 2 day\n5 stopping")
}

// "Mark says of the action that was tried last in this turn how it was decided": whatever the turn wanted after it.
func TestAMarkIsOfTheLastAction(t *testing.T) {
	turn := actors.NewTurn(actors.TurnConfig{Self: "ann"})
	turn.Act(mark{1})
	turn.Act(mark{2})
	turn.Send(tell("done", "ben"))
	turn.Mark(actors.Fallback, "busy")
	if e := turn.Effects(); e[0].Mark != 0 || e[1].Mark != actors.Fallback || e[1].Name != "busy" || e[2].Mark != 0 {
		t.Errorf("marked are %+v", e)
	}
	turn = actors.NewTurn(actors.TurnConfig{Self: "ann"})
	turn.Send(tell("nothing", "ben"))
	turn.Mark(actors.Unusable, "busy")
	if _, _, err := actors.Record(turn, actors.Started{}); err == nil || !strings.Contains(err.Error(), "it follows no action") {
		t.Errorf("a mark on nothing: %v", err)
	}
}

// "Substitute marks the action … as decided by another service", and the record says by which.
func TestASubstituteIsNamed(t *testing.T) {
	turn := actors.NewTurn(actors.TurnConfig{Self: "ann"})
	turn.Act(mark{1})
	turn.Substitute("oracle", "busy")
	if e := turn.Effects()[0]; e.Mark != actors.Substitute || e.By != "oracle" || e.Name != "busy" || e.Mark.String() != "substitute" {
		t.Errorf("it is marked %+v", e)
	}
	_, effects, err := actors.Record(turn, actors.Started{})
	if err != nil || !strings.Contains(string(effects), `,"by":"oracle","mark":"substitute","why":"busy"}`) || !json.Valid(effects) {
		t.Errorf("it is recorded as %s, %v", effects, err)
	}
	turn.Mark(actors.Repaired, "x")
	if e := turn.Effects()[0]; e.By != "" {
		t.Errorf("it is still by %s", e.By)
	}
}
