package llmadapter

import "time"

// amounts are requests and tokens, as they are limited.
type amounts struct{ requests, tokens, input, output int }

// rates are the limits a minute.
type rates struct {
	requests, tokens, input, output window
	on                              bool // there is one
	guess                           estimate
}

func newRates(c *Config) rates {
	r := rates{requests: newWindow(c.RPM), tokens: newWindow(c.TPM), input: newWindow(c.InputTPM), output: newWindow(c.OutputTPM)}
	r.on = c.RPM > 0 || c.TPM > 0 || c.InputTPM > 0 || c.OutputTPM > 0
	return r
}

// need is what a request may use.
func (r *rates) need(e *entry) amounts {
	in, out := r.guess.reserve(e.bytes, e.request.MaxTokens)
	return amounts{1, in + out, in, out}
}

// fits says whether the call of a request may go out now.
func (r *rates) fits(now time.Duration, e *entry) bool {
	if !r.on {
		return true
	}
	n := r.need(e)
	return r.requests.fits(now, n.requests) && r.tokens.fits(now, n.tokens) && r.input.fits(now, n.input) && r.output.fits(now, n.output)
}

// opens says when so many requests fit that are as large as this one is to be expected.
func (r *rates) opens(now time.Duration, e *entry, many int) time.Duration {
	if !r.on {
		return now
	}
	if many == 1 {
		n := r.need(e)
		return max(r.requests.opens(now, n.requests), r.tokens.opens(now, min(n.tokens, r.tokens.limit())),
			r.input.opens(now, min(n.input, r.input.limit())), r.output.opens(now, min(n.output, r.output.limit())))
	}
	in, out := r.guess.guess(e.bytes, e.request.MaxTokens)
	return max(r.requests.opens(now, many), r.tokens.opens(now, many*(in+out)), r.input.opens(now, many*in), r.output.opens(now, many*out))
}

// hold takes what the call of a request may use.
func (r *rates) hold(e *entry) {
	e.held = amounts{}
	if !r.on {
		return
	}
	n := r.need(e)
	e.held = amounts{r.requests.hold(n.requests), r.tokens.hold(n.tokens), r.input.hold(n.input), r.output.hold(n.output)}
}

// settle takes in what became of a call: what it used, and what the endpoint says is left.
func (r *rates) settle(now time.Duration, e *entry, o outcome) (used amounts) {
	said := o.reply.Rates
	used = r.used(e, o)
	if o.err != nil {
		said = o.err.Rates
	}
	if r.on {
		r.requests.settle(now, e.started, e.held.requests, used.requests)
		r.tokens.settle(now, e.started, e.held.tokens, used.tokens)
		r.input.settle(now, e.started, e.held.input, used.input)
		r.output.settle(now, e.started, e.held.output, used.output)
	}
	e.held = amounts{}
	if said == (Rates{}) {
		return used
	}
	r.on = true
	r.requests.hear(now, said.Requests)
	r.tokens.hear(now, said.Tokens)
	r.input.hear(now, said.Input)
	r.output.hear(now, said.Output)
	return used
}

// used is what a call has used, as the endpoint is supposed to count it: nothing that never left, a request that was
// refused as a request, and all that may be where nobody knows.
func (r *rates) used(e *entry, o outcome) amounts {
	usage := o.reply.Usage
	if o.err == nil {
		r.guess.learn(e.bytes, usage)
		in, out := r.guess.guess(e.bytes, e.request.MaxTokens)
		if usage.Input > 0 {
			in = min(usage.Input, mostTokens)
		}
		if usage.Output > 0 {
			out = min(usage.Output, mostTokens)
		}
		return amounts{1, in + out, in, out}
	}
	switch usage = o.err.Usage; {
	case o.err.Fate == Unsent:
		return amounts{}
	case usage.Input > 0 || usage.Output > 0:
		in, out := min(max(0, usage.Input), mostTokens), min(max(0, usage.Output), mostTokens)
		return amounts{1, in + out, in, out}
	}
	switch o.err.Kind {
	case RateLimited, Overloaded, Invalid, Refused, Unauthorised, Transient:
		if o.err.Fate == Settled {
			return amounts{requests: 1}
		}
	}
	in, out := r.guess.guess(e.bytes, e.request.MaxTokens)
	return amounts{1, in + out, in, out}
}
