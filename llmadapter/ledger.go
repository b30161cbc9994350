package llmadapter

import "net/http"

// mostTokens of one attempt are believed: a server may say anything.
const mostTokens = 1 << 30

// ledger is the account as it is kept. An attempt that is out counts as possibly billed: whenever somebody looks, all
// attempts have an end, and that of one that never comes back is the right one.
type ledger struct{ Account }

// attempt counts one that begins.
func (l *ledger) attempt() {
	l.Attempts++
	l.PossiblyBilled++
}

// settle counts its end: fate, and what was spent.
func (l *ledger) settle(o outcome) (spent Tokens) {
	fate, spent := Settled, o.reply.Usage
	if o.err != nil {
		fate, spent = o.err.Fate, o.err.Usage
		if o.err.Status == http.StatusTooManyRequests {
			l.Server429++
		}
	}
	switch fate {
	case Settled:
		l.PossiblyBilled--
		l.Settled++
	case Unsent:
		l.PossiblyBilled--
		l.Unsent++
	}
	spent = Tokens{Input: min(max(0, spent.Input), mostTokens), Output: min(max(0, spent.Output), mostTokens)}
	spent.Cached = min(max(0, spent.Cached), spent.Input)
	l.InputTokens += spent.Input
	l.OutputTokens += spent.Output
	return spent
}

// unended is how many requests have come to no end.
func (l *ledger) unended() int {
	return l.Requests - l.Answered - l.Rejected - l.Failed - l.Cancelled
}

// end counts the end of a request.
func (l *ledger) end(how string) {
	switch how {
	case endAnswered:
		l.Answered++
	case endRejected:
		l.Rejected++
	case endFailed:
		l.Failed++
	case endCancelled:
		l.Cancelled++
	}
}
