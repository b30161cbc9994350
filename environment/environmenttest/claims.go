package environmenttest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/polis-agents/polis/environment"
)

// sameAgain plays the course several times: the order of a map is seldom the same twice, but not always another.
func (c *course) sameAgain() error {
	for range 4 {
		p := &play{course: c}
		if err := p.run(); err != nil {
			return err
		}
		if err := compare(c.steps, p.steps); err != nil {
			return fmt.Errorf("%w: chance comes from r alone, and no map is ranged over where the order can be seen", err)
		}
	}
	return nil
}

// perceivingChangesNothing looks twice at what each agent perceives, and at the state between. The same goes for what
// observers see.
func (c *course) perceivingChangesNothing() error {
	last := ""
	for _, s := range c.steps {
		if (s.kind == perceives || s.kind == shows) && s.state != last {
			return fmt.Errorf("%s: the state was %s", s.where, differ(last, s.state))
		}
		last = s.state
	}
	p := &play{course: c}
	var errs error
	p.gave = func(where, who string, k kind, v any) {
		if k != perceives || errs != nil {
			return
		}
		for _, name := range p.present() { // again, and of others
			_ = p.def.Perceive(p.world, name)
		}
		if a, b := canonical(v), canonical(p.def.Perceive(p.world, who)); a != b {
			errs = fmt.Errorf("%s, twice in a row, gave %s", where, differ(a, b))
		}
	}
	return errors.Join(p.run(), errs)
}

// refusalsChangeNothing compares the states before and after every refusal.
func (c *course) refusalsChangeNothing() error {
	last := ""
	for _, s := range c.steps {
		if s.kind == refused && s.state != last {
			return fmt.Errorf("%s was refused (%s), and yet the state was %s", s.where, s.shown, differ(last, s.state))
		}
		last = s.state
	}
	return nil
}

// rebuilt does what the runtime does after a failure: it makes a world and applies what was committed, while nobody looks
// and nothing is refused.
func (c *course) rebuilt() error {
	p := &play{course: c, quiet: true}
	if err := p.run(); err != nil {
		return err
	}
	want := slices.DeleteFunc(slices.Clone(c.steps), func(s step) bool { return s.kind == perceives || s.kind == refused || s.kind == shows })
	if err := compare(want, p.steps); err != nil {
		return fmt.Errorf("%w: without percepts and refused actions it must go the same way", err)
	}
	return nil
}

// restored puts a restored world in the place of the old one before every step.
func (c *course) restored() error {
	p := &play{course: c}
	p.before = func() error {
		state, err := environment.State(p.world)
		if err != nil {
			return err
		}
		again, err := environment.State(p.world)
		if err != nil || string(again) != string(state) {
			return fmt.Errorf("two snapshots of one world are %s: %w", differ(string(state), string(again)), orDifferent(err))
		}
		fresh := p.def.New()
		given := slices.Clone(state)
		if err := environment.Restore(fresh, given); err != nil {
			return err
		}
		for i := range given {
			given[i] = '?' // the slice is the caller's
		}
		back, err := environment.State(fresh)
		if err != nil || string(back) != string(state) {
			return fmt.Errorf("a snapshot, restored into a new world, is %s: %w", differ(string(state), string(back)), orDifferent(err))
		}
		p.world = fresh
		return nil
	}
	if err := p.run(); err != nil {
		return err
	}
	if err := compare(c.steps, p.steps); err != nil {
		return fmt.Errorf("%w: the other is of worlds restored before every step, so some state is not in the snapshot; "+
			"without a Keeper only exported fields are", err)
	}
	return nil
}

// missingAgents plays the course with ever fewer who act.
func (c *course) missingAgents() error {
	names := c.names()
	for _, absent := range []func(agent string, round int) bool{
		func(agent string, _ int) bool { return agent == names[0] },
		func(agent string, round int) bool { return round%3 == slices.Index(names, agent)%3 },
		func(agent string, _ int) bool { return agent != names[len(names)-1] },
		func(string, int) bool { return true },
	} {
		if err := (&play{course: c, absent: absent}).run(); err != nil {
			return err
		}
	}
	return nil
}

// stranger is a name that no world has seen.
const stranger = "nobody-ever-heard-of"

// strangers lets somebody perceive and act whom the world was never told of. It may refuse.
func (c *course) strangers() error {
	p := &play{course: c, absent: func(string, int) bool { return true }}
	if err := p.run(); err != nil {
		return err
	}
	p.absent, p.quiet = nil, false
	for _, phase := range c.def.Phases() {
		where := fmt.Sprintf("after round %d, phase %q: ", p.round, phase)
		if err := p.perceive(where, stranger); err != nil {
			return err
		}
		for visit := range 20 {
			if err := p.act(where, phase, stranger, visit); err != nil {
				return err
			}
		}
	}
	return p.step(shows, stranger, fmt.Sprintf("AgentVariables(%q)", stranger), func() (any, error) {
		return fmt.Sprint(variables(p.world, []string{stranger})), nil
	})
}

// handedOut holds every percept, outcome and action against what it was when it was handed over: agents read them while
// the world goes on.
func (c *course) handedOut() error {
	type given struct {
		where, was string
		v          any
	}
	var all []given
	p := &play{course: c, gave: func(where, _ string, _ kind, v any) { all = append(all, given{where, canonical(v), v}) }}
	if err := p.run(); err != nil {
		return err
	}
	for _, g := range all {
		if is := canonical(g.v); is != g.was {
			return fmt.Errorf("%s was %s: it shares memory with the world, which goes on; give a copy", g.where, differ(g.was, is))
		}
	}
	return nil
}

// phasesStay asks new worlds and old ones.
func (c *course) phasesStay() error {
	w, ok := c.def.New().(environment.Phased)
	if !ok {
		return nil
	}
	old := &play{course: c}
	if err := old.run(); err != nil {
		return err
	}
	for _, x := range []environment.Phased{w, w, old.world.(environment.Phased)} {
		if phases := x.Phases(); !slices.Equal(phases, c.def.Phases()) {
			return fmt.Errorf("they were %q when the world was defined, and are %q", c.def.Phases(), phases)
		}
	}
	return nil
}
