package actors

import "github.com/polis-agents/polis/protocol/commitment"

// What agents may say about commitments, as records have it.
func init() {
	Payload[commitment.Released]("commitment.Released")
	Payload[commitment.Suspended]("commitment.Suspended")
	Payload[commitment.Reactivated]("commitment.Reactivated")
	Payload[commitment.Assigned]("commitment.Assigned")
	Payload[commitment.Delegated]("commitment.Delegated")
}
