package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
)

// money is what --prices and --budget set: what tokens cost, and how much may be spent.
type money struct {
	file   string            // of the prices, as it was typed; "": there are none
	prices llmadapter.Prices // as they were when the run began: whoever takes it up counts with the same
	budget string            // as it was typed
	all    llmadapter.Budget // of the society
	each   llmadapter.Budget // of an agent
}

// budgetNames are those that --budget takes, as they are shown.
const budgetNames = "usd=AMOUNT, tokens=N, agent-usd=AMOUNT and agent-tokens=N"

// The most that a budget may be.
const (
	mostUSD    = 1e9
	mostTokens = 1_000_000_000_000
)

// largestPrices is how many bytes a file of prices may have.
const largestPrices = 1 << 20

// readMoney reads a file of prices, unless they are known from when the run began, and a budget.
func readMoney(file string, known llmadapter.Prices, budget string) (m money, err error) {
	m = money{file: file, prices: known, budget: budget}
	if file != "" && known == nil {
		if m.prices, err = readPrices(file); err != nil {
			return m, err
		}
	}
	if err := m.readBudget(); err != nil {
		return m, err
	}
	if (m.all.USD > 0 || m.each.USD > 0) && m.prices == nil {
		return m, badUsage("--budget %q without --prices; accepted is US dollars with a file of prices, and tokens without", budget)
	}
	return m, nil
}

func readPrices(file string) (llmadapter.Prices, error) {
	f, err := os.Open(file)
	if err == nil {
		defer f.Close()
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(f, largestPrices+1)); err == nil {
			prices, err := llmadapter.ReadPrices(text)
			if err != nil {
				return nil, badUsage("--prices %q: %s", file, plainly(err, "llmadapter"))
			}
			return prices, nil
		}
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return nil, badUsage("--prices %q: %v; accepted is a file such as docs/prices.example.json", file, err)
}

// readBudget reads K=V,….
func (m *money) readBudget() error {
	if m.budget == "" {
		return nil
	}
	var seen []string
	for part := range strings.SplitSeq(m.budget, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		of, unit := &m.all, key
		if own, is := strings.CutPrefix(key, "agent-"); is {
			of, unit = &m.each, own
		}
		switch {
		case !ok || unit != "usd" && unit != "tokens":
			return badUsage("--budget %q; accepted are %s", part, budgetNames)
		case slices.Contains(seen, key):
			return badUsage("--budget %q: %s twice; accepted is each once", m.budget, key)
		}
		seen = append(seen, key)
		if unit == "usd" {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil || !(n >= 1e-9 && n <= mostUSD) { // nor NaN
				return badUsage("--budget %q; accepted is an amount of US dollars above 0, %.0f at most", part, float64(mostUSD))
			}
			of.USD = n
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > mostTokens {
			return badUsage("--budget %q; accepted is a whole number of tokens from 1 to %d", part, mostTokens)
		}
		of.Tokens = n
	}
	return nil
}

// check says whether a model has a price.
func (m *money) check(model string) error {
	if m.prices == nil {
		return nil
	}
	if _, ok := m.prices.Of(model); !ok {
		return badUsage("--prices %q has no price of model %q; accepted is one, with 0 where nothing is to be paid; there are %s", m.file, model, listed(m.names()))
	}
	return nil
}

// names of the models that have a price, quoted: the file may be anybody's.
func (m *money) names() []string {
	names := slices.Sorted(maps.Keys(m.prices))
	for i, name := range names {
		names[i] = strconv.Quote(name)
	}
	return names
}

// set puts them into the configuration of an adapter.
func (m *money) set(c *llmadapter.Config) {
	c.Prices, c.Budget, c.AgentBudget = m.prices, m.all, m.each
}

// flags are those that order the same again.
func (m *money) flags(add func(flag string, value any)) {
	if m.file != "" {
		add("--prices", m.file)
	}
	if m.budget != "" {
		add("--budget", m.budget)
	}
}

// costText is what was spent, for people; "": nobody knows.
func (m *money) costText(u *llmadapter.Account) string {
	text := ""
	switch {
	case m.prices != nil:
		text = fmt.Sprintf("%s USD", dollars(u.CostUSD))
		if u.PossiblyUSD > 0 {
			text += fmt.Sprintf(", and at most %s more for what may have been billed", dollars(u.PossiblyUSD))
		}
	case m.all.Tokens > 0 || m.each.Tokens > 0:
		text = fmt.Sprintf("%d tokens", u.InputTokens+u.OutputTokens)
		if u.PossiblyTokens > 0 {
			text += fmt.Sprintf(", and at most %d more for what may have been billed", u.PossiblyTokens)
		}
	}
	if m.budget != "" {
		text += "; budget " + m.budget
	}
	return text
}

// dollars is an amount as people read it: what is small is not nothing.
func dollars(usd float64) string {
	if usd == 0 || usd >= 0.01 {
		return strconv.FormatFloat(math.Round(usd*1e4)/1e4, 'f', -1, 64)
	}
	return strconv.FormatFloat(usd, 'f', -1, 64)
}
