package socket

import (
	"errors"
	"net/http"

	"github.com/polis-agents/polis/llmadapter"
)

// Trouble is why there is no answer, as a wire form reads it: the server says so, or what it sends is no whole answer.
type Trouble struct {
	Kind  llmadapter.Kind
	Words string // not yet fit to be shown
}

// Error gives the words.
func (t *Trouble) Error() string { return t.Words }

var (
	// ErrNoJSON is the error of a Form for data that is not of the wire form. It is Malformed; in the last event of a
	// stream that was cut it is Truncated.
	ErrNoJSON = errors.New("a piece of an answer is no JSON")

	errLong  = errors.New("a line is too long")
	errQuiet = errors.New("there is much, and nothing of an answer in it")
)

// KindOf classes a status that is no success.
func KindOf(status int) llmadapter.Kind {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusPaymentRequired, status == http.StatusForbidden:
		return llmadapter.Unauthorised
	case status == http.StatusTooManyRequests:
		return llmadapter.RateLimited
	case status == http.StatusServiceUnavailable, status == 529: // overloaded, of some servers
		return llmadapter.Overloaded
	case status == http.StatusRequestTimeout, status == http.StatusConflict, status >= 500:
		return llmadapter.Transient
	}
	return llmadapter.Invalid
}
