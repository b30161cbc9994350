package commitment

// State is where a commitment stands.
type State uint8

// The states of a commitment. The last four are terminal: nothing follows.
const (
	Null        State = iota // it is not there yet
	Conditional              // it will bind once its antecedent holds
	Detached                 // its antecedent holds: the consequent is owed
	Pending                  // suspended
	Satisfied                // the consequent holds
	Violated                 // the debtor owed it, and it can no longer be had
	Expired                  // the antecedent can no longer come to hold
	Terminated               // it binds nobody any more
)

// String gives the word used in records.
func (s State) String() string {
	return [...]string{"null", "conditional", "detached", "pending", "satisfied", "violated", "expired", "terminated"}[s]
}

// Terminal says that nothing follows.
func (s State) Terminal() bool { return s >= Satisfied }

// Event is what moves a commitment.
type Event string

// The events of the life cycle. The operations of Singh are create, discharge, cancel, release, delegate and assign.
const (
	Create     Event = "create"
	Detach     Event = "detach"     // the antecedent has become true
	Lapse      Event = "lapse"      // the antecedent can no longer become true: its deadline has passed
	Discharge  Event = "discharge"  // the consequent has become true
	Default    Event = "default"    // the consequent can no longer become true: its deadline has passed
	Cancel     Event = "cancel"     // by the debtor
	Release    Event = "release"    // by the creditor
	Suspend    Event = "suspend"    // by the creditor
	Reactivate Event = "reactivate" // back to the state before
	Delegate   Event = "delegate"   // another debtor
	Assign     Event = "assign"     // another creditor
)

// Rule is a row of the life cycle.
type Rule struct {
	From State
	By   Event
	To   State
}

// Rules are the life cycle: what is not listed does not happen. What ends a commitment that is pending reactivates it
// first, so that no row is needed for it (choice:).
var Rules = []Rule{
	{Null, Create, Conditional},
	{Null, Create, Detached},
	{Conditional, Detach, Detached},
	{Conditional, Lapse, Expired},
	{Conditional, Cancel, Terminated},
	{Conditional, Release, Terminated},
	{Conditional, Discharge, Satisfied}, // choice: the consequent first
	{Detached, Discharge, Satisfied},
	{Detached, Cancel, Violated},
	{Detached, Default, Violated},
	{Detached, Release, Terminated}, // choice:
	{Conditional, Suspend, Pending},
	{Detached, Suspend, Pending},
	{Pending, Reactivate, Conditional},
	{Pending, Reactivate, Detached},
	{Conditional, Delegate, Conditional}, // choice: it keeps its identity, and its history has the old party
	{Detached, Delegate, Detached},
	{Conditional, Assign, Conditional},
	{Detached, Assign, Detached},
}

// after gives the state that follows; ok is false when the life cycle has no such row. Create and Reactivate are not asked.
func after(from State, by Event) (to State, ok bool) {
	for _, r := range Rules {
		if r.From == from && r.By == by {
			return r.To, true
		}
	}
	return from, false
}
