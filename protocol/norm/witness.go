package norm

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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
	p := Penalty{v.Norm, v.Debtor, v.Case}
	if a.past(p) {
		return Decision{}
	}
	c := a.find(p)
	if c == nil || !c.Settled && !has(c.Witnesses, by) {
		a.withdraw(by)
		if c = a.find(p); c == nil { // it is new, or nobody else has seen it
			c = a.open(v)
		}
	}
	if !has(c.Witnesses, by) {
		c.Witnesses = with(c.Witnesses, by)
	}
	if c.Settled || len(c.Witnesses) < a.of.Witnesses {
		return Decision{}
	}
	c.Settled = true
	return Decision{Kind: Established, Case: p, Sanction: n.Sanction}
}

// withdraw makes room for one more testimony of a member: what few have seen can be invented, so nobody's inventions may push
// out what others have seen.
func (a *Assembly) withdraw(by string) {
	s := &a.state
	told, first := 0, -1
	for i := range s.Cases {
		if c := &s.Cases[i]; !c.Settled && has(c.Witnesses, by) {
			if told++; first < 0 {
				first = i
			}
		}
	}
	if told < MaxTold {
		return
	}
	c := &s.Cases[first]
	i, _ := slices.BinarySearch(c.Witnesses, by)
	if c.Witnesses = slices.Delete(c.Witnesses, i, i+1); len(c.Witnesses) == 0 {
		s.Cases = slices.Delete(s.Cases, first, first+1)
	}
}

// open adds a case, and forgets another if there are too many.
func (a *Assembly) open(v Violation) *seen {
	s := &a.state
	if len(s.Cases) >= MaxCases {
		i := slices.IndexFunc(s.Cases, func(c seen) bool { return !c.Settled })
		if i < 0 {
			i = slices.IndexFunc(s.Cases, func(c seen) bool { return c.Sanctioned })
		}
		i = max(i, 0)
		if v := s.Cases[i].Violation; s.Cases[i].Sanctioned {
			if s.Past = append(s.Past, digest(Penalty{v.Norm, v.Debtor, v.Case})); len(s.Past) > MaxPast {
				s.Past = slices.Delete(s.Past, 0, 1)
			}
		}
		s.Cases = slices.Delete(s.Cases, i, i+1)
	}
	s.Cases = append(s.Cases, seen{Violation: v})
	return &s.Cases[len(s.Cases)-1]
}

// past says whether a case was punished and is no longer among the cases.
func (a *Assembly) past(p Penalty) bool {
	return len(a.state.Past) > 0 && slices.Contains(a.state.Past, digest(p))
}

// digest stands for a case: names may be long, and there are many.
func digest(p Penalty) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", p.Norm, p.Debtor, p.Case))
	return hex.EncodeToString(sum[:16])
}

// sanction applies the sanction of a norm, once for each case.
func (a *Assembly) sanction(by string, p Penalty) Decision {
	c := a.find(p)
	n, known := a.Norm(p.Norm)
	switch {
	case !a.Member(by) || by == p.Debtor:
		return ignored(Unauthorised, "%s cannot punish %.100q", by, p.Debtor)
	case a.past(p):
		return ignored(Taken, "%s was punished for that already", p.Debtor)
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
	if len(s.Motions) > MaxMotions || len(s.Cases) > MaxCases || len(s.Names) > MaxCases || len(s.Norms) > MaxAdopted || len(s.Past) > MaxPast || s.Now < 0 {
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
	for _, d := range s.Past {
		if b, err := hex.DecodeString(d); err != nil || len(b) != 16 {
			return fmt.Errorf("past case %.100q", d)
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
