package screen

import (
	"slices"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
)

// service is what is known about one adapter.
type service struct {
	name    string
	label   string // who answers
	load    llmadapter.Load
	account llmadapter.Account
	queue   [spark]float64 // how many waited, sampled
	n       int
	deepest int // since the last sample
	tries   int // attempts at requests beyond their first
}

// service finds an adapter by its name.
func (b *board) service(name string) *service {
	i, known := slices.BinarySearchFunc(b.models, name, func(s *service, name string) int { return strings.Compare(s.name, name) })
	if !known {
		label := b.plan.Models[name]
		if label == "" {
			label = name
		}
		b.models = slices.Insert(b.models, i, &service{name: name, label: clean(label)})
	}
	return b.models[i]
}

// see takes in the end of a request.
func (s *service) see(e llmadapter.Ended) {
	s.load = e.Load
	s.deepest = max(s.deepest, e.Load.Queued)
	s.tries += max(e.Attempts-1, 0)
}

// sample takes in how busy an adapter is now, and remembers how deep its queue was since the last time.
func (s *service) sample(load llmadapter.Load, account llmadapter.Account) {
	s.load, s.account = load, account
	copy(s.queue[:], s.queue[1:])
	s.queue[spark-1] = float64(max(s.deepest, load.Queued))
	s.n = min(s.n+1, spark)
	s.deepest = load.Queued
}
