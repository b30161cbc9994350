package commitment

import (
	"slices"
	"time"

	"github.com/polis-agents/polis/protocol"
)

// Statement is what an agent is on record for: by inform and confirm that the content is so, by disconfirm that it is not.
type Statement struct {
	Where        string
	At           time.Duration
	Sender       string
	Receivers    []string
	Conversation string
	Act          protocol.Act
	Content      any
	Holds        bool // false: the sender says that it is not so
}

// state puts a statement on record.
func (o *Observer) state(where string, m *protocol.Message) {
	switch m.Act {
	case protocol.Inform, protocol.Confirm, protocol.Disconfirm:
	default:
		return
	}
	s := Statement{where, o.now, m.Sender, m.Receivers, m.Conversation, m.Act, m.Content, m.Act != protocol.Disconfirm}
	switch {
	case o.cfg.Stated < 0:
	case len(o.stated) < o.cfg.Stated:
		o.stated = append(o.stated, s)
	default:
		o.stated[o.first] = s
		o.first = (o.first + 1) % len(o.stated)
	}
}

// Stated are the newest statements, oldest first; of one agent, or with "" of all.
func (o *Observer) Stated(sender string) []Statement {
	all := slices.Concat(o.stated[o.first:], o.stated[:o.first])
	return slices.DeleteFunc(all, func(s Statement) bool { return sender != "" && s.Sender != sender })
}
