package norm

import (
	"slices"
	"time"

	"github.com/polis-agents/polis/protocol"
)

// Event is something that was said, or a fact of the world.
type Event struct {
	At           time.Duration // since the start of the society
	By           string        // who said it, or whom the fact is about
	To           []string
	Act          protocol.Act
	Protocol     string
	Kind         string // of the content
	Conversation string
	Fact         string
	Value        int
}

// Said is that a message was sent at that time.
func Said(at time.Duration, m *protocol.Message) Event {
	return Event{At: at, By: m.Sender, To: m.Receivers, Act: m.Act, Protocol: m.Protocol, Kind: protocol.KindOf(m.Content), Conversation: m.Conversation}
}

// Fact is that something about an agent is so from that time on: it has caught, paid, built so much.
func Fact(at time.Duration, fact, agent string, value int) Event {
	return Event{At: at, By: agent, Fact: fact, Value: value}
}

// matches says whether an event is what a pattern describes, for who is bound and the other.
func (e *Entity) matches(p *Pattern, v *Event, self, other string) bool {
	return p.about(v) && e.is(v.By, p.By, self, other) && (p.To == "" || slices.ContainsFunc(v.To, func(to string) bool { return e.is(to, p.To, self, other) }))
}

// about says whether an event is what a pattern describes, whoever takes part.
func (p *Pattern) about(v *Event) bool {
	if p.Fact != v.Fact || p.Fact != "" && v.Value < p.AtLeast {
		return false
	}
	return (p.Act == "" || p.Act == v.Act) && (p.Protocol == "" || p.Protocol == v.Protocol) && (p.Kind == "" || p.Kind == v.Kind)
}

// is says whether an agent is who a pattern names.
func (e *Entity) is(agent, who, self, other string) bool {
	switch who {
	case "":
		return true
	case Self:
		return agent == self
	case Other:
		return agent == other && other != ""
	}
	return e.plays(agent, who)
}

// Observe tells what was said or what happened. Deadlines before its time pass first; one that is before Now counts as now
// (choice). What a regimented norm prohibits gives a Failure, and counts as not said. Then, in this order: obligations are met
// and prohibitions broken, norms go out of force, norms come in force. So nothing is met by the event that put it in force.
func (e *Entity) Observe(v Event) []Signal {
	if v.At > e.state.Now {
		e.expire(v.At - 1)
		e.state.Now = v.At
	}
	does := func(in *Instance) bool {
		n := e.norm(in.Norm)
		return in.Goal == "" && n.Do != nil && (n.Do.Fact != "" || in.Conversation == "" || in.Conversation == v.Conversation) &&
			e.matches(n.Do, &v, in.Debtor, in.Other)
	}
	failed := false
	for _, in := range e.owed[v.By] {
		if e.norm(in.Norm).Regimented && does(in) {
			e.signal(Failure, in, Broken)
			failed = true
		}
	}
	if failed {
		return e.signals()
	}
	e.resolve(v.By, func(in *Instance) verdict {
		switch {
		case !does(in):
			return open
		case e.norm(in.Norm).Deontic == Prohibition:
			return broken
		}
		return met
	})
	e.release(&v)
	for i := range e.state.Norms {
		if n := &e.state.Norms[i]; n.When != nil {
			e.awaken(n, &v)
		}
	}
	return e.signals()
}

// release puts out of force what an event ends.
func (e *Entity) release(v *Event) {
	var ends []*Norm
	for i := range e.state.Norms {
		if n := &e.state.Norms[i]; n.Unless != nil && n.Unless.about(v) {
			ends = append(ends, n)
		}
	}
	if len(ends) == 0 {
		return
	}
	e.lapse(func(in *Instance) bool {
		return in.Goal == "" && slices.ContainsFunc(ends, func(n *Norm) bool { return n.Name == in.Norm && e.matches(n.Unless, v, in.Debtor, in.Other) })
	})
}

// awaken puts a norm in force for whom an event does it.
func (e *Entity) awaken(n *Norm, v *Event) {
	if n.When.By != Self && n.When.To != Self {
		for _, agent := range e.Players(n.Role) {
			if e.matches(n.When, v, agent, "") {
				e.activate(n, Instance{Debtor: agent})
			}
		}
		return
	}
	for _, pair := range v.pairs(n.When.By == Self) {
		if self, other := pair[0], pair[1]; e.plays(self, n.Role) && e.matches(n.When, v, self, other) {
			e.activate(n, Instance{Debtor: self, Other: other, Conversation: v.Conversation})
		}
	}
}

// pairs are who is bound and the other, when the speaker is, or the receivers are.
func (v *Event) pairs(speaker bool) (all [][2]string) {
	if speaker && len(v.To) == 0 {
		return [][2]string{{v.By, ""}}
	}
	for _, to := range v.To {
		if speaker {
			all = append(all, [2]string{v.By, to})
		} else {
			all = append(all, [2]string{to, v.By})
		}
	}
	return all
}
