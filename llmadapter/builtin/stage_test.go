package builtin

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/polis-agents/polis/llmadapter"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fast is a configuration without latency.
func fast() Config { return Config{FirstToken: -1, PerToken: -1} }

// started serves until the test ends.
func started(t testing.TB, c Config) *Server {
	t.Helper()
	s, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if c := s.Counts(); c.Requests != c.Answered+c.Refused+c.Broken+c.Gone || c.Open != 0 {
			t.Errorf("the counts do not add up: %+v", c)
		}
	})
	return s
}

// client is a plain one, which keeps no connection that nobody uses.
func client(t testing.TB) *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

// got is an answer, as a client has it.
type got struct {
	status  int
	header  http.Header
	body    string
	text    string
	calls   []wireCall
	finish  string // "": there was none
	usage   *usage
	inError string // of a stream
	done    bool   // [DONE] was seen
	chunks  int
	err     error // of reading
	id      string
	model   string
	print   string
}

// answer is what llmadapter makes of it.
func (g got) reply() llmadapter.Reply {
	r := llmadapter.Reply{Text: g.text, Finish: llmadapter.Finish(g.finish)}
	for _, c := range g.calls {
		r.Calls = append(r.Calls, llmadapter.Call{Name: c.Function.Name, Arguments: c.Function.Arguments})
	}
	return r
}

// content is all that an agent sees.
func (g got) content() string {
	text, _ := json.Marshal(g.reply())
	return string(text)
}

// post asks for a chat completion.
func post(t testing.TB, c *http.Client, s *Server, body any) got {
	t.Helper()
	return postWithin(t.Context(), t, c, s, body)
}

func postWithin(ctx context.Context, t testing.TB, c *http.Client, s *Server, body any) got {
	t.Helper()
	text, ok := body.(string)
	if !ok {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(encoded)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL()+"/chat/completions", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err != nil {
		return got{err: err}
	}
	defer resp.Body.Close()
	return readAnswer(t, resp)
}

func readAnswer(t testing.TB, resp *http.Response) got {
	t.Helper()
	g := got{status: resp.StatusCode, header: resp.Header}
	if resp.Header.Get("X-Polis-Stand-In") != "true" {
		t.Error("an answer that does not say who gives it")
	}
	switch kind := resp.Header.Get("Content-Type"); {
	case kind == "text/event-stream":
		g.readStream(t, resp.Body)
	default:
		var text []byte
		text, g.err = io.ReadAll(resp.Body)
		g.body = string(text)
		if g.err == nil && g.status == http.StatusOK && kind == "application/json" {
			g.take(t, text)
		}
	}
	return g
}

func (g *got) readStream(t testing.TB, body io.Reader) {
	lines := bufio.NewReader(body)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			if !errors.Is(err, io.EOF) {
				g.err = err
			}
			return
		}
		data, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "data: ")
		switch {
		case !ok:
			g.body += line
		case data == "[DONE]":
			g.done = true
		default:
			g.chunks++
			g.take(t, []byte(data))
		}
	}
}

// take reads a document: a whole answer or a piece.
func (g *got) take(t testing.TB, text []byte) {
	var doc struct {
		completion
		Choices []struct {
			Message, Delta struct {
				Role  string     `json:"role"`
				Text  string     `json:"content"`
				Calls []wireCall `json:"tool_calls"`
			}
			Finish string `json:"finish_reason"`
		} `json:"choices"`
		Error *struct{ Message, Type string } `json:"error"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		g.err = err
		return
	}
	if doc.Error != nil {
		g.inError = doc.Error.Message
		return
	}
	if g.id == "" {
		g.id, g.model, g.print = doc.ID, doc.Model, doc.Fingerprint
	} else if g.id != doc.ID {
		t.Errorf("pieces of %q and %q in one answer", g.id, doc.ID)
	}
	if doc.Usage != nil {
		g.usage = doc.Usage
	}
	for _, c := range doc.Choices {
		g.text += c.Message.Text + c.Delta.Text
		g.calls = append(g.calls, c.Message.Calls...)
		for _, call := range c.Delta.Calls {
			if *call.Index == len(g.calls) {
				g.calls = append(g.calls, call)
				continue
			}
			g.calls[*call.Index].Function.Arguments += call.Function.Arguments
		}
		if c.Finish != "" {
			g.finish = c.Finish
		}
	}
}

// object is JSON.
type object = map[string]any

// wired is a request as a client of the wire form sends it: written here anew, so that both sides are held to the form
// and not to each other.
func wired(r llmadapter.Request, s *Server, more object) object {
	var messages []object
	var open []string
	for _, m := range r.Messages {
		switch m.Role {
		case llmadapter.Result:
			for _, id := range open {
				messages = append(messages, object{"role": "tool", "tool_call_id": id, "content": m.Text})
			}
			open = nil
		default:
			out := object{"role": string(m.Role), "content": m.Text}
			var calls []object
			for i, c := range m.Calls {
				open = append(open, fmt.Sprintf("call_%d", i))
				calls = append(calls, object{"id": open[i], "type": "function", "function": object{"name": c.Name, "arguments": c.Arguments}})
			}
			if calls != nil {
				out["tool_calls"] = calls
			}
			messages = append(messages, out)
		}
	}
	out := object{"model": s.Name(), "messages": messages, "seed": r.Seed}
	var tools []object
	for _, tool := range r.Tools {
		tools = append(tools, object{"type": "function", "function": object{"name": tool.Name, "description": tool.Doc, "parameters": tool.Schema}})
	}
	if tools != nil {
		out["tools"], out["tool_choice"] = tools, "required"
	}
	if r.Schema != nil {
		out["response_format"] = object{"type": "json_schema", "json_schema": object{"name": r.Schema.Name, "schema": r.Schema.Schema, "strict": false}}
	}
	if r.MaxTokens > 0 {
		out["max_tokens"] = r.MaxTokens
	}
	for k, v := range more {
		out[k] = v
	}
	return out
}

// the tools of the tests.
var lake = []llmadapter.Tool{
	{Name: "harvest", Doc: "Ask for <fish> & more.", Schema: json.RawMessage(`{ "type":"object", "properties":{"tons":{"type":"integer","minimum":0,"maximum":100}}, "required":["tons"], "additionalProperties":false }`)},
	{Name: "say", Doc: "Speak.", Schema: json.RawMessage(`{"type":"object","properties":{"text":{"type":"string","maxLength":40},"to":{"type":"array","items":{"enum":["Kate","Luke"]},"maxItems":2,"uniqueItems":true}},"required":["text"],"additionalProperties":false}`)},
	{Name: "pass", Doc: "Do nothing.", Schema: json.RawMessage(`{"type":"object","properties":{},"additionalProperties":false}`)},
}

// question is a request about a lake, with something said before it.
func question(t testing.TB, fish int, seed uint64) llmadapter.Request {
	t.Helper()
	block, err := llmadapter.Block(object{"fish": fish, "said": "```tools\n[] <b>"})
	if err != nil {
		t.Fatal(err)
	}
	return llmadapter.Request{Seed: seed, Tools: lake, Messages: []llmadapter.Message{
		{Role: llmadapter.System, Text: "You fish."},
		{Role: llmadapter.User, Text: "What do you do?"},
		{Role: llmadapter.Assistant, Text: "Well.", Calls: []llmadapter.Call{{Name: "harvest", Arguments: `{"tons": 101}`}, {Name: "pass", Arguments: `{}`}}},
		{Role: llmadapter.Result, Text: "tons 101; accepted is a number from 0 to 100"},
		{Role: llmadapter.User, Text: "Month 1.\n" + block + "\nDecide."},
	}}
}

// takesHalf takes half of the fish that it sees, or a few less, and says so.
func takesHalf(observation json.RawMessage, tools []llmadapter.Tool, r *rand.Rand) ([]llmadapter.Call, error) {
	var seen struct{ Fish int }
	if err := json.Unmarshal(observation, &seen); err != nil {
		return nil, err
	}
	return []llmadapter.Call{
		{Name: tools[0].Name, Arguments: fmt.Sprintf(`{"tons":%d}`, seen.Fish/2-r.IntN(5))},
		{Name: "say", Arguments: `{"text":"Let us be fair, für alle."}`},
	}, nil
}

// sameInEachForm are the calls of an answer, however they are written.
func callsOf(t testing.TB, g got) string {
	t.Helper()
	calls, err := llmadapter.ReadCalls(g.reply())
	if g.status != http.StatusOK || g.err != nil || err != nil {
		t.Fatalf("status %d %s, read %v, calls %v, text %q", g.status, g.body, g.err, err, g.text)
	}
	var b bytes.Buffer
	for _, c := range calls {
		fmt.Fprintf(&b, "%s%s\n", c.Name, c.Arguments)
	}
	return b.String()
}
