package prompted

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/plain"
)

// comeback is what a service has said that rejected a request.
type comeback struct {
	At    int           `json:"at"` // which service
	After time.Duration `json:"after"`
}

// wait is the input of the job in which a thought waits.
type wait struct {
	For time.Duration `json:"for"`
}

// waiting is the name of that job.
const waiting = "wait"

func init() { actors.Payload[wait]("prompted.wait") }

// service is the one that a thought asks now. One that was begun under another configuration may be further on than there
// are services now.
func (m *mind) service(th *thought) string {
	if th.At == 0 || th.At > len(m.cfg.Then) {
		return m.cfg.Model
	}
	return m.cfg.Then[th.At-1]
}

// afresh forgets what was said to the service before: the next one has not heard it.
func (th *thought) afresh() { th.Exchange, th.Complaint, th.Repairs = nil, "", 0 }

// because is why not the first service decided, and what else is to be said of the answer.
func (th *thought) because(further string) string {
	all := th.Vain
	if further != "" {
		all = append(all[:len(all):len(all)], further)
	}
	return plain.Part(strings.Join(all, "; "))
}

// inVain goes on when a service did not decide: with the next one, or with the one to wait for, or without any. value may
// be a Rejected.
func (m *mind) inVain(t *actors.Turn, th *thought, why string, value any) error {
	if len(m.cfg.Then) == 0 && m.cfg.Waits == 0 {
		return m.giveUp(t, th, why)
	}
	if no, ok := value.(llmadapter.Rejected); ok && no.RetryAfter > 0 && (th.Back == nil || no.RetryAfter < th.Back.After) {
		th.Back = &comeback{th.At, no.RetryAfter}
	}
	th.Vain = append(th.Vain, plain.Shortened(m.service(th)+": "+plain.Part(why), keptText))
	th.afresh()
	if th.At < len(m.cfg.Then) {
		th.At++
		return m.ask(t, th)
	}
	if th.Back != nil && th.Waited < m.cfg.Waits {
		th.At, th.Waited = th.Back.At, th.Waited+1
		after := th.Back.After
		th.Back = nil
		if most := int64(after / 8); most > 0 { // a little longer by chance: many were told the same
			after += time.Duration(t.Rand().Int64N(most))
		}
		th.ID = t.Do(waiting, wait{after})
		return nil
	}
	return m.giveUp(t, th, strings.Join(th.Vain, "; "))
}

// waited asks again, unless there was no time to wait.
func (m *mind) waited(t *actors.Turn, th *thought, e actors.Result) error {
	t.Continue()
	if e.Error != "" {
		return m.giveUp(t, th, strings.Join(append(th.Vain, e.Error), "; "))
	}
	return m.ask(t, th)
}

// errNoTime says that what is left of a thought's limit is less than it would have to wait.
var errNoTime = errors.New("there is no time to come back")

// Work waits. What is left of the thought's limit is known here only: a turn knows no clock.
func (m *mind) Work(ctx context.Context, job string, input any) (any, error) {
	w, ok := input.(wait)
	if !ok || job != waiting {
		return nil, fmt.Errorf("prompted: there is no job %q", job) // a fallback has wanted it
	}
	after := w.For
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= after {
		return nil, errNoTime
	}
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
