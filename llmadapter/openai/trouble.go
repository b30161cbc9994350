package openai

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/socket"
)

// trouble is what a server says about a request that it does not answer.
type trouble struct {
	Type    text `json:"type"`
	Code    text `json:"code"` // a word, or a status
	Message text `json:"message"`
	Detail  text `json:"detail"` // of some servers, instead
}

// words are the server's.
func (t *trouble) words() string {
	for _, words := range []text{t.Message, t.Detail, t.Type, t.Code} {
		if socket.OneLine(string(words), 2) != "" { // something that can be shown
			return string(words)
		}
	}
	return "an error without a word"
}

// of makes it the reason why there is no answer. status is that of the head.
func (t *trouble) of(status int) *socket.Trouble {
	return &socket.Trouble{Kind: t.kind(status), Words: t.words()}
}

// refusal reads why a request got no answer.
func refusal(status int, body []byte) (socket.Trouble, bool) {
	t, ok := readTrouble(body)
	return *t.of(status), ok
}

// readTrouble finds the error in a body or an event: {"error":{…}}, {"error":"…"}, and the bare {"object":"error",…} and
// {"detail":…} of some servers.
func readTrouble(body []byte) (trouble, bool) {
	var outer struct {
		Error   json.RawMessage `json:"error"`
		Object  text            `json:"object"`
		Choices json.RawMessage `json:"choices"`
		trouble
	}
	if json.Unmarshal(body, &outer) != nil {
		return trouble{}, false
	}
	inner := bytes.TrimSpace(outer.Error)
	switch {
	case len(inner) == 0 || string(inner) == "null":
		return outer.trouble, outer.Object == "error" || outer.Detail != "" || outer.Message != "" && len(outer.Choices) == 0
	case inner[0] == '{':
		var t trouble
		_ = json.Unmarshal(inner, &t) // every field takes anything
		return t, true
	}
	var words text
	_ = words.UnmarshalJSON(inner) // which takes anything
	return trouble{Type: outer.Type, Code: outer.Code, Message: words}, true
}

// spent are the words for a lack of money. They come with 429, but waiting does not help.
var spent = []string{"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "quota_exceeded", "credit_balance_too_low"}

// kind classes what a server says. status is that of the head, 200 where the trouble came in the stream: there the code
// is a status, or the type is the word for it.
func (t *trouble) kind(status int) llmadapter.Kind {
	says := func(words ...string) bool {
		for _, w := range words {
			if strings.EqualFold(string(t.Type), w) || strings.EqualFold(string(t.Code), w) {
				return true
			}
		}
		return false
	}
	if status/100 != 2 {
		if status == http.StatusTooManyRequests && says(spent...) {
			return llmadapter.Unauthorised
		}
		return socket.KindOf(status)
	}
	switch code, err := strconv.Atoi(string(t.Code)); {
	case says(spent...):
		return llmadapter.Unauthorised
	case err == nil && code >= 400 && code < 600:
		return socket.KindOf(code)
	case says("overloaded_error", "overloaded", "server_overloaded", "server_is_overloaded", "slow_down", "service_unavailable"):
		return llmadapter.Overloaded
	case says("rate_limit_error", "rate_limit_exceeded", "rate_limited", "requests", "tokens"):
		return llmadapter.RateLimited
	case says("authentication_error", "permission_error", "invalid_api_key"):
		return llmadapter.Unauthorised
	case says("invalid_request_error", "not_found_error", "context_length_exceeded"):
		return llmadapter.Invalid
	}
	return llmadapter.Transient
}
