package environmenttest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/journal"
)

// play is a course played on one world. Its fields say what is done differently.
type play struct {
	*course
	world  any
	round  int
	steps  []step
	quiet  bool                               // nobody looks, and what was refused in the course is not tried
	absent func(agent string, round int) bool // who does nothing then; nil: nobody
	before func() error                       // every step
	acted  func(action any, refused bool)
	gave   func(where, who string, k kind, v any) // hears of every percept, action and outcome, when it is handed over
	source func(where string, r *rand.Rand) *rand.Rand
	tried  int // actions so far, to find those that were refused
}

// run plays the course from its beginning, until its last round or until the world is done.
func (p *play) run() error {
	p.world = p.def.New()
	if err := p.step(made, "", "a new world", func() (any, error) { return nil, nil }); err != nil {
		return err
	}
	for p.round = 1; ; p.round++ {
		if err := p.population(); err != nil {
			return err
		}
		for i, phase := range p.def.Phases() {
			if err := p.phase(i, phase); err != nil {
				return err
			}
		}
		done, err := p.show()
		if err != nil || done || p.round == p.rounds {
			return err
		}
	}
}

// show lets observers look, and asks the world whether it is done.
func (p *play) show() (done bool, err error) {
	if p.quiet {
		return false, nil
	}
	err = p.step(shows, "", fmt.Sprintf("round %d: Done and Variables", p.round), func() (any, error) {
		if e, ok := p.world.(environment.Ender); ok {
			done = e.Done()
		}
		return fmt.Sprint(done, variables(p.world, p.present())), nil
	})
	return done, err
}

// population lets agents in and out: in an open world the last one comes late and the first one goes early.
func (p *play) population() error {
	if _, told := p.world.(environment.Population); !told {
		return nil
	}
	for _, name := range p.names() {
		from, until := p.stay(name)
		if p.round == until {
			err := p.step(leaves, name, fmt.Sprintf("round %d: Leave(%q)", p.round, name), func() (any, error) {
				p.world.(environment.Population).Leave(name)
				return nil, nil
			})
			if err != nil {
				return err
			}
		}
		if p.round == from {
			err := p.step(enters, name, fmt.Sprintf("round %d: Enter(%q)", p.round, name), func() (any, error) {
				p.world.(environment.Population).Enter(name)
				return nil, nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *play) phase(i int, phase string) error {
	where := fmt.Sprintf("round %d, phase %q: ", p.round, phase)
	order := p.present()
	_, sequential := p.world.(environment.Activator)
	if sequential {
		err := p.step(next, "", where+"Next", func() (any, error) {
			order = p.world.(environment.Activator).Next(p.rand(where+"Next", 2*i))
			for _, name := range order {
				if !slices.Contains(p.cfg.Agents, name) {
					return nil, fmt.Errorf("names %q, who is no agent", name)
				}
			}
			return order, nil
		})
		if err != nil {
			return err
		}
	}
	for visit, name := range order {
		if sequential {
			if err := p.call(where, name); err != nil {
				return err
			}
		}
		if err := p.perceive(where, name); err != nil {
			return err
		}
		if sequential { // one after the other
			if err := p.act(where, phase, name, visit); err != nil {
				return err
			}
		}
	}
	for visit, name := range order {
		if sequential {
			break
		}
		if err := p.act(where, phase, name, visit); err != nil {
			return err
		}
	}
	if _, ok := p.world.(environment.Ticker); !ok {
		return nil
	}
	return p.step(ticks, "", where+"Tick", func() (any, error) {
		p.world.(environment.Ticker).Tick(phase, p.rand(where+"Tick", 2*i+1))
		return nil, nil
	})
}

// call tells a world that wants to know it whose turn it is.
func (p *play) call(where, name string) error {
	if _, ok := p.world.(environment.Caller); !ok {
		return nil
	}
	return p.step(calls, name, where+fmt.Sprintf("Call(%q)", name), func() (any, error) {
		p.world.(environment.Caller).Call(name)
		return nil, nil
	})
}

func (p *play) perceive(where, name string) error {
	if p.quiet {
		return nil
	}
	where += fmt.Sprintf("Perceive(%q)", name)
	return p.step(perceives, name, where, func() (any, error) {
		view := p.def.Perceive(p.world, name)
		p.give(where, name, perceives, view)
		return view, nil
	})
}

// act does what the course has in store for an agent.
func (p *play) act(where, phase, name string, visit int) error {
	if p.absent != nil && p.absent(name, p.round) {
		return nil
	}
	for _, action := range p.actions(phase, name, visit) {
		text := where + fmt.Sprintf("%s does %T%s", name, action, canonical(action))
		p.tried++
		if p.quiet && p.wasRefused(p.tried) {
			continue
		}
		p.give(text+", the action", name, acts, action)
		wasRefused := false
		err := p.step(acts, name, text, func() (any, error) {
			value, err := p.def.Apply(p.world, name, phase, action)
			var r interface{ Reason() string }
			switch {
			case err == nil:
				p.give(text+", the outcome", name, shows, value)
				return value, nil
			case !errors.As(err, &r):
				return nil, fmt.Errorf("fails: %w: an error without a Reason is a failure of the world; to refuse, return environment.Refuse(…)", err)
			case r.Reason() == "":
				return nil, fmt.Errorf("refuses, but the Reason is empty: %w", err)
			}
			wasRefused = true
			return r.Reason() + ": " + err.Error(), nil
		})
		if err != nil {
			return err
		}
		if wasRefused {
			p.steps[len(p.steps)-1].kind = refused
		}
		if p.acted != nil {
			p.acted(action, wasRefused)
		}
	}
	return nil
}

// wasRefused says whether the course's action of that number was.
func (c *course) wasRefused(number int) bool {
	for _, s := range c.steps {
		if s.kind == acts || s.kind == refused {
			if number--; number == 0 {
				return s.kind == refused
			}
		}
	}
	return false
}

// step does one thing to the world and notes what it was like then. A panic is a failure, and so is what cannot be
// written down.
func (p *play) step(k kind, who, where string, do func() (any, error)) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%s: panic: %v\n%s", where, v, debug.Stack())
		} else if err != nil {
			err = fmt.Errorf("%s: %w", where, err)
		}
	}()
	if p.before != nil {
		if err := p.before(); err != nil {
			return err
		}
	}
	v, err := do()
	if err != nil {
		return err
	}
	text, err := journal.Canonical(v)
	if err != nil {
		return fmt.Errorf("gives what cannot be written down: %w", err)
	}
	state, err := environment.State(p.world)
	if err != nil {
		return err
	}
	p.steps = append(p.steps, step{k, where, who, string(state), string(text)})
	return nil
}

func (p *play) give(where, who string, k kind, v any) {
	if p.gave != nil {
		p.gave(where, who, k, v)
	}
}

// rand is the chance of one turn of the world.
func (p *play) rand(where string, n int) *rand.Rand {
	r := chance.New(p.seed, environment.Name, uint64(p.round)<<16+uint64(n))
	if p.source != nil {
		return p.source(where, r)
	}
	return r
}

// present are those who live in the world in this round.
func (p *play) present() (names []string) {
	for _, name := range p.names() {
		if from, until := p.stay(name); from <= p.round && (until == 0 || p.round < until) {
			names = append(names, name)
		}
	}
	return names
}

// variables are what the world shows to observers.
func variables(world any, names []string) (all []environment.Variable) {
	o, ok := world.(environment.Observed)
	if !ok {
		return nil
	}
	all = append(all, o.Variables()...)
	for _, name := range names {
		all = append(all, o.AgentVariables(name)...)
	}
	return all
}
