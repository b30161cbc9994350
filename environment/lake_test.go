package environment_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// faults make a world fail, over all its lives. A test sets them before the society runs.
type faults struct {
	calls int            // of anything, counted over all lives
	count map[string]int // by what is called
	hit   func(call int, what string, nth int) error
}

// at panics, or gives an error, when it is the call's turn to fail.
func (f *faults) at(what string) error {
	if f == nil {
		return nil
	}
	f.calls++
	if f.count == nil {
		f.count = map[string]int{}
	}
	f.count[what]++
	if f.hit == nil {
		return nil
	}
	return f.hit(f.calls, what, f.count[what])
}

// must panics with the error that at gives: for methods that give none.
func (f *faults) must(what string) {
	if err := f.at(what); err != nil {
		panic(err)
	}
}

var errBroken = errors.New("the net is torn")

// lake is the world of most tests: agents take fish out of it, and it may regrow.
type lake struct {
	Fish   int
	Taken  map[string]int
	People []string
	Ticks  int

	phases []string
	regrow int // at most, in a tick
	done   int // over when there are so few; below 0: never
	turns  [][]string
	faults *faults
}

type (
	view struct {
		Fish int `json:"fish"`
	}
	take struct {
		N int `json:"n" min:"0" max:"10"`
	}
	say struct {
		Text string `json:"text" maxlen:"20"`
	}
	odd struct { // no action of the lake
		X int `json:"x"`
	}
)

func init() { journal.Register[odd]("odd") }

func (l *lake) Phases() []string { return l.phases }

func (l *lake) Perceive(string) view {
	l.faults.must("perceive")
	return view{l.Fish}
}

func (l *lake) Take(agent string, a take) (int, error) {
	if err := l.faults.at(fmt.Sprintf("take %d of %s", a.N, agent)); err != nil {
		l.Fish = -1 // a broken world
		return 0, err
	}
	if a.N > l.Fish {
		return 0, environment.Refuse("too-few", "%d fish are left", l.Fish)
	}
	l.Fish -= a.N
	l.Taken[agent] += a.N
	return a.N, nil
}

func (l *lake) Say(string, say) (struct{}, error) { return struct{}{}, l.faults.at("say") }

func (l *lake) Tick(phase string, r *rand.Rand) {
	l.Ticks++
	l.faults.must(fmt.Sprintf("tick %d", l.Ticks)) // half-way: what was done already must not stay
	if l.regrow > 0 && phase == l.phases[0] {
		l.Fish += r.IntN(l.regrow + 1)
	}
}

func (l *lake) Done() bool {
	l.faults.must("done")
	return l.Fish <= l.done
}

func (l *lake) Enter(agent string) {
	l.People = append(l.People, agent)
	l.faults.must("enter " + agent)
}

func (l *lake) Leave(agent string) {
	l.faults.must("leave " + agent)
	for i, p := range l.People {
		if p == agent {
			l.People = append(l.People[:i], l.People[i+1:]...)
			break
		}
	}
}

func (l *lake) Variables() []environment.Variable {
	l.faults.must("variables")
	return []environment.Variable{{Name: "fish", Value: float64(l.Fish)}}
}

func (l *lake) AgentVariables(agent string) []environment.Variable {
	l.faults.must("agent variables")
	return []environment.Variable{{Name: "taken", Value: float64(l.Taken[agent])}}
}

// turnLake is a lake that says whose turn it is.
type turnLake struct {
	lake
	Turn int
}

func (l *turnLake) Next(r *rand.Rand) []string {
	l.Turn++
	l.faults.must("next")
	names := l.turns[(l.Turn-1)%len(l.turns)]
	if len(names) == 1 && strings.HasPrefix(names[0], "?") { // by chance
		names = strings.Split(names[0][1:], "?")
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	}
	return names
}

// calledLake is a lake that is told whose turn it is, hands its state over itself, and has a fish more whenever it is ada's.
type calledLake struct {
	turnLake
}

func (l *calledLake) Call(agent string) {
	if agent == "ada" {
		l.Fish++
	}
	l.faults.must("call")
}

func (l *calledLake) Snapshot() ([]byte, error) {
	if err := l.faults.at("snapshot"); err != nil {
		return nil, err
	}
	return journal.Canonical(l.turnLake)
}

func (l *calledLake) Restore(state []byte) error {
	if err := l.faults.at("restore"); err != nil {
		return err
	}
	return environment.Restore(&l.turnLake, state)
}

func calledLakeOf(l lake) *environment.Definition {
	def := environment.Define(func() *calledLake { return &calledLake{turnLake{lake: *l.made()}} }, (*calledLake).Perceive)
	addActions(def, l.phases, (*calledLake).Take, (*calledLake).Say)
	return def
}

// keptLake hands its state over itself.
type keptLake struct {
	lake
}

func (l *keptLake) Snapshot() ([]byte, error) {
	if err := l.faults.at("snapshot"); err != nil {
		return nil, err
	}
	return journal.Canonical(l.lake)
}

func (l *keptLake) Restore(state []byte) error {
	if err := l.faults.at("restore"); err != nil {
		return err
	}
	return environment.Restore(&l.lake, state)
}

// lakeOf declares a lake with the given parameters.
func lakeOf(l lake) *environment.Definition {
	def := environment.Define(func() *lake { return l.made() }, (*lake).Perceive)
	addActions(def, l.phases, (*lake).Take, (*lake).Say)
	return def
}

func turnLakeOf(l lake) *environment.Definition {
	def := environment.Define(func() *turnLake { return &turnLake{lake: *l.made()} }, (*turnLake).Perceive)
	addActions(def, l.phases, (*turnLake).Take, (*turnLake).Say)
	return def
}

func keptLakeOf(l lake) *environment.Definition {
	def := environment.Define(func() *keptLake { return &keptLake{lake: *l.made()} }, (*keptLake).Perceive)
	addActions(def, l.phases, (*keptLake).Take, (*keptLake).Say)
	return def
}

func addActions[W any](def *environment.Definition, phases []string, t func(*W, string, take) (int, error), s func(*W, string, say) (struct{}, error)) {
	environment.AddAction(def, "take", "Take fish.", t, phases[0])
	if len(phases) > 1 && phases[1] == "talk" {
		environment.AddAction(def, "say", "Say something.", s, "talk")
	}
}

// made is a new lake: it fails to be made only once it has lived.
func (l lake) made() *lake {
	l.faults.must("new")
	l.Taken = map[string]int{"nobody": 0}
	l.People = nil
	return &l
}
