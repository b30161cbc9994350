package environmenttest

import (
	"fmt"
	"math/rand/v2"

	"github.com/google/jsonschema-go/jsonschema"
)

// fullyObservable: "a percept shows the whole state". Where an agent perceives the same, the state is the same.
func (c *course) fullyObservable() error {
	if !c.def.Properties.FullyObservable {
		return nil
	}
	seen := map[string]step{}
	for _, s := range c.steps {
		if s.kind != perceives {
			continue
		}
		key := s.who + "\x00" + s.shown
		if old, ok := seen[key]; ok && old.state != s.state {
			return fmt.Errorf("declared so, but %s and %s gave the same, %.80s, of the states %s", old.where, s.where, s.shown, differ(old.state, s.state))
		}
		seen[key] = s
	}
	return nil
}

// deterministic: "no chance is drawn".
func (c *course) deterministic() error {
	if !c.def.Properties.Deterministic {
		return nil
	}
	drew := ""
	p := &play{course: c, source: func(where string, r *rand.Rand) *rand.Rand {
		return rand.New(watched{r, func() {
			if drew == "" {
				drew = where
			}
		}})
	}}
	if err := p.run(); err != nil {
		return err
	}
	if drew != "" {
		return fmt.Errorf("declared so, but %s draws from r", drew)
	}
	return nil
}

// watched says when chance is drawn.
type watched struct {
	rand.Source
	drawn func()
}

// Uint64 draws.
func (w watched) Uint64() uint64 {
	w.drawn()
	return w.Source.Uint64()
}

// episodic: "what is done now does not bear on later rounds". What is perceived when a round opens must not depend on
// whether anybody acted in the round before.
func (c *course) episodic() error {
	if !c.def.Properties.Episodic {
		return nil
	}
	for idle := 1; idle < min(c.rounds, 6); idle++ {
		p := &play{course: c, absent: func(_ string, round int) bool { return round == idle }}
		if err := p.run(); err != nil {
			return err
		}
		want, got := c.opening(c.steps, idle+1), c.opening(p.steps, idle+1)
		for i := range min(len(want), len(got)) {
			if a, b := want[i], got[i]; a.where == b.where && a.shown != b.shown {
				return fmt.Errorf("declared so, but %s gave %s, where nobody had acted in the round before", a.where, differ(a.shown, b.shown))
			}
		}
	}
	return nil
}

// opening are the percepts with which a round opens.
func (c *course) opening(steps []step, round int) (all []step) {
	head := fmt.Sprintf("round %d, phase %q: ", round, c.def.Phases()[0])
	for _, s := range steps {
		if s.kind == perceives && len(s.where) > len(head) && s.where[:len(head)] == head {
			all = append(all, s)
		}
	}
	return all
}

// static: "nothing changes unless an agent acts".
func (c *course) static() error {
	if !c.def.Properties.Static {
		return nil
	}
	p := &play{course: c, absent: func(string, int) bool { return true }}
	if err := p.run(); err != nil {
		return err
	}
	for i, s := range p.steps {
		if s.kind == ticks && s.state != p.steps[i-1].state {
			return fmt.Errorf("declared so, but %s, when nobody had acted, made of the state %s", s.where, differ(p.steps[i-1].state, s.state))
		}
	}
	return nil
}

// discrete: "countably many (…) actions".
func (c *course) discrete() error {
	if !c.def.Properties.Discrete {
		return nil
	}
	for _, a := range c.def.Actions() {
		if field, ok := fraction(a.Schema, ""); ok {
			return fmt.Errorf("declared so, but %s of action %q is a number with a fraction", field, a.Name)
		}
	}
	return nil
}

// fraction finds a number in a schema that is no integer.
func fraction(s *jsonschema.Schema, path string) (string, bool) {
	if s == nil {
		return "", false
	}
	if isType(s, "number") && len(s.Enum) == 0 {
		return path, true
	}
	for _, name := range s.PropertyOrder {
		if field, ok := fraction(s.Properties[name], name); ok {
			return field, true
		}
	}
	for _, inner := range []*jsonschema.Schema{s.Items, s.AdditionalProperties} {
		if field, ok := fraction(inner, path); ok {
			return field, true
		}
	}
	return "", false
}

func (c *course) singleAgent() error {
	if c.def.Properties.SingleAgent && len(c.cfg.Agents) > 1 {
		return fmt.Errorf("declared so, but the check is given %d agents", len(c.cfg.Agents))
	}
	return nil
}
