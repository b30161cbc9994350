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
}

// tell answers, whole or in pieces, as fast as a model would, and as far as the fault lets it.
func (x *exchange) tell(a *ask, out answer, fault Fault) {
	t := &told{exchange: x, ask: a, fault: fault, first: x.s.cfg.FirstToken, per: x.s.cfg.PerToken}
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
		t.first, t.per = time.Until(x.until), 0
	}
	x.served.Answer = len(t.tokens)
	x.s.limits.spend(time.Now(), len(t.tokens), a.reserved)
	if a.stream {
		t.stream()
		return
	}
	t.whole()
}

// stream tells it in pieces, as server-sent events.
func (t *told) stream() {
	t.wait(t.first)
	t.head("text/event-stream")
	t.send(t.voice.begin())
	pieces, sizes := chunks(t.tokens)
	announced := -1
	for i, piece := range pieces {
		if i == (len(pieces)+1)/2 && t.breakOff() {
			return
		}
		if i > 0 {
			t.wait(t.per * time.Duration(sizes[i]))
		}
		t.send(t.voice.piece(piece, piece.call > announced))
		announced = max(announced, piece.call)
	}
	if t.breakOff() { // of so few pieces that none was the middle
		return
	}
	t.end(answered)
	_ = t.put(t.voice.finish()) // a client that has gone needs none
}

// whole tells it as one document.
func (t *told) whole() {
	t.wait(t.first + t.per*time.Duration(len(t.tokens)))
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
