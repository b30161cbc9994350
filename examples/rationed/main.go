// Command rationed shows what agents see of a model that may be asked four times a minute: some are answered, others are
// told at once when to come back, and act by themselves. The model is an echo: nothing is asked of anybody.
package main

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
)

// Field is a world in which one can sow.
type Field struct{ Sown map[string]string }

// Seed is what an agent sows.
type Seed struct {
	What string `json:"what"`
}

// Perceive shows an agent nothing.
func (*Field) Perceive(string) struct{} { return struct{}{} }

// Sow takes a seed.
func (f *Field) Sow(agent string, s Seed) (struct{}, error) {
	f.Sown[agent] = s.What
	return struct{}{}, nil
}

// farmer asks a model what to sow, and knows what to do without it.
type farmer struct{}

// Receive decides.
func (farmer) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Percept:
		t.Ask("model", llmadapter.Request{MaxTokens: 5, Messages: []llmadapter.Message{{Role: llmadapter.User, Text: "Wheat or rye?"}}})
	case actors.Answer:
		switch v := e.Value.(type) {
		case llmadapter.Reply:
			t.Act(Seed{What: v.Text})
		case llmadapter.Rejected: // nothing was sent, and nothing is to pay
			t.Act(Seed{What: "rye, as ever: " + string(v.Reason)})
		default:
			t.Act(Seed{What: "rye, as ever"})
		}
	}
	return nil
}

func run() (sown []string, account llmadapter.Account, err error) {
	echo := llmadapter.ModelFunc(func(context.Context, llmadapter.Request) (llmadapter.Reply, error) {
		return llmadapter.Reply{Text: "wheat", Finish: llmadapter.FinishStop, Usage: llmadapter.Tokens{Input: 12, Output: 1}}, nil
	})
	field := &Field{Sown: map[string]string{}}
	world := environment.Define(func() *Field { return field }, (*Field).Perceive)
	environment.AddAction(world, "sow", "Sow something.", (*Field).Sow)
	var agents []polis.Agent
	for _, name := range []string{"ann", "ben", "cleo", "dan", "eve", "finn"} {
		agents = append(agents, polis.Agent{Name: name, Model: "model", Behavior: func() actors.Behavior { return farmer{} }})
	}
	report, err := polis.Run(context.Background(), polis.Society{
		Name: "field", World: world, Agents: agents,
		Models: map[string]llmadapter.Config{"model": {Model: echo, Label: "an echo", InFlight: 2, RPM: 4}},
	}, polis.Config{Rounds: 1})
	if err != nil {
		return nil, account, err
	}
	for _, what := range field.Sown {
		sown = append(sown, what)
	}
	slices.Sort(sown)
	return sown, report.Models["model"], nil
}

func main() {
	sown, account, err := run()
	if err != nil {
		log.Fatal(err)
	}
	for _, what := range sown {
		fmt.Println(what)
	}
	fmt.Printf("%d asked, %d answered, %d rejected\n", account.Requests, account.Answered, account.Rejected)
}
