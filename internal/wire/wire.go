// Package wire holds what travels between the actors of a society: between the world and its agents, between agents,
// and between agents and services. In memory it travels as these values, read-only once sent. What crosses a node
// travels as one protobuf envelope made from them: see package post.
package wire

import "time"

// Caused is an event with the effect that made it: effect Index of turn N of the sender.
type Caused struct {
	Event any
	N     uint64
	Index int
}

// Delivery opens a phase for one agent. It comes back as its Slip; until then it belongs to the agent.
type Delivery struct {
	Seat     int           // the agent's number in the world
	Step     uint64        // rises with every opening
	Round    int           // from 1
	Phase    string        // of the round
	Now      time.Duration // logical time; wall time since the start in realtime
	Outcomes []Caused      // of its last actions
	Percept  Caused        // Event nil: nothing to perceive
	Letters  uint64        // how many letters, counted from the start, it must have got before it begins
	Last     bool          // the society ends: no percept, and no answer is awaited
	Quiet    bool          // nobody may speak in this phase
	Gone     []Gone        // who has stopped, as news from other processes; read-only
	Due      []Due         // simulated: what reaches the agent now, beside outcomes and percept
	Slip     Report
}

// Gone is an agent that has stopped, and the step it was in.
type Gone struct {
	Name string
	Step uint64
}

// Due is something that an agent holds, or will soon, and is to handle in this step.
type Due struct {
	Kind   Kind
	Sender string // of a letter; else it is the agent's own
	N      uint64 // with Index the effect that made it
	Index  int
}

// Kind is what comes of an effect in the simulated pace.
type Kind uint8

// In the order in which an agent handles what is due to it in the same step.
const (
	Return     Kind = iota + 1 // a message that did not reach one receiver comes back
	Ring                       // of a timer
	Word                       // a letter is heard
	Reply                      // an answer or a result
	Withdrawal                 // of what would come of another effect: it is cancelled
)

// Want tells the world what is to come of an effect, for it says when that is due.
type Want struct {
	Kind  Kind
	N     uint64 // with Index the effect; of a Withdrawal that which is cancelled
	Index int
	Delay time.Duration // of a timer
	To    string        // who is to hear a letter
}

// Weight is what a delivery counts in the account: its outcomes and its percept.
func (d *Delivery) Weight() int {
	if d.Percept.Event != nil {
		return len(d.Outcomes) + 1
	}
	return len(d.Outcomes)
}

// Report is what an agent tells the world: its actions, and that it is done with the phase.
type Report struct {
	Seat   int
	Step   uint64
	Act    Act   // Value nil: none
	More   []Act // further ones
	Done   bool  // with the phase
	Missed bool  // it never decided: its percept was quarantined
	Left   bool  // the agent has stopped
	Wrote  []Count
	Wants  []Want // simulated: what the turns of this step want, in their order
}

// Weight is what a report counts in the account: its actions.
func (r *Report) Weight() int {
	if r.Act.Value == nil {
		return 0
	}
	return 1 + len(r.More)
}

// Act is an action with the effect that made it.
type Act struct {
	Value any
	N     uint64
	Index int
	By    By   // who decided
	Ready bool // simulated: it follows from an answer or a result, and so is thought over
}

// By says who decided an action: ByService + i is the i-th service of environment.Config.Services.
type By uint16

// Who may have decided an action.
const (
	AsUsual   By = iota // who decides for the agent
	ByRule              // a rule, in its place
	ByService           // another service, in its place
)

// Count says how many letters went to one agent.
type Count struct {
	To string
	N  int
}

// Letter carries an agent's message to one receiver.
type Letter struct {
	Message any    // *protocol.Message, read-only
	Sender  string // the agent's name, stamped by its host
	N       uint64 // turn of the sender
	Index   int    // effect of that turn
	Step    uint64 // the step it was sent in: it is seen in a later one
}

// Ask carries an agent's request to a service; the answer goes to the sender of the message.
type Ask struct {
	Asker   string // the agent's name
	N       uint64 // with Index the id of the ask
	Index   int
	Seed    uint64        // what the answer may draw from
	Limit   time.Duration // how long the asker waits; 0: until it cancels
	Request any
}

// Answer is a service's answer to the ask of that id.
type Answer struct {
	N     uint64
	Index int
	Value any
	Error string // why it is no answer; Value, if any, says why in a form for programs
}

// CancelAsk tells a service that nobody waits for the answer any more.
type CancelAsk struct {
	Asker string
	N     uint64
	Index int
}

// Returned tells a sender that another process did not take its message. Within a process Send says so.
type Returned struct {
	From   string // the actor that it was for
	Of     any    // as it was sent; of a *Delivery and a *Report only Step is known, of an *Ask only who asked and its id
	Reason string // Busy or Stopped
	Error  string // the same for people
	Value  any    // in place of an answer to an ask: why there is none, in a form for programs; nil: nothing
}

// Why a message was not taken.
const (
	Busy    = "busy"    // the mailbox was full
	Stopped = "stopped" // the actor has stopped, or never was
)

// Unheard tells an agent, in place of a letter that its mailbox had no room for, that one less is to be waited for.
type Unheard struct {
	Step   uint64
	Sender string
	N      uint64 // with Index the effect that sent it
	Index  int
}
