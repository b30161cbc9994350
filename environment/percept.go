package environment

import (
	"errors"
	"fmt"
)

// Percept is what an agent senses when a phase opens.
type Percept struct {
	View   any    // what the world's Perceive gave for this agent; read-only
	Phase  string // of the round
	Round  int    // from 1
	Choice bool   // some action is possible in this phase
}

// Outcome is what the world answered to an action.
type Outcome struct {
	Action string // name of what was tried
	Value  any    // what the world gave; nil when refused
	Reason string // why it was refused, as a code; empty: accepted
	Detail string // the same for people
}

// Refused says whether the world refused the action.
func (o Outcome) Refused() bool { return o.Reason != "" }

// Pass is the action of not acting. Every world accepts it.
type Pass struct{}

// Reasons given by the environment itself; worlds have their own beside them.
const (
	ReasonAlreadyActed  = "already-acted"  // one action counts per agent and phase
	ReasonUnknownAction = "unknown-action" // not an action of this world
	ReasonWrongPhase    = "wrong-phase"    // not possible in this phase
	ReasonOutOfBounds   = "out-of-bounds"  // the action's fields break its schema
	ReasonPhaseClosed   = "phase-closed"   // it came too late
	ReasonWorldFailed   = "world-failed"   // the action failed the world at every attempt
)

// Refusal is an error of a world's action that goes back to the agent. Any error with a Reason method is one.
type Refusal struct {
	Code   string
	Detail string
}

// Refuse makes a refusal: a short code for programs and a sentence for people and models.
func Refuse(code, format string, args ...any) error {
	return &Refusal{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Error is the sentence.
func (r *Refusal) Error() string { return r.Detail }

// Reason is the code.
func (r *Refusal) Reason() string { return r.Code }

// refusalOf finds a refusal in an error.
func refusalOf(err error) (code string, ok bool) {
	if err == nil {
		return "", false // errors.As would make room for an answer first
	}
	var r interface{ Reason() string }
	if errors.As(err, &r) {
		return r.Reason(), true
	}
	return "", false
}
