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
	cfg    Config // filled
	addr   string
	http   *http.Server
	slots  *slots
	limits *limits
	seen   *recent
	ledger ledger

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
		cfg: c, addr: listener.Addr().String(), slots: newSlots(c), limits: newLimits(c.RPM, c.TPM, time.Now()),
		seen: newRecent(1 << 16), cancel: cancel, served: make(chan struct{}),
	}
	s.ledger.began = time.Now()
	s.open.none = sync.NewCond(&s.open.mu)
	s.http = &http.Server{
		Handler: http.HandlerFunc(s.route), BaseContext: func(net.Listener) context.Context { return inner },
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: log.New(io.Discard, "", 0), ConnState: s.open.note,
	}
	s.close = sync.OnceValue(s.end)
	go func() {
		defer close(s.served)
		_ = s.http.Serve(listener) // always an error: that it was closed
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
	err := s.http.Close()
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
}

// note hears from the HTTP server that a connection begins or ends.
func (c *connections) note(_ net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.n++
	case http.StateClosed, http.StateHijacked:
		if c.n--; c.n == 0 {
			c.none.Broadcast()
		}
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

// route finds what is asked for. Everything says that it comes from a stand-in.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Polis-Stand-In", "true")
	path, model := r.URL.Path, ""
	if name, ok := strings.CutPrefix(path, "/v1/models/"); ok {
		path, model = "/v1/models", name
	}
	allowed := http.MethodGet
	switch {
	case path == "/v1/chat/completions":
		allowed = http.MethodPost
	case path != "/v1/models" && path != "/counts":
		unknownPath(r.URL.Path).write(w)
		return
	}
	if r.Method != allowed && (allowed != http.MethodGet || r.Method != http.MethodHead) {
		w.Header().Set("Allow", allowed)
		(&problem{status: http.StatusMethodNotAllowed, code: "method_not_allowed", text: fmt.Sprintf("method %s; accepted is %s", shortened(r.Method), allowed)}).write(w)
		return
	}
	switch {
	case allowed == http.MethodPost:
		s.chat(w, r)
	case path == "/counts":
		writeJSON(w, http.StatusOK, s.Counts())
	case model != "" && model != s.cfg.Name:
		s.unknownModel(model).write(w)
	case model != "":
		writeJSON(w, http.StatusOK, s.model())
	default:
		writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": []any{s.model()}})
	}
}

func (s *Server) model() any {
	return map[string]any{"id": s.cfg.Name, "object": "model", "created": created, "owned_by": "polis stand-in, no language model"}
}

func (s *Server) unknownModel(name string) *problem {
	return &problem{status: http.StatusNotFound, code: "model_not_found", param: "model",
		text: fmt.Sprintf("model %q is not served by this stand-in; accepted is %q", shortened(name), s.cfg.Name)}
}

func unknownPath(path string) *problem {
	return &problem{status: http.StatusNotFound, code: "not_found",
		text: fmt.Sprintf("path %q; accepted are /v1/chat/completions, /v1/models and /counts", shortened(path))}
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
func shortened(text string) string {
	const most = 60
	text = strings.ToValidUTF8(text, "?")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
