package llmadapter

import (
	"net/http"
	"strings"
)

// mostTokens of one attempt are believed: a server may say anything.
const mostTokens = 1 << 30

// Accounts are kept of so many askers and models. Agents are bounded by their society, but others can ask too, and models
// name themselves: those beyond share the account "".
const (
	mostAskers = 1 << 17
	mostModels = 64
	longModel  = 100 // bytes that are kept of a model's name
)

// ledger is what was asked and what it has cost: of all, by asker and by model, and whether more may be spent. Sums are
// exact: what is counted of all is counted once of an asker, and its attempts once of a model.
type ledger struct {
	purse         // of all
	askers        map[string]*purse
	models        map[string]*modelPurse
	asked         *modelPurse // that is asked for
	last          *modelPurse // that has answered last
	prices        Prices
	budget, each  sum  // of all, and of each asker; 0: no bound
	bounded       bool // there is a budget
	metered       bool // there is one, or there are prices
	highest       rate // that an attempt may cost
	spentBy       map[string]Account
	changedAskers []*purse
	changedModels []*purse
}

// modelPurse is the account of a model, and what it costs.
type modelPurse struct {
	purse
	rate rate // zero: it costs nothing, as far as is known
}

// tab is what one request is charged to, and what for.
type tab struct {
	asker  *purse
	payer  *purse // for the attempt that is out
	input  int    // tokens that its prompt may have, at most; 0: not measured
	answer int    // tokens that the answer of the next attempt, or of the one that is out, may have
	most   int    // of these, where the asker does not say and a budget holds: what is sent says so; 0: nothing is said
	held   sum    // for the attempt that is out
	out    bool   // one is, and somebody waits for it
	cost   nano   // of what is settled
}

// bill is what came of an attempt, for the accounts.
type bill struct {
	fate    Fate
	limited bool // the server said 429
	spent   Tokens
	cost    nano // of spent
	unknown sum  // what it may have cost besides, at most
}

func newLedger(c *Config) ledger {
	l := ledger{askers: map[string]*purse{}, models: map[string]*modelPurse{}, prices: c.Prices, budget: sumOf(c.Budget),
		each: sumOf(c.AgentBudget), spentBy: c.SpentBy}
	l.bounded = l.budget != sum{} || l.each != sum{}
	l.metered = l.bounded || len(c.Prices) > 0
	l.before = spentBefore(c.Spent)
	l.asked = l.model(c.Name)
	l.last = l.asked
	l.highest = highestRate(c.Prices, c.Name)
	return l
}

// spentBefore is what an account counts against a budget.
func spentBefore(a Account) sum {
	return sum{nanos(a.CostUSD).plus(nanos(a.PossiblyUSD)), max(0, a.InputTokens) + max(0, a.OutputTokens) + max(0, a.PossiblyTokens)}
}

// highestRate is what tokens of a model cost at most: if its name says nothing, that of the dearest.
func highestRate(prices Prices, name string) (most rate) {
	if price, ok := prices.Of(name); ok {
		most = price.rate()
		most.input = max(most.input, most.cached)
		return most
	}
	for _, price := range prices {
		r := price.rate()
		most.input, most.output = max(most.input, r.input, r.cached), max(most.output, r.output)
	}
	return most
}

// of gives the account of an asker.
func (l *ledger) of(asker string) *purse {
	p := l.askers[asker]
	if p == nil {
		if len(l.askers) >= mostAskers && asker != "" {
			return l.of("")
		}
		p = &purse{name: strings.ToValidUTF8(asker, "\ufffd"), before: spentBefore(l.spentBy[asker])}
		l.askers[asker] = p
	}
	return p
}

// model gives the account of a model by its name, which anybody may have made up.
func (l *ledger) model(name string) *modelPurse {
	if m := l.last; m != nil && m.name == name {
		return m
	}
	name = modelName(name)
	if m := l.models[name]; m != nil {
		return m
	}
	if len(l.models) > mostModels && name != "" {
		return l.model("")
	}
	m := &modelPurse{purse: purse{name: name}}
	names := []string{name}
	if l.asked != nil {
		names = append(names, l.asked.name)
	}
	if price, ok := l.prices.Of(names...); ok {
		m.rate = price.rate()
	}
	l.models[name] = m
	return m
}

// modelName makes a name of what a model calls itself.
func modelName(name string) string {
	name = line(name)
	return strings.TrimSpace(strings.ToValidUTF8(name[:min(len(name), longModel)], ""))
}

// request opens the tab of a request that has come in.
func (l *ledger) request(t *tab, asker string) {
	t.asker = l.of(asker)
	l.Requests++
	t.asker.Requests++
	l.touch(t.asker)
}

// attempt counts one that begins. What it may cost is that of the last fit.
func (l *ledger) attempt(t *tab) {
	t.held, t.payer = sum{}, t.asker
	if l.metered {
		t.held = l.need(t.input, t.answer)
	}
	for _, p := range [...]*purse{&l.purse, t.payer, &l.asked.purse} {
		p.begins(t.held)
	}
	t.out = true
	l.touch(t.payer)
	l.touchModel(l.asked)
}

// leave notes that nobody waits for the attempt that is out, if one is.
func (l *ledger) leave(t *tab) {
	if !t.out {
		return
	}
	t.out = false
	for _, p := range [...]*purse{&l.purse, t.payer, &l.asked.purse} {
		p.leaves(t.held)
	}
	l.touch(t.payer)
	l.touchModel(l.asked)
}

// settle counts its end.
func (l *ledger) settle(t *tab, o *outcome) (spent Tokens) {
	model := l.asked
	b := bill{fate: Settled, spent: o.reply.Usage}
	if o.err != nil {
		b.fate, b.spent, b.limited = o.err.Fate, o.err.Usage, o.err.Status == http.StatusTooManyRequests
	} else if o.reply.Model != "" {
		model = l.model(o.reply.Model)
		l.last = model
	}
	b.spent = Tokens{Input: min(max(0, b.spent.Input), mostTokens), Output: min(max(0, b.spent.Output), mostTokens), Cached: max(0, b.spent.Cached)}
	b.spent.Cached = min(b.spent.Cached, b.spent.Input)
	if l.metered {
		b.cost = model.rate.cost(b.spent)
		if !told(o) {
			b.unknown = t.held.less(sum{b.cost, b.spent.Input + b.spent.Output})
		}
	}
	l.leave(t)
	for _, p := range [...]*purse{&l.purse, t.payer, &l.asked.purse} {
		p.returns(t.held)
	}
	if model != l.asked { // the attempt is its
		l.asked.Attempts--
		model.Attempts++
		l.touchModel(model)
	}
	for _, p := range [...]*purse{&l.purse, t.payer, &model.purse} {
		p.settles(&b)
	}
	if o.err == nil {
		model.Answered++
	}
	t.held, t.cost = sum{}, t.cost.plus(b.cost)
	l.touch(t.payer)
	l.touchModel(l.asked)
	return b.spent
}

// told says whether an outcome tells all that is to be paid for it: an answer with its tokens does, and a refusal without an
// answer, which costs nothing. An answer that began and broke off was billed, and nobody can tell how much.
func told(o *outcome) bool {
	if o.err == nil {
		return o.reply.Usage.Input > 0 || o.reply.Usage.Output > 0
	}
	switch o.err.Kind {
	case Invalid, Unauthorised, RateLimited:
		return o.err.Fate != PossiblyBilled
	}
	refused := o.err.Status >= 300 && o.err.Status != http.StatusGatewayTimeout
	return o.err.Fate == Unsent || o.err.Fate == Settled && refused
}

// end counts the end of a request.
func (l *ledger) end(t *tab, how string) {
	l.leave(t)
	l.ends(how)
	t.asker.ends(how)
	l.touch(t.asker)
}

// share counts an answer to one request that the call of another gives.
func (l *ledger) share(t *tab) {
	l.Shared++
	t.asker.Shared++
}

// unended is how many requests have come to no end.
func (l *ledger) unended() int {
	return l.Requests - l.Answered - l.Rejected - l.Failed - l.Cancelled
}

func (l *ledger) touch(p *purse) {
	if !p.changed {
		p.changed = true
		l.changedAskers = append(l.changedAskers, p)
	}
}

func (l *ledger) touchModel(m *modelPurse) {
	if !m.changed {
		m.changed = true
		l.changedModels = append(l.changedModels, &m.purse)
	}
}
