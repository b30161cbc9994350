package market

import (
	"encoding/json"
	"errors"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
)

// manner is how a contractor goes about it.
type manner struct {
	pad    float64 // what it asks for beyond its cost, as a share of that
	breaks float64 // share of the jobs that it was awarded and does not do
	dies   float64 // share of the jobs with whose award it dies
}

// contractor bids what the work costs it, and does what it was awarded, one job in each round.
type contractor struct {
	manner
	desk  *roles.Desk
	View  View   // the last it saw
	Jobs  []task // awarded, not done
	Tried bool   // the first of them is with the world
	Asked int    // the task it was last asked to bid for, and how often
	Times int
}

// task is a job that was awarded.
type task struct {
	At    roles.At
	Task  int
	Price float64
}

func newContractor(m manner) actors.Behavior {
	c := &contractor{manner: m, desk: newDesk()}
	roles.AddContractor(c.desk, roles.Contractor[Job, Bid]{Bid: c.bid, Perform: c.perform})
	return c.desk.Beside(c)
}

var (
	errBusy  = errors.New("no time left")
	errBroke = errors.New("did something else")
)

func (c *contractor) bid(_ *actors.Turn, _ string, job Job) (Bid, error) {
	if c.View.Left <= len(c.Jobs) || job.Task < 0 || job.Task >= len(c.View.Costs) {
		return Bid{}, errBusy
	}
	if c.Times == 0 || c.Asked != job.Task {
		c.Asked, c.Times = job.Task, 0
	}
	c.Times++
	return Bid{c.View.Costs[job.Task] * (1 + c.pad/float64(int(1)<<(min(c.Times, 30)-1)))}, nil
}

func (c *contractor) perform(t *actors.Turn, a roles.Award[Job, Bid]) (any, error) {
	switch {
	case c.dies > 0 && t.Rand().Float64() < c.dies:
		t.Stop()
		return nil, roles.ErrLater
	case c.breaks > 0 && t.Rand().Float64() < c.breaks:
		return nil, errBroke
	}
	c.Jobs = append(c.Jobs, task{a.At, a.Call.Task, a.Proposal.Price})
	return nil, roles.ErrLater
}

// Receive works.
func (c *contractor) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Percept:
		c.View = e.View.(View)
		if len(c.Jobs) == 0 || c.Tried {
			t.Pass()
			return nil
		}
		c.Tried = true
		t.Act(Perform{c.Jobs[0].Task})
	case actors.Outcome:
		if e.Action != "perform" || len(c.Jobs) == 0 {
			return nil
		}
		job := c.Jobs[0]
		c.Jobs, c.Tried = c.Jobs[1:], false
		if e.Reason != "" {
			return c.desk.Failed(t, job.At, errors.New(e.Reason))
		}
		return c.desk.Done(t, job.At, Delivery{job.Task, job.Price})
	}
	return nil
}

// Snapshot is the contractor's memory.
func (c *contractor) Snapshot() ([]byte, error) { return json.Marshal(c) }

// Restore gives it back.
func (c *contractor) Restore(state []byte) error { return json.Unmarshal(state, c) }
