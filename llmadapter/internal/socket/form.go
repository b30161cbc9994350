package socket

import (
	"fmt"

	"github.com/polis-agents/polis/llmadapter"
)

// Form puts one answer together, in one wire form. It keeps none of the bytes that it is given. Errors of Event, Whole and
// Reply are a *Trouble, or wrap ErrNoJSON, or are anything else that makes what came Malformed; their texts are shown.
type Form interface {
	// Event takes an event of a stream. name is empty where the event has none.
	Event(name, data []byte) (Step, error)
	// Whole takes an answer that is no stream, instead.
	Whole(body []byte) error
	// Reply is the answer, once it has ended: by a step, in good order, or in any way after Finished.
	Reply() (llmadapter.Reply, error)
	// Usage is what is known of the tokens so far.
	Usage() llmadapter.Tokens
}

// Step is what an event was for its answer.
type Step uint8

// Steps.
const (
	Nothing  Step = iota // a sign of life, or something about the answer: it does not count as progress
	Piece                // something of the answer itself
	Finished             // why it ended: from here on it is complete, whatever follows
	Last                 // the end mark: nothing follows
)

// MaxName is how many bytes the name of a call may have. Names of tools are short, and one that comes in ever so many pieces
// would be copied as often.
const MaxName = 256

// ErrLongName is the error of a longer one.
var ErrLongName = fmt.Errorf("the name of a call is longer than %d bytes", MaxName)
