package builtin

import (
	"cmp"
	"net/http"
	"time"
)

// problem is an answer that is none.
type problem struct {
	status int
	kind   string // in the OpenAI form; "": what the status usually has
	code   string // "": null
	param  string // "": null
	text   string
	retry  time.Duration // when to come back; 0: not said
}

// badRequest is a request that is wrong.
func badRequest(param, text string) *problem {
	return &problem{status: http.StatusBadRequest, param: param, text: text}
}

// body is the document in which the OpenAI form tells it.
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

// write answers with it.
func (p *problem) write(w http.ResponseWriter, d dialect) {
	if p.retry > 0 {
		d.pause(w.Header(), p.retry)
	}
	writeJSON(w, p.status, d.trouble(p))
}
