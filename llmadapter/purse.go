package llmadapter

// sum is what something costs: money and tokens.
type sum struct {
	usd    nano
	tokens int
}

func (s sum) plus(o sum) sum { return sum{s.usd.plus(o.usd), min(s.tokens+o.tokens, 1<<60)} }

// less is what is left of a sum, and never less than nothing.
func (s sum) less(o sum) sum { return sum{max(0, s.usd-o.usd), max(0, s.tokens-o.tokens)} }

func sumOf(b Budget) sum { return sum{nanos(b.USD), b.Tokens} }

// purse is an account as it is kept: of all, of an asker, or of a model. An attempt that is out counts as possibly billed,
// at the highest it may cost: whenever somebody looks, all attempts have an end, and that of one that never comes back is
// the right one.
type purse struct {
	Account
	name    string
	cost    nano // of what is settled
	open    sum  // of what is out or may have been billed, at most
	out     sum  // the part of it that is out for somebody who waits, and will come back as less
	calls   int  // that are
	before  sum  // spent by this run before it was taken up again, what may have been billed included
	changed bool // since somebody wanted to know
}

// begins counts an attempt that goes out, and holds the highest it may cost.
func (p *purse) begins(held sum) {
	p.Attempts++
	p.PossiblyBilled++
	p.calls++
	p.out = p.out.plus(held)
	p.hold(p.open.plus(held))
}

// leaves notes that nobody waits for an attempt that is out: it need not come back.
func (p *purse) leaves(held sum) {
	p.calls--
	p.out = p.out.less(held)
}

// returns takes back what begins has counted, of an attempt that was left before.
func (p *purse) returns(held sum) {
	p.PossiblyBilled--
	p.hold(p.open.less(held))
}

func (p *purse) hold(open sum) {
	if p.open != open {
		p.open, p.PossiblyUSD, p.PossiblyTokens = open, open.usd.dollars(), open.tokens
	}
}

// settles counts the end of an attempt: what it has cost, and what it may have cost besides.
func (p *purse) settles(b *bill) {
	switch b.fate {
	case PossiblyBilled:
		p.PossiblyBilled++
	case Settled:
		p.Settled++
	case Unsent:
		p.Unsent++
	}
	if b.limited {
		p.Server429++
	}
	p.InputTokens += b.spent.Input
	p.OutputTokens += b.spent.Output
	if b.cost > 0 {
		p.cost = p.cost.plus(b.cost)
		p.CostUSD = p.cost.dollars()
	}
	p.hold(p.open.plus(b.unknown))
}

// ends counts the end of a request.
func (p *purse) ends(how string) {
	switch how {
	case endAnswered:
		p.Answered++
	case endRejected:
		p.Rejected++
	case endFailed:
		p.Failed++
	case endCancelled:
		p.Cancelled++
	}
}

// spent is what counts against a budget. What is out counts unless it is said to come back as less.
func (p *purse) spent(out bool) sum {
	s := p.before.plus(sum{p.cost, p.InputTokens + p.OutputTokens}).plus(p.open)
	if !out {
		s = s.less(p.out)
	}
	return s
}

// affords says whether need fits into a budget; a part of 0 has no bound.
func (p *purse) affords(budget, need sum, out bool) bool {
	s := p.spent(out).plus(need)
	return (budget.usd == 0 || s.usd <= budget.usd) && (budget.tokens == 0 || s.tokens <= budget.tokens)
}

// closed is the account without the requests that are open and their attempts that are out.
func (p *purse) closed() Account {
	a := p.Account
	a.Requests = a.Answered + a.Rejected + a.Failed + a.Cancelled
	a.Attempts -= p.calls
	a.PossiblyBilled -= p.calls
	rest := p.open.less(p.out)
	a.PossiblyUSD, a.PossiblyTokens = rest.usd.dollars(), rest.tokens
	return a
}
