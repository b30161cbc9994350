package stream

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/emergence/information"
)

// town is a society in a test: who is there, and what each and the world has, of one variable x.
type town struct {
	names []string
	x     []float64
	world float64
}

func (t *town) Agents() int        { return len(t.names) }
func (t *town) Agent(i int) string { return t.names[i] }
func (t *town) Value(i int, variable string) (float64, bool) {
	return t.x[i], variable == "" || variable == "x"
}
func (t *town) World(variable string) (float64, bool) {
	return t.world, variable == "" || variable == "w"
}

func named(n int) *town {
	t := &town{x: make([]float64, n)}
	for i := range n {
		t.names = append(t.names, fmt.Sprintf("a%04d", i))
	}
	return t
}

func must[T any](t *testing.T) func(T, error) T {
	return func(x T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
}

func watching(t *testing.T, rounds int, texts ...string) *Window {
	t.Helper()
	var all []Watch
	for _, text := range texts {
		all = append(all, must[Watch](t)(Parse(text)))
	}
	return must[*Window](t)(New(rounds, all))
}

// The same numbers as the measure of the catalogue of the same rounds: those of the window, and none before.
func TestWindowIsTheBatch(t *testing.T) {
	const size, rounds, agents = 20, 47, 5
	w := watching(t, size, "gini:x", "diversity", "polarisation:x", "entropy:x", "magnetisation:x", "active-information:w")
	r := rand.New(rand.NewPCG(1, 1))
	town, columns, world := named(agents), make([][]float64, agents), []float64{}
	for round := range rounds {
		for i := range town.x {
			town.x[i] = float64(r.IntN(2))
			columns[i] = append(columns[i], town.x[i])
		}
		town.world = float64(r.IntN(9))
		world = append(world, town.world)
		w.End(round+1, town)
	}
	for i := range columns {
		columns[i] = columns[i][rounds-size:]
	}
	want := []struct {
		names   []string
		columns [][]float64
		set     map[string]string
		null    string
	}{
		{[]string{"x"}, [][]float64{town.x}, nil, ""},
		{[]string{"x"}, [][]float64{town.x}, nil, ""},
		{[]string{"x"}, [][]float64{town.x}, nil, ""},
		{[]string{"x"}, [][]float64{slices.Concat(columns...)}, nil, ""},
		{town.names, columns, nil, "block"},
		{[]string{"w"}, [][]float64{world[rounds-size:]}, map[string]string{"bins": "2"}, "shuffle"},
	}
	for i, got := range w.Frame(town).Readings(7) {
		if got.Err != nil {
			t.Fatalf("%s: %v", got.Watch, got.Err)
		}
		m := must[*emergence.Measure](t)(emergence.Find(got.Measure))
		table := must[*emergence.Table](t)(emergence.NewTable(want[i].names, want[i].columns, nil))
		batch := must[*emergence.Estimate](t)(m.Estimate(emergence.Input{Table: table}, want[i].set, emergence.Test{Null: want[i].null, Surrogates: 99, Resamples: -1, Seed: 7}))
		e := got.Estimate
		if math.Abs(e.Value-batch.Value) > 1e-12 || e.N != batch.N || (e.P == nil) != (batch.P == nil) || e.P != nil && *e.P != *batch.P {
			t.Errorf("%s: %v, of the whole %v", got.Watch, got, batch.Value)
		}
		if descriptive := strings.Contains(got.String(), ", descriptive, "); descriptive != (want[i].null == "") {
			t.Errorf("%q says of %q whether it has a null", got.String(), want[i].null)
		}
		if got.Round != rounds || got.Rounds != size && got.Rounds != 1 {
			t.Errorf("%s: round %d of %d", got.Watch, got.Round, got.Rounds)
		}
	}
}

// "mutual-information: mean over all pairs", and agents that do the same are told apart from those that do as they like.
func TestCoordination(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for _, together := range []bool{true, false} {
		w, town, columns := watching(t, 40, "mutual-information:x"), named(4), make([][]int, 4)
		for round := range 40 {
			signal := r.IntN(3)
			for i := range town.x {
				x := r.IntN(3)
				if together && r.IntN(3) > 0 {
					x = signal
				}
				town.x[i] = float64(x)
				columns[i] = append(columns[i], x)
			}
			w.End(round, town)
		}
		e := w.Frame(town).Readings(1)[0].Estimate
		sum := 0.0
		for i := range columns {
			for j := range i {
				sum += must[information.Information](t)(information.Mutual(columns[i], columns[j], 0)).Bits
			}
		}
		if math.Abs(e.Value-sum/6) > 1e-12 || e.N != 40 {
			t.Errorf("%v, by pairs %v", e.Value, sum/6)
		}
		if found := *e.P <= .01; found != together || e.Null.Mean < .02 || e.Null.N != 99 || e.Null.Low > e.Null.Mean || e.Null.High < e.Null.Mean {
			t.Errorf("together %v: p %v, null %+v", together, *e.P, e.Null)
		}
	}
}

// Who leaves is in the window for as long as its rounds are, and then its seat is free for who has come.
func TestComingAndGoing(t *testing.T) {
	w, town := watching(t, 10, "entropy:x", "mutual-information:x", "gini:x"), named(3)
	round := 0
	pass := func(rounds int) {
		for range rounds {
			round++
			for i := range town.x {
				town.x[i] = float64((round + i) % 2)
			}
			w.End(round, town)
		}
	}
	seated := func() []string { return w.Frame(town).over["x"].agents }
	pass(5)
	for _, reading := range w.Frame(town).Readings(1)[:2] {
		if early := (*Early)(nil); !errors.As(reading.Err, &early) || early.Rounds != 5 {
			t.Errorf("after 5 rounds %v", reading)
		}
	}
	pass(7)
	if got := seated(); !slices.Equal(got, []string{"a0000", "a0001", "a0002"}) {
		t.Fatalf("seated are %v", got)
	}
	town.names, town.x = []string{"a0000", "a0002", "new"}, town.x[:3]
	pass(1)
	if got := seated(); !slices.Equal(got, []string{"a0000", "a0002"}) {
		t.Errorf("when one has left and one has come, seated all the time are %v", got)
	}
	if e := w.Frame(town).Readings(1)[2].Estimate; e.N != 3 {
		t.Errorf("now there are %d", e.N)
	}
	pass(9)
	if got := seated(); len(got) != 3 || !slices.Contains(got, "new") {
		t.Errorf("a window later seated are %v", got)
	}
	town.names, town.x = nil, nil
	pass(11)
	for _, reading := range w.Frame(town).Readings(1) {
		if reading.Err == nil {
			t.Errorf("of nobody: %v", reading)
		}
	}
}

// What a window holds is bounded, and a round of a large society allocates nothing.
func TestWindowIsBounded(t *testing.T) {
	w, town := watching(t, 10, "magnetisation:x", "reciprocity", "active-information"), named(3000)
	round := 0
	step := func() {
		round++
		w.Said(round, "a", town.names[:500]...)
		w.End(round, town)
	}
	for range 60 {
		step()
	}
	if len(w.talk) != MaxTalk || cap(w.talk) > 2*MaxTalk || len(w.rounds) != 10 || len(w.tracks) != 2 || len(w.tracks[0].values) != Panel || len(w.tracks[0].values[3]) != 10 {
		t.Errorf("%d of talk, %d rounds, %d tracks", len(w.talk), len(w.rounds), len(w.tracks))
	}
	if n := testing.AllocsPerRun(20, step); n != 0 {
		t.Errorf("a round allocates %v times", n)
	}
	at := map[int]bool{}
	for _, seat := range w.tracks[0].seats {
		at[seat.at] = true
	}
	if len(at) != Panel || !at[0] || !at[11*3000/Panel] {
		t.Errorf("the panel is %v", at)
	}
	f := w.Frame(town)
	step()
	if f.Round != round-1 || f.Readings(1)[0].Round != round-1 {
		t.Error("a frame changes with its window")
	}
	if r := f.Readings(1)[1]; r.Err != nil || len(r.Estimate.Warnings) != 2 {
		t.Errorf("that more was said than kept is not told: %v", r)
	}
}

func TestReciprocity(t *testing.T) {
	w, town := watching(t, 10, "reciprocity"), named(2)
	for round := 1; round <= 25; round++ {
		switch {
		case round == 3:
			w.Said(round, "d", "a") // long ago
		case round > 20:
			w.Said(round, "a", "b", "c", "a")
			w.Said(round, "b", "a")
		}
		w.End(round, town)
		if round == 20 {
			if r := w.Frame(town).Readings(1)[0]; r.Err == nil {
				t.Errorf("in silence: %v", r)
			}
		}
	}
	if e := w.Frame(town).Readings(1)[0].Estimate; math.Abs(e.Value-2.0/3) > 1e-12 || e.N != 3 {
		t.Errorf("a to b and c, b to a: %v of %d", e.Value, e.N)
	}
	if watching(t, 10, "gini:x").Talks() || !w.Talks() {
		t.Error("a window says wrongly whether it is about talk")
	}
}

func TestConvention(t *testing.T) {
	w, town := watching(t, 10, "convention:x", "gini:y", "active-information:y"), named(4)
	town.x = []float64{3, 5, 3, math.NaN()}
	w.End(1, town)
	all := w.Frame(town).Readings(1)
	if e := all[0].Estimate; math.Abs(e.Value-2.0/3) > 1e-12 || e.N != 3 || all[0].Rounds != 1 {
		t.Errorf("%v", all[0])
	}
	if all[1].Err == nil || !strings.Contains(all[1].String(), `variable "y"`) || all[2].Err == nil {
		t.Errorf("of what is not there: %v", all[1:])
	}
}

func TestRefused(t *testing.T) {
	for _, text := range []string{"", "ginni:x", "gini:", "reciprocity:x", "gini x"} {
		if w, err := Parse(text); err == nil || !strings.Contains(err.Error(), "accepted is") {
			t.Errorf("%q is %v, %v", text, w, err)
		}
	}
	for _, rounds := range []int{-1, 9, 1001} {
		if _, err := New(rounds, nil); err == nil {
			t.Errorf("a window of %d rounds", rounds)
		}
	}
	if _, err := New(0, make([]Watch, MaxWatches+1)); err == nil {
		t.Error("too many watches")
	}
	if _, err := New(0, []Watch{{Measure: "x"}}); err == nil {
		t.Error("a measure that is none")
	}
	for _, m := range Measures() {
		if m.Doc == "" {
			t.Errorf("%s says nothing", m.Name)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"gini:total", "reciprocity", "entropy:", ":", "convention:a:b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, err := Parse(text)
		if err != nil {
			return
		}
		if w.String() != text {
			t.Errorf("%q is written %q", text, w)
		}
		if _, err := New(0, []Watch{w}); err != nil {
			t.Error(err)
		}
	})
}
