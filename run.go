package polis

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
)

// Run lets a society live until its rounds are played, its world is done, or ctx ends. In the last case the report
// says what happened until then, and the error is ctx's.
func Run(ctx context.Context, s Society, cfg Config) (*Report, error) {
	r, err := Start(ctx, s, cfg)
	if err != nil {
		return nil, err
	}
	return r.Wait()
}

// Running is a society that lives. It may be touched from any goroutine, also when it has ended; nothing that is asked
// of it waits for a turn.
type Running struct {
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

	ended  chan struct{} // closed when there is a report
	result *Report       // written before
	err    error         // likewise

	mu     sync.Mutex // guards what follows
	faults Faults
	marks  map[string]int
	watch  sync.Mutex // held while the observer looks
}

// Start lets a society live as Run does, and does not wait for its end.
func Start(ctx context.Context, s Society, cfg Config) (*Running, error) {
	if err := errors.Join(s.check(), cfg.check(), cfg.Chaos.check(&s)); err != nil {
		return nil, err
	}
	r := &Running{society: &s, cfg: cfg, began: time.Now(), marks: map[string]int{}, ended: make(chan struct{}),
		adapters: map[string]*llmadapter.Adapter{}, finished: make(chan environment.Result, 1)}
	if err := r.start(); err != nil {
		return nil, errors.Join(err, r.stop())
	}
	go r.live(ctx)
	return r, nil
}

// Wait waits until the society has ended, and gives what Run gives.
func (r *Running) Wait() (*Report, error) {
	<-r.ended
	return r.result, r.err
}

// live waits for the end of the society, takes it down and writes the report.
func (r *Running) live(ctx context.Context) {
	defer close(r.ended)
	var result environment.Result
	select {
	case result = <-r.finished:
	case r.err = <-r.engine.Fatal():
	case <-ctx.Done():
		r.engine.Signal(r.world, environment.End{})
		var err error
		select {
		case result = <-r.finished:
		case err = <-r.engine.Fatal():
		case <-time.After(r.patience()):
		}
		r.err = errors.Join(err, ctx.Err())
	}
	left := r.stop()
	if result.World == nil && r.world.Stopped() { // it did not come to its end: this is how far it came
		result = environment.ResultOf(r.host)
	}
	r.result = r.report(result, left)
	r.result.Reproducible = r.result.Reproducible && r.err == nil // where it was cut off depended on the clock
}

type member struct {
	ref  *engine.Ref
	host engine.Host
}

// start builds the tree from the top: services, the world, the agents.
func (r *Running) start() error {
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
func (r *Running) clock() time.Duration { return time.Since(r.began) }

func (r *Running) startServices() error {
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
func (r *Running) group(name string) (*engine.Ref, error) {
	return r.engine.Spawn(engine.Spec{Name: name, Relay: true, New: func() engine.Actor {
		return engine.ActorFunc(func(*engine.Context, any) error { return nil })
	}})
}

func (r *Running) startAgents() ([]environment.Seat, error) {
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
func (r *Running) limit() time.Duration {
	deadline := r.cfg.Deadline
	if deadline <= 0 {
		deadline = time.Minute
	}
	return deadline - deadline/10
}

func (r *Running) patience() time.Duration {
	if r.cfg.Stop <= 0 {
		return 10 * time.Second
	}
	return r.cfg.Stop
}

// stop ends the tree from the bottom, and names what does not end.
func (r *Running) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), r.patience())
	defer cancel()
	return r.engine.Shutdown(ctx)
}
