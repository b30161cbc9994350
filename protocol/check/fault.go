package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/protocol/interaction"
)

// Kind is what is wrong.
type Kind string

// The kinds of faults. Not explored is no fault of the protocol: nothing was found, but not everything was gone through.
const (
	Data        Kind = "data"                    // interaction.Protocol.Check refuses it
	Deadlock    Kind = "deadlock"                // both sides have begun, neither has ended, and nothing can happen any more
	Unspecified Kind = "unspecified reception"   // a message arrives in a state before the end that says nothing about it
	Unbounded   Kind = "unbounded queue"         // more and more messages can be on the way
	Wait        Kind = "wait without a deadline" // a side may stay in a state for ever
	Livelock    Kind = "livelock"                // moves that nobody decides on can go round for ever
	NoEnd       Kind = "no end"                  // from here on the two sides cannot both end
	Unreached   Kind = "end never reached"       // a state in which a side is to end, and never does
)

// Fault is something wrong with a protocol, with a shortest way to get there.
type Fault struct {
	Kind  Kind
	Role  interaction.Role // the side it shows at
	State string           // in which that side then is; "": it is about both
	Label string           // the message it is about, as files write it; "": it is about none
	Text  string           // what is wrong, in words
	Trace []Step           // from the beginning; none of shorter length leads there
	Cycle int              // how many of the last steps can be repeated for ever; 0: it is not about a cycle
}

// Step is one thing that happens.
type Step struct {
	Session     int              // whose: 1, and where two sessions of a conversation are explored 2
	Role        interaction.Role // who does it, or whom it happens to
	Does        string           // "sends", "receives", "after", "on", "stops", "never gets", "is returned", "cannot take", "has ended before"
	What        string           // the message, the wait or the event
	Sends       string           // what it sends at once because of that; "": nothing
	Initiator   string           // the state of that side afterwards
	Participant string
}

// String says what happens, without the states.
func (s *Step) String() string {
	text := s.Role.String() + " " + s.Does
	if s.What != "" {
		text += " " + s.What
	}
	switch {
	case s.Sends != "":
		text += ", sends " + s.Sends
	case s.Does == "after" || s.Does == "on":
		text += " goes on"
	}
	return text
}

// String gives the fault in one line, without the steps.
func (f *Fault) String() string { return string(f.Kind) + ": " + f.Text }

// Story gives the fault and the steps to it, a line each, with the states of both sides after each step.
func (f *Fault) Story() string {
	var b strings.Builder
	fmt.Fprintln(&b, f)
	two := slices.ContainsFunc(f.Trace, func(s Step) bool { return s.Session > 1 })
	widths := [2]int{len("step"), len("initiator")}
	row := func(number, session, text, initiator, participant string) string {
		return strings.TrimRight(fmt.Sprintf("%4s  %s%-*s  %-*s  %s", number, session, widths[0], text, widths[1], initiator, participant), " ")
	}
	for i := range f.Trace {
		widths[0], widths[1] = max(widths[0], len(f.Trace[i].String())), max(widths[1], len(f.Trace[i].Initiator))
	}
	session := func(text string) string {
		if two {
			return fmt.Sprintf("%-7s  ", text)
		}
		return ""
	}
	if len(f.Trace) > 0 {
		fmt.Fprintln(&b, row("", session("session"), "step", "initiator", "participant"))
	}
	for i := range f.Trace {
		s := &f.Trace[i]
		if f.Cycle > 0 && i == len(f.Trace)-f.Cycle {
			fmt.Fprintln(&b, "      again and again:")
		}
		fmt.Fprintln(&b, row(strconv.Itoa(i+1), session(strconv.Itoa(s.Session)), s.String(), s.Initiator, s.Participant))
	}
	return b.String()
}
