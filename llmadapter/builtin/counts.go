package builtin

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Counts is what a stand-in has counted on its own side: every POST that asks for an answer, whose head it has read.
// Requests = Answered + Refused + Broken + Gone + Open. A client that goes is seen a moment after it went.
type Counts struct {
	StandIn          bool           `json:"stand_in"` // always
	Model            string         `json:"model"`
	Requests         int            `json:"requests"`
	Answered         int            `json:"answered"` // whole answers, those with faults in their content among them
	Refused          int            `json:"refused"`  // with an error status
	Broken           int            `json:"broken"`   // by a fault: cut, stalled, answered with HTML and the like
	Gone             int            `json:"gone"`     // the client went, or the server closed, before the end
	Open             int            `json:"open"`     // not at their end
	Peak             int            `json:"peak"`     // most that were open at once
	Status           map[string]int `json:"status"`   // heads of answers by HTTP status: "200"
	Faults           map[Fault]int  `json:"faults"`   // made on purpose, by name
	PromptTokens     int            `json:"prompt_tokens"`
	CompletionTokens int            `json:"completion_tokens"` // of whole answers

	Slots       int `json:"slots"`
	PeakServed  int `json:"peak_served"`  // most slots that were taken at once
	PeakWaiting int `json:"peak_waiting"` // most requests that waited for one at once
	Waited      int `json:"waited"`       // requests that were let wait for one
	Busy        int `json:"busy"`         // that were refused for want of one
	Limited     int `json:"limited"`      // that were refused by the limits a minute
	Outage      int `json:"outage"`       // that came in an outage made on purpose

	Minute    Minute    `json:"minute"`
	Seconds   Seconds   `json:"seconds"`
	IDs       IDs       `json:"ids"`
	Deadlines Deadlines `json:"deadlines"`
	GoneAfter Spread    `json:"gone_after"` // from the arrival until a client that left was seen to have left
}

// String tells it to people, on one line.
func (c Counts) String() string {
	text := fmt.Sprintf("requests %d: %d answered, %d refused, %d broken on purpose, %d gone; at most %d at once; %d tokens in, %d out",
		c.Requests, c.Answered, c.Refused, c.Broken, c.Gone, c.Peak, c.PromptTokens, c.CompletionTokens)
	var made []string
	for _, f := range allFaults {
		if n := c.Faults[f]; n > 0 {
			made = append(made, fmt.Sprintf("%s %d", f, n))
		}
	}
	if made != nil {
		text += "; faults: " + strings.Join(made, ", ")
	}
	return text
}

// Served is one request at its end.
type Served struct {
	Begun   time.Time     // when its head was read
	Outcome string        // answered, refused, broken, gone
	Status  int           // of HTTP; 0: the client went before there was one
	Fault   Fault         // made on purpose; "": none
	Wire    string        // the wire form: openai, anthropic, embeddings
	Form    string        // tools, json_schema, text; "": no calls were asked for, or it could not be read
	ID      string        // that it bears; "": none
	Prompt  int           // tokens
	Answer  int           // tokens
	Waited  time.Duration // for a slot
	Took    time.Duration // from its head to its end, as the server knows it
}

// Counts is what has been counted so far.
func (s *Server) Counts() Counts {
	c := s.ledger.counts()
	c.StandIn, c.Model, c.Slots = true, s.cfg.Name, s.cfg.Slots
	q := s.slots.counts()
	c.PeakServed, c.PeakWaiting, c.Waited, c.Busy = q.peakServed, q.peakWaiting, q.waited, q.busy
	return c
}

// ledger counts under one lock, so that what it tells fits together.
type ledger struct {
	began time.Time

	mu      sync.Mutex
	c       Counts
	minutes minutes
	seconds seconds
	ids     ids
	gone    samples // from the arrival
	goneBy  samples // from the deadline
}

func (l *ledger) begin(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.c.Requests++
	l.c.Open++
	l.c.Peak = max(l.c.Peak, l.c.Open)
	l.minutes.requests.add(now.Sub(l.began), 1)
	l.seconds.at(now).requests++
}

// marked books what a request says about itself.
func (l *ledger) marked(m mark, begun time.Time) {
	if m == (mark{}) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if m.id != "" {
		l.ids.asked(m.id)
	}
	if !m.deadline.IsZero() {
		l.c.Deadlines.Told++
		if late := begun.Sub(m.deadline); late > 0 {
			l.c.Deadlines.Late++
			l.c.Deadlines.Latest = max(l.c.Deadlines.Latest, milliseconds(late))
		}
	}
}

// refused books why a request goes no further: by the limits a minute, or by an outage.
func (l *ledger) refused(outage bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if outage {
		l.c.Outage++
	} else {
		l.c.Limited++
	}
}

// admitted books that a request of so many tokens goes on.
func (l *ledger) admitted(at time.Time, tokens int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	since := at.Sub(l.began)
	l.minutes.admitted.add(since, 1)
	l.minutes.tokens.add(since, tokens)
	l.minutes.input.add(since, tokens)
}

func (l *ledger) end(v Served, m mark) {
	now := v.Begun.Add(v.Took)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.c.Open--
	l.c.PromptTokens += v.Prompt
	switch v.Outcome {
	case answered:
		l.c.Answered++
		l.c.CompletionTokens += v.Answer
		l.seconds.at(now).answered++
		l.minutes.tokens.add(now.Sub(l.began), v.Answer)
		l.minutes.output.add(now.Sub(l.began), v.Answer)
		if m.id != "" {
			l.ids.answered(m.id)
		}
	case refused:
		l.c.Refused++
		l.seconds.at(now).refused++
	case broken:
		l.c.Broken++
	default:
		l.c.Gone++
		l.gone.add(v.Took)
		if !m.deadline.IsZero() {
			l.goneBy.add(now.Sub(m.deadline))
		}
	}
	if v.Status != 0 {
		if l.c.Status == nil {
			l.c.Status = map[string]int{}
		}
		l.c.Status[strconv.Itoa(v.Status)]++
	}
	if v.Fault != "" {
		if l.c.Faults == nil {
			l.c.Faults = map[Fault]int{}
		}
		l.c.Faults[v.Fault]++
	}
}

func (l *ledger) counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.c
	c.Status, c.Faults = map[string]int{}, map[Fault]int{}
	maps.Copy(c.Status, l.c.Status)
	maps.Copy(c.Faults, l.c.Faults)
	c.Minute, c.Seconds, c.IDs = l.minutes.most(), l.seconds.told(), l.ids.sum
	c.Deadlines.GoneBy, c.GoneAfter = l.goneBy.spread(), l.gone.spread()
	return c
}
