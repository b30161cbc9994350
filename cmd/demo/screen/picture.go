package screen

import (
	"slices"
	"strings"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
)

// picture is a copy of what a board shows at one moment: as much of it as can be seen, so that taking it is quick
// however large the society is.
type picture struct {
	title, period string
	round, rounds int
	seed          uint64
	gauge         Gauge
	history       []float64 // newest last
	began         int       // the round of the first of them
	rows          []row     // from first on
	first, total  int
	top           float64
	talked        bool
	news          []entry // newest last
	metrics       []Metric
	models        []service
	watches       []measured
	decided       string
	paused, still bool
	silent        bool
	ending, over  bool
	keys          bool // there is a keyboard
	question      *asked
}

// picture copies n rows from the first on, and as many news.
func (b *board) picture(first, n int) picture {
	n = max(n, 1)
	first = max(min(first, len(b.rows)-1), 0)
	p := picture{
		title: b.plan.Look.Title, period: b.plan.Look.Period, round: b.round, rounds: b.plan.Rounds, seed: b.plan.Seed,
		gauge: b.gauge, first: first, total: len(b.rows), top: b.top, talked: b.talked, metrics: b.shown,
		decided: decidedBy(b.deciders), paused: b.paused, still: b.still, silent: b.silent, ending: b.ending, over: b.over,
	}
	kept := b.history[max(len(b.history)-maxBars, 0):]
	p.history, p.began = slices.Clone(kept), b.round-len(kept)+1
	p.rows = slices.Clone(b.rows[first:min(first+n, len(b.rows))])
	p.news = slices.Clone(b.news[max(len(b.news)-n, 0):])
	for _, s := range b.models {
		if s.label == llmadapter.Person {
			continue // there is a question where it waits
		}
		p.models = append(p.models, *s)
	}
	for _, w := range b.watches {
		w.history = slices.Clone(w.history)
		p.watches = append(p.watches, w)
	}
	return p
}

// decidedBy says who decides, in the words of every other output.
func decidedBy(who []string) string {
	models := false
	var by []string
	for _, name := range who {
		switch name {
		case llmadapter.StandIn, llmadapter.Person:
			name = "a " + name
		case environment.Rules, llmadapter.Cassette:
		default:
			models = true
		}
		by = append(by, name)
	}
	text := "decided by " + strings.Join(by, ", ")
	if !models {
		text += ", no language model"
	}
	return text
}
