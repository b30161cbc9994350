package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/supervision"
)

func TestRequestIsAnswered(t *testing.T) {
	e := open(t, Config{})
	r := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, msg any) error {
		if c.Sender() != nil {
			t.Errorf("it came from outside, not from %v", c.Sender().Name())
		}
		if !c.Reply("re: "+msg.(string)) || c.Reply("once more") {
			t.Error("it is answered exactly once")
		}
		return nil
	})})
	if answer, err := e.Request(t.Context(), r, "hello"); answer != "re: hello" || err != nil {
		t.Errorf("%v, %v", answer, err)
	}
}

func TestRequestMayBeAnsweredWithAnError(t *testing.T) {
	e := open(t, Config{})
	r := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, _ any) error { c.Caller().Answer(nil, errBroken); return nil })})
	if answer, err := e.Request(t.Context(), r, "hello"); answer != nil || !errors.Is(err, errBroken) {
		t.Errorf("%v, %v", answer, err)
	}
	if a := shut(t, e); a.Handled != 1 { // the error is the answer, not a failure
		t.Errorf("%+v", a)
	}
}

func TestRequestMayBeAnsweredLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		type later struct{ who Caller }
		r := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, msg any) error {
			if l, ok := msg.(later); ok {
				l.who.Answer("at last", nil)
				return nil
			}
			c.After(time.Minute, later{c.Caller()})
			return nil
		})})
		begin := time.Now()
		if answer, err := e.Request(t.Context(), r, "hello"); answer != "at last" || err != nil || time.Since(begin) != time.Minute {
			t.Errorf("%v, %v after %v", answer, err, time.Since(begin))
		}
	})
}

func TestRequestThatNobodyAnswersEndsWithItsMessage(t *testing.T) {
	e := open(t, Config{})
	r := spawn(t, e, Spec{Name: "a", New: idle})
	if answer, err := e.Request(t.Context(), r, "hello"); answer != nil || !errors.Is(err, ErrNoAnswer) {
		t.Errorf("%v, %v", answer, err)
	}
}

func TestRequestEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		r := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, _ any) error { c.Caller(); return nil })})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		_, err := e.Request(ctx, r, "hello")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		if _, err = e.Request(ctx, r, "hello"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("its context had ended before: %v", err)
		}
	})
}

func TestRequestToAFullOrStoppedActorIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		held := make(chan struct{})
		r := spawn(t, e, Spec{Name: "a", Mailbox: 1, New: each(func(*Context, any) error { <-held; return nil })})
		tell(t, e, r, 1)
		synctest.Wait()
		tell(t, e, r, 2)
		if _, err := e.Request(t.Context(), r, "hello"); !errors.Is(err, ErrBusy) {
			t.Errorf("full: %v", err)
		}
		close(held)
		if err := e.Stop(t.Context(), r); err != nil {
			t.Error(err)
		}
		if _, err := e.Request(t.Context(), r, "hello"); !errors.Is(err, ErrStopped) {
			t.Errorf("stopped: %v", err)
		}
	})
}

// A failed request is offered again like any message; its asker waits for the attempt that succeeds, or is told.
func TestRequestOutlivesAFailure(t *testing.T) {
	e := open(t, Config{})
	r := spawn(t, e, Spec{Name: "a", Policy: atOnce(supervision.Policy{Attempts: 3}), New: each(func(c *Context, msg any) error {
		if msg == "bad" || c.Attempt() < 3 {
			return errBroken
		}
		c.Reply(c.Attempt())
		return nil
	})})
	if answer, err := e.Request(t.Context(), r, "hard"); answer != 3 || err != nil {
		t.Errorf("%v, %v", answer, err)
	}
	var f *supervision.Failure
	if _, err := e.Request(t.Context(), r, "bad"); !errors.As(err, &f) || f.Attempt != 3 || !errors.Is(err, errBroken) {
		t.Errorf("quarantined, and answered %v", err)
	}
}

// "gen tells the present request from earlier ones, whose late answers are dropped".
func TestLateAnswerDoesNotReachTheNextRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(t, Config{})
		c := newCall()
		e.calls.New = func() any { return c } // always the same
		callers := make(chan Caller, 2)
		r := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, _ any) error { callers <- c.Caller(); return nil })})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := e.Request(ctx, r, "first"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		answers := make(chan any)
		go func() {
			answer, _ := e.Request(t.Context(), r, "second")
			answers <- answer
		}()
		first, second := <-callers, <-callers
		if first.call != second.call {
			t.Fatal("the call was not used again")
		}
		if first.Answer("to the first", nil) {
			t.Error("the late answer was taken")
		}
		if !second.Answer("to the second", nil) {
			t.Error("the answer was not taken")
		}
		if got := <-answers; got != "to the second" {
			t.Errorf("answered %v", got)
		}
	})
}

func TestReplyToWhatIsNoRequestReachesNobody(t *testing.T) {
	e := open(t, Config{})
	replies := make(chan bool, 1)
	r := spawn(t, e, Spec{Name: "a", New: each(func(c *Context, msg any) error { replies <- c.Reply(msg); return nil })})
	tell(t, e, r, "hello")
	if want(t, replies) {
		t.Error("somebody took it")
	}
}
