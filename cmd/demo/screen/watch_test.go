package screen

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/emergence/stream"
)

// withMeasures is a board with what was measured over some rounds.
func withMeasures(b *board) *board {
	p := .01
	for i := range 40 {
		gini := stream.Reading{Watch: stream.Watch{Measure: "gini", Variable: "to\x1b[31mtal"}, Round: i, Rounds: 1, Estimate: &emergence.Estimate{Unit: "1", N: 5, Value: float64(i%10) / 40}}
		mutual := stream.Reading{Watch: stream.Watch{Measure: "mutual-information", Variable: "catch"}, Round: i, Rounds: min(i, 50),
			Estimate: &emergence.Estimate{Unit: "bit", N: 20, Value: float64(i) / 100, P: &p, Null: &emergence.Null{Name: "circular", N: 99, Mean: .05, Low: .01, High: .125}}}
		if i < 10 {
			mutual = stream.Reading{Watch: mutual.Watch, Round: i, Err: &stream.Early{Rounds: i}}
		}
		b.watch([]stream.Reading{gini, mutual, {Watch: stream.Watch{Measure: "gini", Variable: "x"}, Err: errors.New("stream: no x")}})
	}
	return b
}

// A measure is a line with its course, its null or that it is descriptive, and over how many rounds it is.
func TestWatched(t *testing.T) {
	b := withMeasures(general())
	if n := len(b.watches[0].history); n != spark {
		t.Errorf("%d values are kept", n)
	}
	if w := b.watches[1]; len(w.history) != spark || !w.low || b.watches[0].low {
		t.Errorf("%+v", w)
	}
	if p := b.picture(0, 5); &p.watches[0].history[0] == &b.watches[0].history[0] {
		t.Error("a picture changes with its board")
	}
	var text strings.Builder
	for _, size := range [][2]int{{120, 30}, {80, 24}, {40, 10}, {12, 4}} {
		fmt.Fprintf(&text, "-- %d x %d --\n", size[0], size[1])
		for _, line := range drawn(b, size[0], size[1], nil) {
			text.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	golden(t, filepath.Join("testdata", "watched.txt"), text.String())
}
