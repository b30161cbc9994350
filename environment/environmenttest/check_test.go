package environmenttest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// garden is a world that keeps the contract, except for its flaw.
type garden struct {
	Beds    map[string]int
	Store   []string
	Rounds  int
	Weather float64
	People  map[string]bool

	flaw   string
	hidden int
	lent   []string
	views  map[string]int
}

type (
	Look struct {
		Beds  int      `json:"beds"`
		Store []string `json:"store"`
	}
	plant struct {
		Bed  string  `json:"bed" maxlen:"8"`
		N    int     `json:"n" min:"0" max:"5"`
		Care float64 `json:"care,omitempty" min:"0" max:"1"`
		How  string  `json:"how" enum:"deep,flat"`
	}
	harvest struct {
		Beds  []string       `json:"beds" maxlen:"3"`
		Extra map[string]int `json:"extra,omitempty"`
		When  *time.Time     `json:"when,omitempty"`
	}
)

func (g *garden) is(flaw string) bool { return g.flaw == flaw }

func (g *garden) Phases() []string {
	if g.is("phases") && g.hidden > 5 {
		return []string{"spring"}
	}
	return []string{"spring", "autumn"}
}

func (g *garden) Perceive(agent string) Look {
	switch {
	case g.is("perceive writes"):
		g.Rounds++
	case g.is("perceive counts in secret"):
		g.hidden++
	case g.is("perceive panics for strangers") && !g.People[agent]:
		panic("who is " + agent)
	case g.is("perceive lends"):
		return Look{len(g.Beds), g.Store}
	case g.is("perceive remembers whom it saw"):
		g.views[agent]++
		return Look{g.views[agent], nil}
	case g.is("shows little"):
		return Look{len(g.Beds), nil}
	}
	return Look{len(g.Beds), append([]string(nil), g.Store...)}
}

func (g *garden) Plant(agent string, p plant) (int, error) {
	switch {
	case g.is("action panics") && p.N == 4:
		panic("four")
	case g.is("action fails") && p.N == 4:
		return 0, errors.New("four")
	case g.is("refusal without a reason") && p.N == 4:
		return 0, environment.Refuse("", "four")
	case g.is("refusal writes") && p.N == 4:
		g.Rounds++
		return 0, environment.Refuse("four", "no")
	case g.is("refusal counts in secret") && p.N == 4:
		g.hidden++
		return 0, environment.Refuse("four", "no")
	case g.is("missing agents") && agent == "ben":
		g.hidden++
	}
	g.hidden++
	if p.N > 3 && p.How == "flat" {
		return 0, environment.Refuse("too-many", "%d are too many", p.N)
	}
	g.Beds[p.Bed] += p.N
	if g.is("infinite") {
		g.Weather = 1 / float64(5-p.N)
	}
	if g.is("secret matters") || g.is("perceive counts in secret") || g.is("refusal counts in secret") {
		g.Beds[p.Bed] += g.hidden % 2
	}
	return g.Beds[p.Bed], nil
}

func (g *garden) Harvest(agent string, h harvest) ([]string, error) {
	g.hidden++
	if len(h.Beds) == 0 {
		return nil, environment.Refuse("nothing", "name a bed")
	}
	for _, bed := range h.Beds {
		if g.Beds[bed] > 0 {
			g.Beds[bed]--
			g.Store = append(g.Store, bed)
		}
	}
	if len(g.Store) > 3 {
		g.Store = append(g.Store[:0], g.Store[2:]...)
	}
	switch {
	case g.is("keeps the action") && len(g.lent) == 0:
		g.lent = h.Beds
	case g.is("lends the outcome"):
		g.lent = make([]string, 1)
		return g.lent, nil
	}
	return append([]string(nil), h.Beds...), nil
}

func (g *garden) Tick(phase string, r *rand.Rand) {
	if len(g.lent) > 0 {
		g.lent[0] = "changed"
	}
	switch {
	case g.is("own chance"):
		g.Weather = rand.Float64()
	case g.is("map order"):
		for bed := range g.Beds {
			g.Store = append(g.Store, bed)
			break
		}
	case g.is("missing agents") && phase == "autumn":
		g.Rounds /= min(g.hidden, 1) // nobody planted
	case g.is("draws"):
		g.Weather = r.Float64()
	case g.is("moves"):
		g.Rounds++
	case !g.is("episodes"):
	default: // every year begins anew
		if phase == "autumn" {
			clear(g.Beds)
			g.Store = nil
		}
	}
}

func (g *garden) Enter(agent string) { g.People[agent] = true }
func (g *garden) Leave(agent string) { delete(g.People, agent) }
func (g *garden) Done() bool {
	if g.is("done writes") {
		g.Rounds++
	}
	return g.is("ends") && len(g.Store) > 2
}
func (g *garden) Variables() []environment.Variable {
	return []environment.Variable{{Name: "beds", Value: float64(len(g.Beds))}}
}
func (g *garden) AgentVariables(agent string) []environment.Variable {
	if g.is("variables panic for strangers") && !g.People[agent] {
		panic("who is " + agent)
	}
	return nil
}

// keptGarden writes its state itself.
type keptGarden struct{ garden }

func (g *keptGarden) Snapshot() ([]byte, error) {
	if g.is("snapshot writes") {
		g.Rounds++
	}
	return journal.Canonical(g.garden)
}

func (g *keptGarden) Restore(state []byte) error {
	err := environment.Restore(&g.garden, state)
	if g.is("restore forgets") {
		g.Store = nil
	}
	return err
}

// turnGarden says whose turn it is, and is told.
type turnGarden struct{ garden }

func (g *turnGarden) Call(agent string) {
	g.Beds["called"]++
	if g.is("call keeps a secret") {
		g.hidden++
		g.Beds["called"] += g.hidden % 2
	}
}

func (g *turnGarden) Next(r *rand.Rand) []string {
	if g.is("names a stranger") {
		return []string{"zoe"}
	}
	if g.is("next draws") {
		r.Uint64()
	}
	return []string{"ben", "ada", "ben"}
}

func newGarden(flaw string) garden {
	return garden{Beds: map[string]int{"a": 3, "fish": 1}, People: map[string]bool{}, views: map[string]int{}, flaw: flaw}
}

func gardenOf(flaw string, p environment.Properties) *environment.Definition {
	def := environment.Define(func() *garden { g := newGarden(flaw); return &g }, (*garden).Perceive)
	add(def, (*garden).Plant, (*garden).Harvest)
	def.Properties = p
	return def
}

func keptGardenOf(flaw string) *environment.Definition {
	def := environment.Define(func() *keptGarden { return &keptGarden{newGarden(flaw)} }, (*keptGarden).Perceive)
	add(def, (*keptGarden).Plant, (*keptGarden).Harvest)
	return def
}

func turnGardenOf(flaw string, p environment.Properties) *environment.Definition {
	def := environment.Define(func() *turnGarden { return &turnGarden{newGarden(flaw)} }, (*turnGarden).Perceive)
	add(def, (*turnGarden).Plant, (*turnGarden).Harvest)
	def.Properties = p
	return def
}

func add[W any](def *environment.Definition, p func(*W, string, plant) (int, error), h func(*W, string, harvest) ([]string, error)) {
	environment.AddAction(def, "plant", "Plant a bed.", p)
	environment.AddAction(def, "harvest", "Harvest beds.", h, "autumn")
}

func TestGoodWorldsPass(t *testing.T) {
	Check(t, gardenOf("", environment.Properties{Deterministic: true, Static: true}), Config{})
	Check(t, gardenOf("ends", environment.Properties{Closed: true}), Config{Agents: []string{"ada"}, Rounds: 20, Seed: 3})
	Check(t, gardenOf("episodes", environment.Properties{Episodic: true}), Config{Rounds: 12})
	Check(t, gardenOf("draws", environment.Properties{SingleAgent: true}), Config{Rounds: 12})
	Check(t, keptGardenOf(""), Config{Seed: 5})
	Check(t, turnGardenOf("", environment.Properties{Deterministic: true}), Config{Seed: 7})
}

// Every claim finds the world that breaks it, and says where.
func TestFlawsAreFound(t *testing.T) {
	det, static := environment.Properties{Deterministic: true}, environment.Properties{Static: true}
	none := environment.Properties{}
	for _, c := range []struct {
		def         *environment.Definition
		claim, want string
	}{
		{gardenOf("action panics", none), "the world does not fail", "panic: four"},
		{gardenOf("action fails", none), "the world does not fail", "an error without a Reason is a failure of the world"},
		{gardenOf("refusal without a reason", none), "the world does not fail", "the Reason is empty"},
		{gardenOf("infinite", none), "the world does not fail", "state of the world"},
		{turnGardenOf("names a stranger", none), "the world does not fail", `Next: names "zoe", who is no agent`},
		{gardenOf("own chance", none), "the same seed gives the same world", `round 1, phase "spring": Tick: the state became`},
		{gardenOf("map order", none), "the same seed gives the same world", "no map is ranged over"},
		{gardenOf("perceive writes", none), "perceiving changes nothing", `Perceive("ada"): the state was`},
		{gardenOf("perceive remembers whom it saw", none), "perceiving changes nothing", "twice in a row, gave"},
		{gardenOf("done writes", none), "perceiving changes nothing", "Done and Variables: the state was"},
		{gardenOf("perceive counts in secret", none), "accepted actions and ticks alone make the world", "without percepts and refused actions"},
		{gardenOf("refusal writes", none), "a refusal changes nothing", "was refused (\"four: no\"), and yet the state was"},
		{gardenOf("refusal counts in secret", none), "accepted actions and ticks alone make the world", "without percepts and refused actions"},
		{turnGardenOf("call keeps a secret", none), "a snapshot is the whole state", `Call("ben"): the state became`},
		{gardenOf("secret matters", none), "a snapshot is the whole state", "some state is not in the snapshot"},
		{keptGardenOf("snapshot writes"), "a snapshot is the whole state", "two snapshots of one world"},
		{keptGardenOf("restore forgets"), "a snapshot is the whole state", "restored into a new world"},
		{gardenOf("missing agents", none), "agents that are missing are survived", "divide by zero"},
		{gardenOf("perceive panics for strangers", none), "names never seen are survived", "who is " + stranger},
		{gardenOf("variables panic for strangers", none), "names never seen are survived", "who is " + stranger},
		{gardenOf("perceive lends", none), "what was handed out stays as it was", "shares memory with the world"},
		{gardenOf("keeps the action", none), "what was handed out stays as it was", "the action was"},
		{gardenOf("lends the outcome", none), "what was handed out stays as it was", "the outcome was"},
		{gardenOf("phases", none), "phases are always the same", `are ["spring"]`},
		{gardenOf("shows little", environment.Properties{FullyObservable: true}), "fully observable", "of the states"},
		{gardenOf("draws", det), "deterministic", "Tick draws from r"},
		{turnGardenOf("next draws", det), "deterministic", "Next draws from r"},
		{gardenOf("", environment.Properties{Episodic: true}), "episodic", "where nobody had acted in the round before"},
		{gardenOf("moves", static), "static", "when nobody had acted, made of the state"},
		{gardenOf("", environment.Properties{Discrete: true}), "discrete", `care of action "plant" is a number with a fraction`},
	} {
		t.Run(c.claim+"/"+c.want, func(t *testing.T) {
			cfg := Config{Rounds: 15}
			found := map[string]error{}
			for _, f := range examine(c.def, cfg, t.Logf) {
				found[f.claim] = f.err
			}
			if err := found[c.claim]; err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %s; all: %v", c.claim, err, c.want, found)
			}
		})
	}
	found := examine(gardenOf("", environment.Properties{SingleAgent: true}), Config{Agents: []string{"ada", "ben"}, Rounds: 3}, t.Logf)
	if err := found[len(found)-1].err; err == nil || !strings.Contains(err.Error(), "given 2 agents") {
		t.Error(err)
	}
}

type roman int

func (r roman) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%d", int(r)+1), nil }

type one[T any] struct {
	X T `json:"x"`
}

func oneOf[T any]() *environment.Definition {
	def := environment.Define(func() *struct{ N int } { return &struct{ N int }{} }, func(*struct{ N int }, string) int { return 0 })
	environment.AddAction(def, "one", "Do.", func(*struct{ N int }, string, one[T]) (int, error) { return 0, nil })
	return def
}

// Types with methods of their own may promise in their schema what their decoder does not keep.
func TestActionsThatAreNotWhatTheirSchemaSays(t *testing.T) {
	for _, c := range []struct {
		def  *environment.Definition
		want string
	}{
		{oneOf[roman](), "is written"},
		{oneOf[any](), ""},
		{oneOf[time.Time](), "20 actions drawn from the schema are not what Decode accepts"},
	} {
		err := examine(c.def, Config{Rounds: 3}, t.Logf)[0].err
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// What was never accepted was never checked, and the check says so.
func TestUnusedActionsAreNamed(t *testing.T) {
	def := environment.Define(func() *struct{ N int } { return &struct{ N int }{} }, func(*struct{ N int }, string) int { return 0 })
	environment.AddAction(def, "never", "Do.", func(*struct{ N int }, string, one[bool]) (int, error) {
		return 0, environment.Refuse("never", "never")
	})
	var logged []string
	for _, f := range examine(def, Config{Rounds: 3}, func(format string, args ...any) { logged = append(logged, fmt.Sprintf(format, args...)) }) {
		if f.err != nil {
			t.Error(f.err)
		}
	}
	if len(logged) != 1 || !strings.Contains(logged[0], `action "never" was never accepted`) {
		t.Error(logged)
	}
}
