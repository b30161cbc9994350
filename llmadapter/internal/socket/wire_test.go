package socket

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/polis-agents/polis/llmadapter"
)

// limp is a connection of which a later write fails, with what that write is given.
type limp struct {
	net.Conn
	writes int32
	fail   func(write int32) (fails bool, sent int)
}

func (l *limp) Write(p []byte) (int, error) {
	if fails, sent := l.fail(atomic.AddInt32(&l.writes, 1)); fails {
		n, _ := l.Conn.Write(p[:sent])
		return n, syscall.EPIPE
	}
	return l.Conn.Write(p)
}

// answering serves one end of a pipe until it is closed, and counts whole requests.
func answering(conn net.Conn, counted *atomic.Int32) {
	r := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		counted.Add(1)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
	}
}

// heard is a form that takes anything.
type heard struct{ Form }

func (heard) Whole([]byte) error               { return nil }
func (heard) Reply() (llmadapter.Reply, error) { return llmadapter.Reply{Text: "heard"}, nil }

// What becomes of a request whose connection breaks is known from what was written to it, and from nothing else.
func TestNothingWrittenIsUnsent(t *testing.T) {
	for name, test := range map[string]struct {
		fail        func(conn, write int32) (bool, int)
		connections int32 // after two calls
		counted     int32
		second      llmadapter.Kind // of the error of the second call; "": none
		fate        llmadapter.Fate
	}{
		"nothing fails":                       {func(_, _ int32) (bool, int) { return false, 0 }, 1, 2, "", 0},
		"a kept one fails, another is made":   {func(conn, write int32) (bool, int) { return conn == 1 && write == 2, 0 }, 2, 2, "", 0},
		"a kept one fails after a byte":       {func(conn, write int32) (bool, int) { return conn == 1 && write == 2, 1 }, 1, 1, llmadapter.Broken, llmadapter.PossiblyBilled},
		"a kept one fails, a fresh one fails": {func(conn, write int32) (bool, int) { return conn == 1 && write == 2 || conn > 1, 0 }, 2, 1, llmadapter.Unreachable, llmadapter.Unsent},
		"a kept one fails, a fresh one fails after a byte": {func(conn, write int32) (bool, int) { return conn == 1 && write == 2 || conn > 1, min(1, int(conn)-1) }, 2, 1,
			llmadapter.Broken, llmadapter.PossiblyBilled},
	} {
		t.Run(name, func(t *testing.T) {
			e := endpoint(t, Config{BaseURL: "http://127.0.0.1:1"})
			var servers sync.WaitGroup
			var connections, counted atomic.Int32
			e.own.DialContext = wired(func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				n := connections.Add(1)
				servers.Go(func() {
					defer theirs.Close()
					answering(theirs, &counted)
				})
				return &limp{Conn: ours, fail: func(write int32) (bool, int) { return test.fail(n, write) }}, nil
			})
			for call := 1; call <= 2; call++ {
				body := NewBuffer()
				body.WriteString("how much?")
				a := e.Begin(t.Context())
				_, err := a.Answer(e.Request(http.MethodPost, "answers", nil), body, heard{})
				a.End()
				var failed *llmadapter.Error
				switch {
				case call == 1 || test.second == "":
					if err != nil {
						t.Errorf("call %d: %v", call, err)
					}
				case !errors.As(err, &failed) || failed.Kind != test.second || failed.Fate != test.fate:
					t.Errorf("call %d: %#v", call, err)
				}
			}
			e.Close()
			servers.Wait()
			if connections.Load() != test.connections || counted.Load() != test.counted {
				t.Errorf("%d connections, %d requests, not %d, %d", connections.Load(), counted.Load(), test.connections, test.counted)
			}
		})
	}
}

// A server that has closed its connections, all of them, is not asked over them.
func TestManyClosedConnectionsEndInAnError(t *testing.T) {
	e := endpoint(t, Config{BaseURL: "http://127.0.0.1:1"})
	var tries int
	a := e.Begin(t.Context())
	defer a.End()
	e.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		tries++
		_, _ = io.Copy(io.Discard, r.Body)
		a.wire.Store(&wire{})
		a.got.Add(1)
		a.reused.Store(true)
		return nil, io.ErrClosedPipe
	})
	_, failed := a.Send(e.Request(http.MethodPost, "answers", nil), bytes.NewBufferString("x"))
	if failed == nil || failed.Fate != llmadapter.Unsent || tries != mostIdle+1 {
		t.Errorf("%+v after %d tries", failed, tries)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A request that may have gone out on one connection before it got another one is not known to be unsent.
func TestTwoConnectionsAreOneTooMany(t *testing.T) {
	e := endpoint(t, Config{BaseURL: "http://127.0.0.1:1"})
	a := e.Begin(t.Context())
	defer a.End()
	a.wire.Store(&wire{})
	for n, want := range map[int32]bool{0: false, 1: true, 2: false} {
		if a.got.Store(n); a.untouched() != want {
			t.Errorf("with %d connections: %v", n, !want)
		}
	}
	a.wire.Store(nil)
	if a.got.Store(1); a.untouched() {
		t.Error("a connection that does not count is known to be untouched")
	}
}

func TestASealedWireTakesNothing(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	read := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(theirs)
		read <- all
	}()
	w := &wire{Conn: ours}
	if n, err := w.Write([]byte("ab")); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	for range 3 {
		if n := w.seal(); n != 1 {
			t.Errorf("%d writes, not 1", n)
		}
		if n, err := w.Write([]byte("cd")); n != 0 || !errors.Is(err, errSealed) {
			t.Errorf("wrote %d, %v", n, err)
		}
	}
	_ = ours.Close()
	if got := <-read; string(got) != "ab" {
		t.Errorf("the other side got %q", got)
	}
	if n, err := new(wire{Conn: ours}).Write([]byte("x")); n != 0 || err == nil {
		t.Error(n, err)
	}
}

func TestTheWireBelowTLS(t *testing.T) {
	w := &wire{Conn: &net.TCPConn{}}
	if got := wireOf(tls.Client(tls.Client(w, nil), nil)); got != w {
		t.Errorf("got %v", got)
	}
	if got := wireOf(&net.TCPConn{}); got != nil {
		t.Errorf("got %v", got)
	}
	if got := wireOf(nil); got != nil {
		t.Errorf("got %v", got)
	}
}
