package polis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/supervision"
)

// Run lets a society live until its rounds are played, its world is done, or ctx ends. In the last case the report
// says what happened until then, and the error is ctx's.
func Run(ctx context.Context, s Society, cfg Config) (*Report, error) {
	if err := errors.Join(s.check(), cfg.check(), cfg.Chaos.check(&s)); err != nil {
		return nil, err
	}
	r := &run{society: &s, cfg: cfg, began: time.Now(), marks: map[string]int{},
		adapters: map[string]*llmadapter.Adapter{}, finished: make(chan environment.Result, 1)}
	if err := r.start(); err != nil {
		return nil, errors.Join(err, r.stop())
	}
	var result environment.Result
	var err error
	select {
	case result = <-r.finished:
	case err = <-r.engine.Fatal():
	case <-ctx.Done():
		r.engine.Signal(r.world, environment.End{})
		select {
		case result = <-r.finished:
		case err = <-r.engine.Fatal():
		case <-time.After(r.patience()):
		}
		err = errors.Join(err, ctx.Err())
	}
	left := r.stop()
	if result.World == nil && r.world.Stopped() { // it did not come to its end: this is how far it came
		result = environment.ResultOf(r.host)
	}
	report := r.report(result, left)
	report.Reproducible = report.Reproducible && err == nil // where it was cut off depended on the clock
	return report, err
}

// run is one run in progress: the supervision tree and what is counted about it.
type run struct {
	society  *Society
	cfg      Config
	began    time.Time
	engine   *engine.Engine
	recorder *journal.Recorder
	world    *engine.Ref
	host     engine.Host // of the world
	adapters map[string]*llmadapter.Adapter
	agents   []member
	finished chan environment.Result

	mu     sync.Mutex // guards faults and marks
	faults Faults
	marks  map[string]int
	watch  sync.Mutex // held while the observer looks
}

type member struct {
	ref  *engine.Ref
	host engine.Host
}

// start builds the tree from the top: services, the world, the agents.
func (r *run) start() error {
	r.engine = engine.New(engine.Config{Seed: r.cfg.Seed, Log: r.cfg.Logger, Observe: r.onEngine})
	r.recorder = &journal.Recorder{Digest: !r.cfg.Undigested, Store: r.cfg.Journal, Log: r.cfg.Log}
	if err := r.startServices(); err != nil {
		return err
	}
	r.host = environment.NewHost(r.society.World, environment.Config{
		Pace: r.cfg.Pace, Seed: r.cfg.Seed, Rounds: r.cfg.Rounds, Phase: r.cfg.Phase, Deadline: r.cfg.Deadline,
		Tick: r.cfg.Tick, Delay: r.cfg.Delay, Shuffle: r.cfg.Shuffle, Recorder: r.recorder,
		Clock: r.clock, Observe: r.onWorld(), Finished: func(res environment.Result) { r.finished <- res },
	})
	var err error
	// Agents report once or a few times per phase: with this bound they never meet a full mailbox.
	bound := 1024 + 8*len(r.society.Agents)
	if r.world, err = r.engine.Spawn(engine.Spec{Name: environment.Name, Host: r.host, Mailbox: bound}); err != nil {
		return err
	}
	seats, err := r.startAgents()
	if err != nil {
		return err
	}
	return r.engine.Tell(r.world, &environment.Begin{Seats: seats}, 0)
}

// clock is wall time since the start: what Now is in the realtime pace.
func (r *run) clock() time.Duration { return time.Since(r.began) }

func (r *run) startServices() error {
	if len(r.society.Services)+len(r.society.Models) == 0 {
		return nil
	}
	group, err := r.group("services")
	if err != nil {
		return err
	}
	for name, service := range r.society.Services {
		spec := engine.Spec{Name: actors.ServiceName(name), New: actors.NewService(service, 0), Parent: group}
		if _, err := r.engine.Spawn(spec); err != nil {
			return err
		}
	}
	for name, cfg := range r.society.Models {
		if cfg.Observe == nil && r.cfg.Observe != nil {
			cfg.Observe = r.tell
		}
		adapter, err := llmadapter.New(cfg)
		if err != nil {
			return err
		}
		r.adapters[name] = adapter
		spec := adapter.Spec(actors.ServiceName(name))
		spec.Parent = group
		if _, err := r.engine.Spawn(spec); err != nil {
			return err
		}
	}
	return nil
}

// group is a node of the tree: its children stop together, and what they escalate goes through it to the top.
func (r *run) group(name string) (*engine.Ref, error) {
	return r.engine.Spawn(engine.Spec{Name: name, Relay: true, New: func() engine.Actor {
		return engine.ActorFunc(func(*engine.Context, any) error { return nil })
	}})
}

func (r *run) startAgents() ([]environment.Seat, error) {
	group, err := r.group("agents")
	if err != nil {
		return nil, err
	}
	setting := &actors.Setting{
		Seed: r.cfg.Seed, Definition: r.society.World, Pace: r.cfg.Pace, Recorder: r.recorder, Limit: r.limit(),
		MaySpeak: r.society.MaySpeak, Overtake: r.cfg.Overtake, Chaos: r.cfg.Chaos.faults(r.cfg.Seed),
		Clock: r.clock, Observe: r.onAgents,
	}
	if r.cfg.Observe != nil {
		setting.Hear = func(said actors.Said) { r.tell(said) }
	}
	mailbox := r.cfg.Mailbox
	if mailbox <= 0 {
		mailbox = max(1024, 2*len(r.society.Agents)) // room for a word from everybody
	}
	r.agents = make([]member, 0, len(r.society.Agents))
	seats := make([]environment.Seat, 0, len(r.society.Agents))
	for _, a := range r.society.Agents {
		host := actors.NewHost(a.Name, setting, a.Behavior)
		ref, err := r.engine.Spawn(engine.Spec{Name: actors.ActorName(a.Name), Host: host, Parent: group,
			Mailbox: mailbox, Policy: a.Policy})
		if err != nil {
			return nil, err
		}
		decides := cmp.Or(a.Decides, environment.Rules)
		if a.Model != "" && a.Decides == "" {
			decides = cmp.Or(r.society.Models[a.Model].Label, llmadapter.AnyModel)
		}
		r.agents = append(r.agents, member{ref, host})
		seats = append(seats, environment.Seat{Name: a.Name, Ref: ref, From: a.From, Decides: decides})
	}
	return seats, nil
}

// limit for asks and jobs without one of their own: a little less than a phase, so that an agent hears that nothing has
// come while it can still decide otherwise.
func (r *run) limit() time.Duration {
	deadline := r.cfg.Deadline
	if deadline <= 0 {
		deadline = time.Minute
	}
	return deadline - deadline/10
}

func (r *run) patience() time.Duration {
	if r.cfg.Stop <= 0 {
		return 10 * time.Second
	}
	return r.cfg.Stop
}

// stop ends the tree from the bottom, and names what does not end.
func (r *run) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), r.patience())
	defer cancel()
	return r.engine.Shutdown(ctx)
}

// report puts the run into numbers.
func (r *run) report(result environment.Result, left error) *Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.engine.Account()
	r.faults.Missed = result.Missed
	rep := &Report{
		Rounds: result.Rounds, World: result.World, DecidedBy: result.Decided, Marks: r.marks, Faults: r.faults, NotStopped: left,
		Messages: Account{Sent: a.Sent, Handled: a.Handled, Refused: a.Refused, Dead: a.Dead, Quarantined: a.Quarantined},
		Wall:     time.Since(r.began),
		Reproducible: r.cfg.Pace != environment.Realtime && !result.Late && r.faults.Clocked == 0 &&
			r.faults.Abandoned == 0 && left == nil && result.World != nil,
	}
	for name, adapter := range r.adapters {
		if rep.Models == nil {
			rep.Models = map[string]llmadapter.Account{}
		}
		rep.Models[name] = adapter.Account()
	}
	if rep.DecidedBy == nil {
		rep.DecidedBy = map[string]int{}
	}
	if !r.cfg.Undigested {
		heads := []journal.Head{result.Head}
		for _, m := range r.agents {
			if m.ref.Stopped() { // else its host is still being written
				heads = append(heads, actors.HeadOf(m.host))
			}
		}
		rep.Hash = journal.RunHash(r.configuration(), heads).String()
	}
	return rep
}

// configuration is what of the configuration matters for what happens, in canonical JSON.
func (r *run) configuration() []byte {
	type agent struct {
		From int    `json:"from"`
		Mind string `json:"mind"`
		Name string `json:"name"`
	}
	agents := make([]agent, len(r.society.Agents))
	for i, a := range r.society.Agents {
		agents[i] = agent{max(a.From, 1), a.Mind, a.Name}
	}
	slices.SortFunc(agents, func(a, b agent) int { return strings.Compare(a.Name, b.Name) })
	pace, phase := r.cfg.Pace, r.cfg.Phase
	if pace == "" {
		pace = environment.Rounds
	}
	if phase == 0 {
		phase = time.Second
	}
	models := map[string]string{}
	for name, cfg := range r.society.Models {
		models[name] = cfg.Label
	}
	doc, err := journal.Canonical(map[string]any{
		"agents": agents, "models": models, "pace": string(pace), "phase": int64(phase), "rounds": r.cfg.Rounds, "scenario": r.society.Name,
		"seed": r.cfg.Seed, "settings": r.society.Settings, "shuffle": r.cfg.Shuffle,
	})
	if err != nil {
		panic(fmt.Sprintf("polis: the configuration has no canonical form: %v", err)) // strings and numbers always have
	}
	return doc
}

// onEngine counts what supervision decides.
func (r *run) onEngine(ev engine.Event) {
	switch ev := ev.(type) {
	case engine.Decided:
		r.mu.Lock()
		var adopted *supervision.Escalated // it was counted where it happened
		if err := ev.Decision.Cause().Err; !errors.Is(err, supervision.ErrStop) && !errors.As(err, &adopted) {
			r.faults.Crashes++
		}
		switch d := ev.Decision.(type) {
		case supervision.Restart:
			r.faults.Restarts++
		case supervision.Quarantine:
			r.faults.Restarts++
			r.faults.Quarantined++
		case supervision.Stop:
			if d.Quarantined {
				r.faults.Quarantined++
			}
		}
		r.mu.Unlock()
		r.tell(Failed{ev.Decision})
	case engine.Blocked:
		r.tell(Blocked{ev.Actor, ev.Held, string(ev.Stack)})
	case engine.Abandoned:
		r.mu.Lock()
		r.faults.Abandoned++
		r.mu.Unlock()
		r.tell(Abandoned{ev.Actor, ev.Job})
	}
}

// onAgents counts what agents have to tell.
func (r *run) onAgents(event any) {
	r.mu.Lock()
	switch e := event.(type) {
	case actors.Forgot:
		r.faults.Forgot++
	case actors.Clocked:
		r.faults.Clocked++
	case actors.Marked:
		r.marks[e.Mark.String()]++
	}
	r.mu.Unlock()
	r.tell(event)
}

// onWorld passes the world's events on; nil spares the world the making of them.
func (r *run) onWorld() func(any) {
	if r.cfg.Observe == nil {
		return nil
	}
	return r.tell
}

// tell shows the observer one event at a time. What it does wrong is its own: most events are shown by a turn that is
// committed already, and must not fail.
func (r *run) tell(event any) {
	if r.cfg.Observe == nil {
		return
	}
	r.watch.Lock()
	defer r.watch.Unlock()
	defer func() {
		if v := recover(); v != nil {
			r.cfg.Logger.Error().Interface("panic", v).Type("event", event).Msg("the observer panicked")
		}
	}()
	r.cfg.Observe(event)
}
