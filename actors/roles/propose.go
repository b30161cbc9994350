package roles

import (
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
)

const propose = "fipa-propose"

// AddJudge lets the agent answer proposals by fipa-propose: nil accepts, an error rejects, with its reason. P is the type of a
// proposal, a registered payload.
func AddJudge[P any](d *Desk, consider func(t *actors.Turn, from string, proposal P) error) {
	addAnswerer(d, propose, func(t *actors.Turn, s *Session, proposal P) error {
		if err := consider(t, s.Peer(), proposal); err != nil {
			return s.Say(t, protocol.RejectProposal, reasonOf(err, "rejected"))
		}
		return s.Say(t, protocol.AcceptProposal, nil)
	})
}

// Proposer makes proposals by fipa-propose.
type Proposer[P any] struct{ desk *Desk }

// AddProposer lets the agent propose that it does something. ended is told who accepted and who did not.
func AddProposer[P any](d *Desk, ended func(*actors.Turn, Ended[P]) error) *Proposer[P] {
	addOpener(d, propose, ended)
	return &Proposer[P]{d}
}

// Propose proposes something to an agent. It gives the conversation.
func (p *Proposer[P]) Propose(t *actors.Turn, proposal P, within time.Duration, to string) (conversation string, err error) {
	return p.desk.Open(t, propose, protocol.Propose, proposal, within, to)
}
