package roles

import (
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
)

const query = "fipa-query"

// AddAnswerer lets the agent answer questions by fipa-query. Q is the type of a question, a registered payload. What answer gives is
// the answer, a registered payload; an error refuses, with its reason.
func AddAnswerer[Q any](d *Desk, answer func(t *actors.Turn, from string, question Q) (any, error)) {
	addAnswerer(d, query, func(t *actors.Turn, s *Session, question Q) error {
		value, err := answer(t, s.Peer(), question)
		if err != nil {
			return s.Say(t, protocol.Refuse, reasonOf(err, "refused"))
		}
		return s.Say(t, protocol.Inform, result(value))
	})
}

// Asker asks questions by fipa-query.
type Asker[Q any] struct{ desk *Desk }

// AddAsker lets the agent ask questions. ended is told what became of each.
func AddAsker[Q any](d *Desk, ended func(*actors.Turn, Ended[Q]) error) *Asker[Q] {
	addOpener(d, query, ended)
	return &Asker[Q]{d}
}

// If asks an agent whether something is so, by query-if. It gives the conversation.
func (a *Asker[Q]) If(t *actors.Turn, question Q, within time.Duration, of string) (conversation string, err error) {
	return a.desk.Open(t, query, protocol.QueryIf, question, within, of)
}

// Which asks an agent which object it is, by query-ref. It gives the conversation.
func (a *Asker[Q]) Which(t *actors.Turn, question Q, within time.Duration, of string) (conversation string, err error) {
	return a.desk.Open(t, query, protocol.QueryRef, question, within, of)
}
