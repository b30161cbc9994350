package anthropic

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/socket"
)

// trouble is what a server says about a request that it does not answer.
type trouble struct {
	word    string // for its kind, such as overloaded_error
	message string
	request string // the id by which the provider finds it again
}

// words are the server's, with the id of the request.
func (t *trouble) words() string {
	words := "an error without a word"
	for _, w := range []string{t.message, t.word} {
		if socket.OneLine(w, 2) != "" { // something that can be shown
			words = w
			break
		}
	}
	switch {
	case len(t.request) > 60 || nameOf(t.request) != t.request: // there is none, or it is no id
		return words
	case utf8.RuneCountInString(words)+len(t.request)+len(" (request )") > socket.MaxText: // where the id would be cut off
		return "request " + t.request + ": " + words
	default:
		return words + " (request " + t.request + ")"
	}
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

// readTrouble finds the error in a body or an event: {"type":"error","error":{"type":…,"message":…},"request_id":…}, and
// {"error":"…"}, {"message":"…"} and {"detail":…} of gateways.
func readTrouble(body []byte) (trouble, bool) {
	var outer struct {
		Type    words           `json:"type"`
		Error   json.RawMessage `json:"error"`
		Message words           `json:"message"`
		Detail  words           `json:"detail"`
		Request words           `json:"request_id"`
	}
	if json.Unmarshal(body, &outer) != nil {
		return trouble{}, false
	}
	t := trouble{message: string(outer.Message), request: string(outer.Request)}
	if t.message == "" {
		t.message = string(outer.Detail)
	}
	switch inner := bytes.TrimSpace(outer.Error); {
	case len(inner) == 0 || string(inner) == "null":
		return t, outer.Type == "error" || t.message != ""
	case inner[0] == '{':
		var in struct {
			Type    words `json:"type"`
			Message words `json:"message"`
		}
		_ = json.Unmarshal(inner, &in) // every field takes anything
		t.word, t.message = string(in.Type), string(in.Message)
	default:
		var w words
		_ = w.UnmarshalJSON(inner) // which takes anything
		t.message = string(w)
	}
	return t, true
}

// words are a string; another value as it is written.
type words string

// UnmarshalJSON reads any value.
func (w *words) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case 'n': // null
		return nil
	case '"':
		return json.Unmarshal(data, (*string)(w))
	}
	*w = words(data)
	return nil
}

// What the provider says with status 400 although nothing is wrong with the request.
var (
	spent    = []string{"credit balance is too low", "api usage limits"} // there is no money, or a limit of it is reached
	filtered = []string{"content filtering policy"}
)

// kind classes what a server says. status is that of the head, 200 where the trouble came in the stream.
func (t *trouble) kind(status int) llmadapter.Kind {
	if status/100 == 2 {
		known := false
		if status, known = statusOf[t.word]; !known {
			return llmadapter.Transient
		}
	}
	if status == http.StatusBadRequest {
		switch says := strings.ToLower(t.message); {
		case containsAny(says, spent):
			return llmadapter.Unauthorised
		case containsAny(says, filtered):
			return llmadapter.Refused
		}
	}
	return socket.KindOf(status)
}

func containsAny(text string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}

// statusOf is the status that an error would have had before the stream began.
var statusOf = map[string]int{
	"invalid_request_error": http.StatusBadRequest,
	"authentication_error":  http.StatusUnauthorized,
	"billing_error":         http.StatusPaymentRequired,
	"permission_error":      http.StatusForbidden,
	"not_found_error":       http.StatusNotFound,
	"request_too_large":     http.StatusRequestEntityTooLarge,
	"rate_limit_error":      http.StatusTooManyRequests,
	"timeout_error":         http.StatusGatewayTimeout,
	"api_error":             http.StatusInternalServerError,
	"overloaded_error":      529,
}
