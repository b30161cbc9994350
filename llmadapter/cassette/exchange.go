package cassette

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"time"
)

// Exchange is one request on a tape, and what came of it.
type Exchange struct {
	Key     string // of the request
	N       int    // how often the same came before
	When    time.Time
	Method  string
	Path    string
	Request json.RawMessage // its body as canonical JSON; nil: it is none, or there is none
	Status  int             // of HTTP; 0: no head came
	Head    http.Header     // what is kept of it
	Body    []byte          // of the answer, as far as it came
	Whole   bool            // the answer was read to its end
	Error   string          // how the connection broke; "": it did not
	Took    time.Duration
}

// All gives the exchanges of a tape in the order in which they ended. It ends with the first that cannot be read.
func (t *Tape) All() iter.Seq2[*Exchange, error] {
	return func(yield func(*Exchange, error) bool) {
		for _, p := range t.places {
			x, err := t.exchange(p)
			if err != nil {
				yield(nil, fmt.Errorf("cassette: %w", err))
				return
			}
			out := &Exchange{Key: x.Key, N: x.N, When: x.When, Method: x.Method, Path: x.Path, Request: x.Request, Status: x.Status,
				Head: later(x.Head, 0), Whole: x.End == whole, Error: x.Error, Took: time.Duration(x.Ended) * time.Microsecond}
			for i := range x.Body {
				out.Body = append(append(out.Body, x.Body[i].Text...), x.Body[i].Bytes...)
			}
			if !yield(out, nil) {
				return
			}
		}
	}
}

// Look reads only what a tape says of itself.
func Look(path string) (Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return Info{}, fmt.Errorf("cassette: %q: %w", path, causeOf(err))
	}
	info, err := begin(&lines{r: newReader(io.LimitReader(f, mostHeader+1))})
	if failed := first(err, f.Close()); failed != nil {
		return Info{}, fmt.Errorf("cassette: %q: %w", path, causeOf(failed))
	}
	return info.Info, nil
}
