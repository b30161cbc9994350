// Smallest: three agents share a well that refills by half of what is left.
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

// Well is the world: its exported fields are its state.
type Well struct{ Litres int }

// Draw is what an agent can try.
type Draw struct {
	Litres int `min:"0" max:"10" doc:"how much to draw"`
}

func (w *Well) Perceive(string) int { return w.Litres }

func (w *Well) Draw(_ string, d Draw) (int, error) { d.Litres = min(d.Litres, w.Litres); w.Litres -= d.Litres; return d.Litres, nil }

func (w *Well) Tick(string, *rand.Rand) { w.Litres += w.Litres / 2 }

func main() {
	world := environment.Define(func() *Well { return &Well{Litres: 60} }, (*Well).Perceive)
	environment.AddAction(world, "draw", "Draw water.", (*Well).Draw)
	rule := func() actors.Behavior {
		return actors.FromRule(actors.RuleFunc[int, Draw](func(_ *actors.Turn, s actors.Situation[int]) (Draw, error) {
			return Draw{Litres: s.Percept / 10}, nil
		}))
	}
	s := polis.Society{Name: "well", World: world}
	for _, name := range []string{"ada", "ben", "cleo"} {
		s.Agents = append(s.Agents, polis.Agent{Name: name, Behavior: rule})
	}
	report, err := polis.Run(context.Background(), s, polis.Config{Seed: 1, Rounds: 12})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("litres left:", report.World.(*Well).Litres, "messages:", report.Messages, "hash:", report.Hash[:12])
}
