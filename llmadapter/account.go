package llmadapter

import "time"

// Account is what an adapter was asked and what became of it. After a stop Requests = Answered + Rejected + Failed +
// Cancelled, and Attempts = Settled + Unsent + PossiblyBilled. A server that counts has counted at least Settled and at
// most Settled + PossiblyBilled.
type Account struct {
	Requests       int     `json:"requests"`
	Answered       int     `json:"answered"`
	Rejected       int     `json:"rejected"` // by the adapter itself
	Failed         int     `json:"failed"`
	Cancelled      int     `json:"cancelled"`
	Attempts       int     `json:"attempts"`
	Settled        int     `json:"settled"`
	Unsent         int     `json:"unsent"`
	PossiblyBilled int     `json:"possibly_billed"`
	Server429      int     `json:"server_429"`
	InputTokens    int     `json:"input_tokens"`
	OutputTokens   int     `json:"output_tokens"`
	CostUSD        float64 `json:"cost_usd"`                  // of what is settled; 0 as long as no prices are known
	PossiblyUSD    float64 `json:"possibly_usd,omitempty"`    // besides, at most: of the possibly billed, and of answers that did not say
	PossiblyTokens int     `json:"possibly_tokens,omitempty"` // likewise; both are counted where there are prices or a budget
	Shared         int     `json:"shared,omitempty"`          // of the answered: by the call of another, without an attempt of their own
}

// Balanced says whether every request and every attempt has come to exactly one end.
func (a Account) Balanced() bool {
	return a.Requests == a.Answered+a.Rejected+a.Failed+a.Cancelled && a.Attempts == a.Settled+a.Unsent+a.PossiblyBilled
}

// Add counts another account in.
func (a *Account) Add(b Account) {
	a.Requests += b.Requests
	a.Answered += b.Answered
	a.Rejected += b.Rejected
	a.Failed += b.Failed
	a.Cancelled += b.Cancelled
	a.Attempts += b.Attempts
	a.Settled += b.Settled
	a.Unsent += b.Unsent
	a.PossiblyBilled += b.PossiblyBilled
	a.Server429 += b.Server429
	a.InputTokens += b.InputTokens
	a.OutputTokens += b.OutputTokens
	a.CostUSD = addUSD(a.CostUSD, b.CostUSD)
	a.PossiblyUSD = addUSD(a.PossiblyUSD, b.PossiblyUSD)
	a.PossiblyTokens += b.PossiblyTokens
	a.Shared += b.Shared
}

// Load is how busy an adapter is.
type Load struct {
	Queued   int           // requests that wait
	InFlight int           // calls that are out
	Limit    int           // how many may be, at present
	Cooldown time.Duration // how long nothing is sent, since the endpoint asked for a pause; 0: there is none
	Breaker  Breaker
	Rate     time.Duration // how long the first in the queue waits for a limit of requests or tokens a minute; 0: for none
	Credits  int           // requests that would still be let in
}

// Breaker is whether calls go out.
type Breaker string

// States of the breaker, in the words of Nygard (Release It!, 2007).
const (
	BreakerClosed   Breaker = "closed"    // they do
	BreakerOpen     Breaker = "open"      // the endpoint is gone, or does not let us in: none does
	BreakerHalfOpen Breaker = "half-open" // a probe is out
)

// Asked tells observers that a request has come in, which may wait before it is sent. One that is asked again, because its
// asker or the adapter has failed meanwhile, is told again.
type Asked struct {
	Service string // the adapter's name
	Asker   string // the agent's name
	Turn    uint64 // with Index, the id of the ask
	Index   int
}

// Ended tells observers that a request has come to its end.
type Ended struct {
	Service  string // the adapter's name
	Asker    string // the agent's name
	Turn     uint64 // with Index, the id of the ask
	Index    int
	Outcome  string // answered, rejected, failed, cancelled
	Why      string // of those that were not answered
	Reason   Reason // of those that were rejected
	Kind     Kind   // of those that failed: that of the last attempt
	Attempts int
	Wait     time.Duration // until the first attempt, or the end if there was none
	Took     time.Duration // from the first attempt to the end
	Usage    Tokens
	Load     Load // right after

	Model      string        // that answered, as it names itself; "": it did not say, or did not answer
	ID         string        // of the answer, as the provider gives it
	Finish     Finish        // of those that were answered
	FirstToken time.Duration // of the attempt that was answered, see Reply
	CostUSD    float64       // of what is settled of it; 0: no price is known
	Billed     int           // attempts that may have been billed without an answer
	Shared     bool          // answered by the call of another
	At         time.Time     // the end
	Content    *Content      // nil: it was not asked for, see Config
}

// Content is what was asked and answered, for observers.
type Content struct {
	Request Request
	Reply   Reply // zero: it was not answered
}
