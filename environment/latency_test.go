package environment

import (
	"math"
	"strings"
	"testing"
	"time"
)

// What is drawn has the mean and the floor that are asked for, in whole grains, and the spread of its shape.
func TestLatenciesAreDrawnAsAsked(t *testing.T) {
	const n = 20_000
	for _, c := range []struct {
		of   Latency
		sd   float64 // in ms
		most time.Duration
	}{
		{of: Latency{Shape: Fixed, Mean: 250 * time.Millisecond}, sd: 0, most: 250 * time.Millisecond},
		{of: Latency{Shape: Fixed}, sd: 0},
		{of: Latency{Mean: 250 * time.Millisecond}, sd: 250, most: time.Hour},
		{of: Latency{Shape: Exponential, Mean: 250 * time.Millisecond, Floor: 200 * time.Millisecond}, sd: 50, most: time.Hour},
		{of: Latency{Shape: LogNormal, Mean: 250 * time.Millisecond, Floor: 50 * time.Millisecond}, sd: 200 * math.Sqrt(math.Exp(.25)-1), most: time.Hour},
		{of: Latency{Shape: LogNormal, Mean: 250 * time.Millisecond, Spread: 1}, sd: 250 * math.Sqrt(math.E-1), most: time.Hour},
	} {
		l, sum, squares := c.of.or(), 0.0, 0.0
		for i := range uint64(n) {
			d := l.draw(1, "agents/kate/thinking", i, time.Millisecond)
			if d < l.Floor || d > c.most || d%time.Millisecond != 0 {
				t.Fatalf("%+v: drawn was %v", c.of, d)
			}
			ms := float64(d) / float64(time.Millisecond)
			sum, squares = sum+ms, squares+ms*ms
		}
		mean := sum / n
		sd := math.Sqrt(max(0, squares/n-mean*mean))
		want := float64(c.of.Mean) / float64(time.Millisecond)
		if off := mean - want; off < -4*c.sd/math.Sqrt(n) || off > 1+4*c.sd/math.Sqrt(n) || math.Abs(sd-c.sd) > c.sd/5 {
			t.Errorf("%+v: mean %.2f ms, spread %.2f; want %.2f and %.2f", c.of, mean, sd, want, c.sd)
		}
	}
}

// A draw follows from (seed, name, n) alone, and each of them matters.
func TestALatencyFollowsFromItsNumbers(t *testing.T) {
	l := Latency{Shape: Exponential, Mean: time.Hour}
	one := l.draw(1, "a", 1, time.Nanosecond)
	if l.draw(1, "a", 1, time.Nanosecond) != one {
		t.Error("the same numbers give another latency")
	}
	for _, other := range []time.Duration{l.draw(2, "a", 1, 1), l.draw(1, "b", 1, 1), l.draw(1, "a", 2, 1)} {
		if other == one {
			t.Errorf("other numbers give the same latency, %v", one)
		}
	}
	if numbered(1, 2) == numbered(2, 1) || numbered(1, 0) == numbered(0, 1) {
		t.Error("two effects have the same number")
	}
}

// A tail without end is cut: virtual time does not overflow.
func TestNoLatencyIsEndless(t *testing.T) {
	l := Latency{Shape: LogNormal, Mean: longest, Spread: widestSpread}
	for i := range uint64(100_000) {
		if d := l.draw(3, "a", i, time.Millisecond); d < 0 || d > mostMeans*longest+time.Millisecond {
			t.Fatal(d)
		}
	}
}

// "The zero value: sensible defaults relative to Phase"; an agent's own come before those of all.
func TestFilledLatencies(t *testing.T) {
	got := Latencies{Speaking: Latency{Mean: 7}}.Filled(time.Minute, Latencies{
		Speaking: Latency{Mean: 9}, Perceiving: Latency{Shape: LogNormal, Mean: time.Second},
	})
	want := Latencies{
		Thinking:   Latency{LogNormal, 15 * time.Second, 3 * time.Second, 0.5},
		Speaking:   Latency{Exponential, 7, 0, 0},
		Perceiving: Latency{LogNormal, time.Second, 0, 0.5},
	}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got.Filled(time.Hour, Latencies{}) != got {
		t.Error("what is filled is filled again")
	}
	if z := (Latencies{Thinking: Latency{Shape: Fixed}}).Filled(time.Second, Latencies{Thinking: Latency{Mean: 5}}); z.Thinking != (Latency{Shape: Fixed}) {
		t.Errorf("none is taken for the default: %+v", z.Thinking)
	}
	if err := (Latencies{}).Filled(time.Second, Latencies{}).Check(); err != nil {
		t.Error(err)
	}
}

func TestLatenciesThatMakeNoSense(t *testing.T) {
	for want, l := range map[string]Latencies{
		`Thinking: shape "normal"; accepted are fixed, exponential, log-normal`: {Thinking: Latency{Shape: "normal"}},
		"Speaking: mean -1ns; accepted is 0s to 10000h":                         {Speaking: Latency{Mean: -1}},
		"Speaking: mean 10000h0m0.000000001s":                                   {Speaking: Latency{Mean: longest + 1}},
		"Perceiving: floor 2ns; accepted is 0s to the mean, 1ns":                {Perceiving: Latency{Mean: 1, Floor: 2}},
		"Perceiving: floor -2ns":                                                {Perceiving: Latency{Mean: 1, Floor: -2}},
		"Thinking: spread 6; accepted is 0 to 5":                                {Thinking: Latency{Shape: LogNormal, Spread: 6}},
		"Thinking: spread NaN":                                                  {Thinking: Latency{Shape: LogNormal, Spread: math.NaN()}},
		"Thinking: spread 1; only log-normal has one":                           {Thinking: Latency{Mean: 1, Spread: 1}},
	} {
		if err := l.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", l, err, want)
		}
	}
}
