package openai

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

// packed is a vector as base64.
func packed(numbers ...float32) string {
	var raw []byte
	for _, n := range numbers {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(n))
	}
	return `"` + base64.StdEncoding.EncodeToString(raw) + `"`
}

func TestEmbed(t *testing.T) {
	s := llmadaptertest.NewServer(t, func(seen llmadaptertest.Seen) llmadaptertest.Answer {
		if seen.Method != http.MethodPost || seen.Path != "/v1/embeddings" || seen.Header.Get("Authorization") != "Bearer "+key ||
			strings.TrimSpace(string(seen.Body)) != `{"model":"sim-test","input":["one","zwei"],"encoding_format":"float"}` {
			return llmadaptertest.Status(400, string(seen.Body))
		}
		return llmadaptertest.Status(200, `{"object":"list","data":[{"object":"embedding","index":1,"embedding":[0.5,-1e-3]},{"index":0,"embedding":[1,2]}],`+
			`"model":"x","usage":{"prompt_tokens":7,"total_tokens":7}}`)
	})
	got, used, err := client(t, Config{BaseURL: s.URL(), Key: key}).Embed(t.Context(), []string{"one", "zwei"})
	if err != nil || !reflect.DeepEqual(got, [][]float32{{1, 2}, {0.5, -1e-3}}) || used != (llmadapter.Tokens{Input: 7}) {
		t.Errorf("got %v, %+v, %v", got, used, err)
	}
}

func TestVectors(t *testing.T) {
	two := func(first, second string) string {
		return `{"data":[` + first + `,` + second + `],"usage":{"prompt_tokens":3}}`
	}
	for name, test := range map[string]struct {
		body string
		want [][]float32
		say  string // of a Malformed error, instead
	}{
		"numbers":           {two(`{"index":0,"embedding":[1,2]}`, `{"index":1,"embedding":[3,4]}`), [][]float32{{1, 2}, {3, 4}}, ""},
		"base64":            {two(`{"index":0,"embedding":`+packed(1, -2.5)+`}`, `{"index":1,"embedding":[3,4]}`), [][]float32{{1, -2.5}, {3, 4}}, ""},
		"no index":          {two(`{"embedding":[1]}`, `{"embedding":[2]}`), [][]float32{{1}, {2}}, ""},
		"usage of no form":  {`{"data":[{"embedding":[1]},{"embedding":[2]}],"usage":[]}`, [][]float32{{1}, {2}}, ""},
		"one too few":       {`{"data":[{"index":0,"embedding":[1]}]}`, nil, "1 vectors for 2 texts"},
		"none":              {`{"data":[]}`, nil, "0 vectors for 2 texts"},
		"one too many":      {`{"data":[{"embedding":[1]},{"embedding":[1]},{"embedding":[1]}]}`, nil, "3 vectors for 2 texts"},
		"the same index":    {two(`{"index":0,"embedding":[1]}`, `{"index":0,"embedding":[2]}`), nil, "each once: 0"},
		"an index too far":  {two(`{"index":0,"embedding":[1]}`, `{"index":2,"embedding":[2]}`), nil, "each once: 2"},
		"a negative index":  {two(`{"index":0,"embedding":[1]}`, `{"index":-1,"embedding":[2]}`), nil, "each once: -1"},
		"half the indexes":  {two(`{"index":0,"embedding":[1]}`, `{"embedding":[2]}`), nil, "some have none"},
		"other lengths":     {two(`{"index":0,"embedding":[1]}`, `{"index":1,"embedding":[2,3]}`), nil, "1 and 2 numbers"},
		"empty":             {two(`{"index":0,"embedding":[]}`, `{"index":1,"embedding":[]}`), nil, "0 numbers"},
		"null":              {two(`{"index":0,"embedding":null}`, `{"index":1,"embedding":null}`), nil, "0 numbers"},
		"too many numbers":  {two(`{"index":0,"embedding":[`+strings.Repeat("0,", maxDimensions)+`0]}`, `{"index":1,"embedding":[]}`), nil, "16385 numbers"},
		"infinite":          {two(`{"index":0,"embedding":`+packed(float32(math.Inf(1)))+`}`, `{"index":1,"embedding":[1]}`), nil, "infinite"},
		"not a number":      {two(`{"index":0,"embedding":[1]}`, `{"index":1,"embedding":`+packed(float32(math.NaN()))+`}`), nil, "infinite, or none"},
		"beyond a float":    {two(`{"index":0,"embedding":[1e99]}`, `{"index":1,"embedding":[1]}`), nil, "no answer of a model"},
		"words":             {two(`{"index":0,"embedding":["one"]}`, `{"index":1,"embedding":[1]}`), nil, "no answer of a model"},
		"a number missing":  {two(`{"index":0,"embedding":[1,null]}`, `{"index":1,"embedding":[1,2]}`), nil, "no answer of a model"},
		"no base64":         {two(`{"index":0,"embedding":"?"}`, `{"index":1,"embedding":[1]}`), nil, "no answer of a model"},
		"half of a number":  {two(`{"index":0,"embedding":"AAA="}`, `{"index":1,"embedding":[1]}`), nil, "no answer of a model"},
		"something else":    {`{"object":"list"}`, nil, "no answer of a model"},
		"no JSON":           {`{"data":[`, nil, "no answer of a model"},
		"more than may be":  {`{"data":[` + strings.Repeat(" ", 2*maxDimensions*maxNumber+64<<10), nil, "larger than 851968 bytes"},
		"the key somewhere": {`{"` + key + `":1}`, nil, "[key]"},
	} {
		c, _ := of(t, llmadaptertest.Status(200, test.body))
		got, used, err := c.Embed(t.Context(), []string{"a", "b"})
		if test.say == "" {
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
			continue
		}
		e, ok := errors.AsType[*llmadapter.Error](err)
		if !ok || e.Kind != llmadapter.Malformed || e.Fate != llmadapter.Settled || !strings.Contains(e.Text, test.say) || got != nil || e.Usage != used ||
			llmadaptertest.CheckError(err) != nil || strings.Contains(e.Text, key) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestEmbedFails(t *testing.T) {
	for name, test := range map[string]struct {
		answer llmadaptertest.Answer
		want   llmadapter.Kind
	}{
		"429":           {llmadaptertest.Limited("Retry-After", "3"), llmadapter.RateLimited},
		"an error":      {llmadaptertest.Status(200, llmadaptertest.Failure("overloaded_error", "too much")), llmadapter.Overloaded},
		"policy":        {llmadaptertest.Status(400, `{"error":{"code":"content_filter"}}`), llmadapter.Refused},
		"a page":        {llmadaptertest.HTML(200), llmadapter.Malformed},
		"a redirect":    {llmadaptertest.Redirect("http://127.0.0.1:1/"), llmadapter.Invalid},
		"broken":        {llmadaptertest.HangUp(), llmadapter.Broken},
		"no such model": {llmadaptertest.Status(404, `{"error":{"message":"no"}}`), llmadapter.Invalid},
	} {
		c, s := of(t, test.answer)
		got, _, err := c.Embed(t.Context(), []string{"a"})
		if e, ok := errors.AsType[*llmadapter.Error](err); !ok || e.Kind != test.want || got != nil || llmadaptertest.CheckError(err) != nil || s.Counted() != 1 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	c, s := of(t, llmadaptertest.Text("x"))
	for _, texts := range [][]string{nil, make([]string, MaxTexts+1)} {
		_, _, err := c.Embed(t.Context(), texts)
		if e, ok := errors.AsType[*llmadapter.Error](err); !ok || e.Kind != llmadapter.Invalid || e.Fate != llmadapter.Unsent || s.Counted() != 0 {
			t.Errorf("%d texts: %v", len(texts), err)
		}
	}
}

// Whatever comes: as many vectors as texts, all of one length, of numbers; or none.
func FuzzVectors(f *testing.F) {
	for _, s := range []string{`{"data":[{"index":1,"embedding":[1,2]},{"index":0,"embedding":` + packed(3, 4) + `}]}`, `{"data":[{"embedding":[1]},{"embedding":[1]}],"usage":{"prompt_tokens":-1}}`,
		`{"data":[{"index":0,"embedding":"AAAA"},{"index":0}]}`, `{"data":[null,null]}`, `{"data":{}}`, `[]`, `{"data":[{"embedding":[1]},{"embedding":` + packed(float32(math.Inf(-1))) + `}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		vectors, used, err := readVectors(body, 2)
		if used.Input < 0 || used.Output != 0 {
			t.Errorf("%+v", used)
		}
		if err != nil {
			return
		}
		if len(vectors) != 2 || len(vectors[0]) == 0 || len(vectors[0]) != len(vectors[1]) || len(vectors[0]) > maxDimensions {
			t.Fatalf("%v", vectors)
		}
		if _, err := json.Marshal(vectors); err != nil { // which takes no number that is none
			t.Error(err)
		}
	})
}

func ExampleClient_Embed() {
	// A model that knows two things of a text: how long it is, and whether it asks.
	client, err := New(Config{Model: "sim-embeddings", BaseURL: "http://127.0.0.1:1/v1", Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(
			`{"data":[{"index":0,"embedding":[12,1]},{"index":1,"embedding":[9,0]}],"usage":{"prompt_tokens":6}}`))}, nil
	})})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	vectors, used, err := client.Embed(context.Background(), []string{"Who is there?", "I am here."})
	fmt.Println(vectors, used.Input, err)
	// Output: [[12 1] [9 0]] 6 <nil>
}
