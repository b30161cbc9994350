package builtin

import (
	"net"
	"net/http"
	"strconv"
	"time"
)

// How the faults look.
const (
	faultRetry       = 50 * time.Millisecond  // the pause that 429 and 503 ask for
	statusOverloaded = 529                    // of no standard, but of some providers
	slowStart        = 250 * time.Millisecond // how much later a slow answer begins
	keepAlive        = 50 * time.Millisecond  // between comments
)

// problemOf is the error of a fault that is one.
func problemOf(f Fault) *problem {
	switch f {
	case Fault429:
		return &problem{status: http.StatusTooManyRequests, kind: "requests", code: "rate_limit_exceeded", retry: faultRetry,
			text: "Rate limit reached: a fault that the stand-in makes on purpose."}
	case Fault529:
		return &problem{status: statusOverloaded, code: "overloaded", text: "Overloaded: a fault that the stand-in makes on purpose."}
	case Fault503, FaultOverload:
		return &problem{status: http.StatusServiceUnavailable, code: "overloaded", retry: faultRetry,
			text: "The server is overloaded: a fault that the stand-in makes on purpose."}
	}
	return &problem{status: http.StatusInternalServerError, code: "server_error", text: "The server failed: a fault that the stand-in makes on purpose."}
}

// failAtOnce makes the faults that come in place of an answer.
func (x *exchange) failAtOnce(f Fault) bool {
	switch f {
	case Fault429, Fault500, Fault503, Fault529:
		x.served.Fault = f
		x.refuse(problemOf(f))
	case FaultHang:
		x.served.Fault = f
		x.passed(x.s.cfg.StallLimit)
		x.end(broken)
		panic(http.ErrAbortHandler) // without an end
	case FaultHTML:
		const page = "<!DOCTYPE html>\n<html><head><title>Stand-in</title></head><body><h1>This is a page</h1>" +
			"<p>A fault that the stand-in makes on purpose.</p></body></html>\n"
		x.served.Fault, x.served.Status = f, http.StatusOK
		x.end(broken)
		x.w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = x.put([]byte(page))
	default:
		return false
	}
	return true
}

// breaks tells whether the answer is to break off, and books it.
func (t *told) breaks() bool {
	switch t.fault {
	case FaultError, FaultOverload, FaultCut, FaultReset, FaultStall, FaultKeepalive:
		t.served.Fault = t.fault
		return true
	}
	return false
}

// breakOff makes the faults of mid-stream, and tells whether there was one.
func (t *told) breakOff() bool {
	if !t.breaks() {
		return false
	}
	switch t.fault {
	case FaultError, FaultOverload:
		t.end(broken)
		_ = t.put(t.dialect.interrupt(problemOf(t.fault)))
	case FaultCut:
		t.end(broken)
	case FaultReset:
		t.reset()
	case FaultStall:
		t.stall("")
	case FaultKeepalive:
		t.stall(t.dialect.ping())
	}
	return true
}

// breakWhole makes the same faults in an answer that is not streamed.
func (t *told) breakWhole(text []byte) bool {
	if !t.breaks() {
		return false
	}
	length := len(text)
	switch t.fault {
	case FaultError, FaultOverload:
		t.refuse(problemOf(t.fault))
		return true
	case FaultKeepalive:
		t.head("application/json")
		t.stall("\n")
		return true
	case FaultCut:
		length /= 2 // and so its end is clean
	}
	t.w.Header().Set("Content-Length", strconv.Itoa(length))
	t.head("application/json")
	if t.fault == FaultCut {
		t.end(broken)
	}
	_ = t.put(text[:len(text)/2])
	return t.breakOff()
}

// reset ends the connection so that the client's reading fails.
func (t *told) reset() {
	t.end(broken)
	conn, _, err := t.rc.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // what is not sent yet is dropped, and a reset is sent in place of an end
	}
	_ = conn.Close()
}

// stall says nothing, or nothing but comments, until the client goes or the limit is over.
func (t *told) stall(comment string) {
	deadline := time.Now().Add(t.s.cfg.StallLimit)
	for left := t.s.cfg.StallLimit; left > 0; left = time.Until(deadline) {
		pause := left
		if comment != "" {
			pause = min(left, keepAlive)
			if t.put([]byte(comment)) != nil {
				break
			}
		}
		if !t.passed(pause) {
			break
		}
	}
	t.end(broken)
	panic(http.ErrAbortHandler) // without an end
}
