package actorstest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
)

// rounds are the events of so many rounds.
func rounds(n int) (events []any) {
	events = append(events, actors.Started{})
	for i := range n {
		events = append(events, actors.Percept{Round: i + 1, View: 100, Choice: true})
	}
	return events
}

// counter catches as many fish as it has had percepts.
type counter struct{ n int }

func (b *counter) Receive(t *actors.Turn, event any) error {
	if _, ok := event.(actors.Percept); ok {
		b.n++
		t.Act(catch{b.n})
	}
	return nil
}

// keeper is a counter with a Keeper that may be broken.
type keeper struct {
	counter
	snapshot func(b *keeper) ([]byte, error)
	restore  func(b *keeper, state []byte) error
}

func (b *keeper) Snapshot() ([]byte, error) {
	if b.snapshot != nil {
		return b.snapshot(b)
	}
	return json.Marshal(b.n)
}

func (b *keeper) Restore(state []byte) error {
	if b.restore != nil {
		return b.restore(b, state)
	}
	return json.Unmarshal(state, &b.n)
}

// aliasing hands over its memory itself, not a copy.
type aliasing struct{ state []byte }

func (b *aliasing) Receive(t *actors.Turn, event any) error {
	if _, ok := event.(actors.Percept); ok {
		b.state[0]++
	}
	return nil
}

func (b *aliasing) Snapshot() ([]byte, error) { return b.state, nil }

func (b *aliasing) Restore(state []byte) error {
	b.state = bytes.Clone(state)
	return nil
}

type stateless struct{ counter }

func (*stateless) Stateless() {}

// What keeps every promise passes.
func TestCheckPassesWhatIsSound(t *testing.T) {
	rule := actors.RuleFunc[int, catch](func(t *actors.Turn, s actors.Situation[int]) (catch, error) {
		return catch{s.Rand.IntN(s.Percept) + len(s.Outcomes)}, nil
	})
	for name, b := range map[string]func() actors.Behavior{
		"a function": func() actors.Behavior {
			return actors.BehaviorFunc(func(t *actors.Turn, _ any) error { t.Pass(); return nil })
		},
		"a memory":             func() actors.Behavior { return &counter{} },
		"a Keeper":             func() actors.Behavior { return &keeper{} },
		"a rule":               func() actors.Behavior { return actors.FromRule(rule) },
		"a pointer to nothing": func() actors.Behavior { return &nothing{} },
	} {
		t.Run(name, func(t *testing.T) {
			actorstest.Check(t, b, append(rounds(4), actors.Outcome{Action: "catch", Value: catch{1}}, actors.Percept{Round: 5, View: 9, Choice: true})...)
		})
	}
}

type nothing struct{}

func (*nothing) Receive(*actors.Turn, any) error { return nil }

// Whatever breaks a promise of the runtime is named, with the event.
func TestCheckNamesWhatIsNotSound(t *testing.T) {
	var shared int
	one := &counter{}
	for name, tc := range map[string]struct {
		behavior func() actors.Behavior
		want     string
	}{
		"chance of its own": {func() actors.Behavior {
			return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
				shared = (shared + 1) * 7 % 1009
				t.Act(catch{shared})
				return nil
			})
		}, "the same events give other effects at event 0, actors.Started"},
		"one value for all lives": {func() actors.Behavior { return one }, "the same *actorstest_test.counter came twice"},
		"a memory that lives share": {func() actors.Behavior {
			told := 0
			shared = 0
			return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
				if told++; told == 3 {
					shared++
				}
				t.Act(catch{shared * told})
				return nil
			})
		}, "the same events give other effects at event 2"},
		"an error": {func() actors.Behavior {
			return actors.BehaviorFunc(func(*actors.Turn, any) error { return errors.New("no") })
		}, "event 0, actors.Started: no"},
		"a snapshot of half the memory": {func() actors.Behavior {
			return &keeper{snapshot: func(b *keeper) ([]byte, error) { return json.Marshal(b.n / 2) }}
		}, "a life restored from a snapshot does something else at event 2, environment.Percept"},
		"a snapshot that fails": {func() actors.Behavior {
			return &keeper{snapshot: func(*keeper) ([]byte, error) { return nil, errors.New("no paper") }}
		}, "snapshot before event 0: no paper"},
		"a snapshot that changes the behavior": {func() actors.Behavior {
			return &keeper{snapshot: func(b *keeper) ([]byte, error) { b.n++; return json.Marshal(b.n - 1) }}
		}, "a snapshot changes what the behavior does at event 1"},
		"a snapshot that is the memory": {func() actors.Behavior { return &aliasing{[]byte{0}} }, "the snapshot before event 1, environment.Percept, changed with it"},
		"a restore that fails": {func() actors.Behavior {
			return &keeper{restore: func(*keeper, []byte) error { return errors.New("cannot read") }}
		}, "restore before event 0: cannot read"},
		"Stateless with a memory": {func() actors.Behavior { return &stateless{} }, "a Stateless behavior remembers something at event 2, environment.Percept"},
	} {
		t.Run(name, func(t *testing.T) {
			shared = 0
			said := complaints(t, func(tb testing.TB) { actorstest.Check(tb, tc.behavior, rounds(4)...) })
			if !strings.Contains(said, tc.want) || said == "" {
				t.Errorf("the test says %q, want %q", said, tc.want)
			}
		})
	}
}

// The memory that a failed life leaves to the next, by a way of its own, is found.
func TestCheckFindsAMemoryThatOutlivesItsLife(t *testing.T) {
	var failed int // by whoever had a third turn
	behavior := func() actors.Behavior {
		turns, began := 0, failed
		return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			if turns++; turns == 5 {
				failed++
			}
			if began > 2 {
				t.Pass()
			}
			return nil
		})
	}
	said := complaints(t, func(tb testing.TB) { actorstest.Check(tb, behavior, rounds(4)...) })
	if !strings.Contains(said, "does something else") && !strings.Contains(said, "other effects") {
		t.Errorf("the test says %q", said)
	}
}
