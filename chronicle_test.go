package polis

import (
	"maps"
	"testing"
)

// A metric that some runs do not have, such as the time of what did not happen in them, is not taken for 0 there.
func TestMeansAreOverRunsThatHaveTheMetric(t *testing.T) {
	c := Chronicle{Runs: []Past{{Metrics: map[string]float64{"time": 4, "share": 1}}, {Metrics: map[string]float64{"share": 0}}, {Metrics: map[string]float64{"time": 8, "share": .5}}}}
	if got, want := c.Means(), (map[string]float64{"time": 6, "share": .5}); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
