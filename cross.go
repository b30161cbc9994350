package polis

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/journal"
)

// crossTo begins the epoch of a round, if it has not begun.
func (p *past) crossTo(ctx context.Context, round int) error {
	if len(p.ahead) == 0 || round < p.ahead[0].From {
		return nil
	}
	next := p.ahead[0]
	p.ahead = p.ahead[1:]
	return p.cross(ctx, &next)
}

// cross lets the society live on under another epoch: the world and those whose minds are the same with what they
// remember, others fresh.
func (p *past) cross(ctx context.Context, next *Epoch) error {
	s := &next.Society
	p.society, p.cfg = s, &next.Config
	left := p.setting
	p.setting = s.setting(p.cfg)
	p.setting.Succeed(left)
	p.setting.Recorder = &journal.Recorder{Log: p.cfg.Log}
	seats, stays := p.seats(), map[string]bool{}
	for _, a := range s.Agents {
		stays[a.Name] = true
		fresh := p.minds[a.Name] != a.Mind
		p.minds[a.Name], p.policies[a.Name] = a.Mind, a.Policy
		var err error
		if of := p.agents[a.Name]; of == nil {
			p.agents[a.Name], err = actors.NewPast(a.Name, p.setting, a.Behavior, p)
		} else if !of.Stopped() {
			if fresh {
				p.world.Fresh(a.Name)
			}
			err = of.Cross(p.setting, a.Behavior, fresh, p.turnsOf(ctx, a.Name, of.Head().Count))
		}
		if err != nil {
			return fmt.Errorf("polis: agent %q cannot go on from round %d: %w", a.Name, next.From, err)
		}
	}
	for i := range p.joined { // who has joined stays, unless somebody of that name is in the society now
		if a := &p.joined[i]; !stays[a.Name] && !p.agents[a.Name].Stopped() {
			if err := p.keep(ctx, a); err != nil {
				return fmt.Errorf("polis: agent %q, who has joined, cannot go on from round %d: %w", a.Name, next.From, err)
			}
			stays[a.Name] = true
			seats = append(seats, p.seat(a))
		}
	}
	for name, a := range p.agents {
		if !stays[name] && !a.Stopped() {
			a.Stop()
		}
	}
	return p.world.Cross(s.World, s.world(p.cfg), seats, actors.ActorName)
}

// keep lets an agent that has joined live on in another society.
func (p *past) keep(ctx context.Context, a *Agent) error {
	if p.society.Again != nil {
		again, err := p.society.Again(a.Name, a.Mind)
		if err != nil {
			return err
		}
		a.Behavior, a.Model, a.Decides = again.Behavior, again.Model, again.Decides
	}
	of := p.agents[a.Name]
	return of.Cross(p.setting, a.Behavior, false, p.turnsOf(ctx, a.Name, of.Head().Count))
}

// turnsOf are the first turns of an agent.
func (p *past) turnsOf(ctx context.Context, agent string, count uint64) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		for e, err := range p.store.Turns(ctx, actors.ActorName(agent), 0) {
			if e.N > count || !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// departed are the agents of earlier epochs that are not in this society.
func (p *past) departed(s *actors.Setting) (gone []member) {
	if p == nil {
		return nil
	}
	stays := map[string]bool{}
	for i := range p.society.Agents {
		stays[p.society.Agents[i].Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(p.agents)) {
		if !stays[name] {
			host, _ := p.host(name, s)
			gone = append(gone, member{Agent: &Agent{Name: name}, host: host})
		}
	}
	return gone
}
