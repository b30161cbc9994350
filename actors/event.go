package actors

import (
	"fmt"
	"time"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
)

// ID names what an agent has asked, started or set: by the turn and the effect's index in it.
type ID struct {
	Turn  uint64
	Index int
}

// String gives turn and index: "12.0".
func (id ID) String() string { return fmt.Sprintf("%d.%d", id.Turn, id.Index) }

// Started is an agent's first event: once in its existence, not in every life.
type Started struct{}

// Percept is what the agent senses when a phase opens.
type Percept = environment.Percept

// Outcome is what the world answered to an action.
type Outcome = environment.Outcome

// Undelivered says that a message did not reach a receiver.
type Undelivered struct {
	Message *protocol.Message
	To      string
	Reason  string // one of the Reason constants
	Why     string // of ReasonForbidden, what the society's rule Society.May said; at most 500 bytes. "": it said nothing
}

// Why a message was not delivered.
const (
	ReasonBusy      = "busy"      // the receiver's mailbox was full, or the sender has said too much in this phase
	ReasonStopped   = "stopped"   // the receiver has stopped
	ReasonUnknown   = "unknown"   // there is no such agent
	ReasonForbidden = "forbidden" // the society does not allow the one to speak to the other, or not in this way
)

// Answer is what a service answered.
type Answer struct {
	ID      ID // of the ask
	Service string
	Value   any
	Error   string // why it is no answer; empty: it is. Value, if any, then says why in a form for programs
	// Unserved says that the service has not said so: there is none of that name, it had no room for the request, or time
	// has run out.
	Unserved bool
}

// Result is the outcome of the behavior's own slow work.
type Result struct {
	ID    ID // of the job
	Job   string
	Value any
	Error string // why there is no value; empty: there is
}

// Timer says that the time of a Turn.After has come.
type Timer struct{ ID ID }

// Stopping is the last event, when the society ends. Effects of its turn are not carried out. A society that is interrupted
// and keeps its turns has none: it may be taken up again.
type Stopping struct{}

// Kinds of events, as they are recorded.
const (
	kindStarted     = "started"
	kindPercept     = "percept"
	kindOutcome     = "outcome"
	kindMessage     = "message"
	kindUndelivered = "undelivered"
	kindAnswer      = "answer"
	kindResult      = "result"
	kindTimer       = "timer"
	kindStopping    = "stopping"
	kindQuarantined = "quarantined"
)

// Said tells observers that an agent has spoken. The sender, N and Index name its place in the record: no other message has it.
type Said struct {
	Round   int
	Phase   string
	Message *protocol.Message
	Unheard bool          // talk is cut: it has reached nobody
	Now     time.Duration // logical time
	Step    uint64        // of the world's steps, the one in which it was said: what is said in one is heard in a later one, but in realtime
	N       uint64        // the sender's turn
	Index   int           // of the effect in it
}

// Marked tells observers of a decision that was not made as the agent usually makes it.
type Marked struct {
	Agent string
	Round int
	Phase string
	Mark  Mark
	By    string // the service that decided, of a Substitute
	Why   string
}

// Judged tells observers of a message that an agent's protocols did not accept: one that it heard, or was about to send.
type Judged struct {
	Agent string
	Round int
	Phase string
	protocol.Judgement
}

// Forgot tells observers that an agent restarted without its memory: it has no Keeper, and its recovery log was
// outgrown.
type Forgot struct{ Agent string }

// Unkept tells observers that no snapshot of an agent could be made. It lives on with its memory; should it fail when
// its recovery log is outgrown, it begins empty.
type Unkept struct {
	Agent string
	Why   string
}

// Unruled tells observers that Society.MaySpeak or May panicked when it was asked about these two, and so forbade it.
type Unruled struct {
	From, To string
	Why      string
}

// Clocked tells observers that something entered as an event that a seed does not decide, and so may be different when
// the run is repeated: it depends on the clock or on load, or a service, a mind or another job ended with an error.
type Clocked struct {
	Agent string
	What  string
}
