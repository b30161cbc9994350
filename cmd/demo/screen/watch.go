package screen

import (
	"math"

	"github.com/polis-agents/polis/emergence/stream"
)

// measured is a measure that is taken while the society runs.
type measured struct {
	name    string
	history []float64 // newest last
	top     float64   // the greatest of all
	value   string
	rest    string // against what, over how many rounds
	low     bool   // its p is .01
}

// Watch shows what was measured. What cannot be measured is shown with why.
func (s *Screen) Watch(readings []stream.Reading) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.board.watch(readings)
	s.stir()
}

// watch takes readings in, always of the same watches.
func (b *board) watch(readings []stream.Reading) {
	if len(b.watches) != len(readings) {
		b.watches = make([]measured, len(readings))
	}
	for i, r := range readings {
		w := &b.watches[i]
		value, rest := r.Parts()
		w.name, w.value, w.rest, w.low = clean(r.Watch.String()), clean(value), clean(rest), false
		if r.Err != nil || math.IsNaN(r.Estimate.Value) {
			continue
		}
		if len(w.history) == spark {
			copy(w.history, w.history[1:])
			w.history = w.history[:spark-1]
		}
		w.history, w.top = append(w.history, r.Estimate.Value), math.Max(w.top, r.Estimate.Value)
		w.low = r.Estimate.P != nil && *r.Estimate.P <= .01
	}
}

// watches says what is measured, each in a line.
func (v view) watches(p *picture) (lines []string) {
	for _, w := range p.watches {
		style := plain
		if w.low {
			style = accent
		}
		lines = append(lines, v.line(v.columns, 2, []part{{" " + w.name, accent, 0}, {sparkline(w.history, w.top), water, 1}, {w.value, style, 0}, {w.rest, faint, 2}}, nil))
	}
	return lines
}
