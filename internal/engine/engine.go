package engine

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"github.com/polis-agents/polis/supervision"
)

// Errors of sending, asking and spawning; they come wrapped with the actor's name.
var (
	ErrBusy      = errors.New("mailbox full")
	ErrStopped   = errors.New("actor stopped")
	ErrNoAnswer  = errors.New("no answer given")
	ErrNameTaken = errors.New("name taken")
	ErrNoName    = errors.New("no such actor")
	ErrNoMessage = errors.New("nil is not a message")
)

// Config of an engine. The zero value is useful.
type Config struct {
	Workers    int            // resident workers; 0: GOMAXPROCS
	MaxWorkers int            // with those added while some are blocked; 0: 10,000
	Seed       uint64         // moves the pauses before restarts
	Log        zerolog.Logger // zero: silent. The library's own messages come through it, from WARN on
	Observe    func(Event)    // sees every Event, on the goroutine where it happens: must not block; nil: nobody

	// Locate gives the way to an actor of another process; nil: there is none of that name. It is asked for names that
	// no actor has here. nil: all actors live here.
	Locate func(name string) Away
}

// Engine is one process's actors. Make it with New, end it with Shutdown.
type Engine struct {
	cfg     Config
	system  *system
	props   *actor.Props
	workers *workers
	outside atomic.Int64 // messages sent by no actor to one that was gone
	late    atomic.Int64 // messages refused because their receiver was gone
	dying   atomic.Bool  // a failure went beyond the last parent: what fails after it is likely to follow from it
	lost    atomic.Int64 // sent to another process that is gone

	mu        sync.RWMutex
	refs      map[string]*Ref            // the locator
	elsewhere map[string]*Ref            // stand for actors of other processes
	started   uint64                     // actors ever spawned: their order is the order of shutdown
	settled   Account                    // of the actors that are gone
	jobs      map[*Ref]map[*job]struct{} // running, by their actor: those of one end with it
	fatal     chan error
	shutdown  bool

	calls    sync.Pool  // of *call; one per engine, for a channel made in a synctest bubble must stay there
	spawning sync.Mutex // one spawn at a time: next is the mailbox that the shared Props hand out
	next     *Ref
}

// New starts an engine without actors.
func New(cfg Config) *Engine {
	if cfg.Workers <= 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	if cfg.MaxWorkers <= 0 {
		cfg.MaxWorkers = 10_000
	}
	cfg.MaxWorkers = max(cfg.MaxWorkers, cfg.Workers)
	e := &Engine{
		cfg:    cfg,
		system: openSystem(cfg.Log),
		refs:   make(map[string]*Ref),
		jobs:   make(map[*Ref]map[*job]struct{}),
		fatal:  make(chan error, 1),
	}
	e.calls.New = newCall
	e.workers = newWorkers(e, cfg.Workers, cfg.MaxWorkers)
	// One Props for all: a Props cloned per actor would cost each of them 300 bytes.
	e.props = actor.PropsFromProducer(
		func() actor.Actor { return &life{engine: e} },
		actor.WithMailbox(func() actor.Mailbox { return (*mailbox)(e.next) }),
	)
	return e
}

// Spec says how an actor is made. Exactly one of New and Host is set.
type Spec struct {
	Name    string              // unique in the engine; "agents/kate"
	New     func() Actor        // called for every life: must give a new value each time
	Host    Host                // an actor of turns
	Parent  *Ref                // decides about escalated failures, and takes its children with it; nil: none
	Mailbox int                 // messages that may wait beside those being worked on; 0: 1024
	Policy  *supervision.Policy // shared, read only; nil: the zero Policy
	Record  supervision.Record  // what the policy holds against it from before
	Gate    Gate                // of a plain actor's mailbox; nil: none
	Relay   bool                // a mere node of the tree: what its children escalate goes to its own parent, past it
}

var plainPolicy supervision.Policy

// Spawn starts an actor. It runs from now on; its first message is Started.
func (e *Engine) Spawn(s Spec) (*Ref, error) {
	r := &Ref{name: s.Name, engine: e, host: s.Host, parent: s.Parent, policy: s.Policy, limit: int32(s.Mailbox),
		gate: s.Gate, relay: s.Relay}
	r.in = r.slot[:0]
	r.scheduled = true // nobody else may run it before protoactor knows it, although it can be found, told and stopped
	if r.host == nil {
		r.host = lives(s.New)
		r.plain = true
	}
	if s.Record.Charged() {
		r.trouble = &trouble{record: s.Record}
	}
	if r.limit <= 0 {
		r.limit = 1024
	}
	if r.policy == nil {
		r.policy = &plainPolicy
	}
	e.mu.Lock()
	if e.shutdown {
		e.mu.Unlock()
		return nil, fmt.Errorf("engine: spawn %q: %w", s.Name, ErrStopped)
	}
	if _, taken := e.refs[s.Name]; taken { // asked before protoactor is: it would run the producer first (A18)
		e.mu.Unlock()
		return nil, fmt.Errorf("engine: spawn %q: %w", s.Name, ErrNameTaken)
	}
	e.refs[s.Name] = r
	e.started++
	r.order = e.started
	if r.parent != nil {
		r.parent.children.Add(1)
	}
	e.mu.Unlock()
	e.spawning.Lock()
	e.next = r
	_, err := e.system.Root.SpawnNamed(e.props, s.Name)
	e.spawning.Unlock()
	if err != nil { // a name that protoactor has given to something of its own
		r.close()
		return nil, fmt.Errorf("engine: spawn %q: %w (%w)", s.Name, ErrNameTaken, err)
	}
	if r.parent != nil && r.parent.Stopped() { // it has not seen this child when it told its children to stop
		r.postSystem(stopMessage)
	}
	e.workers.push(r)
	return r, nil
}

// Find resolves a name.
func (e *Engine) Find(name string) (*Ref, error) {
	e.mu.RLock()
	r := e.refs[name]
	e.mu.RUnlock()
	if r == nil {
		r = e.away(name)
	}
	if r == nil {
		return nil, fmt.Errorf("engine: %q: %w", name, ErrNoName)
	}
	return r, nil
}

// Tell sends from outside any actor. n is what the message weighs in the account: how many counted things it holds.
func (e *Engine) Tell(to *Ref, msg any, n int) error {
	return to.post(item{msg: msg, n: int32(n)}, nil)
}

// Signal sends a message of the runtime itself: it weighs nothing and passes the mailbox's bound.
func (e *Engine) Signal(to *Ref, msg any) { to.force(msg) }

// Fatal gives the failure that escalated beyond the last parent, at most one.
func (e *Engine) Fatal() <-chan error { return e.fatal }

// forget removes a stopped actor from the locator and keeps its account.
func (e *Engine) forget(r *Ref) {
	e.mu.Lock()
	if e.refs[r.name] == r {
		delete(e.refs, r.name)
		e.settled.add(r.account)
	}
	e.mu.Unlock()
	if r.parent != nil {
		r.parent.children.Add(-1)
	}
}

// childrenOf gives the living children of an actor in start order.
func (e *Engine) childrenOf(parent *Ref) []*Ref {
	if parent == nil || parent.children.Load() == 0 {
		return nil
	}
	return e.sorted(func(r *Ref) bool { return r.parent == parent })
}
