package norm

import (
	"maps"
	"slices"

	"github.com/polis-agents/polis/protocol"
)

// May says why an agent must not send a message to one of its receivers now; nil: it may. It must not if
//   - a regimented prohibition of one of its roles is about the act (Prohibited),
//   - the organisation is closed, and no permission or obligation of one of its roles is (Unauthorised),
//   - there are links of communication or authority, and none leads from the one to the other (Unlinked).
//
// The sender must be the true one: in a society the runtime has stamped it.
func (e *Entity) May(m *protocol.Message, to string) error {
	v := Said(0, m)
	v.To = []string{to}
	for _, in := range e.owed[m.Sender] {
		if n := e.norm(in.Norm); n.Regimented && !n.lasting() && n.Do != nil && n.Do.Fact == "" &&
			(in.Conversation == "" || in.Conversation == v.Conversation) && e.matches(n.Do, &v, in.Debtor, in.Other) {
			return refuse(Prohibited, "norm %q keeps %s from saying %s to %s", n.Name, m.Sender, m.Act, to)
		}
	}
	return e.standing(&v, to)
}

// lasting says whether a norm is in force for whoever plays its role, as long as it does.
func (n *Norm) lasting() bool { return n.When == nil && n.Unless == nil && n.Within == 0 }

// standing is May without the prohibitions that are not lasting.
func (e *Entity) standing(v *Event, to string) error {
	permitted := !e.org.Closed
	for i := range e.state.Norms {
		n := &e.state.Norms[i]
		if n.Do == nil || n.Do.Fact != "" || n.Deontic == Prohibition && !(n.Regimented && n.lasting()) || n.Deontic != Prohibition && permitted ||
			!e.plays(v.By, n.Role) || !e.allows(n, v, to) {
			continue
		}
		if n.Deontic == Prohibition {
			return refuse(Prohibited, "norm %q keeps %s from saying %s to %s", n.Name, v.By, v.Act, to)
		}
		permitted = true
	}
	switch {
	case !permitted:
		return refuse(Unauthorised, "no role of %s lets it say %s to %s", v.By, v.Act, to)
	case slices.ContainsFunc(e.org.Links, func(l Link) bool { return l.Relation >= Communication }) && !e.linked(Communication, v.By, to):
		return refuse(Unlinked, "no link lets %s speak to %s", v.By, to)
	}
	return nil
}

// allows says whether what is said is what a norm is about. Who the other of an obligation is, is not known before it is in
// force: it may be any.
func (e *Entity) allows(n *Norm, v *Event, to string) bool {
	return e.matches(n.Do, v, v.By, to)
}

// Rights are who may say what to whom, as it was when they were made: for the rule of a society, polis.Society.May, which must
// give the same answer whenever it is asked. It may be asked concurrently.
type Rights struct{ entity Entity }

// Rights are those of now. They are refused where a regimented prohibition has an activation: it depends on what was said, and
// a society's rule sees one message only.
func (e *Entity) Rights() (*Rights, error) {
	for _, n := range e.state.Norms {
		if n.Regimented && n.Do != nil && !n.lasting() {
			return nil, refuse(Unknown, "norm %q is regimented for a while; accepted in rights are prohibitions without when, unless and within", n.Name)
		}
	}
	r := &Rights{Entity{org: e.org, supers: e.supers}}
	r.entity.state = state{Norms: e.state.Norms, Groups: slices.Clone(e.state.Groups), Plays: maps.Clone(e.state.Plays)}
	for agent, plays := range r.entity.state.Plays {
		r.entity.state.Plays[agent] = slices.Clone(plays)
	}
	return r, nil
}

// May is Entity.May, as it was.
func (r *Rights) May(m *protocol.Message, to string) error {
	v := Said(0, m)
	v.To = []string{to}
	return r.entity.standing(&v, to)
}
