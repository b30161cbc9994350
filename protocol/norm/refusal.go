package norm

import (
	"fmt"

	"github.com/polis-agents/polis/protocol"
)

// Refusal says why something must not be in an organisation. In an action of a world it is the world's refusal.
type Refusal struct{ Why protocol.Reason }

// Codes of refusals.
const (
	Unknown       = "unknown"      // there is no such role, group, scheme, mission, goal or norm
	Taken         = "taken"        // the name, or the role, is had already
	Full          = "full"         // as many as may have it
	Incompatible  = "incompatible" // with a role the agent plays
	Unauthorised  = "unauthorised" // the agent is not one of those who may
	Prohibited    = "prohibited"   // by a regimented norm
	Unlinked      = "unlinked"     // no link lets the one speak to the other
	NotWellFormed = "not-well-formed"
	Committed     = "committed" // to a mission, which comes first
	NotEnabled    = "not-enabled"
	InUse         = "in-use" // a group with members or a scheme of its own
)

// Error is code and detail.
func (r *Refusal) Error() string { return "norm: " + r.Why.Code + ": " + r.Why.Detail }

// Reason is the code, for worlds that refuse with it.
func (r *Refusal) Reason() string { return r.Why.Code }

func refuse(code, format string, args ...any) error {
	return &Refusal{protocol.Reason{Code: code, Detail: fmt.Sprintf(format, args...)}}
}
