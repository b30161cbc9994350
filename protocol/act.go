package protocol

// Act is the type of a communicative act (FIPA SC00037J, Communicative Act Library).
type Act string

// The 22 acts, with the section of SC00037J that defines each.
const (
	AcceptProposal  Act = "accept-proposal"  // 3.1: the sender accepts a proposal made to it
	Agree           Act = "agree"            // 3.2: the sender will do what was asked or proposed
	Cancel          Act = "cancel"           // 3.3: the sender no longer wants done what it asked for
	CFP             Act = "cfp"              // 3.4: the sender calls for proposals to do something
	Confirm         Act = "confirm"          // 3.5: the content is true, of which the receiver was uncertain
	Disconfirm      Act = "disconfirm"       // 3.6: the content is false, which the receiver believed
	Failure         Act = "failure"          // 3.7: what the sender tried has failed, and why
	Inform          Act = "inform"           // 3.8: the sender holds the content to be true
	InformIf        Act = "inform-if"        // 3.9: inform that something is so, or that it is not; content of a request only
	InformRef       Act = "inform-ref"       // 3.10: inform which object it is; content of a request only
	NotUnderstood   Act = "not-understood"   // 3.11: the sender did not understand what the receiver said, and why
	Propagate       Act = "propagate"        // 3.12: the receiver is to take the message inside as its own, and pass this on
	Propose         Act = "propose"          // 3.13: the sender offers to act in a certain way
	Proxy           Act = "proxy"            // 3.14: the receiver is to choose agents and send them the message inside
	QueryIf         Act = "query-if"         // 3.15: the sender asks whether something is so
	QueryRef        Act = "query-ref"        // 3.16: the sender asks which object it is
	Refuse          Act = "refuse"           // 3.17: the sender will not do what was asked, and says why
	RejectProposal  Act = "reject-proposal"  // 3.18: the sender declines a proposal made to it
	Request         Act = "request"          // 3.19: the sender asks the receiver to do something
	RequestWhen     Act = "request-when"     // 3.20: to do it once something becomes true
	RequestWhenever Act = "request-whenever" // 3.21: to do it each time something becomes true
	Subscribe       Act = "subscribe"        // 3.22: the sender wants to know of an object, now and whenever it changes
)

// Acts are all of them, in the order of SC00037J.
var Acts = []Act{AcceptProposal, Agree, Cancel, CFP, Confirm, Disconfirm, Failure, Inform, InformIf, InformRef, NotUnderstood, Propagate,
	Propose, Proxy, QueryIf, QueryRef, Refuse, RejectProposal, Request, RequestWhen, RequestWhenever, Subscribe}

// Known says whether it is one of the 22.
func (a Act) Known() bool {
	switch a {
	case AcceptProposal, Agree, Cancel, CFP, Confirm, Disconfirm, Failure, Inform, InformIf, InformRef, NotUnderstood, Propagate,
		Propose, Proxy, QueryIf, QueryRef, Refuse, RejectProposal, Request, RequestWhen, RequestWhenever, Subscribe:
		return true
	}
	return false
}

// Reasoned says whether it is one of the acts that turn something down, and say why.
func (a Act) Reasoned() bool {
	return a == Refuse || a == Failure || a == NotUnderstood || a == RejectProposal
}

// Inner says whether it is never an act of its own, but only what another asks for.
func (a Act) Inner() bool { return a == InformIf || a == InformRef }
