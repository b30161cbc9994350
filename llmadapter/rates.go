package llmadapter

import "time"

// Rates is what the head of an answer says about the limits of a key, which others may use as well.
type Rates struct {
	Requests, Tokens, Input, Output Allowance // a minute; Tokens are those of Input and Output together
}

// Allowance is what is left of one limit. The zero value says nothing: a server need not say it.
type Allowance struct {
	Limit     int           // in a minute; 0: the server did not say
	Remaining int           // when it answered; counts only with a Limit
	Reset     time.Duration // until all of it is there again; 0: it did not say
}

// Known says whether the server said it.
func (a Allowance) Known() bool { return a.Limit > 0 }
