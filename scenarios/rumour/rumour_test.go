package rumour

import (
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/environment/environmenttest"
	"github.com/polis-agents/polis/scenarios/scenariostest"
)

// build makes the society of "8*teller 2*silent model=sir r0=3 null=isolated", as one would write it on the command line.
func build(t testing.TB, text string) polis.Society {
	t.Helper()
	o := polis.Order{Settings: map[string]string{}}
	var minds []string
	for word := range strings.FieldsSeq(text) {
		switch name, value, set := strings.Cut(word, "="); {
		case !set:
			minds = append(minds, word)
		case name == "null":
			o.Null = polis.Null(value)
		default:
			o.Settings[name] = value
		}
	}
	var err error
	if o.Minds, err = polis.ParseMinds(minds, 0, 2); err != nil {
		t.Fatal(err)
	}
	s, err := Scenario.Make(o)
	if err != nil {
		t.Fatal(err)
	}
	return scenariostest.Hurried(s)
}

func play(t testing.TB, s polis.Society, cfg polis.Config) *polis.Report {
	t.Helper()
	if cfg.Pace == "" {
		cfg.Pace = environment.Sequential
	}
	return scenariostest.Play(t, s, cfg)
}

// every model, in a small town.
var every = []string{
	"30*teller", "30*teller model=maki-thompson", "30*teller model=sir r0=3 seeds=2",
	"25*teller 5*silent max_rounds=30", "30*teller null=channel-cut max_rounds=10",
}

// "Same seed, same hash, on any number of threads", and a crash changes nothing.
func TestFaultsAndThreadsChangeNothing(t *testing.T) {
	for _, text := range every {
		for _, pace := range []environment.Pace{environment.Sequential, environment.Rounds} {
			want := play(t, build(t, text), polis.Config{Seed: 3, Pace: pace})
			for _, threads := range []int{1, 2, 8} {
				before := runtime.GOMAXPROCS(threads)
				got := play(t, build(t, text), polis.Config{Seed: 3, Pace: pace, Log: 3, Chaos: polis.Chaos{Agents: .2, World: 2}})
				runtime.GOMAXPROCS(before)
				if got.Hash != want.Hash || !maps.Equal(Measure(got), Measure(want)) || want.Hash == "" {
					t.Errorf("%s, %s, %d threads: %v %.12s, undisturbed %v %.12s", text, pace, threads, Measure(got), got.Hash, Measure(want), want.Hash)
				}
				if got.Faults.Crashes < 2 || got.Faults.Quarantined > 0 || got.Faults.Forgot > 0 || !got.Reproducible {
					t.Errorf("%s: %+v", text, got.Faults)
				}
			}
		}
	}
}

// Each time it is told there is one message, and what the onlooker has written down is what the agents know.
func TestTheListIsWhatAgentsKnow(t *testing.T) {
	for _, text := range every {
		s := build(t, text)
		heard := map[string]bool{}
		told := 0
		r := play(t, s, polis.Config{Seed: 5, Observe: func(e any) {
			if said, is := e.(actors.Said); is {
				told++
				heard[said.Message.Receivers[0]] = true
			}
		}})
		w := r.World.(*Town)
		if strings.Contains(text, "null") {
			if w.Known != 1 || w.Told == 0 || r.Messages.Refused != int64(w.Told) {
				t.Errorf("%s: %d know it, told %d times, refused %d", text, w.Known, w.Told, r.Messages.Refused)
			}
			continue
		}
		for i := range w.laws.Seeds {
			heard[w.Agents[i]] = true
		}
		if told != w.Told || len(heard) != w.Known || w.Known < 2 {
			t.Errorf("%s: told %d, messages %d; heard %d, messages reached %d", text, w.Told, told, w.Known, len(heard))
		}
		for i, name := range w.Agents {
			if w.Heard[i] != heard[name] {
				t.Errorf("%s: %s has heard it: %v", text, name, w.Heard[i])
			}
		}
	}
}

// In gossip who knew it when the round began tells it once, and nobody else does: it at most doubles.
func TestGossipTellsFromTheNextRoundOn(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Sequential, environment.Rounds} {
		knew, told := 1., 0.
		play(t, build(t, "40*teller"), polis.Config{Seed: 2, Pace: pace, Observe: func(e any) {
			if e, is := e.(environment.RoundEnded); is {
				if now := e.World[2].Value; now-told != knew {
					t.Errorf("%s, round %d: told %v times by %v", pace, e.Round, now-told, knew)
				}
				knew, told = math.Round(40*e.World[0].Value), e.World[2].Value
			}
		}})
		if knew != 40 {
			t.Errorf("%s: %v know it at the end", pace, knew)
		}
	}
}

// Who keeps silent ends it: of gossip to silent agents only what the first told is heard.
func TestSilence(t *testing.T) {
	w := play(t, build(t, "1*teller 9*silent max_rounds=1000"), polis.Config{Seed: 1}).World.(*Town)
	if w.Known != 10 || w.Telling > 2 {
		t.Errorf("%d know it, %d tell it", w.Known, w.Telling)
	}
	w = play(t, build(t, "10*silent"), polis.Config{Seed: 1}).World.(*Town)
	if w.Known != 1 || w.Told != 0 || w.Rounds != 1 {
		t.Errorf("%+v", w)
	}
}

// The contract of a world, and the properties that it declares.
func TestTheTownKeepsTheContract(t *testing.T) {
	agents := environmenttest.Config{Agents: []string{"ada", "ben", "cleo", "dan"}, Rounds: 30, Seed: 1}
	for _, laws := range []Laws{{Seeds: 1, UntilAll: true, MaxRounds: 9}, {Seeds: 2, MaxRounds: 9}, {Seeds: 1, MaxRounds: 5, Deaf: true}} {
		environmenttest.Check(t, Define(laws), agents)
		def := Define(laws)
		def.Properties.Closed = false
		environmenttest.Check(t, def, agents)
	}
}

// What the town says no to, and what it takes down.
func TestTelling(t *testing.T) {
	w := NewTown(Laws{Seeds: 1, UntilAll: true, MaxRounds: 9})
	for _, name := range []string{"ada", "ben", "cleo"} {
		w.Enter(name)
	}
	for _, c := range []struct{ who, to, reason string }{
		{"ben", "ada", "nothing-to-tell"}, {"zoe", "ada", "nothing-to-tell"}, {"ada", "ada", "nobody"}, {"ada", "zoe", "nobody"},
		{"ada", "ben", ""}, {"ben", "cleo", "nothing-to-tell"}, {"ada", "ben", "knew"},
	} {
		a, err := w.Tell(c.who, Tell{c.to})
		got := ""
		if r, is := err.(interface{ Reason() string }); is {
			got = r.Reason()
		} else if a.Knew {
			got = "knew"
		}
		if got != c.reason {
			t.Errorf("%s tells %s: %q, want %q", c.who, c.to, got, c.reason)
		}
	}
	w.Tick("", nil)
	if _, err := w.Stop("cleo", Stop{}); err == nil {
		t.Error("who tells nothing can stop")
	}
	if _, err := w.Stop("ada", Stop{}); err != nil || w.Telling != 1 || w.Tells[0] || w.Done() {
		t.Errorf("%v: %+v", err, w)
	}
	if w.Leave("cleo"); w.Done() {
		t.Error("done")
	}
	if _, err := w.Tell("ben", Tell{"cleo"}); err == nil {
		t.Error("it is told to one who has left")
	}
	if w.Leave("ben"); !w.Done() || w.Told != 2 || w.Known != 2 {
		t.Errorf("%+v", w)
	}
}

func TestWrongOrdersSayWhatIsAccepted(t *testing.T) {
	for text, want := range map[string]string{
		"speed=3":                  `"speed"; accepted are model, r0, seeds, max_rounds`,
		"model=si":                 `parameter model is "si"; accepted is gossip, maki-thompson or sir`,
		"model=sir r0=NaN":         `parameter r0 is "NaN"; accepted is a number from 0 to 1000`,
		"model=sir r0=-1":          `parameter r0 is "-1"`,
		"r0=3":                     `parameter r0 is "3"; accepted is 2, the default, with model=gossip`,
		"seeds=0":                  `parameter seeds is "0"`,
		"seeds=64":                 "accepted is a number from 1 to 63",
		"max_rounds=x":             `parameter max_rounds is "x"`,
		"model=maki-thompson r0=1": "with model=maki-thompson",
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
	two := []polis.Mind{{Name: teller}, {Name: teller}}
	for _, o := range []polis.Order{{Agents: 3, Minds: two}, {Minds: two[:1]}, {Minds: []polis.Mind{{Name: "loud"}, {Name: teller}}}, {Minds: []polis.Mind{{Name: silent, Arg: "1"}, {Name: teller}}}} {
		if _, err := Build(o); err == nil || !strings.Contains(err.Error(), "accepted") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// The limit is the root of its equation.
func TestNeverHeardLimit(t *testing.T) {
	if x := NeverHeardLimit; math.Abs(2*(1-x)+math.Log(x)) > 1e-12 {
		t.Errorf("2 (1 - x) + ln x is %g at x = %v", 2*(1-x)+math.Log(x), x)
	}
}

func TestHeadline(t *testing.T) {
	all := polis.Past{Metrics: map[string]float64{Rounds: 11, NeverHeard: 0, Told: 373, Major: 1, MajorFinalSize: 1}}
	c := &polis.Chronicle{Agents: 64, Runs: []polis.Past{all}}
	if got := Headline(c); got != "After 11 rounds all 64 agents had heard it; it was told 373 times." {
		t.Error(got)
	}
	c.Runs = append(c.Runs, polis.Past{Metrics: map[string]float64{Rounds: 4, NeverHeard: .5, Told: 7, Major: 0}})
	if got := Headline(c); !strings.HasPrefix(got, "In 2 runs, after on average 7.5 rounds 75.0 % of 64 agents had heard it; it was told 190.0 times; in 1 of them it died out at once, in the others it reached 100.0 % of those who did not know it.") {
		t.Error(got)
	}
	if Headline(&polis.Chronicle{}) != "" {
		t.Error("a headline of nothing")
	}
}

// The stories of testdata: who lives there, and how far it comes.
func TestStories(t *testing.T) { scenariostest.Stories(t, tell) }

// tell runs a society and writes down what happens.
func tell(t *testing.T, setup string) string {
	var b strings.Builder
	r := play(t, build(t, setup), polis.Config{Seed: 1, Observe: func(e any) {
		switch e := e.(type) {
		case actors.Said:
			fmt.Fprintf(&b, "%s tells %s\n", e.Message.Sender, e.Message.Receivers[0])
		case environment.RoundEnded:
			fmt.Fprintln(&b, Line(e))
		}
	}})
	m := Measure(r)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "%s %.4g\n", name, m[name])
	}
	return b.String()
}
