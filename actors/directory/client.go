package directory

import (
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/protocol"
)

// Ears are what an agent is told about what it asked of a directory. What is nil is not told.
type Ears[D Entry[D]] struct {
	// Found is told what a search found, and what a subscription finds at first: that, maybe, in parts.
	Found func(t *actors.Turn, template D, entries []D) error
	// Whole is told the same before, with what else belongs to the answer: where each entry comes from, what is missing, and
	// whether another part follows.
	Whole func(t *actors.Turn, template D, answer Found[D]) error
	// Granted is told how an entry of its own was registered or renewed: with which lease.
	Granted func(t *actors.Turn, entry D) error
	// Changed is told every change of what is subscribed to.
	Changed func(t *actors.Turn, template D, c Change[D]) error
	// Ended is told the end of everything: which function it was ("subscribe" among them), and the exception if it was not
	// done. No answer is a failure, whose code is the final state of the conversation: "TIMEOUT", "UNDELIVERABLE".
	Ended func(t *actors.Turn, function string, x *Exception) error
}

// Client is an agent's side of a directory.
type Client[D Entry[D]] struct {
	at         string
	register   *roles.Client[Register[D]]
	modify     *roles.Client[Modify[D]]
	deregister *roles.Client[Deregister[D]]
	search     *roles.Client[Search[D]]
	watch      *roles.Subscriber[Watch[D]]
}

// AddClient lets an agent use the directory of that name: with Ears[Description] a DF, with Ears[Agent] an AMS.
func AddClient[D Entry[D]](d *roles.Desk, at string, ears Ears[D]) *Client[D] {
	return &Client[D]{
		at:         at,
		register:   roles.AddClient(d, ended[D, Register[D]](ears, "register")),
		modify:     roles.AddClient(d, ended[D, Modify[D]](ears, "modify")),
		deregister: roles.AddClient(d, ended[D, Deregister[D]](ears, "deregister")),
		search:     roles.AddClient(d, ended[D, Search[D]](ears, "search")),
		watch:      roles.AddSubscriber(d, ears.told, ended[D, Watch[D]](ears, "subscribe")),
	}
}

// Register enters the agent, or another, into the directory.
func (c *Client[D]) Register(t *actors.Turn, entry D) error {
	_, err := c.register.Request(t, Register[D]{entry}, 0, c.at)
	return err
}

// Renew enters it anew: with a new lease, or as something else.
func (c *Client[D]) Renew(t *actors.Turn, entry D) error {
	_, err := c.modify.Request(t, Modify[D]{entry}, 0, c.at)
	return err
}

// Deregister takes an entry out.
func (c *Client[D]) Deregister(t *actors.Turn, name string) error {
	_, err := c.deregister.Request(t, Deregister[D]{name}, 0, c.at)
	return err
}

// Search asks for what matches a template.
func (c *Client[D]) Search(t *actors.Turn, template D, within Constraints) error {
	_, err := c.search.Request(t, Search[D]{template, within}, 0, c.at)
	return err
}

// Subscribe asks to be told of what matches a template, within some time (0: as the protocol says), and of every change. It
// gives the conversation, which Desk.Cancel ends.
func (c *Client[D]) Subscribe(t *actors.Turn, template D, within time.Duration) (conversation string, err error) {
	return c.watch.Subscribe(t, Watch[D]{template}, within, c.at)
}

func (e Ears[D]) told(t *actors.Turn, _ string, topic Watch[D], value any) error {
	switch v := value.(type) {
	case Found[D]:
		return e.found(t, topic.Template, v)
	case Change[D]:
		if e.Changed != nil {
			return e.Changed(t, topic.Template, v)
		}
	}
	return nil
}

// found hands over what was found.
func (e Ears[D]) found(t *actors.Turn, template D, f Found[D]) error {
	if e.Whole != nil {
		if err := e.Whole(t, template, f); err != nil {
			return err
		}
	}
	if e.Found == nil {
		return nil
	}
	return e.Found(t, template, f.Entries)
}

// ended hands over how a request ended.
func ended[D Entry[D], Q any](e Ears[D], function string) func(*actors.Turn, roles.Ended[Q]) error {
	return func(t *actors.Turn, end roles.Ended[Q]) error {
		switch v := end.Value.(type) {
		case Found[D]:
			if q, ok := any(end.Call).(Search[D]); ok {
				if err := e.found(t, q.Template, v); err != nil {
					return err
				}
			}
		case Granted[D]:
			if e.Granted != nil {
				if err := e.Granted(t, v.Entry); err != nil {
					return err
				}
			}
		}
		if e.Ended == nil {
			return nil
		}
		return e.Ended(t, function, exceptionOf(end.End, end.Reason))
	}
}

// exceptionOf is the exception in how a request ended; nil: it was done, or was cancelled by oneself.
func exceptionOf(end string, r protocol.Reason) *Exception {
	switch end {
	case "DONE", "CANCELLED":
		return nil
	case "REFUSED":
		return &Exception{protocol.Refuse, r.Code, r.Detail}
	case "NU":
		return &Exception{protocol.NotUnderstood, r.Code, r.Detail}
	case "FAILED":
		return &Exception{protocol.Failure, r.Code, r.Detail}
	}
	return &Exception{protocol.Failure, end, "the directory did not answer"}
}
