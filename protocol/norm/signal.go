package norm

import (
	"fmt"
	"time"
)

// SignalKind is what a signal says, in the words of NPL.
type SignalKind string

// The kinds of signals.
const (
	Created     SignalKind = "created"     // a norm is in force for somebody
	Fulfilled   SignalKind = "fulfilled"   // an obligation was met by its deadline, or a prohibition kept until it ended
	Unfulfilled SignalKind = "unfulfilled" // the deadline of an obligation has passed, or a prohibition was broken
	Inactive    SignalKind = "inactive"    // the norm is out of force for somebody, neither met nor broken
	Failure     SignalKind = "failure"     // a regimented norm would have been broken: what was tried is as if it had not been
	Sanctioned  SignalKind = "sanctioned"  // follows unfulfilled, once, where the norm has a sanction
)

// Signal is something that has become of a norm for somebody.
type Signal struct {
	Kind     SignalKind    `json:"kind"`
	At       time.Duration `json:"at"` // since the start of the society
	Instance uint64        `json:"instance"`
	Norm     string        `json:"norm"`
	Debtor   string        `json:"debtor"`
	Other    string        `json:"other,omitempty"`    // see Pattern
	About    string        `json:"about,omitempty"`    // SCHEME/MISSION or SCHEME/GOAL; "": an act
	Deadline time.Duration `json:"deadline,omitempty"` // 0: none
	Sanction Sanction      `json:"sanction,omitzero"`  // of Sanctioned
	Reason   string        `json:"reason,omitempty"`   // of Unfulfilled, Sanctioned and Failure: late, broken, or overloaded
}

// Why a norm was not kept.
const (
	Late       = "late"       // the deadline has passed
	Broken     = "broken"     // what is prohibited was done
	Overloaded = "overloaded" // the norm could not be put in force: MaxInstances are
)

// String is the signal as people read it, and logs have it.
func (s Signal) String() string {
	text := fmt.Sprintf("%v %s %s#%d %s", s.At, s.Kind, s.Norm, s.Instance, s.Debtor)
	if s.About != "" {
		text += " " + s.About
	}
	if s.Reason != "" {
		text += " (" + s.Reason + ")"
	}
	if s.Sanction.Name != "" {
		text += fmt.Sprintf(": %s %d", s.Sanction.Name, s.Sanction.Amount)
	}
	return text
}

// Instance is a norm in force for somebody.
type Instance struct {
	ID           uint64        `json:"id"`
	Norm         string        `json:"norm"` // of a goal: by which its debtor has taken on the mission
	Debtor       string        `json:"debtor"`
	Other        string        `json:"other,omitempty"`
	Conversation string        `json:"conversation,omitempty"` // in which it is to be met, where one put it in force
	Scheme       string        `json:"scheme,omitempty"`
	Goal         string        `json:"goal,omitempty"`
	Since        time.Duration `json:"since"`
	Deadline     time.Duration `json:"deadline,omitempty"` // 0: none
}

func (e *Entity) signal(kind SignalKind, in *Instance, reason string) *Signal {
	s := Signal{Kind: kind, At: e.state.Now, Instance: in.ID, Norm: in.Norm, Debtor: in.Debtor, Other: in.Other, Deadline: in.Deadline, Reason: reason}
	switch {
	case in.Goal != "":
		s.About = in.Scheme + "/" + in.Goal
	case in.Scheme != "":
		s.About = in.Scheme + "/" + e.norm(in.Norm).Mission
	}
	e.out = append(e.out, s)
	return &e.out[len(e.out)-1]
}

// signals are those of the call that ends.
func (e *Entity) signals() []Signal {
	out := e.out
	e.out = nil
	return out
}
