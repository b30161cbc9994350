package supervision

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// "ExponentialBackoff: linear (0,100,303,603 … ms), no maximum, no retry limit, jitter 0–500 nanoseconds": here it is
// exponential, has a maximum, and a jitter in proportion.
func TestBackoffDoubles(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name string
		b    Backoff
		want []time.Duration // after 1, 2, 3 … failures
	}{
		{"zero value, without jitter", Backoff{Jitter: -1}, []time.Duration{ms, 2 * ms, 4 * ms, 8 * ms, 16 * ms}},
		{"from a minimum", Backoff{Min: 100 * ms, Jitter: -1}, []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms}},
		{"by a factor", Backoff{Min: 10 * ms, Factor: 3, Jitter: -1}, []time.Duration{10 * ms, 30 * ms, 90 * ms, 270 * ms}},
		{"up to a maximum", Backoff{Min: 10 * ms, Max: 25 * ms, Jitter: -1}, []time.Duration{10 * ms, 20 * ms, 25 * ms, 25 * ms}},
		{"constant", Backoff{Min: 10 * ms, Factor: 1, Jitter: -1}, []time.Duration{10 * ms, 10 * ms, 10 * ms}},
		{"a factor below 1 is the default", Backoff{Min: 10 * ms, Factor: 0.5, Jitter: -1}, []time.Duration{10 * ms, 20 * ms, 40 * ms}},
		{"a minimum above the maximum", Backoff{Min: 10 * ms, Max: 5 * ms, Jitter: -1}, []time.Duration{5 * ms, 5 * ms}},
		{"none", Backoff{Min: -1}, []time.Duration{0, 0, 0}},
	} {
		for i, want := range c.want {
			if got := c.b.Delay(i+1, 0.7); got != want {
				t.Errorf("%s: after %d failures %v, want %v", c.name, i+1, got, want)
			}
		}
	}
}

func TestBackoffEndsAtTenSeconds(t *testing.T) {
	b := Backoff{Jitter: -1}
	if got := b.Delay(14, 0); got != 8192*time.Millisecond {
		t.Errorf("after 14 failures %v", got)
	}
	for _, failures := range []int{15, 100, math.MaxInt32} {
		if got := b.Delay(failures, 0); got != 10*time.Second {
			t.Errorf("after %d failures %v, want 10s", failures, got)
		}
	}
}

func TestBackoffJitterIsAFifth(t *testing.T) {
	b := Backoff{Min: time.Second}
	for u, want := range map[float64]time.Duration{0: 800 * time.Millisecond, 0.5: time.Second, 0.75: 1100 * time.Millisecond} {
		if got := b.Delay(1, u); got != want {
			t.Errorf("u = %v: %v, want %v", u, got, want)
		}
	}
}

// Whatever the numbers: the pause is within the jitter around the exponential, never negative, and the same for the
// same chance.
func TestBackoffStaysWithinItsJitter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		b := Backoff{
			Min:    time.Duration(1 + r.Int64N(int64(time.Minute))),
			Max:    time.Duration(1 + r.Int64N(int64(time.Hour))),
			Factor: 1 + 3*r.Float64(),
			Jitter: 1.5 * r.Float64(),
		}
		failures, u := 1+r.IntN(30), r.Float64()
		middle := min(float64(b.Min)*math.Pow(b.Factor, float64(failures-1)), float64(b.Max))
		jitter := min(b.Jitter, 1)
		low, high := middle*(1-jitter), middle*(1+jitter)
		got := float64(b.Delay(failures, u))
		if slack := 2 + middle*1e-9; got < low-slack || got > high+slack {
			t.Fatalf("%+v after %d failures, u = %v: %v is not within [%v, %v]", b, failures, u, got, low, high)
		}
		if again := float64(b.Delay(failures, u)); again != got {
			t.Fatalf("%+v: once %v, then %v", b, got, again)
		}
	}
}

func TestBackoffWithoutMaximumDoesNotOverflow(t *testing.T) {
	b := Backoff{Max: math.MaxInt64}
	for failures := range 200 {
		if got := b.Delay(failures, 0.999); got <= 0 {
			t.Fatalf("after %d failures %v", failures, got)
		}
	}
}
