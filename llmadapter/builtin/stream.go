package builtin

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// created is when all answers were made: an answer is a function of its request.
const created = 1767225600

// fingerprint says in each answer who gives it.
const fingerprint = "stand-in, no language model"

// completion is an answer on the wire, or a piece of one.
type completion struct {
	ID          string   `json:"id"`
	Object      string   `json:"object"`
	Created     int64    `json:"created"`
	Model       string   `json:"model"`
	Fingerprint string   `json:"system_fingerprint"`
	Choices     []choice `json:"choices"`
	Usage       *usage   `json:"usage,omitempty"`
}

type choice struct {
	Index   int                `json:"index"`
	Message *content           `json:"message,omitempty"`
	Delta   *content           `json:"delta,omitempty"`
	Finish  *llmadapter.Finish `json:"finish_reason"`
}

type content struct {
	Role  string     `json:"role,omitempty"`
	Text  *string    `json:"content,omitempty"`
	Calls []wireCall `json:"tool_calls,omitempty"`
}

type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

// told is an answer that is being told.
type told struct {
	*exchange
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
	if a.most == 0 { // what was not reserved
		x.s.limits.spend(time.Now(), len(t.tokens))
	}
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
	empty := ""
	t.delta(&content{Role: "assistant", Text: &empty})
	pieces, sizes := chunks(t.tokens)
	announced := -1
	for i, piece := range pieces {
		if i == (len(pieces)+1)/2 && t.breakOff() {
			return
		}
		if i > 0 {
			t.wait(t.per * time.Duration(sizes[i]))
		}
		if piece.call > announced {
			announced++
			t.delta(&content{Calls: []wireCall{t.announce(piece.call)}})
		}
		if piece.call < 0 {
			t.delta(&content{Text: &piece.text})
		} else if piece.text != "" {
			t.delta(&content{Calls: []wireCall{{Index: &piece.call, Function: wireFunction{Arguments: piece.text}}}})
		}
	}
	if t.breakOff() { // of so few pieces that none was the middle
		return
	}
	t.end(answered)
	last := event(t.document("chat.completion.chunk", choice{Delta: &content{}, Finish: &t.answer.finish}))
	if t.ask.usage {
		doc := t.document("chat.completion.chunk")
		doc.Choices, doc.Usage = []choice{}, t.usage()
		last = append(last, event(doc)...)
	}
	_ = t.put(append(last, "data: [DONE]\n\n"...)) // a client that has gone needs none
}

// announce is how a call begins: its id and its name.
func (t *told) announce(i int) wireCall {
	return wireCall{Index: &i, ID: t.callID(i), Type: "function", Function: wireFunction{Name: t.answer.calls[i].Name}}
}

func (t *told) callID(i int) string { return "call_sim_" + t.ask.digest + "_" + strconv.Itoa(i) }

// head begins an answer.
func (t *told) head(kind string) {
	t.w.Header().Set("Content-Type", kind)
	t.w.Header().Set("Cache-Control", "no-cache")
	t.served.Status = http.StatusOK
	t.w.WriteHeader(http.StatusOK)
}

// delta sends a piece.
func (t *told) delta(c *content) {
	if t.put(event(t.document("chat.completion.chunk", choice{Delta: c}))) != nil {
		t.abort()
	}
}

// event is a server-sent event.
func event(doc any) []byte {
	text, _ := json.Marshal(doc) // of texts and numbers, which have a JSON form
	return append(append([]byte("data: "), text...), "\n\n"...)
}

// document is the frame of each piece.
func (t *told) document(object string, choices ...choice) completion {
	return completion{ID: "chatcmpl-sim-" + t.ask.digest, Object: object, Created: created, Model: t.s.cfg.Name, Fingerprint: fingerprint, Choices: choices}
}

func (t *told) usage() *usage {
	n := len(t.tokens)
	return &usage{t.ask.prompt, n, t.ask.prompt + n}
}

// whole tells it as one document.
func (t *told) whole() {
	t.wait(t.first + t.per*time.Duration(len(t.tokens)))
	message := content{Role: "assistant"}
	var calls []wireCall
	for _, piece := range t.tokens { // as far as the limit let it come
		if piece.call < 0 {
			if message.Text == nil {
				message.Text = new(string)
			}
			*message.Text += piece.text
			continue
		}
		if piece.call == len(calls) {
			calls = append(calls, t.announce(piece.call))
			calls[piece.call].Index = nil
		}
		calls[piece.call].Function.Arguments += piece.text
	}
	message.Calls = calls
	doc := t.document("chat.completion", choice{Message: &message, Finish: &t.answer.finish})
	doc.Usage = t.usage()
	text, _ := json.Marshal(doc) // of texts and numbers, which have a JSON form
	if t.breakWhole(text) {
		return
	}
	t.served.Status = http.StatusOK
	t.end(answered)
	t.patience()
	writeJSON(t.w, http.StatusOK, json.RawMessage(text))
}
