package protocol

// What a message says is a value of a type that is registered as a payload. These are the types that every agent knows; they
// are registered as "text", "protocol.expression", "protocol.done" and so on.

// Natural is the content language of people: the content is a Text, and means what its reader makes of it.
const Natural = "natural"

// Text is content in a natural language, of at most MaxText bytes.
type Text string

// Expression is content in a formal language, which the message names: "fipa-sl", "prolog". It is of at most MaxText bytes,
// and nothing here looks into it.
type Expression string

// Kinded is content that says what kind of thing it is, so that a protocol can tell messages of one act apart: an inform of
// kind "done" says no more than that something is done, any other gives a result. The kind of a Reason is its code.
type Kinded interface{ Kind() string }

// Done is the content of an inform that says that an action is done (FIPA: inform-done).
type Done struct {
	Action string `json:"action"`
}

// Truth is the content of an inform that answers whether something is so (query-if).
type Truth struct {
	Holds bool `json:"holds"`
}

// Reason is the content of refuse, failure, not-understood and reject-proposal: why, in a form for programs.
type Reason struct {
	Code   string `json:"code"`             // one word, such as "late", "overloaded", "unauthorised"
	Detail string `json:"detail,omitempty"` // the same in words
}

// Note is content that is no more than its kind: the start and the end of an auction.
type Note struct {
	What string `json:"what"`
}

// Kind is "done".
func (Done) Kind() string { return "done" }

// Kind is "true" or "false".
func (t Truth) Kind() string {
	if t.Holds {
		return "true"
	}
	return "false"
}

// Kind is the code.
func (r Reason) Kind() string { return r.Code }

// Kind is what it says.
func (n Note) Kind() string { return n.What }

// KindOf is the kind of some content; "": it has none.
func KindOf(content any) string {
	if k, ok := content.(Kinded); ok {
		return k.Kind()
	}
	return ""
}
