package llmadapter

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"
)

// What an answer may have where a budget holds and the asker names no MaxTokens: the most that fits. Steps, not all that is
// left, so that what is sent does not change with every cent.
const (
	mostAnswer  = 4096
	leastAnswer = 256 // less is no answer: the request is refused
)

// Bytes that wire forms and the templates of models add, at most, to a request, to each message and to each tool.
const (
	perRequestBytes = 1024
	perMessageBytes = 64
	perToolBytes    = 512
)

// mostInput is how many tokens the prompt of a request may have, in whichever form it is sent: no token is less than a byte.
func mostInput(r *Request) int {
	n := perRequestBytes
	for i := range r.Messages {
		m := &r.Messages[i]
		n += len(m.Text) + perMessageBytes
		for _, c := range m.Calls {
			n += inJSON(c.Name) + inJSON(c.Arguments) + perMessageBytes
		}
	}
	for i := range r.Tools {
		t := &r.Tools[i]
		n += inJSON(t.Name) + inJSON(t.Doc) + inJSON(t.Schema) + perToolBytes
	}
	return n
}

// inJSON is how many bytes a text may have when it is written into JSON that stands in a prompt.
func inJSON[T string | json.RawMessage](text T) int {
	n := len(text)
	for i := range len(text) {
		switch b := text[i]; {
		case b < ' ', b >= utf8.RuneSelf, b == '"', b == '\\', b == '<', b == '>', b == '&':
			n += 5 // as \u003c, at most
		}
	}
	return n
}

// fit says whether an attempt may go out, as far as money goes.
type fit uint8

const (
	fits  fit = iota
	later     // when calls that are out have come back for less than they may cost
	never
)

// need is the highest that an attempt may cost.
func (l *ledger) need(input, answer int) sum {
	return sum{l.highest.cost(Tokens{Input: input, Output: answer}), input + answer}
}

// fit says whether the next attempt at a request may go out, and why not if it never may. An asker's budget is that of
// one: it does not make others wait.
func (l *ledger) fit(t *tab, r *Request) (fit, string) {
	if !l.metered {
		return fits, ""
	}
	if t.input == 0 {
		t.input = mostInput(r)
	}
	least := leastAnswer
	t.answer = mostAnswer
	if r.MaxTokens > 0 {
		t.answer = min(r.MaxTokens, mostTokens)
		least = t.answer
	}
	if !l.bounded {
		return fits, ""
	}
	for ; t.answer >= least; t.answer /= 2 {
		need := l.need(t.input, t.answer)
		switch {
		case !t.asker.affords(l.each, need, true) || !l.affords(l.budget, need, false):
		case l.affords(l.budget, need, true):
			if r.MaxTokens <= 0 {
				t.most = t.answer
			}
			return fits, ""
		default:
			return later, ""
		}
	}
	need := l.need(t.input, least)
	if !l.affords(l.budget, need, false) {
		return never, short("of", l.budget, l.spent(false), need)
	}
	return never, short("of its own", l.each, t.asker.spent(true), need)
}

// affordable says whether the first that waits may go out, as far as money goes. Those that never may are rejected.
func (d *admission) affordable(now time.Duration) bool {
	if !d.ledger.bounded {
		return true
	}
	for e := d.queue.peek(); e != nil; e = d.queue.peek() {
		money, why := d.ledger.fit(&e.tab, &e.request)
		if money != never {
			return money == fits
		}
		if own := d.handOver(e); own != nil { // who follows may have more
			e = own
		}
		d.overBudget(now, e, why)
	}
	return true
}

// overBudget ends a request for which there is no money: it is rejected unless something of it was sent.
func (d *admission) overBudget(now time.Duration, e *entry, why string) {
	if e.attempts > e.unsent {
		d.fail(now, e)
		return
	}
	no := d.rejected(now, e, OverBudget)
	no.RetryAfter, no.Text = 0, why
	d.reject(now, e, no)
}

// short says what is missing, in words.
func short(of string, budget, spent, need sum) string {
	if budget.usd > 0 && spent.usd.plus(need.usd) > budget.usd {
		return fmt.Sprintf("it could cost %s USD, and %s are left %s %s", usdText(need.usd), usdText(max(0, budget.usd-spent.usd)), of, usdText(budget.usd))
	}
	return fmt.Sprintf("it could take %d tokens, and %d are left %s %d", need.tokens, max(0, budget.tokens-spent.tokens), of, budget.tokens)
}

// usdText is an amount as people read it: "0.0125".
func usdText(n nano) string { return fmt.Sprintf("%.6g", n.dollars()) }

// checkMoney says what of prices and budgets makes no sense.
func (c *Config) checkMoney() error {
	if err := c.Prices.Check(); err != nil {
		return err
	}
	for _, b := range []struct {
		name string
		Budget
	}{{"Budget", c.Budget}, {"AgentBudget", c.AgentBudget}} {
		switch {
		case !(b.USD >= 0 && b.USD <= mostUSD): // nor NaN
			return fmt.Errorf("llmadapter: %s.USD %v; accepted is 0 to %.0f", b.name, b.USD, mostUSD)
		case b.Tokens < 0:
			return fmt.Errorf("llmadapter: %s.Tokens %d; accepted is 0 or more", b.name, b.Tokens)
		case b.USD == 0:
		case len(c.Prices) == 0:
			return fmt.Errorf("llmadapter: %s.USD %v without Prices; accepted is with them", b.name, b.USD)
		case c.Name != "":
			if _, ok := c.Prices.Of(c.Name); !ok {
				return fmt.Errorf("llmadapter: %s.USD %v without a price of model %q; there are %q", b.name, b.USD, c.Name, slices.Sorted(maps.Keys(c.Prices)))
			}
		}
	}
	return nil
}
