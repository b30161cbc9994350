// Smallest is three agents at a well that refills by half of what they leave in it.
package main

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
)

type well struct{ Litres int } // the world: its exported fields are its state
type draw struct {             // what an agent can try
	Litres int `min:"0" max:"20"`
}

func (w *well) Perceive(string) int                               { return w.Litres }
func (w *well) Tick(string, *rand.Rand)                           { w.Litres += w.Litres / 2 }
func tenth(_ *actors.Turn, s actors.Situation[int]) (draw, error) { return draw{s.Percept / 10}, nil }
func (w *well) Draw(_ string, d draw) (draw, error) {
	if d.Litres > w.Litres {
		return draw{}, environment.Refuse("dry", "only %d litres are left", w.Litres)
	}
	w.Litres -= d.Litres
	return d, nil
}

func main() {
	world := environment.Define(func() *well { return &well{60} }, (*well).Perceive)
	environment.AddAction(world, "draw", "Draw water.", (*well).Draw)
	rule := func() actors.Behavior { return actors.FromRule(actors.RuleFunc[int, draw](tenth)) }
	agents := []polis.Agent{{Name: "ada", Behavior: rule}, {Name: "ben", Behavior: rule}, {Name: "cleo", Behavior: rule}}
	report, err := polis.Run(context.Background(), polis.Society{World: world, Agents: agents}, polis.Config{Rounds: 12})
	if err != nil {
		panic(err)
	}
	fmt.Println(report.World.(*well).Litres, "litres left,", report.Messages.Handled, "messages, run", report.Hash)
}
