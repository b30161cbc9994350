package audit

import (
	"context"
	"fmt"
	"iter"

	"github.com/polis-agents/polis/journal"
)

// Audit is what was found in a journal.
type Audit struct {
	Entries int  // read
	Turns   int  // of them of the world and of agents
	Agents  int  // that had a turn
	Rounds  int  // that the world has said to be over, or has begun and not ended
	Ended   bool // the society has come to its own end: nothing is under way any more

	Actions    Actions
	Percepts   Flow
	Outcomes   Flow
	Messages   Flow
	Asks       Flow
	Answers    Flow
	Account    Account // of all of them
	Open       int     // at most so many effects were kept in mind at once
	Quarantine int     // turns whose event was set aside

	Findings []Finding // the first ones
	Found    int       // how many there are
}

// Actions are what agents tried.
type Actions struct {
	Flow
	Applied int64 // accepted by the world
	Barred  int64 // refused by the world, with an outcome that says why
}

// Flow is what became of one kind of what is addressed to somebody.
type Flow struct {
	Sent        int64
	Handled     int64
	Refused     int64 // and the sender was told
	Dead        int64 // somebody had ended, or the run was cut off
	Quarantined int64
}

// Account is the sum of flows. Sent = Handled + Refused + Dead + Quarantined.
type Account = Flow

func (f *Flow) add(o Flow) {
	f.Sent += o.Sent
	f.Handled += o.Handled
	f.Refused += o.Refused
	f.Dead += o.Dead
	f.Quarantined += o.Quarantined
}

// Balanced says whether nothing is unaccounted for.
func (f Flow) Balanced() bool { return f.Sent == f.Handled+f.Refused+f.Dead+f.Quarantined }

// Finding is something that a sound journal does not have.
type Finding struct {
	Actor  string // whose turn it is about
	N      uint64
	Effect int    // of that turn; -1: its event
	What   string // is wrong
}

// String names turn and effect.
func (f Finding) String() string {
	if f.Effect < 0 {
		return fmt.Sprintf("%s turn %d: %s", f.Actor, f.N, f.What)
	}
	return fmt.Sprintf("%s turn %d, effect %d: %s", f.Actor, f.N, f.Effect, f.What)
}

// maxFindings bounds how many are told one by one.
const maxFindings = 100

// Sound says whether nothing was found.
func (a *Audit) Sound() bool { return a.Found == 0 }

// Read audits a journal, as Store.Read gives it from the beginning. What is wrong with the run is a finding, not an error.
// Memory grows with what is open at one time, not with the run. The error is that of the reading, or of ctx.
func Read(ctx context.Context, entries iter.Seq2[journal.Entry, error]) (*Audit, error) {
	b := newBooks()
	for e, err := range entries {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		b.take(&e)
	}
	return b.close(), nil
}
