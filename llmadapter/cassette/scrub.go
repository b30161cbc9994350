package cassette

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/polis-agents/polis/llmadapter/internal/plain"
)

// secret is a key that must not stand on a tape.
type secret string

func (s secret) empty() bool { return plain.Key(s).Empty() }

// find gives where the key is spelled in a text, from i on, and in how many bytes; 0: nowhere.
func (s secret) find(text []byte, i int) (at, n int) { return plain.Key(s).Find(text, i) }

// hide takes the key out of a text.
func (s secret) hide(text []byte) []byte { return s.hideIn([][]byte{text})[0] }

// hideIn takes the key out of what came in pieces, also where it goes on from one to the next: what stands for it is then in
// the first of them.
func (s secret) hideIn(pieces [][]byte) [][]byte {
	if s.empty() {
		return pieces
	}
	text := bytes.Join(pieces, nil)
	at, n := s.find(text, 0)
	if n == 0 {
		return pieces
	}
	out := make([][]byte, len(pieces))
	start := 0 // of the piece, in text
	for i, piece := range pieces {
		from, end := start, start+len(piece)
		for n > 0 && at < end {
			if at >= start { // else it began in a piece before
				out[i] = append(append(out[i], text[from:at]...), plain.Hidden...)
			}
			if from = min(at+n, end); at+n > end {
				break // it goes on in the next
			}
			at, n = s.find(text, at+n)
		}
		out[i] = append(out[i], text[from:end]...)
		start = end
	}
	return out
}

// spelled says whether an answer gives the key in parts that a reader puts together: piece by piece of a stream, say. Then
// there is no telling where to take it out. Strings are put together by the name of their field, and by that and the index
// they stand beside.
func (s secret) spelled(body []byte) bool {
	if s.empty() {
		return false
	}
	of := map[string]*strings.Builder{}
	add := func(name, value string) {
		if of[name] == nil {
			of[name] = &strings.Builder{}
		}
		of[name].WriteString(value)
	}
	read := func(text []byte) {
		var v any
		if json.Unmarshal(text, &v) == nil {
			collect(v, "", "", add)
		}
	}
	read(body)
	for l := range bytes.Lines(body) {
		if data, ok := bytes.CutPrefix(l, []byte("data:")); ok {
			read(data)
		}
	}
	for _, b := range of {
		if _, n := s.find([]byte(b.String()), 0); n > 0 {
			return true
		}
	}
	return false
}

// collect gives every string of a JSON value with the name of its field.
func collect(v any, name, index string, add func(name, value string)) {
	switch v := v.(type) {
	case string:
		add(name, v)
		add(name+" "+index, v)
	case []any:
		for _, e := range v {
			collect(e, name, index, add)
		}
	case map[string]any:
		if i, ok := v["index"].(float64); ok {
			index = strconv.Itoa(int(i))
		}
		for _, key := range sortedNames(v) {
			collect(v[key], key, index, add)
		}
	}
}

// keptHeads are the headers of an answer that are kept, and those that begin so.
var (
	keptHeads = []string{"Content-Type", "Content-Encoding", "Location", "Request-Id", "X-Request-Id", "X-Should-Retry", "X-Polis-Stand-In"}
	keptKinds = []string{"Retry-After", "X-Ratelimit-", "Anthropic-Ratelimit-"}
)

func keptHead(name string) bool {
	return slices.Contains(keptHeads, name) || slices.ContainsFunc(keptKinds, func(kind string) bool { return strings.HasPrefix(name, kind) })
}

// mostValues of headers are kept.
const mostValues = 64

// head gives what is kept of the head of an answer.
func (s secret) head(h http.Header) map[string][]string {
	kept := map[string][]string{}
	n := 0
	for _, name := range sortedNames(h) {
		if !keptHead(name) {
			continue
		}
		for _, value := range h[name] {
			if n++; n > mostValues {
				return kept
			}
			if name == "Location" { // whose path may be a secret
				value = placeOf(value)
			}
			kept[name] = append(kept[name], strings.ToValidUTF8(string(s.hide([]byte(value))), "\uFFFD"))
		}
	}
	return kept
}

// placeOf is an address without what comes after its host.
func placeOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}).String()
}

// later gives the head of an answer as a server would send it now that sent it then: moments move on.
func later(head map[string][]string, by time.Duration) http.Header {
	h := http.Header{}
	for name, values := range head {
		if !keptHead(http.CanonicalHeaderKey(name)) {
			continue
		}
		for _, value := range values {
			if at, err := http.ParseTime(value); err == nil && name == "Retry-After" {
				value = at.Add(by).UTC().Format(http.TimeFormat)
			} else if at, err := time.Parse(time.RFC3339, value); err == nil {
				value = at.Add(by).Format(time.RFC3339Nano)
			}
			h.Add(name, value)
		}
	}
	return h
}

// in says whether the key stands in a text, as it is.
func (s secret) in(text []byte) bool { return !s.empty() && bytes.Contains(text, []byte(s)) }
