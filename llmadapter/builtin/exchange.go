package builtin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// How requests end, in Served.
const (
	answered = "answered"
	refused  = "refused"
	broken   = "broken"
	gone     = "gone"
)

// exchange is one request and its answer.
type exchange struct {
	s       *Server
	w       http.ResponseWriter
	rc      *http.ResponseController
	dialect dialect
	ctx     context.Context // ends when the client goes, and when the server closes
	served  Served
	mark    mark
	seated  bool      // it has a slot
	since   time.Time // when it got it
	until   time.Time // when its time in the slot is over; zero: when it ends
	joined  bool      // what is put is sent when time is to pass, and at the end
	held    bool      // something put is not sent
	ended   bool
}

// answerIn answers a request in a wire form.
func (s *Server) answerIn(d dialect, w http.ResponseWriter, r *http.Request) {
	x := &exchange{s: s, w: w, dialect: d, rc: http.NewResponseController(w), ctx: r.Context(), served: Served{Begun: time.Now(), Wire: d.name()}, joined: s.cfg.Service > 0}
	s.ledger.begin(x.served.Begun)
	defer x.end(gone) // unless it has ended
	a, p := x.read(r)
	if p == nil {
		x.served.Form, x.served.Prompt = string(a.form), a.prompt
		x.mark = readMark(a.messages)
		x.served.ID = x.mark.id
		s.ledger.marked(x.mark, x.served.Begun)
		if s.cfg.Came != nil {
			s.cfg.Came(x.mark.id)
		}
		d.identify(w.Header(), a.digest)
		if f := s.outage.now(); f != "" {
			s.ledger.refused(true)
			x.failAtOnce(f)
			return
		}
		p = x.admit(a)
	}
	if p != nil {
		x.refuse(p)
		return
	}
	fault := Fault("")
	if len(s.cfg.Faults) > 0 {
		fault = s.cfg.Faults.draw(s.cfg.Seed, a.digest, s.seen.again(a.digest))
	}
	if x.failAtOnce(fault) || !x.sit() {
		return
	}
	var out answer
	if a.embed == nil {
		if out, p = s.answer(a, fault); p != nil {
			x.refuse(p)
			return
		}
	}
	x.served.Fault = out.fault
	x.tell(a, out, fault)
}

// read reads what is asked for.
func (x *exchange) read(r *http.Request) (*ask, *problem) {
	_ = x.rc.SetReadDeadline(time.Now().Add(bodyWait))
	body, err := io.ReadAll(http.MaxBytesReader(x.w, r.Body, mostBody))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, &problem{status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("the body is longer than %d bytes", mostBody)}
	case err != nil:
		x.abort()
	}
	_ = x.rc.SetReadDeadline(time.Time{}) // else its end would look like a client that goes
	a, p := x.dialect.read(body)
	switch {
	case p != nil:
		return nil, p
	case a.model != x.s.cfg.Name:
		return nil, x.s.unknownModel(a.model)
	}
	return a, x.s.takes(a)
}

// admit takes it within the limits a minute, or does not.
func (x *exchange) admit(a *ask) *problem {
	now := time.Now()
	p := x.s.limits.admit(now, x.s.cfg.Name, a.prompt, a.reserved, x.dialect, x.w.Header())
	if p != nil {
		x.s.ledger.refused(false)
		return p
	}
	x.s.ledger.admitted(now, a.prompt)
	return nil
}

// sit waits for a slot.
func (x *exchange) sit() bool {
	came := time.Now()
	since, err := x.s.slots.take(x.ctx, came)
	x.served.Waited = time.Since(came)
	switch {
	case errors.Is(err, errBusy):
		p := problemOf(Fault(strconv.Itoa(x.s.cfg.Busy)))
		p.retry = x.s.cfg.BusyRetry
		p.text = "all slots are taken, and as many requests wait as may; this is a stand-in"
		x.refuse(p)
		return false
	case err != nil:
		x.abort()
	}
	x.seated, x.since = true, since
	return true
}

// end books how it ended, and gives the slot back. It is called before the last bytes are written: whoever has read
// them may ask again, and is not to be counted, or kept waiting, beside itself.
func (x *exchange) end(outcome string) {
	if x.ended {
		return
	}
	x.ended = true
	now := time.Now()
	if x.seated {
		if x.until.IsZero() || outcome != answered {
			x.until = now
		}
		x.s.slots.give(x.until)
	}
	x.served.Outcome, x.served.Took = outcome, now.Sub(x.served.Begun)
	x.s.ledger.end(x.served, x.mark)
	x.s.record.add(x.served)
	if x.s.cfg.Observe != nil {
		x.s.cfg.Observe(x.served)
	}
}

// refuse answers with an error.
func (x *exchange) refuse(p *problem) {
	x.served.Status = p.status
	x.end(refused)
	x.patience()
	p.write(x.w, x.dialect)
}

// abort ends the connection: nobody reads any more. It does not return.
func (x *exchange) abort() {
	x.end(gone)
	panic(http.ErrAbortHandler)
}

// wait lets time pass, and aborts when the client goes.
func (x *exchange) wait(d time.Duration) {
	if !x.passed(d) {
		x.abort()
	}
}

// passed tells whether the time passed before the client went.
func (x *exchange) passed(d time.Duration) bool {
	if d <= 0 {
		return x.ctx.Err() == nil
	}
	if !x.flushed() {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-x.ctx.Done():
		return false
	}
}

// flushed sends what was put and is held back; false: nobody takes it.
func (x *exchange) flushed() bool {
	if x.held && x.rc.Flush() != nil {
		return false
	}
	x.held = false
	return true
}

// patience is how long the client may take to read what is written now.
func (x *exchange) patience() { _ = x.rc.SetWriteDeadline(time.Now().Add(bodyWait)) }

// put writes a piece, and sends it, unless more comes at the same time.
func (x *exchange) put(text []byte) error {
	x.patience()
	_, err := x.w.Write(text)
	if x.held = x.joined; err != nil || x.held {
		return err
	}
	return x.rc.Flush()
}
