package llmadapter

import (
	"errors"
	"time"

	"github.com/polis-agents/polis/internal/engine"
)

// Who answers, where that is not a model by its name.
const (
	AnyModel = "model"
	StandIn  = "stand-in"
	Cassette = "cassette"
	Person   = "person"
)

// Config says how an adapter treats its model. The zero value of everything but Model is useful.
type Config struct {
	Model    Model
	Label    string // who answers, for people and for the hash of a run: StandIn, "model gpt-4o"; "": AnyModel
	Form     Form   // how the endpoint is asked for calls; "": found out, from tools on
	InFlight int    // calls that may be out at once; 0: adaptive, up to 64
	Queue    int    // requests that may wait; 0: 1024
	Attempts int    // at one request, at most; 0: 4

	AttemptLimit time.Duration    // for one attempt; 0: the time that the asker has left
	Observe      func(any)        // sees Ended; nil: nobody. Must not block
	Clock        func() time.Time // nil: time.Now
}

// Check says what of a configuration makes no sense.
func (c *Config) Check() error {
	if c.Model == nil {
		return errors.New("llmadapter: an adapter without a Model")
	}
	return nil
}

// Adapter is the service in front of one model, for one run.
type Adapter struct{ cfg Config }

// New makes an adapter.
func New(c Config) (*Adapter, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	return &Adapter{cfg: c}, nil
}

// Account is what has been asked and spent so far.
func (a *Adapter) Account() Account { return Account{} }

// Spec is, for package polis, how its actor is spawned.
func (a *Adapter) Spec(name string) engine.Spec { return engine.Spec{Name: name} }
