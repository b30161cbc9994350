package openai

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

const (
	tailLimit  = 2 * time.Second        // patience for what follows the finish reason: usage, and the end mark
	drainLimit = 100 * time.Millisecond // and for the end of the body after that, so that the connection can be kept
	drainBytes = 4 << 10
	errorLimit = 5 * time.Second // patience for the text of an error, whose status is known
	errorBytes = 64 << 10
)

// streams are readers with their memory.
var streams = sync.Pool{New: func() any { return new(events) }}

// read reads an answer of whatever form.
func (a *attempt) read(resp *http.Response) (llmadapter.Reply, *llmadapter.Error) {
	if resp.StatusCode/100 != 2 {
		return llmadapter.Reply{}, a.refused(resp)
	}
	switch kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); {
	case kind == "text/event-stream", kind == "":
		e := streams.Get().(*events)
		e.reset(resp.Body, a.c.cfg.MaxLine)
		reply, failed := a.stream(e)
		e.r.Reset(nil)
		if cap(e.long)+cap(e.data) <= maxPooled {
			streams.Put(e)
		}
		return reply, failed
	case kind == "application/json", strings.HasSuffix(kind, "+json"):
		return a.completion(resp)
	}
	a.wait(min(errorLimit, a.limit))
	start, _ := io.ReadAll(io.LimitReader(resp.Body, maxText)) // as much as there is
	return llmadapter.Reply{}, a.malformed(resp, start)
}

// stream reads an answer that comes in pieces. Once its finish reason is known it is complete, whatever follows.
func (a *attempt) stream(e *events) (llmadapter.Reply, *llmadapter.Error) {
	ans := answer{max: a.c.cfg.MaxAnswer}
	for done := false; !done; {
		data, err := e.next()
		progress, finished := false, ans.finish != ""
		if err == nil {
			if done = string(data) == "[DONE]"; !done {
				progress, err = ans.take(data)
			}
		}
		a.usage = ans.usage
		switch {
		case err == nil && ans.finish != "" && !finished:
			a.wait(tailLimit)
		case err == nil && progress && !finished:
			a.wait(a.c.cfg.Idle)
		case err != nil && finished:
			return a.ended(&ans)
		case err != nil:
			return llmadapter.Reply{}, a.spoilt(err, e.cut)
		}
	}
	a.wait(drainLimit)
	_, _ = io.CopyN(io.Discard, e.r, drainBytes) // whatever it is
	return a.ended(&ans)
}

// ended gives an answer that ended in good order, if it is whole.
func (a *attempt) ended(ans *answer) (llmadapter.Reply, *llmadapter.Error) {
	switch {
	case ans.finish == "":
		return llmadapter.Reply{}, a.failed(llmadapter.Truncated, "the answer ended without a finish_reason", nil)
	case ans.aborted():
		return llmadapter.Reply{}, a.failed(llmadapter.Transient, "the server gave up: finish_reason "+ans.finish, nil)
	}
	return ans.reply(), nil
}

// spoilt says what went wrong in a stream before the answer was complete. cut: its last line had no end.
func (a *attempt) spoilt(err error, cut bool) *llmadapter.Error {
	var t *trouble
	switch {
	case errors.As(err, &t):
		return a.failed(t.kind(a.status), t.Error(), nil)
	case errors.Is(err, io.EOF), errors.Is(err, errNoJSON) && cut:
		return a.failed(llmadapter.Truncated, "the answer ended without a finish_reason", nil)
	case errors.Is(err, errLong):
		return a.failed(llmadapter.Malformed, fmt.Sprintf("a line of the answer is longer than %d bytes", a.c.cfg.MaxLine), nil)
	case errors.Is(err, errLarge):
		return a.failed(llmadapter.Malformed, fmt.Sprintf("the answer is larger than %d bytes", a.c.cfg.MaxAnswer), nil)
	case errors.Is(err, errNoJSON), errors.Is(err, errManyCalls):
		return a.failed(llmadapter.Malformed, err.Error(), nil)
	}
	return a.broken(err)
}

// completion reads an answer that comes as a whole, although a stream was asked for.
func (a *attempt) completion(resp *http.Response) (llmadapter.Reply, *llmadapter.Error) {
	body, failed := a.whole(resp)
	if failed != nil {
		return llmadapter.Reply{}, failed
	}
	ans := answer{max: a.c.cfg.MaxAnswer}
	_, err := ans.take(body)
	a.usage = ans.usage
	switch {
	case errors.Is(err, errNoJSON), err == nil && ans.id == "" && ans.finish == "" && ans.size == 0:
		return llmadapter.Reply{}, a.malformed(resp, body)
	case err != nil:
		return llmadapter.Reply{}, a.spoilt(err, false)
	}
	return a.ended(&ans)
}

// whole reads a body to its end.
func (a *attempt) whole(resp *http.Response) ([]byte, *llmadapter.Error) {
	limit := a.c.cfg.MaxLine
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	switch {
	case err != nil:
		return nil, a.broken(err)
	case len(body) > limit:
		return nil, a.failed(llmadapter.Malformed, fmt.Sprintf("the answer is larger than %d bytes", limit), nil)
	}
	return body, nil
}

// malformed is for what is no answer, such as the page of a proxy.
func (a *attempt) malformed(resp *http.Response, body []byte) *llmadapter.Error {
	return a.failed(llmadapter.Malformed, a.c.noAnswer(resp, body), nil)
}

// noAnswer describes a body that is not of the wire form.
func (c *Client) noAnswer(resp *http.Response, body []byte) string {
	kind := oneLine(resp.Header.Get("Content-Type"), 40)
	if kind == "" {
		kind = "no content type"
	}
	if len(body) == 0 {
		return fmt.Sprintf("the server answers %d with %s, and nothing else", resp.StatusCode, kind)
	}
	return fmt.Sprintf("the server answers %d with %s, which is no answer of a model: %q", resp.StatusCode, kind, oneLine(hide(string(body), c.cfg.Key), 60))
}

// refused reads why a request got no answer. The status is known: what else is read has a limit, and is read to its end,
// if that is near, so that the connection can be kept.
func (a *attempt) refused(resp *http.Response) *llmadapter.Error {
	if resp.StatusCode/100 == 3 {
		to := "nowhere"
		if u, err := resp.Location(); err == nil {
			to = u.Host
		}
		return a.failed(llmadapter.Invalid, "the server redirects to "+to+", and redirects are not followed: put the final address into the base URL", nil)
	}
	a.wait(min(errorLimit, a.limit))
	body, _ := io.ReadAll(io.LimitReader(resp.Body, errorBytes)) // what came of it
	t, ok := readTrouble(body)
	words := t.Error()
	if !ok {
		words = a.c.noAnswer(resp, body)
	}
	if resp.StatusCode == http.StatusNotFound && a.c.root {
		words = "the base URL has no path, most end in /v1; " + words
	}
	failed := a.failed(t.kind(resp.StatusCode), words, nil)
	failed.RetryAfter = retryAfter(resp.StatusCode, resp.Header, time.Now())
	return failed
}
