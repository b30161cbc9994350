package builtin

import (
	"encoding/json"
	"net/http"
	"time"
)

// told is an answer that is being told.
type told struct {
	*exchange
	voice  voice
	ask    *ask
	answer answer
	fault  Fault // to be made; it is booked when it is
	tokens []token
	first  time.Duration // until the first token
	per    time.Duration // from token to token
	shared *sharing      // in place of per; nil: nothing is shared
	shown  float64       // how far it is by the clock of what is shared
}

// tell answers, whole or in pieces, as fast as a model would, and as far as the fault lets it.
func (x *exchange) tell(a *ask, out answer, fault Fault) {
	t := &told{exchange: x, ask: a, fault: fault, per: x.s.cfg.PerToken, shared: x.s.sharing}
	t.first = x.s.cfg.FirstToken + x.s.cfg.PerPrompt*time.Duration(a.prompt)
	t.voice = x.dialect.voice(t)
	t.tokens = out.tokens(a.most)
	t.answer = out
	service := x.s.cfg.Service
	if fault == FaultSlow {
		x.served.Fault = fault
		t.first, t.per, service = t.first+slowStart, t.per*10, service*10
	}
	if service > 0 {
		x.until = x.since.Add(service)
		t.first, t.per, t.shared = time.Until(x.until), 0, nil
	}
	x.served.Answer = t.spent()
	x.s.limits.spend(time.Now(), t.spent(), a.reserved)
	t.wait(t.first)
	if t.shared != nil {
		t.shown = t.shared.enter()
		defer t.shared.leave()
	}
	if a.stream {
		t.stream()
		return
	}
	t.whole()
}

// spent is how many tokens the answer has: those that are shown, and thoughts.
func (t *told) spent() int { return len(t.tokens) + t.answer.thoughts }

// pass lets the time of so many tokens pass, and aborts when the client goes. Of those that are shared, each is paid for;
// else the first piece comes with the first token.
func (t *told) pass(tokens int) {
	if t.shared == nil {
		t.wait(t.per * time.Duration(tokens))
		return
	}
	slower := 1.0
	if t.fault == FaultSlow {
		slower = 10
	}
	if t.shown += slower * float64(tokens); !t.flushed() || !t.shared.until(t.ctx, t.shown) {
		t.abort()
	}
}

// stream tells it in pieces, as server-sent events.
func (t *told) stream() {
	t.pass(t.answer.thoughts)
	t.head("text/event-stream")
	t.send(t.voice.begin())
	pieces, sizes := chunks(t.tokens)
	announced := -1
	for i, piece := range pieces {
		if i == (len(pieces)+1)/2 && t.breakOff() {
			return
		}
		switch {
		case i > 0 && t.shared != nil:
			t.pass(sizes[i-1])
		case i > 0:
			t.pass(sizes[i])
		}
		t.send(t.voice.piece(piece, piece.call > announced))
		announced = max(announced, piece.call)
	}
	if t.breakOff() { // of so few pieces that none was the middle
		return
	}
	if n := len(sizes); n > 0 && t.shared != nil {
		t.pass(sizes[n-1])
	}
	t.end(answered)
	_ = t.put(t.voice.finish()) // a client that has gone needs none
}

// whole tells it as one document.
func (t *told) whole() {
	t.pass(t.spent())
	text := t.voice.whole()
	if t.breakWhole(text) {
		return
	}
	t.served.Status = http.StatusOK
	t.end(answered)
	t.patience()
	writeJSON(t.w, http.StatusOK, json.RawMessage(text))
}

// head begins an answer.
func (t *told) head(kind string) {
	t.w.Header().Set("Content-Type", kind)
	t.w.Header().Set("Cache-Control", "no-cache")
	t.served.Status = http.StatusOK
	t.w.WriteHeader(http.StatusOK)
}

// send sends a piece.
func (t *told) send(text []byte) {
	if t.put(text) != nil {
		t.abort()
	}
}
