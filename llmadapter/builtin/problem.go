package builtin

import (
	"cmp"
	"net/http"
	"strconv"
	"time"
)

// problem is an answer that is none, in the error form of the OpenAI wire.
type problem struct {
	status int
	kind   string // "": what the status usually has
	code   string // "": null
	param  string // "": null
	text   string
	retry  time.Duration // when to come back; 0: not said
}

// badRequest is a request that is wrong.
func badRequest(param, text string) *problem {
	return &problem{status: http.StatusBadRequest, param: param, text: text}
}

// body is the document in which it is told.
func (p *problem) body() any {
	orNull := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	kind := "invalid_request_error"
	if p.status >= 500 {
		kind = "server_error"
	}
	return map[string]any{"error": map[string]any{
		"message": p.text, "type": cmp.Or(p.kind, kind), "param": orNull(p.param), "code": orNull(p.code),
	}}
}

// write answers with it. The wait is told twice, as OpenAI does: to the millisecond, and in whole seconds for clients
// that know no better.
func (p *problem) write(w http.ResponseWriter) {
	if p.retry > 0 {
		ms := (p.retry + time.Millisecond - 1) / time.Millisecond
		w.Header().Set("Retry-After-Ms", strconv.FormatInt(int64(ms), 10))
		w.Header().Set("Retry-After", strconv.FormatInt(int64((p.retry+time.Second-1)/time.Second), 10))
	}
	writeJSON(w, p.status, p.body())
}
