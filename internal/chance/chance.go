// Package chance derives every random number of a society from (seed, name, n): a turn draws from its actor's name and
// its number, a job from its id. The same triple gives the same numbers on every machine and on every retry, and
// another actor, or another turn, does not shift them.
package chance

import (
	"hash/fnv"
	"math/rand/v2"
)

// New gives the generator of (seed, name, n).
func New(seed uint64, name string, n uint64) *rand.Rand {
	return rand.New(rand.NewPCG(Seed(seed, name, n)))
}

// Seed gives the two words that seed the generator of (seed, name, n).
func Seed(seed uint64, name string, n uint64) (uint64, uint64) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	x := mix(seed ^ mix(h.Sum64()))
	return mix(x ^ mix(n)), mix(x + mix(n+0x9e3779b97f4a7c15))
}

// Float gives the first number of (seed, name, n), uniform in [0, 1).
func Float(seed uint64, name string, n uint64) float64 { return New(seed, name, n).Float64() }

// mix is the finaliser of splitmix64 (Steele, Lea, Flood 2014): neighbouring inputs give unrelated outputs.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
