package bench

import (
	"runtime"
	"sync"
)

// stacks says how large a goroutine's first stack is while a contest runs. The Go runtime sets it, at every collection,
// to what the goroutines of the moment use on average, in powers of two from 2 KiB on. That decides what a library
// costs that starts a goroutine per activation: a protoactor round trip takes 4 to 5 µs of CPU when its stacks start
// at 2 KiB and are copied as they grow, and 0.5 µs from 4 KiB on. Left alone, a society on protoactor changes between
// the two as its collections fall, and spends most of its time in the first; a harness that collects between samples
// would make it a matter of luck. So a crowd of parked goroutines outvotes all others at every collection.
type stacks int

const (
	small stacks = iota // 2 KiB: as in every process until its first collection, and with many idle goroutines
	grown               // 4 KiB: the best that can happen to a goroutine per activation
)

const crowd = 256

// park starts the crowd and gives the function that ends it.
func (s stacks) park() (leave func()) {
	var parked, gone sync.WaitGroup
	end := make(chan struct{})
	rest := func() {
		parked.Done()
		<-end
	}
	parked.Add(crowd)
	for range crowd {
		gone.Go(func() {
			if s == grown {
				deeper(rest)
			} else {
				rest()
			}
		})
	}
	parked.Wait()
	runtime.GC()
	return func() {
		close(end)
		gone.Wait()
	}
}

// deeper calls f with a KiB of stack in use.
//
//go:noinline
func deeper(f func()) byte {
	var frame [1 << 10]byte
	f()
	return frame[crowd]
}
