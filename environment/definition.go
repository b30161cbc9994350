package environment

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/polis-agents/polis/journal"
)

// Definition is a world made known to the runtime: how to make one, what agents perceive of it, what they can do.
type Definition struct {
	Properties Properties // declared by whoever defines the world

	world    reflect.Type
	percept  reflect.Type
	make     func() any
	perceive func(world any, agent string) any
	actions  []*Action
	byType   map[reflect.Type]*Action
	phases   []string
}

// Define declares a world. newWorld makes one from its parameters, a new one at every call: it is called for every run
// and after every failure. perceive gives what one agent can sense, never more, and changes nothing; what it gives must
// not share memory with the world, since agents read it while the world goes on. Define panics on a mistake in the
// declaration.
func Define[W, P any](newWorld func() *W, perceive func(world *W, agent string) P) *Definition {
	register[P]()
	d := &Definition{
		world:    reflect.TypeFor[W](),
		percept:  reflect.TypeFor[P](),
		make:     func() any { return newWorld() },
		perceive: func(w any, agent string) any { return perceive(w.(*W), agent) },
		byType:   make(map[reflect.Type]*Action),
		phases:   []string{"round"},
	}
	first := newWorld()
	if first == nil {
		panic(fmt.Sprintf("environment: world %v: its producer gave nil", d.world))
	}
	if p, ok := any(first).(Phased); ok {
		d.phases = slices.Clone(p.Phases())
	}
	if len(d.phases) == 0 {
		panic(fmt.Sprintf("environment: world %v: its Phases are none; a world without the method has one", d.world))
	}
	for i, phase := range d.phases {
		if phase == "" || slices.Contains(d.phases[:i], phase) {
			panic(fmt.Sprintf("environment: world %v: phases %q: each needs a name of its own", d.world, d.phases))
		}
	}
	return d
}

func init() { journal.Register[Pass]("pass") }

// nameable are the names that models accept for a tool.
var nameable = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

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
// phases in which it is possible (none: all). The fields of A may carry the tags doc, min, max, maxlen and enum, see
// Action.Check; do gets only actions within these bounds. What do gives must not share memory with the world. AddAction
// panics on a mistake in the declaration.
func AddAction[W, A, R any](d *Definition, name, doc string, do func(world *W, agent string, action A) (R, error), phases ...string) {
	t := reflect.TypeFor[A]()
	if name == "pass" || d.Action(name) != nil || d.byType[t] != nil {
		panic(fmt.Sprintf("environment: action %q of type %v: the name or the type is taken", name, t))
	}
	if w := reflect.TypeFor[W](); w != d.world {
		panic(fmt.Sprintf("environment: action %q acts on %v; the world is %v", name, w, d.world))
	}
	for _, p := range phases {
		if !slices.Contains(d.phases, p) {
			panic(fmt.Sprintf("environment: action %q: no phase %q; the world has %q", name, p, d.phases))
		}
	}
	register[A]()
	register[R]()
	a, err := Describe[A](name, doc, phases...)
	if err != nil {
		panic(err.Error())
	}
	a.apply = func(w any, agent string, v any) (any, error) { return do(w.(*W), agent, v.(A)) }
	d.actions = append(d.actions, a)
	d.byType[t] = a
}

// Describe gives a struct type the form of an action, with schema, decoder and bounds, and adds it to no world: for what
// else is read from models and people. The error says what is wrong with the declaration.
func Describe[A any](name, doc string, phases ...string) (*Action, error) {
	if !nameable.MatchString(name) {
		return nil, fmt.Errorf("environment: action %q: a name has 1 to 64 letters, digits, _ and -", name)
	}
	a := &Action{Name: name, Doc: doc, Phases: phases, goType: reflect.TypeFor[A]()}
	if err := a.describe(); err != nil {
		return nil, fmt.Errorf("environment: action %q of type %v: %w", name, a.goType, err)
	}
	return a, nil
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
func (d *Definition) ActionOf(v any) *Action {
	t := reflect.TypeOf(v)
	if len(d.actions) > 8 {
		return d.byType[t]
	}
	for _, a := range d.actions { // for a few, cheaper than the map
		if a.goType == t {
			return a
		}
	}
	return nil
}

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
