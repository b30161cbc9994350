package anthropic

import (
	"errors"
	"fmt"
	"math"
	"reflect"
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

func call(nameAndArguments ...string) (all []llmadapter.Call) {
	for i := 0; i < len(nameAndArguments); i += 2 {
		all = append(all, llmadapter.Call{Name: nameAndArguments[i], Arguments: nameAndArguments[i+1]})
	}
	return all
}

// The provider's own forms, those of servers that copy them, and ways to read one wrongly.
func TestAnswersArePutTogether(t *testing.T) {
	stop := stopped("end_turn")
	for name, test := range map[string]struct {
		events []string
		want   llmadapter.Reply
	}{
		"text":                  {[]string{opening, starts(0), ping, says(0, "a"), says(0, "ä\"\n"), ends(0), stop, last}, llmadapter.Reply{Text: "aä\"\n", Finish: "stop"}},
		"two texts":             {[]string{starts(0), says(0, "a"), ends(0), starts(1), says(1, "b"), stop}, llmadapter.Reply{Text: "ab", Finish: "stop"}},
		"text at once":          {[]string{`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}`, says(0, "b"), stop}, llmadapter.Reply{Text: "ab", Finish: "stop"}},
		"thoughts":              {[]string{thinks(0), thought(0, "hm"), signs(0, "Eq=="), ends(0), starts(1), says(1, "a"), stop}, llmadapter.Reply{Text: "a", Finish: "stop"}},
		"hidden thoughts":       {[]string{`{"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"Eq=="}}`, ends(0), stop}, llmadapter.Reply{Finish: "stop"}},
		"a call":                {[]string{calls(0, "a"), with(0, ""), with(0, `{"x":`), with(0, `1}`), ends(0), stopped("tool_use"), last}, llmadapter.Reply{Calls: call("a", `{"x":1}`), Finish: "tool_calls"}},
		"text and calls":        {[]string{starts(0), says(0, "so"), calls(1, "a"), calls(2, "b"), with(2, "2"), with(1, "1"), stopped("tool_use")}, llmadapter.Reply{Text: "so", Calls: call("a", "1", "b", "2"), Finish: "tool_calls"}},
		"by their index":        {[]string{calls(math.MaxInt, "b"), calls(math.MinInt, "a"), with(math.MaxInt, "2"), stop}, llmadapter.Reply{Calls: call("a", "{}", "b", "2"), Finish: "tool_calls"}},
		"one index for all":     {[]string{calls(0, "a"), with(0, "1"), calls(0, "b"), with(0, "2"), stop}, llmadapter.Reply{Calls: call("a", "1", "b", "2"), Finish: "tool_calls"}},
		"input at once":         {[]string{`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","name":"a","input": {"x": 1} }}`, stop}, llmadapter.Reply{Calls: call("a", `{"x": 1}`), Finish: "tool_calls"}},
		"input twice":           {[]string{`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","name":"a","input":{"x":1}}}`, with(0, `{"x":2}`), stop}, llmadapter.Reply{Calls: call("a", `{"x":2}`), Finish: "tool_calls"}},
		"no input":              {[]string{`{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","name":"a","input":null}}`, stop}, llmadapter.Reply{Calls: call("a", `{}`), Finish: "tool_calls"}},
		"a server's tool":       {[]string{`{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","name":"web","input":{}}}`, with(0, "1"), stop}, llmadapter.Reply{Finish: "stop"}},
		"input for a text":      {[]string{starts(0), with(0, "1"), stop}, llmadapter.Reply{Finish: "stop"}},
		"no calls, tool_use":    {[]string{starts(0), says(0, "a"), stopped("tool_use")}, llmadapter.Reply{Text: "a", Finish: "stop"}},
		"max_tokens":            {[]string{calls(0, "a"), with(0, `{"x`), stopped("max_tokens")}, llmadapter.Reply{Calls: call("a", `{"x`), Finish: "length"}},
		"stop_sequence":         {[]string{stopped("stop_sequence")}, llmadapter.Reply{Finish: "stop"}},
		"refusal":               {[]string{starts(0), says(0, "I"), stopped("refusal")}, llmadapter.Reply{Text: "I", Finish: "content_filter"}},
		"pause_turn":            {[]string{stopped("pause_turn")}, llmadapter.Reply{Finish: "length"}},
		"the window is full":    {[]string{stopped("model_context_window_exceeded")}, llmadapter.Reply{Finish: "length"}},
		"a new word":            {[]string{calls(0, "a"), stopped("compaction")}, llmadapter.Reply{Calls: call("a", "{}"), Finish: "tool_calls"}},
		"the first reason":      {[]string{stopped("max_tokens"), stop}, llmadapter.Reply{Finish: "length"}},
		"two deltas":            {[]string{`{"type":"message_delta","delta":{"stop_reason":null},"usage":{"output_tokens":2}}`, stop}, llmadapter.Reply{Finish: "stop"}},
		"the mark alone":        {[]string{starts(0), says(0, "a"), last}, llmadapter.Reply{Text: "a", Finish: "stop"}},
		"unknown events":        {[]string{`{"type":"new","index":"x"}`, `{}`, `{"type":"content_block_start"}`, `{"type":"message_start"}`, starts(0), `{"type":"content_block_delta","index":0,"delta":{"type":"new_delta","text":"x"}}`, stop}, llmadapter.Reply{Finish: "stop"}},
		"a block of a new kind": {[]string{`{"type":"content_block_start","index":0,"content_block":{"type":"new","text":"x"}}`, stop}, llmadapter.Reply{Finish: "stop"}},
		"no error":              {[]string{`{"type":"ping","error":null}`, stop}, llmadapter.Reply{Finish: "stop"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := put(1000, test.events...)
			if err != nil {
				t.Fatal(err)
			}
			got.ID, got.Model, got.Usage = "", "", llmadapter.Tokens{}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// "input_tokens + cache_creation + cache_read = Input, cache_read = Cached, output_tokens cumulative"
func TestUsage(t *testing.T) {
	start := func(usage string) string {
		return `{"type":"message_start","message":{"usage":` + usage + `}}`
	}
	more := func(usage string) string {
		return `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":` + usage + `}`
	}
	for name, test := range map[string]struct {
		events []string
		want   llmadapter.Tokens
	}{
		"usual":             {[]string{opening, stopped("end_turn")}, llmadapter.Tokens{Input: 12, Output: 3}},
		"cached":            {[]string{start(`{"input_tokens":5,"cache_creation_input_tokens":20,"cache_read_input_tokens":100,"output_tokens":1}`), more(`{"output_tokens":7}`)}, llmadapter.Tokens{Input: 125, Output: 7, Cached: 100}},
		"at the end":        {[]string{start(`{"input_tokens":0,"output_tokens":0}`), more(`{"input_tokens":9,"cache_read_input_tokens":2,"output_tokens":4}`)}, llmadapter.Tokens{Input: 11, Output: 4, Cached: 2}},
		"it never shrinks":  {[]string{start(`{"input_tokens":9,"output_tokens":8}`), more(`{"input_tokens":1,"output_tokens":4}`)}, llmadapter.Tokens{Input: 9, Output: 8}},
		"odd":               {[]string{start(`{"input_tokens":-5,"cache_read_input_tokens":"many","output_tokens":3e99}`), more(`{"output_tokens":7.0}`)}, llmadapter.Tokens{Output: 7}},
		"more than counts":  {[]string{start(`{"input_tokens":4000000000,"output_tokens":4000000000}`), last}, llmadapter.Tokens{}},
		"huge":              {[]string{start(`{"input_tokens":2147483647,"cache_creation_input_tokens":2147483647,"cache_read_input_tokens":5}`), stopped("end_turn")}, llmadapter.Tokens{Input: math.MaxInt32, Output: 3, Cached: 5}},
		"none":              {[]string{`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":null}`}, llmadapter.Tokens{}},
		"after the reason":  {[]string{opening, stopped("end_turn"), more(`{"output_tokens":30}`)}, llmadapter.Tokens{Input: 12, Output: 30}},
		"more of it cached": {[]string{start(`{"input_tokens":2147483647,"cache_read_input_tokens":2147483647}`), last}, llmadapter.Tokens{Input: math.MaxInt32, Cached: math.MaxInt32}},
	} {
		if got, err := put(1000, test.events...); err != nil || got.Usage != test.want {
			t.Errorf("%s: got %+v, %v, want %+v", name, got.Usage, err, test.want)
		}
	}
}

func TestOnlyContentIsProgress(t *testing.T) {
	a := answer{max: 1000}
	for _, step := range []struct {
		event string
		want  bool
	}{
		{opening, false}, {ping, false}, {starts(0), false}, {says(0, ""), false}, {says(0, "x"), true}, {ends(0), false},
		{thinks(1), false}, {thought(1, "hm"), true}, {signs(1, "Eq"), true}, {calls(2, "a"), true}, {with(2, ""), false}, {with(2, "{"), true},
		{`{"type":"message_delta","delta":{},"usage":{"output_tokens":9}}`, false}, {`{"type":"more"}`, false}, {stopped("end_turn"), true}, {stopped("end_turn"), false}, {last, false},
	} {
		if got, err := a.take([]byte(step.event)); err != nil || got != step.want {
			t.Errorf("%s: %v, %v", step.event, got, err)
		}
	}
	b := answer{max: 1000}
	if got, err := b.take([]byte(last)); !got || err != nil {
		t.Errorf("an end without a reason: %v, %v", got, err)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	ten := strings.Repeat("x", 10)
	for name, event := range map[string]string{
		"text": says(0, ten), "thoughts": thought(0, ten), "signatures": signs(0, ten), "arguments": with(0, ten), "names": calls(1, ten),
		"text at once":    `{"type":"content_block_start","index":1,"content_block":{"type":"text","text":"` + ten + `"}}`,
		"thoughts once":   `{"type":"content_block_start","index":1,"content_block":{"type":"thinking","thinking":"` + ten + `"}}`,
		"hidden thoughts": `{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"` + ten + `"}}`,
		"input at once":   `{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","input":"` + ten[2:] + `"}}`,
		"message":         `{"type":"message_start","message":{"content":[{"type":"text","text":"` + ten + `"}]}}`,
	} {
		a := answer{max: 30}
		if _, err := a.take([]byte(calls(0, ""))); err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			if progress, err := a.take([]byte(event)); errors.Is(err, errLarge) != (i == 3) || progress != (i < 3) {
				t.Errorf("%s: %d times: %v, %v", name, i+1, progress, err)
			}
		}
	}
	a := answer{max: 1000}
	for i := range maxBlocks {
		if _, err := a.take([]byte(starts(i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.take([]byte(starts(maxBlocks))); !errors.Is(err, errManyBlocks) {
		t.Errorf("got %v", err)
	}
}

func TestNamesOfCallsAreBounded(t *testing.T) {
	name := strings.Repeat("n", socket.MaxName)
	if got, err := put(1000, calls(0, name), stopped("tool_use"), last); err != nil || got.Calls[0].Name != name {
		t.Errorf("%+v, %v", got, err)
	}
	c, _ := of(t, llmadaptertest.Stream(calls(0, name+"x")))
	if e := fails(t.Context(), t, c); e.Kind != llmadapter.Malformed || e.Text != "the name of a call is longer than 256 bytes" {
		t.Errorf("got %+v", e)
	}
}

func TestPiecesWithoutABlockAreNoAnswer(t *testing.T) {
	for event, want := range map[string]error{
		says(0, "x"): errNoBlock, with(1, "{"): errNoBlock, `{`: socket.ErrNoJSON, `[]`: socket.ErrNoJSON, `"x"`: socket.ErrNoJSON, `{"index":"x"}`: socket.ErrNoJSON,
		`{"type":"content_block_delta","delta":{"text":7}}`: socket.ErrNoJSON, `{"type":7,"index":"x"}`: socket.ErrNoJSON, `{"type":"error","index":"x"}`: socket.ErrNoJSON,
	} {
		if _, err := put(1000, event); !errors.Is(err, want) {
			t.Errorf("%s: %v, not %v", event, err, want)
		}
	}
}

func TestNamesOfAnAnswerAreShortened(t *testing.T) {
	got, err := put(1000, fmt.Sprintf(`{"type":"message_start","message":{"id":"a\n%s","model":"m\u001b"}}`, strings.Repeat("b", 300)), last)
	if err != nil || len([]rune(got.ID)) != socket.MaxText || !strings.HasPrefix(got.ID, "a b") || got.Model != "m" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// "It keeps none of the bytes that it is given."
func TestEventsAreCopied(t *testing.T) {
	a := answer{max: 1000}
	for _, e := range []string{`{"type":"message_start","message":{"id":"r1","model":"m"}}`, `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","name":"a","input":{"x":1}}}`,
		starts(1), says(1, "hi"), calls(2, "b"), with(2, "{}"), stopped("tool_use")} {
		data := []byte(e)
		if _, err := a.Event(nil, data); err != nil {
			t.Fatal(err)
		}
		for i := range data {
			data[i] = '#'
		}
	}
	if got, err := a.Reply(); err != nil || strings.Contains(fmt.Sprint(got), "#") {
		t.Errorf("got %+v, %v", got, err)
	}
}
