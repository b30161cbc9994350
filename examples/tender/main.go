// Tender is a contract net: a farmer calls for bids to have roofs mended, the cheapest of those who are free is awarded each,
// and mends it in the world. One of them refuses all work.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
)

type roof struct{ House string } // what is called for
type price struct{ Coins int }   // what is offered, and what it came to

type village struct{ Mended []string } // who mended what, in order
type mend struct{ House string }       // what one may do

func (v *village) Perceive(string) int { return len(v.Mended) }
func (v *village) Mend(agent string, m mend) (mend, error) {
	v.Mended = append(v.Mended, agent+" "+m.House)
	return m, nil
}

var world = environment.Define(func() *village { return &village{} }, (*village).Perceive)

func init() {
	environment.AddAction(world, "mend", "Mend a roof.", (*village).Mend)
	actors.Payload[roof]("tender.Roof")
	actors.Payload[price]("tender.Price")
}

// thatcher mends roofs, at its price, one at a time.
type thatcher struct {
	desk  *roles.Desk
	coins int // 0: it refuses all
	Job   *roles.Award[roof, price]
}

func newThatcher(coins int) actors.Behavior {
	a := &thatcher{desk: roles.New(roles.Config{}), coins: coins}
	roles.AddContractor(a.desk, roles.Contractor[roof, price]{Bid: a.bid, Perform: a.perform})
	return a.desk.Beside(a)
}

func (a *thatcher) bid(*actors.Turn, string, roof) (price, error) {
	if a.coins == 0 || a.Job != nil {
		return price{}, errors.New("no time")
	}
	return price{a.coins}, nil
}

func (a *thatcher) perform(_ *actors.Turn, job roles.Award[roof, price]) (any, error) {
	if a.Job != nil {
		return nil, errors.New("somebody else was faster")
	}
	a.Job = &job
	return nil, roles.ErrLater
}

func (a *thatcher) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Percept:
		if a.Job == nil {
			t.Pass()
			return nil
		}
		t.Act(mend{a.Job.Call.House})
	case actors.Outcome:
		if job := a.Job; job != nil && e.Action == "mend" {
			a.Job = nil
			return a.desk.Done(t, job.At, job.Proposal)
		}
	}
	return nil
}

func (a *thatcher) Snapshot() ([]byte, error)  { return json.Marshal(a) }
func (a *thatcher) Restore(state []byte) error { return json.Unmarshal(state, a) }

// farmer calls for bids, one roof after the other.
type farmer struct {
	tender    *roles.Tender[roof]
	thatchers []string
	Houses    []string // whose roofs are to be mended
	Paid      int
}

func newFarmer(thatchers []string) actors.Behavior {
	desk := roles.New(roles.Config{})
	a := &farmer{thatchers: thatchers, Houses: []string{"barn", "mill", "inn"}}
	a.tender = roles.AddTender(desk, roles.Tenderer[roof, price]{Award: a.award, Ended: a.ended})
	return desk.Beside(a)
}

func (a *farmer) Receive(t *actors.Turn, event any) error {
	switch event.(type) {
	case actors.Started:
		return a.next(t)
	case actors.Percept:
		t.Pass()
	}
	return nil
}

func (a *farmer) next(t *actors.Turn) error {
	if len(a.Houses) == 0 {
		return nil
	}
	_, err := a.tender.Call(t, roof{a.Houses[0]}, 0, a.thatchers...)
	return err
}

func (a *farmer) award(_ *actors.Turn, _ roof, proposals []roles.Proposal[price]) (d roles.Decision[roof]) {
	best := -1
	for i, p := range proposals {
		if best < 0 || p.Offer.Coins < proposals[best].Offer.Coins {
			best = i
		}
	}
	if best >= 0 {
		d.Accept = []string{proposals[best].From}
	}
	return d
}

func (a *farmer) ended(t *actors.Turn, e roles.Ended[roof]) error {
	if paid, ok := e.Value.(price); ok {
		a.Paid, a.Houses = a.Paid+paid.Coins, a.Houses[1:]
	}
	return a.next(t) // the same again, if it failed
}

func (a *farmer) Snapshot() ([]byte, error)  { return json.Marshal(a) }
func (a *farmer) Restore(state []byte) error { return json.Unmarshal(state, a) }

func run(chaos float64) (*polis.Report, error) {
	names, prices := []string{"ann", "ben", "cy"}, []int{7, 4, 0}
	s := polis.Society{Name: "tender", World: world,
		Agents: []polis.Agent{{Name: "farmer", Behavior: func() actors.Behavior { return newFarmer(names) }}}}
	for i, name := range names {
		s.Agents = append(s.Agents, polis.Agent{Name: name, Behavior: func() actors.Behavior { return newThatcher(prices[i]) }})
	}
	return polis.Run(context.Background(), s, polis.Config{Seed: 1, Rounds: 30, Chaos: polis.Chaos{Agents: chaos}, Observe: func(event any) {
		if said, ok := event.(actors.Said); ok && chaos == 0 {
			m := said.Message
			fmt.Printf("%2d  %-6s %-15s to %v %v\n", said.Round, m.Sender, m.Act, m.Receivers, content(m))
		}
	}})
}

func content(m *protocol.Message) any {
	if m.Content == nil {
		return ""
	}
	return m.Content
}

func main() { // the second run crashes now and then, and comes to the same end
	for _, chaos := range []float64{0, 0.2} {
		report, err := run(chaos)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%d crashes, run %.12s: %v\n", report.Faults.Crashes, report.Hash, report.World.(*village).Mended)
	}
}
