package bench

import (
	"math"
	"runtime"
	"slices"
	"testing"
)

func TestAdapterSuite(t *testing.T) {
	before := runtime.NumGoroutine()
	report, err := Run(t.Context(), "adapter", little)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range report.Results {
		names = append(names, r.Name)
		if r.YardstickValue <= 0 || math.IsNaN(r.Ratio) || math.IsInf(r.Ratio, 0) || r.RatioCI[0] > r.RatioCI[1] {
			t.Errorf("%+v", r)
		}
		if r.Name == "p13_noop_allocs" && (r.Value < 4 || r.Value > 12) {
			t.Errorf("%v allocations a call", r.Value)
		}
	}
	if want := []string{"p13_noop_cost", "p13_noop_allocs", "p13_noop_rate", "p12_socket_cost"}; !slices.Equal(names, want) {
		t.Errorf("results %v, want %v", names, want)
	}
	settle(t, before)
}

// A value that is what is added is the difference of the sides, pair by pair.
func TestAddedIsTheDifference(t *testing.T) {
	side := func(ns ...float64) opener {
		i := 0
		return func(Options) (rig, error) {
			return rig{run: func(int) (sample, error) {
				s := sample{ops: 1, mallocs: int64(ns[i%len(ns)])}
				i++
				return s, nil
			}}, nil
		}
	}
	c := contest{name: "x", metric: allocs, goal: "<= 5", added: true, value: side(15, 24, 35), against: side(10, 20, 30),
		ops: func(Options) int { return 1 }}
	r, err := c.run(t.Context(), Options{Reps: 3}.filled(), func(int) {})
	if err != nil || r.Value != 5 || r.YardstickValue != 20 || r.Ratio != 0.2 || !r.OK {
		t.Errorf("%+v, %v", r, err)
	}
}

func BenchmarkAdapter(b *testing.B)       { on(b, openAdapterCall) }
func BenchmarkAdapterActor(b *testing.B)  { on(b, openActorCall) }
func BenchmarkAdapterCrowd(b *testing.B)  { on(b, openAdapterCrowd) }
func BenchmarkAdapterSocket(b *testing.B) { on(b, openSocketCall) }
func BenchmarkBareSocket(b *testing.B)    { on(b, openBareSocketCall) }
