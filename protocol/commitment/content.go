package commitment

import "time"

// Fact is something that has become so in the world: an outcome, or a variable that the world shows. In a society a round
// that ends brings one for each variable: Name is the variable's.
type Fact struct {
	Name  string  // such as "catch"
	Agent string  // whom it is about; "": the world
	Round int     // in which it became so; 0: there are none
	Value float64 // how much
}

// Verdict is what a fact says about a statement.
type Verdict uint8

// The verdicts. The zero value is that of a fact that has nothing to do with the statement.
const (
	Silent Verdict = iota
	Holds          // the statement has become true
	Fails          // it is false; as a consequent, it can no longer become true
)

// Undertaking is content whose consequent is a fact of the world: what is promised by it is kept when the world says so, and
// not when the debtor does. It is asked about facts about the debtor, and about the world. Judge must be pure. Content without this method is about the conversation: what is promised is
// that the act that was asked for, or proposed, is done, and the debtor's inform says that it is.
type Undertaking interface {
	Judge(debtor string, f Fact) Verdict
}

// Conditioned is content with a condition in the world: what is promised by it binds once the condition holds. After
// request-whenever and subscribe it binds each time: Holds after Fails, or after nothing, is one rise. Holding must be pure.
type Conditioned interface {
	Holding(f Fact) Verdict
}

// Dated is content that says until when what is promised must be done, since the start of the society; 0: it does not say.
type Dated interface {
	Due() time.Duration
}

// Subject says which commitments an operation is about: those between its sender and its receiver that come from a
// conversation.
type Subject struct {
	Conversation string `json:"conversation,omitempty"` // "": that of the message
}

// Released is the content of an inform by which a creditor frees its debtor, the receiver.
type Released struct{ Subject }

// Suspended is the content of an inform by which a creditor lets its debtor rest: no deadline passes and no fact counts
// until it is reactivated, and what deadlines had left they have left then (choice: the debtor cannot, or no promise would
// bind it).
type Suspended struct{ Subject }

// Reactivated is the content of an inform by which a creditor ends a suspension.
type Reactivated struct{ Subject }

// Assigned is the content of an inform by which a creditor tells its debtor, the receiver, to whom it owes from now on.
type Assigned struct {
	Subject
	To string `json:"to"`
}

// Delegated is the content of a request by which a debtor asks the receiver to owe what it owes itself. The receiver's
// agree makes it so (choice: nobody owes without a word of his own).
type Delegated struct {
	Subject
	Creditor string `json:"creditor"`
}

// about is the conversation that is meant in a message of conversation c.
func (s Subject) about(c string) string {
	if s.Conversation != "" {
		return s.Conversation
	}
	return c
}
