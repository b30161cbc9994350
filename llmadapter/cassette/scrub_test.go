package cassette

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
	"github.com/polis-agents/polis/llmadapter/openai"
)

// spelt is the key as JSON may write it.
func spelt(key string) (text string) {
	for _, c := range key {
		text += fmt.Sprintf(`\u%04x`, c)
	}
	return text
}

// "Secrets scrubbed": whatever a server does with the key, it is not on the tape, and what is played is what was heard.
func TestKeyIsNotOnTheTape(t *testing.T) {
	const half = len(key) / 2
	delta := func(text string) string {
		return `{"choices":[{"index":0,"delta":{"content":"` + text + `"}}]}`
	}
	chunks := func(texts ...string) llmadaptertest.Answer {
		return func(x *llmadaptertest.Exchange) {
			x.Raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Request-Id: " + key + "\r\nTransfer-Encoding: chunked\r\n\r\n")
			for _, text := range texts {
				x.Raw(fmt.Sprintf("%x\r\n%s\r\n", len(text), text))
			}
			x.Raw("0\r\n\r\n")
		}
	}
	stop := "data: " + llmadaptertest.Finished("stop") + "\n\n"
	for name, test := range map[string]struct {
		llmadaptertest.Answer
		withheld bool // the whole exchange
	}{
		"in a head":         {llmadaptertest.Status(401, "no", "X-Request-Id", "for "+key, "Www-Authenticate", key), false},
		"in an error":       {llmadaptertest.Status(401, llmadaptertest.Failure("authentication_error", "Bearer "+key)), false},
		"in an answer":      {llmadaptertest.Text("mine, " + key + key + ", yours"), false},
		"in two chunks":     {chunks(`data: {"choices":[{"delta":{"content":"a `+key[:half], key[half:]+` b"}}]}`+"\n\n", stop), false},
		"in many chunks":    {chunks(append(strings.Split("data: "+delta("a "+key+" b")+"\n\n", ""), stop)...), false},
		"escaped":           {chunks("data: "+delta("a "+spelt(key)+" b")+"\n\n", stop), false},
		"escaped in a half": {chunks("data: "+delta(key[:half]+spelt(key[half:]))+"\n\n", stop), false},
		"as a URL has it":   {chunks("data: "+delta("sk%2dsecret%2D0123456789")+"\n\n", stop), false},
		"piece by piece":    {llmadaptertest.Stream(append(pieces(key, delta), llmadaptertest.Finished("stop"))...), true},
		"escaped, in pieces": {llmadaptertest.Stream(append(pieces(key, func(c string) string { return delta(spelt(c)) }),
			llmadaptertest.Finished("stop"))...), true},
		"escaped in arguments": {llmadaptertest.Stream(append(pieces(spelt(key), func(c string) string { return delta(strings.ReplaceAll(c, `\`, `\\`)) }),
			llmadaptertest.Finished("stop"))...), true},
		"escaped twice": {chunks("data: "+delta("a "+strings.ReplaceAll(spelt(key), `\`, `\\`)+" b")+"\n\n", stop), false},
		"in arguments": {llmadaptertest.Stream(llmadaptertest.CallDelta(0, "a", ""), llmadaptertest.CallDelta(0, "", `{"k":"`+key[:half]),
			llmadaptertest.CallDelta(1, "b", "{}"), llmadaptertest.CallDelta(0, "", key[half:]+`"}`), llmadaptertest.Finished("tool_calls")), true},
		"in calls of their own": {llmadaptertest.Stream(llmadaptertest.CallDelta(0, "a", key[:half]), llmadaptertest.CallDelta(1, "b", key[half:]),
			llmadaptertest.Finished("tool_calls")), true},
		"in parts, at once": {llmadaptertest.Status(200, `{"choices":[{"finish_reason":"stop","message":{"content":[{"type":"text","text":"`+key[:half]+
			`"},{"type":"text","text":"`+key[half:]+`"}]}}]}`), true},
		"compressed, it says": {llmadaptertest.Status(200, base64.StdEncoding.EncodeToString([]byte(key)), "Content-Encoding", "gzip"), false},
		"elsewhere":           {llmadaptertest.Redirect("http://h.example.org/sk%2d?k=" + key), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := llmadaptertest.NewServer(t, llmadaptertest.Always(test.Answer))
			path := newTape(t)
			r := recording(t, path)
			request := llmadaptertest.Talk(1)
			request.Messages = append(request.Messages, llmadapter.Message{Role: llmadapter.User, Text: "it is " + key})
			was := heard(t.Context(), client(t, openai.Config{BaseURL: s.URL(), Transport: r}), request)
			if err := r.Close(); (err != nil) != test.withheld {
				t.Errorf("%v; heard %s", err, was)
			}
			text := textOf(t, path)
			for _, secret := range []string{key, spelt(key), key[half:], base64.StdEncoding.EncodeToString([]byte(key)), "sk%2d"} {
				if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
					t.Errorf("the key, as %q, is on the tape: %s", secret, text)
				}
			}
			switch name {
			case "compressed, it says": // whose key the client does not see either
				return
			}
			if test.withheld {
				return
			}
			if is := heard(t.Context(), client(t, openai.Config{BaseURL: s.URL(), Transport: Play(opened(t, path))}), request); is != was {
				t.Errorf("was %s\nis %s", was, is)
			}
		})
	}
}

// pieces are the letters of a text, each in an event.
func pieces(text string, event func(string) string) (all []string) {
	for _, c := range text {
		all = append(all, event(string(c)))
	}
	return all
}

func TestHideIn(t *testing.T) {
	s := secret("abcd")
	for in, want := range map[string]string{
		"": "", "|": "|", "abc": "abc", "abcd": "[key]", "xabcdy": "x[key]y", "ab|cd": "[key]|", "ab||cdx|": "[key]||x|", "a|b|c|d": "[key]|||",
		"abcdabcd": "[key][key]", "xab|cdabcdab|cd|z": "x[key]|[key][key]||z", "abab|cdcd": "ab[key]|cd", "aabcd": "a[key]", "ab|c": "ab|c", "|abcd": "|[key]",
	} {
		var pieces [][]byte
		for part := range strings.SplitSeq(in, "|") {
			pieces = append(pieces, []byte(part))
		}
		var got []string
		for _, piece := range s.hideIn(pieces) {
			got = append(got, string(piece))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := secret("abc").hide([]byte("abcabc")); string(got) != "abcabc" {
		t.Errorf("a key that is a word is taken for one: %s", got)
	}
}

// A key where nobody looks for one keeps its exchange off the tape.
func TestKeyInAPath(t *testing.T) {
	path := newTape(t)
	r := recording(t, path)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, llmadaptertest.Nobody(t)+"/"+key, http.NoBody)
	must(t, err)
	if resp, err := r.RoundTrip(req); err == nil {
		must(t, resp.Body.Close())
	}
	if err := r.Close(); err == nil || strings.Contains(err.Error(), key) || strings.Contains(textOf(t, path), key) {
		t.Errorf("%v", err)
	}
}

// The key in what is said of the tape itself is refused.
func TestKeyInItsInfo(t *testing.T) {
	if _, err := Record(newTape(t), Recording{Info: of("x" + key), Key: key}); err == nil || strings.Contains(err.Error(), key) {
		t.Errorf("%v", err)
	}
	r := Recording{Info: of("m"), Key: key}
	if text := fmt.Sprintf("%v %+v %#v %s", r, r, r, r); strings.Contains(text, key) {
		t.Errorf("printed: %s", text)
	}
}
