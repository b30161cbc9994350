package bench

import (
	"context"
	"fmt"

	"github.com/polis-agents/polis/internal/engine"
)

// engineSuite is what internal/engine costs, beside protoactor as it comes.
func engineSuite() []part {
	agents := func(o Options) int { return o.Agents }
	rounds := func(o Options) int { return 2 * o.Agents }
	return []part{
		contest{name: "tell", metric: cpuTime, goal: "<= 1.0×", value: openTell, yardstick: "protoactor tell", against: openStockTell},
		contest{name: "round_trip", metric: cpuTime, goal: "<= 0.15×", value: openRoundTrip,
			yardstick: "protoactor round trip, stacks starting at 2 KiB", against: openStockRoundTrip},
		contest{name: "round_trip_channels", metric: cpuTime, goal: "<= 1.0×", value: openRoundTrip,
			yardstick: "two goroutines, two channels", against: openChannels},
		contest{name: "round_trip_grown", metric: cpuTime, goal: "<= 1.0×", value: openRoundTrip, stacks: grown,
			yardstick: "protoactor round trip, stacks starting at 4 KiB", against: openStockRoundTrip},
		contest{name: "request", metric: cpuTime, goal: "<= 1000", value: openRequest,
			yardstick: "protoactor RequestFuture", against: openStockRequest},
		contest{name: "request_bytes", metric: allocated, goal: "<= 100", value: openRequest,
			yardstick: "protoactor RequestFuture", against: openStockRequest},
		contest{name: "spawn", metric: cpuTime, goal: "<= 6000", value: openSpawn,
			yardstick: "protoactor SpawnNamed", against: openStockSpawn},
		contest{name: "idle_bytes", metric: held, goal: "<= 1200", value: openIdle,
			yardstick: "protoactor actor", against: openStockIdle, ops: agents},
		contest{name: "cycles_100k", metric: rate, goal: ">= 3.5×", value: openCycles(false),
			yardstick: "protoactor, one actor per agent", against: openStockCycles, ops: rounds},
		contest{name: "cycles_100k_hashed", metric: rate, goal: ">= 0×", value: openCycles(true),
			yardstick: "protoactor, one actor per agent", against: openStockCycles, ops: rounds},
	}
}

// The hashed cycles have no goal of their own: they say what digests cost. So it is one that is always met.

// note is a message. All are sent as pointers.
type note struct{ _ int }

// newEngine starts an engine and gives the function that ends it.
func newEngine() (*engine.Engine, func() error) { return newWatchedEngine(nil) }

// newWatchedEngine starts one with an observer.
func newWatchedEngine(observe func(engine.Event)) (*engine.Engine, func() error) {
	e := engine.New(engine.Config{Observe: observe})
	return e, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		return e.Shutdown(ctx)
	}
}

// names of n agents.
func names(n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = fmt.Sprintf("agents/%06d", i)
	}
	return s
}
