package report

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// scale is an axis' range.
type scale struct{ low, high float64 }

// take widens a range.
func (s *scale) take(x float64) {
	if math.IsNaN(x) || math.Abs(x) > drawable {
		return
	}
	s.low, s.high = min(s.low, x), max(s.high, x)
}

// emptyScale is the range of nothing.
func emptyScale() scale { return scale{math.Inf(1), math.Inf(-1)} }

// settled is a range that can be drawn, with room above and, if it does not begin at 0, below.
func (s scale) settled(room float64) scale {
	if s.low > s.high {
		return scale{0, 1}
	}
	if s.low > 0 && s.low < 0.6*s.high || s.low == s.high && s.low > 0 {
		s.low = 0
	} else if s.high < 0 && s.high > 0.6*s.low {
		s.high = 0
	}
	width := s.high - s.low
	if width <= 1e-9*max(math.Abs(s.low), math.Abs(s.high), 1e-90) {
		return scale{s.low - 0.5*max(1, math.Abs(s.low)*1e-6), s.high + 0.5*max(1, math.Abs(s.high)*1e-6)}
	}
	if s.high != 0 {
		s.high += room * width
	}
	if s.low != 0 {
		s.low -= room * width
	}
	return s
}

// settledX is the range of rounds: without room, but wide enough for a single one.
func (s scale) settledX() scale {
	if s.low > s.high {
		return scale{0, 1}
	}
	if s.low == s.high {
		return scale{s.low - 0.5, s.high + 0.5}
	}
	return s
}

// scales of a plot's panels: the y axis is shared.
func scales(p *Plot) (x, y scale) {
	x, y = emptyScale(), emptyScale()
	for i := range p.Panels {
		for _, l := range p.Panels[i].Lines {
			for at := range l.X {
				x.take(l.X[at])
				for _, ys := range [][]float64{l.Y, l.Low, l.High} {
					if at < len(ys) {
						y.take(ys[at])
					}
				}
			}
		}
		for _, limit := range p.Panels[i].Limits {
			y.take(limit.At)
		}
	}
	return x, y
}

// ticks are round numbers within a range, at most about n of them.
func ticks(s scale, n int, whole bool) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10((s.high-s.low)/float64(n))))
	for _, k := range []float64{1, 2, 5, 10} {
		if (s.high-s.low)/(k*step) <= float64(n) {
			step *= k
			break
		}
	}
	if whole {
		step = max(step, 1)
	}
	var all []plot.Tick
	for i := math.Ceil(s.low / step); i*step <= s.high+1e-9*step && len(all) <= 2*n; i++ {
		all = append(all, plot.Tick{Value: i * step, Label: tickLabel(i*step, step)})
	}
	return all
}

// tickLabel writes a tick with as many digits as the step to the next one needs.
func tickLabel(x, step float64) string {
	digits := -int(math.Floor(math.Log10(step) + 1e-9))
	if digits > 6 || math.Abs(x) >= 1e7 {
		return short(x)
	}
	text := strconv.FormatFloat(x, 'f', max(digits, 0), 64)
	if strings.Trim(text, "-0.") == "" {
		return "0"
	}
	return strings.Replace(text, "-", "−", 1)
}

// nothing marks an axis with no ticks.
type nothing struct{}

// Ticks are none.
func (nothing) Ticks(_, _ float64) []plot.Tick { return nil }

// around is a range with some room on either side.
func (s scale) around() scale {
	room := 0.06 * (s.high - s.low)
	if room <= 1e-9*max(math.Abs(s.low), math.Abs(s.high), 1e-90) {
		room = 0.5 * max(1, math.Abs(s.low)*1e-6)
	}
	return scale{s.low - room, s.high + room}
}
