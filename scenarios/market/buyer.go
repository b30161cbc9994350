package market

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/protocol/trust"
)

// patience is how long bids may take: time enough for one phase to ask in and one to answer in.
const patience = 3 * time.Second

// buyer has the tasks done, in order, each by the cheapest who bids; what failed is called for again. One that is wary counts
// what a job costs with somebody who breaks his word: his price for every time that it takes, at best.
type buyer struct {
	tender      *roles.Tender[Job]
	contractors []string
	rounds      int           // of bids for one task; 1: the first bids count
	trust       *trust.Ledger // nil: it believes everybody
	Begun       bool
	Tasks       []int // to be called for
	Open        bool  // one is called for, and not awarded yet
	Round       int   // of the bids for it
	Paid        float64
	Broken      int             // awards that came to nothing
	Trust       json.RawMessage // what is thought of others, when it was written down last
}

func newBuyer(contractors []string, rounds int, wary bool) actors.Behavior {
	desk := newDesk()
	b := &buyer{contractors: contractors, rounds: rounds}
	if wary {
		b.trust = trust.New(trust.Config{})
	}
	of := roles.Tenderer[Job, Bid]{Award: b.award, Ended: b.ended}
	if rounds > 1 {
		b.tender = roles.AddIteratedTender(desk, of)
	} else {
		b.tender = roles.AddTender(desk, of)
	}
	return desk.Beside(b)
}

// best is who is expected to cost least; of several the first by name.
func (b *buyer) best(now time.Duration, proposals []roles.Proposal[Bid]) string {
	expected := func(p roles.Proposal[Bid]) float64 {
		if b.trust == nil {
			return p.Offer.Price
		}
		_, hope := b.trust.Opinion(now, subject(p.From)).Interval(.9) // who is not known is worth a try
		return p.Offer.Price / hope
	}
	return slices.MinFunc(proposals, func(p, q roles.Proposal[Bid]) int { return cmp.Compare(expected(p), expected(q)) }).From
}

// subject is what a buyer trusts somebody in.
func subject(contractor string) trust.Subject {
	return trust.Subject{Agent: contractor, Service: "job"}
}

func (b *buyer) award(t *actors.Turn, job Job, proposals []roles.Proposal[Bid]) (d roles.Decision[Job]) {
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
		d.Accept = []string{b.best(t.Now(), proposals)}
	}
	b.Open = false
	return d
}

func (b *buyer) ended(t *actors.Turn, e roles.Ended[Job]) error {
	d, ok := e.Value.(Delivery)
	if b.trust != nil {
		b.trust.Observe(t.Now(), subject(e.Peer), ok)
	}
	if ok {
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
	b.Tasks = slices.DeleteFunc(b.Tasks, func(task int) bool { return slices.Contains(view.Done, task) }) // for one who has forgotten what it called for
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
func (b *buyer) Snapshot() (state []byte, err error) {
	if b.trust != nil {
		if b.Trust, err = b.trust.Snapshot(); err != nil {
			return nil, err
		}
	}
	return json.Marshal(b)
}

// Restore gives it back.
func (b *buyer) Restore(state []byte) error {
	if err := json.Unmarshal(state, b); err != nil || b.trust == nil {
		return err
	}
	return b.trust.Restore(b.Trust)
}
