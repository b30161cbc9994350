// Smallest is three agents at a well that refills by half of what they leave in it.
package main

import (
	"context"
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
)

type well struct{ Litres int } // the world: its exported fields are its state

type draw struct { // what an agent can try
	Litres int `min:"0" max:"20" doc:"how much to draw"`
}

func (w *well) Perceive(string) int                               { return w.Litres }
func (w *well) Tick(string, *rand.Rand)                           { w.Litres += w.Litres / 2 }
func (w *well) Draw(_ string, d draw) (draw, error)               { w.Litres -= d.Litres; return d, nil }
func tenth(_ *actors.Turn, s actors.Situation[int]) (draw, error) { return draw{s.Percept / 10}, nil }

func main() {
	world := environment.Define(func() *well { return &well{60} }, (*well).Perceive)
	environment.AddAction(world, "draw", "Draw water.", (*well).Draw)
	rule := func() actors.Behavior { return actors.FromRule(actors.RuleFunc[int, draw](tenth)) }
	society := polis.Society{Name: "well", World: world, Agents: []polis.Agent{
		{Name: "ada", Behavior: rule}, {Name: "ben", Behavior: rule}, {Name: "cleo", Behavior: rule}}}
	report, err := polis.Run(context.Background(), society, polis.Config{Seed: 1, Rounds: 12})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d litres left after %d rounds, %d messages, run %.12s\n",
		report.World.(*well).Litres, report.Rounds, report.Messages.Handled, report.Hash)
}
