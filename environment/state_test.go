package environment_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/polis-agents/polis/environment"
)

type inner struct {
	Level int
	cap   int
}

type Embedded struct{ Shown int }

// store has the kinds of fields a state may have, and parameters beside them.
type store struct {
	Stock   map[string]int
	Queue   []string `json:",omitempty"`
	Open    *inner   `json:",omitempty"`
	Shelf   inner
	Aisle   *inner
	Free    any
	Pair    [2]int
	Label   string `json:"-"`
	secret  int
	Ignored func() `json:"-"`
	Embedded
}

func newStore() *store {
	return &store{Stock: map[string]int{"apples": 3}, Queue: []string{"ada"}, Open: &inner{1, 1}, Shelf: inner{2, 20},
		Aisle: &inner{3, 30}, Free: 4, Pair: [2]int{5, 6}, Label: "label", secret: 7, Embedded: Embedded{8}}
}

// "its state, else the exported fields of State"; "Parameters are not state: a world is made from its parameters." What a
// new world has in its fields does not show through the state that is put into it.
func TestRestoreReplacesTheWholeState(t *testing.T) {
	old := newStore()
	delete(old.Stock, "apples")
	old.Stock["pears"] = 1
	old.Queue, old.Open, old.Free = nil, nil, nil
	old.Shelf.Level, old.Aisle.Level, old.Pair, old.Shown = 0, 0, [2]int{}, 0
	state, err := environment.State(old)
	if err != nil {
		t.Fatal(err)
	}
	w := newStore()
	if err := environment.Restore(w, state); err != nil {
		t.Fatal(err)
	}
	again, err := environment.State(w)
	if err != nil || string(again) != string(state) {
		t.Errorf("%s became %s, %v", state, again, err)
	}
	if w.Label != "label" || w.secret != 7 || w.Shelf.cap != 20 || w.Aisle.cap != 30 {
		t.Errorf("the parameters are gone: %+v %+v", w, w.Aisle)
	}
	if err := environment.Restore(w, []byte("{")); err == nil || !strings.Contains(err.Error(), "restore the world") {
		t.Error(err)
	}
}

type numbers map[string]int

// A world need not be a struct, and may write itself.
func TestStateOfOtherWorlds(t *testing.T) {
	w := numbers{"a": 1}
	state, err := environment.State(&w)
	if err != nil || string(state) != `{"a":1}` {
		t.Fatal(string(state), err)
	}
	fresh := numbers{"b": 2}
	if err := environment.Restore(&fresh, state); err != nil || len(fresh) != 1 || fresh["a"] != 1 {
		t.Error(fresh, err)
	}
	l := &keptLake{lake: lake{Fish: 3, faults: &faults{hit: func(_ int, what string, nth int) error {
		if nth == 2 {
			return errBroken
		}
		return nil
	}}}}
	state, err = environment.State(l)
	if err != nil || !strings.Contains(string(state), `"Fish":3`) {
		t.Fatal(string(state), err)
	}
	if _, err := environment.State(l); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if err := environment.Restore(l, state); err != nil {
		t.Error(err)
	}
	if err := environment.Restore(l, state); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}

type (
	infinite struct{ X float64 }
	onlyOnce struct{ Any any }
	stubborn struct{ X int }
)

func (*stubborn) Snapshot() ([]byte, error) { return nil, nil }
func (*stubborn) Restore([]byte) error      { return errBroken }

func of[W any](w W) *environment.Definition {
	return environment.Define(func() *W { v := w; return &v }, func(*W, string) int { return 0 })
}

type shy struct{}

func (s shy) MarshalText() ([]byte, error)     { return []byte("shy"), nil }
func (s *shy) UnmarshalText(text []byte) error { return errors.New("too shy") }

// A world that could not be restored after a failure says so when the society starts, not at its first crash.
func TestWorldThatCannotBeKeptFailsAtTheStart(t *testing.T) {
	for _, c := range []struct {
		name, want string
		def        *environment.Definition
	}{
		{"has no form", "state of the world: ", of(infinite{math.Inf(1)})},
		{"holds what cannot be read", "restore the world: too shy", of(struct{ X shy }{})},
		{"cannot be restored", "restore the world: the net is torn", of(stubborn{})},
		{"comes back as another", "does not come back: written {\"Any\":9007199254740993}, read {\"Any\":9007199254740992}", of(onlyOnce{int64(1<<53 + 1)})},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &society{def: c.def, cfg: environment.Config{Rounds: 1}, players: []*player{{name: "ada"}}}
				s.run(t)
				if s.fatal == nil || !strings.Contains(s.fatal.Error(), c.want) {
					t.Errorf("%v, want %s", s.fatal, c.want)
				}
			})
		})
	}
}
