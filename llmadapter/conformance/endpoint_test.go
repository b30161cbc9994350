package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/anthropic"
	"github.com/polis-agents/polis/llmadapter/builtin"
	"github.com/polis-agents/polis/llmadapter/conformance"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// overOpenAI and overAnthropic are the wire forms of our clients.
func overOpenAI(e conformance.Endpoint, over http.RoundTripper) (llmadapter.Model, error) {
	return openai.New(openai.Config{Model: e.Model, BaseURL: e.URL, Key: e.Key, Transport: over})
}

func overAnthropic(e conformance.Endpoint, over http.RoundTripper) (llmadapter.Model, error) {
	return anthropic.New(anthropic.Config{Model: e.Model, BaseURL: e.URL, Key: e.Key, Transport: over})
}

// standIn is the built-in one, which is not so fast that nobody can go.
func standIn(t *testing.T, cfg builtin.Config) *builtin.Server {
	t.Helper()
	if cfg.PerToken == 0 {
		cfg.PerToken = time.Millisecond
	}
	server, err := builtin.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// "CheckEndpoint(t, Endpoint{…})": the stand-in keeps every claim, in both wire forms, and is asked no more often than is
// said.
func TestTheStandInIsAnEndpoint(t *testing.T) {
	for name, wire := range map[string]func(conformance.Endpoint, http.RoundTripper) (llmadapter.Model, error){"openai": overOpenAI, "anthropic": overAnthropic} {
		t.Run(name, func(t *testing.T) {
			server := standIn(t, builtin.Config{})
			e := conformance.Endpoint{URL: server.URL(), Model: server.Name(), Wire: wire}
			llmadaptertest.CheckEndpoint(t, e)
			for v := range conformance.CheckEndpoint(t.Context(), e) {
				if v.Err != nil && v.Claim != "a wrong key is refused" {
					t.Errorf("%s: %v", v.Claim, v.Err)
				}
			}
			c := server.Counts()
			if c.Requests > 2*conformance.MostCalls || c.CompletionTokens > 2*conformance.MostAnswerTokens || c.PromptTokens > 2*conformance.MostPromptTokens {
				t.Errorf("it was asked for more than is said: %+v", c)
			}
		})
	}
}

// verdicts looks at an endpoint, and gives the claims that are broken and those that are not checked, with why.
func verdicts(t *testing.T, e conformance.Endpoint) (broken, unchecked map[string]string) {
	t.Helper()
	broken, unchecked = map[string]string{}, map[string]string{}
	n := 0
	for v := range conformance.CheckEndpoint(t.Context(), e) {
		n++
		switch {
		case errors.Is(v.Err, conformance.ErrNotChecked):
			unchecked[v.Claim] = v.Err.Error()
		case v.Err != nil:
			broken[v.Claim] = v.Err.Error()
		}
	}
	if n != len(conformance.EndpointClaims()) {
		t.Errorf("%d verdicts of %d claims", n, len(conformance.EndpointClaims()))
	}
	return broken, unchecked
}

// twisted is a stand-in behind something that changes requests and answers.
func twisted(t *testing.T, request func(map[string]any), answer func(http.ResponseWriter, *http.Request, map[string]any) bool) conformance.Endpoint {
	t.Helper()
	inner := standIn(t, builtin.Config{})
	client := &http.Client{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body) // a list has none
		if body != nil && request != nil {
			request(body)
		}
		if answer != nil && answer(w, r, body) {
			return
		}
		text, _ := json.Marshal(body)
		on, _ := http.NewRequestWithContext(r.Context(), r.Method, strings.TrimSuffix(inner.URL(), "/v1")+r.URL.Path, strings.NewReader(string(text)))
		on.Header = r.Header.Clone()
		on.Header.Del("Content-Length")
		resp, err := client.Do(on)
		if err != nil {
			return
		}
		defer resp.Body.Close()
		maps.Copy(w.Header(), resp.Header)
		w.Header().Del("Content-Length")
		w.WriteHeader(resp.StatusCode)
		buffer := make([]byte, 1<<10)
		for {
			n, err := resp.Body.Read(buffer)
			_, _ = w.Write(buffer[:n])
			_ = http.NewResponseController(w).Flush()
			if err != nil {
				return
			}
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(client.CloseIdleConnections)
	return conformance.Endpoint{URL: server.URL + "/v1", Model: inner.Name(), Wire: overOpenAI}
}

// posts answers what is asked of a model, and passes lists on.
func posts(answer func(w http.ResponseWriter, body map[string]any) bool) func(http.ResponseWriter, *http.Request, map[string]any) bool {
	return func(w http.ResponseWriter, r *http.Request, body map[string]any) bool {
		return r.Method == http.MethodPost && answer(w, body)
	}
}

// says streams a text, as it is given, with a usage.
func says(w http.ResponseWriter, text string, finish llmadapter.Finish, input, output int) {
	w.Header().Set("Content-Type", "text/event-stream")
	for _, event := range []string{llmadaptertest.Opening, llmadaptertest.Delta(text), llmadaptertest.Finished(finish), llmadaptertest.Used(input, output), llmadaptertest.Done} {
		fmt.Fprintf(w, "data: %s\n\n", event)
	}
}

// last is the text of the last message of a request.
func last(body map[string]any) string {
	messages, _ := body["messages"].([]any)
	if len(messages) == 0 {
		return ""
	}
	m, _ := messages[len(messages)-1].(map[string]any)
	text, _ := m["content"].(string)
	return text
}

// refuse answers with a status.
func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprint(w, llmadaptertest.Failure("invalid_request_error", "not so"))
}

// Every claim finds an endpoint that breaks it, and says what is against it.
func TestClaimsFindBreaches(t *testing.T) {
	whole := func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"choices":[{"index":0,"message":{"role":"assistant","content":%q},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":3}}`, text)
	}
	about := func(part string, answer func(http.ResponseWriter, map[string]any)) func(http.ResponseWriter, *http.Request, map[string]any) bool {
		return posts(func(w http.ResponseWriter, body map[string]any) bool {
			if !strings.Contains(last(body), part) {
				return false
			}
			answer(w, body)
			return true
		})
	}
	for claim, c := range map[string]struct {
		e    conformance.Endpoint
		want string
	}{
		"it answers with text": {twisted(t, nil, about("what you are", func(w http.ResponseWriter, _ map[string]any) { says(w, " ", "stop", 9, 1) })), "empty"},
		"an answer is streamed": {twisted(t, nil, about("what you are", func(w http.ResponseWriter, _ map[string]any) { whole(w, "A model.") })),
			`it comes at once, as "application/json"`},
		"an answer says what was used": {twisted(t, nil, about("what you are", func(w http.ResponseWriter, _ map[string]any) { says(w, "A model.", "stop", 0, 0) })), "0 tokens of prompt"},
		"it calls tools": {twisted(t, nil, posts(func(w http.ResponseWriter, body map[string]any) bool {
			if body["tools"] == nil || strings.Contains(last(body), "Rest") {
				return false
			}
			says(w, "I would rather not.", "stop", 9, 1)
			return true
		})), "the answer calls no tool"},
		"it follows a JSON schema to the letter": {twisted(t, nil, posts(func(w http.ResponseWriter, body map[string]any) bool {
			if body["response_format"] == nil {
				return false
			}
			says(w, `Sure! {"calls":[{"name":"harvest","arguments":{"tons":3}}]}`, "stop", 9, 1)
			return true
		})), "had to be mended"},
		"it writes calls that a prompt describes": {twisted(t, nil, about(llmadapter.ToolsFence, func(w http.ResponseWriter, _ map[string]any) {
			says(w, `{"calls":[{"name":"harvest","arguments":{"tons":300}}]}`, "stop", 9, 1)
		})), "maximum"},
		"it calls a tool without arguments": {twisted(t, nil, about("Rest", func(w http.ResponseWriter, _ map[string]any) { says(w, "Zzz.", "stop", 9, 1) })), "the answer calls no tool"},
		"a long prompt is read to its end":  {twisted(t, nil, about("lake is calm", func(w http.ResponseWriter, _ map[string]any) { says(w, "A lake.", "stop", 1024, 3) })), "counts as 1024 tokens: it was cut"},
		"text of any script arrives whole":  {twisted(t, nil, about("東京", func(w http.ResponseWriter, _ map[string]any) { says(w, "Gr\ufffd\ufffde", "stop", 9, 1) })), "a part of it is lost"},
		"an answer keeps its limit, and says when it is cut": {twisted(t, nil, posts(func(w http.ResponseWriter, body map[string]any) bool {
			if body["max_tokens"] != 16.0 {
				return false
			}
			says(w, strings.Repeat("one ", 100), "stop", 9, 16)
			return true
		})), `ended for reason "stop"`},
		"who goes away is let go": {twisted(t, nil, nil), ""},
		"a wrong key is refused":  {twisted(t, nil, nil), "it answers whatever the key is"},
		"it lists its models": {twisted(t, nil, func(w http.ResponseWriter, r *http.Request, _ map[string]any) bool {
			if r.Method != http.MethodGet {
				return false
			}
			fmt.Fprint(w, `{"data":[{"id":"another"},{"id":"sim-modelling"}]}`)
			return true
		}), `"sim-model" is not among the 2 models`},
	} {
		t.Run(claim, func(t *testing.T) {
			t.Parallel()
			e := c.e
			switch claim {
			case "a wrong key is refused":
				e.Key = "right"
			case "who goes away is let go":
				e.Wire, c.want = clinging(t), "the socket stayed open"
			}
			broken, unchecked := verdicts(t, e)
			if len(broken) != 1 || !strings.Contains(broken[claim], c.want) {
				t.Errorf("broken: %q, want only %q: %q", broken, claim, c.want)
			}
			delete(unchecked, "a wrong key is refused")
			delete(unchecked, "it calls a tool without arguments")
			if len(unchecked) > 0 {
				t.Errorf("not checked: %q", unchecked)
			}
		})
	}
}

// clinging is a wire form whose client goes away, and leaves its socket to whoever wants it.
func clinging(t *testing.T) func(conformance.Endpoint, http.RoundTripper) (llmadapter.Model, error) {
	return func(e conformance.Endpoint, over http.RoundTripper) (llmadapter.Model, error) {
		inner, err := overOpenAI(e, over)
		return llmadapter.ModelFunc(func(ctx context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
			done := make(chan struct{})
			var reply llmadapter.Reply
			var err error
			go func() {
				defer close(done)
				reply, err = inner.Complete(context.WithoutCancel(ctx), r)
			}()
			select {
			case <-done:
				return reply, err
			case <-ctx.Done():
				t.Cleanup(func() { <-done })
				return llmadapter.Reply{}, &llmadapter.Error{Kind: llmadapter.Cancelled, Text: "it goes"}
			}
		}), err
	}
}

// What an endpoint does not take is no breach, as long as an agent can act; it is one where it was said to be taken.
func TestWhatIsNotTaken(t *testing.T) {
	for _, c := range []struct {
		takes     []llmadapter.Form
		must      []llmadapter.Form
		unchecked []string
		broken    []string
	}{
		{[]llmadapter.Form{llmadapter.FormText}, nil, []string{"it calls tools", "it follows a JSON schema to the letter", "it calls a tool without arguments"}, nil},
		{[]llmadapter.Form{llmadapter.FormText}, []llmadapter.Form{llmadapter.FormTools}, []string{"it follows a JSON schema to the letter", "it calls a tool without arguments"}, []string{"it calls tools"}},
	} {
		server := standIn(t, builtin.Config{Takes: c.takes})
		broken, unchecked := verdicts(t, conformance.Endpoint{URL: server.URL(), Model: server.Name(), Wire: overOpenAI, Forms: c.must})
		delete(unchecked, "a wrong key is refused")
		for _, claim := range c.unchecked {
			if unchecked[claim] == "" {
				t.Errorf("checked: %s", claim)
			}
		}
		for _, claim := range c.broken {
			if broken[claim] == "" {
				t.Errorf("not broken: %s", claim)
			}
		}
		if len(broken) != len(c.broken) || len(unchecked) != len(c.unchecked) {
			t.Errorf("broken %q, not checked %q", broken, unchecked)
		}
	}
	none := twisted(t, nil, posts(func(w http.ResponseWriter, body map[string]any) bool {
		if body["tools"] == nil && body["response_format"] == nil && !strings.Contains(last(body), llmadapter.ToolsFence) {
			return false
		}
		refuse(w, http.StatusBadRequest)
		return true
	}))
	if broken, _ := verdicts(t, none); len(broken) != 1 || broken["it can be asked for calls in one of these ways"] == "" {
		t.Errorf("broken: %q", broken)
	}
	listless := twisted(t, nil, func(w http.ResponseWriter, r *http.Request, _ map[string]any) bool {
		if r.Method == http.MethodGet {
			refuse(w, http.StatusNotFound)
		}
		return r.Method == http.MethodGet
	})
	if broken, unchecked := verdicts(t, listless); len(broken) > 0 || unchecked["it lists its models"] != "not checked: it has no list (404)" {
		t.Errorf("broken %q, not checked %q", broken, unchecked)
	}
}

// A key opens what needs one; a wrong one is refused; it is in nothing that is said.
func TestTheKeyIsShownToTheEndpointOnly(t *testing.T) {
	const key = "sk-right-0123"
	guarded := twisted(t, nil, func(w http.ResponseWriter, r *http.Request, _ map[string]any) bool {
		if r.Header.Get("Authorization") == "Bearer "+key {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, llmadaptertest.Failure("invalid_api_key", "no"))
		return true
	})
	guarded.Key = key
	if broken, unchecked := verdicts(t, guarded); len(broken)+len(unchecked) > 0 {
		t.Errorf("broken %q, not checked %q", broken, unchecked)
	}
	guarded.Key = "sk-wrong-0123"
	broken, unchecked := verdicts(t, guarded)
	if len(broken) != 1 || !strings.Contains(broken["it answers with text"], "unauthorised") || len(unchecked) != len(conformance.EndpointClaims())-1 {
		t.Errorf("broken %q, not checked %q", broken, unchecked)
	}
	for _, why := range broken {
		if strings.Contains(why, guarded.Key) {
			t.Errorf("it says the key: %s", why)
		}
	}
}

// Who does not answer, or is no endpoint at all, is asked once; a look can be ended.
func TestALookEnds(t *testing.T) {
	nobody := conformance.Endpoint{URL: llmadaptertest.Nobody(t), Model: "x", Wire: overOpenAI}
	if broken, unchecked := verdicts(t, nobody); len(broken) != 1 || len(unchecked) != len(conformance.EndpointClaims())-1 {
		t.Errorf("broken %q, not checked %q", broken, unchecked)
	}
	silent := llmadaptertest.NewServer(t, llmadaptertest.Always(llmadaptertest.Hang()))
	e := conformance.Endpoint{URL: silent.URL(), Model: "x", Wire: overOpenAI, Patience: 30 * time.Millisecond}
	if broken, _ := verdicts(t, e); len(broken) != 1 || silent.Counted() != 1 {
		t.Errorf("broken %q after %d requests", broken, silent.Counted())
	}
	server := standIn(t, builtin.Config{})
	e = conformance.Endpoint{URL: server.URL(), Model: server.Name(), Wire: overOpenAI}
	for v := range conformance.CheckEndpoint(t.Context(), e) {
		if v.Err != nil || v.Took <= 0 {
			t.Error(v)
		}
		break
	}
	if n := server.Counts().Requests; n != 1 {
		t.Errorf("it was asked %d times", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for v := range conformance.CheckEndpoint(ctx, e) {
		if !errors.Is(v.Err, conformance.ErrNotChecked) {
			t.Error(v)
		}
	}
	for _, e := range []conformance.Endpoint{{Model: "x", Wire: overOpenAI}, {URL: "x", Wire: overOpenAI}, {URL: "x", Model: "x"}, {URL: "ftp://x", Model: "x", Wire: overOpenAI}} {
		for v := range conformance.CheckEndpoint(t.Context(), e) {
			if v.Err == nil {
				t.Error(e, v)
			}
		}
	}
}
