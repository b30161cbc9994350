package cassette

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/polis-agents/polis/llmadapter/internal/socket"
)

// Recording says what is recorded, and of whom.
type Recording struct {
	Info
	Key       string            // the client's: it is taken out of whatever is recorded
	Transport http.RoundTripper // reaches the endpoint; nil: as clients do by themselves
	InFlight  int               // calls at once that connections are kept for, without a Transport; 0: 64
}

// Recorder is a transport that writes what goes through it onto a tape. It may be used by many at once.
type Recorder struct {
	transport http.RoundTripper
	secret    secret
	path      string

	mu       sync.Mutex // guards what follows, and is held while a line is written
	file     *os.File
	count    map[string]int // requests that have come, by their keys
	lines    int
	withheld int   // exchanges that could not be put on the tape
	why      error // of the first of them
	failed   error // the tape could not be written: nothing is, from then on
	closed   bool
	fresh    bool // the file is new, and goes if nothing was asked
}

// Record begins a tape. The file must not be there: nothing is ever written over.
func Record(path string, r Recording) (*Recorder, error) {
	if r.When.IsZero() {
		r.When = time.Now()
	}
	r.When = r.When.UTC().Round(time.Millisecond)
	n, err := newRecorder(path, &r)
	if err != nil {
		return nil, err
	}
	first, err := line(header{form, r.Info})
	if err != nil {
		return nil, fmt.Errorf("cassette: %w", err)
	}
	if secret(r.Key).in(first) {
		return nil, errors.New("cassette: the key stands in what is to be said of the tape: accepted is a key in its place only")
	}
	if n.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("cassette: %q is there already, and nothing is recorded over it; accepted is the name of a new file", path)
		}
		return nil, fmt.Errorf("cassette: %q: %w", path, causeOf(err))
	}
	if _, err := n.file.Write(first); err != nil {
		return nil, errors.Join(fmt.Errorf("cassette: %q: %w", path, causeOf(err)), n.file.Close(), os.Remove(path))
	}
	n.fresh = true
	return n, nil
}

// Continue goes on with the tape of what is recorded, which was cut off. It begins one if there is none. A last line that was
// cut is taken off.
func Continue(path string, r Recording) (*Recorder, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return Record(path, r)
	}
	n, err := newRecorder(path, &r)
	if err != nil {
		return nil, err
	}
	t, err := Open(path)
	if err != nil {
		return nil, err
	}
	if err := t.Close(); err != nil {
		return nil, fmt.Errorf("cassette: %q: %w", path, causeOf(err))
	}
	if i := t.Info; i.Run == "" || i.Run != r.Run || i.Provider != r.Provider || i.Model != r.Model || i.Label != r.Label {
		return nil, fmt.Errorf("cassette: %q has something else on it, of %s, recorded %s; accepted is the name of a new file", path, i.Label, i.When.Format(time.RFC3339))
	}
	for key, of := range t.exchanges {
		n.count[key] = of[len(of)-1].n + 1
	}
	n.lines = t.Exchanges()
	if n.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0); err != nil {
		return nil, fmt.Errorf("cassette: %q: %w", path, causeOf(err))
	}
	if err := n.file.Truncate(t.size); err != nil {
		return nil, errors.Join(fmt.Errorf("cassette: %q: %w", path, causeOf(err)), n.file.Close())
	}
	return n, nil
}

func newRecorder(path string, r *Recording) (*Recorder, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("cassette: %w", err)
	}
	if r.Transport == nil {
		r.Transport = socket.NewTransport(cmp.Or(r.InFlight, 64))
	}
	return &Recorder{transport: r.Transport, secret: secret(r.Key), path: path, count: map[string]int{}}, nil
}

// causeOf is an error of a file without its name.
func causeOf(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// RoundTrip implements http.RoundTripper.
func (r *Recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	q, err := readRequest(req)
	if err != nil {
		return nil, err
	}
	t := r.begin(req.Context(), q)
	resp, err := r.transport.RoundTrip(t.request(req))
	if err != nil {
		t.ended(err)
		return nil, err
	}
	t.headed(resp)
	resp.Body = &tapedBody{ReadCloser: resp.Body, take: t}
	return resp, nil
}

// begin counts a request.
func (r *Recorder) begin(ctx context.Context, q *request) *take {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.count[q.key]
	r.count[q.key]++
	now := time.Now()
	return &take{r: r, ctx: ctx, began: now, body: q.body, x: exchange{Key: q.key, N: n, When: now.UTC().Round(time.Millisecond),
		Method: q.method, Path: q.path, Request: q.canonical, Reached: nowhere}}
}

// errSpelled says that an answer spells the key out.
var errSpelled = errors.New("an answer gives the key in parts")

// write puts an exchange on the tape, in one piece.
func (r *Recorder) write(x *exchange, why error) {
	text, err := line(x)
	switch {
	case why != nil:
	case err != nil:
		why = err
	case len(text) > mostLine:
		why = fmt.Errorf("an exchange of more than %d bytes", mostLine)
	case r.secret.in(text):
		why = errSpelled
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed || r.failed != nil:
	case why != nil:
		if r.withheld++; r.why == nil {
			r.why = why
		}
	default:
		if _, err := r.file.Write(text); err != nil {
			r.failed = fmt.Errorf("cassette: %q: after %d exchanges: %w", r.path, r.lines, causeOf(err))
			return
		}
		r.lines++
	}
}

// Exchanges says how many are on the tape.
func (r *Recorder) Exchanges() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lines
}

// CloseIdleConnections lets go of connections that nobody uses, as http.Client does.
func (r *Recorder) CloseIdleConnections() {
	if c, ok := r.transport.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// Close ends the tape. What is still on its way goes on, unrecorded. The error says what is not on the tape, and why. A new
// tape of a client that was never asked is taken away.
func (r *Recorder) Close() error {
	r.CloseIdleConnections()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	err := r.failed
	if r.withheld > 0 {
		err = errors.Join(err, fmt.Errorf("cassette: %q: exchanges that are not on the tape: %d; the first: %w", r.path, r.withheld, r.why))
	}
	err = errors.Join(err, r.file.Close())
	if r.fresh && len(r.count) == 0 {
		err = errors.Join(err, os.Remove(r.path))
	}
	return err
}

// Format prints a recording without its key.
func (r Recording) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "recording of "+r.Label) }
