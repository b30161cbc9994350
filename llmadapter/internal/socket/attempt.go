package socket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// Attempt is one request on its way.
type Attempt struct {
	e      *Endpoint
	ctx    context.Context // the caller's
	call   context.Context // ends with it, and when patience does
	cancel context.CancelCauseFunc
	timer  *time.Timer
	start  time.Time
	limit  time.Duration // the patience at present

	// Told by the transport's goroutines.
	asked, wrote atomic.Bool  // for a connection; the whole request
	got          atomic.Int32 // connections
	reused       atomic.Bool  // the last of them
	wire         atomic.Pointer[wire]
	before       atomic.Int64 // writes to it

	began  bool          // it was handed to the transport
	unsent bool          // and yet nothing of it has left, nor will
	status int           // 0: no head came
	first  time.Duration // from the start to the first piece of the answer; 0: none came
	usage  llmadapter.Tokens
	rates  llmadapter.Rates
}

// errPatience is the cause of an end that the client chose.
var errPatience = errors.New("patience is over")

// Wait begins the patience anew.
func (a *Attempt) Wait(d time.Duration) {
	a.limit = d
	a.timer.Reset(d)
}

// End closes the connection unless the answer was read to its end.
func (a *Attempt) End() {
	a.timer.Stop()
	a.cancel(nil)
}

// Answer sends a request and reads what comes as an answer of the wire form. Every error is a *llmadapter.Error.
func (a *Attempt) Answer(template *http.Request, body *bytes.Buffer, form Form) (llmadapter.Reply, error) {
	resp, failed := a.Send(template, body)
	if failed != nil {
		return llmadapter.Reply{}, failed
	}
	defer resp.Body.Close()
	reply, failed := a.read(resp, form)
	if failed != nil {
		return llmadapter.Reply{}, failed
	}
	reply.FirstToken, reply.Rates = a.first, a.rates
	a.e.hide(&reply)
	return reply, nil
}

// mostIdle is how many idle connections that turn out to be closed an attempt may meet.
const mostIdle = 4

// Send sends a copy of a request and waits for the head of the answer, whose body the caller closes. body is given back to
// its pool; nil: there is none. A kept connection that turns out to be closed before anything was written is no attempt:
// the next one is taken.
func (a *Attempt) Send(template *http.Request, body *bytes.Buffer) (*http.Response, *llmadapter.Error) {
	defer func() {
		if body != nil && (!a.began || a.wrote.Load()) { // else the transport may still read it
			Release(body)
		}
	}()
	if a.ctx.Err() != nil {
		return nil, a.Broken(a.ctx.Err())
	}
	req := template.WithContext(httptrace.WithClientTrace(a.call, &httptrace.ClientTrace{
		GetConn:      func(string) { a.asked.Store(true) },
		GotConn:      a.take,
		WroteRequest: func(httptrace.WroteRequestInfo) { a.wrote.Store(true) },
	}))
	if a.e.own == nil {
		req.Header = req.Header.Clone() // a transport of others may write into it
	}
	a.began = true
	for idle := 0; ; idle++ {
		if body != nil {
			// Without GetBody the transport never sends anything twice. It knows this type to be in memory, and sends it in one
			// piece with the head.
			req.Body = io.NopCloser(bytes.NewReader(body.Bytes()))
			req.ContentLength = int64(body.Len())
		}
		resp, err := a.e.transport.RoundTrip(req)
		if err == nil {
			a.status = resp.StatusCode
			a.rates = RatesOf(resp.Header, time.Now())
			unpack(resp, a.e.cfg.MaxAnswer)
			return resp, nil
		}
		a.unsent = a.untouched()
		if !a.unsent || !a.reused.Load() || idle == mostIdle || a.call.Err() != nil {
			return nil, a.Broken(err)
		}
		a.got.Store(0)
	}
}

// take notes the connection that the request will be written to.
func (a *Attempt) take(to httptrace.GotConnInfo) {
	w := wireOf(to.Conn)
	if w != nil {
		a.before.Store(w.writes.Load())
		if to.Reused && w.ended != nil && w.ended() {
			w.seal()
		}
	}
	a.wire.Store(w)
	a.reused.Store(to.Reused)
	a.got.Add(1)
}

// untouched says whether it is certain that nothing was written to the one connection that the request got, and sees to
// it that nothing will be.
func (a *Attempt) untouched() bool {
	w := a.wire.Load()
	return a.got.Load() == 1 && w != nil && w.seal() == a.before.Load()
}

// fate is what became of the attempt so far. A transport of others may not say when it has got a connection; then
// nothing is known.
func (a *Attempt) fate() llmadapter.Fate {
	switch {
	case a.status != 0:
		return llmadapter.Settled
	case !a.began, a.unsent, a.got.Load() == 0 && (a.asked.Load() || a.e.own != nil):
		return llmadapter.Unsent
	}
	return llmadapter.PossiblyBilled
}

// Failed is an error of this attempt. A cause that holds the key is left out.
func (a *Attempt) Failed(k llmadapter.Kind, text string, cause error) *llmadapter.Error {
	e := &llmadapter.Error{Kind: k, Fate: a.fate(), Status: a.status, Text: a.e.Shown(text), Usage: a.usage, Rates: a.rates}
	if cause != nil && Hide(cause.Error(), a.e.cfg.Key) == cause.Error() {
		e.Err = cause
	}
	return e
}

// Broken says why the connection ended, or never came to be. Whether the caller is gone is asked of the caller.
func (a *Attempt) Broken(err error) *llmadapter.Error {
	if known, ok := errors.AsType[*llmadapter.Error](err); ok { // of a transport that says itself what became of it
		e := a.Failed(known.Kind, known.Text, known.Err)
		e.Fate = known.Fate
		return e
	}
	deadline, has := a.ctx.Deadline()
	fate := a.fate()
	trouble, unreadable := errors.AsType[*Trouble](err)
	switch {
	case errors.Is(a.ctx.Err(), context.Canceled):
		return a.Failed(llmadapter.Cancelled, "nobody waits for the answer any more", a.ctx.Err())
	case a.ctx.Err() != nil, has && !time.Now().Before(deadline): // a transport can be faster than the context
		return a.Failed(llmadapter.Stalled, "the deadline passed before the answer was complete", context.DeadlineExceeded)
	case errors.Is(context.Cause(a.call), errPatience):
		return a.Failed(llmadapter.Stalled, fmt.Sprintf("nothing of an answer came for %v", a.limit), nil)
	case unreadable:
		return a.Failed(trouble.Kind, trouble.Words, nil)
	case fate == llmadapter.Unsent:
		return a.Failed(llmadapter.Unreachable, fmt.Sprintf("no connection to %s: %v", a.e.base.Host, err), err)
	case fate == llmadapter.Settled:
		return a.Failed(llmadapter.Truncated, fmt.Sprintf("the answer broke off: %v", err), err)
	}
	return a.Failed(llmadapter.Broken, fmt.Sprintf("the connection to %s broke: %v", a.e.base.Host, err), err)
}
