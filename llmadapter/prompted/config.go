package prompted

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/structured"
	"github.com/polis-agents/polis/protocol"
)

// Config says how a model decides for an agent. Only the Definition is required.
type Config struct {
	Model      string                   // name of the service that is asked; "": "model"
	Definition *environment.Definition  // of the world whose actions can be chosen
	Role       func(name string) string // the system's part of the prompt: who the agent is, the rules of the world; nil: a plain one
	Acts       []Utterance              // ways to speak
	Words      int                      // utterances in one answer, at most; 0: 8

	// Desk is the desk beside the mind, whose conversations are shown as far as they are left to it: see roles.Desk.Leave. It is
	// of one life, so the agent's producer makes both, and a Prepare with a desk makes one life only.
	Desk *roles.Desk

	// Wakes lets a message begin a thought when a conversation then waits for the mind, about the last percept and without an
	// action: for the simulated and realtime paces, in which percepts do not follow messages.
	Wakes bool

	// Then names services that are asked in this order, each when the one before has rejected the request, has failed at
	// it, or gave nothing that could be used. All of a thought has one limit, so the next has what is left of it: see
	// llmadapter.Config.AttemptLimit for a model that might be silent. What one of them decides is marked
	// actors.Substitute, with the reason, and counts as its own.
	Then []string

	// Waits is how often, at most 2, a thought waits when everybody has been asked in vain and one that rejected it has
	// said when to come back, if that is within what is left of the limit. Then that one is asked again. 0: never.
	Waits int

	// Fallback makes the rule that decides when the model does not: it gets the percept, and the outcomes and messages
	// that the model was told of, and acts and speaks in the same turn. What it asks or starts comes back to nobody.
	// One with a memory is a Keeper. nil: the agent passes.
	Fallback func() actors.Behavior

	Memory     int                          // remarks and decisions that it remembers; 0: 32; at most 1024
	Drop       func(*protocol.Message) bool // messages that make it drop a thought and think anew with them; nil: none does
	Patient    bool                         // a percept that comes while it thinks waits for the end of the thought, in place of ending it: for the realtime pace with polis.Config.Overtake
	MaxTokens  int                          // of an answer; 0: the model's own limit
	Repairs    int                          // how often it is told what was wrong with an answer, each time; 0: once; negative: never
	Priority   int                          // of its requests, see llmadapter.Request
	Repeatable bool                         // likewise
}

const (
	defaultModel  = "model"
	defaultWords  = 8
	defaultMemory = 32
	maxMemory     = 1024
	maxThen       = 8
	maxWaits      = 2
	passName      = "pass"
)

// check says what of a configuration makes no sense.
func (c *Config) check() error {
	if c.Definition == nil {
		return fmt.Errorf("prompted: a Config without the Definition of a world")
	}
	if c.Memory < 0 || c.Memory > maxMemory {
		return fmt.Errorf("prompted: Config.Memory is %d; accepted is 0 to %d", c.Memory, maxMemory)
	}
	if c.Wakes && c.Desk == nil {
		return errors.New("prompted: Config.Wakes without a Desk whose conversations could wake it")
	}
	if c.Words < 0 || c.MaxTokens < 0 {
		return fmt.Errorf("prompted: Config.Words is %d, MaxTokens %d; accepted is 0 or more", c.Words, c.MaxTokens)
	}
	if c.Waits < 0 || c.Waits > maxWaits {
		return fmt.Errorf("prompted: Config.Waits is %d; accepted is 0 to %d", c.Waits, maxWaits)
	}
	if len(c.Then) > maxThen {
		return fmt.Errorf("prompted: Config.Then names %d services; accepted are at most %d", len(c.Then), maxThen)
	}
	asked := map[string]bool{cmp.Or(c.Model, defaultModel): true}
	for _, name := range c.Then {
		if name == "" || asked[name] {
			return fmt.Errorf("prompted: Config.Then names %q; accepted are names, each once and not that of Model", name)
		}
		asked[name] = true
	}
	return nil
}

// offer is something the model can call.
type offer struct {
	tool      llmadapter.Tool
	shape     *structured.Shape   // of what its calls say
	action    *environment.Action // nil: it is an utterance, or to pass
	utterance *Utterance          // nil: it is an action, or to pass
	word      *roles.Word         // likewise
}

// in says whether it can be called when a thought is asked.
func (o *offer) in(th *thought) bool {
	switch {
	case o.word != nil:
		return o.word.Begins() || th.canSay(o.tool.Name) != ""
	case o.action != nil && th.Talk:
		return false
	}
	return o.possible(th.Phase)
}

// possible says whether an action or an utterance is, in a phase.
func (o *offer) possible(phase string) bool {
	switch {
	case o.action != nil:
		return o.action.In(phase)
	case o.utterance != nil:
		return o.utterance.form.In(phase)
	}
	return true
}

// offers are all that there are, in the order in which they are shown.
func (c *Config) offers() ([]offer, error) {
	var all []offer
	names := map[string]bool{passName: true}
	add := func(o offer, a *environment.Action, schema json.RawMessage) error {
		if names[a.Name] {
			return fmt.Errorf("prompted: %q is the name of two things that can be called", a.Name)
		}
		names[a.Name] = true
		o.tool = llmadapter.Tool{Name: a.Name, Doc: a.Doc, Schema: schema}
		var err error
		o.shape, err = structured.ShapeOf(o.tool)
		all = append(all, o)
		return err
	}
	for _, a := range c.Definition.Actions() {
		schema, err := schemaOf(a)
		if err := errors.Join(err, add(offer{action: a}, a, schema)); err != nil {
			return nil, err
		}
	}
	for i := range c.Acts {
		u := &c.Acts[i]
		if u.form == nil {
			return nil, fmt.Errorf("prompted: Config.Acts[%d] is empty; accepted is what Speak makes", i)
		}
		if err := add(offer{utterance: u}, u.form, u.schema); err != nil {
			return nil, err
		}
	}
	if c.Desk != nil {
		for _, w := range c.Desk.Words() {
			schema, err := schemaOf(w.Form)
			if err := errors.Join(err, add(offer{word: w}, w.Form, schema)); err != nil {
				return nil, err
			}
		}
	}
	return append(all, offer{tool: llmadapter.Tool{Name: passName, Doc: "Do nothing in this phase.",
		Schema: json.RawMessage(`{"type":"object","properties":{},"additionalProperties":false}`)}}), nil
}

// schemaOf is the schema of an action as endpoints take it. It is not the strict one, which some of them have no need of.
func schemaOf(a *environment.Action) (json.RawMessage, error) {
	schema, err := structured.Plain(a.Schema)
	if err != nil {
		return nil, fmt.Errorf("prompted: schema of %q: %w", a.Name, err)
	}
	return schema, nil
}

// New makes the behavior of one life. It panics when the configuration makes no sense: Prepare says so before.
func New(c Config) actors.Behavior {
	newBehavior, err := Prepare(c)
	if err != nil {
		panic(err.Error())
	}
	return newBehavior()
}

// Prepare checks a configuration, and gives what polis.Agent wants: the maker of one life after the other. The error says
// what of the configuration makes no sense.
func Prepare(c Config) (func() actors.Behavior, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	offers, err := c.offers()
	if err != nil {
		return nil, err
	}
	c.Model = cmp.Or(c.Model, defaultModel)
	c.Then = slices.Clone(c.Then)
	c.Words = cmp.Or(c.Words, defaultWords)
	c.Memory = cmp.Or(c.Memory, defaultMemory)
	c.Repairs = cmp.Or(c.Repairs, 1)
	var lives atomic.Int32
	return func() actors.Behavior {
		if c.Desk != nil && lives.Add(1) > 1 {
			panic("prompted: a second life at the same desk; accepted is a Config for each, made in the agent's producer")
		}
		return life(c, offers)
	}, nil
}

// life is a mind that knows nothing yet.
func life(c Config, offers []offer) actors.Behavior {
	m := &mind{cfg: c, offers: offers}
	if c.Fallback == nil {
		return &keptMind{m}
	}
	m.fallback = c.Fallback()
	_, keeper := m.fallback.(actors.Keeper)
	_, stateless := m.fallback.(actors.Stateless)
	if keeper || stateless {
		return &keptMind{m}
	}
	return m // whose memory cannot be handed over, since its fallback's cannot
}
