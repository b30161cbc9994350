package norm

import (
	"time"

	"github.com/polis-agents/polis/protocol"
)

// Organisation is what is declared: it is data, and does not change while an Entity of it lives, but for the norms that are
// enacted and repealed.
type Organisation struct {
	Name       string
	Roles      []Role
	Compatible []Compatibility // roles that one agent may play besides each other; what is not listed may not
	Links      []Link          // nil: everybody may speak to everybody, as far as norms allow
	Groups     []Group         // kinds of groups. One that is a subgroup of none is founded with the Entity, under its own name
	Schemes    []Scheme
	Norms      []Norm
	Closed     bool // only what a norm permits or obliges a role to say may be said
}

// Role is a position that agents play. What holds for the roles it extends (links, compatibilities, norms) holds for it.
type Role struct {
	Name      string
	Extends   []string
	Abstract  bool     // it is there to be extended: nobody plays it
	Only      []string // the agents who may play it; nil: any
	Appointed bool     // it is taken on the word of somebody with authority over it, not on one's own
}

// Scope is where a link or a compatibility holds.
type Scope uint8

// The scopes.
const (
	Anywhere Scope = iota
	Within         // between roles played in one group
	Across         // between roles played in different groups
)

// Compatibility is two roles that one agent may play at once, in either order. A role is compatible with itself in different
// groups (choice: and, unlike in Moise, nothing follows from a compatible with b and b with c).
type Compatibility struct {
	A, B  string
	Scope Scope
}

// Relation is what a link allows. Authority includes communication, and that acquaintance.
type Relation uint8

// The relations.
const (
	Acquaintance  Relation = iota // From may know of To
	Communication                 // From may speak to To
	Authority                     // From may command To, and appoint who plays it
)

// Link is between those who play two roles.
type Link struct {
	Relation Relation
	From, To string
	Both     bool // it holds in the other direction too
	Scope    Scope
}

// Group is a kind of group.
type Group struct {
	Name      string
	Roles     []Place // that are played in it
	Subgroups []Place // kinds of groups that are founded in it
}

// Place is how many of something a group has room for.
type Place struct {
	Name string
	Min  int // fewer, and the group is not well formed
	Max  int // more are refused; 0: no bound
}

// Scheme is a way to reach a goal together.
type Scheme struct {
	Name     string
	Goal     Goal
	Missions []Mission
}

// Plan is how the goals below a goal make it.
type Plan uint8

// The plans.
const (
	Sequence Plan = iota // all, one after the other
	Choice               // one of them
	Parallel             // all, in any order
)

// Goal is a node of a scheme's tree. One without goals below it is worked at by agents, who say when they have achieved it; the
// others follow from what is below them (choice: only leaves are in missions).
type Goal struct {
	Name   string
	Plan   Plan
	Goals  []Goal
	Within time.Duration // of a leaf: how long it may take once it is enabled; 0: as long as it takes
	Need   int           // of a leaf: how many of those committed to it must achieve it; 0: all
}

// Mission is a set of goals that an agent commits itself to at once.
type Mission struct {
	Name     string
	Goals    []string // leaves of the scheme
	Min, Max int      // agents; with fewer nothing in the scheme is enabled, more are refused. Max 0: no bound
}

// Deontic is what a norm is.
type Deontic uint8

// The deontic types.
const (
	Obligation Deontic = iota
	Permission
	Prohibition
)

// String gives the word used in records.
func (d Deontic) String() string {
	if d > Prohibition {
		return "unknown"
	}
	return [...]string{"obligation", "permission", "prohibition"}[d]
}

// Norm is what those who play a role must, may or must not do: commit themselves to a mission, or do something that a Pattern
// describes.
type Norm struct {
	Name    string        `json:"name"`
	Role    string        `json:"role"`
	Deontic Deontic       `json:"deontic"`
	Mission string        `json:"mission,omitempty"`
	Do      *Pattern      `json:"do,omitempty"`     // done by who is bound; By is left empty
	When    *Pattern      `json:"when,omitempty"`   // what puts it in force; nil: that somebody plays the role. One that names Self binds that agent only
	Unless  *Pattern      `json:"unless,omitempty"` // what puts it out of force
	Within  time.Duration `json:"within,omitempty"` // after it came in force: an obligation is to be met by then, a prohibition ends. 0: no end, of prohibitions and permissions only
	// Regimented is of a prohibition that cannot be broken: the act is refused. Else it is enforced: it can be broken, which
	// is seen and has a sanction.
	Regimented bool     `json:"regimented,omitempty"`
	Sanction   Sanction `json:"sanction,omitzero"`
}

// Sanction is what follows when a norm is broken. What it means is for those who apply it.
type Sanction struct {
	Name   string `json:"name"` // "": none
	Amount int    `json:"amount,omitempty"`
}

// Pattern describes something that was said or that happened. What is empty does not matter.
type Pattern struct {
	Act      protocol.Act `json:"act,omitempty"`
	Protocol string       `json:"protocol,omitempty"`
	Kind     string       `json:"kind,omitempty"`     // of the content, see protocol.Kinded
	Fact     string       `json:"fact,omitempty"`     // a fact of this name, and not a message
	AtLeast  int          `json:"at_least,omitempty"` // the fact's value
	By       string       `json:"by,omitempty"`       // Self, Other, or a role
	To       string       `json:"to,omitempty"`       // likewise; of a message to several, one of them
}

// Who a Pattern can name besides roles.
const (
	Self  = "self"  // who is bound by the norm
	Other = "other" // the other agent of what put the norm in force: who said it to Self, or to whom Self said it
)
