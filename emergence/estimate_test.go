package emergence

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Example 32: x1' = x1 xor x2, x2' a fair coin, V = x1 xor x2.
func TestCausalEmergenceOfAMatrix(t *testing.T) {
	m, err := Find("causal-emergence")
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Matrix: matrix(t, ".5,.5,0,0 0,0,.5,.5 0,0,.5,.5 .5,.5,0,0"), States: table(t, "x1,x2,v 0,0,0 0,1,1 1,0,1 1,1,0").Table}
	e, err := m.Estimate(in, nil, Test{})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, e, "psi=0 delta=1 gamma=1")
}

// copies are two series: y copies x one row later, flipped with a probability.
func copies(rows int, flip float64, seed uint64) Input {
	r := rand.New(rand.NewPCG(seed, 0))
	x, y := make([]float64, rows), make([]float64, rows)
	for t := range x {
		x[t] = float64(r.IntN(2))
		if t > 0 {
			y[t] = x[t-1]
			if r.Float64() < flip {
				y[t] = 1 - y[t]
			}
		}
	}
	table, err := NewTable([]string{"x", "y"}, [][]float64{x, y}, nil)
	if err != nil {
		panic(err)
	}
	return Input{Table: table}
}

// "y_t = x_{t-1} flipped with probability e: 1 - h(e); reverse direction 0", here of a sample, against the recommended null.
func TestTransferHasADirection(t *testing.T) {
	m, err := Find("transfer-entropy")
	if err != nil {
		t.Fatal(err)
	}
	in := copies(20_000, .1, 4)
	e, err := m.Estimate(in, nil, Test{Null: m.Nulls[0], Surrogates: 199, Resamples: 200, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if i := e.Interval; e.Value < .51 || e.Value > .55 || *e.P != .005 || *e.Effect < 100 || i == nil || i.Low > .5310044064 || i.High < .5310044064 {
		t.Errorf("x to y: %+v, interval %+v", e, e.Interval)
	}
	if effective := e.Values[1]; effective.Name != "effective" || effective.Value != e.Value-e.Null.Mean {
		t.Errorf("values %v, null %+v", e.Values, e.Null)
	}
	back, err := m.Estimate(in, settings("source=y target=x"), Test{Null: "circular", Surrogates: 199, Resamples: 200, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if back.Value > .001 || *back.P < .05 || back.Corrected == nil || *back.Corrected > .0005 {
		t.Errorf("y to x: %+v", back)
	}
}

// "Same data and same seed give the same result"; more surrogates do not move the interval.
func TestSameSeedSameEstimate(t *testing.T) {
	for _, m := range All() {
		if len(m.Nulls) == 0 || m.Needs == fromTo {
			continue
		}
		in := copies(120, .3, 1)
		if m.Name == "pid" || m.Name == "o-information" {
			in.Table.Names, in.Table.Columns = append(in.Table.Names, "z"), append(in.Table.Columns, copies(120, .5, 2).Table.Columns[1])
		}
		for _, null := range m.Nulls {
			text := func(test Test) string {
				e, err := m.Estimate(in, nil, test)
				if err != nil {
					t.Fatalf("%s against %s: %v", m.Name, null, err)
				}
				doc, err := json.Marshal(e)
				if err != nil {
					t.Fatal(err)
				}
				return string(doc)
			}
			test := Test{Null: null, Surrogates: 19, Resamples: 50, Seed: 3}
			first := text(test)
			if again := text(test); again != first {
				t.Errorf("%s against %s:\n%s\n%s", m.Name, null, first, again)
			}
			more := test
			more.Surrogates = 99
			a, b := Estimate{}, Estimate{}
			if json.Unmarshal([]byte(first), &a) != nil || json.Unmarshal([]byte(text(more)), &b) != nil || a.Interval != nil && *a.Interval != *b.Interval {
				t.Errorf("%s against %s: interval %v, with more surrogates %v", m.Name, null, a.Interval, b.Interval)
			}
			test.Seed = 4
			if a.Null.N == 19 && a.Null.SD > 0 && text(test) == first {
				t.Errorf("%s against %s: another seed, the same draws", m.Name, null)
			}
		}
	}
}

// "Bad input: a clear error or a warning in the result, never a silent number."
func TestBadInput(t *testing.T) {
	for _, c := range []struct{ measure, data, set, null, want string }{
		{"mutual-information", "x a b", "", "", `1 columns; accepted are 2 or more`},
		{"mutual-information", "x,y 0,1", "lag=1", "", `lag 1 in series of 1`},
		{"mutual-information", "x,y 0,1 1,0", "x=z y=y", "", `column "z"; there are x, y`},
		{"mutual-information", "x,y 0,1 1,0", "x=x", "", `x, y: accepted is to set all of them`},
		{"mutual-information", "x,y 0,1 1,0", "lag=much", "", `lag="much"; accepted is a whole number`},
		{"mutual-information", "x,y 0,1 1,0", "delay=1", "", `parameter "delay"; accepted are x, y, lag, bins`},
		{"mutual-information", "x,y 0,1 1,0", "", "isolated", `null "isolated"; accepted is block, circular, shuffle`},
		{"mutual-information", "x,y,weight 0,1,1 1,0,1", "", "circular", `null "circular" does not fit these data`},
		{"mutual-information", "x,y,weight 0,1,0 1,0,0", "", "", `all weights are 0`},
		{"mutual-information", "x,y,weight 0,1,-1 1,0,1", "", "", `weight of row 1 is -1`},
		{"transfer-entropy", "x,y 0,1", "", "", `history k=1 l=1`},
		{"transfer-entropy", "x,y 0,1 1,0 1,1", "k=3", "", `history k=3`},
		{"transfer-entropy", "x,y,weight 0,1,1 1,0,1 1,1,1", "", "", `rows with weights; accepted are rows in time order`},
		{"pid", "a,b,t 0,0,0", "redundancy=broja", "", `redundancy="broja"; accepted is mmi, imin`},
		{"pid", "a,b,t 0,0,0", "sources=a target=t", "", `accepted are two sources and a target`},
		{"pid", "a,b,t 0,0,0", "sources=a,t target=t", "", `column "t" is named twice`},
		{"o-information", "a,b 0,0", "", "", `2 columns; accepted are 3 or more`},
		{"gini", "x a b", "", "", `column "x" holds words such as "a"; accepted are numbers`},
		{"gini", "x -1 2", "", "", `-1`},
		{"gini", "x 1 2", "", "circular", `accepted is none: it is descriptive`},
		{"graph", "a,b 1,2", "", "", `column "from"; there are a, b`},
		{"graph", "from,to 1,2", "of=beauty", "", `of="beauty"; accepted is density`},
		{"modularity", "from,to 1,2 2,3", "groups=1+2", "", `node "3" is in none`},
		{"modularity", "from,to 1,2 2,3", "groups=1+2,3+4", "", `node "4"`},
		{"survival", "time,event 1,2", "", "", `column "event", row 1 is 2; accepted is 0 or 1`},
		{"survival", "time,event 1,1", "at=now", "", `at="now"`},
		{"change-point", "x 1 2", "", "", `4`},
		{"causal-emergence", "x,v 0,0 1,1", "lag=2", "", `lag=2 in 2 rows`},
		{"effective-information", "x 1", "", "", `takes a matrix`},
		{"entropy", "x 1", "bins=1001", "", `bins="1001"; accepted is a whole number from 0 to 1000`},
		{"consensus-time", "a 1", "", "", `1 agents; accepted are 2 or more`},
		{"critical-mass", "share,flipped 5,1 0,0", "", "", `column "share", row 1 is 5; accepted is a share from 0 to 1`},
		{"gini", "x 9007199254740993 1", "", "", `holds words such as "9007199254740993"`},
	} {
		m, err := Find(c.measure)
		if err != nil {
			t.Fatal(err)
		}
		in, err := ReadCSV(strings.NewReader(strings.ReplaceAll(c.data, " ", "\n")))
		if err == nil {
			_, err = m.Estimate(Input{Table: in}, settings(c.set), Test{Null: c.null})
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %q, %s %s: %v, want %s", c.measure, c.data, c.set, c.null, err, c.want)
		}
	}
	if _, err := Find("emergence"); err == nil || !strings.Contains(err.Error(), "there are entropy, ") {
		t.Errorf("unknown measure: %v", err)
	}
	for _, test := range []Test{{Surrogates: -1}, {Surrogates: MaxDraws + 1}, {Resamples: MaxDraws + 1}} {
		if _, err := catalogue[0].Estimate(copies(10, 0, 1), nil, test); err == nil || !strings.Contains(err.Error(), "accepted is") {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

// What can be computed and misleads is said beside the number.
func TestWarnings(t *testing.T) {
	long := "x,y" + strings.Repeat(" 0,0 1,0", 50)
	for _, c := range []struct{ measure, data, set, null, want string }{
		{"mutual-information", "x,y 0,0 1,1 0,1", "", "", "no null: descriptive only"},
		{"mutual-information", "x,y 0,0 1,1 0,1", "", "", "undersampled: 4 cells for 3 samples"},
		{"mutual-information", long, "", "", `column "y" is constant`},
		{"mutual-information", long, "", "circular", "there is no effect size"},
		{"entropy", "x a b c", "", "", "chao-shen"},
		{"gini", "x 0 0", "", "", "gini: "},
		{"gini", "x 3 3 3", "", "", `column "x" is constant`},
		{"gini", "x 3 4 5", "", "", "an interval of 3 samples says little"},
		{"magnetisation", "a,b 1,1 1,-1", "", "", `column "a" is constant`},
		{"change-point", "x 1 1 1 1 1", "", "", `column "x" is constant`},
		{"mutual-information", "x,y" + strings.Repeat(" 0,1", 30) + strings.Repeat(" 1,0", 30), "", "block", "more than the nulls of series are calibrated for"},
		{"causal-emergence", "a,b,v" + strings.Repeat(" 0,0,0", 20) + strings.Repeat(" 1,0,1", 20), "", "shuffle", "part 1 persists"},
		{"survival", "time,event 1,1 2,1 3,0 4,0", "", "", "has no upper end: it is cut off at 4"},
		{"pid", "a,b,t,weight 0,0,0,.5 1,1,1,.5", "", "", "no interval: rows have weights"},
		{"consensus-time", "a,b 1,2 1,2", "", "", "time is censored: it is later than 2"},
		{"survival", "time,event 5,0 7,0", "", "", "there is no median"},
		{"graph", "from,to 1,2 2,1 1,1 2,3", "", "", "1 edges from a node to itself"},
		{"graph", "from,to 1,2 2,1 2,3", "", "", "1 edges come again"},
		{"effective-information", "", "groups=0,1", "", "of many tried, the best is no finding"},
		{"causal-emergence", "a,b,v 0,1,0 1,0,1 0,0,1 1,1,0 0,1,0", "", "", "says nothing"},
	} {
		m, err := Find(c.measure)
		if err != nil {
			t.Fatal(err)
		}
		in := Input{Matrix: [][]float64{{1, 0}, {0, 1}}}
		if c.data != "" {
			in = table(t, c.data)
		}
		e, err := m.Estimate(in, settings(c.set), Test{Null: c.null, Surrogates: 19, Resamples: 50})
		if err != nil {
			t.Fatalf("%s of %q: %v", c.measure, c.data, err)
		}
		if !slices.ContainsFunc(e.Warnings, func(w string) bool { return strings.Contains(w, c.want) }) {
			t.Errorf("%s of %q: warnings %q, want %q", c.measure, c.data, e.Warnings, c.want)
		}
	}
}

// An estimate is the same after it was written and read, and what is no number is null.
func TestEstimateAsJSON(t *testing.T) {
	m, err := Find("survival")
	if err != nil {
		t.Fatal(err)
	}
	e, err := m.Estimate(table(t, "time,event 5,0 7,0"), nil, Test{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(e)
	if err != nil || !strings.Contains(string(text), `"values":{"median":null}`) || !strings.Contains(string(text), `"value":null`) {
		t.Fatalf("%s, %v", text, err)
	}
	for _, want := range []*Estimate{e, {Measure: "x", Of: "y", Unit: "1", N: 3, Runs: 2, Value: 4, Values: Values{{"b", 4}, {"a", -1}}, Corrected: number(3),
		Interval: &Interval{1, 2, "m"}, Null: &Null{"n", "b", "upper", Simulation, 3, 4, 5, 6, 7}, P: number(.1), Q: number(.2), Effect: number(9), Seed: 8, Warnings: []string{"w"}}} {
		text, err := json.Marshal(want)
		var got Estimate
		if err != nil || json.Unmarshal(text, &got) != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(got)
		if err != nil || string(again) != string(text) {
			t.Errorf("%s becomes %s, %v", text, again, err)
		}
	}
}

// The catalogue says of each measure what a user must know of it.
func TestTheCatalogueIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range All() {
		if m.Name == "" || m.Doc == "" || m.Needs == "" || m.Unit == "" || m.Cost == "" || m.Source == "" || len(m.Values) == 0 || m.bind == nil || seen[m.Name] {
			t.Errorf("%+v", m)
		}
		seen[m.Name] = true
		for _, p := range m.Params {
			if p.Name == "" || p.Doc == "" {
				t.Errorf("%s: %+v", m.Name, p)
			}
		}
	}
	if len(seen) < 24 {
		t.Errorf("there are %d", len(seen))
	}
}

func ExampleMeasure_Estimate() {
	m, _ := Find("transfer-entropy")
	e, err := m.Estimate(copies(1000, .1, 1), map[string]string{"source": "x", "target": "y"}, Test{Null: "circular", Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f %s of %d samples, p %v against %s\n", e.Value, e.Unit, e.N, *e.P, e.Null.Name)
	// Output: 0.50 bit of 999 samples, p 0.001 against circular
}
