package polis_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
)

// Every goroutine has an owner: none is left after all tests.
func TestMain(m *testing.M) {
	if path := os.Getenv(doomed); path != "" { // this is the process that a test wants to kill
		fmt.Fprintln(os.Stderr, doom(path))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// well is the world of these tests.
type well struct {
	Litres int
	Drawn  map[string]int
	Turns  int

	broken func(what string, litres int) error
}

type (
	draw struct {
		Litres int `json:"litres" min:"0" max:"20"`
	}
	level  struct{ Litres int }
	notice struct{ Litres int }
)

func init() { actors.Payload[notice]("notice") }

func (w *well) fault(what string) error {
	if w.broken == nil {
		return nil
	}
	return w.broken(what, w.Litres)
}

func (w *well) Perceive(string) level {
	if err := w.fault("perceive"); err != nil {
		panic(err)
	}
	return level{w.Litres}
}

func (w *well) Draw(agent string, d draw) (int, error) {
	if err := w.fault("draw"); err != nil {
		return 0, err
	}
	if d.Litres > w.Litres {
		return 0, environment.Refuse("dry", "%d litres are left", w.Litres)
	}
	w.Litres -= d.Litres
	w.Drawn[agent] += d.Litres
	return d.Litres, nil
}

func (w *well) Tick(_ string, r *rand.Rand) { w.Litres += r.IntN(30) }

func (w *well) Next(r *rand.Rand) []string {
	names := []string{"ada", "ben", "cleo", "dan"}
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names[:3]
}

func wellOf(broken func(what string, litres int) error) *environment.Definition {
	def := environment.Define(func() *well { return &well{Litres: 60, Drawn: map[string]int{}, broken: broken} }, (*well).Perceive)
	environment.AddAction(def, "draw", "Draw water.", (*well).Draw)
	return def
}

// thirst is a rule with a memory: it draws more when it heard that others draw little.
type thirst struct{ Heard int }

func (m *thirst) Decide(t *actors.Turn, s actors.Situation[level]) (draw, error) {
	for _, msg := range s.Messages {
		m.Heard += msg.Content.(notice).Litres
	}
	n := s.Rand.IntN(5) + m.Heard%7
	t.Send(protocol.Message{Act: protocol.Inform, Receivers: []string{"ada", "ben"}, Content: notice{n}})
	return draw{n}, nil
}

// kept is a thirst that hands its memory over.
type kept struct{ thirst }

func (m *kept) Snapshot() ([]byte, error)  { return json.Marshal(m.thirst) }
func (m *kept) Restore(state []byte) error { return json.Unmarshal(state, &m.thirst) }

// slow is a mind: it decides by chance.
func slow(ctx context.Context, s actors.Situation[level]) (draw, error) {
	return draw{actors.Rand(ctx).IntN(min(s.Percept.Litres, 20) + 1)}, ctx.Err()
}

func rule() actors.Behavior     { return actors.FromRule[level, draw](&thirst{}) }
func ruleKept() actors.Behavior { return actors.FromRule[level, draw](&kept{}) }
func mind() actors.Behavior {
	return actors.FromMind(actors.MindFunc[level, draw](slow), actors.MindConfig[level, draw]{})
}
func still() actors.Behavior {
	return actors.BehaviorFunc(func(*actors.Turn, any) error { return nil })
}

// village is a society of all kinds.
func village() polis.Society {
	return polis.Society{Name: "village", World: wellOf(nil), Settings: map[string]string{"depth": "9"}, Agents: []polis.Agent{
		{Name: "ada", Behavior: rule, Mind: "thirst"}, {Name: "ben", Behavior: ruleKept, Mind: "kept"},
		{Name: "cleo", Behavior: mind, Mind: "slow", Decides: "a mind"}, {Name: "dan", Behavior: still, From: 3}}}
}

// within is the time that a society has: one that would live for ever ends with an error that says so, and the test does not
// hang. In a bubble it is virtual time, of which every new life and every phase takes some.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Minute, errors.New("the society does not end"))
	t.Cleanup(cancel)
	return ctx
}

// run runs a society that has no right to fail.
func run(t *testing.T, s polis.Society, cfg polis.Config) *polis.Report {
	t.Helper()
	r, err := polis.Run(within(t), s, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Messages.Balanced() || r.NotStopped != nil {
		t.Errorf("the account is %+v, left behind %v", r.Messages, r.NotStopped)
	}
	return r
}
