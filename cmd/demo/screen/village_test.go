package screen

import (
	"errors"
	"fmt"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/scenarios/commons"
	"github.com/polis-agents/polis/supervision"
)

// village is a board of the commons, told by a test as observers would be.
type village struct {
	*board
	names []string
	total map[string]float64
}

// newVillage settles people by their minds: "John covenant".
func newVillage(rounds int, people ...string) *village {
	v := &village{total: map[string]float64{}}
	p := Plan{Name: "commons", Look: Looks["commons"], Rounds: rounds, Seed: 42, Models: map[string]string{"model": "stand-in"}}
	for _, text := range people {
		var a Agent
		fmt.Sscan(text, &a.Name, &a.Mind, &a.Decides)
		v.names = append(v.names, a.Name)
		p.Agents = append(p.Agents, a)
	}
	v.board = newBoard(p)
	return v
}

// month ends one: the stock before the harvest, and what was caught, in the order of names.
func (v *village) month(n, stock int, catches ...float64) {
	e := environment.RoundEnded{Round: n}
	sum := 0.0
	for i, c := range catches {
		name := v.names[i]
		v.total[name] += c
		sum += c
		decides := ""
		if r := v.row(name); r != nil {
			decides = r.decides
		}
		e.Agents = append(e.Agents, environment.AgentRow{Name: name, Decides: decides, Variables: []environment.Variable{
			{Name: "asked", Value: c}, {Name: "catch", Value: c}, {Name: "total", Value: v.total[name]}}})
	}
	left, over := float64(stock)-sum, 0.0
	if left < 5 {
		over = 1
	}
	e.World = []environment.Variable{{Name: "stock", Value: float64(stock)}, {Name: "harvest", Value: sum}, {Name: "left", Value: left},
		{Name: "capacity", Value: 100}, {Name: "collapsed", Value: over}}
	v.see(e)
}

func (v *village) others(than string) (all []string) {
	for _, name := range v.names {
		if name != than {
			all = append(all, name)
		}
	}
	return all
}

func (v *village) proposes(month int, who string, tons int) {
	v.see(actors.Said{Round: month, Phase: "propose", Message: &protocol.Message{Act: protocol.Propose, Sender: who,
		Receivers: v.others(who), Content: commons.Cap{Month: month, Tons: tons}}})
}

func (v *village) agrees(month int, who, to string, tons int) {
	v.see(actors.Said{Round: month, Phase: "reply", Message: &protocol.Message{Act: protocol.Agree, Sender: who,
		Receivers: []string{to}, Content: commons.Cap{Month: month, Tons: tons}}})
}

func (v *village) refuses(month int, who, to string, tons int) {
	v.see(actors.Said{Round: month, Phase: "reply", Message: &protocol.Message{Act: protocol.Refuse, Sender: who,
		Receivers: []string{to}, Content: commons.Objection{Cap: commons.Cap{Month: month, Tons: tons}, Reason: commons.TooMuch}}})
}

func (v *village) says(month int, who, text string) {
	m := protocol.Say(text, v.others(who)...)
	m.Sender = who
	v.see(actors.Said{Round: month, Phase: "propose", Message: &m})
}

func (v *village) crashes(who, at string) {
	v.see(polis.Failed{Decision: supervision.Restart{Failure: &supervision.Failure{Actor: "agents/" + who, Event: at, Attempt: 1, Err: errors.New("chaos")}}})
}

// lived is a village after seven months: all that rows and news can show has happened.
func lived() *village {
	v := newVillage(12, "John covenant", "Kate covenant", "Jack greedy", "Emma model stand-in", "Luke model stand-in")
	stock := []int{100, 100, 98, 90, 84, 70, 62}
	for m := 1; m <= 7; m++ {
		v.proposes(m, "John", 6)
		v.agrees(m, "Kate", "John", 6)
		if m != 3 {
			v.agrees(m, "Emma", "John", 6)
		}
		if m > 4 {
			v.agrees(m, "Jack", "John", 6)
		} else {
			v.refuses(m, "Jack", "John", 6)
		}
		if m == 7 {
			v.says(m, "John", "If each of us takes more than six, we lose it by autumn.")
			v.crashes("Luke", "percept")
			v.see(actors.Marked{Agent: "Emma", Round: m, Phase: "harvest", Mark: actors.Fallback, Why: "rejected: queue-full, come back in 2s"})
		}
		v.month(m, stock[m-1], 6, 6, float64(5+m), 6, 6)
	}
	for i := range 9 {
		v.service("model").sample(llmadapter.Load{Queued: i % 5, InFlight: 4, Limit: 8}, llmadapter.Account{})
	}
	v.see(llmadapter.Ended{Service: "model", Outcome: "failed", Attempts: 4, Load: llmadapter.Load{Queued: 14, InFlight: 5, Limit: 8}})
	v.service("model").sample(llmadapter.Load{Queued: 12, InFlight: 5, Limit: 8, Cooldown: 1500 * time.Millisecond},
		llmadapter.Account{Answered: 9, Server429: 1, Rejected: 1, Failed: 1, InputTokens: 12_000, OutputTokens: 345, PossiblyBilled: 7})
	v.see(llmadapter.Asked{Service: "model", Asker: "Luke", Turn: 9})
	v.does("you cut the talk")
	v.silent = true
	return v
}

// crowd is a village of very many, after two months.
func crowd(n int) *village {
	var people []string
	for i := range n {
		people = append(people, fmt.Sprintf("agent-%03d sustainable", i+1))
	}
	v := newVillage(0, people...)
	catches := make([]float64, n)
	for m := 1; m <= 2; m++ {
		for i := range catches {
			catches[i] = float64((i*7 + m) % 5)
		}
		v.month(m, 100, catches...)
	}
	return v
}
