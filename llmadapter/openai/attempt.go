package openai

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

// attempt is one request on its way.
type attempt struct {
	c      *Client
	ctx    context.Context // the caller's
	call   context.Context // ends with it, and when patience does
	cancel context.CancelCauseFunc
	timer  *time.Timer
	limit  time.Duration // the patience at present

	asked, got, wrote atomic.Bool // for a connection; one; the whole request. Told by the transport's goroutines
	began             bool        // it was handed to the transport
	status            int         // 0: no head came
	usage             llmadapter.Tokens
}

// errPatience is the cause of an end that the client chose.
var errPatience = errors.New("patience is over")

// begin starts the patience. The attempt must be ended.
func (c *Client) begin(ctx context.Context, patience time.Duration) *attempt {
	a := &attempt{c: c, ctx: ctx, limit: patience}
	a.call, a.cancel = context.WithCancelCause(ctx)
	a.timer = time.AfterFunc(patience, func() { a.cancel(errPatience) })
	return a
}

// wait begins the patience anew.
func (a *attempt) wait(d time.Duration) {
	a.limit = d
	a.timer.Reset(d)
}

// end closes the connection unless the answer was read to its end.
func (a *attempt) end() {
	a.timer.Stop()
	a.cancel(nil)
}

// send sends a request and waits for the head of the answer. body is given back to its pool.
func (a *attempt) send(template *http.Request, body *bytes.Buffer) (*http.Response, *llmadapter.Error) {
	defer func() {
		if body != nil && (!a.began || a.wrote.Load()) { // else the transport may still read it
			release(body)
		}
	}()
	if a.ctx.Err() != nil {
		return nil, a.broken(a.ctx.Err())
	}
	req := template.WithContext(httptrace.WithClientTrace(a.call, &httptrace.ClientTrace{
		GetConn:      func(string) { a.asked.Store(true) },
		GotConn:      func(httptrace.GotConnInfo) { a.got.Store(true) },
		WroteRequest: func(httptrace.WroteRequestInfo) { a.wrote.Store(true) },
	}))
	if a.c.own == nil {
		req.Header = req.Header.Clone() // a transport of others may write into it
	}
	if body != nil {
		// Without GetBody nothing is ever sent twice. The transport knows this type to be in memory, and sends it in one
		// piece with the head.
		req.Body = io.NopCloser(bytes.NewReader(body.Bytes()))
		req.ContentLength = int64(body.Len())
	}
	a.began = true
	resp, err := a.c.transport.RoundTrip(req)
	if err != nil {
		return nil, a.broken(err)
	}
	a.status = resp.StatusCode
	return resp, nil
}

// fate is what became of the attempt so far. A transport of others may not say when it has got a connection; then
// nothing is known.
func (a *attempt) fate() llmadapter.Fate {
	switch {
	case a.status != 0:
		return llmadapter.Settled
	case !a.began, !a.got.Load() && (a.asked.Load() || a.c.own != nil):
		return llmadapter.Unsent
	}
	return llmadapter.PossiblyBilled
}

// failed is an error of this attempt.
func (a *attempt) failed(k llmadapter.Kind, text string, cause error) *llmadapter.Error {
	e := &llmadapter.Error{Kind: k, Fate: a.fate(), Status: a.status, Text: a.c.shown(text), Usage: a.usage}
	if cause != nil && hide(cause.Error(), a.c.cfg.Key) == cause.Error() {
		e.Err = cause
	}
	return e
}

// broken says why the connection ended, or never came to be. Whether the caller is gone is asked of the caller.
func (a *attempt) broken(err error) *llmadapter.Error {
	deadline, has := a.ctx.Deadline()
	fate := a.fate()
	switch {
	case errors.Is(a.ctx.Err(), context.Canceled):
		return a.failed(llmadapter.Cancelled, "nobody waits for the answer any more", a.ctx.Err())
	case a.ctx.Err() != nil, has && !time.Now().Before(deadline): // a transport can be faster than the context
		return a.failed(llmadapter.Stalled, "the deadline passed before the answer was complete", context.DeadlineExceeded)
	case errors.Is(context.Cause(a.call), errPatience):
		return a.failed(llmadapter.Stalled, fmt.Sprintf("nothing of an answer came for %v", a.limit), nil)
	case fate == llmadapter.Unsent:
		return a.failed(llmadapter.Unreachable, fmt.Sprintf("no connection to %s: %v", a.c.chat.URL.Host, err), err)
	case fate == llmadapter.Settled:
		return a.failed(llmadapter.Truncated, fmt.Sprintf("the answer broke off: %v", err), err)
	}
	return a.failed(llmadapter.Broken, fmt.Sprintf("the connection to %s broke: %v", a.c.chat.URL.Host, err), err)
}
