package norm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// witness notes that a member has seen a norm broken. Nobody is a witness of what it did itself.
func (a *Assembly) witness(by string, v Violation) Decision {
	n, known := a.Norm(v.Norm)
	switch {
	case !a.Member(by) || by == v.Debtor:
		return ignored(Unauthorised, "%s cannot be a witness of what %.100q did", by, v.Debtor)
	case !known:
		return ignored(Unknown, "norm %.100q is not in force", v.Norm)
	case !named(v.Debtor) || !named(v.Case):
		return ignored(Unknown, "debtor %.100q and case %.100q; accepted are names of 1 to %d bytes", v.Debtor, v.Case, maxName)
	}
	c := a.find(Penalty{v.Norm, v.Debtor, v.Case})
	if c == nil {
		s := &a.state
		if s.Cases = append(s.Cases, seen{Violation: v}); len(s.Cases) > MaxCases {
			s.Cases = slices.Delete(s.Cases, 0, 1)
		}
		c = &s.Cases[len(s.Cases)-1]
	}
	if !has(c.Witnesses, by) {
		c.Witnesses = with(c.Witnesses, by)
	}
	if c.Settled || len(c.Witnesses) < a.of.Witnesses {
		return Decision{}
	}
	c.Settled = true
	return Decision{Kind: Established, Case: Penalty{v.Norm, v.Debtor, v.Case}, Sanction: n.Sanction}
}

// sanction applies the sanction of a norm, once for each case.
func (a *Assembly) sanction(by string, p Penalty) Decision {
	c := a.find(p)
	n, known := a.Norm(p.Norm)
	switch {
	case !a.Member(by) || by == p.Debtor:
		return ignored(Unauthorised, "%s cannot punish %.100q", by, p.Debtor)
	case c == nil || !c.Settled || !known:
		return Decision{Kind: Unfounded, Case: p}
	case c.Sanctioned:
		return ignored(Taken, "%s was punished for that already", p.Debtor)
	}
	c.Sanctioned = true
	return Decision{Kind: Punished, Case: p, Sanction: n.Sanction}
}

func (a *Assembly) find(p Penalty) *seen {
	return find(a.state.Cases, func(c *seen) bool {
		return c.Violation.Norm == p.Norm && c.Violation.Debtor == p.Debtor && c.Violation.Case == p.Case
	})
}

// Witnesses are the members who have spoken of a case; sorted.
func (a *Assembly) Witnesses(p Penalty) []string {
	if c := a.find(p); c != nil {
		return slices.Clone(c.Witnesses)
	}
	return nil
}

// Unpunished are the cases that are established and have had no sanction, oldest first.
func (a *Assembly) Unpunished() (all []Penalty) {
	for _, c := range a.state.Cases {
		if v := c.Violation; c.Settled && !c.Sanctioned {
			all = append(all, Penalty{v.Norm, v.Debtor, v.Case})
		}
	}
	return all
}

// Snapshot is all that has become of the assembly, as JSON.
func (a *Assembly) Snapshot() ([]byte, error) { return json.Marshal(a.state) }

// Reconvene goes on with an assembly from a snapshot. What an assembly could not hold is refused.
func Reconvene(c Constitution, snapshot []byte) (*Assembly, error) {
	a, err := Convene(c)
	if err != nil {
		return nil, err
	}
	if len(snapshot) > MaxSnapshot {
		return nil, fmt.Errorf("norm: a snapshot of %d bytes; accepted are at most %d", len(snapshot), MaxSnapshot)
	}
	d := json.NewDecoder(bytes.NewReader(snapshot))
	d.DisallowUnknownFields()
	if err = d.Decode(&a.state); err == nil && d.More() {
		err = errors.New("there is more after the snapshot")
	}
	if err == nil {
		err = a.check()
	}
	if err != nil {
		return nil, fmt.Errorf("norm: reconvene an assembly: %w", err)
	}
	return a, nil
}

// check says what of a restored state could not have come about.
func (a *Assembly) check() error {
	s := &a.state
	if len(s.Motions) > MaxMotions || len(s.Cases) > MaxCases || len(s.Names) > MaxCases || len(s.Norms) > MaxAdopted || s.Now < 0 {
		return fmt.Errorf("%d motions, %d cases, %d norms at %v; accepted are %d, %d, %d", len(s.Motions), len(s.Cases), len(s.Norms), s.Now,
			MaxMotions, MaxCases, MaxAdopted)
	}
	for i := range s.Norms {
		if i > 0 && s.Norms[i-1].Name >= s.Norms[i].Name {
			return fmt.Errorf("norm %.100q is not in the order of names", s.Norms[i].Name)
		}
		if err := a.fit(Motion{Name: "restored", Norm: &s.Norms[i]}); err != nil {
			return err
		}
	}
	for i, p := range s.Motions {
		if err := a.fit(p.Motion); err != nil {
			return err
		}
		before := i > 0 && (s.Motions[i-1].Until > p.Until || s.Motions[i-1].Until == p.Until && strings.Compare(s.Motions[i-1].Motion.Name, p.Motion.Name) >= 0)
		if before || !named(p.Motion.Name) || !sorted(p.For) || !sorted(p.Against) {
			return fmt.Errorf("motion %.100q is out of order", p.Motion.Name)
		}
	}
	for _, c := range s.Cases {
		if !sorted(c.Witnesses) || !named(c.Violation.Debtor) || !named(c.Violation.Case) {
			return fmt.Errorf("case %.100q of %.100q", c.Violation.Case, c.Violation.Debtor)
		}
	}
	if !sorted(s.Members) {
		return errors.New("members out of order")
	}
	return nil
}

// sorted says whether names are in order, each once.
func sorted(names []string) bool {
	for i := range names {
		if i > 0 && names[i-1] >= names[i] {
			return false
		}
	}
	return true
}
