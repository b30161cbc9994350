package polis_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// till is a world that counts: every action says what it left behind.
type till struct{ Coins int }

type (
	pay struct {
		Coins int `json:"coins" min:"-9" max:"9"`
	}
	seen struct{ Coins int }
)

func (w *till) Perceive(string) seen { return seen(*w) }

func (w *till) Pay(_ string, p pay) (int, error) {
	if w.Coins+p.Coins < 0 {
		return 0, environment.Refuse("empty", "%d coins are left", w.Coins)
	}
	w.Coins += p.Coins
	return w.Coins, nil
}

// market is a society of those who pay and take, at once and after a thought.
func market(agents int) polis.Society {
	def := environment.Define(func() *till { return &till{Coins: 10} }, (*till).Perceive)
	environment.AddAction(def, "pay", "Pay, or take.", (*till).Pay)
	s := polis.Society{Name: "market", World: def}
	for i := range agents {
		behavior := func() actors.Behavior {
			return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
				if _, ok := event.(actors.Percept); ok {
					t.Act(pay{t.Rand().IntN(19) - 9})
				}
				return nil
			})
		}
		if i%3 == 2 {
			behavior = func() actors.Behavior { return &broker{} }
		}
		s.Agents = append(s.Agents, polis.Agent{Name: fmt.Sprintf("trader-%02d", i), Behavior: behavior})
	}
	return s
}

// broker asks before it pays, so that its actions come when others have long acted.
type broker struct{}

func (*broker) Receive(t *actors.Turn, event any) error {
	switch event.(type) {
	case actors.Percept:
		t.Ask("oracle", question{1})
	case actors.Answer:
		t.Act(pay{t.Rand().IntN(19) - 9})
	}
	return nil
}

// call is what an action asked of the world, and what it was told.
type call struct {
	Coins   int // asked
	Left    int // told
	Refused bool
}

// counts is what the world should be: actions happen one after the other, each between the turn that tried it and the turn
// that heard of it.
var counts = porcupine.Model{
	Init: func() any { return 10 },
	Step: func(state, input, output any) (bool, any) {
		coins, in, out := state.(int), input.(call), output.(call)
		after := coins + in.Coins
		if after < 0 {
			return out.Refused, coins
		}
		return !out.Refused && out.Left == after, after
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %+v", input, output) },
}

// history reads from a journal when actions were tried and when their outcomes were heard. What nobody heard of may have
// happened at any time after: its answer is that of the world's turn.
func history(t *testing.T, store journal.Store) []porcupine.Operation {
	t.Helper()
	type effect struct {
		actor string
		n     uint64
		index int
	}
	tried, heard := map[effect]int{}, map[effect]int{}
	acts, outs := map[effect]call{}, map[effect]call{}
	of := map[effect]effect{} // action of an outcome
	clients := map[string]int{}
	last := int64(0)
	for e, err := range store.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		at := int64(e.Position)
		last = max(last, at)
		var effects []struct {
			Act     *struct{ Value pay }
			Outcome *struct {
				Reason string
				Value  *struct{ Value int }
			}
		}
		if e.Actor == "society" || e.Kind == "activated" {
			continue
		}
		if err := json.Unmarshal(e.Effects, &effects); err != nil {
			t.Fatal(err)
		}
		for i, w := range effects {
			here := effect{e.Actor, e.N, i}
			switch {
			case w.Act != nil:
				tried[here], acts[here] = int(at), call{Coins: w.Act.Value.Coins}
			case w.Outcome != nil:
				cause := effect{e.Cause.Actor, e.Cause.N, e.Cause.Index}
				of[here] = cause
				out := call{Refused: w.Outcome.Reason != ""}
				if w.Outcome.Value != nil {
					out.Left = w.Outcome.Value.Value
				}
				switch w.Outcome.Reason {
				case environment.ReasonAlreadyActed, environment.ReasonPhaseClosed:
					delete(acts, cause) // the world was not asked
				}
				outs[cause] = out
			}
		}
		if e.Kind == "outcome" {
			heard[of[effect{e.Cause.Actor, e.Cause.N, e.Cause.Index}]] = int(at)
		}
	}
	var ops []porcupine.Operation
	for a, in := range acts {
		out, applied := outs[a]
		if !applied {
			continue
		}
		if _, ok := clients[a.actor]; !ok {
			clients[a.actor] = len(clients)
		}
		end := last + 1
		if at, ok := heard[a]; ok {
			end = int64(at)
		}
		ops = append(ops, porcupine.Operation{ClientId: clients[a.actor], Input: in, Output: out, Call: int64(tried[a]), Return: end})
	}
	return ops
}

// Also in a run that was killed in the middle and taken up again.
func TestActionsOfAResumedRunAreLinearizable(t *testing.T) {
	cfg := polis.Config{Seed: 1, Rounds: 12, Journal: journal.NewMemory()}
	of := func() polis.Society {
		s := market(8)
		s.Services = crowded(t).Services
		return s
	}
	run(t, of(), cfg)
	all := entriesOf(t, cfg.Journal)
	for k := 1; k < len(all); k += 37 {
		cfg.Journal = prefix(t, all, k)
		r, err := polis.Resume(within(t), polis.Epoch{Society: of(), Config: cfg})
		if err == nil {
			_, err = r.Wait()
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := porcupine.CheckOperations(counts, history(t, cfg.Journal)); !got {
			t.Errorf("after %d of %d the history is none", k, len(all))
		}
	}
}

// "Linearizability of the world's actions (…) on recorded histories": in every pace, and with crashes.
func TestActionsAreLinearizable(t *testing.T) {
	for name, cfg := range map[string]polis.Config{
		"rounds":     {Seed: 1, Rounds: 12},
		"shuffled":   {Seed: 2, Rounds: 12, Shuffle: true},
		"sequential": {Seed: 3, Rounds: 12, Pace: environment.Sequential},
		"simulated":  {Seed: 4, Rounds: 12, Pace: environment.Simulated},
		"realtime":   {Seed: 5, Rounds: 12, Pace: environment.Realtime},
		"chaos":      {Seed: 6, Rounds: 12, Chaos: polis.Chaos{Agents: 0.3, World: 4}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := journal.NewMemory()
				cfg.Journal = store
				s := market(8)
				s.Services = crowded(t).Services
				run(t, s, cfg)
				ops := history(t, store)
				if len(ops) < 60 {
					t.Fatalf("%d actions", len(ops))
				}
				if got := porcupine.CheckOperationsTimeout(counts, ops, time.Minute); got != porcupine.Ok {
					t.Errorf("%d actions: %v", len(ops), got)
				}
				broken(t, ops)
			})
		})
	}
}

// broken spoils a history that is one: each must be told.
func broken(t *testing.T, ops []porcupine.Operation) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	var done []int // that changed something
	for i, op := range ops {
		if !op.Output.(call).Refused && op.Input.(call).Coins != 0 {
			done = append(done, i)
		}
	}
	for range 5 {
		i := done[r.IntN(len(done))]
		for how, change := range map[string]func([]porcupine.Operation){
			"applied twice": func(ops []porcupine.Operation) {
				out := ops[i].Output.(call)
				out.Left += ops[i].Input.(call).Coins
				ops[i].Output = out
			},
			"lost": func(ops []porcupine.Operation) {
				out := ops[i].Output.(call)
				out.Left -= ops[i].Input.(call).Coins
				ops[i].Output = out
			},
			"refused, and yet it counts": func(ops []porcupine.Operation) { ops[i].Output = call{Refused: true} },
		} {
			spoiled := append([]porcupine.Operation(nil), ops...)
			change(spoiled)
			if porcupine.CheckOperationsTimeout(counts, spoiled, time.Minute) != porcupine.Illegal {
				t.Errorf("%+v, %s, is taken for sound", ops[i], how)
			}
		}
	}
}
