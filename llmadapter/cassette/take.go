package cassette

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// take is one exchange while it is recorded.
type take struct {
	r       *Recorder
	ctx     context.Context // of the request
	began   time.Time
	body    []byte       // of the request
	reached atomic.Int32 // see reach.order: told by the transport's goroutines

	mu     sync.Mutex // a body may be closed while it is read
	x      exchange
	pieces [][]byte
	times  []int64
	size   int
	coded  bool // the body is compressed, or the like: nobody can tell what is in it
	over   bool
}

// request is what is sent in place of a request: the same, but the client's own body has been read.
func (t *take) request(req *http.Request) *http.Request {
	reached := func(to reach) {
		for now := t.reached.Load(); int(now) < to.order(); now = t.reached.Load() {
			if t.reached.CompareAndSwap(now, int32(to.order())) {
				return
			}
		}
	}
	out := req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GetConn: func(string) { reached(asked) },
		GotConn: func(httptrace.GotConnInfo) { reached(connected) },
		WroteRequest: func(i httptrace.WroteRequestInfo) {
			if i.Err == nil {
				reached(wrote)
			}
		},
	}))
	if req.Body != nil && req.Body != http.NoBody {
		out.Body = io.NopCloser(bytes.NewReader(t.body)) // net/http knows this type to be in memory
		out.ContentLength = int64(len(t.body))
	}
	return out
}

func (t *take) now() int64 { return time.Since(t.began).Microseconds() }

// headed takes in the head of the answer.
func (t *take) headed(resp *http.Response) {
	t.x.Status, t.x.Headed, t.x.Head = resp.StatusCode, t.now(), t.r.secret.head(resp.Header)
	coding := resp.Header.Get("Content-Encoding")
	t.coded = coding != "" && !strings.EqualFold(coding, "identity")
}

// read takes in a piece of the answer.
func (t *take) read(data []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.size += len(data); t.over || t.coded || t.size > mostBody || len(data) == 0 {
		return
	}
	t.pieces = append(t.pieces, bytes.Clone(data))
	t.times = append(t.times, t.now())
}

// errLeft is how an exchange ends whose client goes away.
var errLeft = errors.New("the client went away")

// ended takes in how it ended, once, and puts it on the tape. io.EOF: in good order.
func (t *take) ended(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return
	}
	t.over = true
	x := &t.x
	x.Ended = t.now()
	x.Reached = []reach{nowhere, asked, connected, wrote}[t.reached.Load()]
	switch {
	case errors.Is(err, io.EOF) && x.Status != 0:
		x.End = whole
	case errors.Is(err, errLeft), t.ctx.Err() != nil:
		x.End = left
	default:
		x.End = broken
		x.Error = strings.ToValidUTF8(string(t.r.secret.hide([]byte(err.Error()))), "\uFFFD")
	}
	pieces := t.r.secret.hideIn(t.pieces)
	for i, piece := range pieces {
		x.Body = append(x.Body, newChunk(t.times[i], piece))
	}
	if x.Request != nil {
		x.Request = t.r.secret.hide(x.Request)
	}
	var why error
	switch {
	case t.size > mostBody && !t.coded:
		why = fmt.Errorf("an answer of more than %d bytes", mostBody)
	case t.r.secret.spelled(bytes.Join(pieces, nil)):
		why = errSpelled
	}
	t.r.write(x, why)
}

// tapedBody is the body of an answer that is recorded as it is read.
type tapedBody struct {
	io.ReadCloser
	take *take
}

// Read implements io.Reader.
func (b *tapedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.take.read(p[:n])
	if err != nil {
		b.take.ended(err)
	}
	return n, err
}

// Close implements io.Closer. A client that closes before the end has had enough.
func (b *tapedBody) Close() error {
	err := b.ReadCloser.Close()
	b.take.ended(errLeft)
	return err
}
