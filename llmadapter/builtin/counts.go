package builtin

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Counts is what a stand-in has counted on its own side: every POST for a chat completion whose head it has read.
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
	Outcome string // answered, refused, broken, gone
	Status  int    // of HTTP; 0: the client went before there was one
	Fault   Fault  // made on purpose; "": none
	Form    string // tools, json_schema, text; "": no calls were asked for, or it could not be read
	Prompt  int    // tokens
	Answer  int    // tokens
	Took    time.Duration
}

// Counts is what has been counted so far.
func (s *Server) Counts() Counts { return s.ledger.counts(s.cfg.Name) }

// ledger counts under one lock, so that what it tells fits together.
type ledger struct {
	mu sync.Mutex
	c  Counts
}

func (l *ledger) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.c.Requests++
	l.c.Open++
	l.c.Peak = max(l.c.Peak, l.c.Open)
}

func (l *ledger) end(v Served) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.c.Open--
	switch v.Outcome {
	case answered:
		l.c.Answered++
		l.c.CompletionTokens += v.Answer
	case refused:
		l.c.Refused++
	case broken:
		l.c.Broken++
	default:
		l.c.Gone++
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
	l.c.PromptTokens += v.Prompt
}

func (l *ledger) counts(model string) Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.c
	c.StandIn, c.Model = true, model
	c.Status, c.Faults = map[string]int{}, map[Fault]int{}
	maps.Copy(c.Status, l.c.Status)
	maps.Copy(c.Faults, l.c.Faults)
	return c
}
