package roles

import (
	"errors"
	"strings"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
)

// ErrLater is returned by a Perform that has begun what takes time. What came of it is said by Desk.Done or Desk.Failed.
var ErrLater = errors.New("roles: later")

// Ended is how a session ended for the one who began it.
type Ended[C any] struct {
	At
	Call   C
	End    string          // the final state: "DONE", "REFUSED", "TIMEOUT", …
	Value  any             // what the other side has given as a result; nil: none
	Reason protocol.Reason // why there is none
	When   time.Duration   // a deadline that passed is passed at the deadline
}

// endedOf reads the end of a session from what moved it there.
func endedOf[C any](s *Session, e Event) Ended[C] {
	call, _ := s.Call().(C)
	end := Ended[C]{At: s.At(), Call: call, End: strings.Trim(e.Change.To, "[]"), When: e.Change.At}
	if e.Message == nil {
		return end
	}
	if r, ok := e.Message.Content.(protocol.Reason); ok {
		end.Reason = r
	} else if e.Message.Act == protocol.Inform {
		end.Value = e.Message.Content
	}
	return end
}

// Done says that what was asked of the agent there is done, and what came of it: a registered payload, or nil.
func (d *Desk) Done(t *actors.Turn, at At, value any) error {
	return d.finish(t, at, protocol.Inform, result(value))
}

// Failed says that it was tried, and why nothing came of it.
func (d *Desk) Failed(t *actors.Turn, at At, why error) error {
	return d.finish(t, at, protocol.Failure, reasonOf(why, "failed"))
}

// finish says how it ended to the one who asked; nothing, if the conversation has ended meanwhile.
func (d *Desk) finish(t *actors.Turn, at At, act protocol.Act, content any) error {
	s := d.Session(at)
	if s == nil {
		return nil
	}
	return s.Say(t, act, content)
}

// result is the content of an inform that ends a request.
func result(value any) any {
	if value == nil {
		return protocol.Done{Action: "request"}
	}
	return value
}

// deliver says what came of some work at once, unless it takes longer.
func deliver(t *actors.Turn, s *Session, value any, err error) error {
	switch {
	case errors.Is(err, ErrLater):
		return nil
	case err != nil:
		return s.Say(t, protocol.Failure, reasonOf(err, "failed"))
	}
	return s.Say(t, protocol.Inform, result(value))
}
