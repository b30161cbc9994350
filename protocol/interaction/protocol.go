package interaction

import (
	"time"

	"github.com/polis-agents/polis/protocol"
)

// Protocol is an interaction protocol between an initiator and each of its participants.
type Protocol struct {
	Name   string  // the token that messages carry: "fipa-request"
	Source string  // the document it follows; "" for one's own
	Doc    string  // one line
	Many   bool    // the initiator may speak to several participants in one conversation, in a session each
	Waits  []Wait  // how long is waited for what, unless the conversation says otherwise
	Bounds []Bound // for what may not go on for ever
	// The two machines. What the one sends the other must be able to receive: package check shows it.
	Initiator, Participant Machine

	meta    bool // it is laid over others, see Expand
	cancels bool // cancel was laid over it
}

// Machine is that of a role.
func (p *Protocol) Machine(r Role) Machine {
	if r == Initiator {
		return p.Initiator
	}
	return p.Participant
}

// Wait is a duration that has a name: "reply", "result", "decision". Of "reply" it is what counts for a message without a
// reply-by. Never is how one is declared that has no end.
type Wait struct {
	Name string
	For  time.Duration
}

// Never is a wait without an end.
const Never time.Duration = -1

// Reply is the name of the wait that ends at the reply-by of the last message of the session.
const Reply = "reply"

// Bound is a number that has a name: "rounds".
type Bound struct {
	Name string
	Most int
}

// Role is a side of a session.
type Role uint8

// The two roles.
const (
	Initiator Role = iota
	Participant
)

// String gives the word used in protocol files.
func (r Role) String() string { return [...]string{"initiator", "participant"}[r] }

// Other is the role on the other side.
func (r Role) Other() Role { return 1 - r }

// Machine is one role's side of a session. The first state is where it begins: before the first message.
type Machine []State

// State is where a role stands in a session. A final one has no moves: the session has ended for this role. In protocol
// files its name is written in brackets. A message makes the move whose label is the narrowest that fits it and whose guard
// holds; of several such, the first.
type State struct {
	Name  string
	Final bool
	Moves []Move
}

// Move is one way on from a state. What sets it off is one of: a message received, a wait that has ended, an event that
// the agent itself reports, or, when all three are empty, the agent's own wish to send. A move with a Send besides what
// sets it off sends that at once, without asking the agent.
type Move struct {
	Receive Label
	// The name of a wait. It counts from when the state was entered and When came to hold. A message that leaves the session
	// in its state, or takes it from S to PREFIX/S or back where both have the wait, does not begin it anew, unless it begins a round.
	After  string
	On     string // an event inside the agent: "condition", "skip"
	Send   Label
	When   Guard
	Round  bool // the move begins a new round of the session
	To     string
	Clause string // where the source says so; "choice: …" where it does not
}

// Label tells messages apart: by act, and where a protocol needs it, by the kind of the content (see protocol.Kinded). One
// without a kind stands for every kind that the state does not name. Files write "inform:done".
type Label struct {
	Act  protocol.Act // "": none. Any stands for every act
	Kind string
}

// Any as the act of a label stands for every act that the state does not name.
const Any = protocol.Act("any")

// Guard says when a move may be made. Its zero value: always.
type Guard struct {
	None   []string // no other session of the conversation is in one of these states, of those not a round ahead of this one
	Fewer  *Fewer
	Level  bool   // no other session of the conversation is a round ahead of this one
	Most   string // fewer moves with this bound have been made in this session than it says
	Answer string // the message answers, by its in-reply-to: "" the last one it can be a reply to, or none is named; else a constant below
	Origin bool   // the message names, in X-origin, for whom it is passed on; false: it does not
}

// Fewer bounds how many sessions of a conversation are in some states, this one not counted.
type Fewer struct {
	In   []string
	Than string // the name of a bound
}

// What a message may answer, besides what was said last.
const (
	AnswerCancel = "cancel" // the cancel of this session
	AnswerOlder  = "older"  // what asked for a reply in a former round of this session
)
