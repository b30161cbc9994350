package norm

import (
	"fmt"
	"strings"
)

// What agents say about norms of their own making. The types are payloads, registered as "norm.Motion" and so on.
//
//	propose Motion            the sender wants it adopted, and votes for it; reply-by is when the vote
//	                      ends. Without one it ends with the session, see Assembly.Adjourn
//	accept-proposal Vote      the sender votes for a motion
//	reject-proposal Vote      against
//	inform Violation          the sender has seen a norm broken
//	inform Penalty            the sender applies the sanction for it
type (
	// Motion is a norm to be in force, in place of one of the same name; or the repeal of one.
	Motion struct {
		Name   string `json:"name"` // NAME/…, of who proposes it; one that no motion has had
		Norm   *Norm  `json:"norm,omitempty"`
		Repeal string `json:"repeal,omitempty"` // the name of a norm
	}
	// Vote is about a motion; the act says how.
	Vote struct {
		Motion string `json:"motion"`
	}
	// Violation is what a witness says. Debtor and case say which one: who sees a norm broken twice speaks of two cases.
	Violation struct {
		Norm   string `json:"norm"`
		Debtor string `json:"debtor"`
		Case   string `json:"case"`
		Value  int    `json:"value,omitempty"` // of the fact that the norm prohibits
	}
	// Penalty is the sanction of a norm, for a case.
	Penalty struct {
		Norm   string `json:"norm"`
		Debtor string `json:"debtor"`
		Case   string `json:"case"`
	}
)

// By says whether an agent has put the motion.
func (m Motion) By(agent string) bool { return strings.HasPrefix(m.Name, agent+"/") }

// Kind is "motion".
func (Motion) Kind() string { return "motion" }

// Kind is "vote".
func (Vote) Kind() string { return "vote" }

// Kind is "violation".
func (Violation) Kind() string { return "violation" }

// Kind is "penalty".
func (Penalty) Kind() string { return "penalty" }

// String is how people read it.
func (m Motion) String() string {
	switch {
	case m.Norm == nil:
		return fmt.Sprintf("motion %s: repeal %s", m.Name, m.Repeal)
	case m.Norm.Do != nil && m.Norm.Do.Fact != "":
		return fmt.Sprintf("motion %s: norm %s: %v for every %s: %s of %d or more", m.Name, m.Norm.Name, m.Norm.Deontic, m.Norm.Role, m.Norm.Do.Fact, m.Norm.Do.AtLeast)
	}
	return fmt.Sprintf("motion %s: norm %s: %v for every %s", m.Name, m.Norm.Name, m.Norm.Deontic, m.Norm.Role)
}

// String is how people read it.
func (v Vote) String() string { return "vote on motion " + v.Motion }

// String is how people read it.
func (v Violation) String() string {
	return fmt.Sprintf("%s broke norm %s in %s: %d", v.Debtor, v.Norm, v.Case, v.Value)
}

// String is how people read it.
func (p Penalty) String() string {
	return fmt.Sprintf("penalty for %s, who broke norm %s in %s", p.Debtor, p.Norm, p.Case)
}
