package llmadaptertest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/polis-agents/polis/llmadapter"
)

// Events of a stream, as Stream and the answers that break one off take them.
const (
	Done    = "[DONE]"
	Opening = `{"id":"r1","object":"chat.completion.chunk","model":"sim-test","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}`
)

// Delta is the event of a piece of text.
func Delta(text string) string {
	return `{"id":"r1","object":"chat.completion.chunk","model":"sim-test","choices":[{"index":0,"delta":{"content":` + quote(text) + `},"finish_reason":null}]}`
}

// CallDelta is the event of a piece of a call. Only the first piece of a call has a name.
func CallDelta(index int, name, arguments string) string {
	first := ""
	if name != "" {
		first = fmt.Sprintf(`"id":"x%d","type":"function",`, index)
		arguments = `"name":` + quote(name) + `,"arguments":` + quote(arguments)
	} else {
		arguments = `"arguments":` + quote(arguments)
	}
	return fmt.Sprintf(`{"id":"r1","object":"chat.completion.chunk","model":"sim-test","choices":[{"index":0,"delta":{"tool_calls":[{"index":%d,%s"function":{%s}}]},"finish_reason":null}]}`,
		index, first, arguments)
}

// Finished is the event of the finish reason.
func Finished(reason llmadapter.Finish) string {
	return `{"id":"r1","object":"chat.completion.chunk","model":"sim-test","choices":[{"index":0,"delta":{},"finish_reason":` + quote(string(reason)) + `}]}`
}

// Used is the event of the usage.
func Used(input, output int) string {
	return fmt.Sprintf(`{"id":"r1","object":"chat.completion.chunk","model":"sim-test","choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":%d}}`, input, output)
}

// Failure is the event, or the body, of an error.
func Failure(kind, message string) string {
	return `{"error":{"type":` + quote(kind) + `,"message":` + quote(message) + `}}`
}

func quote(s string) string {
	text, _ := json.Marshal(s) // of a string there is always a JSON form
	return string(text)
}

// begin sends the head of a stream.
func (x *Exchange) begin() {
	x.Raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
	x.chunked = true
}

// Send sends a part of a body: as a chunk after the head of a stream.
func (x *Exchange) Send(text string) {
	if x.chunked {
		text = fmt.Sprintf("%x\r\n%s\r\n", len(text), text)
	}
	x.Raw(text)
}

// events sends events after the head of a stream.
func (x *Exchange) events(events []string) {
	x.begin()
	for _, e := range events {
		x.Send("data: " + e + "\n\n")
	}
}

// Stream answers with events, and ends the answer as it should end.
func Stream(events ...string) Answer {
	return func(x *Exchange) {
		x.events(events)
		x.Raw("0\r\n\r\n")
	}
}

// Text answers with a text, in two pieces.
func Text(text string) Answer {
	first, second := halves(text)
	return Stream(Opening, Delta(first), Delta(second), Finished(llmadapter.FinishStop), Used(12, 3), Done)
}

// halves cuts a text between two runes.
func halves(text string) (first, second string) {
	half := len(text) / 2
	for half > 0 && !utf8.RuneStart(text[half]) {
		half--
	}
	return text[:half], text[half:]
}

// Calls answers with calls of tools, whose arguments come in pieces.
func Calls(calls ...llmadapter.Call) Answer {
	events := []string{Opening}
	for i, c := range calls {
		first, second := halves(c.Arguments)
		events = append(events, CallDelta(i, c.Name, ""), CallDelta(i, "", first), CallDelta(i, "", second))
	}
	return Stream(append(events, Finished(llmadapter.FinishCalls), Used(12, 3), Done)...)
}

// Cut answers with a stream that ends in good order after these events, for TCP and for HTTP.
func Cut(events ...string) Answer { return Stream(events...) }

// Dropped answers with a stream whose connection is closed after these events.
func Dropped(events ...string) Answer {
	return func(x *Exchange) {
		x.events(events)
		x.Close()
	}
}

// ResetAfter answers with a stream whose connection is reset after these events.
func ResetAfter(events ...string) Answer {
	return func(x *Exchange) {
		x.events(events)
		x.Reset()
	}
}

// Stalled answers with a stream in which nothing comes after these events.
func Stalled(events ...string) Answer { return KeptAlive(0, events...) }

// KeptAlive answers with a stream in which only comments come after these events.
func KeptAlive(every time.Duration, events ...string) Answer {
	return func(x *Exchange) {
		x.events(events)
		x.Hold(every)
	}
}

// LongLine answers with a stream that has a line of n bytes.
func LongLine(n int) Answer {
	return func(x *Exchange) {
		x.begin()
		x.Send("data: ")
		part := strings.Repeat("x", 64<<10)
		for sent := 0; sent < n && x.err == nil; sent += len(part) {
			x.Send(part)
		}
		x.Send("\n\n")
		x.Raw("0\r\n\r\n")
	}
}

// Status answers with a status, headers given as name, value, name, value …, and a body.
func Status(status int, body string, headers ...string) Answer {
	h := map[string]string{"Content-Type": "application/json"}
	for i := 0; i+1 < len(headers); i += 2 {
		h[headers[i]] = headers[i+1]
	}
	return func(x *Exchange) {
		var b strings.Builder
		fmt.Fprintf(&b, "HTTP/1.1 %d Status\r\nContent-Length: %d\r\n", status, len(body))
		for _, name := range slices.Sorted(maps.Keys(h)) {
			fmt.Fprintf(&b, "%s: %s\r\n", name, h[name])
		}
		x.Raw(b.String() + "\r\n" + body)
	}
}

// Limited answers 429, with headers as in Status.
func Limited(headers ...string) Answer {
	return Status(429, Failure("rate_limit_error", "too many requests"), headers...)
}

// HTML answers with a page.
func HTML(status int) Answer {
	return Status(status, "<html><head><title>A gateway</title></head><body>\x1b[31mHello</body></html>", "Content-Type", "text/html; charset=utf-8")
}

// Redirect answers with the way to another address.
func Redirect(to string) Answer { return Status(307, "", "Location", to) }

// Whole answers with a completion that is no stream.
func Whole(text string) Answer {
	return Status(200, `{"id":"r1","object":"chat.completion","model":"sim-test","choices":[{"index":0,"message":{"role":"assistant","content":`+
		quote(text)+`},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":3}}`)
}

// Hang takes the request and never answers.
func Hang() Answer { return func(x *Exchange) { x.Hold(0) } }

// HangUp takes the request and closes the connection before an answer.
func HangUp() Answer { return (*Exchange).Close }

// ResetAtOnce takes the request and resets the connection before an answer.
func ResetAtOnce() Answer { return (*Exchange).Reset }
