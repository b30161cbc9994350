package protocol

// Malformed says what is wrong with a message. Its Reason is what a not-understood carries as an answer to such a message.
type Malformed struct {
	Parameter string // its name in FIPA SC00061G: "receiver", "conversation-id"
	Code      string // see the codes
	Detail    string // the parameter, the value, and what is accepted
}

// The codes of what is malformed: those that not-understood has in FIPA00023, and two that refuse has there (choice: what
// is lacking and what is too much are worth telling apart).
const (
	UnsupportedAct      = "unsupported-act"      // it is not one of the 22
	UnexpectedAct       = "unexpected-act"       // it is no act of its own
	UnsupportedValue    = "unsupported-value"    // there is more of it than is taken
	UnrecognisedValue   = "unrecognised-value"   // it is not of the form that the parameter has
	MissingParameter    = "missing-parameter"    // it is not there
	UnexpectedParameter = "unexpected-parameter" // it is nothing that a message has
)

// Error names the parameter, the value and what is accepted.
func (e *Malformed) Error() string { return "protocol: " + e.Detail }

// Reason is the same for programs.
func (e *Malformed) Reason() Reason {
	return Reason{Code: e.Code, Detail: e.Detail}
}
