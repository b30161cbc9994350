package actorstest

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/polis-agents/polis/actors"
)

// Check gives a behavior's lives the same events and fails the test when one of them, at any point, would go on
// differently than the first:
//
//   - the same events give the same effects, every time, and stay as they were;
//   - what is wanted can be recorded;
//   - a life that fails is followed by one that knows what was committed before, and nothing else: rebuilt from all
//     events, from a snapshot if the behavior is an actors.Keeper, from nothing if it is actors.Stateless.
//
// newBehavior is what would be polis.Agent.Behavior. The events are turns 1, 2, 3, …, each a second after the one
// before. An ask, a job or a timer of turn n has the actors.ID{Turn: n, Index: i} when it was the effect i of it.
func Check(t testing.TB, newBehavior func() actors.Behavior, events ...any) {
	t.Helper()
	Config{}.Check(t, newBehavior, events...)
}

// Check is the function Check for an agent of that name, seed and world.
func (cfg Config) Check(t testing.TB, newBehavior func() actors.Behavior, events ...any) {
	t.Helper()
	if a, b := newBehavior(), newBehavior(); same(a, b) {
		t.Fatalf("actorstest: every life needs a behavior of its own, but the same %T came twice", a)
	}
	c := &check{TB: t, cfg: cfg, newBehavior: newBehavior, events: events}
	c.want = make([]string, len(events))
	first := c.life(0)
	for i := range events {
		c.want[i] = c.give(first, i)
	}
	for _, promise := range []func(){c.again, c.rebuilt, c.restored, c.forgetful} {
		promise()
	}
}

// same says whether two behaviors are one. Pointers to nothing may be equal without being one.
func same(a, b actors.Behavior) bool {
	v := reflect.ValueOf(a)
	return v.Kind() == reflect.Pointer && v.Type().Elem().Size() > 0 && a == b
}

type check struct {
	testing.TB
	cfg         Config
	newBehavior func() actors.Behavior
	events      []any
	want        []string // recorded effects of the first life, by event
}

// life is a new one that has handled the first n events.
func (c *check) life(n int) *Probe {
	c.Helper()
	p := New(c, c.newBehavior(), c.cfg)
	for i := range n {
		c.give(p, i)
	}
	return p
}

// give lets a life handle event i.
func (c *check) give(p *Probe, i int) (effects string) {
	c.Helper()
	p.N, p.Now = uint64(i+1), time.Duration(i)*time.Second
	_, effects, err := p.turn(c.events[i])
	if err != nil {
		c.Fatalf("actorstest: event %d, %T: %v", i, c.events[i], err)
	}
	return effects
}

// goesOn gives a life the events from i on and compares; false: it was different.
func (c *check) goesOn(p *Probe, i int, who string) bool {
	c.Helper()
	for ; i < len(c.events); i++ {
		if got := c.give(p, i); got != c.want[i] {
			c.Errorf("actorstest: %s does something else at event %d, %T:\nfirst %s\nthen  %s", who, i, c.events[i], c.want[i], got)
			return false
		}
	}
	return true
}

// again: two lives beside each other, each gives the effects of the first.
func (c *check) again() {
	c.Helper()
	a, b := c.life(0), c.life(0)
	for i := range c.events {
		for _, p := range []*Probe{a, b} {
			if got := c.give(p, i); got != c.want[i] {
				c.Errorf("actorstest: the same events give other effects at event %d, %T:\nfirst %s\nthen  %s", i, c.events[i], c.want[i], got)
				return
			}
		}
	}
}

// rebuilt: the life after one that failed at event i, made from the events before.
func (c *check) rebuilt() {
	c.Helper()
	for i := range c.events {
		c.life(i + 1) // its last turn is the one that fails
		if !c.goesOn(c.life(i), i, "a life rebuilt from its events") {
			return
		}
	}
}

// restored: the same from a snapshot.
func (c *check) restored() {
	c.Helper()
	for i := range c.events {
		old := c.life(i)
		k, ok := old.behavior.(actors.Keeper)
		if !ok {
			return
		}
		state, err := k.Snapshot()
		if err != nil {
			c.Errorf("actorstest: snapshot before event %d: %v", i, err)
			return
		}
		kept := bytes.Clone(state)
		if got := c.give(old, i); got != c.want[i] {
			c.Errorf("actorstest: a snapshot changes what the behavior does at event %d, %T:\nfirst %s\nthen  %s", i, c.events[i], c.want[i], got)
			return
		}
		if !bytes.Equal(kept, state) {
			c.Errorf("actorstest: the snapshot before event %d, %T, changed with it", i, c.events[i])
			return
		}
		next := c.life(0)
		if err := next.behavior.(actors.Keeper).Restore(state); err != nil {
			c.Errorf("actorstest: restore before event %d: %v", i, err)
			return
		}
		if !c.goesOn(next, i, "a life restored from a snapshot") {
			return
		}
	}
}

// forgetful: a behavior that says it is stateless does with each event what it does with it alone.
func (c *check) forgetful() {
	c.Helper()
	for i := range c.events {
		p := c.life(0)
		if _, ok := p.behavior.(actors.Stateless); !ok {
			return
		}
		if got := c.give(p, i); got != c.want[i] {
			c.Errorf("actorstest: a Stateless behavior remembers something at event %d, %T:\nfirst   %s\nwithout %s", i, c.events[i], c.want[i], got)
			return
		}
	}
}
