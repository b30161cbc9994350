package environment

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/polis-agents/polis/journal"
)

// Definition is a world made known to the runtime: how to make one, what agents perceive of it, what they can do.
type Definition struct {
	Properties Properties // declared by whoever defines the world

	percept  reflect.Type
	make     func() any
	perceive func(world any, agent string) any
	actions  []*Action
	byType   map[reflect.Type]*Action
	phases   []string
}

// Define declares a world. newWorld makes one from its parameters, a new one at every call: it is called for every run
// and after every failure. perceive gives what one agent can sense, never more, and changes nothing.
func Define[W, P any](newWorld func() *W, perceive func(world *W, agent string) P) *Definition {
	register[P]()
	d := &Definition{
		percept:  reflect.TypeFor[P](),
		make:     func() any { return newWorld() },
		perceive: func(w any, agent string) any { return perceive(w.(*W), agent) },
		byType:   make(map[reflect.Type]*Action),
		phases:   []string{"round"},
	}
	if p, ok := d.make().(Phased); ok {
		d.phases = p.Phases()
	}
	return d
}

func init() { journal.Register[Pass]("pass") }

// Action is one thing agents can do in a world.
type Action struct {
	Name   string
	Doc    string             // a sentence for people and models
	Schema *jsonschema.Schema // of the action's Go type, with its bounds
	Phases []string           // when it is possible; nil: always

	resolved *jsonschema.Resolved
	goType   reflect.Type
	check    func(v reflect.Value) error // nil: no bounds
	apply    func(world any, agent string, action any) (any, error)
}

// AddAction declares an action: its name, a sentence for people and models, the method that carries it out, and the
// phases in which it is possible (none: all). The fields of A may carry the tags min, max, maxlen and enum (see
// package documentation of schema.go); do gets only actions within them. It panics on a mistake in the declaration.
func AddAction[W, A, R any](d *Definition, name, doc string, do func(world *W, agent string, action A) (R, error), phases ...string) {
	t := reflect.TypeFor[A]()
	register[A]()
	register[R]()
	if name == "pass" || d.Action(name) != nil || d.byType[t] != nil {
		panic(fmt.Sprintf("environment: action %q of type %v: the name or the type is taken", name, t))
	}
	for _, p := range phases {
		if !slices.Contains(d.phases, p) {
			panic(fmt.Sprintf("environment: action %q: no phase %q; the world has %q", name, p, d.phases))
		}
	}
	a := &Action{Name: name, Doc: doc, Phases: phases, goType: t,
		apply: func(w any, agent string, v any) (any, error) { return do(w.(*W), agent, v.(A)) }}
	if err := a.describe(); err != nil {
		panic(fmt.Sprintf("environment: action %q of type %v: %v", name, t, err))
	}
	d.actions = append(d.actions, a)
	d.byType[t] = a
}

// Actions are those of the world, in the order they were added. Pass is not among them.
func (d *Definition) Actions() []*Action { return slices.Clone(d.actions) }

// Action finds an action by name; nil: there is none.
func (d *Definition) Action(name string) *Action {
	for _, a := range d.actions {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// ActionOf finds the action that v, a Go value, is; nil: it is none of this world.
func (d *Definition) ActionOf(v any) *Action { return d.byType[reflect.TypeOf(v)] }

// Phases of a round.
func (d *Definition) Phases() []string { return slices.Clone(d.phases) }

// Choice says whether some action is possible in a phase.
func (d *Definition) Choice(phase string) bool {
	return slices.ContainsFunc(d.actions, func(a *Action) bool { return a.In(phase) })
}

// PerceptType is the Go type that agents perceive.
func (d *Definition) PerceptType() reflect.Type { return d.percept }

// In says whether the action is possible in a phase.
func (a *Action) In(phase string) bool { return a.Phases == nil || slices.Contains(a.Phases, phase) }

// New makes a world, for tests and tools: a society has its own.
func (d *Definition) New() any { return d.make() }

// Perceive gives what an agent senses of a world.
func (d *Definition) Perceive(world any, agent string) any { return d.perceive(world, agent) }

// Apply lets an agent act on a world. The error is a refusal (it has a Reason) or a failure of the world.
func (d *Definition) Apply(world any, agent, phase string, action any) (value any, err error) {
	if _, pass := action.(Pass); pass {
		return nil, nil
	}
	a := d.ActionOf(action)
	if a == nil {
		return nil, Refuse(ReasonUnknownAction, "%T is no action of this world", action)
	}
	if !a.In(phase) {
		return nil, Refuse(ReasonWrongPhase, "%s is possible in %q, this is %q", a.Name, a.Phases, phase)
	}
	if err := a.Check(action); err != nil {
		return nil, err
	}
	return a.apply(world, agent, action)
}

// register names a payload type after its Go type, unless it has a name already.
func register[T any]() {
	var zero T
	if _, named := journal.NameOf(zero); !named {
		journal.Register[T](reflect.TypeFor[T]().String())
	}
}

// State is the state of a world in canonical JSON: what its Keeper hands over, else its exported fields.
func State(world any) ([]byte, error) {
	if k, ok := world.(Keeper); ok {
		state, err := k.Snapshot()
		if err != nil {
			return nil, fmt.Errorf("environment: snapshot of the world: %w", err)
		}
		return state, nil
	}
	state, err := journal.Canonical(world)
	if err != nil {
		return nil, fmt.Errorf("environment: state of the world: %w", err)
	}
	return state, nil
}

// Restore puts a state, as State gave it, into a world just made.
func Restore(world any, state []byte) error {
	if k, ok := world.(Keeper); ok {
		if err := k.Restore(state); err != nil {
			return fmt.Errorf("environment: restore the world: %w", err)
		}
		return nil
	}
	if err := json.Unmarshal(state, world); err != nil {
		return fmt.Errorf("environment: restore the world: %w", err)
	}
	return nil
}

// errNoReason guards against a refusal without a code, which would read as accepted.
var errNoReason = errors.New("environment: a refusal whose Reason is empty")
