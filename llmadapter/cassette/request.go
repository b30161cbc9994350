package cassette

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/polis-agents/polis/journal"
)

// keyLength is that of a key, in hexadecimal digits: 128 bits.
const keyLength = 32

// request is what is kept of one.
type request struct {
	key       string
	method    string
	path      string
	body      []byte // as it is sent
	canonical []byte // the same as canonical JSON; nil: it is none
}

// readRequest reads a request to its end, and closes its body.
func readRequest(r *http.Request) (*request, error) {
	q := &request{method: r.Method, path: r.URL.Path}
	if r.Body != nil && r.Body != http.NoBody {
		body, err := io.ReadAll(io.LimitReader(r.Body, mostBody+1))
		if err := first(err, r.Body.Close()); err != nil {
			return nil, fmt.Errorf("cassette: the body of a request: %w", err)
		}
		if len(body) > mostBody {
			return nil, fmt.Errorf("cassette: a request of more than %d bytes", mostBody)
		}
		q.body = body
	}
	said := q.body
	if canonical, err := journal.Normalize(nil, q.body); err == nil {
		q.canonical, said = canonical, canonical
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", q.method, r.URL.RequestURI()) // it takes anything
	h.Write(said)
	q.key = hex.EncodeToString(h.Sum(nil))[:keyLength]
	return q, nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// differing names the fields of two canonical bodies that are not the same in both.
func differing(a, b json.RawMessage) (names []string) {
	var x, y map[string]json.RawMessage
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return nil
	}
	for _, name := range sortedNames(x, y) {
		if string(x[name]) != string(y[name]) {
			names = append(names, name)
		}
	}
	return names
}

// sortedNames are the keys of maps, each once.
func sortedNames[M ~map[string]V, V any](of ...M) []string {
	var names []string
	for _, m := range of {
		names = slices.AppendSeq(names, maps.Keys(m))
	}
	slices.Sort(names)
	return slices.Compact(names)
}
