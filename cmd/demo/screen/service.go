package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

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

// services says how busy the models are.
func (v view) services(p *picture) (lines []string) {
	for i := range p.models {
		s := &p.models[i]
		top := 1.0
		for _, q := range s.queue {
			top = max(top, q)
		}
		left := []part{{" " + s.label, accent, 0}, {fmt.Sprintf("%d of %d busy", s.load.InFlight, s.load.Limit), plain, 1},
			{fmt.Sprintf("queue %s %d", sparkline(s.queue[spark-s.n:], top), s.load.Queued), plain, 2}}
		left = append(left, s.held()...)
		left = append(left, part{fmt.Sprintf("answered %d", s.account.Answered), plain, 4})
		for _, c := range []struct {
			n    int
			what string
			how  lipgloss.Style
			rank int
		}{{s.account.Rejected, "rejected", warn, 3}, {s.account.Failed, "failed", bad, 3}, {s.account.Server429, "429", warn, 5}, {s.tries, "tried again", faint, 6},
			{s.billed(), "perhaps billed", warn, 4}} {
			if c.n > 0 {
				left = append(left, part{fmt.Sprintf("%s: %d", c.what, c.n), c.how, c.rank})
			}
		}
		left = append(left, s.spent()...)
		lines = append(lines, v.line(v.columns, 3, left, nil))
	}
	return lines
}

// held says what holds calls back: a breaker that is not closed, a pause of the endpoint's, a limit a minute.
func (s *service) held() (parts []part) {
	switch s.load.Breaker {
	case llmadapter.BreakerOpen:
		parts = append(parts, part{"breaker open", bad, 2})
	case llmadapter.BreakerHalfOpen:
		parts = append(parts, part{"breaker half-open", warn, 2})
	}
	for _, h := range []struct {
		what string
		long time.Duration
	}{{"pauses", s.load.Cooldown}, {"next in", s.load.Rate}} {
		if h.long > 0 {
			parts = append(parts, part{fmt.Sprintf("%s %.1f s", h.what, h.long.Seconds()), warn, 3})
		}
	}
	return parts
}

// spent says what it has cost: tokens, and money as far as prices are known. Those of a stand-in are no model's, which its
// label says.
func (s *service) spent() (parts []part) {
	if tokens := s.account.InputTokens + s.account.OutputTokens; tokens > 0 {
		parts = append(parts, part{thousands(tokens) + " tokens", plain, 5})
	}
	if s.account.CostUSD > 0 {
		parts = append(parts, part{fmt.Sprintf("$%.4g", s.account.CostUSD), plain, 4})
	}
	return parts
}

// billed is how many attempts may have been billed without an answer; those that are out are none yet.
func (s *service) billed() int { return max(s.account.PossiblyBilled-s.load.InFlight, 0) }

// thousands is a number with few digits: 950, 12.3k, 4.5M.
func thousands(n int) string {
	switch {
	case n >= 1_000_000:
		return fmt.Sprintf("%.1fM", float64(n)/1e6)
	case n >= 10_000:
		return fmt.Sprintf("%.1fk", float64(n)/1e3)
	}
	return fmt.Sprint(n)
}
