package roles

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

const (
	brokering  = "fipa-brokering"
	recruiting = "fipa-recruiting"
)

// origin is the parameter in which a broker names whose answer it passes on (choice: FIPA has none).
const origin = "X-origin"

// How far a proxy may go.
const (
	maxVia     = 8       // brokers one behind the other
	maxTargets = 1000    // agents that are told of one proxy
	maxFor     = 4 << 10 // bytes of the description of whom it is for
)

// Errand is what a broker or a recruiter is asked for: to find agents, and to say something to them. W is the type of what
// describes them, a registered payload.
type Errand[W any] struct {
	At               // of who looks for them; for who asks: of the conversation with that one
	For     W        // whom it is for
	Most    int      // at most so many of them; 0: all who are found (FIPA: any, all)
	Via     []string // brokers that have passed it on
	Message protocol.Message
	// Receiver gets the answers to what a recruiter says; "": who asks. A broker brings all answers back itself.
	Receiver string
}

// Proxy is the content of a proxy, an Errand in the form in which it is sent.
type Proxy struct {
	For      json.RawMessage   `json:"for"` // a registered payload in its recorded form
	Most     int               `json:"most,omitempty"`
	Via      []string          `json:"via,omitempty"`
	Message  protocol.Embedded `json:"message"`
	Receiver string            `json:"receiver,omitempty"`
}

// Brokered is what a broker closes with: how many it has asked, and how many of these have answered with a result.
type Brokered struct {
	Asked int `json:"asked"`
	Done  int `json:"done"`
}

// Recruited is what a recruiter closes with: whom it has reached. These answer.
type Recruited struct {
	Targets []string `json:"targets"`
}

// Kind is "done".
func (Brokered) Kind() string { return "done" }

// Kind is "done".
func (Recruited) Kind() string { return "done" }

func init() {
	actors.Payload[Proxy]("roles.Proxy")
	actors.Payload[Brokered]("roles.Brokered")
	actors.Payload[Recruited]("roles.Recruited")
	actors.Payload[brokerage]("roles.brokerage")
	actors.Payload[passed]("roles.passed")
	actors.Payload[recruitment]("roles.recruitment")
	actors.Payload[recruits]("roles.recruits")
	actors.Payload[collected]("roles.collected")
}

// opened are the protocols that acts begin which name none. What tells something asks for no answer, and needs none.
var opened = map[protocol.Act]string{protocol.Request: request, protocol.QueryIf: query, protocol.QueryRef: query,
	protocol.RequestWhen: requestWhen, protocol.Subscribe: subscribe}

// proxy is the errand as it is sent.
func (e Errand[W]) proxy() (Proxy, error) {
	m := e.Message
	if m.Protocol == "" {
		m.Protocol = opened[m.Act]
	}
	if m.Protocol != "" && m.Conversation == "" {
		m.Conversation = "-" // it gets one when it is said
	}
	about, err := journal.AppendPayload(nil, e.For)
	if err != nil {
		return Proxy{}, fmt.Errorf("roles: whom an errand is for: %w", err)
	}
	inner, err := actors.Embed(&m)
	if err != nil {
		return Proxy{}, fmt.Errorf("roles: what an errand says: %w", err)
	}
	return Proxy{For: about, Most: e.Most, Via: e.Via, Message: inner, Receiver: e.Receiver}, nil
}

// readErrand reads what a proxy asks for. Whoever has sent it may have written anything.
func readErrand[W any](at At, p Proxy) (e Errand[W], err error) {
	if len(p.For) > maxFor || p.Most < 0 || len(p.Via) > maxVia {
		return e, fmt.Errorf("roles: a proxy for %d, described in %d bytes, of %d brokers; accepted are 0 and more, at most %d and %d",
			p.Most, len(p.For), len(p.Via), maxFor, maxVia)
	}
	for _, name := range append(slices.Clone(p.Via), cmp.Or(p.Receiver, at.Peer)) {
		if !isName(name) {
			return e, fmt.Errorf("roles: a proxy with the name %.80q; accepted are names of agents", name)
		}
	}
	about, err := journal.ReadPayload(p.For)
	if err != nil {
		return e, err
	}
	if again, err := journal.AppendPayload(nil, about); err != nil || !bytes.Equal(again, p.For) {
		return e, errors.New("roles: a proxy for what is not in its recorded form")
	}
	w, ok := about.(W)
	if !ok {
		return e, fmt.Errorf("roles: a proxy for a %T; accepted is a %T", about, e.For)
	}
	m, err := actors.Open(p.Message)
	if err != nil {
		return e, err
	}
	return Errand[W]{At: at, For: w, Most: p.Most, Via: p.Via, Message: *m, Receiver: p.Receiver}, nil
}

// isName says whether an agent may be named so.
func isName(name string) bool {
	return (&protocol.Message{Act: protocol.Inform, Receivers: []string{name}}).Check() == nil
}

// passable says why a message cannot be said for others: in its protocol who begins must have nothing more to decide once it
// has. What is said in no protocol asks for no answer.
func (d *Desk) passable(m *protocol.Message) error {
	if m.Protocol == "" {
		if m.Act == protocol.Inform || m.Act == protocol.Confirm || m.Act == protocol.Disconfirm {
			return nil
		}
		return unsupported(fmt.Sprintf("%s in no protocol", m.Act))
	}
	p := d.known(m.Protocol)
	if p == nil || p.Name == brokering || p.Name == recruiting || p.Name == propose {
		return unsupported(fmt.Sprintf("protocol %.80q", m.Protocol))
	}
	begins, label := false, interaction.LabelOf(m)
	for i, s := range p.Initiator {
		for _, move := range s.Moves {
			says := move.Send.Act != "" && move.Receive.Act == "" && move.After == "" && move.On == ""
			switch {
			case i == 0:
				begins = begins || says && move.Send.Covers(label)
			case says && move.Send.Act != protocol.Cancel && move.Send.Act != protocol.NotUnderstood:
				return unsupported(fmt.Sprintf("protocol %.80q, in which who begins decides more", m.Protocol))
			}
		}
	}
	if !begins {
		return unsupported(fmt.Sprintf("%s, which begins no %.80q", m.Act, m.Protocol))
	}
	return nil
}

// unsupported is why a broker does not say something.
type unsupported string

func (u unsupported) Error() string  { return string(u) }
func (u unsupported) Reason() string { return "unsupported-protocol" }

// told is a message as it is said to others: without the names that belong to the conversation in which it came.
func told(m protocol.Message, to string) protocol.Message {
	return protocol.Message{Act: m.Act, Receivers: []string{to}, Content: m.Content, Language: m.Language, Encoding: m.Encoding,
		Ontology: m.Ontology, Protocol: m.Protocol, ReplyBy: m.ReplyBy}
}

// targets are those of whom were found that can be told: each once, and none of the others.
func targets(found []string, others ...string) (names []string) {
	seen := map[string]bool{}
	for _, name := range others {
		seen[name] = true
	}
	for _, name := range found {
		if len(names) < maxTargets && !seen[name] && isName(name) {
			names = append(names, name)
		}
		seen[name] = true
	}
	return names
}

// read reads what a proxy asks of an agent, and whether it can be done; what is wrong is answered.
func read[W any](t *actors.Turn, s *Session, e Event, agree func(*actors.Turn, Errand[W]) error) (errand Errand[W], p Proxy, ok bool, err error) {
	p, ok = e.Message.Content.(Proxy)
	if ok {
		errand, err = readErrand[W](s.At(), p)
	}
	if !ok || err != nil {
		detail := "accepted is a Proxy"
		if err != nil {
			detail = strings.TrimPrefix(err.Error(), "roles: ")
		}
		return errand, p, false, s.Say(t, protocol.NotUnderstood, protocol.Reason{Code: "unrecognised-value", Detail: detail})
	}
	err = s.desk.passable(&errand.Message)
	if err == nil && agree != nil {
		err = agree(t, errand)
	}
	if err != nil {
		return errand, p, false, s.Say(t, protocol.Refuse, reasonOf(err, "refused"))
	}
	return errand, p, true, s.Say(t, protocol.Agree, nil)
}
