package elfarol

import (
	"encoding/json"
	"math"
	"math/rand/v2"

	"github.com/polis-agents/polis/actors"
)

// forecaster is the agent of the bar: it has several ways to tell how many will go, and uses the one that would have told
// the newest weeks best.
type forecaster struct {
	memory, strategies, threshold int
	weights                       [][]float64 // by strategy: a constant, and one for each of the newest weeks
}

// draw makes its strategies, once.
func (f *forecaster) draw(r *rand.Rand) {
	for range f.strategies {
		w := make([]float64, f.memory+1)
		for i := range w {
			w[i] = 2*r.Float64() - 1
		}
		f.weights = append(f.weights, w)
	}
}

// Decide goes when the forecast is not above the threshold.
func (f *forecaster) Decide(_ *actors.Turn, s actors.Situation[View]) (Go, error) {
	past := s.Percept.Past
	if len(past) < 2*f.memory {
		return Go{}, actors.ErrPass
	}
	if f.weights == nil {
		f.draw(s.Rand)
	}
	if forecast(f.best(past), past) > float64(f.threshold) {
		return Go{}, actors.ErrPass
	}
	return Go{}, nil
}

// best is the strategy whose forecasts of the newest weeks were off by the least in all; of several the first.
func (f *forecaster) best(past []int) []float64 {
	best, least := f.weights[0], math.Inf(1)
	for _, w := range f.weights {
		off := 0.0
		for week := range f.memory {
			off += math.Abs(float64(past[week]) - forecast(w, past[week+1:]))
		}
		if off < least {
			best, least = w, off
		}
	}
	return best
}

// forecast is how many will go after these weeks: 100 w0 + sum w_j a_(t-j).
func forecast(w []float64, past []int) float64 {
	sum := 100 * w[0]
	for j, weight := range w[1:] {
		if j < len(past) {
			sum += weight * float64(past[j])
		}
	}
	return sum
}

// Snapshot is its strategies.
func (f *forecaster) Snapshot() ([]byte, error) { return json.Marshal(f.weights) }

// Restore takes them back.
func (f *forecaster) Restore(state []byte) error {
	f.weights = nil
	return json.Unmarshal(state, &f.weights)
}
