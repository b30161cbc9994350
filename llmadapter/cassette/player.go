package cassette

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// Player is a transport that answers from a tape, and reaches nobody. It may be used by many at once.
type Player struct {
	Pace float64 // what came after a second comes after so many; 0: at once. Set it before the first request

	tape *Tape

	mu     sync.Mutex
	played map[string]int // requests that have come, by their keys
	misses int
}

// Play plays a tape, which must stay open.
func Play(t *Tape) *Player { return &Player{tape: t, played: map[string]int{}} }

// RoundTrip implements http.RoundTripper. A request that is not on the tape gets a *llmadapter.Error of kind Invalid and fate
// Unsent, which wraps ErrMiss.
func (p *Player) RoundTrip(req *http.Request) (*http.Response, error) {
	q, err := readRequest(req)
	if err != nil {
		return nil, err
	}
	ctx := req.Context()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	x, err := p.next(q)
	if err != nil {
		return nil, err
	}
	v := &voice{ctx: ctx, began: time.Now(), pace: p.Pace, x: x, closed: make(chan struct{})}
	reached(ctx, req, x.Reached)
	if x.Status == 0 {
		return nil, v.ended()
	}
	if err := v.wait(x.Headed); err != nil {
		return nil, err
	}
	if t := httptrace.ContextClientTrace(ctx); t != nil && t.GotFirstResponseByte != nil {
		t.GotFirstResponseByte()
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", x.Status, http.StatusText(x.Status)), StatusCode: x.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: later(x.Head, time.Since(x.When)), Body: v, ContentLength: -1, Request: req,
	}, nil
}

// next gives the exchange that a request gets.
func (p *Player) next(q *request) (*exchange, error) {
	p.mu.Lock()
	n := p.played[q.key]
	of := p.tape.exchanges[q.key]
	if n < len(of) {
		p.played[q.key]++
	} else {
		p.misses++
	}
	p.mu.Unlock()
	if n >= len(of) {
		return nil, p.tape.miss(q)
	}
	x, err := p.tape.exchange(of[n])
	if err != nil {
		text := "the tape cannot be read: " + err.Error()
		return nil, &llmadapter.Error{Kind: llmadapter.Invalid, Fate: llmadapter.Unsent, Text: text, Err: err}
	}
	return x, nil
}

// Misses says how many requests were not on the tape.
func (p *Player) Misses() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.misses
}

// reached tells whoever follows a request how far it got when it was recorded.
func reached(ctx context.Context, req *http.Request, to reach) {
	t := httptrace.ContextClientTrace(ctx)
	if t == nil {
		return
	}
	n := to.order()
	if n >= asked.order() && t.GetConn != nil {
		t.GetConn(req.URL.Host)
	}
	if n >= connected.order() && t.GotConn != nil {
		t.GotConn(httptrace.GotConnInfo{})
	}
	if n >= wrote.order() && t.WroteRequest != nil {
		t.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

// voice is the body of an answer that is played.
type voice struct {
	ctx    context.Context
	began  time.Time
	pace   float64
	x      *exchange
	piece  int // that comes next
	from   int // in it
	once   sync.Once
	closed chan struct{}
}

// Read implements io.Reader: never more than a piece at a time.
func (v *voice) Read(p []byte) (int, error) {
	for v.piece < len(v.x.Body) {
		c := &v.x.Body[v.piece]
		if err := v.wait(c.At); err != nil {
			return 0, err
		}
		n := copy(p, c.Text[min(v.from, len(c.Text)):])
		if c.Text == "" {
			n = copy(p, c.Bytes[v.from:])
		}
		if v.from += n; v.from >= c.len() {
			v.piece, v.from = v.piece+1, 0
		}
		if n > 0 || len(p) == 0 {
			return n, nil
		}
	}
	return 0, v.ended()
}

// Close implements io.Closer.
func (v *voice) Close() error {
	v.once.Do(func() { close(v.closed) })
	return nil
}

// ended gives the end as it was. Where the client went away it is silence, until this one does.
func (v *voice) ended() error {
	if v.x.End == left {
		select {
		case <-v.ctx.Done():
			return context.Cause(v.ctx)
		case <-v.closed:
			return http.ErrBodyReadAfterClose
		}
	}
	if err := v.wait(v.x.Ended); err != nil {
		return err
	}
	switch {
	case v.x.End == whole:
		return io.EOF
	case v.x.Error == io.ErrUnexpectedEOF.Error():
		return io.ErrUnexpectedEOF
	}
	return errors.New(v.x.Error)
}

// wait waits until so many microseconds after the beginning, at the pace of the player.
func (v *voice) wait(at int64) error {
	in := time.Duration(float64(at)*v.pace)*time.Microsecond - time.Since(v.began)
	if v.pace <= 0 || in <= 0 {
		if v.ctx.Err() != nil {
			return context.Cause(v.ctx)
		}
		return nil
	}
	timer := time.NewTimer(in)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-v.ctx.Done():
		return context.Cause(v.ctx)
	case <-v.closed:
		return http.ErrBodyReadAfterClose
	}
}
