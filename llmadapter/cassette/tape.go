package cassette

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/polis-agents/polis/llmadapter/internal/socket"
)

// form is that of the tapes that are written, and the only one that is read.
const form = "polis.cassette/1"

// Bounds, of what is written and of what is read.
const (
	mostBody      = 16 << 20 // bytes of a request, and of an answer
	mostLine      = 64 << 20 // bytes
	mostTape      = 16 << 30
	mostExchanges = 1 << 22
	mostHeader    = 8 << 10 // bytes of the first line
	mostWord      = 200     // bytes of what a header line says
	mostOffset    = 24 * time.Hour
)

// Info says what was recorded.
type Info struct {
	Provider string    `json:"provider"`        // the wire form: "openai", "anthropic"
	Model    string    `json:"model"`           // its name at the endpoint
	Root     string    `json:"root"`            // path of the base URL: "/v1"; all of it where it is on loopback; "": it is the provider's own
	Label    string    `json:"label"`           // who answered, as llmadapter.Config has it: "stand-in", "model gpt-4o"
	Run      string    `json:"run,omitempty"`   // names what was recorded, so that only that goes on on this tape; "": anything
	Polis    string    `json:"polis,omitempty"` // version that recorded it
	When     time.Time `json:"when"`            // it began
}

// check says what of it cannot be. Anybody may have written it, and it is shown to people.
func (i *Info) check() error {
	for _, word := range []struct{ name, value string }{
		{"provider", i.Provider}, {"model", i.Model}, {"root", i.Root}, {"label", i.Label}, {"run", i.Run}, {"polis", i.Polis},
	} {
		if len(word.value) > mostWord || strings.ContainsFunc(word.value, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return fmt.Errorf("%s %.60q; accepted are at most %d printable bytes", word.name, word.value, mostWord)
		}
	}
	switch {
	case i.Provider == "" || i.Model == "" || i.Label == "":
		return errors.New("it does not say whose answers these are; accepted is one with provider, model and label")
	case i.Root != "" && i.Root[0] != '/' && !socket.Loopback(i.Root), strings.ContainsAny(i.Root, "?#@"):
		return fmt.Errorf("root %q; accepted is a path, or a base URL on loopback", i.Root)
	}
	return nil
}

// BaseURL is what a client is given, so that it asks as it did. Nobody need be there, and with a Player nobody is looked for.
func (i *Info) BaseURL() string {
	if strings.HasPrefix(i.Root, "/") {
		return "http://127.0.0.1" + i.Root
	}
	return i.Root
}

// header is the first line.
type header struct {
	Cassette string `json:"cassette"`
	Info
}

// exchange is a line: a request, and what came of it. Times are in microseconds from the moment it was sent.
type exchange struct {
	Key     string              `json:"key"`
	N       int                 `json:"n"` // how often the same request came before
	When    time.Time           `json:"when"`
	Method  string              `json:"method"`
	Path    string              `json:"path"`
	Request json.RawMessage     `json:"request,omitempty"` // the canonical body; absent: it is no JSON, or there is none
	Reached reach               `json:"reached"`
	Status  int                 `json:"status,omitempty"` // 0: no head came
	Headed  int64               `json:"headed,omitempty"` // when the head came
	Head    map[string][]string `json:"head,omitempty"`
	Body    []chunk             `json:"body,omitempty"`
	End     end                 `json:"end"`
	Ended   int64               `json:"ended"`
	Error   string              `json:"error,omitempty"` // of an exchange that broke, in words
}

// chunk is what came at once. What is no UTF-8 is kept as bytes.
type chunk struct {
	At    int64  `json:"at"`
	Text  string `json:"text,omitempty"`
	Bytes []byte `json:"bytes,omitempty"`
}

func newChunk(at int64, data []byte) chunk {
	if utf8.Valid(data) {
		return chunk{At: at, Text: string(data)}
	}
	return chunk{At: at, Bytes: data}
}

func (c *chunk) len() int { return len(c.Text) + len(c.Bytes) }

// reach is how far a request got. Each includes those before.
type reach string

const (
	nowhere   reach = "nowhere"
	asked     reach = "asked"     // for a connection
	connected reach = "connected" // it got one
	wrote     reach = "wrote"     // the whole request
)

func (r reach) order() int {
	for i, known := range []reach{nowhere, asked, connected, wrote} {
		if r == known {
			return i
		}
	}
	return -1
}

// end is how an exchange ended.
type end string

const (
	whole  end = "whole"  // the answer was read to its end
	broken end = "broken" // the connection broke, or never came to be: Error says how
	left   end = "left"   // the client went away, or had enough
)

// check says what of a line that was read cannot be.
func (x *exchange) check() error {
	times := func(at int64) bool { return at >= 0 && at <= mostOffset.Microseconds() }
	size := 0
	for i := range x.Body {
		c := &x.Body[i]
		if size += c.len(); size > mostBody {
			return fmt.Errorf("an answer of more than %d bytes", mostBody)
		}
		if !times(c.At) || c.Text != "" && len(c.Bytes) > 0 {
			return fmt.Errorf("piece %d of the answer is none", i+1)
		}
	}
	switch {
	case len(x.Key) != keyLength || strings.Trim(x.Key, "0123456789abcdef") != "":
		return fmt.Errorf("key %.40q; accepted are %d hexadecimal digits", x.Key, keyLength)
	case x.N < 0 || x.N > mostExchanges:
		return fmt.Errorf("n %d; accepted is a number from 0", x.N)
	case x.Reached.order() < 0:
		return fmt.Errorf("reached %.40q; accepted are %s, %s, %s, %s", x.Reached, nowhere, asked, connected, wrote)
	case x.End != whole && x.End != broken && x.End != left:
		return fmt.Errorf("end %.40q; accepted are %s, %s, %s", x.End, whole, broken, left)
	case x.Status != 0 && (x.Status < 200 || x.Status > 999):
		return fmt.Errorf("status %d; accepted is 200 to 999, or none", x.Status)
	case x.Status == 0 && (x.End == whole || len(x.Body) > 0 || len(x.Head) > 0):
		return errors.New("an answer without a status")
	case !times(x.Headed) || !times(x.Ended):
		return fmt.Errorf("a time of %d and %d µs; accepted is from 0 to a day", x.Headed, x.Ended)
	}
	return nil
}

// line writes a value as one line.
func line(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// strictly reads one JSON value that has no other fields than those known.
func strictly(text []byte, into any) error {
	if !utf8.Valid(text) {
		return errors.New("it is no UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if d.More() {
		return errors.New("something follows it")
	}
	return nil
}
