package polis

import (
	"context"
	"errors"
	"maps"
	"slices"
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
	if cfg.Paused {
		return nil, errors.New("polis: Config.Paused is true, and nobody could end it; accepted is false, or Start")
	}
	r, err := start(ctx, &s, cfg)
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
	annals   *annals      // nil: nothing is kept
	recalled recollection // of what was before it was taken up again
	unkept   chan error   // why turns are kept no longer, once
	world    *engine.Ref
	host     engine.Host // of the world
	adapters map[string]*llmadapter.Adapter
	setting  *actors.Setting // of the agents
	past     *past           // what it goes on from; nil: it begins
	document []byte          // the configuration that is hashed
	group    *engine.Ref     // above the agents
	mailbox  int             // of an agent
	finished chan environment.Result

	ended  chan struct{} // closed when there is a report
	result *Report       // written before
	err    error         // likewise

	watch sync.Mutex // held while the observer looks and the annals are written; before mu

	mu      sync.Mutex // guards what follows
	agents  []member
	faults  Faults
	fell    time.Time // when the world failed; zero: it stands
	marks   map[string]int
	said    map[string]int // by act
	judged  map[string]int // by verdict
	control control
}

// Start lets a society live as Run does, and does not wait for its end.
func Start(ctx context.Context, s Society, cfg Config) (*Running, error) {
	s.Agents, s.Settings = slices.Clone(s.Agents), maps.Clone(s.Settings) // the caller goes on, and may use them otherwise
	s.Services, s.Models = maps.Clone(s.Services), maps.Clone(s.Models)
	return start(ctx, &s, cfg)
}

func start(ctx context.Context, s *Society, cfg Config) (*Running, error) {
	if err := errors.Join(s.check(), cfg.check(), cfg.checkHost(), cfg.Chaos.check(s, &cfg)); err != nil {
		return nil, err
	}
	if err := unwritten(ctx, &cfg); err != nil {
		return nil, err
	}
	return newRunning(s, cfg).begin(ctx)
}

// newRunning is a society that does not live yet.
func newRunning(s *Society, cfg Config) *Running {
	cfg.Journal = cfg.Chaos.befall(cfg.Journal, cfg.Seed, cfg.Rounds, len(s.Agents))
	r := &Running{society: s, control: control{wishes: environment.Wishes{Pause: cfg.Paused}}, document: s.configuration(&cfg),
		cfg: cfg, began: time.Now(), marks: map[string]int{}, said: map[string]int{}, judged: map[string]int{}, ended: make(chan struct{}),
		adapters: map[string]*llmadapter.Adapter{}, unkept: make(chan error, 1), finished: make(chan environment.Result, 1)}
	if cfg.Journal != nil && r.here(environment.Name) {
		r.annals = &annals{lost: make(chan error, 1)}
	}
	return r
}

// begin lets the society live.
func (r *Running) begin(ctx context.Context) (*Running, error) {
	if err := r.build(); err != nil {
		return nil, errors.Join(err, r.stop(), r.closeJournal())
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
		select { // what ends the run may have left it so few that they were soon done
		case r.err = <-r.engine.Fatal():
		default:
		}
	case r.err = <-r.engine.Fatal():
	case r.err = <-r.unkept:
	case r.err = <-r.annals.failed():
	case r.err = <-r.elsewhere():
	case <-ctx.Done():
		result, r.err = r.cutOff(ctx)
	}
	r.close()
	if result.World == nil && r.cfg.Host == nil {
		r.freeze()
	}
	others, left := r.settle()
	if result.World == nil && r.world.Stopped() { // it did not come to its end: this is how far it came
		result = environment.ResultOf(r.host)
	}
	r.result = r.report(result, left, others)
	r.recount()
	r.conclude()
	r.halt(ctx, r.closeJournal())
	if w := r.recorder.Writer; w != nil {
		r.result.NotStopped, r.result.Kept = errors.Join(r.result.NotStopped, w.Left()), w.Kept()
	}
	// Where it was cut off depended on the clock.
	r.result.Reproducible = r.result.Reproducible && r.err == nil && r.result.NotStopped == nil
}

// cutOff ends a society before its end. One that keeps its turns is cut off where it stands, as a kill would, so that it can
// be taken up again as if nothing had happened; any other comes to an end, of which its agents hear.
func (r *Running) cutOff(ctx context.Context) (result environment.Result, err error) {
	if r.cfg.Journal != nil && r.cfg.Host == nil {
		return result, ctx.Err()
	}
	r.engine.Signal(r.world, environment.End{}) // of another process, which is not told, nor need be
	select {
	case result = <-r.finished:
	case err = <-r.engine.Fatal():
	case err = <-r.unkept:
	case err = <-r.elsewhere():
	case <-time.After(r.patience()):
	}
	return result, errors.Join(err, ctx.Err())
}

// freeze stops the world before its agents, of a society that did not come to its own end: it must not see them leave, for
// that is no part of what happened.
func (r *Running) freeze() {
	ctx, cancel := context.WithTimeout(context.Background(), r.patience()/2)
	defer cancel()
	_ = r.engine.Stop(ctx, r.world) // what does not stop is named when the rest is stopped
}

type member struct {
	*Agent
	ref  *engine.Ref // nil: it had stopped before the society went on from its past
	host engine.Host
}

// gone says whether the agent has stopped.
func (m *member) gone() bool { return m.ref == nil || m.ref.Stopped() }

// build makes the tree from the top: services, the world, the agents.
func (r *Running) build() error {
	r.engine = engine.New(engine.Config{Seed: r.cfg.Seed, Log: r.cfg.Logger, Observe: r.onEngine, Locate: r.locator()})
	r.openJournal()
	if r.cfg.Host != nil {
		r.cfg.Host.Open(r.engine, r.kept, r.retell)
	}
	r.openAnnals()
	r.await()
	if err := errors.Join(r.startServices(), r.startWorld()); err != nil {
		return err
	}
	seats, err := r.startAgents()
	if err != nil || !r.here(environment.Name) {
		return err
	}
	if err := r.engine.Tell(r.world, &environment.Begin{Seats: seats, Wishes: r.control.wishes}, 0); err != nil {
		return err
	}
	r.wake()
	return nil
}

// startWorld gives the world its actor, unless that lives in another process.
func (r *Running) startWorld() (err error) {
	if !r.here(environment.Name) {
		r.world, err = r.engine.Find(environment.Name)
		return err
	}
	world := r.society.world(&r.cfg)
	world.Recorder, world.Clock, world.Observe, world.Intervened = r.recorder, r.clock, r.onWorld(), func(e Intervened) { r.tell(e) }
	world.Finished = func(res environment.Result) { r.finished <- res }
	world.Chaos = r.cfg.Chaos.worldFaults(r.cfg.Seed, r.cfg.Rounds, len(r.society.Agents))
	if r.past != nil {
		r.host = r.past.world.Host(world)
	} else {
		r.host = environment.NewHost(r.society.World, world)
	}
	// Agents report once or a few times per phase: with this bound they never meet a full mailbox.
	bound := 1024 + 8*(len(r.society.Agents)+MostNewcomers)
	r.world, err = r.engine.Spawn(engine.Spec{Name: environment.Name, Host: r.host, Mailbox: bound})
	return err
}

// clock is wall time since the start: what Now is in the realtime pace.
func (r *Running) clock() time.Duration { return time.Since(r.began) }

func (r *Running) startServices() error {
	if len(r.society.Services)+len(r.society.Models) == 0 || !r.here(actors.ServiceName("")) {
		return nil
	}
	group, err := r.node("services")
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
		cfg.Observe = r.onModel(cfg.Observe)
		cfg.Chaos = r.cfg.Chaos.adapterFaults(r.cfg.Seed, name)
		cfg.Spent.Add(r.recalled.models[name])
		cfg.SpentBy = together(cfg.SpentBy, r.recalled.spending[name].Askers)
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

// node of the tree, above others: its children stop together, and what they escalate goes through it to the top.
func (r *Running) node(name string) (*engine.Ref, error) {
	return r.engine.Spawn(engine.Spec{Name: name, Relay: true, New: func() engine.Actor {
		return engine.ActorFunc(func(*engine.Context, any) error { return nil })
	}})
}

func (r *Running) startAgents() (seats []environment.Seat, err error) {
	if r.group, err = r.node("agents"); err != nil {
		return nil, err
	}
	r.setting = r.society.setting(&r.cfg)
	if r.past != nil {
		r.setting = r.past.setting
	}
	r.setting.Recorder, r.setting.Chaos = r.recorder, r.cfg.Chaos.faults(r.cfg.Seed)
	r.setting.Clock, r.setting.Observe, r.setting.Crashed = r.clock, r.tell, r.crashed
	r.setting.Hear = func(said actors.Said) { r.count(said) }
	if r.cfg.Observe != nil {
		r.setting.Hear = func(said actors.Said) { r.tell(said) }
	}
	if r.mailbox = r.cfg.Mailbox; r.mailbox <= 0 {
		r.mailbox = max(1024, 2*len(r.society.Agents)) // room for a word from everybody
	}
	r.agents = append(make([]member, 0, len(r.society.Agents)), r.past.departed(r.setting)...)
	seats = make([]environment.Seat, 0, len(r.society.Agents))
	for i := range r.society.Agents {
		a := &r.society.Agents[i]
		seat := r.seat(a)
		if seat.Ref, err = r.spawn(a); err != nil {
			return nil, err
		}
		if seat.Ref != nil {
			seats = append(seats, seat)
		}
	}
	return seats, nil
}

// seat is an agent's place in the world, before it has an actor.
func (r *Running) seat(a *Agent) environment.Seat {
	return environment.Seat{Name: a.Name, From: a.From, Decides: r.society.Decider(*a), Latency: a.Latency}
}

// spawn gives an agent its actor, unless that lives in another process; nil: it has stopped in its past.
func (r *Running) spawn(a *Agent) (ref *engine.Ref, err error) {
	if !r.here(actors.ActorName(a.Name)) {
		return r.engine.Find(actors.ActorName(a.Name))
	}
	host, lives := r.past.host(a.Name, r.setting)
	if host == nil {
		host = actors.NewHost(a.Name, r.setting, a.Behavior)
	}
	if lives {
		ref, err = r.engine.Spawn(engine.Spec{Name: actors.ActorName(a.Name), Host: host, Parent: r.group,
			Mailbox: r.mailbox, Policy: a.Policy, Record: r.past.record(a.Name)})
		if err != nil {
			return nil, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.agents = append(r.agents, member{a, ref, host})
	return ref, nil
}

func (r *Running) patience() time.Duration { return r.cfg.patience() }

func (c *Config) patience() time.Duration {
	if c.Stop <= 0 {
		return 10 * time.Second
	}
	return c.Stop
}

// stop ends the tree from the bottom, and names what does not end.
func (r *Running) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), r.patience())
	defer cancel()
	return r.engine.Shutdown(ctx)
}
