package emergence

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The interval of a median stays within the times there are, and covers the true median about as often as it says, also where
// many runs are censored.
func TestTheIntervalOfAMedianCovers(t *testing.T) {
	m, err := Find("survival")
	if err != nil {
		t.Fatal(err)
	}
	e, err := m.Estimate(table(t, "time,event 1,1 1,1 1,1 9,1 10,1"), nil, Test{})
	if err != nil || e.Interval.Low < 1 || e.Interval.High > 10 || e.Value != 1 {
		t.Errorf("%+v, %v", e, err)
	}
	covered, sets := 0, 300
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		times, events := make([]float64, 30), make([]float64, 30)
		for i := range times {
			times[i], events[i] = min(11, 10*r.ExpFloat64()), 1
			if times[i] == 11 {
				events[i] = 0
			}
		}
		in, err := NewTable([]string{"time", "event"}, [][]float64{times, events}, nil)
		if err != nil {
			t.Fatal(err)
		}
		e, err := m.Estimate(Input{Table: in}, nil, Test{})
		if err != nil {
			t.Fatal(err)
		}
		if e.Interval == nil { // it has not happened in half of the runs
			sets--
			continue
		}
		if e.Interval.Low <= 10*math.Ln2 && 10*math.Ln2 <= e.Interval.High {
			covered++
		}
	}
	if share := float64(covered) / float64(sets); share < .92 {
		t.Errorf("%.3f of the intervals hold the median", share)
	}
}

// What would take more memory than there is is refused in a line.
func TestTooManyCells(t *testing.T) {
	who := make([]float64, 4000)
	for i := range who {
		who[i] = float64(i)
	}
	in, err := NewTable([]string{"a", "b"}, [][]float64{who, who}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"division-of-labour", "jensen-shannon"} {
		m, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		in := *in
		if name == "jensen-shannon" {
			in.Weights = slices.Repeat([]float64{1}, 4000)
		}
		if _, err := m.Estimate(Input{Table: &in}, nil, Test{}); err == nil || !strings.Contains(err.Error(), "4000 × 4000") {
			t.Errorf("%s: %v", name, err)
		}
	}
	row := strings.Repeat("0,", 2_999_999) + "0\n"
	for text, want := range map[string]string{"1,0\n1\n": "row 2 has 1 numbers, the first has 2", strings.Repeat(row, 4): "a matrix of more than 10000000 numbers"} {
		if _, err := ReadMatrix(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Names of nodes stand as they are written: 7 is not 007, and long ids are not rounded into each other.
func TestNodesAreNames(t *testing.T) {
	m, err := Find("graph")
	if err != nil {
		t.Fatal(err)
	}
	e, err := m.Estimate(table(t, "from,to 7,007 007,9007199254740993 9007199254740993,9007199254740992 9007199254740992,x"), nil, Test{})
	if err != nil || e.Of != "5 nodes, 4 edges" {
		t.Errorf("%+v, %v", e, err)
	}
}
