package culture

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/environment/environmenttest"
	"github.com/polis-agents/polis/scenarios/scenariostest"
)

// build makes the society of "width=6 features=3", and one mind for all, such as "indifferent".
func build(t testing.TB, null polis.Null, text string) polis.Society {
	t.Helper()
	o := polis.Order{Settings: map[string]string{}, Null: null}
	mind := homophilous
	for word := range strings.FieldsSeq(text) {
		if name, value, set := strings.Cut(word, "="); set {
			o.Settings[name] = value
		} else {
			mind = word
		}
	}
	o.Minds = slices.Repeat([]polis.Mind{{Name: mind}}, standardFor(o.Settings).Agents)
	s, err := Scenario.Make(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func play(t testing.TB, s polis.Society, cfg polis.Config) *polis.Report {
	t.Helper()
	cfg.Pace = environment.Sequential
	if cfg.Rounds == 0 {
		cfg.Rounds = Scenario.Rounds
	}
	return scenariostest.Play(t, s, cfg)
}

// The known numbers: mean regions of 100 runs on 10 x 10 by a bare loop of the rules of Axelrod 1997, held to four standard
// errors.
func TestKnownNumbers(t *testing.T) {
	long := os.Getenv("POLIS_TEST_LONG") != ""
	for _, c := range []struct {
		features, traits int
		regions, se      float64
		runs, runsToo    int // ours; with POLIS_TEST_LONG
	}{
		{5, 5, 1.06, .03, 3, 30}, {5, 15, 18.96, .83, 3, 30}, {10, 10, 1.03, .02, 0, 20}, {10, 15, 1.61, .08, 0, 20}, {15, 15, 1.04, .02, 0, 20},
	} {
		runs := c.runs
		if long {
			runs = c.runsToo
		}
		if runs == 0 {
			continue
		}
		sum := 0.0
		for seed := range uint64(runs) {
			m := Measure(play(t, build(t, "", fmt.Sprintf("features=%d traits=%d", c.features, c.traits)), polis.Config{Seed: seed + 1, Undigested: true}))
			sum += m[Regions]
			if m[Converged] != 1 {
				t.Errorf("%+v: %v", c, m)
			}
		}
		ours, bound := sum/float64(runs), 4*c.se*math.Sqrt(1+100/float64(runs)) // their deviation for both
		t.Logf("%d features, %d traits: ours %.2f regions of %d runs, known %.2f, bound %.2f", c.features, c.traits, ours, runs, c.regions, bound)
		if math.Abs(ours-c.regions) >= bound {
			t.Errorf("%d features, %d traits: %.2f regions, known are %.2f", c.features, c.traits, ours, c.regions)
		}
	}
	if !long {
		t.Log("10 and 15 features were skipped, and 3 runs made instead of 30: set POLIS_TEST_LONG=1")
	}
}

// "Same seed, same hash, on any number of threads", and a crash changes nothing.
func TestSameSeedSameHash(t *testing.T) {
	scenariostest.SameHash(t, func() polis.Society { return build(t, "", "width=4 features=3 traits=3") },
		polis.Config{Seed: 3, Log: 3, Pace: environment.Sequential, Rounds: Scenario.Rounds})
}

// Nobody who is unpersuaded takes anything over; and where everybody may meet everybody no region lasts beside another that
// it has anything in common with.
func TestWhatTakesAway(t *testing.T) {
	if l := play(t, build(t, "", "width=4 traits=2 unpersuaded"), polis.Config{Seed: 1, Rounds: 20}).World.(*Land); l.Copied != 0 || l.Sweeps != 20 {
		t.Errorf("unpersuaded: %d copied in %d sweeps", l.Copied, l.Sweeps)
	}
	l := play(t, build(t, polis.PartnersShuffled, "width=4 features=3 traits=3"), polis.Config{Seed: 1}).World.(*Land)
	for a := range l.Agents {
		for b := range l.Agents {
			if n := l.overlap(a, b); !l.Frozen || n > 0 && n < 3 {
				t.Errorf("%v and %v can still meet", l.Cultures[a], l.Cultures[b])
			}
		}
	}
}

// What homophily is: with k of F features alike, k of F meetings end in a trait taken over.
func TestHomophily(t *testing.T) {
	l := play(t, build(t, "", "width=2 features=1 traits=9"), polis.Config{Seed: 1}).World.(*Land)
	if l.Copied != 0 || l.Sweeps != 1 || len(l.regions()) != 4 {
		t.Errorf("with nothing in common nothing is taken over: %+v", l)
	}
}

// The contract of a world, and the properties that it declares.
func TestLandKeepsTheContract(t *testing.T) {
	environmenttest.Check(t, Define(Laws{Width: 2, Features: 2, Traits: 3}), environmenttest.Config{Agents: []string{"ada", "ben", "cleo", "dan"}, Rounds: 20, Seed: 1})
}

// Regions are of neighbours that are wholly alike, and corners do not touch.
func TestRegions(t *testing.T) {
	l := &Land{Agents: make([]string, 9), laws: Laws{Width: 3, Features: 1}}
	for _, trait := range []int{
		0, 0, 1,
		0, 1, 0,
		1, 1, 0} {
		l.Cultures = append(l.Cultures, []int{trait})
	}
	if got := l.regions(); !slices.Equal(got, []int{3, 3, 2, 1}) {
		t.Errorf("regions %v", got)
	}
}

func TestWrongOrdersSayWhatIsAccepted(t *testing.T) {
	for name, want := range map[string]string{"width": "from 2 to 100", "features": "from 1 to 100", "traits": "from 1 to 10000"} {
		for _, value := range []string{"0", "-1", "1e9", "many"} {
			if _, err := Build(polis.Order{Settings: map[string]string{name: value}}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("parameter %s is %q; accepted is a number %s", name, value, want)) {
				t.Errorf("%s=%s: %v", name, value, err)
			}
		}
	}
	for _, o := range []polis.Order{
		{Agents: 5}, {Minds: []polis.Mind{{Name: homophilous}}}, {Settings: map[string]string{"language": "x"}},
		{Minds: slices.Repeat([]polis.Mind{{Name: "kind"}}, 100)}, {Minds: slices.Repeat([]polis.Mind{{Name: homophilous, Arg: "2"}}, 100)},
	} {
		if _, err := Build(o); err == nil || !strings.Contains(err.Error(), "accepted") {
			t.Errorf("%d agents, %v: %v", o.Agents, o.Minds, err)
		}
	}
}

func TestWhatPeopleRead(t *testing.T) {
	c := &polis.Chronicle{Runs: []polis.Past{{Metrics: map[string]float64{Regions: 1, Sweeps: 12, Converged: 1, LargestShare: 1}}}}
	if got := Headline(c); got != "After 12 sweeps all have one culture." {
		t.Error(got)
	}
	c.Runs[0].Metrics = map[string]float64{Regions: 3, Sweeps: 12, Converged: 1, LargestShare: .5}
	if got := Headline(c); got != "After 12 sweeps nothing can change any more: 3 regions are left, and the largest holds 50 % of the land." {
		t.Error(got)
	}
	c.Runs = append(c.Runs, polis.Past{Metrics: map[string]float64{Regions: 2, LargestShare: .7, Converged: 0}})
	if got := Headline(c); got != "In 1 of 2 runs nothing could change any more in the end; on average there are 2.50 regions, and the largest holds 60 % of the land." {
		t.Error(got)
	}
	if got := Line(environment.RoundEnded{Round: 3, World: []environment.Variable{{Name: varRegions, Value: 4}, {Name: varLargest, Value: .8}}}); got != "sweep     3  regions   4  the largest ████████░░  80 %" {
		t.Error(got)
	}
}
