package cluster

import (
	"bytes"
	"fmt"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/internal/wire/post"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// write puts a message into an envelope.
func write(e *post.Envelope, msg any) error {
	switch m := msg.(type) {
	case *wire.Delivery:
		d, err := writeDelivery(m)
		e.Body = &post.Envelope_Delivery{Delivery: d}
		return err
	case *wire.Report:
		r, err := writeReport(m)
		e.Body = &post.Envelope_Report{Report: r}
		return err
	case *wire.Letter:
		l, err := writeLetter(m)
		e.Body = &post.Envelope_Letter{Letter: l}
		return err
	case *wire.Ask:
		request, err := writePayload(m.Request)
		e.Body = &post.Envelope_Ask{Ask: &post.Ask{Asker: m.Asker, N: m.N, Index: int64(m.Index), Seed: m.Seed,
			Limit: int64(m.Limit), Request: request}}
		return err
	case *wire.Answer:
		value, err := writePayload(m.Value)
		e.Body = &post.Envelope_Answer{Answer: &post.Answer{N: m.N, Index: int64(m.Index), Value: value, Error: valid(m.Error)}}
		return err
	case *wire.CancelAsk:
		e.Body = &post.Envelope_CancelAsk{CancelAsk: writeCancel(m.Asker, m.N, m.Index)}
		return nil
	case *wire.Returned:
		r, err := writeReturned(m)
		e.Body = &post.Envelope_Returned{Returned: r}
		return err
	case *notice:
		e.Body = &post.Envelope_Notice{Notice: &post.Notice{What: m.what, Data: m.data}}
		return nil
	}
	return fmt.Errorf("%T is nothing that crosses between nodes", msg)
}

// valid is text that may come from anywhere, as protobuf takes it: what is not UTF-8 is replaced, as in a record.
func valid(s string) string { return string(bytes.ToValidUTF8([]byte(s), []byte("\ufffd"))) }

// writePayload writes a registered value; nil: none.
func writePayload(v any) (*post.Payload, error) {
	if v == nil {
		return nil, nil
	}
	name, ok := journal.NameOf(v)
	if !ok {
		return nil, fmt.Errorf("%w %T", journal.ErrUnregistered, v)
	}
	text, err := journal.Canonical(v)
	return &post.Payload{Name: name, Json: text}, err
}

func writeDelivery(d *wire.Delivery) (*post.Delivery, error) {
	p := &post.Delivery{Seat: int64(d.Seat), Step: d.Step, Round: int64(d.Round), Phase: d.Phase, Now: int64(d.Now),
		Letters: d.Letters, Last: d.Last, Quiet: d.Quiet}
	for i := range d.Outcomes {
		c, err := writeCaused(&d.Outcomes[i])
		if err != nil {
			return nil, err
		}
		p.Outcomes = append(p.Outcomes, c)
	}
	for _, g := range d.Gone {
		p.Gone = append(p.Gone, &post.Gone{Name: g.Name, Step: g.Step})
	}
	for _, x := range d.Due {
		p.Due = append(p.Due, &post.Due{Kind: uint32(x.Kind), Sender: x.Sender, N: x.N, Index: int64(x.Index)})
	}
	var err error
	if d.Percept.Event != nil {
		p.Percept, err = writeCaused(&d.Percept)
	}
	return p, err
}

func writeCaused(c *wire.Caused) (*post.Caused, error) {
	p := &post.Caused{N: c.N, Index: int64(c.Index)}
	switch e := c.Event.(type) {
	case environment.Percept:
		view, err := writePayload(e.View)
		p.Event = &post.Caused_Percept{Percept: &post.Percept{View: view, Phase: e.Phase, Round: int64(e.Round), Choice: e.Choice}}
		return p, err
	case environment.Outcome:
		value, err := writePayload(e.Value)
		p.Event = &post.Caused_Outcome{Outcome: &post.Outcome{Action: e.Action, Value: value, Reason: valid(e.Reason), Detail: valid(e.Detail)}}
		return p, err
	}
	return nil, fmt.Errorf("%T is no event of the world", c.Event)
}

func writeReport(r *wire.Report) (*post.Report, error) {
	p := &post.Report{Seat: int64(r.Seat), Step: r.Step, Done: r.Done, Missed: r.Missed, Left: r.Left}
	add := func(a *wire.Act) error {
		value, err := writePayload(a.Value)
		p.Acts = append(p.Acts, &post.Act{Value: value, N: a.N, Index: int64(a.Index), By: uint32(a.By), Ready: a.Ready})
		return err
	}
	if r.Act.Value != nil {
		if err := add(&r.Act); err != nil {
			return nil, err
		}
	}
	for i := range r.More {
		if err := add(&r.More[i]); err != nil {
			return nil, err
		}
	}
	for _, w := range r.Wrote {
		p.Wrote = append(p.Wrote, &post.Count{To: w.To, N: int64(w.N)})
	}
	for _, w := range r.Wants {
		p.Wants = append(p.Wants, &post.Want{Kind: uint32(w.Kind), N: w.N, Index: int64(w.Index), Delay: int64(w.Delay), To: w.To})
	}
	return p, nil
}

func writeLetter(l *wire.Letter) (*post.Letter, error) {
	m, ok := l.Message.(*protocol.Message)
	if !ok {
		return nil, fmt.Errorf("%T is no message", l.Message)
	}
	content, err := writePayload(m.Content)
	return &post.Letter{Sender: l.Sender, N: l.N, Index: int64(l.Index), Step: l.Step, Message: &post.Message{
		Act: valid(string(m.Act)), Sender: m.Sender, Receivers: m.Receivers, ReplyTo: m.ReplyTo, Content: content, Language: valid(m.Language),
		Encoding: valid(m.Encoding), Ontology: valid(m.Ontology), Protocol: valid(m.Protocol), Conversation: valid(m.Conversation),
		ReplyWith: valid(m.ReplyWith), InReplyTo: valid(m.InReplyTo), ReplyBy: int64(m.ReplyBy), Extra: m.Extra}}, err
}

func writeCancel(asker string, n uint64, index int) *post.CancelAsk {
	return &post.CancelAsk{Asker: asker, N: n, Index: int64(index)}
}

func writeReturned(r *wire.Returned) (*post.Returned, error) {
	p := &post.Returned{Reason: r.Reason, Error: valid(r.Error)}
	var err error
	switch of := r.Of.(type) {
	case *wire.Delivery:
		p.Of = &post.Returned_Delivery{Delivery: of.Step}
	case *wire.Report:
		p.Of = &post.Returned_Report{Report: of.Step}
	case *wire.Letter:
		var l *post.Letter
		l, err = writeLetter(of)
		p.Of = &post.Returned_Letter{Letter: l}
	case *wire.Ask:
		p.Of = &post.Returned_Ask{Ask: writeCancel(of.Asker, of.N, of.Index)}
	default:
		err = fmt.Errorf("a returned %T is nothing that crosses between nodes", r.Of)
	}
	if err == nil {
		p.Value, err = writePayload(r.Value)
	}
	return p, err
}
