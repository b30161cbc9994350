package prompted_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// rick is what is called for, hay what is paid for it; the meadow a world in which there is nothing to do but talk.
type (
	rick struct {
		Carts int `json:"carts"`
	}
	hay struct {
		Coins int `json:"coins" min:"1" max:"99" doc:"what you want for it"`
	}
	meadow struct{}
)

func (meadow) Perceive(string) string { return "The hay is dry." }

func init() {
	actors.Payload[rick]("prompted_test.rick")
	actors.Payload[hay]("prompted_test.hay")
}

var field = environment.Define(func() *meadow { return &meadow{} }, (*meadow).Perceive)

// mower is an agent whose bids a model makes. A rule does what was awarded, and bids when the model does not.
func mower() actors.Behavior {
	desk := roles.New(roles.Config{})
	roles.AddContractor(desk, roles.Contractor[rick, hay]{
		Bid:     func(_ *actors.Turn, _ string, r rick) (hay, error) { return hay{9 * r.Carts}, nil },
		Perform: func(_ *actors.Turn, a roles.Award[rick, hay]) (any, error) { return a.Proposal, nil },
	})
	desk.Leave(roles.Terms{Protocol: "fipa-contract-net", Role: interaction.Participant, About: "prompted_test.rick"},
		roles.Answer("propose", protocol.Propose, "Offer to bring in the hay.", func(s *roles.Session, h hay) (any, error) {
			if r := s.Call().(rick); h.Coins > 10*r.Carts {
				return nil, fmt.Errorf("nobody pays %d coins for %d carts", h.Coins, r.Carts) // the model is told
			}
			return h, nil
		}),
		roles.Because("refuse", protocol.Refuse, "Do not.", "refused"))
	return desk.Beside(prompted.New(prompted.Config{Definition: field, Desk: desk}))
}

// farmer calls once, and takes whoever is cheapest.
func farmer() actors.Behavior {
	desk := roles.New(roles.Config{})
	tender := roles.AddTender(desk, roles.Tenderer[rick, hay]{Award: func(_ *actors.Turn, _ rick, all []roles.Proposal[hay]) (d roles.Decision[rick]) {
		for _, p := range all {
			fmt.Println(p.From, "wants", p.Offer.Coins)
			d.Accept = []string{p.From}
		}
		return d
	}})
	return desk.Beside(starting(func(t *actors.Turn) error {
		_, err := tender.Call(t, rick{2}, 0, "mower")
		return err
	}))
}

// starting does one thing when it starts.
type starting func(t *actors.Turn) error

func (starting) Stateless() {}
func (f starting) Receive(t *actors.Turn, event any) error {
	switch event.(type) {
	case actors.Started:
		return f(t)
	case actors.Percept:
		t.Pass()
	}
	return nil
}

// A model asks for too much, is told so, and asks for less.
func Example_conversation() {
	model := actors.ServiceFunc(func(_ context.Context, r actors.Request) (any, error) {
		q := r.Value.(llmadapter.Request)
		var o prompted.Observation
		if err := json.Unmarshal(llmadapter.FindBlock(q.Messages), &o); err != nil {
			return nil, err
		}
		coins := 50
		if len(q.Messages) > 2 {
			coins = 15
			fmt.Println("it is told:", q.Messages[len(q.Messages)-1].Text)
		}
		reply := llmadapter.Reply{Finish: llmadapter.FinishCalls, Calls: []llmadapter.Call{{Name: "pass", Arguments: "{}"}}}
		for _, c := range o.Conversations {
			fmt.Printf("%s with %s about %s: %v\n", c.ID, c.With, c.About, c.Say)
			reply.Calls = append(reply.Calls, llmadapter.Call{Name: "propose", Arguments: fmt.Sprintf(`{"conversation":%q,"content":{"coins":%d}}`, c.ID, coins)})
		}
		return reply, nil
	})
	if _, err := polis.Run(context.Background(), polis.Society{Name: "meadow", World: field, Services: map[string]actors.Service{"model": model},
		Agents: []polis.Agent{{Name: "farmer", Behavior: farmer}, {Name: "mower", Behavior: mower}}}, polis.Config{Rounds: 5}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// c1 with farmer about {"carts":2}: [propose refuse]
	// it is told: That could not be used: propose in c1: nobody pays 50 coins for 2 carts. Answer again, in full.
	// c1 with farmer about {"carts":2}: [propose refuse]
	// mower wants 15
}
