package polis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/commitment"
)

// Promises follows who owes what to whom in a society. It needs nothing but the events that observers see, while the
// society lives (Config.Observe) or long after (ReadRecord), and finds the same: what is said in one step is taken in one
// order, however many threads there were. Only in realtime the order is that in which it was told.
//
// The facts of the world are what it shows when a round ends: a commitment.Fact for each variable of the world and of each
// agent. A message counts for those receivers to whom the society lets it go (choice: also where the receiver has just
// stopped, or its mailbox is full: what was said was said).
type Promises struct {
	*commitment.Observer
	Changed func([]commitment.Change) // told of changes, when there are any; nil: nobody is

	may    func(m *protocol.Message, to string) error
	speak  func(from, to string) bool
	atOnce bool                 // realtime: steps do not order what is said
	step   []actors.Said        // what was said in the step in progress
	last   map[string]actors.ID // by the sender
}

// NewPromises follows those of a society that is run, or was, in a pace.
func NewPromises(s *Society, pace environment.Pace, cfg commitment.Config) *Promises {
	return &Promises{Observer: commitment.New(cfg), may: s.May, speak: s.MaySpeak, last: map[string]actors.ID{}, atOnce: pace == environment.Realtime}
}

// Observe takes an event of a society. What it is not about is left alone.
func (p *Promises) Observe(event any) {
	switch e := event.(type) {
	case actors.Said:
		if len(p.step) > 0 && p.step[0].Step != e.Step || len(p.step) >= mostSaid {
			p.Settle()
		}
		last := p.last[e.Message.Sender]
		if e.Unheard || e.N < last.Turn || e.N == last.Turn && e.Index <= last.Index {
			return // who is told of a run that was taken up again may hear things twice
		}
		p.last[e.Message.Sender] = actors.ID{Turn: e.N, Index: e.Index}
		p.step = append(p.step, e)
		if p.atOnce {
			p.Settle()
		}
	case environment.RoundEnded:
		p.Settle()
		p.facts("", &e, e.World)
		for i := range e.Agents {
			p.facts(e.Agents[i].Name, &e, e.Agents[i].Variables)
		}
		p.changed(p.Advance(e.Now))
	}
}

// Tally counts the commitments of a debtor, by what became of them.
type Tally = commitment.Tally

// mostSaid bounds what is kept of a step.
const mostSaid = 1 << 16

func (p *Promises) facts(agent string, e *environment.RoundEnded, variables []environment.Variable) {
	for _, v := range variables {
		p.changed(p.Fact(e.Now, commitment.Fact{Name: v.Name, Agent: agent, Round: e.Round, Value: v.Value}))
	}
}

// Settle takes what was said in the last step: it ends when something is said in another, or a round does. Queries before
// that do not know of it.
func (p *Promises) Settle() {
	slices.SortStableFunc(p.step, func(a, b actors.Said) int {
		return cmp.Or(cmp.Compare(a.Now, b.Now), strings.Compare(a.Message.Sender, b.Message.Sender), cmp.Compare(a.N, b.N), cmp.Compare(a.Index, b.Index))
	})
	for i := range p.step {
		s := &p.step[i]
		p.changed(p.Hear(s.Now, fmt.Sprintf("%s/%d/%d", s.Message.Sender, s.N, s.Index), p.audible(s.Message)))
		*s = actors.Said{}
	}
	p.step = p.step[:0]
}

// audible is a message with only those receivers to whom it may go.
func (p *Promises) audible(m *protocol.Message) *protocol.Message {
	held := func(to string) (no bool) {
		no = true
		defer func() { _ = recover() }() // a rule that panics forbids
		return (p.speak != nil && !p.speak(m.Sender, to)) || (p.may != nil && p.may(m, to) != nil)
	}
	if p.may == nil && p.speak == nil || !slices.ContainsFunc(m.Receivers, held) {
		return m
	}
	fewer := *m
	fewer.Receivers = slices.DeleteFunc(slices.Clone(m.Receivers), held)
	return &fewer
}

func (p *Promises) changed(changes []commitment.Change) {
	if len(changes) > 0 && p.Changed != nil {
		p.Changed(changes)
	}
}

// Ahead says that nothing more is to come until some time: deadlines before it have passed.
func (p *Promises) Ahead(now time.Duration) {
	p.Settle()
	p.changed(p.Advance(now))
}
