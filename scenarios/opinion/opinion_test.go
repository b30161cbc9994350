package opinion

import (
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/environment/environmenttest"
	"github.com/polis-agents/polis/scenarios/scenariostest"
)

// order reads "8*open 2*stubborn:1 model=hk eps=0.3 null=isolated", as one would write it on the command line.
func order(t testing.TB, text string) polis.Order {
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
	if minds != nil {
		var err error
		if o.Minds, err = polis.ParseMinds(minds, 0, 2); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func build(t testing.TB, text string) polis.Society {
	t.Helper()
	s, err := Scenario.Make(order(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return scenariostest.Hurried(s)
}

func play(t testing.TB, s polis.Society, cfg polis.Config) *polis.Report {
	t.Helper()
	cfg.Pace = environment.Sequential
	return scenariostest.Play(t, s, cfg)
}

// "Same seed, same hash, on any number of threads", and a crash changes nothing.
func TestFaultsAndThreadsChangeNothing(t *testing.T) {
	for _, text := range []string{
		"12*open", "12*open graph=ring", "10*open 2*stubborn max_sweeps=9", "3*open model=degroot", "12*open model=degroot graph=ring null=partners-shuffled",
		"20*open model=hk", "18*open 2*stubborn:1 model=deffuant max_sweeps=12", "8*open null=isolated max_sweeps=4",
	} {
		want := play(t, build(t, text), polis.Config{Seed: 3})
		for _, threads := range []int{1, 2, 8} {
			before := runtime.GOMAXPROCS(threads)
			got := play(t, build(t, text), polis.Config{Seed: 3, Log: 3, Chaos: polis.Chaos{Agents: .2, World: 2}})
			runtime.GOMAXPROCS(before)
			if got.Hash != want.Hash || !maps.Equal(Measure(got), Measure(want)) || want.Hash == "" {
				t.Errorf("%s, %d threads: %v %.12s, undisturbed %v %.12s", text, threads, Measure(got), got.Hash, Measure(want), want.Hash)
			}
			if got.Faults.Crashes < 4 || got.Faults.Quarantined > 0 || got.Faults.Forgot > 0 || !got.Reproducible {
				t.Errorf("%s: %+v", text, got.Faults)
			}
		}
	}
}

// The models by a bare loop over numbers, from the same start: what actors do is the same.
func TestSynchronousModelsByABareLoop(t *testing.T) {
	for _, text := range []string{"40*open model=hk eps=0.15", "40*open model=hk eps=0.3", "7*open model=degroot", "7*open model=degroot graph=complete", "12*open model=hk eps=0.4 graph=path"} {
		o := order(t, text)
		set, err := read(o.Settings)
		if err != nil {
			t.Fatal(err)
		}
		var x []float64
		sweep := 0
		r := play(t, build(t, text), polis.Config{Seed: 4, Observe: func(e any) {
			ended, is := e.(environment.RoundEnded)
			if !is {
				return
			}
			if sweep++; sweep > 1 {
				x = bare(set, x)
			}
			for i, a := range ended.Agents {
				if sweep == 1 {
					x = append(x, a.Variables[0].Value)
				} else if math.Abs(a.Variables[0].Value-x[i]) > 1e-9 {
					t.Fatalf("%s, sweep %d: %s thinks %v, in a bare loop %v", text, sweep-1, a.Name, a.Variables[0].Value, x[i])
				}
			}
		}})
		if m := Measure(r); m[Sweeps] < 3 || m[Sweeps] != float64(sweep-1) {
			t.Errorf("%s: %v after %d", text, m, sweep)
		}
	}
}

// bare is one sweep of everybody at once.
func bare(s *settings, x []float64) []float64 {
	next := slices.Clone(x)
	for i := range x {
		sum, n := 0., 0.
		for j := range x {
			meets := s.graph == complete || j == i-1 || j == i+1
			if meets && i != j && (s.model != hk || math.Abs(x[j]-x[i]) <= s.eps) {
				sum, n = sum+x[j], n+1
			}
		}
		switch {
		case n == 0:
		case s.model == degroot:
			next[i] = x[i]/2 + sum/n/2
		default:
			next[i] = (x[i] + sum) / (n + 1)
		}
	}
	return next
}

// Two who meet move towards each other, both from where they were, and only when they are near enough; nobody else moves.
func TestDeffuantMeeting(t *testing.T) {
	f := NewForum(Laws{Model: deffuant, Graph: complete, Eps: .3, MaxSweeps: 9})
	for i, x := range []float64{.2, .4, .9} {
		name := string(rune('a' + i))
		f.Enter(name)
		if _, err := f.Hold(name, Hold{x}); err != nil {
			t.Fatal(err)
		}
	}
	f.Tick("", nil)
	f.turn(0, 1)
	f.turn(1, 0)
	s := &settings{model: deffuant, eps: .3, mu: .25}
	for i, want := range []float64{.25, .35} {
		name := string(rune('a' + i))
		f.Call(name)
		v := f.Perceive(name)
		if v.Hears != 1 || f.Perceive("c").Hears != 0 {
			t.Fatalf("%s hears %+v, and c %+v", name, v, f.Perceive("c"))
		}
		if _, err := f.Hold("c", Hold{0}); err == nil {
			t.Error("who is not called can speak")
		}
		if _, err := f.Hold(name, Hold{s.move(f.Opinions[i], v.Opinion, 1)}); err != nil || math.Abs(f.Opinions[i]-want) > 1e-12 {
			t.Errorf("%s: %v, %v", name, f.Opinions, err)
		}
	}
	if s.move(.2, .5, 1) != .2 || s.move(.2, .49, 1) == .2 {
		t.Error("they meet only if the distance is below eps")
	}
	for _, c := range []struct {
		all  string
		want bool
	}{{".1 .12 .5", true}, {".1 .35 .9", false}, {".1 .41 .9", true}, {".1 .18 .9", false}} {
		f.Opinions = nil
		for word := range strings.FieldsSeq(c.all) {
			x := 0.
			fmt.Sscan(word, &x)
			f.Opinions = append(f.Opinions, x)
		}
		if f.settled() != c.want || f.Done() != c.want {
			t.Errorf("%s: settled %v", c.all, f.settled())
		}
	}
}

// What counts as one cluster.
func TestClusters(t *testing.T) {
	f := NewForum(Laws{Model: hk})
	if got := f.clusters([]float64{.1, .1009, .1018, .103, .5}); got != 3 {
		t.Errorf("hk: %d clusters", got)
	}
	f = NewForum(Laws{Model: deffuant, Eps: .2})
	all := []float64{0}
	for range 20 {
		all = append(all, .3, .34)
	}
	slices.Sort(all)
	if got := f.clusters(all); got != 1 { // one of 41 does not count
		t.Errorf("deffuant: %d clusters", got)
	}
	if got := f.clusters(append([]float64{0, 0}, all...)); got != 2 {
		t.Errorf("deffuant: %d clusters", got)
	}
	if len(split(nil, nil)) != 0 {
		t.Error("a cluster of nobody")
	}
}

// Without hearing each other nobody moves; with other neighbours in each sweep a ring agrees sooner; and one stubborn voter wins.
func TestNullsAndMinds(t *testing.T) {
	for _, model := range []string{voter, deffuant, hk} {
		m := Measure(play(t, build(t, "20*open null=isolated max_sweeps=5 model="+model), polis.Config{Seed: 1}))
		if m[Consensus] != 0 || m[Spread] < .5 {
			t.Errorf("%s: %v", model, m)
		}
	}
	took := map[string]float64{}
	for _, null := range []string{"", "partners-shuffled"} {
		for seed := range uint64(5) {
			took[null] += Measure(play(t, build(t, "30*open graph=ring null="+null), polis.Config{Seed: seed}))[Sweeps]
		}
	}
	if took["partners-shuffled"] > took[""]/2 || took["partners-shuffled"] == 0 {
		t.Errorf("sweeps %v", took)
	}
	m := Measure(play(t, build(t, "1*stubborn:1 9*open x0=0"), polis.Config{Seed: 1}))
	if m[ExitUp] != 1 || m[Consensus] != 1 {
		t.Errorf("%v", m)
	}
	m = Measure(play(t, build(t, "2*stubborn 8*open x0=0.1 max_sweeps=30"), polis.Config{Seed: 1}))
	if _, agreed := m[ExitUp]; agreed || m[Clusters] != 2 || m[Sweeps] != 30 {
		t.Errorf("%v", m)
	}
	for _, x0 := range []string{"0", "1"} {
		if m = Measure(play(t, build(t, "5*open x0="+x0), polis.Config{Seed: 1})); m[Sweeps] != 0 || fmt.Sprint(m[ExitUp]) != x0 {
			t.Errorf("x0 %s: %v", x0, m)
		}
	}
}

// On a ring everybody has two neighbours, wherever it sits, and on a path the two at the ends have one.
func TestNeighbors(t *testing.T) {
	f := NewForum(Laws{Graph: path})
	for _, name := range []string{"a", "b", "c", "d"} {
		f.Enter(name)
	}
	if got := fmt.Sprint(f.neighbors(0), f.neighbors(1), f.neighbors(3)); got != "[1] [0 2] [2]" {
		t.Error(got)
	}
	f.laws.Graph = ring
	if got := fmt.Sprint(f.neighbors(0), f.neighbors(3)); got != "[3 1] [2 0]" {
		t.Error(got)
	}
	f.Leave("b")
	if got := fmt.Sprint(f.neighbors(0)); got != "[3]" {
		t.Error(got)
	}
}

// The contract of a world, and the properties that it declares.
func TestTheForumKeepsTheContract(t *testing.T) {
	agents := environmenttest.Config{Agents: []string{"ada", "ben", "cleo", "dan"}, Rounds: 30, Seed: 1}
	for _, laws := range []Laws{
		{Model: voter, Graph: complete}, {Model: voter, Graph: ring}, {Model: degroot, Graph: path}, {Model: hk, Graph: complete, Eps: .4},
		{Model: hk, Graph: ring, Eps: .4, Shuffled: true}, {Model: deffuant, Graph: complete, Eps: .3}, {Model: deffuant, Graph: path, Eps: .3, Deaf: true},
	} {
		laws.MaxSweeps = 8
		t.Run(fmt.Sprintf("%+v", laws), func(t *testing.T) {
			environmenttest.Check(t, Define(laws), agents)
			def := Define(laws)
			def.Properties.Closed = false
			environmenttest.Check(t, def, agents)
		})
	}
}

func TestWrongOrdersSayWhatIsAccepted(t *testing.T) {
	for text, want := range map[string]string{
		"width=3":                       `"width"; accepted are model, x0, eps, mu, graph, max_sweeps`,
		"model=ising":                   `parameter model is "ising"; accepted is voter, degroot, hk or deffuant`,
		"x0=1.5":                        `parameter x0 is "1.5"; accepted is a number from 0 to 1`,
		"x0=NaN":                        `parameter x0 is "NaN"`,
		"eps=0.3":                       `parameter eps is "0.3"; accepted is 0.2, the default, with model=voter`,
		"model=hk x0=0.3":               "with model=hk, which has no use for it",
		"model=hk eps=-1":               `parameter eps is "-1"`,
		"model=deffuant mu=0.6":         `parameter mu is "0.6"; accepted is a number from 0 to 0.5`,
		"graph=star":                    `parameter graph is "star"; accepted is complete, ring or path`,
		"max_sweeps=0":                  `parameter max_sweeps is "0"`,
		"1*open":                        "1 agents; accepted are 2 to 100000",
		"2*loud":                        `mind "loud"; accepted are open and stubborn[:X]`,
		"2*open:1":                      `mind "open:1"`,
		"2*stubborn:0.5":                "in the voter model 0 or 1",
		"2*stubborn:2 model=hk":         `mind "stubborn:2"`,
		"5*open null=partners-shuffled": "accepted with graph=complete is isolated",
		"5*open null=partners-shuffled model=hk ": "accepted with graph=complete is isolated",
	} {
		if _, err := Build(order(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if _, err := Build(polis.Order{Agents: 3, Minds: make([]polis.Mind, 2)}); err == nil {
		t.Error("two minds for three agents")
	}
	f := NewForum(Laws{Model: voter})
	f.Enter("a")
	for _, x := range []float64{math.NaN(), -1, 2, .5, math.Inf(1)} {
		if _, err := f.Hold("a", Hold{x}); err == nil {
			t.Errorf("a vote of %v", x)
		}
	}
}

func TestHeadline(t *testing.T) {
	c := &polis.Chronicle{Agents: 50, Settings: map[string]string{"model": voter}, Runs: []polis.Past{{Metrics: map[string]float64{Sweeps: 19.32, ExitUp: 1, Consensus: 1, Clusters: 1, Mean: 1}}}}
	if got := Headline(c); got != "After 19.3 sweeps 50 agents think the same, on average 1.000." {
		t.Error(got)
	}
	c.Runs = append(c.Runs, polis.Past{Metrics: map[string]float64{Sweeps: 30, Consensus: 0, Clusters: 2}})
	if got := Headline(c); got != "In 1 of 2 runs all 50 agents came to think the same, or nearly all; it took 24.7 sweeps on average, and left 1.50 clusters, at 1 in 1 runs." {
		t.Error(got)
	}
	c.Runs = c.Runs[1:]
	if got := Headline(c); got != "After 30.0 sweeps the opinions of 50 agents are in 2 clusters." || Headline(&polis.Chronicle{}) != "" {
		t.Error(got)
	}
}

// The stories of testdata: who meets, and where opinions go.
func TestStories(t *testing.T) { scenariostest.Stories(t, tell) }

// tell runs a society and writes down what happens.
func tell(t *testing.T, setup string) string {
	var b strings.Builder
	r := play(t, build(t, setup), polis.Config{Seed: 1, Observe: func(e any) {
		if e, is := e.(environment.RoundEnded); is {
			fmt.Fprintln(&b, Line(e))
		}
	}})
	m := Measure(r)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "%s %.4f\n", name, m[name])
	}
	return b.String()
}
