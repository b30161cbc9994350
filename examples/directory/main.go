// Directory is a farmer who does not know who mends roofs: it asks the yellow pages, those of the hills among them, calls for
// bids from those whom it finds, and awards the cheapest. Who does other work is not asked.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"slices"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/directory"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/environment"
)

type roof struct{ House string } // what is called for
type price struct{ Coins int }   // what is offered, and what it came to

type village struct{ Rounds int }
type wait struct{}

func (v *village) Perceive(string) int                 { return v.Rounds }
func (v *village) Wait(_ string, w wait) (wait, error) { return w, nil }

var world = environment.Define(func() *village { return &village{} }, (*village).Perceive)

func init() {
	environment.AddAction(world, "wait", "Wait.", (*village).Wait)
	actors.Payload[roof]("directory.Roof")
	actors.Payload[price]("directory.Price")
}

// worker says in the yellow pages what it does, and bids for roofs.
type worker struct {
	df    *directory.Client[directory.Description]
	trade string
}

func newWorker(pages, trade string, coins int) actors.Behavior {
	desk := roles.New(roles.Config{})
	w := &worker{trade: trade}
	w.df = directory.AddClient(desk, pages, directory.Ears[directory.Description]{})
	roles.AddContractor(desk, roles.Contractor[roof, price]{
		Bid:     func(*actors.Turn, string, roof) (price, error) { return price{coins}, nil },
		Perform: func(*actors.Turn, roles.Award[roof, price]) (any, error) { return price{coins}, nil },
	})
	return desk.Beside(w)
}

func (w *worker) Receive(t *actors.Turn, event any) error {
	switch event.(type) {
	case actors.Started:
		return w.df.Register(t, directory.Description{Name: t.Self(), Services: []directory.Service{{Type: w.trade}}})
	case actors.Percept:
		t.Pass()
	}
	return nil
}

func (*worker) Stateless() {}

// farmer looks for who mends roofs, and calls for bids.
type farmer struct {
	df       *directory.Client[directory.Description]
	tender   *roles.Tender[roof]
	told     func(line string)
	Searched bool
}

func newFarmer(told func(line string)) actors.Behavior {
	desk := roles.New(roles.Config{})
	a := &farmer{told: told}
	a.df = directory.AddClient(desk, directory.NameDF, directory.Ears[directory.Description]{Whole: a.found})
	a.tender = roles.AddTender(desk, roles.Tenderer[roof, price]{Award: cheapest, Ended: a.ended})
	return desk.Beside(a)
}

func (a *farmer) found(t *actors.Turn, _ directory.Description, f directory.Found[directory.Description]) error {
	var names []string
	for i, e := range f.Entries {
		names = append(names, e.Name)
		a.told(fmt.Sprintf("found %s, %d directories away", e.Name, f.Way(i).Hops))
	}
	_, err := a.tender.Call(t, roof{"barn"}, 0, names...)
	return err
}

func cheapest(_ *actors.Turn, _ roof, proposals []roles.Proposal[price]) (d roles.Decision[roof]) {
	if len(proposals) > 0 {
		best := slices.MinFunc(proposals, func(a, b roles.Proposal[price]) int { return a.Offer.Coins - b.Offer.Coins })
		d.Accept = []string{best.From}
	}
	return d
}

func (a *farmer) ended(_ *actors.Turn, e roles.Ended[roof]) error {
	a.told(fmt.Sprintf("%s mended the %s for %v coins", e.Peer, e.Call.House, e.Value.(price).Coins))
	return nil
}

func (a *farmer) Receive(t *actors.Turn, event any) error {
	if _, ok := event.(actors.Percept); !ok {
		return nil
	}
	t.Pass()
	if a.Searched || t.Now() == 0 { // at first the pages are empty
		return nil
	}
	a.Searched = true
	return a.df.Search(t, directory.Description{Services: []directory.Service{{Type: "roofs"}}}, directory.Constraints{MaxResults: 10, MaxDepth: 1})
}

func (a *farmer) Snapshot() ([]byte, error)  { return json.Marshal(a) }
func (a *farmer) Restore(state []byte) error { return json.Unmarshal(state, a) }

func run(told func(line string)) (*polis.Report, error) {
	s := polis.Society{Name: "directory", World: world, Agents: []polis.Agent{
		{Name: directory.NameAMS, Behavior: func() actors.Behavior { return directory.AMS(directory.Config{}) }},
		{Name: directory.NameDF, Behavior: func() actors.Behavior { return directory.DF(directory.Config{AMS: directory.NameAMS}) }},
		{Name: "hills", Behavior: func() actors.Behavior {
			return directory.DF(directory.Config{Federation: directory.Federation{With: []string{directory.NameDF}}})
		}},
		{Name: "farmer", Behavior: func() actors.Behavior { return newFarmer(told) }},
		{Name: "ann", Behavior: func() actors.Behavior { return newWorker(directory.NameDF, "roofs", 7) }},
		{Name: "ben", Behavior: func() actors.Behavior { return newWorker("hills", "roofs", 4) }},
		{Name: "cy", Behavior: func() actors.Behavior { return newWorker("hills", "walls", 1) }},
	}}
	return polis.Run(context.Background(), s, polis.Config{Seed: 1, Rounds: 12})
}

func main() {
	report, err := run(func(line string) { fmt.Println(line) })
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("run %.12s\n", report.Hash)
}
