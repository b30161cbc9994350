package llmadapter

import (
	"fmt"
	"time"
)

// Rejected is the answer of an adapter that did not take a request: nothing was sent to the model.
type Rejected struct {
	Reason     Reason        `json:"reason"`
	RetryAfter time.Duration `json:"retry_after"`    // when to come back; 0: it cannot tell
	Depth      int           `json:"depth"`          // requests that were waiting
	Text       string        `json:"text,omitempty"` // more about it, for people
}

// Error makes it readable: "rejected: queue-full, come back in 2s".
func (r Rejected) Error() string {
	text := "rejected: " + string(r.Reason)
	if r.RetryAfter > 0 {
		text += fmt.Sprintf(", come back in %v", r.RetryAfter.Round(time.Millisecond))
	}
	if r.Text != "" {
		text += ": " + r.Text
	}
	return text
}

// Reason is why a request was rejected.
type Reason string

// Why requests are rejected.
const (
	QueueFull   Reason = "queue-full"  // as many wait as may
	NoCredit    Reason = "no-credit"   // as many are open, waiting or out, as may
	TooLate     Reason = "too-late"    // its deadline passed before it was its turn, or will
	Unavailable Reason = "unavailable" // the endpoint does not answer, or does not let us in
	OverBudget  Reason = "over-budget" // it could cost more than is left of the budget, its asker's or everybody's
	BadRequest  Reason = "bad-request" // it is no Request
	Stopping    Reason = "stopping"    // the adapter ends
)

// Failed is the answer of an adapter whose attempts have all failed.
type Failed struct {
	Kind       Kind          `json:"kind"` // of the last attempt
	Attempts   int           `json:"attempts"`
	RetryAfter time.Duration `json:"retry_after,omitempty"` // when the endpoint wants to be asked again; 0: it did not say
	Text       string        `json:"text"`                  // what went wrong, for people
}

// Error makes it readable: "failed after 3 attempts: rate-limited: …".
func (f Failed) Error() string {
	times := "1 attempt"
	if f.Attempts != 1 {
		times = fmt.Sprintf("%d attempts", f.Attempts)
	}
	return fmt.Sprintf("failed after %s: %s: %s", times, f.Kind, f.Text)
}

// Kind is the class of an error.
type Kind string

// The classes of errors. What is retried, and what counts as overload, follows from the class.
const (
	Invalid      Kind = "invalid"      // the request is wrong (400, 404, 413, 422): not again, but in another form
	Refused      Kind = "refused"      // the request is against the provider's policy: not again
	Unauthorised Kind = "unauthorised" // key, permission or money (401, 402, 403, a spent quota): not again; others try, one each half minute
	RateLimited  Kind = "rate-limited" // 429: again after a pause of all
	Overloaded   Kind = "overloaded"   // 503, 529, or the same in mid-stream: again after a pause of all
	Transient    Kind = "transient"    // 408, 409, 500, 502, 504 and the like: again
	Unreachable  Kind = "unreachable"  // nothing was sent: again
	Broken       Kind = "broken"       // the connection broke before an answer began: it may have been billed
	Truncated    Kind = "truncated"    // the answer ended without its end mark
	Stalled      Kind = "stalled"      // no answer, or no more of it, came in time
	Malformed    Kind = "malformed"    // the server answers something that is no answer, such as HTML
	Cancelled    Kind = "cancelled"    // nobody waits for it any more
)

// Fate is what became of an attempt, as far as money goes.
type Fate uint8

// Fates. Settled + Unsent + PossiblyBilled are all attempts, and a server has counted at least the settled ones and at
// most those and the possibly billed.
const (
	PossiblyBilled Fate = iota // something may have left, and no answer began
	Settled                    // the head of an answer came, whatever it said
	Unsent                     // no byte of the request left
)

// Error is how an attempt failed. It never holds a key.
type Error struct {
	Kind       Kind
	Fate       Fate
	Status     int           // of HTTP; 0: none
	RetryAfter time.Duration // as the server wishes; 0: it did not say
	Text       string        // one line, shortened
	Usage      Tokens        // what is known to be spent
	Rates      Rates         // as the head of the answer says
	Err        error         // the cause; nil: the server's own words are in Text
}

// Error says the class, and what happened.
func (e *Error) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("llmadapter: %s (HTTP %d): %s", e.Kind, e.Status, e.Text)
	}
	return fmt.Sprintf("llmadapter: %s: %s", e.Kind, e.Text)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
