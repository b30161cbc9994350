package schelling

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

// build makes the society of "width=20 wanted=0.4" and minds such as "restless:0.1".
func build(t testing.TB, null polis.Null, words ...string) polis.Society {
	t.Helper()
	o := polis.Order{Settings: map[string]string{}, Null: null}
	for _, word := range words {
		if name, value, set := strings.Cut(word, "="); set {
			o.Settings[name] = value
			continue
		}
		var err error
		if o.Minds, err = polis.ParseMinds([]string{word}, 0, standardFor(o.Settings).Agents); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Scenario.Make(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The known numbers: final similarity and ticks on a torus of 51 x 51 (mean and deviation of 20 runs of the rules of
// Wilensky's Segregation, NetLogo 1997), held to four standard errors. "Starts near 50 %."
func TestKnownNumbers(t *testing.T) {
	long := os.Getenv("POLIS_TEST_LONG") != ""
	runs := 2
	if long {
		runs = 20
	}
	for _, c := range []struct {
		density, wanted                  string
		similar, similarSD, ticks, tckSD float64
		long                             bool
	}{
		{".80", ".30", 73.86, 1.39, 11.8, 2.8, false}, {".80", ".40", 81.70, .87, 13.7, 2.7, false}, {".80", ".50", 88.02, .75, 16.9, 3.7, true},
		{".80", ".60", 97.08, .28, 34.9, 6.1, true}, {".80", ".70", 99.69, .08, 58.6, 6.6, true},
		{".95", ".40", 83.69, .50, 21.4, 5.9, true}, {".95", ".60", 98.98, .10, 700, 404, true},
	} {
		if c.long && !long {
			continue
		}
		var similar, ticks []float64
		for seed := range uint64(runs) {
			s := build(t, "", "density="+c.density, "wanted="+c.wanted)
			first := math.NaN()
			r := scenariostest.Play(t, s, polis.Config{Seed: seed + 1, Undigested: true, Observe: func(e any) {
				if e, ok := e.(environment.RoundEnded); ok && e.Round == 1 {
					first = e.World[0].Value
				}
			}})
			m := Measure(r)
			similar, ticks = append(similar, 100*m[Similar]), append(ticks, m[Ticks])
			if m[Converged] != 1 || math.Abs(first-.5) > .03 {
				t.Errorf("density %s, wanted %s: %v, at first %v", c.density, c.wanted, m, first)
			}
		}
		near(t, fmt.Sprintf("density %s, wanted %s: similar", c.density, c.wanted), similar, c.similar, c.similarSD)
		near(t, fmt.Sprintf("density %s, wanted %s: ticks", c.density, c.wanted), ticks, c.ticks, c.tckSD)
	}
	if !long {
		t.Log("wanted 50 % and more, and density .95, were skipped, and 2 runs made instead of 20: set POLIS_TEST_LONG=1")
	}
}

// near holds our runs to a mean and deviation of 20 others, with the deviation of theirs for both.
func near(t *testing.T, what string, ours []float64, mean, sd float64) {
	t.Helper()
	sum := 0.0
	for _, x := range ours {
		sum += x
	}
	got, se := sum/float64(len(ours)), sd*math.Sqrt(1./20+1/float64(len(ours)))
	t.Logf("%s: ours %.2f of %d runs, theirs %.2f, difference %.2f, four standard errors %.2f", what, got, len(ours), mean, got-mean, 4*se)
	if math.Abs(got-mean) >= 4*se {
		t.Errorf("%s: %.3f, known is %.3f", what, got, mean)
	}
}

// "Same seed, same hash, on any number of threads", and a crash changes nothing.
func TestSameSeedSameHash(t *testing.T) {
	scenariostest.SameHash(t, func() polis.Society { return build(t, "", "width=12", "density=0.8", "wanted=0.5") }, polis.Config{Seed: 3, Log: 3})
}

// Who does not see its neighbours does not part from them; and who moves by chance stays mixed.
func TestNulls(t *testing.T) {
	for _, s := range []polis.Society{
		build(t, polis.Isolated, "width=20", "density=0.8", "wanted=0.5", "max_ticks=30"),
		build(t, "", "width=20", "density=0.8", "wanted=0.5", "max_ticks=30", "restless:0.2"),
	} {
		if m := Measure(scenariostest.Play(t, s, polis.Config{Seed: 2})); m[Similar] < .4 || m[Similar] > .6 || m[Ticks] != 30 || m[Converged] != 0 {
			t.Errorf("null %q, mind %s: %v", s.Null, s.Agents[0].Mind, m)
		}
	}
	if m := Measure(scenariostest.Play(t, build(t, "", "width=20", "density=0.8", "wanted=0.5"), polis.Config{Seed: 2})); m[Similar] < .8 {
		t.Errorf("who sees them parts from them: %v", m)
	}
}

// The contract of a world, and the properties that it declares.
func TestGridKeepsTheContract(t *testing.T) {
	agents := []string{"ada", "ben", "cleo", "dan", "eve", "fay"}
	environmenttest.Check(t, Define(Laws{Width: 3, Agents: 6, Wanted: .5, MaxTicks: 30}), environmenttest.Config{Agents: agents, Rounds: 20, Seed: 1})
}

// A cell holds one agent, an agent has one cell, and what is free is known, whatever happens.
func TestCellsAreAccountedFor(t *testing.T) {
	s := build(t, "", "width=9", "density=0.9", "wanted=0.7", "max_ticks=60")
	g := scenariostest.Play(t, s, polis.Config{Seed: 5}).World.(*Grid)
	taken := 0
	for cell, who := range g.Cells {
		free := slices.Contains(g.Empty, cell)
		if (who == 0) != free || who > 0 && g.At[who-1] != cell {
			t.Errorf("cell %d holds %d, is free: %v", cell, who, free)
		}
		if who > 0 {
			taken++
		}
	}
	if taken != 73 || len(g.Empty) != 8 {
		t.Errorf("%d taken, %d free", taken, len(g.Empty))
	}
}

func TestWrongOrdersSayWhatIsAccepted(t *testing.T) {
	for text, want := range map[string]string{
		"size=3":              `"size"; accepted are width, density, wanted, max_ticks`,
		"width=2":             `parameter width is "2"; accepted is a number from 3 to 300`,
		"density=1":           `parameter density is "1"; accepted is a share above 0 and below 1`,
		"density=NaN":         `parameter density is "NaN"`,
		"width=3 density=0.1": "makes 2 agents or more",
		"wanted=1.5":          `parameter wanted is "1.5"; accepted is a share from 0 to 1`,
		"max_ticks=0":         `parameter max_ticks is "0"`,
	} {
		set := map[string]string{}
		for word := range strings.FieldsSeq(text) {
			name, value, _ := strings.Cut(word, "=")
			set[name] = value
		}
		if _, err := Build(polis.Order{Settings: set}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	for _, o := range []polis.Order{
		{Agents: 5}, {Minds: []polis.Mind{{Name: tolerant}}},
		{Minds: slices.Repeat([]polis.Mind{{Name: "kind"}}, 2471)}, {Minds: slices.Repeat([]polis.Mind{{Name: restless, Arg: "2"}}, 2471)},
	} {
		if _, err := Build(o); err == nil || !strings.Contains(err.Error(), "accepted") {
			t.Errorf("%d agents, %v: %v", o.Agents, o.Minds, err)
		}
	}
}

func TestHeadline(t *testing.T) {
	c := &polis.Chronicle{Settings: map[string]string{"wanted": "0.3"}, Runs: []polis.Past{{Metrics: map[string]float64{Similar: .734, Ticks: 12, Converged: 1}}}}
	if got := Headline(c); got != "All were happy after 12 ticks; 73.4 % of all neighbours are of one's own kind, where every agent wants 0.3 of 1." {
		t.Error(got)
	}
	c.Runs = append(c.Runs, polis.Past{Metrics: map[string]float64{Similar: .5, Ticks: 20, Converged: 0}})
	if got := Headline(c); !strings.HasPrefix(got, "In 1 of 2 runs all were happy in the end, after 16.0 ticks on average; 61.7 %") {
		t.Error(got)
	}
	if got := Line(environment.RoundEnded{Round: 3, World: []environment.Variable{{Name: varSimilar, Value: .76}, {Name: varUnhappy, Value: 9}}}); got != "tick    2  similar ████████░░  76.0 %  unhappy 9" {
		t.Error(got)
	}
}
