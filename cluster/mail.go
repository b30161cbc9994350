package cluster

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/internal/wire/post"
)

// mail is one message on its way between two nodes.
type mail struct {
	run      uint64
	from, to string // actors; "" for a notice: the nodes themselves; from "" also for an answer that no actor has sent
	weight   int
	msg      any // of package wire, or a *notice
}

// notice is what the nodes of a run tell one another.
type notice struct {
	what string
	data []byte
}

// agentPrefix and servicePrefix begin the names of actors that are agents and services.
const (
	agentPrefix   = "agents/"
	servicePrefix = "services/"
	maxName       = 1 << 10 // bytes of a name
)

// errForged says that a message is not what who sent it may send.
var errForged = errors.New("it says what its sender may not say")

// append writes the mail as an envelope. The error names what cannot cross.
func (m *mail) append(b []byte) ([]byte, error) {
	e := &post.Envelope{Run: m.run, From: m.from, To: m.to, Weight: int64(m.weight)}
	if err := write(e, m.msg); err != nil {
		return b, fmt.Errorf("%T to %s: %w", m.msg, m.to, err)
	}
	return proto.MarshalOptions{}.MarshalAppend(b, e)
}

// readMail reads an envelope that anybody may have written. What it gives is well-formed, and says nothing in the name of
// another actor than from; whether that lives where it came from is for the caller to see.
func readMail(data []byte) (*mail, error) {
	var e post.Envelope
	if err := proto.Unmarshal(data, &e); err != nil {
		return nil, fmt.Errorf("an envelope of %d bytes: %w", len(data), err)
	}
	m := &mail{run: e.Run, from: e.From, to: e.To}
	for _, name := range []string{e.From, e.To} {
		if err := checkName(name); err != nil {
			return nil, err
		}
	}
	var err error
	if m.msg, err = read(&e); err != nil {
		return nil, fmt.Errorf("%.200q to %.200q: %w", e.From, e.To, err)
	}
	m.weight = weightOf(m.msg)
	if int64(m.weight) != e.Weight {
		return nil, fmt.Errorf("%.200q to %.200q: %T weighs %d, and says %d", e.From, e.To, m.msg, m.weight, e.Weight)
	}
	if !m.honest() {
		return nil, fmt.Errorf("%.200q to %.200q: %T: %w", e.From, e.To, m.msg, errForged)
	}
	return m, nil
}

func checkName(name string) error {
	if len(name) > maxName || !utf8.ValidString(name) {
		return fmt.Errorf("an actor is named %.40q…; accepted are at most %d bytes of UTF-8", name, maxName)
	}
	return nil
}

// weightOf a message in the account.
func weightOf(msg any) int {
	switch m := msg.(type) {
	case *wire.Delivery:
		return m.Weight()
	case *wire.Report:
		return m.Weight()
	case *wire.Letter, *wire.Ask, *wire.Answer:
		return 1
	}
	return 0
}

// honest says whether the sender speaks for itself: a delivery is the world's, a letter an agent's in its own name.
func (m *mail) honest() bool {
	agent, isAgent := strings.CutPrefix(m.from, agentPrefix)
	switch msg := m.msg.(type) {
	case *wire.Delivery:
		return m.from == environment.Name
	case *wire.Report:
		return isAgent && m.to == environment.Name
	case *wire.Letter:
		return isAgent && msg.Sender == agent && strings.HasPrefix(m.to, agentPrefix)
	case *wire.Ask:
		return isAgent && msg.Asker == agent && strings.HasPrefix(m.to, servicePrefix)
	case *wire.CancelAsk:
		return isAgent && msg.Asker == agent && strings.HasPrefix(m.to, servicePrefix)
	case *wire.Answer:
		// An adapter answers off its mailbox, as no actor.
		return (strings.HasPrefix(m.from, servicePrefix) || m.from == "") && strings.HasPrefix(m.to, agentPrefix)
	case *wire.Returned:
		return msg.From == m.from
	case *notice:
		return m.from == "" && m.to == ""
	}
	return false
}
