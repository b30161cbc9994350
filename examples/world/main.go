// World is a street of bakers: two phases, a refusal, chance and properties of its own.
package main

import (
	"context"
	"fmt"
	"log"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
)

// street is the world. Its exported fields are its state; the others are its parameters.
type street struct {
	Flour                int            // sacks that all bakers share
	Bread, Prices, Coins map[string]int // by baker; the prices are today's
	most                 int            // customers in a day: a parameter
}

type view struct{ Flour, Bread, Coins int } // what a baker sees: the flour, and its own bread and coins

type bake struct { // what bakers can do in the morning
	Loaves int `json:"loaves" min:"1" max:"10" doc:"how many loaves to bake; each takes a sack of flour"`
}
type ask struct { // and in the afternoon
	Price int `json:"price" min:"1" max:"9" doc:"coins for a loaf; the cheapest sells first"`
}

func (s *street) Phases() []string           { return []string{"bake", "sell"} }
func (s *street) perceive(baker string) view { return view{s.Flour, s.Bread[baker], s.Coins[baker]} }

func (s *street) bake(baker string, b bake) (int, error) {
	if b.Loaves > s.Flour {
		return 0, environment.Refuse("no-flour", "%d sacks of flour are left", s.Flour)
	}
	s.Flour -= b.Loaves
	s.Bread[baker] += b.Loaves
	return s.Bread[baker], nil
}

func (s *street) ask(baker string, a ask) (ask, error) {
	s.Prices[baker] = a.Price
	return a, nil
}

// Tick lets customers come when all prices are known. Where the price is the same, the order is drawn.
func (s *street) Tick(phase string, r *rand.Rand) {
	if phase == "bake" {
		return
	}
	bakers := slices.Sorted(maps.Keys(s.Prices)) // never in the order of a map
	r.Shuffle(len(bakers), func(i, j int) { bakers[i], bakers[j] = bakers[j], bakers[i] })
	slices.SortStableFunc(bakers, func(a, b string) int { return s.Prices[a] - s.Prices[b] })
	left := r.IntN(s.most + 1) // customers
	for _, baker := range bakers {
		sold := min(left, s.Bread[baker])
		left, s.Bread[baker] = left-sold, s.Bread[baker]-sold
		s.Coins[baker] += sold * s.Prices[baker]
	}
	clear(s.Prices)
	s.Flour += 12
}

func define(most int) *environment.Definition {
	def := environment.Define(func() *street {
		return &street{Flour: 12, Bread: map[string]int{}, Prices: map[string]int{}, Coins: map[string]int{}, most: most}
	}, (*street).perceive)
	environment.AddAction(def, "bake", "Bake bread for today.", (*street).bake, "bake")
	environment.AddAction(def, "ask", "Ask a price for your bread.", (*street).ask, "sell")
	def.Properties = environment.Properties{Discrete: true}
	return def
}

// baker bakes as much as it can and always asks the same.
func baker(price int) func() actors.Behavior {
	rule := actors.RuleFunc[view, any](func(_ *actors.Turn, s actors.Situation[view]) (any, error) {
		if s.Phase == "sell" {
			return ask{price}, nil
		}
		return bake{min(max(s.Percept.Flour/3, 1), 10)}, nil
	})
	return func() actors.Behavior { return actors.FromRule(rule) }
}

func society() polis.Society {
	return polis.Society{Name: "bakers", World: define(12), Agents: []polis.Agent{
		{Name: "ada", Behavior: baker(2)}, {Name: "ben", Behavior: baker(3)}, {Name: "cleo", Behavior: baker(4)}}}
}

func main() {
	report, err := polis.Run(context.Background(), society(), polis.Config{Seed: 1, Rounds: 30})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("coins after 30 days:", report.World.(*street).Coins)
}
