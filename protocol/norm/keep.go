package norm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// MaxSnapshot is how long a snapshot may be, in bytes.
const MaxSnapshot = 16 << 20

// Snapshot is all that has become of the organisation, as JSON: the same for equal pasts.
func (e *Entity) Snapshot() ([]byte, error) { return json.Marshal(e.state) }

// Restore goes on with an organisation from a snapshot. What an Entity of it could not hold is refused.
func Restore(o Organisation, snapshot []byte) (*Entity, error) {
	if len(snapshot) > MaxSnapshot {
		return nil, fmt.Errorf("norm: a snapshot of %d bytes; accepted are at most %d", len(snapshot), MaxSnapshot)
	}
	d := json.NewDecoder(bytes.NewReader(snapshot))
	d.DisallowUnknownFields()
	var s state
	err := d.Decode(&s)
	if err == nil && d.More() {
		err = errors.New("there is more after the snapshot")
	}
	if err != nil {
		return nil, fmt.Errorf("norm: restore an organisation: %w", err)
	}
	o.Norms = s.Norms
	if err := o.Check(); err != nil {
		return nil, fmt.Errorf("norm: restore an organisation: %w", err)
	}
	e := declared(o)
	if s.Plays == nil {
		s.Plays = map[string][]Play{}
	}
	e.state = s
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("norm: restore organisation %q: %w", o.Name, err)
	}
	return e, nil
}

// check says what of a restored state could not have come about, and indexes it. It holds whatever the methods take for granted.
func (e *Entity) check() error {
	s := &e.state
	if len(s.Groups) > MaxGroups || len(s.Running) > MaxRunning || len(s.Instances) > MaxInstances || s.Now < 0 {
		return fmt.Errorf("%d groups, %d schemes, %d norms in force at %v; accepted are %d, %d, %d", len(s.Groups), len(s.Running), len(s.Instances), s.Now,
			MaxGroups, MaxRunning, MaxInstances)
	}
	for i, g := range s.Groups {
		if i > 0 && s.Groups[i-1].Name >= g.Name || !named(g.Name) || e.org.group(g.Kind) == nil {
			return fmt.Errorf("group %.100q of kind %.100q", g.Name, g.Kind)
		}
		if in := e.group(g.In); g.In != "" && (in == nil || find(e.org.group(in.Kind).Subgroups, func(p *Place) bool { return p.Name == g.Kind }) == nil) {
			return fmt.Errorf("group %q in %.100q", g.Name, g.In)
		}
	}
	all := 0
	for agent, plays := range s.Plays {
		if all += len(plays); !named(agent) || len(plays) == 0 || all > MaxPlays {
			return fmt.Errorf("agent %.100q plays %d roles", agent, len(plays))
		}
		for i, p := range plays {
			g := e.group(p.Group)
			if g == nil || e.org.group(g.Kind).place(p.Role) == nil || i > 0 && plays[i-1].compare(p) >= 0 {
				return fmt.Errorf("agent %q plays %.100q in %.100q", agent, p.Role, p.Group)
			}
		}
	}
	for i := range s.Running {
		r := &s.Running[i]
		if i > 0 && s.Running[i-1].Name >= r.Name {
			return fmt.Errorf("scheme %.100q is not in the order of names", r.Name)
		}
		if err := e.checkRunning(r); err != nil {
			return fmt.Errorf("scheme %.100q: %w", r.Name, err)
		}
	}
	for i, in := range s.Instances {
		if in == nil {
			return errors.New("a norm in force that is null")
		}
		if i > 0 && s.Instances[i-1].ID >= in.ID || in.ID > s.Serial || in.Deadline < 0 || !named(in.Debtor) || !e.sound(in) || e.crowded(in) {
			return fmt.Errorf("norm %.100q in force for %.100q", in.Norm, in.Debtor)
		}
		e.add(in)
	}
	return nil
}

func (e *Entity) checkRunning(r *running) error {
	kind := e.org.scheme(r.Kind)
	if !named(r.Name) || kind == nil || e.group(r.Group) == nil {
		return fmt.Errorf("of kind %.100q in group %.100q", r.Kind, r.Group)
	}
	for i, c := range r.Commitments {
		if !named(c.Agent) || kind.mission(c.Mission) == nil || slices.Contains(r.Commitments[:i], c) {
			return fmt.Errorf("%.100q is committed to %.100q", c.Agent, c.Mission)
		}
	}
	i := 0
	wrong := false
	kind.Goal.leaves(func(g *Goal) {
		wrong = wrong || i >= len(r.Leaves) || r.Leaves[i].Goal != g.Name
		i++
	})
	if wrong || i != len(r.Leaves) {
		return fmt.Errorf("%d goals to work at; accepted are those of scheme %q", len(r.Leaves), r.Kind)
	}
	return nil
}

// sound says whether an instance is of a norm, and if of a goal or a mission, of one of a running scheme.
func (e *Entity) sound(in *Instance) bool {
	n, s := e.norm(in.Norm), e.scheme(in.Scheme)
	if n == nil || (n.Mission == "") != (in.Scheme == "") || in.Scheme != "" && s == nil {
		return false
	}
	if in.Goal == "" {
		return s == nil || e.org.scheme(s.Kind).mission(n.Mission) != nil
	}
	return s != nil && e.leafOf(in) != nil && e.org.scheme(s.Kind).mission(n.Mission) != nil
}
