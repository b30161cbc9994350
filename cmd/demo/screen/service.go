package screen

import (
	"slices"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
)

// service is what is known about one adapter.
type service struct {
	name     string
	label    string // who answers
	load     llmadapter.Load
	queue    [spark]float64 // how many waited, sampled
	n        int
	deepest  int // since the last sample
	answered int
	rejected int
	failed   int
	limited  int // requests whose last attempt the endpoint refused for its rate
	tries    int // attempts beyond the first
}

// service finds an adapter by its name.
func (b *board) service(name string) *service {
	i, known := slices.BinarySearchFunc(b.models, name, func(s *service, name string) int { return strings.Compare(s.name, name) })
	if !known {
		b.models = slices.Insert(b.models, i, &service{name: name, label: clean(b.label(name))})
	}
	return b.models[i]
}

// label says who answers at an adapter.
func (b *board) label(name string) string {
	if label := b.plan.Models[name]; label != "" {
		return label
	}
	return name
}

// see takes in the end of a request.
func (s *service) see(e llmadapter.Ended) {
	s.load = e.Load
	s.deepest = max(s.deepest, e.Load.Queued)
	s.tries += max(e.Attempts-1, 0)
	if strings.Contains(e.Why, string(llmadapter.RateLimited)) {
		s.limited++
	}
	switch e.Outcome {
	case "answered":
		s.answered++
	case "rejected":
		s.rejected++
	case "failed":
		s.failed++
	}
}

// sample remembers how deep the queue was since the last time.
func (s *service) sample() {
	copy(s.queue[:], s.queue[1:])
	s.queue[spark-1] = float64(max(s.deepest, s.load.Queued))
	s.n = min(s.n+1, spark)
	s.deepest = s.load.Queued
}
