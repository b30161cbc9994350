//go:build race

package cluster

// messages is how many a burst has: under the race detector each costs many times as much.
const messages = 150
