package market

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
)

// patience is how long bids may take: time enough for one phase to ask in and one to answer in.
const patience = 3 * time.Second

// buyer has the tasks done, in order, each by the cheapest who bids; what failed is called for again.
type buyer struct {
	tender      *roles.Tender[Job]
	contractors []string
	best        func(proposals []roles.Proposal[Bid]) string
	rounds      int // of bids for one task; 1: the first bids count
	Begun       bool
	Tasks       []int // to be called for
	Open        bool  // one is called for, and not awarded yet
	Round       int   // of the bids for it
	Paid        float64
	Broken      int // awards that came to nothing
}

func newBuyer(contractors []string, rounds int) actors.Behavior {
	desk := newDesk()
	b := &buyer{contractors: contractors, rounds: rounds, best: cheapest}
	of := roles.Tenderer[Job, Bid]{Award: b.award, Ended: b.ended}
	if rounds > 1 {
		b.tender = roles.AddIteratedTender(desk, of)
	} else {
		b.tender = roles.AddTender(desk, of)
	}
	return desk.Beside(b)
}

// cheapest is who asks for least; of several the first by name.
func cheapest(proposals []roles.Proposal[Bid]) string {
	return slices.MinFunc(proposals, func(a, b roles.Proposal[Bid]) int {
		switch {
		case a.Offer.Price < b.Offer.Price:
			return -1
		case a.Offer.Price > b.Offer.Price:
			return 1
		}
		return 0
	}).From
}

func (b *buyer) award(_ *actors.Turn, job Job, proposals []roles.Proposal[Bid]) (d roles.Decision[Job]) {
	b.Round++
	switch {
	case len(proposals) == 0: // they are busy, or gone: later
		b.Tasks = append(b.Tasks, job.Task)
	case b.Round < b.rounds && len(proposals) > 1: // all may better their bids
		for _, p := range proposals {
			d.Again = append(d.Again, p.From)
		}
		d.Call = job
		return d
	default:
		d.Accept = []string{b.best(proposals)}
	}
	b.Open = false
	return d
}

func (b *buyer) ended(_ *actors.Turn, e roles.Ended[Job]) error {
	if d, ok := e.Value.(Delivery); ok && e.End == "DONE" {
		b.Paid += d.Price
		return nil
	}
	b.Broken++
	b.Tasks = append(b.Tasks, e.Call.Task)
	return nil
}

// Receive calls for the next task when the last is awarded.
func (b *buyer) Receive(t *actors.Turn, event any) error {
	p, ok := event.(actors.Percept)
	if !ok {
		return nil
	}
	view := p.View.(View)
	if !b.Begun {
		b.Begun = true
		for i := range view.Tasks {
			b.Tasks = append(b.Tasks, i)
		}
	}
	t.Pass()
	if b.Open || len(b.Tasks) == 0 || p.Round == 1 { // contractors know their costs from the second round on
		return nil
	}
	job := Job{b.Tasks[0]}
	b.Tasks, b.Open, b.Round = b.Tasks[1:], true, 0
	_, err := b.tender.Call(t, job, patience, b.contractors...)
	return err
}

// Snapshot is the buyer's memory.
func (b *buyer) Snapshot() ([]byte, error) { return json.Marshal(b) }

// Restore gives it back.
func (b *buyer) Restore(state []byte) error { return json.Unmarshal(state, b) }
