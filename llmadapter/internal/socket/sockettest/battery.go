package sockettest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/polis-agents/polis/llmadapter"
)

// Wire is a wire form and its client.
type Wire struct {
	// New makes a client, and what ends it, with these settings.
	New func(t *testing.T, s Settings) (client llmadapter.Model, end func())
	// Begun are the events of an answer with the text "hello", as they stand in a stream; Ended are those that end it.
	Begun, Ended string
	Whole        string            // the same answer as one JSON document
	Malformed    map[string]string // streams that are no answers, such as those with wrong types
	Odd          map[string]string // streams that are answers, if strange ones: unknown tools, ids swapped
	Check        func(r llmadapter.Reply) error
	CheckError   func(err error) error
}

// Settings are those of a client that is to be made.
type Settings struct {
	BaseURL, Key string
	Patience     time.Duration // until the first piece, and between two
	Most         int           // bytes of a line and of an answer
}

const (
	key       = "sk-secret-of-nobody-0123456789"
	most      = 256 << 10
	allowed   = 12 << 20 // bytes that one case may allocate in all, both sides together; what is sent is a lot more
	patient   = time.Minute
	hasty     = 150 * time.Millisecond
	atLongest = 2 * time.Minute // for anything a server does: it is a test that hangs
)

// hostile is a server that is no friend.
type hostile struct {
	serve func(c net.Conn, w *Wire) // answers the request that it has read
	kinds []llmadapter.Kind         // that the error may have; none: it is an answer
	maybe bool                      // an answer is right, too
	fate  llmadapter.Fate           // of an error
	hasty bool                      // the client is to give up
	texts []string                  // that the answer may have
	say   string                    // a part of the error's text
}

// Battery runs all cases, one after the other.
func Battery(t *testing.T, w Wire) {
	t.Helper()
	all := map[string]hostile{}
	for name, h := range heads {
		all[name] = h
	}
	for name, h := range bodies {
		all[name] = h
	}
	for name, stream := range w.Malformed {
		all["stream: "+name] = hostile{serve: streams(stream), kinds: []llmadapter.Kind{llmadapter.Malformed}}
	}
	for name, stream := range w.Odd {
		all["stream: "+name] = hostile{serve: streams(stream)}
	}
	for name, h := range all {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) { h.run(t, &w) })
	}
	t.Run("a-redirect-to-another-host", func(t *testing.T) { redirect(t, &w) })
}

// run has one client meet the server, and then asks once more: a friend answers then.
func (h hostile) run(t *testing.T, w *Wire) {
	leak := goleak.IgnoreCurrent()
	s := start(t, func(n int, c net.Conn) {
		if n == 1 {
			h.serve(c, w)
			return
		}
		streams(w.Begun+w.Ended)(c, w)
	})
	set := Settings{BaseURL: "http://" + s.l.Addr().String() + "/v1", Key: key, Patience: patient, Most: most}
	if h.hasty {
		set.Patience = hasty
	}
	client, end := w.New(t, set)
	request := llmadapter.Request{Messages: []llmadapter.Message{{Role: llmadapter.User, Text: "Who is there?"}},
		Tools: []llmadapter.Tool{{Name: "pass", Doc: "Do nothing.", Schema: []byte(`{"type":"object","properties":{}}`)}}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	reply, err := client.Complete(t.Context(), request)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > allowed {
		t.Errorf("%d bytes were allocated", took)
	}
	h.judge(t, w, reply, err)
	if _, err = client.Complete(t.Context(), request); err != nil && !h.hasty {
		t.Errorf("the next request: %v", err)
	}
	end()
	s.close()
	goleak.VerifyNone(t, leak)
}

// judge looks at what became of the request.
func (h hostile) judge(t *testing.T, w *Wire, reply llmadapter.Reply, err error) {
	t.Helper()
	if strings.Contains(fmt.Sprintf("%+v %+v", reply, err), key) {
		t.Errorf("the key is in %+v, %+v", reply, err)
	}
	if err == nil {
		valid := utf8.ValidString(reply.Text + reply.ID + reply.Model)
		for _, c := range reply.Calls {
			valid = valid && utf8.ValidString(c.Name+c.Arguments)
		}
		if wrong := w.Check(reply); len(h.kinds) > 0 && !h.maybe || wrong != nil || !valid || h.texts != nil && !slices.Contains(h.texts, reply.Text) {
			t.Errorf("answered with %+v: %v", reply, wrong)
		}
		return
	}
	e, ok := errors.AsType[*llmadapter.Error](err)
	switch wrong := w.CheckError(err); {
	case !ok:
		t.Errorf("%T: %v", err, err)
	case wrong != nil || !slices.Contains(h.kinds, e.Kind) || e.Fate != h.fate && h.fate != 0 || !strings.Contains(e.Text, h.say):
		t.Errorf("%+v: %v", e, wrong)
	}
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		if strings.Contains(cause.Error(), key) {
			t.Errorf("the key is in %v", cause)
		}
	}
}

// redirect sends the client to another server, which nobody must ever reach.
func redirect(t *testing.T, w *Wire) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		reached := make(chan struct{}, 10)
		other := start(t, func(int, net.Conn) { reached <- struct{}{} })
		h := hostile{kinds: []llmadapter.Kind{llmadapter.Invalid}, fate: llmadapter.Settled, say: "redirects are not followed", serve: func(c net.Conn, _ *Wire) {
			send(c, fmt.Sprintf("HTTP/1.1 %d Away\r\nLocation: http://%s/v1/%s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status, other.l.Addr(), key))
		}}
		h.run(t, w)
		other.close()
		if len(reached) > 0 || other.accepted() > 0 {
			t.Errorf("%d was followed", status)
		}
	}
}

// server is one that answers every request with a script, and closes the connection after it.
type server struct {
	l     net.Listener
	owned sync.WaitGroup

	mu    sync.Mutex
	n     int // requests
	over  bool
	conns map[net.Conn]bool
	ever  int
}

func start(t *testing.T, serve func(n int, c net.Conn)) *server {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{l: l, conns: map[net.Conn]bool{}}
	s.owned.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.ever++
			if s.conns[c] = true; s.over {
				_ = c.Close()
			}
			s.mu.Unlock()
			s.owned.Go(func() { s.one(c, serve) })
		}
	})
	t.Cleanup(s.close)
	return s
}

// one reads a request of a connection and has it answered.
func (s *server) one(c net.Conn, serve func(n int, c net.Conn)) {
	defer func() {
		_ = c.Close()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	}()
	_ = c.SetDeadline(time.Now().Add(atLongest))
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	s.mu.Lock()
	s.n++
	n := s.n
	s.mu.Unlock()
	serve(n, c)
}

func (s *server) accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ever
}

// close ends all that the server does. It may be called again.
func (s *server) close() {
	_ = s.l.Close()
	s.mu.Lock()
	s.over = true
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.owned.Wait()
}
