package socket

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
var streams = sync.Pool{New: func() any { return new(Events) }}

// read reads an answer, streamed or not.
func (a *Attempt) read(resp *http.Response, form Form) (llmadapter.Reply, *llmadapter.Error) {
	if resp.StatusCode/100 != 2 {
		return llmadapter.Reply{}, a.Refused(resp)
	}
	switch kind := mediaType(resp.Header.Get("Content-Type")); {
	case kind == "text/event-stream", kind == "":
		e := streams.Get().(*Events)
		e.Reset(resp.Body, a.e.cfg.MaxLine)
		reply, failed := a.stream(e, form)
		e.r.Reset(nil)
		if cap(e.long)+cap(e.data)+cap(e.name) <= maxPooled {
			streams.Put(e)
		}
		return reply, failed
	case kind == "application/json", strings.HasSuffix(kind, "+json"):
		return a.completion(resp, form)
	}
	a.Wait(min(errorLimit, a.limit))
	start, err := io.ReadAll(io.LimitReader(resp.Body, MaxText)) // as much as there is
	if unreadable, is := errors.AsType[*Trouble](err); is {
		return llmadapter.Reply{}, a.Failed(unreadable.Kind, unreadable.Words, nil)
	}
	return llmadapter.Reply{}, a.Malformed(resp, start)
}

// mediaType is what kind of content it is, without its parameters.
func mediaType(content string) string {
	switch content {
	case "text/event-stream", "application/json", "": // what most servers say
		return content
	}
	kind, _, _ := mime.ParseMediaType(content)
	return kind
}

// stream reads an answer that comes in pieces. Once it is known why it ended it is complete, whatever follows.
func (a *Attempt) stream(e *Events, form Form) (llmadapter.Reply, *llmadapter.Error) {
	for finished := false; ; {
		name, data, err := e.Next()
		if err != nil {
			if finished || errors.Is(err, io.EOF) {
				return a.ended(form)
			}
			a.usage = form.Usage()
			if errors.Is(err, errLong) {
				return llmadapter.Reply{}, a.Failed(llmadapter.Malformed, fmt.Sprintf("a line of the answer is longer than %d bytes", a.e.cfg.MaxLine), nil)
			}
			if errors.Is(err, errQuiet) {
				return llmadapter.Reply{}, a.Failed(llmadapter.Malformed, fmt.Sprintf("in %d bytes there is nothing of an answer", e.quiet), nil)
			}
			return llmadapter.Reply{}, a.Broken(err)
		}
		step, err := form.Event(name, data)
		switch {
		case err != nil && (finished || errors.Is(err, ErrNoJSON) && e.cut):
			return a.ended(form)
		case err != nil:
			return llmadapter.Reply{}, a.spoilt(err, form)
		case step == Last:
			a.Wait(drainLimit)
			_, _ = io.CopyN(io.Discard, e.r, drainBytes) // whatever it is
			return a.ended(form)
		case finished || step == Nothing:
		case step == Finished:
			finished = true
			a.progress(tailLimit)
		default:
			e.quiet = 0
			a.progress(a.e.cfg.Idle)
		}
	}
}

// progress is that something of the answer came; for the next there is this patience.
func (a *Attempt) progress(patience time.Duration) {
	if a.first == 0 {
		a.first = max(1, time.Since(a.start))
	}
	a.Wait(patience)
}

// ended gives an answer that ended, if it is whole.
func (a *Attempt) ended(form Form) (llmadapter.Reply, *llmadapter.Error) {
	reply, err := form.Reply()
	if err != nil {
		return llmadapter.Reply{}, a.spoilt(err, form)
	}
	return reply, nil
}

// spoilt says what went wrong, in the words of the form, before the answer was complete.
func (a *Attempt) spoilt(err error, form Form) *llmadapter.Error {
	a.usage = form.Usage()
	if t, ok := errors.AsType[*Trouble](err); ok {
		return a.Failed(t.Kind, t.Words, nil)
	}
	return a.Failed(llmadapter.Malformed, err.Error(), nil)
}

// completion reads an answer that comes as a whole, although a stream was asked for.
func (a *Attempt) completion(resp *http.Response, form Form) (llmadapter.Reply, *llmadapter.Error) {
	body, failed := a.Whole(resp)
	if failed != nil {
		return llmadapter.Reply{}, failed
	}
	if err := form.Whole(body); errors.Is(err, ErrNoJSON) {
		return llmadapter.Reply{}, a.Malformed(resp, body)
	} else if err != nil {
		return llmadapter.Reply{}, a.spoilt(err, form)
	}
	return a.ended(form)
}

// Whole reads a body to its end, which may have MaxLine bytes.
func (a *Attempt) Whole(resp *http.Response) ([]byte, *llmadapter.Error) {
	return a.WholeUpTo(resp, a.e.cfg.MaxLine)
}

// WholeUpTo reads a body of at most limit bytes to its end.
func (a *Attempt) WholeUpTo(resp *http.Response, limit int) ([]byte, *llmadapter.Error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	switch {
	case err != nil:
		return nil, a.Broken(err)
	case len(body) > limit:
		return nil, a.Failed(llmadapter.Malformed, fmt.Sprintf("the answer is larger than %d bytes", limit), nil)
	}
	return body, nil
}

// Malformed is the error of an answer that is none of the wire form, such as the page of a proxy.
func (a *Attempt) Malformed(resp *http.Response, body []byte) *llmadapter.Error {
	return a.Failed(llmadapter.Malformed, a.e.noAnswer(resp, body), nil)
}

// noAnswer describes a body that is not of the wire form.
func (e *Endpoint) noAnswer(resp *http.Response, body []byte) string {
	kind := OneLine(resp.Header.Get("Content-Type"), 40)
	if kind == "" {
		kind = "no content type"
	}
	if len(body) == 0 {
		return fmt.Sprintf("the server answers %d with %s, and nothing else", resp.StatusCode, kind)
	}
	return fmt.Sprintf("the server answers %d with %s, which is no answer of a model: %q", resp.StatusCode, kind, OneLine(Hide(string(body), e.cfg.Key), 60))
}

// Refused reads why a request got no answer, of any status that is no success. The status is known: what else is read has a limit, and is read to its end,
// if that is near, so that the connection can be kept.
func (a *Attempt) Refused(resp *http.Response) *llmadapter.Error {
	if resp.StatusCode/100 == 3 {
		to := "nowhere"
		if u, err := resp.Location(); err == nil {
			to = u.Host
		}
		return a.Failed(llmadapter.Invalid, "the server redirects to "+to+", and redirects are not followed: put the final address into the base URL", nil)
	}
	a.Wait(min(errorLimit, a.limit))
	body, err := io.ReadAll(io.LimitReader(resp.Body, errorBytes)) // what came of it
	t, ok := a.e.cfg.Trouble(resp.StatusCode, body)
	if !ok {
		t = Trouble{KindOf(resp.StatusCode), a.e.noAnswer(resp, body)}
		if unreadable, is := errors.AsType[*Trouble](err); is {
			t.Words = unreadable.Words
		}
	}
	if resp.StatusCode == http.StatusNotFound && a.e.noPath && a.e.cfg.NoPath != "" {
		t.Words = a.e.cfg.NoPath + "; " + t.Words
	}
	failed := a.Failed(t.Kind, t.Words, nil)
	failed.RetryAfter = RetryAfter(resp.StatusCode, resp.Header, time.Now())
	return failed
}
