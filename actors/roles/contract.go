package roles

import (
	"slices"
	"strings"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

const (
	contractNet = "fipa-contract-net"
	iterated    = "fipa-iterated-contract-net"
)

// Contractor bids for what others call for, and does what it is awarded, by fipa-contract-net and its iterated form. C is the
// type of a call, P that of a proposal, both registered payloads.
type Contractor[C, P any] struct {
	// Bid is what the agent proposes. An error refuses, with its reason.
	Bid func(t *actors.Turn, from string, call C) (P, error)
	// Perform does what was awarded; the proposal is binding. ErrLater: it has begun, and the agent says later what came of it.
	Perform func(t *actors.Turn, a Award[C, P]) (value any, err error)
	// Stop stops what was awarded, when the other side cancels it; an error says that it cannot be stopped. nil: nothing that has
	// been awarded can be.
	Stop func(t *actors.Turn, a Award[C, P]) error
	// Lost is told that a proposal was rejected, or that nothing came of it; nil: nobody is.
	Lost func(t *actors.Turn, a Award[C, P]) error
}

// Award is what a contractor offered for a call.
type Award[C, P any] struct {
	At       // what Desk.Done and Desk.Failed are told
	Call     C
	Proposal P
}

// AddContractor lets the agent bid.
func AddContractor[C, P any](d *Desk, c Contractor[C, P]) {
	for _, token := range []string{contractNet, iterated} {
		if d.known(token) != nil {
			d.Add(Terms{Protocol: token, Role: interaction.Participant, About: contentName[C]()}, contractorPart[C, P]{c})
		}
	}
}

// contractorPart is a Contractor as a Part.
type contractorPart[C, P any] struct{ of Contractor[C, P] }

func (p contractorPart[C, P]) Take(t *actors.Turn, s *Session, e Event) error {
	return p.of.take(t, s, e)
}

// Cancel takes a proposal back at once; what was awarded is stopped if it can be.
func (p contractorPart[C, P]) Cancel(t *actors.Turn, s *Session) error {
	mine, _ := s.Mine().(P)
	return stopped(s, "PERFORM", p.of.Stop != nil, func() error { return p.of.Stop(t, p.of.award(s, mine)) })
}

func (c Contractor[C, P]) take(t *actors.Turn, s *Session, e Event) error {
	if e.Change.Final {
		if mine, ok := s.Mine().(P); ok && c.Lost != nil {
			return c.Lost(t, c.award(s, mine))
		}
		return nil
	}
	if e.Message == nil {
		return nil
	}
	switch e.Message.Act {
	case protocol.CFP:
		call, ok := e.Message.Content.(C)
		if !ok {
			return s.Say(t, protocol.NotUnderstood, protocol.Reason{Code: "unrecognised-value"})
		}
		s.talk.call = call // of this round
		proposal, err := c.Bid(t, s.Peer(), call)
		if err != nil {
			return s.Say(t, protocol.Refuse, reasonOf(err, "refused"))
		}
		return s.SayBy(t, protocol.Propose, proposal, c.bound(t, s, e.Message))
	case protocol.AcceptProposal:
		mine, _ := s.Mine().(P)
		value, err := c.Perform(t, c.award(s, mine))
		return deliver(t, s, value, err)
	}
	return nil
}

// The proposal binds until the initiator must have decided: bids may come until the call's own deadline, then it has the wait
// "decision", and the decision takes some time to arrive. A call can bind nobody for longer than an hour.
func (Contractor[C, P]) bound(t *actors.Turn, s *Session, call *protocol.Message) time.Duration {
	const way, most = 5 * time.Second, time.Hour
	of := s.desk.known(call.Protocol)
	until := call.ReplyBy
	if until == 0 {
		until = t.Now() + waitOf(of, interaction.Reply)
	}
	return min(until, t.Now()+most) + waitOf(of, "decision") + way
}

// waitOf is how long a protocol's wait of a name is.
func waitOf(p *interaction.Protocol, name string) time.Duration {
	for _, w := range p.Waits {
		if w.Name == name && w.For > 0 {
			return w.For
		}
	}
	return 0
}

func (c Contractor[C, P]) award(s *Session, mine P) Award[C, P] {
	call, _ := s.Call().(C)
	return Award[C, P]{s.At(), call, mine}
}

// Tenderer calls for proposals and awards what it called for. C is the type of a call, P that of a proposal.
type Tenderer[C, P any] struct {
	// Award names those whose proposals are accepted; the others are rejected. It is asked once for every call (and in the
	// iterated form for every round), when nobody can answer any more, also when there are no proposals.
	Award func(t *actors.Turn, call C, proposals []Proposal[P]) Decision[C]
	// Ended is told how each award ended: done, failed, or not at all in time. nil: nobody is.
	Ended func(t *actors.Turn, e Ended[C]) error
}

// Proposal is what one has offered.
type Proposal[P any] struct {
	From  string
	Offer P
}

// Decision is what is done about proposals: some are accepted, or, in the iterated form, some are asked for better ones. All
// others are rejected.
type Decision[C any] struct {
	Accept []string // a name of somebody who made no proposal is left out, and reported as Judged
	Again  []string // who is asked again, by Call
	Call   C
}

// Tender calls for proposals.
type Tender[C any] struct {
	desk  *Desk
	token string
}

// AddTender lets the agent call for proposals by fipa-contract-net.
func AddTender[C, P any](d *Desk, of Tenderer[C, P]) *Tender[C] { return addTender(d, contractNet, of) }

// AddIteratedTender lets the agent call for proposals by fipa-iterated-contract-net.
func AddIteratedTender[C, P any](d *Desk, of Tenderer[C, P]) *Tender[C] {
	return addTender(d, iterated, of)
}

func addTender[C, P any](d *Desk, token string, of Tenderer[C, P]) *Tender[C] {
	d.Add(Terms{Protocol: token, Role: interaction.Initiator, About: contentName[C]()}, PartFunc(of.take))
	return &Tender[C]{d, token}
}

// Call calls for proposals, which are to come within some time; 0: as the protocol says. It gives the conversation.
func (c *Tender[C]) Call(t *actors.Turn, call C, within time.Duration, to ...string) (conversation string, err error) {
	return c.desk.Open(t, c.token, protocol.CFP, call, within, to...)
}

// Skip ends the waiting for proposals: who has not answered is not waited for.
func (c *Tender[C]) Skip(t *actors.Turn, conversation string) error {
	if err := c.desk.begin(t); err != nil {
		return err
	}
	k := c.desk.begun(conversation)
	if k == nil {
		return nil
	}
	for _, s := range slices.Clone(k.sessions) {
		if s.State() == "CALLED" {
			if err := s.Report(t, "skip"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (of Tenderer[C, P]) take(t *actors.Turn, s *Session, e Event) error {
	if e.Change.Final && awarded(e.Change.From) {
		if of.Ended == nil {
			return nil
		}
		return of.Ended(t, endedOf[C](s, e))
	}
	if cancelling(e.Change.From) {
		return nil // what is cancelled is not awarded
	}
	var open []*Session
	for _, o := range s.Others() {
		switch state := o.State(); {
		case state == "CALLED", cancelling(state):
			return nil
		case state == "PROPOSED":
			open = append(open, o)
		}
	}
	if s.talk.decided {
		return nil
	}
	s.talk.decided = true
	return of.decide(t, s, open)
}

func cancelling(state string) bool { return strings.HasPrefix(state, "CANCELLING/") }

func awarded(state string) bool { return state == "AWARDED" || state == "CANCELLING/AWARDED" }

// decide asks for the award and carries it out.
func (of Tenderer[C, P]) decide(t *actors.Turn, s *Session, open []*Session) error {
	call, _ := s.Call().(C)
	proposals := make([]Proposal[P], 0, len(open))
	for _, o := range open {
		offer, ok := o.Theirs().(P)
		if !ok { // it does not fit the call, and cannot be awarded
			continue
		}
		proposals = append(proposals, Proposal[P]{o.Peer(), offer})
	}
	d := of.Award(t, call, proposals)
	for _, name := range slices.Concat(d.Accept, d.Again) {
		if !slices.ContainsFunc(proposals, func(p Proposal[P]) bool { return p.From == name }) { // a model may have invented it
			t.Judge(protocol.Judgement{Verdict: monitor.OutOfSequence.String(), Reason: protocol.Reason{Code: "no-proposal"},
				Act: protocol.AcceptProposal, From: t.Self(), To: name, Conversation: s.Conversation()})
		}
	}
	for _, o := range open { // rejects and accepts before any new round begins
		var err error
		switch {
		case slices.Contains(d.Accept, o.Peer()):
			err = o.Say(t, protocol.AcceptProposal, nil)
		case !slices.Contains(d.Again, o.Peer()):
			err = o.Say(t, protocol.RejectProposal, protocol.Reason{Code: "not-chosen"})
		}
		if err != nil {
			return err
		}
	}
	if len(d.Again) > 0 {
		s.talk.call, s.talk.decided = d.Call, false
	}
	for _, o := range open {
		if slices.Contains(d.Again, o.Peer()) {
			if err := o.Say(t, protocol.CFP, d.Call); err != nil {
				return err
			}
		}
	}
	return nil
}
