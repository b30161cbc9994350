package roles

import (
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// registered is a part with what it is for.
type registered struct {
	Terms
	part  Part    // nil: what is not left to a mind is nobody's
	words []*Word // left to a mind
}

// Terms say which conversations a part is for.
type Terms struct {
	Protocol string // the token
	Role     interaction.Role
	About    string // the name under which the content of the first message is registered; "": any
}

// Part is what an agent does in the conversations of some protocol. It is asked after everything that moved a session on, in
// the same turn; it may say what comes next, or do nothing.
type Part interface {
	Take(t *actors.Turn, s *Session, e Event) error
}

// PartFunc is a Part without state.
type PartFunc func(t *actors.Turn, s *Session, e Event) error

// Take calls f.
func (f PartFunc) Take(t *actors.Turn, s *Session, e Event) error { return f(t, s, e) }

// Event is what moved a session on.
type Event struct {
	Message *protocol.Message // what was heard; nil: a wait has ended, or a message did not arrive
	Change  monitor.Change
}

// addAnswerer adds a part that answers at once what a conversation begins with.
func addAnswerer[C any](d *Desk, token string, answer func(t *actors.Turn, s *Session, call C) error) {
	d.Add(Terms{Protocol: token, Role: interaction.Participant, About: contentName[C]()}, PartFunc(func(t *actors.Turn, s *Session, e Event) error {
		if e.Message == nil || e.Change.Final {
			return nil
		}
		call, ok := e.Message.Content.(C)
		if !ok {
			return s.Say(t, protocol.NotUnderstood, protocol.Reason{Code: "unrecognised-value"})
		}
		return answer(t, s, call)
	}))
}

// addOpener adds a part that is told how what it began has ended.
func addOpener[C any](d *Desk, token string, ended func(*actors.Turn, Ended[C]) error) {
	d.Add(Terms{Protocol: token, Role: interaction.Initiator, About: contentName[C]()}, PartFunc(func(t *actors.Turn, s *Session, e Event) error {
		if !e.Change.Final || ended == nil {
			return nil
		}
		return ended(t, endedOf[C](s, e))
	}))
}
