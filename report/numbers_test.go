package report

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/polis-agents/polis"
)

// A list keeps the first and the last of all entries, in whatever order they came.
func TestEndsKeepTheFirstAndTheLast(t *testing.T) {
	for _, n := range []int{0, 1, Kept, 2 * Kept, 2*Kept + 1, 20*Kept + 1, 30_000} {
		order := rand.New(rand.NewPCG(1, uint64(n))).Perm(n)
		e := Ends[int]{Compare: cmp.Compare[int]}
		for _, x := range order {
			if e.Add(x); len(e.items) > 20*Kept {
				t.Fatalf("%d are held", len(e.items))
			}
		}
		l := Listed(&e, func(x int) int { return x })
		slices.Sort(order)
		want := order
		if n > 2*Kept {
			want = slices.Concat(order[:Kept], order[n-Kept:])
		}
		if !slices.Equal(l.Items, want) || l.Total() != n || l.LeftOut > 0 && l.GapAt != Kept || l.LeftOut == 0 && l.GapAt != 0 {
			t.Errorf("of %d: %d items, %d left out at %d", n, len(l.Items), l.LeftOut, l.GapAt)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text string
		more int
	}{{"", 0}, {"short", 0}, {strings.Repeat("x", MaxText), 0}, {strings.Repeat("x", MaxText+1), 1}, {strings.Repeat("é", MaxText), MaxText}, {"x" + strings.Repeat("é", MaxText/2), 2}} {
		kept, more := Cut(c.text)
		if more != c.more || len(kept)+more != len(c.text) || !strings.HasPrefix(c.text, kept) || !utf8.ValidString(kept) {
			t.Errorf("%d bytes: kept %d, %d more", len(c.text), len(kept), more)
		}
	}
	if kept, _ := Cut("a\xffb"); kept != "a\uFFFDb" {
		t.Errorf("%q", kept)
	}
}

func TestSpan(t *testing.T) {
	var s span
	for _, x := range []float64{2, 4, math.NaN(), 4, 4, 5, 5, 7, 9} {
		s.add(x)
	}
	if s.n != 8 || s.mean != 5 || math.Abs(s.sd()-math.Sqrt(32.0/7)) > 1e-12 || s.low != 2 || s.high != 9 {
		t.Errorf("%+v, sd %v", s, s.sd())
	}
	one := span{}
	one.add(3)
	if one.sd() != 0 || one.mean != 3 || one.low != 3 {
		t.Errorf("%+v", one)
	}
}

func TestQuantile(t *testing.T) {
	for q, want := range map[float64]float64{0: 1, 0.25: 1.75, 0.5: 2.5, 0.75: 3.25, 1: 4} {
		if got := quantile([]float64{1, 2, 3, 4}, q); got != want {
			t.Errorf("%v: %v, want %v", q, got, want)
		}
	}
	if quantile([]float64{7}, 0.5) != 7 {
		t.Error("of one")
	}
}

// More rounds than points are put together, and each point stands in the middle of its rounds.
func TestCurve(t *testing.T) {
	h := history{each: 1}
	for round, x := range []float64{5, math.NaN(), 7} {
		h.add(round+1, x)
	}
	if l := h.curve("x", none); !slices.Equal(l.X, []float64{1, 3}) || !slices.Equal(l.Y, []float64{5, 7}) || l.N != nil || l.Low != nil {
		t.Errorf("%+v", l)
	}
	h = history{each: 2}
	for round := 1; round <= 5; round++ {
		h.add(round, float64(round*round))
	}
	if l := h.curve("x", byRange); !slices.Equal(l.X, []float64{1.5, 3.5, 5.5}) || !slices.Equal(l.Y, []float64{2.5, 12.5, 25}) ||
		!slices.Equal(l.Low, []float64{1, 9, 25}) || !slices.Equal(l.High, []float64{4, 16, 25}) || !slices.Equal(l.N, []int{2, 2, 1}) {
		t.Errorf("%+v", l)
	}
	h = history{each: 1}
	for _, x := range []float64{2, 4} {
		h.add(1, x)
	}
	h.add(2, 1e101) // nobody could draw it
	if l := h.curve("x", byDeviation); len(l.X) != 1 || math.Abs(l.High[0]-3-math.Sqrt2) > 1e-12 || math.Abs(l.Low[0]-3+math.Sqrt2) > 1e-12 {
		t.Errorf("%+v", l)
	}
}

func runOf(ordered int, rounds ...int) (*Document, *Run) {
	r := &Run{Manifest: &Manifest{}, seen: &histories{each: 1}}
	for i, n := range rounds {
		r.runs = append(r.runs, Ended{Seed: uint64(i), Status: "done", Rounds: n})
	}
	return &Document{Rounds: ordered, Whole: len(rounds), Runs: len(rounds), Period: "month"}, r
}

// Kaplan and Meier's estimate of how long runs last; who played all that was ordered was not ended by its world.
func TestSurvival(t *testing.T) {
	for _, c := range []struct {
		ordered int
		rounds  []int
		x, y    string
	}{
		{12, []int{12, 12}, "[0 12]", "[1 1]"},
		{12, []int{4, 12, 2, 4}, "[0 2 4 12]", "[1 0.75 0.25 0.25]"},
		{12, []int{1, 1}, "[0 1 12]", "[1 0 0]"},
		{0, []int{3, 5}, "[0 3 5]", "[1 0.5 0]"},
		{math.MaxInt, []int{3, math.MaxInt - 1}, "[0 3 9.223372036854776e+18]", "[1 0.5 0]"},
	} {
		l := survival(runOf(c.ordered, c.rounds...)).Panels[0].Lines[0]
		if fmt.Sprint(l.X) != c.x || fmt.Sprint(l.Y) != c.y {
			t.Errorf("%d of %v: %v %v", c.ordered, c.rounds, l.X, l.Y)
		}
	}
	d, r := runOf(12, 4, 12, 12)
	r.runs[0].Status = "interrupted"
	d.Whole = 2
	if l := survival(d, r).Panels[0].Lines[0]; fmt.Sprint(l.Y) != "[1 1]" {
		t.Errorf("one that was interrupted counts: %v", l.Y)
	}
}

func TestBars(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   string
	}{
		{[]float64{3}, "[{3 3 1}]"},
		{[]float64{2.5, 2.5}, "[{2.5 2.5 2}]"},
		{[]float64{12, 4, 4, 12, 12}, "[{4 4 2} {12 12 3}]"},
		{[]float64{0, 100, 50, 51}, "[{0 33.333333333333336 1} {33.333333333333336 66.66666666666667 2} {66.66666666666667 100 1}]"},
		{[]float64{0.5, 1}, "[{0.5 0.75 1} {0.75 1 1}]"},
		{[]float64{-1e100, 1e100}, "[{-1e+100 0 1} {0 1e+100 1}]"},
	} {
		if got := fmt.Sprint(bars(c.values)); got != c.want {
			t.Errorf("%v: %s, want %s", c.values, got, c.want)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		values := make([]float64, 1+r.IntN(300))
		for i := range values {
			values[i] = r.NormFloat64() * 10
		}
		sum := 0
		for _, b := range bars(values) {
			sum += b.N
		}
		if all := bars(values); sum != len(values) || len(all) > manyValues || all[len(all)-1].High != slices.Max(values) {
			t.Fatalf("%d of %d values in %d bars", sum, len(values), len(all))
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		s     scale
		n     int
		whole bool
		want  string
	}{
		{scale{0, 106}, 5, false, "0 50 100"},
		{scale{1, 12}, 7, true, "2 4 6 8 10 12"},
		{scale{0, 1.02}, 5, false, "0 0.5 1.0"},
		{scale{0.5, 1.5}, 4, true, "1"},
		{scale{-30, 0}, 3, false, "−30 −20 −10 0"},
		{scale{0.0001, 0.0004}, 3, false, "0.0001 0.0002 0.0003 0.0004"},
		{scale{0, 3e9}, 3, false, "0 1000000000 2000000000 3000000000"},
		{scale{1e15, 1.00000001e15}, 3, false, ""},
		{scale{-1e100, 1e100}, 3, false, "-1e+100 0 1e+100"},
	} {
		var labels []string
		for _, tick := range ticks(c.s, c.n, c.whole) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != c.want && c.want != "" || len(labels) > 2*c.n+1 {
			t.Errorf("%v: %s, want %s", c.s, got, c.want)
		}
	}
}

func TestScales(t *testing.T) {
	for _, c := range []struct{ s, want scale }{
		{scale{math.Inf(1), math.Inf(-1)}, scale{0, 1}},
		{scale{10, 100}, scale{0, 110}},
		{scale{90, 100}, scale{89, 101}},
		{scale{5, 5}, scale{0, 5.5}},
		{scale{0, 0}, scale{-0.5, 0.5}},
		{scale{-100, -10}, scale{-110, 0}},
		{scale{-10, 10}, scale{-12, 12}},
	} {
		if got := c.s.settled(0.1); math.Abs(got.low-c.want.low) > 1e-9 || math.Abs(got.high-c.want.high) > 1e-9 {
			t.Errorf("%v: %v, want %v", c.s, got, c.want)
		}
	}
}

func TestWords(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 12: "12", 0.6433333: "0.643", 77.2: "77.2", 120.04: "120", 1234567: "1234567", -0.5: "−0.5",
		0.00001234: "1.23e-05", 1e20: "1e+20", math.Inf(1): "–", 99.999: "100", -0.0001: "-0.0001"} {
		if got := short(x); got != want {
			t.Errorf("%v is written %s, want %s", x, got, want)
		}
	}
	for text, want := range map[string]string{"": "", "élan": "Élan.", "Yes!": "Yes!", " so ": "So."} {
		if got := sentence(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	if rough(123456) != "123000" || rough(3.5954) != "3.6" || rough(0.12345) != "0.123" || rough(0) != "0" {
		t.Error("rough", rough(123456), rough(3.5954), rough(0.12345))
	}
	for _, c := range []struct {
		deciders        map[string]int
		otherwise, want string
		asked           Usage
	}{
		{map[string]int{"rules": 60}, "", "Decided by rules, no language model.", Usage{}},
		{map[string]int{"stand-in": 60}, "", "Decided by the stand-in, no language model.", Usage{}},
		{map[string]int{"stand-in": 50, "rules": 10}, "", "Decided by the stand-in (50 of 60) and rules (10 of 60), no language model.", Usage{}},
		{map[string]int{"model gpt-4o": 50, "rules": 10}, "", "Decided by model gpt-4o (50 of 60) and rules (10 of 60).", Usage{Requests: 60, Answered: 1}},
		{map[string]int{"model gpt-4o": 20}, "", "Model gpt-4o was asked 60 times and never answered; its agents passed.", Usage{Requests: 60}},
		{map[string]int{"model gpt-4o": 20}, "", "Model gpt-4o was asked once and never answered; its agents passed.", Usage{Requests: 1}},
		{map[string]int{"model gpt-4o": 20}, "", "No answer of model gpt-4o is counted.", Usage{}},
		{map[string]int{"model a": 20, "model b": 10, "rules": 30}, "", "Decided by rules (30 of 60), no language model. Model a and model b were asked 9 times and never answered; their agents passed.", Usage{Requests: 9}},
		{map[string]int{"m\u202e\u200b": 20}, "", "Decided by m··.", Usage{Answered: 1}},
		{map[string]int{"model": 0, "rules": 10}, "", "Decided by rules, no language model.", Usage{}},
		{map[string]int{"person": 12, "cassette": 12, "rules": 1}, "", "Decided by a cassette of recorded answers (12 of 25), a person (12 of 25) and rules (1 of 25).", Usage{}},
		{nil, "rules, no language model", "Nothing was decided; it would have been rules, no language model.", Usage{}},
		{nil, "", "Nothing was decided.", Usage{}},
		{nil, "rules\u202e", "Nothing was decided; it would have been rules·.", Usage{}},
	} {
		if got := decidedBy(c.deciders, c.asked, c.otherwise); got != c.want {
			t.Errorf("%v: %s", c.deciders, got)
		}
	}
}

// What several said alike stands on one line; what was left out stands where it was.
func TestTalk(t *testing.T) {
	say := func(round int, from, act, text string, to ...string) polis.Saying {
		return polis.Saying{Round: round, Sender: from, Act: act, Text: text, Receivers: to}
	}
	d := &Document{Said: List[polis.Saying]{Items: []polis.Saying{
		say(1, "a", "propose", "cap 5", "b", "c", "d"), say(1, "b", "propose", "cap 5", "a", "c", "d"), say(1, "c", "propose", "cap 6", "a", "b", "d"),
		say(1, "b", "agree", "cap 5", "a"), say(1, "c", "agree", "cap 5", "a"), say(1, "c", "agree", "cap 5", "a"),
		say(2, "a", "inform", "", "b", "c"), say(2, "b", "inform", "", "c"), say(2, "d", "inform", "", "c"),
	}, LeftOut: 9, GapAt: 8}}
	d.Said.Items = append(d.Said.Items, polis.Saying{Round: 2, Phase: "later", Sender: "c", Act: "inform", Receivers: []string{"b", "c"}})
	var got []string
	for _, talk := range talks(d) {
		for _, s := range talk.Sayings {
			got = append(got, fmt.Sprintf("%d %s→%s %s %s %d", talk.Round, strings.Join(s.From, "+"), s.To, s.Act, s.Text, s.Gap))
		}
	}
	want := []string{"1 a+b→all propose cap 5 0", "1 c→all propose cap 6 0", "1 b+c→a agree cap 5 0", "1 c→a agree cap 5 0", "2 a→b, c inform  0", "2 b→c inform  0", "2 d→c inform  9", "2 c→b, c inform  0"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := receivers([]string{"1", "2", "3", "4", "5", "6", "7"}, 20); got != "1, 2, 3, 4, 5 and 2 more" {
		t.Error(got)
	}
}

// The same that went wrong again is counted, but not over what was left out.
func TestTrouble(t *testing.T) {
	in := Incident{Round: 1, Who: "a", What: "failed"}
	other := Incident{Round: 1, Who: "b", What: "failed"}
	d := &Document{Incidents: List[Incident]{Items: []Incident{in, in, other, in, in, in}, LeftOut: 7, GapAt: 4}}
	if got := fmt.Sprint(troubles(d)); got != "[{{1 a failed   } 2 0} {{1 b failed   } 1 0} {{1 a failed   } 1 0} {{1 a failed   } 2 7}]" {
		t.Error(got)
	}
}

// A drawing is written anew: nothing but groups, paths and texts passes.
func TestInline(t *testing.T) {
	got, err := inline([]byte(`<svg viewBox="0 0 9 9" onload="x()"><script>x()</script><image href="y"/><g transform="scale(1)" class="z"><path d="M0,0" style="stroke:#040000;x:1"/></g>`+
		`<text x="1" y="2" style="font-family:A;font-size:9px">a &lt;b&gt; — 中</text></svg>`), "p", "t<", "d\"")
	want := `<svg role="img" aria-labelledby="p-t p-d" viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg"><title id="p-t">t&lt;</title><desc id="p-d">d&#34;</desc>` +
		`<g transform="scale(1)"><path d="M0,0" style="stroke:var(--first);x:1"></path></g><text x="1" y="2" transform="" style="font-size:9px">a &lt;b&gt; — 中</text></svg>`
	if err != nil || got != want {
		t.Errorf("%v\n%s\n%s", err, got, want)
	}
	if _, err := inline([]byte(`<svg><g></svg>`), "p", "", ""); err == nil {
		t.Error("what is no XML passes")
	}
}

// Names at the ends of curves stand apart, within the plot, in the order of the curves.
func TestNamesStandApart(t *testing.T) {
	for _, ends := range [][]float64{{0, 0, 0}, {100, 100, 99}, {50, 49, 51}, {0, 100, 0.5}} {
		var marks []mark
		for pen, at := range ends {
			marks = append(marks, mark{fmt.Sprint(pen), at, pen})
		}
		g := newGraph(false)
		g.names(marks, 1, scale{0, 100})
		if marks[0].at < 0 {
			t.Errorf("%v: below, %v", ends, marks)
		}
		for i := 1; i < len(marks); i++ {
			if gap := (marks[i].at - marks[i-1].at) / 100 * float64(g.h-30); gap < float64(letters) || marks[i].at > 100 {
				t.Errorf("%v: at %v", ends, marks)
			}
		}
	}
}

// Of a single number there is no deviation: the band ends where there are two.
func TestBandNeedsTwo(t *testing.T) {
	draw := func(n ...int) int {
		l := Line{X: []float64{1, 2, 3, 4}, Y: []float64{1, 1, 1, 1}, Low: []float64{0, 0, 0, 0}, High: []float64{2, 2, 2, 2}, N: n}
		svg, err := drawPanel(&Plot{Kind: "lines", Panels: []Panel{{Lines: []Line{l}}}}, &Panel{Lines: []Line{l}})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(svg), "fill:#070000")
	}
	for _, c := range []struct {
		n    []int
		want int
	}{{nil, 1}, {[]int{2, 2, 2, 2}, 1}, {[]int{2, 2, 1, 1}, 1}, {[]int{1, 1, 1, 1}, 0}, {[]int{3, 1, 3, 3}, 1}, {[]int{3, 1, 3, 1}, 0}} {
		if got := draw(c.n...); got != c.want {
			t.Errorf("%v: %d bands, want %d", c.n, got, c.want)
		}
	}
}

// What nobody could draw is left out, also of distributions.
func TestHugeMetricsAreNotDrawn(t *testing.T) {
	d, r := runOf(12, 12, 12, 12)
	d.Metrics = []Statistic{{Name: "m", N: 3}, {Name: "huge", N: 3}}
	for i := range r.runs {
		r.runs[i].Metrics = map[string]float64{"m": float64(i), "huge": 1e308 * float64(i-1)}
	}
	p, drawn := distributions(d, r)
	if !drawn || len(p.Panels) != 2 || len(p.Panels[0].Bars) != 3 || fmt.Sprint(p.Panels[1].Bars) != "[{0 0 1}]" {
		t.Errorf("%+v", p)
	}
}

func TestManifestIsNotReadWithoutEnd(t *testing.T) {
	if _, err := parseManifest(make([]byte, largest+1)); err == nil || !strings.Contains(err.Error(), "it has more than") {
		t.Error(err)
	}
}
