package builtin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Server is a stand-in that listens.
type Server struct {
	cfg     Config // filled
	addr    string
	http    *http.Server
	slots   *slots
	limits  *limits
	seen    *recent
	ledger  ledger
	record  record
	outage  outage
	sharing *sharing // nil: each answer has a rate of its own
	door    *door

	cancel context.CancelFunc // ends every request
	served chan struct{}      // closed when nothing is accepted any more
	open   connections
	close  func() error
}

// Start listens and serves until ctx ends or Close is called. The error names what is wrong with the configuration, or
// the address that cannot be listened on.
func Start(ctx context.Context, c Config) (*Server, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	c = c.filled()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		var where *net.OpError
		if errors.As(err, &where) {
			err = where.Err
		}
		return nil, fmt.Errorf("builtin: address %q: %w", c.Addr, err)
	}
	inner, cancel := context.WithCancel(ctx)
	s := &Server{
		cfg: c, addr: listener.Addr().String(), slots: newSlots(c), limits: newLimits(c, time.Now()),
		seen: newRecent(1 << 16), cancel: cancel, served: make(chan struct{}),
	}
	s.ledger.began, s.record.size = time.Now(), c.Log
	s.sharing, s.door = newSharing(c), newDoor(listener)
	s.open.none = sync.NewCond(&s.open.mu)
	s.http = &http.Server{
		Handler: http.HandlerFunc(s.route), BaseContext: func(net.Listener) context.Context { return inner },
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: log.New(io.Discard, "", 0), ConnState: s.open.note,
	}
	s.close = sync.OnceValue(s.end)
	go func() {
		defer close(s.served)
		_ = s.http.Serve(s.door) // always an error: that it was closed
	}()
	context.AfterFunc(inner, func() { _ = s.close() })
	return s, nil
}

// URL is where clients of the OpenAI wire form find it: http://127.0.0.1:41234/v1.
func (s *Server) URL() string { return "http://" + s.addr + "/v1" }

// Name is the id of the model that it serves.
func (s *Server) Name() string { return s.cfg.Name }

// Close ends every request and every connection at once, and waits for them, 5 s at most. The error says how many are
// left, which only a policy that does not return can cause. It may be called again.
func (s *Server) Close() error { return s.close() }

func (s *Server) end() error {
	s.cancel()
	err := errors.Join(s.http.Close(), s.door.Close())
	<-s.served
	if left := s.open.wait(closeWait); left > 0 {
		return fmt.Errorf("builtin: %d connections have not ended after %v", left, closeWait)
	}
	return err
}

// connections counts those that have a goroutine.
type connections struct {
	mu   sync.Mutex
	none *sync.Cond
	n    int
	all  map[net.Conn]bool
}

// note hears from the HTTP server that a connection begins or ends.
func (c *connections) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		if c.all == nil {
			c.all = map[net.Conn]bool{}
		}
		c.all[conn] = true
		c.n++
	case http.StateClosed, http.StateHijacked:
		delete(c.all, conn)
		if c.n--; c.n == 0 {
			c.none.Broadcast()
		}
	}
}

// cut ends all of them.
func (c *connections) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.all {
		_ = conn.Close()
	}
}

// wait waits until there are none, and gives how many are left.
func (c *connections) wait(limit time.Duration) int {
	late := false
	timer := time.AfterFunc(limit, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		late = true
		c.none.Broadcast()
	})
	defer timer.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.n > 0 && !late {
		c.none.Wait()
	}
	return c.n
}

// writeJSON writes one document, whole.
func writeJSON(w http.ResponseWriter, status int, doc any) {
	text, err := json.Marshal(doc)
	if err != nil { // what is written here has a JSON form
		status, text = http.StatusInternalServerError, []byte(`{"error":{"message":"no JSON form","type":"server_error"}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", fmt.Sprint(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that has gone needs none
}

// shortened is hostile text, fit to be shown in an error.
func shortened(text string) string { return shortenedTo(text, 60) }

// shortenedTo is hostile text of so many letters at most.
func shortenedTo(text string, most int) string {
	text = strings.ToValidUTF8(text, "?")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
