package polis

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/supervision"
)

// past is a society being rebuilt from its journal: every turn is done again, in the order of commit, without an engine.
type past struct {
	society *Society
	cfg     *Config
	ahead   []Epoch                                    // that begin later
	store   journal.Store                              // where the turns are
	recall  func(e *journal.Entry, events []any) error // told of every turn, and of what observers saw of it; nil: nobody is
	reader  reader

	setting  *actors.Setting // of the agents, also when they go on
	world    *environment.Past
	agents   map[string]*actors.Past
	minds    map[string]string              // by agent
	policies map[string]*supervision.Policy // by agent
	charged  map[string]*supervision.Record // by agent: what supervision holds against it
	joined   []Agent                        // while the society lived
	others   map[string]journal.Head        // chains of those who have no past: the society, services
	quiet    bool                           // talk is cut
	ended    int                            // newest round that is over
	last     time.Duration                  // logical time of the newest turn

	turns  int // of the world and of agents
	given  int // turns about what follows from no other turn
	forked int // the round with which a fork begins here; 0: none
}

// newPast makes a society of which nothing has been rebuilt yet.
func newPast(epochs []Epoch, store journal.Store) (*past, error) {
	s, cfg := &epochs[0].Society, &epochs[0].Config
	p := &past{society: s, cfg: cfg, ahead: epochs[1:], store: store, reader: reading(s, cfg), setting: s.setting(cfg), agents: make(map[string]*actors.Past, len(s.Agents)),
		others: map[string]journal.Head{}, minds: map[string]string{},
		policies: map[string]*supervision.Policy{}, charged: map[string]*supervision.Record{}}
	p.setting.Recorder = &journal.Recorder{Log: cfg.Log}
	for _, a := range s.Agents {
		of, err := actors.NewPast(a.Name, p.setting, a.Behavior, p)
		if err != nil {
			return nil, err
		}
		p.agents[a.Name], p.minds[a.Name], p.policies[a.Name] = of, a.Mind, a.Policy
	}
	world := s.world(cfg)
	world.Recorder = p.setting.Recorder
	p.world = environment.NewPast(s.World, world, p.seats(), actors.ActorName)
	return p, nil
}

// read does all turns of a store again, up to where a round is over: that it ended says over. 0 is no last round.
func (p *past) read(ctx context.Context, last int) (over bool, err error) {
	for e, err := range ahead(ctx, p.store) {
		if err == nil {
			over, err = p.take(ctx, &e, last)
		}
		if over || err != nil {
			return over, err
		}
	}
	return false, nil
}

// take does one turn again, and tells whoever recalls it. over: it ends the last round.
func (p *past) take(ctx context.Context, e *journal.Entry, last int) (over bool, err error) {
	name, isAgent := strings.CutPrefix(e.Actor, actors.ActorName(""))
	switch {
	case e.Actor == environment.Name:
		err = p.takeWorld(ctx, e)
	case isAgent:
		err = p.takeAgent(ctx, name, e)
	default:
		err = p.other(e)
	}
	if err != nil {
		return false, named(err, e)
	}
	if p.recall != nil || e.Actor == annalist {
		if err := p.reader.read(e); err != nil {
			return false, err
		}
	}
	if e.Actor == annalist {
		if over, err = p.told(e, p.reader.events[0], last); err != nil {
			return false, err
		}
	}
	if p.recall != nil {
		err = p.recall(e, p.reader.events)
	}
	return over, err
}

// named is an error that names the turn it is about.
func named(err error, e *journal.Entry) error {
	if _, ok := errors.AsType[*journal.Differs](err); ok {
		return err
	}
	if _, ok := errors.AsType[*journal.Broken](err); ok {
		return err
	}
	return &journal.Broken{Actor: e.Actor, N: e.N, Fault: err}
}

// takeWorld does a turn of the world again.
func (p *past) takeWorld(ctx context.Context, e *journal.Entry) error {
	if err := p.crossTo(ctx, p.world.RoundOf(e)); err != nil {
		return err
	}
	p.count(e)
	return p.world.Retake(e)
}

// takeAgent does a turn of an agent again.
func (p *past) takeAgent(ctx context.Context, name string, e *journal.Entry) error {
	if p.cfg.Pace == environment.Simulated { // an agent's may be the first turn of a round
		if err := p.crossTo(ctx, p.ended+1); err != nil {
			return err
		}
	}
	a := p.agents[name]
	if a == nil {
		return fmt.Errorf("polis: turn %d of %s: there is no such agent in this society", e.N, e.Actor)
	}
	if err := p.world.Timely(e); err != nil {
		return err
	}
	r, err := a.Retake(e, p.quiet)
	if err != nil {
		return err
	}
	for _, act := range r.Acts {
		p.world.Tried(name, act, e.Step)
	}
	if e.Kind != kindStopping {
		p.world.Did(name, e, r.Handled, r.Acts, r.Wants)
	}
	if e.Kind == kindQuarantined && p.stops(name, e) {
		a.Stop()
		r.Stopped = true
	}
	if r.Stopped {
		p.world.Left(name)
	}
	if r.Given {
		p.given++
	}
	p.count(e)
	return nil
}

// stops says whether supervision has stopped an agent with an event that was set aside.
func (p *past) stops(agent string, e *journal.Entry) bool {
	policy := p.policies[agent]
	if policy == nil {
		return false
	}
	if p.charged[agent] == nil {
		p.charged[agent] = new(supervision.Record)
	}
	_, stop := policy.Decide(p.charged[agent], &supervision.Failure{Actor: e.Actor, Turn: e.N, Attempt: policy.Limit()}, 0).(supervision.Stop)
	return stop
}

func (p *past) count(e *journal.Entry) {
	p.turns++
	p.last = max(p.last, e.Logical)
}

// told takes what the society's own turns tell and nobody else's. over: the last round has ended.
func (p *past) told(by *journal.Entry, event any, last int) (over bool, err error) {
	switch e := event.(type) {
	case environment.RoundEnded:
		if err := p.shown(by, &e); err != nil {
			return false, err
		}
		p.ended = e.Round
		return last > 0 && e.Round >= last, nil
	case Intervened:
		switch e.What {
		case DidSilence, DidSpeech:
			p.quiet = e.What == DidSilence
		case DidJoin:
			return false, p.join(e, by)
		}
	}
	return false, nil
}

// shown says whether a round ended as it is told: the world that was rebuilt must show the same.
func (p *past) shown(by *journal.Entry, told *environment.RoundEnded) error {
	now, err := p.world.Ended()
	if err != nil {
		return err
	}
	if p.cfg.Pace == environment.Realtime { // the clock has said when
		now.Now = told.Now
	}
	again, err := appendRound(nil, &now)
	if err != nil || bytes.Equal(again, by.Payload) {
		return err
	}
	return journal.Parting(by, "event", by.Payload, again)
}

// join takes in again who has joined while the society lived.
func (p *past) join(e Intervened, by *journal.Entry) error {
	var who struct{ Mind string }
	if err := json.Unmarshal(by.Payload, &who); err != nil {
		return fmt.Errorf("polis: turn %d of %s: %w", by.N, by.Actor, err)
	}
	if p.society.Again == nil {
		return fmt.Errorf("polis: agent %q has joined this run in round %d, and Society.Again, which would make it again, is nil", e.Agent, e.Round)
	}
	a, err := p.society.Again(e.Agent, who.Mind)
	switch {
	case err != nil:
		return fmt.Errorf("polis: agent %q has joined this run in round %d, and cannot be made again: %w", e.Agent, e.Round, err)
	case p.agents[e.Agent] != nil:
		return fmt.Errorf("polis: agent %q has joined this run in round %d, and was there already", e.Agent, e.Round)
	}
	a.Name = e.Agent
	of, err := actors.NewPast(a.Name, p.setting, a.Behavior, p)
	if err != nil {
		return err
	}
	p.agents[a.Name], p.minds[a.Name], p.policies[a.Name] = of, a.Mind, a.Policy
	p.joined = append(p.joined, a)
	a.From = 0 // it is there already
	p.world.Joined(p.seat(&a), actors.ActorName(a.Name))
	return nil
}

// asked are the requests that were out, by who asked: they are sent again.
func (p *past) asked() map[string][]actors.Asked {
	open := map[string][]actors.Asked{}
	for name, a := range p.agents {
		if asked := a.Asked(); len(asked) > 0 {
			open[name] = asked
		}
	}
	return open
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
	if p.cfg.Pace == environment.Realtime || p.cfg.Pace == environment.Simulated { // letters wait for no phase
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

// record is what supervision holds against an agent.
func (p *past) record(agent string) (r supervision.Record) {
	if p != nil && p.charged[agent] != nil {
		r = *p.charged[agent]
	}
	return r
}

// heads are the ends of the chains of the world and of the agents.
func (p *past) heads() []journal.Head {
	heads := []journal.Head{p.world.Head()}
	for _, a := range p.agents {
		heads = append(heads, a.Head())
	}
	return heads
}

// seat is an agent's place, before it has an actor.
func (p *past) seat(a *Agent) environment.Seat {
	return environment.Seat{Name: a.Name, From: a.From, Decides: p.society.Decider(*a), Latency: a.Latency}
}

// seats are those of the society, before its agents have actors.
func (p *past) seats() []environment.Seat {
	seats := make([]environment.Seat, len(p.society.Agents))
	for i := range p.society.Agents {
		seats[i] = p.seat(&p.society.Agents[i])
	}
	return seats
}
