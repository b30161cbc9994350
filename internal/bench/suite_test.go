package bench

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// little is the least that goes through every line.
var little = Options{Reps: 2, Least: time.Millisecond, Agents: 200}

func TestEngineSuite(t *testing.T) {
	before := runtime.NumGoroutine()
	o := little
	var seen []string
	o.Progress = func(p Progress) {
		if p.Pairs != o.Reps || p.Pair < 1 || p.Pair > p.Pairs || p.Index < 1 || p.Index > p.Count {
			t.Errorf("progress %+v", p)
		}
		if p.Result != nil {
			seen = append(seen, p.Result.Name)
		}
	}
	report, err := Run(t.Context(), "engine", o)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range report.Results {
		names = append(names, r.Name)
		if r.Reps != o.Reps || r.Value < 0 || r.YardstickValue <= 0 || math.IsNaN(r.Ratio) || r.RatioCI[0] > r.RatioCI[1] {
			t.Errorf("%+v", r)
		}
	}
	want := []string{"tell", "round_trip", "round_trip_channels", "round_trip_grown", "request", "request_bytes", "spawn", "idle_bytes",
		"cycles_100k", "cycles_100k_hashed"}
	if !slices.Equal(names, want) || !slices.Equal(seen, want) {
		t.Errorf("results %v, shown %v, want %v", names, seen, want)
	}
	settle(t, before)
}

// settle waits until there are no more goroutines than before.
func settle(t *testing.T, before int) {
	ticks := time.NewTicker(time.Millisecond)
	defer ticks.Stop()
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; <-ticks.C {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, before: %d\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := little
	o.Progress = func(Progress) { cancel() }
	if _, err := Run(ctx, "engine", o); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestUnknownSuiteNamesTheOthers(t *testing.T) {
	_, err := Run(t.Context(), "motor", little)
	if err == nil || !strings.Contains(err.Error(), `no suite "motor"; there are: adapter, emergence, engine, journal`) {
		t.Errorf("error %v", err)
	}
}

func TestSideThatFailsIsNamed(t *testing.T) {
	broken := errors.New("broken")
	c := contest{name: "x", goal: "<= 1.0×", value: openTell, against: func(Options) (rig, error) { return rig{}, broken }}
	if _, err := c.compete(t.Context(), little.filled(), func(int) {}); !errors.Is(err, broken) || !strings.Contains(err.Error(), "bench: x: yardstick") {
		t.Errorf("error %v", err)
	}
}

// The yardstick does what the engine's side does: after the same rounds both worlds are the same.
func TestCyclesAreTheSameOnBothSides(t *testing.T) {
	const agents, rounds = 50, 20
	stock := newStock()
	defer stock.Shutdown()
	a := &start{rounds: rounds, done: make(chan error, 1)}
	stock.Root.Send(stockSociety(stock, agents), a)
	if err := await(a.done); err != nil {
		t.Fatal(err)
	}
	e, shutdown := newEngine()
	world, err := turnlessSociety(e, agents)
	if err != nil {
		t.Fatal(err)
	}
	b := &start{rounds: rounds, done: make(chan error, 1)}
	if err := e.Tell(world, b, 1); err != nil {
		t.Fatal(err)
	}
	if err := await(b.done); err != nil {
		t.Fatal(err)
	}
	if err := shutdown(); err != nil {
		t.Fatal(err)
	}
	if a.left != b.left || a.left <= 0 || a.left >= agents {
		t.Errorf("stock has %v left, the engine %v", a.left, b.left)
	}
	if account := e.Account(); !account.Balanced() || account.Handled != 2*agents*rounds+1 {
		t.Errorf("account %+v", account)
	}
}
