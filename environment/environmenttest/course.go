package environmenttest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// course is one run of a world: who lives in it, and what they do. It is the same for every world it is played on, so
// that what differs is the world's doing.
type course struct {
	def    *environment.Definition
	cfg    Config
	seed   uint64
	rounds int // that the world lived
	steps  []step
}

// newCourse plays a course for the first time, for so many rounds at most, and counts the actions that are accepted.
func newCourse(def *environment.Definition, cfg Config, seed uint64, rounds int, accepted map[string]int) (*course, error) {
	c := &course{def: def, cfg: cfg, seed: seed, rounds: rounds}
	p := &play{course: c}
	p.acted = func(action any, refused bool) {
		if a := def.ActionOf(action); a != nil && !refused {
			accepted[a.Name]++
		}
	}
	err := p.run()
	c.steps, c.rounds = p.steps, max(p.round, 1)
	return c, err
}

// kind of a step.
type kind int

const (
	made kind = iota // the world is new
	enters
	leaves
	next
	calls
	perceives
	acts
	refused // an act that was
	ticks
	shows // to observers; of what is handed over: an outcome
)

// step is one thing done to a world, and what it was like then.
type step struct {
	kind  kind
	where string
	who   string // who perceives or acts
	state string
	shown string // percept, outcome, names: what it gave
}

// names of all agents, in order.
func (c *course) names() []string { return slices.Sorted(slices.Values(c.cfg.Agents)) }

// stay is the round an agent comes in, and the one it is gone by; 0: never.
func (c *course) stay(name string) (from, until int) {
	names := c.names()
	switch {
	case c.def.Properties.Closed || len(names) == 1:
		return 1, 0
	case name == names[len(names)-1]:
		return 2, 0
	case name == names[0] && len(names) > 2:
		return 1, 6
	}
	return 1, 0
}

// compare finds the first step in which two plays of a course differ.
func compare(want, got []step) error {
	for i := range min(len(want), len(got)) {
		a, b := want[i], got[i]
		switch {
		case a.where != b.where:
			return fmt.Errorf("%s, and then %s: it went on with %s", before(want, i), a.where, b.where)
		case a.shown != b.shown:
			return fmt.Errorf("%s gave %s", a.where, differ(a.shown, b.shown))
		case a.state != b.state:
			return fmt.Errorf("%s: the state became %s", a.where, differ(a.state, b.state))
		}
	}
	if len(want) != len(got) {
		return fmt.Errorf("the world was done after %d steps, and after %d", len(want), len(got))
	}
	return nil
}

func before(steps []step, i int) string {
	if i == 0 {
		return "at the beginning"
	}
	return steps[i-1].where
}

// differ shows two texts around the place where they part.
func differ(a, b string) string {
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	cut := func(s string) string {
		from, to := max(at-60, 0), min(at+60, len(s))
		text := strings.ToValidUTF8(s[min(from, len(s)):to], "")
		if from > 0 {
			text = "…" + text
		}
		if to < len(s) {
			text += "…"
		}
		return text
	}
	return cut(a) + " the one time, " + cut(b) + " the other"
}

func canonical(v any) string {
	b, err := journal.Canonical(v)
	if err != nil {
		return "{" + err.Error() + "}"
	}
	return string(b)
}
