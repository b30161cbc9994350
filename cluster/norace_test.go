//go:build !race

package cluster

// messages is how many a burst has.
const messages = 1000
