package llmadapter

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
)

// Who answers, where that is not a model by its name.
const (
	AnyModel = "model"
	StandIn  = "stand-in"
	Cassette = "cassette"
	Person   = "person"
)

const (
	defaultQueue    = 1024
	defaultAttempts = 4
)

// Config says how an adapter treats its model. The zero value of everything but Model is useful.
type Config struct {
	Model    Model
	Label    string // who answers, for people and for the hash of a run: StandIn, "model gpt-4o"; "": AnyModel
	Of       string // of a Cassette: the Label of whoever answered when it was recorded, which the hash of a run then has; "": Label
	Name     string // of the model at its endpoint, for prices and instruments; "": not known
	Provider string // who serves it, in the words of OpenTelemetry's gen_ai.provider.name: "openai"; "": not known
	Form     Form   // how the endpoint is asked for calls; "": found out, from tools on
	InFlight int    // calls that may be out at once; 0: adaptive, up to 64
	Queue    int    // requests that may wait; 0: 1024
	Attempts int    // at one request, at most, those not counted that never left in an outage; 0: 4

	// In any minute; 0: what the endpoint's answers say, if they do. An endpoint that allows less is heard.
	RPM, TPM            int // requests; tokens of prompts and answers
	InputTPM, OutputTPM int // tokens of prompts, and of answers, where they are counted apart

	Prices      Prices                     // nil: nothing is known to cost anything
	Budget      Budget                     // of all askers together
	AgentBudget Budget                     // of each asker
	Spent       Account                    // by this run before it was taken up again: it counts into Budget
	SpentBy     map[string]Account         // likewise, by asker: it counts into AgentBudget
	Weight      func(asker string) float64 // of an asker's share where several wait: with 2 it gets twice the tokens; nil: 1 each. From 1e-6 to 1e6; anything else counts as 1

	AttemptLimit time.Duration    // for one attempt; 0: the time that the asker has left
	Observe      func(any)        // sees Asked and Ended, from many goroutines at once; nil: nobody. Must not block
	Content      bool             // Ended has what was asked and answered, too
	Clock        func() time.Time // nil: time.Now

	// Chaos is, for package polis, asked at every attempt of the adapter's actor at its messages, which it numbers from 1:
	// whether it is to panic on purpose, before or after the message was handled. nil: never.
	Chaos func(message uint64, attempt, attempts int) (before, after bool)
}

// Check says what of a configuration makes no sense.
func (c *Config) Check() error {
	if c.Model == nil {
		return errors.New("llmadapter: an adapter without a Model")
	}
	for _, x := range []struct {
		name  string
		value int64
	}{{"InFlight", int64(c.InFlight)}, {"Queue", int64(c.Queue)}, {"Attempts", int64(c.Attempts)},
		{"RPM", int64(c.RPM)}, {"TPM", int64(c.TPM)}, {"InputTPM", int64(c.InputTPM)}, {"OutputTPM", int64(c.OutputTPM)}, {"AttemptLimit", int64(c.AttemptLimit)}} {
		if x.value < 0 {
			return fmt.Errorf("llmadapter: %s %d; accepted is 0 or more", x.name, x.value)
		}
	}
	if c.Form != "" {
		if _, err := ParseForm(string(c.Form)); err != nil {
			return err
		}
	}
	return c.checkMoney()
}

// credits are how many requests may be open: waiting, or out.
func (c *Config) credits() int64 {
	if c.InFlight > 0 {
		return int64(c.InFlight) + int64(c.Queue)
	}
	return mostInFlight + int64(c.Queue)
}

// Adapter is the service in front of one model, for one run. What it knows outlives the lives of its actor.
type Adapter struct {
	cfg     Config
	name    string                   // of its actor
	fault   func(msg any)            // called with every message to the actor; nil but in tests
	number  uint64                   // of the message that the actor handles
	done    atomic.Pointer[wire.Ask] // the last request that was taken in: when the actor fails after that, it is not taken in again
	began   time.Time
	credits atomic.Int64  // requests let in by the gate that have not come to their end
	ending  chan struct{} // closed when the adapter does

	mu     sync.Mutex // guards what follows, and is held for moments only
	core   *admission
	ref    *engine.Ref
	engine *engine.Engine
	idle   []*caller // parked
	taking *entry    // of done
	timer  *time.Timer
	rings  time.Duration // when the timer does; 0: it is not set
}

// New makes an adapter.
func New(c Config) (*Adapter, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.Queue == 0 {
		c.Queue = defaultQueue
	}
	if c.Attempts == 0 {
		c.Attempts = defaultAttempts
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return &Adapter{cfg: c, began: c.Clock(), ending: make(chan struct{}), core: newAdmission(&c)}, nil
}

// Account is what has been asked and spent so far. Requests that are still open have no end in it yet.
func (a *Adapter) Account() Account {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.core.ledger.Account
}

// Load is how busy it is.
func (a *Adapter) Load() Load {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.core.load(a.now())
}

// Spec is, for package polis, how its actor is spawned: once.
func (a *Adapter) Spec(name string) engine.Spec {
	a.name = name
	return engine.Spec{
		Name: name, Gate: (*gate)(a), New: func() engine.Actor { return (*desk)(a) },
		Mailbox: int(2*a.cfg.credits()) + 64, // every request, and a word that it is cancelled
	}
}

// now is the time since the adapter began.
func (a *Adapter) now() time.Duration { return a.cfg.Clock().Sub(a.began) }
