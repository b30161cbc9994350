package polis

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// past is a society being rebuilt from its journal: every turn is done again, in the order of commit, without an engine.
type past struct {
	society *Society
	cfg     *Config
	setting *actors.Setting // of the agents, also when they go on
	world   *environment.Past
	agents  map[string]*actors.Past
	others  map[string]journal.Head // chains of those who have no past: the society, services
	turns   int
	given   int           // turns about what follows from no other turn
	last    time.Duration // logical time of the newest turn
}

// newPast makes a society of which nothing has been rebuilt yet.
func newPast(s *Society, cfg *Config) (*past, error) {
	p := &past{society: s, cfg: cfg, setting: s.setting(cfg), agents: make(map[string]*actors.Past, len(s.Agents)),
		others: map[string]journal.Head{}}
	p.setting.Recorder = &journal.Recorder{Log: cfg.Log}
	seats := make([]environment.Seat, len(s.Agents))
	for i, a := range s.Agents {
		seats[i] = environment.Seat{Name: a.Name, From: a.From, Decides: s.Decider(a), Latency: a.Latency}
		of, err := actors.NewPast(a.Name, p.setting, a.Behavior, p)
		if err != nil {
			return nil, err
		}
		p.agents[a.Name] = of
	}
	world := cfg.world()
	world.Recorder = p.setting.Recorder
	p.world = environment.NewPast(s.World, world, seats, actors.ActorName)
	return p, nil
}

// read does all turns of a store again.
func (p *past) read(ctx context.Context, store journal.Store) error {
	for e, err := range store.Read(ctx, 0) {
		if err == nil {
			err = p.take(&e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take does one turn again.
func (p *past) take(e *journal.Entry) error {
	name, isAgent := strings.CutPrefix(e.Actor, actors.ActorName(""))
	switch {
	case e.Actor == environment.Name:
		if err := p.world.Retake(e); err != nil {
			return err
		}
	case isAgent:
		a := p.agents[name]
		if a == nil {
			return fmt.Errorf("polis: turn %d of %s: there is no such agent in this society", e.N, e.Actor)
		}
		r, err := a.Retake(e)
		if err != nil {
			return err
		}
		for _, act := range r.Acts {
			p.world.Tried(name, act, e.Step)
		}
		if r.Stopped {
			p.world.Left(name)
		}
		if r.Given {
			p.given++
		}
	default:
		return p.other(e)
	}
	p.turns++
	p.last = max(p.last, e.Logical)
	return nil
}

// other checks the chain of an actor that is not rebuilt.
func (p *past) other(e *journal.Entry) error {
	h := p.others[e.Actor]
	switch {
	case e.N != h.Count+1:
		return &journal.Broken{Actor: e.Actor, N: h.Count + 1, Fault: journal.ErrMissing}
	case e.Digest != e.Sum(h.Digest):
		return &journal.Broken{Actor: e.Actor, N: e.N, Fault: journal.ErrAltered}
	}
	p.others[e.Actor] = journal.Head{Actor: e.Actor, Digest: e.Digest, Count: e.N}
	return nil
}

// Due implements actors.Around.
func (p *past) Due(agent string, cause journal.Cause) (any, bool) { return p.world.Due(agent, cause) }

// Lives implements actors.Around.
func (p *past) Lives(agent string) bool {
	a := p.agents[agent]
	return a != nil && !a.Stopped()
}

// Hear implements actors.Around.
func (p *past) Hear(agent string, letter *wire.Letter) { p.agents[agent].Hear(letter) }

// settle tells the world what lies before whom, when the record has ended.
func (p *past) settle() {
	if p.cfg.Pace == environment.Realtime { // letters arrive when the agents go on
		return
	}
	for name, a := range p.agents {
		due, later := a.Letters(p.world.Step())
		p.world.Letters(name, due, later)
	}
}

// host is the host of an agent that goes on from its past; nil: it has none. lives: it has not stopped.
func (p *past) host(agent string, s *actors.Setting) (host engine.Host, lives bool) {
	if p == nil || p.agents[agent] == nil {
		return nil, true
	}
	a := p.agents[agent]
	return a.Host(s, p.world.Seat(agent), p.world.Awaits(agent)), !a.Stopped()
}

// heads are the ends of the chains of the world and of the agents.
func (p *past) heads() []journal.Head {
	heads := []journal.Head{p.world.Head()}
	for _, a := range p.agents {
		heads = append(heads, a.Head())
	}
	return heads
}
