package roles

import (
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol/interaction"
)

// AddReceiver lets the agent be the receiver of answers to what another has had a recruiter ask (Errand.Receiver). told is told each.
// Whose answers it takes, and in which conversations, monitor.Config.Collect says: nobody's, where that is nil.
func AddReceiver(d *Desk, told func(t *actors.Turn, r Reply) error) {
	for _, token := range d.config.Library.Tokens() {
		d.Add(Terms{Protocol: token, Role: interaction.Initiator, About: nameOf(collected{})}, PartFunc(func(t *actors.Turn, s *Session, e Event) error {
			if e.Message == nil {
				return nil
			}
			return told(t, Reply{s.Conversation(), s.Peer(), e.Message.Act, e.Message.Content})
		}))
	}
}

// collected stands for what a conversation is about that others have begun for this agent.
type collected struct{}
