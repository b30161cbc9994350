package directory

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// The names that the two directories have by convention.
const (
	NameAMS = "ams"
	NameDF  = "df"
)

// DF makes the behavior of the yellow pages.
func DF(c Config) actors.Behavior {
	d := newDirectory[Description](c, roles.Config{})
	d.federation = federate(d, c.Federation)
	if c.AMS != "" {
		d.lives = follow(d, c.AMS)
	}
	return d.desk.Beside(d)
}

// AMS makes the behavior of the white pages.
func AMS(c Config) actors.Behavior {
	d := newDirectory[Agent](c, roles.Config{})
	serve(d, func(t *actors.Turn, s *roles.Session, q Search[Agent]) (any, change[Agent], *Exception) {
		found, x := d.registry.search(t.Now(), s.Peer(), q.Template, q.Constraints)
		return Found[Agent]{Entries: found}, change[Agent]{}, x
	})
	return d.desk.Beside(d)
}

// directory is the layer beside the desk: it knows what time it is.
type directory[D Entry[D]] struct {
	desk       *roles.Desk
	registry   *registry[D]
	lives      *lives      // a DF's, if it listens to an AMS
	federation *federation // a DF's
	timer      actors.ID
	rings      time.Duration // when the timer does; 0: it is not set
}

func newDirectory[D Entry[D]](c Config, desk roles.Config) *directory[D] {
	d := &directory[D]{desk: roles.New(desk), registry: newRegistry[D](c)}
	serve(d, func(t *actors.Turn, s *roles.Session, q Register[D]) (any, change[D], *Exception) {
		return d.put(t, s.Peer(), "register", q.Entry)
	})
	serve(d, func(t *actors.Turn, s *roles.Session, q Modify[D]) (any, change[D], *Exception) {
		return d.put(t, s.Peer(), "modify", q.Entry)
	})
	serve(d, func(_ *actors.Turn, s *roles.Session, q Deregister[D]) (any, change[D], *Exception) {
		c, x := d.registry.deregister(s.Peer(), q.Name)
		return protocol.Done{Action: "deregister"}, c, x
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

// serve adds a function.
func serve[D Entry[D], Q any](d *directory[D], do func(t *actors.Turn, s *roles.Session, q Q) (any, change[D], *Exception)) {
	d.desk.Add(requested[Q](), serving(d, do))
}

func requested[Q any]() roles.Terms {
	return roles.Terms{Protocol: "fipa-request", Role: interaction.Participant, About: about[Q]()}
}

// serving is the part that does a function. Leases that are over by now end before. A function that gives no value and no
// exception answers later.
func serving[D Entry[D], Q any](d *directory[D], do func(t *actors.Turn, s *roles.Session, q Q) (any, change[D], *Exception)) roles.PartFunc {
	return func(t *actors.Turn, s *roles.Session, e roles.Event) error {
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
		value, c, x := do(t, s, q)
		if x != nil {
			return s.Say(t, x.Act, protocol.Reason{Code: x.Code, Detail: x.Detail})
		}
		if value == nil {
			return nil
		}
		if err := s.Say(t, protocol.Inform, value); err != nil {
			return err
		}
		return d.tell(t, c)
	}
}

func (d *directory[D]) put(t *actors.Turn, from, function string, e D) (any, change[D], *Exception) {
	granted, c, x := d.registry.put(t.Now(), from, function, e)
	return Granted[D]{granted}, c, x
}

func (d *directory[D]) describe(t *actors.Turn, s *roles.Session, _ GetDescription) (any, change[D], *Exception) {
	if x := d.registry.allowed(s.Peer(), "get-description", ""); x != nil {
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
	// All that matches, in parts: who subscribes anew learns so what has changed meanwhile.
	all, most := d.registry.matching(w.Template, len(d.registry.Held)), d.registry.config.Results
	for {
		part := all[:min(len(all), most)]
		all = all[len(part):]
		if ok, err := d.say(t, s, Found[D]{Entries: part, More: len(all) > 0}); !ok || err != nil || len(all) == 0 {
			return err
		}
	}
}

// tell tells those who watch of a change.
func (d *directory[D]) tell(t *actors.Turn, c change[D]) error {
	for _, s := range d.desk.Sessions() {
		w, ok := s.Call().(Watch[D])
		if !ok || s.State() != "ACTIVE" {
			continue
		}
		if told := c.seen(w.Template); told.What != "" {
			if _, err := d.say(t, s, told); err != nil {
				return err
			}
		}
	}
	return nil
}

// say says something in a subscription, if it may. What is said in one is bounded, by the protocol and by the desk: at the bound
// it ends, which who watches is told, and the record shows.
func (d *directory[D]) say(t *actors.Turn, s *roles.Session, value any) (said bool, err error) {
	if s.Say(t, protocol.Inform, value) == nil {
		return d.desk.Session(s.At()) != nil, nil // else the desk has ended it, and reported that
	}
	why := roles.ToldEnough(t, s)
	return false, s.Say(t, protocol.Failure, protocol.Reason{Code: "too-many-changes", Detail: why.Error()})
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

// Receive lets leases end, and forgets who turns out to be gone.
func (d *directory[D]) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Percept:
		t.Pass()
	case actors.Started:
		if d.federation != nil {
			d.federation.join(t)
		}
		if d.lives != nil {
			if err := d.lives.listen(t); err != nil {
				return err
			}
		}
	case actors.Timer:
		if e.ID == d.timer {
			d.rings = 0
		}
	case actors.Undelivered:
		if e.Reason == actors.ReasonStopped || e.Reason == actors.ReasonUnknown {
			if err := d.gone(t, e.To); err != nil {
				return err
			}
		}
	}
	if err := d.expire(t); err != nil || d.federation == nil {
		return err
	}
	return d.federation.wake(t)
}

// Conclude sets the timer to when the next lease ends, or something else is due.
func (d *directory[D]) Conclude(t *actors.Turn) error {
	next, ok := d.registry.next()
	if d.federation != nil {
		if at, due := d.federation.next(); due && (!ok || at < next) {
			next, ok = at, true
		}
	}
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
	Registry  json.RawMessage `json:"registry"`
	Timer     actors.ID       `json:"timer"`
	Rings     time.Duration   `json:"rings,omitempty"`
	Federated *federated      `json:"federated,omitempty"`
	Living    *living         `json:"living,omitempty"`
}

// Snapshot is the entries, the timer, and what a DF knows of others.
func (d *directory[D]) Snapshot() ([]byte, error) {
	state, err := json.Marshal(d.registry.written)
	if err != nil {
		return nil, err
	}
	m := memory{Registry: state, Timer: d.timer, Rings: d.rings}
	if d.federation != nil {
		m.Federated = &d.federation.federated
	}
	if d.lives != nil {
		m.Living = &d.lives.living
	}
	return json.Marshal(m)
}

// Restore takes them back.
func (d *directory[D]) Restore(state []byte) error {
	var m memory
	if err := json.Unmarshal(state, &m); err != nil {
		return fmt.Errorf("directory: restore: %w", err)
	}
	d.timer, d.rings = m.Timer, m.Rings
	if d.federation != nil && m.Federated != nil {
		d.federation.federated = *m.Federated
	}
	if d.lives != nil && m.Living != nil {
		d.lives.living = *m.Living
	}
	return d.registry.restore(m.Registry)
}
