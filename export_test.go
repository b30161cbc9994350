package polis

import "github.com/polis-agents/polis/journal"

// WorldCrashes counts the crashes of the world that come before and after its code ran, in a run of many turns.
func WorldCrashes(seed uint64, rounds, agents, crashes int) (before, after int) {
	c := Chaos{World: crashes}
	f := c.worldFaults(seed, rounds, agents)
	for round := 1; round <= rounds; round++ {
		for range 2*agents + 20 {
			b, a := f(round, 1, 5)
			if b {
				before++
			}
			if a {
				after++
			}
		}
	}
	return before, after
}

// Befallen is the store of a run with these faults, and with a kill of the test's own.
func Befallen(c Chaos, s journal.Store, seed uint64, rounds, agents int, kill func() error) journal.Store {
	b := c.befall(s, seed, rounds, agents).(*befallen)
	b.kill = kill
	return b
}

// Moments draws those of n kills.
func Moments(seed uint64, n, rounds, agents int) []uint64 {
	return moments(seed, "chaos/process", n, rounds, agents)
}

// AdapterCrashes counts, over the first attempts at messages, the faults before and after.
func AdapterCrashes(seed uint64, share float64, messages uint64) (before, after int) {
	c := Chaos{Adapters: share}
	f := c.adapterFaults(seed, "model")
	for n := range messages {
		b, a := f(n, 1, 5)
		if b {
			before++
		}
		if a {
			after++
		}
	}
	return before, after
}
