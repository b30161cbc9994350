package polis_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/protocol"
)

// wavering is a mind that has no idea in even rounds, and passes in every third.
func wavering(_ context.Context, s actors.Situation[level]) (draw, error) {
	switch {
	case s.Round%2 == 0:
		return draw{}, errors.New("no idea")
	case s.Round%3 == 0:
		return draw{}, actors.ErrPass
	}
	return draw{1}, nil
}

var two = actors.RuleFunc[level, draw](func(*actors.Turn, actors.Situation[level]) (draw, error) { return draw{2}, nil })

// gauged is a well that observers can look into. Without a Next all have their turn, by name.
type gauged struct{ Well well }

func (w *gauged) Variables() []environment.Variable            { return nil }
func (w *gauged) AgentVariables(string) []environment.Variable { return nil }

// "`decided_by` counts actions that reached the world in phases with a choice, `pass` and fallback included, a fallback
// under `rules`." A row of a round says who decided last.
func TestFallbacksAreDecidedByRules(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Realtime} {
		for _, fallback := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				s := village()
				s.World = environment.Define(func() *gauged { return &gauged{well{Litres: 60, Drawn: map[string]int{}}} },
					func(w *gauged, agent string) level { return w.Well.Perceive(agent) })
				environment.AddAction(s.World, "draw", "Draw water.", func(w *gauged, agent string, d draw) (int, error) { return w.Well.Draw(agent, d) })
				s.Agents = s.Agents[2:] // cleo, and dan who does nothing
				s.Agents[1].From = 1
				cfg := actors.MindConfig[level, draw]{}
				if fallback {
					cfg.Fallback = two
				}
				s.Agents[0].Behavior = func() actors.Behavior {
					return actors.FromMind(actors.MindFunc[level, draw](wavering), cfg)
				}
				var rows []string
				r := run(t, s, polis.Config{Rounds: 9, Pace: pace, Observe: func(e any) {
					if ended, ok := e.(environment.RoundEnded); ok {
						for _, a := range ended.Agents {
							if a.Name == "cleo" {
								rows = append(rows, a.Decides)
							}
						}
					}
				}})
				want, decided, drawn := []string{"a mind", "rules", "a mind", "rules", "a mind", "rules", "a mind", "rules", "a mind"}, "map[a mind:5 rules:4]", 3+2*4
				if !fallback { // who has no idea passes, and has decided that
					want, decided, drawn = slices.Repeat([]string{"a mind"}, 9), "map[a mind:9]", 3
				}
				if !slices.Equal(rows, want) || fmt.Sprint(r.DecidedBy) != decided || r.World.(*gauged).Well.Drawn["cleo"] != drawn {
					t.Errorf("%s, fallback %v: rows %q, %v, drawn %v", pace, fallback, rows, r.DecidedBy, r.World.(*gauged).Well.Drawn)
				}
			})
		}
	}
}

// A decision counts as made by the service that made it: one of a name that there is not, by who usually decides.
func TestSubstitutesAreDecidedByTheOther(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated, environment.Realtime} {
		synctest.Test(t, func(t *testing.T) {
			s := village()
			s.World = environment.Define(func() *gauged { return &gauged{well{Litres: 60, Drawn: map[string]int{}}} },
				func(w *gauged, agent string) level { return w.Well.Perceive(agent) })
			environment.AddAction(s.World, "draw", "Draw water.", func(w *gauged, agent string, d draw) (int, error) { return w.Well.Draw(agent, d) })
			s.Models = map[string]llmadapter.Config{"first": {Model: llmadapter.ModelFunc(nil), Label: "model one"}, "second": {Model: llmadapter.ModelFunc(nil), Label: "model two"},
				"third": {Model: llmadapter.ModelFunc(nil)}}
			s.Services = map[string]actors.Service{"oracle": nil}
			s.Agents = s.Agents[2:3]
			s.Agents[0].Behavior = func() actors.Behavior {
				return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
					if p, ok := event.(actors.Percept); ok {
						t.Act(draw{1})
						if by := []string{"", "second", "oracle", "third", "nobody", "first"}[(p.Round-1)%6]; by != "" {
							t.Substitute(by, "why not")
						}
					}
					return nil
				})
			}
			var rows, marked []string
			r := run(t, s, polis.Config{Rounds: 6, Pace: pace, Observe: func(e any) {
				switch e := e.(type) {
				case environment.RoundEnded:
					rows = append(rows, e.Agents[0].Decides)
				case actors.Marked:
					marked = append(marked, e.By)
				}
			}})
			if fmt.Sprint(rows) != "[a mind model two oracle model a mind model one]" || fmt.Sprint(r.DecidedBy) != "map[a mind:2 model:1 model one:1 model two:1 oracle:1]" ||
				fmt.Sprint(marked) != "[second oracle third nobody first]" || r.Marks["substitute"] != 5 {
				t.Errorf("%s: rows %q, %v, marked by %q, %v", pace, rows, r.DecidedBy, marked, r.Marks)
			}
		})
	}
}

// "As long as no wall-clock deadline, rejection or model error entered as an event": a mind that fails is as one whose
// model does. One that passes has decided; to ask for what never was is a mistake, the same in every run.
func TestWhatMakesARunUnrepeatable(t *testing.T) {
	asks := func(t *actors.Turn, event any) error {
		switch e := event.(type) {
		case actors.Percept:
			t.Ask("oracle", notice{1})
		case actors.Answer:
			if e.Error == "" {
				return errors.New("somebody answered")
			}
			t.Pass()
		}
		return nil
	}
	for _, c := range []struct {
		name     string
		behavior func() actors.Behavior
		clocked  int
	}{
		{"an error", func() actors.Behavior {
			return actors.FromMind(actors.MindFunc[level, draw](wavering), actors.MindConfig[level, draw]{Fallback: two})
		}, 2},
		{"a panic", func() actors.Behavior {
			return actors.FromMind(actors.MindFunc[level, draw](func(context.Context, actors.Situation[level]) (draw, error) {
				panic("no idea at all")
			}), actors.MindConfig[level, draw]{})
		}, 4},
		{"a limit", func() actors.Behavior {
			return actors.FromMind(actors.MindFunc[level, draw](func(ctx context.Context, _ actors.Situation[level]) (draw, error) {
				<-ctx.Done()
				return draw{}, ctx.Err()
			}), actors.MindConfig[level, draw]{Limit: time.Second})
		}, 4},
		{"a pass", func() actors.Behavior {
			return actors.FromMind(actors.MindFunc[level, draw](func(context.Context, actors.Situation[level]) (draw, error) {
				return draw{}, fmt.Errorf("I would rather not: %w", actors.ErrPass)
			}), actors.MindConfig[level, draw]{})
		}, 0},
		{"no such service", func() actors.Behavior { return actors.BehaviorFunc(asks) }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := village()
				s.Agents[2].Behavior = c.behavior
				var clocked []actors.Clocked
				r := run(t, s, polis.Config{Rounds: 4, Observe: func(e any) {
					if e, ok := e.(actors.Clocked); ok {
						clocked = append(clocked, e)
					}
				}})
				if r.Reproducible != (c.clocked == 0) || r.Faults.Clocked != c.clocked || len(clocked) != c.clocked {
					t.Errorf("reproducible %v, %+v, %v", r.Reproducible, r.Faults, clocked)
				}
			})
		})
	}
}

// secretive cannot hand its memory over.
type secretive struct{ thirst }

func (m *secretive) Snapshot() ([]byte, error) { panic("this is mine") }
func (m *secretive) Restore([]byte) error      { return nil }

// brittle is a well whose state cannot always be written down.
type brittle struct {
	well
	seen int
}

func (w *brittle) Snapshot() ([]byte, error) {
	if w.seen++; w.seen > 1 { // the first is taken to see whether it can be
		return nil, errDry
	}
	return []byte("{}"), nil
}

func (w *brittle) Restore([]byte) error { return nil }

// What is recovered from must not go unseen: memories that cannot be handed over, and a rule of talk that panics.
func TestWhatIsRecoveredFromIsSeen(t *testing.T) {
	s := village()
	s.World = environment.Define(func() *brittle { return &brittle{well: well{Litres: 60, Drawn: map[string]int{}}} },
		func(w *brittle, agent string) level { return w.Perceive(agent) })
	environment.AddAction(s.World, "draw", "Draw water.", func(w *brittle, agent string, d draw) (int, error) { return w.Draw(agent, d) })
	s.Agents = []polis.Agent{
		{Name: "ada", Behavior: func() actors.Behavior { return actors.FromRule[level, draw](&secretive{}) }},
		{Name: "ben", Behavior: func() actors.Behavior {
			return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
				if p, ok := event.(actors.Percept); ok && p.Round == 2 {
					t.Send(protocol.Message{Act: protocol.Inform, Receivers: []string{"ada"}, Content: notice{1}})
				}
				return nil
			})
		}},
	}
	s.MaySpeak = func(from, _ string) bool {
		if from == "ben" {
			panic("ask somebody else")
		}
		return true
	}
	seen := map[string]int{}
	r := run(t, s, polis.Config{Rounds: 12, Log: 8, Observe: func(e any) {
		switch e := e.(type) {
		case actors.Unkept:
			seen[e.Agent+": "+e.Why]++
		case actors.Unruled:
			seen[e.From+" to "+e.To+": "+e.Why]++
		case environment.Unkept:
			seen["world: "+e.Why]++
			if e.Round < 1 || strings.Contains(e.Why, "\n") {
				t.Errorf("%+v", e)
			}
		}
	}})
	if seen["ada: panic: this is mine"] == 0 || seen["ben to ada: panic: ask somebody else"] != 1 ||
		seen["world: environment: snapshot of the world: the bucket is gone"] == 0 || len(seen) != 3 {
		t.Errorf("%v", seen)
	}
	if r.Rounds != 12 || r.Faults.Crashes != 0 {
		t.Errorf("%+v", r)
	}
}

// "It has missed the phase when … its percept was quarantined", in realtime too.
func TestQuarantinedPerceptsAreMissedInRealtime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := village()
		s.Agents = s.Agents[:2]
		s.Agents[1].Behavior = func() actors.Behavior {
			return actors.BehaviorFunc(func(_ *actors.Turn, event any) error {
				if p, ok := event.(actors.Percept); ok && p.Round < 3 {
					panic("no")
				}
				return nil
			})
		}
		var missed []environment.Missed
		r := run(t, s, polis.Config{Rounds: 4, Pace: environment.Realtime, Observe: func(e any) {
			if m, ok := e.(environment.Missed); ok {
				missed = append(missed, m)
			}
		}})
		if fmt.Sprint(missed) != "[{1 round ben false} {2 round ben false}]" || r.Faults.Missed != 2 || r.Faults.Quarantined != 2 {
			t.Errorf("%v, %+v", missed, r.Faults)
		}
	})
}
