package environment_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/polis-agents/polis/environment"
)

type phasedOffice struct {
	office
	names []string
}

func (o *phasedOffice) Phases() []string { return o.names }

// withField is a world whose action has one field of type F.
func withAction[A any](name string, phases ...string) func() {
	return func() {
		def := environment.Define(func() *office { return &office{} }, (*office).Perceive)
		environment.AddAction(def, name, "Do it.", func(*office, string, A) (int, error) { return 0, nil }, phases...)
	}
}

// A mistake in a declaration is said at once, and clearly.
func TestMistakesInDeclarations(t *testing.T) {
	type fine struct{ X int }
	for _, c := range []struct {
		name string
		do   func()
		want string
	}{
		{"no world", func() { environment.Define(func() *office { return nil }, (*office).Perceive) }, "its producer gave nil"},
		{"no phases", func() {
			environment.Define(func() *phasedOffice { return &phasedOffice{} }, func(*phasedOffice, string) int { return 0 })
		}, "its Phases are none"},
		{"two phases of one name", func() {
			environment.Define(func() *phasedOffice { return &phasedOffice{names: []string{"a", "b", "a"}} }, func(*phasedOffice, string) int { return 0 })
		}, `phases ["a" "b" "a"]: each needs a name of its own`},
		{"a nameless phase", func() {
			environment.Define(func() *phasedOffice { return &phasedOffice{names: []string{""}} }, func(*phasedOffice, string) int { return 0 })
		}, "each needs a name of its own"},
		{"a percept that is anything", func() {
			environment.Define(func() *office { return &office{} }, func(*office, string) any { return 0 })
		}, "an interface says nothing of the type"},
		{"a percept without a form", func() {
			environment.Define(func() *office { return &office{} }, func(*office, string) chan int { return nil })
		}, "has no JSON form"},
		{"an unknown phase", withAction[fine]("a", "noon"), `action "a": no phase "noon"; the world has ["round"]`},
		{"no name", withAction[fine](""), `action "": a name has 1 to 64 letters, digits, _ and -`},
		{"a name models do not take", withAction[fine]("take fish"), "a name has"},
		{"pass", withAction[fine]("pass"), "the name or the type is taken"},
		{"no struct", withAction[int]("a"), "an action is a struct"},
		{"a field without a form", withAction[struct{ F func() }]("a"), "has no JSON form"},
		{"a name taken", func() {
			def, _ := postOffice()
			environment.AddAction(def, "post", "Again.", func(*office, string, fine) (int, error) { return 0, nil })
		}, "is taken"},
		{"a type taken", func() {
			def, _ := postOffice()
			environment.AddAction(def, "mail", "Again.", (*office).Post)
		}, "is taken"},
		{"another world", func() {
			def, _ := postOffice()
			environment.AddAction(def, "mail", "Again.", func(*lake, string, fine) (int, error) { return 0, nil })
		}, "acts on environment_test.lake; the world is environment_test.office"},
		{"min on a string", withAction[struct {
			S string `min:"1"`
		}]("a"), `field S: min:"1": want a number on a number`},
		{"min that is no number", withAction[struct {
			N int `min:"NaN"`
		}]("a"), `min:"NaN": want a number`},
		{"min above max", withAction[struct {
			N int `min:"3" max:"2"`
		}]("a"), "min 3 is above max 2"},
		{"maxlen on a number", withAction[struct {
			N int `maxlen:"3"`
		}]("a"), `maxlen:"3": want a number on a string or slice`},
		{"a negative length", withAction[struct {
			S string `maxlen:"-1"`
		}]("a"), `maxlen:"-1"`},
		{"enum on a number", withAction[struct {
			N int `enum:"1,2"`
		}]("a"), "want a string"},
		{"bounds on what JSON does not have", withAction[struct {
			n int `min:"3"`
		}]("a"), "field n has bounds, and is not part of the action's JSON"},
		{"bounds on what JSON omits", withAction[struct {
			N int `json:"-" min:"3"`
		}]("a"), "is not part of the action's JSON"},
		{"bounds in a map", withAction[struct{ M map[string]address }]("a"), "the values of a map have no bounds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				if v := fmt.Sprint(recover()); !strings.Contains(v, c.want) {
					t.Errorf("it says %s, want %s", v, c.want)
				}
			}()
			c.do()
		})
	}
}

// coded is an error with a Reason, of a world that imports nothing of ours.
type coded struct{ code string }

func (c coded) Error() string  { return "no " + c.code }
func (c coded) Reason() string { return c.code }

// "An error that has a `Reason() string` is a refusal and goes back to the agent; any other error is a failure of the
// world". Apply passes both on, and refuses what the world need not be asked about.
func TestApply(t *testing.T) {
	def := lakeOf(lake{Fish: 9, phases: []string{"fish", "talk", "rest"}, done: -1})
	w := def.New().(*lake)
	reason := func(err error) string {
		var r interface{ Reason() string }
		if err == nil {
			return ""
		}
		if !errors.As(err, &r) {
			return "failure"
		}
		return r.Reason()
	}
	for _, c := range []struct {
		phase  string
		action any
		want   string
	}{
		{"fish", take{3}, ""},
		{"fish", take{11}, environment.ReasonOutOfBounds},
		{"fish", take{-1}, environment.ReasonOutOfBounds},
		{"fish", take{9}, "too-few"},
		{"talk", take{3}, environment.ReasonWrongPhase},
		{"talk", say{"hi"}, ""},
		{"talk", odd{}, environment.ReasonUnknownAction},
		{"talk", &say{"hi"}, environment.ReasonUnknownAction},
		{"talk", nil, environment.ReasonUnknownAction},
		{"rest", environment.Pass{}, ""},
	} {
		if _, err := def.Apply(w, "ada", c.phase, c.action); reason(err) != c.want {
			t.Errorf("%s %#v: %v, want %q", c.phase, c.action, err, c.want)
		}
	}
	coded := answersOf(answers{give: func() (float64, error) { return 0, fmt.Errorf("wrapped: %w", coded{"bait"}) }})
	if _, err := coded.Apply(coded.New(), "ada", "round", ask{}); reason(err) != "bait" {
		t.Error(err)
	}
	if w.Fish != 6 || fmt.Sprint(w.Taken) != "map[ada:3 nobody:0]" {
		t.Errorf("%+v", w)
	}
	for phase, want := range map[string]bool{"fish": true, "talk": true, "rest": false} {
		if def.Choice(phase) != want {
			t.Errorf("choice in %s: %v", phase, !want)
		}
	}
}

func TestNames(t *testing.T) {
	def := lakeOf(lake{phases: []string{"fish", "talk"}})
	if a := def.Actions(); len(a) != 2 || a[0].Name != "take" || a[1] != def.Action("say") || def.ActionOf(say{}) != a[1] || def.ActionOf(3) != nil {
		t.Error(a)
	}
	if def.PerceptType().Name() != "view" || fmt.Sprint(def.Phases()) != "[fish talk]" {
		t.Error(def.PerceptType(), def.Phases())
	}
	def.Phases()[0] = "x"
	if def.Phases()[0] != "fish" {
		t.Error("the phases can be changed from outside")
	}
	if s := (environment.Properties{}).String(); s != "partially observable, stochastic, sequential, dynamic, continuous, multi-agent, open" {
		t.Error(s)
	}
	if s := (environment.Properties{true, true, true, true, true, true, true}).String(); s != "fully observable, deterministic, episodic, static, discrete, single-agent, closed" {
		t.Error(s)
	}
	if _, err := environment.ParsePace("fast"); err == nil || !strings.Contains(err.Error(), "accepted are rounds, sequential, simulated, realtime") {
		t.Error(err)
	}
}
