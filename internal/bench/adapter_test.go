package bench

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// The names of issue 5, and two more: the allocations of P13, and the peak of P14.
var adapterResults = []string{"p1_goodput_adaptive", "p1_goodput_known", "p2_429_share", "p3_memory", "p4_lost", "p4_twice", "p5_priority_wait", "p6_jain",
	"p7_recovery", "p8_amplification", "p9_cancel", "p10_late", "p11_permits", "p12_socket_cost", "p13_noop_cost", "p13_noop_allocs", "p13_noop_rate",
	"p14_tpm", "p14_tpm_peak", "p15_streams", "p16_silent"}

// exact are results that do not hang on how fast the machine is.
var exact = map[string]bool{"p3_memory": true, "p4_lost": true, "p4_twice": true, "p11_permits": true, "p14_tpm_peak": true}

func TestAdapterSuite(t *testing.T) {
	before := runtime.NumGoroutine()
	o := little
	o.For, o.Serve = 300*time.Millisecond, testServer
	if testing.Short() {
		o.Only = []string{"p2_429_share", "p4_twice", "p11_permits", "p13_noop_allocs"}
	}
	left := time.Duration(math.MaxInt64)
	o.Progress = func(p Progress) {
		if p.Left > left || p.Left < 0 || p.Index > p.Count {
			t.Errorf("%+v after %v left", p, left)
		}
		left = p.Left
	}
	report, err := Run(t.Context(), "adapter", o)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range report.Results {
		names = append(names, r.Name)
		if math.IsNaN(r.Ratio) || math.IsInf(r.Ratio, 0) || math.IsNaN(r.Value) || r.RatioCI[0] > r.RatioCI[1] || r.Reps < 1 || r.Yardstick == "" {
			t.Errorf("%+v", r)
		}
		if (r.Reps == 1) != (r.RatioCI == [2]float64{}) && r.Ratio != 0 {
			t.Errorf("an interval of one run, or none of several: %+v", r)
		}
		if exact[r.Name] && !r.OK {
			t.Errorf("missed: %+v", r)
		}
		if r.Name == "p13_noop_allocs" && (r.Value < 4 || r.Value > 12) {
			t.Errorf("%v allocations a call", r.Value)
		}
		t.Logf("%s: %v %s: %s", r.Name, r.Value, r.Unit, r.Note)
	}
	want := adapterResults
	if o.Only != nil {
		want = o.Only
	}
	if !slices.Equal(names, want) {
		t.Errorf("results %v, want %v", names, want)
	}
	settle(t, before)
}

func TestOnlyWhatThereIs(t *testing.T) {
	if got := Results("adapter"); !slices.Equal(got, adapterResults) {
		t.Errorf("%v", got)
	}
	_, err := Run(t.Context(), "adapter", Options{Only: []string{"p17"}})
	if err == nil || !strings.Contains(err.Error(), `no result "p17"; accepted are p1_goodput_adaptive, `) {
		t.Errorf("error %v", err)
	}
	_, err = Run(t.Context(), "adapter", Options{Only: []string{"p16_silent"}})
	if err == nil || !strings.Contains(err.Error(), "bench: p16_silent: a server is needed") {
		t.Errorf("error %v", err)
	}
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
	r, err := c.compete(t.Context(), Options{Reps: 3}.filled(), func(int) {})
	if err != nil || r.Value != 5 || r.YardstickValue != 20 || r.Ratio != 0.2 || !r.OK {
		t.Errorf("%+v, %v", r, err)
	}
}

func BenchmarkAdapter(b *testing.B)       { on(b, openAdapterCall) }
func BenchmarkAdapterActor(b *testing.B)  { on(b, openActorCall) }
func BenchmarkAdapterCrowd(b *testing.B)  { on(b, openAdapterCrowd) }
func BenchmarkAdapterSocket(b *testing.B) { on(b, openSocketCall) }
func BenchmarkBareSocket(b *testing.B)    { on(b, openBareSocketCall) }
