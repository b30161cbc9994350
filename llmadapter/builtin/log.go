package builtin

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// mostLogged is how many requests can be kept for GET /log, and how many are told at once.
const (
	mostLogged = 1 << 20
	mostTold   = 10_000
)

// Entry is one request at its end, as GET /log tells it, one JSON document a line.
type Entry struct {
	N       int       `json:"n"`  // from 1, in the order in which they ended, without a gap
	At      time.Time `json:"at"` // when its head was read
	ID      string    `json:"id,omitempty"`
	Wire    string    `json:"wire"`
	Outcome string    `json:"outcome"` // answered, refused, broken, gone
	Status  int       `json:"status"`  // of HTTP; 0: the client went before there was one
	Fault   Fault     `json:"fault,omitempty"`
	Form    string    `json:"form,omitempty"`
	Prompt  int       `json:"prompt"`    // tokens
	Answer  int       `json:"answer"`    // tokens
	Waited  float64   `json:"waited_ms"` // for a slot
	Took    float64   `json:"took_ms"`   // from its head to its end
}

// mostID is how much of an id is logged, in letters.
const mostID = 100

// record keeps the last requests in a ring.
type record struct {
	size int // 0: none is kept

	mu   sync.Mutex
	ring []Entry // grows up to its size
	n    int     // in all
}

func (r *record) add(v Served) {
	if r.size == 0 {
		return
	}
	e := Entry{At: v.Begun, ID: shortenedTo(v.ID, mostID), Wire: v.Wire, Outcome: v.Outcome, Status: v.Status, Fault: v.Fault, Form: v.Form,
		Prompt: v.Prompt, Answer: v.Answer, Waited: milliseconds(v.Waited), Took: milliseconds(v.Took)}
	r.mu.Lock()
	defer r.mu.Unlock()
	e.N = r.n + 1
	if len(r.ring) < r.size {
		r.ring = append(r.ring, e)
	} else {
		r.ring[r.n%r.size] = e
	}
	r.n++
}

// after gives those that ended after the n-th and are still kept, the oldest first, 10,000 at most.
func (r *record) after(n int) []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Entry
	for i := max(n, r.n-len(r.ring)); i < r.n && len(out) < mostTold; i++ {
		out = append(out, r.ring[i%r.size])
	}
	return out
}

// tellLog answers GET /log?after=N.
func (s *Server) tellLog(w http.ResponseWriter, r *http.Request) {
	after := 0
	if text := r.URL.Query().Get("after"); text != "" {
		var err error
		if after, err = strconv.Atoi(text); err != nil || after < 0 {
			badRequest("after", fmt.Sprintf("after is %q; accepted is a whole number from 0", shortened(text))).write(w, openAI{})
			return
		}
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(bodyWait))
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := bufio.NewWriter(w)
	lines := json.NewEncoder(out)
	for _, e := range s.record.after(after) {
		if lines.Encode(e) != nil { // a client that has gone needs none
			return
		}
	}
	_ = out.Flush()
}
