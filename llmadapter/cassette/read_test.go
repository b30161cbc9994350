package cassette

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
)

const (
	top    = `{"cassette":"polis.cassette/1","provider":"openai","model":"m","root":"/v1","label":"model m","when":"2026-11-22T20:00:00Z"}` + "\n"
	letter = `{"key":"00000000000000000000000000000000","n":0,"when":"2026-11-22T20:00:00Z","method":"POST","path":"/v1/chat/completions","reached":"wrote","status":200,` +
		`"head":{"Content-Type":["text/event-stream"]},"body":[{"at":1,"text":"data: [DONE]\n\n"}],"end":"whole","ended":2}` + "\n"
)

// with is the exchange with something else in place of what stands there.
func with(old, other string) string {
	if !strings.Contains(letter, old) {
		panic(old)
	}
	return strings.Replace(letter, old, other, 1)
}

// "A torn last line is tolerated with a note, any other damage is a clear error with its line."
func TestDamage(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "it is empty"},
		{"\n", "it does not begin like one"},
		{"#!/bin/sh\n", "it does not begin like one; accepted is a cassette, as demo run --record writes it"},
		{strings.Repeat("x", 1<<16), "it does not begin like one"},
		{top[:40], "its first line was cut"},
		{strings.Replace(top, "/1", "/2", 1), `line 1: form "polis.cassette/2"; accepted is "polis.cassette/1"`},
		{`{"cassette":7}` + "\n", "line 1: damaged"},
		{strings.Replace(top, `"model m"`, `"model m","more":1`, 1), "line 1: damaged: unknown field"},
		{strings.Replace(top, `"model m"`, `""`, 1), "line 1: it does not say whose answers these are"},
		{strings.Replace(top, `"model m"`, `"\u001b[31m"`, 1), `line 1: label "\x1b[31m"; accepted are at most 200 printable bytes`},
		{strings.Replace(top, `"/v1"`, `"v1"`, 1), `line 1: root "v1"; accepted is a path, or a base URL on loopback`},
		{top + letter + "\n", "line 3 is damaged"},
		{top + strings.TrimSuffix(letter, "\n") + letter, "line 2 is damaged: something follows it"},
		{top + "x\n" + letter, "line 2 is damaged"},
		{top + letter[:len(letter)/2] + "\n" + letter, "line 2 is damaged"},
		{top + letter + letter, "line 3 is damaged: line 2 has the same key and n"},
		{top + with(`"n":0`, `"n":-1`), "n -1; accepted"},
		{top + with(`"n":0`, `"n":0,"o":0`), "unknown field"},
		{top + with("0000000000", "000000000x"), `key "000000000x`},
		{top + with("0000000000", "000"), `accepted are 32 hexadecimal digits`},
		{top + with(`"wrote"`, `"read"`), `reached "read"; accepted are nowhere, asked, connected, wrote`},
		{top + with(`"whole"`, `"half"`), `end "half"; accepted are whole, broken, left`},
		{top + with("200", "99"), "status 99"},
		{top + with("200", "0"), "an answer without a status"},
		{top + with(`"ended":2`, `"ended":1e18`), "line 2 is damaged"},
		{top + with(`"ended":2`, `"ended":86400000001`), "a time of 0 and 86400000001"},
		{top + with(`"at":1,`, `"at":-1,`), "piece 1 of the answer is none"},
		{top + with(`"at":1,`, `"at":1,"bytes":"AA==",`), "piece 1 of the answer is none"},
		{top + with("DONE", "D\xffNE"), "line 2 is damaged: it is no UTF-8"},
		{top + with("DONE", strings.Repeat("x", mostBody)), "line 2 is damaged: an answer of more than"},
		{top + letter, ""},
		{top + letter + letter[:50], "torn"},
		{top + strings.TrimSuffix(letter, "\n"), "torn"},
		{top, ""},
	} {
		tape, err := tapeOf(test.text)
		switch shown := test.text[:min(len(test.text), 500)]; {
		case err != nil && (test.want == "" || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%q: %v, want %q", shown, err, test.want)
		case err == nil && (test.want != "" && test.want != "torn" || tape.Torn != (test.want == "torn")):
			t.Errorf("%q: no error, torn %v, want %q", shown, tape.Torn, test.want)
		}
	}
	if _, err := tapeOf(top + strings.Repeat("x", mostLine+1)); err == nil || !strings.Contains(err.Error(), "line 2: it is too long") {
		t.Errorf("a long line: %v", err)
	}
	if _, err := read(strings.NewReader(top), mostTape+1); err == nil || !strings.Contains(err.Error(), "accepted are at most") {
		t.Errorf("a long tape: %v", err)
	}
}

func TestOpenWhatIsNoTape(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{filepath.Join(dir, "none"): "no such file", dir: "it is no file"} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("cassette: %q: %s", path, want)) {
			t.Errorf("%v", err)
		}
	}
	path := filepath.Join(dir, "damaged")
	must(t, os.WriteFile(path, []byte(top+"{}\n"), 0o600))
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("cassette: %q: line 2 is damaged", path)) {
		t.Errorf("%v", err)
	}
}

// A tape that changes while it is played gives an error, and no call.
func TestTapeThatChanges(t *testing.T) {
	path := recorded(t, nil, 1)
	c, _ := playing(t, path)
	text := textOf(t, path)
	must(t, os.WriteFile(path, []byte(strings.Replace(text, `"n":0`, `"n":x`, 1)), 0o600))
	if _, err := c.Complete(t.Context(), llmadaptertest.Talk(1)); err == nil || !strings.Contains(err.Error(), "line 2 was changed meanwhile") {
		t.Errorf("%v", err)
	}
}

// Moments that a head names are as far away as they were.
func TestMomentsMoveOn(t *testing.T) {
	h := later(map[string][]string{"Retry-After": {"Sun, 22 Nov 2026 20:00:00 GMT"}, "Anthropic-Ratelimit-Tokens-Reset": {"2026-11-22T20:00:00Z"},
		"X-Ratelimit-Reset-Tokens": {"6m0s"}}, time.Hour)
	if h.Get("Retry-After") != "Sun, 22 Nov 2026 21:00:00 GMT" || h.Get("Anthropic-Ratelimit-Tokens-Reset") != "2026-11-22T21:00:00Z" || h.Get("X-Ratelimit-Reset-Tokens") != "6m0s" {
		t.Errorf("%v", h)
	}
}

// Headers that a tape may not have are not played.
func TestStrangeHeadersAreNotPlayed(t *testing.T) {
	h := later(map[string][]string{"Set-Cookie": {"a"}, "content-type": {"text/html"}, "Retry-After": {"1"}, "Transfer-Encoding": {"chunked"}}, 0)
	if got := sortedNames(h); strings.Join(got, " ") != "Content-Type Retry-After" || h.Get("Retry-After") != "1" {
		t.Errorf("%v", h)
	}
}

// Whatever stands in a file, reading it ends, with an error or with a tape that can be played.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"", top, top + letter, top + letter + letter[:30], top + with(`"n":0`, `"n":1`) + letter, top + with(`"status":200,`, ""),
		top + with(`"end":"whole"`, `"end":"left"`), top + with(`"end":"whole"`, `"end":"broken","error":"unexpected EOF"`), top + with(`"text":"data`, `"bytes":"ZGF0`)} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		tape, err := tapeOf(string(text))
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("an error of more than a line: %q", err)
			}
			return
		}
		n := 0
		for _, key := range sortedNames(tape.exchanges) {
			for _, p := range tape.exchanges[key] {
				n++
				x, err := tape.exchange(p)
				if err != nil || x.Key != key || x.N != p.n {
					t.Errorf("%+v, %v", x, err)
				}
				if x.End == left {
					continue // it lasts until somebody goes
				}
				v := &voice{ctx: t.Context(), x: x, closed: make(chan struct{})}
				buffer := make([]byte, 512)
				for err == nil {
					_, err = v.Read(buffer)
				}
			}
		}
		if n != tape.Exchanges() || tape.size > int64(len(text)) {
			t.Errorf("%d of %d exchanges, %d of %d bytes", n, tape.Exchanges(), tape.size, len(text))
		}
	})
}

// Whatever a server answers, what is put on the tape can be read, is what was heard, and does not have the key in it.
func FuzzTake(f *testing.F) {
	f.Add([]byte("data: {}\n\n"), "0", uint8(3))
	f.Add([]byte(`data: {"a":"`+key+`"}`), key, uint8(1))
	f.Add([]byte(spelt(key)+"\xff"), "text/"+key, uint8(200))
	f.Fuzz(func(t *testing.T, body []byte, head string, step uint8) {
		r := &Recorder{secret: key, count: map[string]int{}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://h/v1/x", strings.NewReader(`{"b":1}`))
		must(t, err)
		q, err := readRequest(req)
		must(t, err)
		file, err := os.Create(filepath.Join(t.TempDir(), "tape"))
		must(t, err)
		r.file = file
		_, err = file.WriteString(top)
		must(t, err)
		k := r.begin(t.Context(), q)
		k.headed(&http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {head}, "Retry-After": {head}}})
		for rest := body; len(rest) > 0; {
			n := min(len(rest), int(step)+1)
			k.read(rest[:n])
			rest = rest[n:]
		}
		k.ended(errLeft)
		must(t, file.Close())
		text := textOf(t, file.Name())
		if strings.Contains(text, key) {
			t.Errorf("the key is in %s", text)
		}
		tape, err := tapeOf(text)
		if err != nil {
			t.Fatalf("%v: %q", err, text)
		}
		if r.withheld > 0 {
			return
		}
		x, err := tape.exchange(tape.places[0])
		must(t, err)
		var heard []byte
		for i := range x.Body {
			heard = append(append(heard, x.Body[i].Text...), x.Body[i].Bytes...)
		}
		if want := secret(key).hide(body); string(heard) != string(want) {
			t.Errorf("heard %q, on the tape is %q", want, heard)
		}
	})
}
