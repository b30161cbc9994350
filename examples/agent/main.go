// Agent is a behavior of one's own: neighbours at a well who warn each other, and remember that they were warned.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
)

type well struct{ Litres int } // what is left in it
type draw struct{ Litres int } // what one may try
type low struct{ Litres int }  // what neighbours tell each other

func (w *well) Perceive(string) int     { return w.Litres }
func (w *well) Tick(string, *rand.Rand) { w.Litres = min(w.Litres+w.Litres/4, 100) }
func (w *well) Draw(_ string, d draw) (draw, error) {
	w.Litres -= min(d.Litres, w.Litres)
	return d, nil
}

var world = environment.Define(func() *well { return &well{100} }, (*well).Perceive)

func init() {
	environment.AddAction(world, "draw", "Draw water.", (*well).Draw)
	actors.Payload[low]("agent.Low")
}

// neighbour draws what it likes, and little for some rounds after it was warned.
type neighbour struct {
	others []string
	Modest int // rounds to come
}

func (n *neighbour) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case *protocol.Message:
		n.Modest = 3
	case actors.Percept:
		if left := e.View.(int); left < 60 {
			t.Send(protocol.Message{Act: protocol.Inform, Receivers: n.others, Content: low{left}})
		}
		litres := 10 + t.Rand().IntN(6)
		if n.Modest > 0 {
			n.Modest, litres = n.Modest-1, 3
		}
		t.Act(draw{litres})
	}
	return nil
}

func (n *neighbour) Snapshot() ([]byte, error)  { return json.Marshal(n) }
func (n *neighbour) Restore(state []byte) error { return json.Unmarshal(state, n) }

func run(chaos float64) (string, error) {
	of := func(other string) func() actors.Behavior {
		return func() actors.Behavior { return &neighbour{others: []string{other}} }
	}
	report, err := polis.Run(context.Background(), polis.Society{Name: "neighbours", World: world, Agents: []polis.Agent{
		{Name: "ada", Behavior: of("ben")}, {Name: "ben", Behavior: of("ada")},
	}}, polis.Config{Seed: 1, Rounds: 20, Chaos: polis.Chaos{Agents: chaos}})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d crashes, %d litres left, run %.12s", report.Faults.Crashes, report.World.(*well).Litres, report.Hash), nil
}

func main() { // the second run crashes now and then, and comes to the same end
	for _, chaos := range []float64{0, 0.2} {
		line, err := run(chaos)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(line)
	}
}
