package cluster

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/internal/wire/post"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// maxCount bounds what a number of an envelope may say: an index, a round, letters to one agent.
const maxCount = 1 << 31

// reader reads what anybody may have written. The first error stays; what is read after it means nothing.
type reader struct{ err error }

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// read gives the message in an envelope.
func read(e *post.Envelope) (any, error) {
	r := &reader{}
	var msg any
	switch b := e.Body.(type) {
	case *post.Envelope_Delivery:
		msg = r.delivery(b.Delivery)
	case *post.Envelope_Report:
		msg = r.report(b.Report)
	case *post.Envelope_Letter:
		msg = r.letter(b.Letter)
	case *post.Envelope_Ask:
		msg = &wire.Ask{Asker: r.name(b.Ask.GetAsker()), N: b.Ask.GetN(), Index: r.count(b.Ask.GetIndex()), Seed: b.Ask.GetSeed(),
			Limit: r.span(b.Ask.GetLimit()), Request: r.payload(b.Ask.GetRequest())}
	case *post.Envelope_Answer:
		msg = &wire.Answer{N: b.Answer.GetN(), Index: r.count(b.Answer.GetIndex()), Value: r.payload(b.Answer.GetValue()),
			Error: b.Answer.GetError()}
	case *post.Envelope_CancelAsk:
		msg = &wire.CancelAsk{Asker: r.name(b.CancelAsk.GetAsker()), N: b.CancelAsk.GetN(), Index: r.count(b.CancelAsk.GetIndex())}
	case *post.Envelope_Returned:
		msg = r.returned(e.From, b.Returned)
	case *post.Envelope_Notice:
		msg = &notice{what: b.Notice.GetWhat(), data: b.Notice.GetData()}
	default:
		return nil, errors.New("it holds nothing that is known here")
	}
	return msg, r.err
}

func (r *reader) name(s string) string {
	if err := checkName(s); err != nil {
		r.fail("%w", err)
	}
	return s
}

func (r *reader) count(n int64) int {
	if n < 0 || n > maxCount {
		r.fail("a count of %d; accepted is 0 to %d", n, maxCount)
	}
	return int(n)
}

func (r *reader) span(n int64) time.Duration {
	if n < 0 {
		r.fail("a time of %d ns; accepted is 0 or more", n)
	}
	return time.Duration(n)
}

// payload reads a registered value: strictly, as the journal does.
func (r *reader) payload(p *post.Payload) any {
	if p == nil || r.err != nil {
		return nil
	}
	v, err := journal.Decode(p.GetName(), p.GetJson())
	if err != nil {
		r.fail("%w", err)
	}
	return v
}

// valued is payload, where there must be one.
func (r *reader) valued(p *post.Payload) any {
	if p == nil {
		r.fail("it has no value")
	}
	return r.payload(p)
}

func (r *reader) delivery(p *post.Delivery) *wire.Delivery {
	d := &wire.Delivery{Seat: r.count(p.GetSeat()), Step: p.GetStep(), Round: r.count(p.GetRound()), Phase: r.name(p.GetPhase()),
		Now: r.span(p.GetNow()), Letters: p.GetLetters(), Last: p.GetLast(), Quiet: p.GetQuiet()}
	for _, o := range p.GetOutcomes() {
		c := r.caused(o)
		if _, ok := c.Event.(environment.Outcome); !ok {
			r.fail("an outcome that is none")
		}
		d.Outcomes = append(d.Outcomes, c)
	}
	if p.GetPercept() != nil {
		d.Percept = r.caused(p.GetPercept())
		if _, ok := d.Percept.Event.(environment.Percept); !ok {
			r.fail("a percept that is none")
		}
	}
	for _, g := range p.GetGone() {
		d.Gone = append(d.Gone, wire.Gone{Name: r.name(g.GetName()), Step: g.GetStep()})
	}
	for _, x := range p.GetDue() {
		d.Due = append(d.Due, wire.Due{Kind: r.kind(x.GetKind()), Sender: r.name(x.GetSender()), N: x.GetN(), Index: r.count(x.GetIndex())})
	}
	return d
}

func (r *reader) kind(k uint32) wire.Kind {
	if k < uint32(wire.Return) || k > uint32(wire.Withdrawal) {
		r.fail("kind %d of what is to come; accepted is %d to %d", k, wire.Return, wire.Withdrawal)
	}
	return wire.Kind(k)
}

func (r *reader) caused(p *post.Caused) wire.Caused {
	c := wire.Caused{N: p.GetN(), Index: r.count(p.GetIndex())}
	switch e := p.GetEvent().(type) {
	case *post.Caused_Percept:
		v := e.Percept
		c.Event = environment.Percept{View: r.payload(v.GetView()), Phase: r.name(v.GetPhase()), Round: r.count(v.GetRound()), Choice: v.GetChoice()}
	case *post.Caused_Outcome:
		v := e.Outcome
		c.Event = environment.Outcome{Action: r.name(v.GetAction()), Value: r.payload(v.GetValue()), Reason: v.GetReason(), Detail: v.GetDetail()}
	default:
		r.fail("an event that is none")
	}
	return c
}

func (r *reader) report(p *post.Report) *wire.Report {
	w := &wire.Report{Step: p.GetStep(), Done: p.GetDone(), Missed: p.GetMissed(), Left: p.GetLeft(), Seat: -1}
	if p.GetSeat() != -1 { // which says that the agent does not know it
		w.Seat = r.count(p.GetSeat())
	}
	for i, a := range p.GetActs() {
		act := wire.Act{Value: r.valued(a.GetValue()), N: a.GetN(), Index: r.count(a.GetIndex()), By: wire.By(min(a.GetBy(), math.MaxUint16)), Ready: a.GetReady()}
		if i == 0 {
			w.Act = act
		} else {
			w.More = append(w.More, act)
		}
	}
	for _, c := range p.GetWrote() {
		w.Wrote = append(w.Wrote, wire.Count{To: r.name(c.GetTo()), N: r.count(c.GetN())})
	}
	for _, x := range p.GetWants() {
		w.Wants = append(w.Wants, wire.Want{Kind: r.kind(x.GetKind()), N: x.GetN(), Index: r.count(x.GetIndex()), Delay: time.Duration(x.GetDelay()),
			To: r.name(x.GetTo())})
	}
	return w
}

func (r *reader) letter(p *post.Letter) *wire.Letter {
	v := p.GetMessage()
	m := &protocol.Message{Act: protocol.Act(r.name(v.GetAct())), Sender: r.name(v.GetSender()), Receivers: v.GetReceivers(),
		ReplyTo: v.GetReplyTo(), Content: r.payload(v.GetContent()), Language: v.GetLanguage(), Encoding: v.GetEncoding(),
		Ontology: v.GetOntology(), Protocol: v.GetProtocol(), Conversation: v.GetConversation(), ReplyWith: v.GetReplyWith(),
		InReplyTo: v.GetInReplyTo(), ReplyBy: time.Duration(v.GetReplyBy()), Extra: v.GetExtra()}
	if r.err == nil {
		if err := m.Check(); err != nil {
			r.fail("%w", err)
		}
	}
	l := &wire.Letter{Message: m, Sender: r.name(p.GetSender()), N: p.GetN(), Index: r.count(p.GetIndex()), Step: p.GetStep()}
	if m.Sender != l.Sender {
		r.fail("a letter of %.100q with a message of %.100q: %w", l.Sender, m.Sender, errForged)
	}
	return l
}

func (r *reader) returned(from string, p *post.Returned) *wire.Returned {
	w := &wire.Returned{From: from, Reason: p.GetReason(), Error: p.GetError(), Value: r.payload(p.GetValue())}
	if w.Reason != wire.Busy && w.Reason != wire.Stopped {
		r.fail("it was returned as %.100q; accepted are %q and %q", w.Reason, wire.Busy, wire.Stopped)
	}
	if w.Error == "" {
		r.fail("it was returned without saying why")
	}
	switch of := p.GetOf().(type) {
	case *post.Returned_Delivery:
		w.Of = &wire.Delivery{Step: of.Delivery}
	case *post.Returned_Report:
		w.Of = &wire.Report{Step: of.Report}
	case *post.Returned_Letter:
		w.Of = r.letter(of.Letter)
	case *post.Returned_Ask:
		w.Of = &wire.Ask{Asker: r.name(of.Ask.GetAsker()), N: of.Ask.GetN(), Index: r.count(of.Ask.GetIndex())}
	default:
		r.fail("nothing that is known here was returned")
	}
	return w
}
