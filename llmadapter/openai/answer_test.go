package openai

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/socket"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

// put puts an answer together.
func put(limit int, events ...string) (llmadapter.Reply, error) {
	a := answer{max: limit}
	for _, e := range events {
		if _, err := a.take([]byte(e)); err != nil {
			return llmadapter.Reply{}, err
		}
	}
	return a.Reply()
}

// Servers differ. Each of these forms was seen in the wild, or is a way to read one wrongly.
func TestAnswersArePutTogether(t *testing.T) {
	delta := func(format string, args ...any) string {
		return `{"choices":[{"index":0,"delta":` + fmt.Sprintf(format, args...) + `}]}`
	}
	stop := llmadaptertest.Finished("stop")
	call := func(nameAndArguments ...string) (all []llmadapter.Call) {
		for i := 0; i < len(nameAndArguments); i += 2 {
			all = append(all, llmadapter.Call{Name: nameAndArguments[i], Arguments: nameAndArguments[i+1]})
		}
		return all
	}
	for name, test := range map[string]struct {
		events []string
		want   llmadapter.Reply
	}{
		"pieces":            {[]string{delta(`{"content":"a"}`), delta(`{"content":null}`), delta(`{"content":"b"}`), stop}, llmadapter.Reply{Text: "ab", Finish: "stop"}},
		"escapes":           {[]string{delta(`{"content":"\u00e4\"\n"}`), stop}, llmadapter.Reply{Text: "ä\"\n", Finish: "stop"}},
		"parts":             {[]string{delta(`{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}`), stop}, llmadapter.Reply{Text: "ab", Finish: "stop"}},
		"refusal":           {[]string{delta(`{"refusal":"I won't."}`), stop}, llmadapter.Reply{Text: "I won't.", Finish: "stop"}},
		"thoughts":          {[]string{delta(`{"reasoning_content":"hm","reasoning":"hm","content":"a"}`), stop}, llmadapter.Reply{Text: "a", Finish: "stop"}},
		"another choice":    {[]string{`{"choices":[{"index":1,"delta":{"content":"no"},"finish_reason":"length"},{"index":0,"delta":{"content":"a"}}]}`, stop}, llmadapter.Reply{Text: "a", Finish: "stop"}},
		"the first finish":  {[]string{llmadaptertest.Finished("length"), stop}, llmadapter.Reply{Finish: "length"}},
		"many words for it": {[]string{delta(`{"content":"a"}`), llmadaptertest.Finished("eos_token")}, llmadapter.Reply{Text: "a", Finish: "stop"}},
		"max_tokens":        {[]string{llmadaptertest.Finished("max_tokens")}, llmadapter.Reply{Finish: "length"}},
		"length with calls": {[]string{llmadaptertest.CallDelta(0, "a", `{"x`), llmadaptertest.Finished("length")}, llmadapter.Reply{Calls: call("a", `{"x`), Finish: "length"}},
		"a call, then another": {[]string{llmadaptertest.CallDelta(0, "a", ""), llmadaptertest.CallDelta(1, "b", ""), llmadaptertest.CallDelta(0, "", "1"), llmadaptertest.CallDelta(1, "", "2"), stop},
			llmadapter.Reply{Calls: call("a", "1", "b", "2"), Finish: "tool_calls"}},
		"by their index": {[]string{llmadaptertest.CallDelta(math.MaxInt, "b", "2"), llmadaptertest.CallDelta(math.MinInt, "a", "1"), stop}, llmadapter.Reply{Calls: call("a", "1", "b", "2"), Finish: "tool_calls"}},
		"no index": {[]string{delta(`{"tool_calls":[{"id":"x","function":{"name":"a","arguments":"1"}},{"id":"y","function":{"name":"b","arguments":"2"}}]}`),
			delta(`{"tool_calls":[{"function":{"arguments":"3"}}]}`), stop}, llmadapter.Reply{Calls: call("a", "1", "b", "23"), Finish: "tool_calls"}},
		"one index for all": {[]string{delta(`{"tool_calls":[{"index":0,"id":"x","function":{"name":"a","arguments":"1"}}]}`),
			delta(`{"tool_calls":[{"index":0,"id":"y","function":{"name":"b","arguments":"2"}}]}`), stop}, llmadapter.Reply{Calls: call("a", "1", "b", "2"), Finish: "tool_calls"}},
		"no index after one": {[]string{delta(`{"tool_calls":[{"index":5,"id":"x","function":{"name":"a","arguments":"1"}}]}`),
			delta(`{"tool_calls":[{"id":"y","function":{"name":"b","arguments":"2"}}]}`), stop}, llmadapter.Reply{Calls: call("a", "1", "b", "2"), Finish: "tool_calls"}},
		"repeated heads": {[]string{delta(`{"tool_calls":[{"index":0,"id":"x","function":{"name":"a","arguments":"1"}}]}`),
			delta(`{"tool_calls":[{"index":0,"id":"x","function":{"name":"a","arguments":"2"}}]}`), stop}, llmadapter.Reply{Calls: call("a", "12"), Finish: "tool_calls"}},
		"a name in pieces": {[]string{delta(`{"tool_calls":[{"index":0,"id":"x","function":{"name":"har"}}]}`),
			delta(`{"tool_calls":[{"index":0,"function":{"name":"vest"}}]}`), stop}, llmadapter.Reply{Calls: call("harvest", "{}"), Finish: "tool_calls"}},
		"arguments as an object": {[]string{delta(`{"tool_calls":[{"function":{"name":"a","arguments":{"x":1}}}]}`), stop}, llmadapter.Reply{Calls: call("a", `{"x":1}`), Finish: "tool_calls"}},
		"odd usage": {[]string{`{"choices":[],"usage":{"prompt_tokens":-5,"completion_tokens":3e99}}`, `{"usage":{"prompt_tokens":7.0,"completion_tokens":"many"}}`, stop},
			llmadapter.Reply{Finish: "stop", Usage: llmadapter.Tokens{Input: 7}}},
		"huge usage": {[]string{`{"choices":[],"usage":{"prompt_tokens":-5,"completion_tokens":3e99}}`, stop}, llmadapter.Reply{Finish: "stop"}},
		"cached": {[]string{`{"choices":[],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":16,"audio_tokens":0}}}`, stop},
			llmadapter.Reply{Finish: "stop", Usage: llmadapter.Tokens{Input: 19, Output: 10, Cached: 16}}},
		"cached, of DeepSeek": {[]string{`{"usage":{"prompt_tokens":19,"completion_tokens":10,"prompt_cache_hit_tokens":16,"prompt_cache_miss_tokens":3}}`, stop},
			llmadapter.Reply{Finish: "stop", Usage: llmadapter.Tokens{Input: 19, Output: 10, Cached: 16}}},
		"more cached than read": {[]string{`{"usage":{"prompt_tokens":19,"prompt_tokens_details":{"cached_tokens":20}}}`, stop}, llmadapter.Reply{Finish: "stop", Usage: llmadapter.Tokens{Input: 19, Cached: 19}}},
		"odd details":           {[]string{`{"usage":{"prompt_tokens":19,"prompt_tokens_details":[{"cached_tokens":20}]}}`, stop}, llmadapter.Reply{Finish: "stop", Usage: llmadapter.Tokens{Input: 19}}},
		"no usage":              {[]string{`{"choices":[],"usage":null,"error":null}`, stop}, llmadapter.Reply{Finish: "stop"}},
		"no error":              {[]string{`{"choices":[{"delta":{"content":"a"}}],"error":null,"message":"fine"}`, stop}, llmadapter.Reply{Text: "a", Finish: "stop"}},
		"other names":           {[]string{`{"choices":[{"delta":{"content":"a","audio":{"x":[1]}},"token_ids":[1,2]}],"provider":"x"}`, stop}, llmadapter.Reply{Text: "a", Finish: "stop"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := put(1000, test.events...)
			if err != nil {
				t.Fatal(err)
			}
			got.ID, got.Model = "", ""
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

func TestAnswersAreBounded(t *testing.T) {
	ten := strings.Repeat("x", 10)
	for name, event := range map[string]string{
		"text":      llmadaptertest.Delta(ten),
		"refusal":   `{"choices":[{"delta":{"refusal":"` + ten + `"}}]}`,
		"thoughts":  `{"choices":[{"delta":{"reasoning_content":"` + ten + `"}}]}`,
		"reasoning": `{"choices":[{"delta":{"reasoning":"` + ten + `"}}]}`,
		"arguments": llmadaptertest.CallDelta(0, "", ten),
		"names":     llmadaptertest.CallDelta(0, ten, ""),
		"message":   `{"choices":[{"message":{"content":"` + ten + `"}}]}`,
	} {
		a := answer{max: 35}
		for i := range 4 {
			if progress, err := a.take([]byte(event)); errors.Is(err, errLarge) != (i == 3) || progress != (i < 3) {
				t.Errorf("%s: %d times: %v, %v", name, i+1, progress, err)
			}
		}
	}
	a := answer{max: 1000}
	for i := range maxCalls {
		if _, err := a.take([]byte(llmadaptertest.CallDelta(i, "", "1"))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.take([]byte(llmadaptertest.CallDelta(maxCalls-1, "", "2"))); err != nil {
		t.Error(err)
	}
	if _, err := a.take([]byte(llmadaptertest.CallDelta(maxCalls, "", "1"))); !errors.Is(err, errManyCalls) {
		t.Errorf("got %v", err)
	}
}

// The work that an answer makes grows with its bytes, not with their square: 80,000 pieces are put together in the memory of
// some copies of them.
func TestManySmallPiecesAreLittleWork(t *testing.T) {
	const pieces = 80_000
	a, piece := answer{max: 1 << 20}, []byte(llmadaptertest.CallDelta(0, "0123456789", ""))
	for i := range pieces {
		if _, err := a.take(piece); err != nil {
			if !errors.Is(err, socket.ErrLongName) || i > socket.MaxName/10 {
				t.Errorf("piece %d: %v", i, err)
			}
			break
		} else if i == pieces-1 {
			t.Errorf("the name has %d bytes", len(a.calls[0].name))
		}
		piece = []byte(llmadaptertest.CallDelta(0, strconv.Itoa(1_000_000_000+i), "")) // what is repeated would not count
	}
	whole := `{"choices":[{"message":{"content":[` + strings.Repeat(`{"text":"a"},`, pieces) + `{"text":"b"}]},"finish_reason":"stop"}]}`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := put(1<<21, whole)
	runtime.ReadMemStats(&after)
	if err != nil || len(got.Text) != pieces+1 {
		t.Errorf("%d bytes, %v", len(got.Text), err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 256<<20 {
		t.Errorf("%d MB for %d bytes", used>>20, len(whole))
	}
}

// A name may have 256 bytes, in one piece or in several. An id may have more, as of servers that put a thought into it, but
// counts, for it is kept.
func TestNamesOfCallsAreBounded(t *testing.T) {
	name := strings.Repeat("n", socket.MaxName-1)
	for _, test := range []struct {
		pieces []string
		want   error
	}{
		{[]string{name + "x"}, nil}, {[]string{name + "xy"}, socket.ErrLongName}, {[]string{name, "x"}, nil},
		{[]string{name, "xy"}, socket.ErrLongName}, {[]string{name + "x", "", name + "x"}, nil}, {[]string{name, "x", "y"}, socket.ErrLongName},
	} {
		var events []string
		for _, piece := range test.pieces {
			events = append(events, llmadaptertest.CallDelta(0, piece, ""))
		}
		if got, err := put(1000, append(events, llmadaptertest.Finished("stop"))...); !errors.Is(err, test.want) || err == nil && got.Calls[0].Name != name+"x" {
			t.Errorf("%q: %+v, %v", test.pieces, got, err)
		}
	}
	begun := func(i int) string {
		return fmt.Sprintf(`{"choices":[{"delta":{"tool_calls":[{"index":%d,"id":"%s","function":{"name":"n"}}]}}]}`, i, strings.Repeat("i", 400))
	}
	if _, err := put(1000, begun(0), begun(0), begun(1), begun(0)); err == nil || errors.Is(err, errLarge) {
		t.Errorf("got %v", err) // it has not ended
	}
	if _, err := put(1000, begun(0), begun(1), begun(2)); !errors.Is(err, errLarge) {
		t.Errorf("got %v", err)
	}
	c, _ := of(t, llmadaptertest.Stream(llmadaptertest.CallDelta(0, name+"xy", "")))
	if e := failure(t.Context(), t, c); e.Kind != llmadapter.Malformed || e.Text != "the name of a call is longer than 256 bytes" {
		t.Errorf("got %+v", e)
	}
}

func TestNamesOfAnAnswerAreShortened(t *testing.T) {
	got, err := put(1000, `{"id":"a\n`+strings.Repeat("b", 300)+`","model":"m\u001b","choices":[{"delta":{},"finish_reason":"stop"}]}`)
	if err != nil || len([]rune(got.ID)) != socket.MaxText || !strings.HasPrefix(got.ID, "a b") || got.Model != "m" {
		t.Errorf("got %+v, %v", got, err)
	}
}
