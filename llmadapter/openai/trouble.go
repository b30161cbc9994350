package openai

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
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

	Inner optional[struct { // of Azure
		Code text `json:"code"`
	}] `json:"innererror"`
	Metadata optional[struct { // of OpenRouter, when its moderation flags a prompt
		Flagged json.RawMessage `json:"flagged_input"`
		Reasons json.RawMessage `json:"reasons"`
	}] `json:"metadata"`
}

// optional is what a server need not send, nor in this form.
type optional[T any] struct{ is T }

// UnmarshalJSON reads any value; what is of another form says nothing.
func (o *optional[T]) UnmarshalJSON(data []byte) error {
	var is T
	if json.Unmarshal(data, &is) == nil {
		o.is = is
	}
	return nil
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

// policy are the words for a request that the provider does not want: of OpenAI, Azure, OpenRouter, Moonshot, Alibaba.
var policy = []string{"content_policy_violation", "content_filter", "moderation_blocked", "ResponsibleAIPolicyViolation", "data_inspection_failed"}

// says whether the type or the code is one of these words.
func (t *trouble) says(words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return strings.EqualFold(string(t.Type), w) || strings.EqualFold(string(t.Code), w)
	})
}

// refused says whether the request is against the provider's policy. Some say so in their message alone.
func (t *trouble) refused() bool {
	words := t.words()
	return t.says(policy...) ||
		slices.Contains(policy, string(t.Inner.is.Code)) ||
		len(t.Metadata.is.Flagged)+len(t.Metadata.is.Reasons) > 0 ||
		t.says("invalid_prompt") && strings.Contains(words, "usage policy") || // OpenAI
		strings.EqualFold(words, "Content Exists Risk") || // DeepSeek
		strings.Contains(words, "ContentPolicyViolationError") || strings.Contains(words, "DataInspectionFailed") // gateways
}

// kind classes what a server says. status is that of the head, 200 where the trouble came in the stream: there the code
// is a status, or the type is the word for it.
func (t *trouble) kind(status int) llmadapter.Kind {
	switch status {
	case http.StatusTooManyRequests:
		if t.says(spent...) {
			return llmadapter.Unauthorised
		}
		return llmadapter.RateLimited
	case http.StatusBadRequest, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusUnavailableForLegalReasons:
		if t.refused() {
			return llmadapter.Refused
		}
	}
	if status/100 != 2 {
		return socket.KindOf(status)
	}
	switch code, err := strconv.Atoi(string(t.Code)); {
	case t.says(spent...):
		return llmadapter.Unauthorised
	case t.refused():
		return llmadapter.Refused
	case err == nil && code >= 400 && code < 600:
		return socket.KindOf(code)
	case t.says("overloaded_error", "overloaded", "server_overloaded", "server_is_overloaded", "slow_down", "service_unavailable"):
		return llmadapter.Overloaded
	case t.says("rate_limit_error", "rate_limit_exceeded", "rate_limited", "requests", "tokens"):
		return llmadapter.RateLimited
	case t.says("authentication_error", "permission_error", "invalid_api_key"):
		return llmadapter.Unauthorised
	case t.says("invalid_request_error", "not_found_error", "context_length_exceeded"):
		return llmadapter.Invalid
	}
	return llmadapter.Transient
}
