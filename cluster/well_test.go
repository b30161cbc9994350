package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
)

// well is the world of these tests.
type well struct {
	Litres int
	Drawn  map[string]int
	Gone   []string
}

type (
	draw struct {
		Litres int `json:"litres" min:"0" max:"20"`
	}
	level    struct{ Litres int }
	remark   struct{ Litres int }
	question struct{ Litres int }
)

func init() {
	actors.Payload[remark]("cluster.notice")
	actors.Payload[question]("cluster.question")
}

func (w *well) Perceive(string) level { return level{w.Litres} }

func (w *well) Draw(agent string, d draw) (int, error) {
	if d.Litres > w.Litres {
		return 0, environment.Refuse("dry", "%d litres are left", w.Litres)
	}
	w.Litres -= d.Litres
	w.Drawn[agent] += d.Litres
	return d.Litres, nil
}

func (w *well) Tick(_ string, r *rand.Rand) { w.Litres += r.IntN(90) }

func (w *well) Enter(string)       {}
func (w *well) Leave(agent string) { w.Gone = append(w.Gone, agent) }

func (w *well) Variables() []environment.Variable {
	return []environment.Variable{{Name: "litres", Value: float64(w.Litres)}}
}
func (w *well) AgentVariables(string) []environment.Variable { return nil }

func (w *well) Next(r *rand.Rand) []string {
	names := slices.Clone(villagers)
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names[:8]
}

var villagers = func() (names []string) {
	for i := range 12 {
		names = append(names, fmt.Sprintf("v%02d", i))
	}
	return names
}()

// thirst is a rule with a memory: it draws more when it heard that others draw little, and speaks to others, some of whom
// have stopped and some of whom never were.
type thirst struct{ Heard int }

func (m *thirst) Decide(t *actors.Turn, s actors.Situation[level]) (draw, error) {
	for _, msg := range s.Messages {
		m.Heard += msg.Content.(remark).Litres
	}
	n := s.Rand.IntN(5) + m.Heard%7
	to := []string{villagers[s.Rand.IntN(12)], "nobody"}
	if to[0] == t.Self() {
		to = to[1:]
	}
	t.Send(protocol.Message{Act: protocol.Inform, Receivers: to, Content: remark{n}})
	return draw{n}, nil
}

func rule() actors.Behavior { return actors.FromRule[level, draw](&thirst{}) }

func mind() actors.Behavior {
	return actors.FromMind(actors.MindFunc[level, draw](func(ctx context.Context, s actors.Situation[level]) (draw, error) {
		return draw{actors.Rand(ctx).IntN(min(s.Percept.Litres, 20) + 1)}, ctx.Err()
	}), actors.MindConfig[level, draw]{})
}

// asking asks a service how much to draw, and also one that there is not; it counts what came back to it.
type asking struct{ Back int }

func (a *asking) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Percept:
		t.Ask("oracle", question{e.View.(level).Litres})
		if e.Round%3 == 0 {
			t.Ask("nowhere", question{1})
		}
	case actors.Answer:
		if e.Error == "" {
			t.Act(draw{e.Value.(question).Litres})
		} else {
			a.Back++
		}
	case actors.Undelivered:
		a.Back++
	}
	return nil
}

// leaving draws until a round, and stops in the middle of it; others go on speaking to it.
func leaving(round int) func() actors.Behavior {
	return func() actors.Behavior {
		return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			if p, ok := event.(actors.Percept); ok {
				t.Act(draw{1})
				if p.Round == round {
					t.Stop()
				}
			}
			return nil
		})
	}
}

func oracle(_ context.Context, r actors.Request) (any, error) {
	return question{r.Rand.IntN(r.Value.(question).Litres%20 + 1)}, nil
}

// spec is the order of these tests.
type spec struct {
	Pace   environment.Pace
	Seed   uint64
	Rounds int
	Chaos  float64
	Slow   time.Duration // what a mind takes
	Bad    string        // node on which it cannot be made
	Room   int           // of an agent's mailbox; 0: as usual
	Talk   int           // letters that some agents send to one in every round, beside what they say anyway
}

// village is a society of all kinds.
func village(s spec) *Plan {
	def := environment.Define(func() *well { return &well{Litres: 60, Drawn: map[string]int{}} }, (*well).Perceive)
	environment.AddAction(def, "draw", "Draw water.", (*well).Draw)
	p := &Plan{Society: polis.Society{Name: "village", World: def, Services: map[string]actors.Service{"oracle": actors.ServiceFunc(oracle)}},
		Config: polis.Config{Seed: s.Seed, Rounds: s.Rounds, Pace: s.Pace, Chaos: polis.Chaos{Agents: s.Chaos}, Mailbox: s.Room}}
	for i, name := range villagers {
		a := polis.Agent{Name: name, Behavior: rule, Mind: "thirst"}
		switch {
		case i == 3 || i == 8:
			a.Behavior, a.Mind = leaving(i-1), "leaving"
		case i%4 == 1:
			a.Behavior, a.Mind = mind, "mind"
		case i%4 == 2:
			a.Behavior, a.Mind = func() actors.Behavior { return &asking{} }, "asking"
		case i == 11:
			a.From = 3
		}
		if s.Slow > 0 && i%4 == 1 {
			a.Behavior = func() actors.Behavior {
				return actors.FromMind(actors.MindFunc[level, draw](func(ctx context.Context, _ actors.Situation[level]) (draw, error) {
					select {
					case <-time.After(s.Slow):
					case <-ctx.Done():
					}
					return draw{1}, ctx.Err()
				}), actors.MindConfig[level, draw]{})
			}
		}
		if n := s.Talk; n > 0 && i%4 == 0 {
			a.Behavior = func() actors.Behavior {
				return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
					if _, ok := event.(actors.Percept); ok {
						for i := range n {
							t.Send(protocol.Message{Act: protocol.Inform, Receivers: []string{"v07", "v09"}, Content: remark{i}})
						}
						t.Pass()
					}
					return nil
				})
			}
		}
		p.Society.Agents = append(p.Society.Agents, a)
	}
	return p
}

func (s spec) order(t *testing.T) []byte {
	t.Helper()
	text, err := json.Marshal(s)
	must(t, err)
	return text
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// ports gives addresses on loopback that nobody listens at.
func ports(t *testing.T, n int) (addrs []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		defer l.Close()
		addrs = append(addrs, l.Addr().String())
	}
	return addrs
}
