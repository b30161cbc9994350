package directory

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
	"github.com/polis-agents/polis/protocol/monitor"
)

// The names that the two directories have by convention.
const (
	NameAMS = "ams"
	NameDF  = "df"
)

// DF makes the behavior of the yellow pages.
func DF(c Config) actors.Behavior {
	d := newDirectory[Description](c)
	if c.AMS != "" {
		d.lives = AddClient(d.desk, c.AMS, Ears[Agent]{Changed: func(t *actors.Turn, _ Agent, a Change[Agent]) error {
			if a.What == "gone" {
				return d.gone(t, a.Entry.Name)
			}
			return nil
		}, Ended: d.again})
	}
	return d.desk.Beside(d)
}

// AMS makes the behavior of the white pages.
func AMS(c Config) actors.Behavior {
	d := newDirectory[Agent](c)
	return d.desk.Beside(d)
}

// directory is the layer beside the desk: it knows what time it is.
type directory[D Entry[D]] struct {
	desk     *roles.Desk
	registry *registry[D]
	lives    *Client[Agent] // a DF's, of the AMS
	timer    actors.ID
	rings    time.Duration // when the timer does; 0: it is not set
}

func newDirectory[D Entry[D]](c Config) *directory[D] {
	d := &directory[D]{desk: roles.New(roles.Config{}), registry: newRegistry[D](c)}
	serve(d, func(t *actors.Turn, from string, q Register[D]) (any, change[D], *Exception) {
		return d.put(t, from, "register", q.Entry)
	})
	serve(d, func(t *actors.Turn, from string, q Modify[D]) (any, change[D], *Exception) {
		return d.put(t, from, "modify", q.Entry)
	})
	serve(d, func(_ *actors.Turn, from string, q Deregister[D]) (any, change[D], *Exception) {
		c, x := d.registry.deregister(from, q.Name)
		return protocol.Done{Action: "deregister"}, c, x
	})
	serve(d, func(_ *actors.Turn, from string, q Search[D]) (any, change[D], *Exception) {
		found, x := d.registry.search(from, q.Template, q.Constraints)
		return Found[D]{found}, change[D]{}, x
	})
	serve(d, d.describe)
	d.desk.Add(roles.Terms{Protocol: "fipa-subscribe", Role: interaction.Participant, About: about[Watch[D]]()}, roles.PartFunc(d.subscribe))
	return d
}

func about[T any]() string {
	var zero T
	name, _ := journal.NameOf(zero)
	return name
}

// serve adds a function. Leases that are over by now end before.
func serve[D Entry[D], Q any](d *directory[D], do func(t *actors.Turn, from string, q Q) (any, change[D], *Exception)) {
	d.desk.Add(roles.Terms{Protocol: "fipa-request", Role: interaction.Participant, About: about[Q]()}, roles.PartFunc(
		func(t *actors.Turn, s *roles.Session, e roles.Event) error {
			if e.Message == nil || e.Message.Act != protocol.Request || e.Change.Final {
				return nil
			}
			q, ok := e.Message.Content.(Q)
			if !ok {
				return s.Say(t, protocol.NotUnderstood, protocol.Reason{Code: "unrecognised-value"})
			}
			if err := d.expire(t); err != nil {
				return err
			}
			value, c, x := do(t, s.Peer(), q)
			if x != nil {
				return s.Say(t, x.Act, protocol.Reason{Code: x.Code, Detail: x.Detail})
			}
			if err := s.Say(t, protocol.Inform, value); err != nil {
				return err
			}
			return d.tell(t, c)
		}))
}

func (d *directory[D]) put(t *actors.Turn, from, function string, e D) (any, change[D], *Exception) {
	granted, c, x := d.registry.put(t.Now(), from, function, e)
	return Granted[D]{granted}, c, x
}

func (d *directory[D]) describe(t *actors.Turn, from string, _ GetDescription) (any, change[D], *Exception) {
	if x := d.registry.allowed(from, "get-description", ""); x != nil {
		return nil, change[D]{}, x
	}
	if _, ams := any(d.registry).(*registry[Agent]); !ams {
		return nil, change[D]{}, refuse("unsupported-function", "get-description; it is a function of the AMS")
	}
	return Platform{t.Self(), len(d.registry.Held)}, change[D]{}, nil
}

// subscribe answers a subscription with what matches now.
func (d *directory[D]) subscribe(t *actors.Turn, s *roles.Session, e roles.Event) error {
	if e.Message == nil || e.Message.Act != protocol.Subscribe || e.Change.Final {
		return nil
	}
	w, ok := e.Message.Content.(Watch[D])
	if !ok {
		return s.Say(t, protocol.NotUnderstood, protocol.Reason{Code: "unrecognised-value"})
	}
	if err := d.expire(t); err != nil {
		return err
	}
	x := d.registry.allowed(s.Peer(), "subscribe", w.Template.id())
	if x == nil {
		x = w.Template.bad()
	}
	if x != nil {
		return s.Say(t, x.Act, protocol.Reason{Code: x.Code, Detail: x.Detail})
	}
	return s.Say(t, protocol.Inform, Found[D]{d.registry.matching(w.Template, 0)})
}

// tell tells those who watch of a change.
func (d *directory[D]) tell(t *actors.Turn, c change[D]) error {
	for _, s := range d.desk.Sessions() {
		w, ok := s.Call().(Watch[D])
		if !ok || s.State() != "ACTIVE" && s.State() != "CANCEL_ASKED/ACTIVE" {
			continue
		}
		// What is said in one subscription is bounded, by the protocol and by the desk, which then has ended it.
		if told := c.seen(w.Template); told.What != "" && s.Say(t, protocol.Inform, told) != nil && d.desk.Session(s.At()) != nil {
			if err := s.Say(t, protocol.Failure, protocol.Reason{Code: "too-many-changes"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// expire removes what has no lease any more, and tells of it.
func (d *directory[D]) expire(t *actors.Turn) error {
	for _, c := range d.registry.expire(t.Now()) {
		if err := d.tell(t, c); err != nil {
			return err
		}
	}
	return nil
}

// gone removes the entry of an agent that lives no longer.
func (d *directory[D]) gone(t *actors.Turn, name string) error {
	c, ok := d.registry.remove(name)
	if !ok {
		return nil
	}
	return d.tell(t, c)
}

// again listens to the AMS again when a subscription is over in its time; not to one that is not there or does not want it.
func (d *directory[D]) again(t *actors.Turn, function string, x *Exception) error {
	if function != "subscribe" || x != nil && !slices.Contains([]string{"TIMEOUT", "CANCEL_TIMEOUT", "expired", "too-many-changes", monitor.CodeBudget, monitor.CodeLivelock}, x.Code) {
		return nil
	}
	_, err := d.lives.Subscribe(t, Agent{}, 0)
	return err
}

// Receive lets leases end, and forgets who turns out to be gone.
func (d *directory[D]) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Percept:
		t.Pass()
	case actors.Started:
		if d.lives != nil {
			if _, err := d.lives.Subscribe(t, Agent{}, 0); err != nil {
				return err
			}
		}
	case actors.Timer:
		if e.ID == d.timer {
			d.rings = 0
		}
	case actors.Undelivered:
		if e.Reason == actors.ReasonStopped || e.Reason == actors.ReasonUnknown {
			return errors.Join(d.expire(t), d.gone(t, e.To))
		}
	}
	return d.expire(t)
}

// Conclude sets the timer to when the next lease ends.
func (d *directory[D]) Conclude(t *actors.Turn) error {
	next, ok := d.registry.next()
	if !ok || d.rings != 0 && d.rings <= next {
		return nil
	}
	if d.rings != 0 {
		t.Cancel(d.timer)
	}
	d.timer, d.rings = t.After(max(next-t.Now(), 0)), next
	return nil
}

// memory is what a directory hands over; its desk does so itself.
type memory struct {
	Registry json.RawMessage `json:"registry"`
	Timer    actors.ID       `json:"timer"`
	Rings    time.Duration   `json:"rings,omitempty"`
}

// Snapshot is the entries and the timer.
func (d *directory[D]) Snapshot() ([]byte, error) {
	state, err := json.Marshal(d.registry.written)
	if err != nil {
		return nil, err
	}
	return json.Marshal(memory{state, d.timer, d.rings})
}

// Restore takes them back.
func (d *directory[D]) Restore(state []byte) error {
	var m memory
	if err := json.Unmarshal(state, &m); err != nil {
		return fmt.Errorf("directory: restore: %w", err)
	}
	d.timer, d.rings = m.Timer, m.Rings
	return d.registry.restore(m.Registry)
}
