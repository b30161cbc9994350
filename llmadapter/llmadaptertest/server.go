package llmadaptertest

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Server is an endpoint of the OpenAI wire form on loopback that answers as it is told. It works on bare sockets, so
// that it can do what no HTTP server would.
type Server struct {
	listener net.Listener
	answer   func(Seen) Answer
	arrived  chan Seen
	gone     chan Seen
	owned    sync.WaitGroup

	mu          sync.Mutex
	closed      bool
	conns       map[net.Conn]bool
	connections int
	counted     int
	now, most   int
}

// Seen is a request as it arrived.
type Seen struct {
	N      int // 1 for the first
	Method string
	Path   string
	Header http.Header
	Body   []byte
}

// Answer answers a request that has arrived.
type Answer func(*Exchange)

const (
	seenMost = 1 << 10 // requests and hang-ups that wait to be looked at; the rest is not shown
	bodyMost = 16 << 20
	// longest is how long anything the server does may take: it is a test that hangs.
	longest = 2 * time.Minute
)

// NewServer starts a server that ends with the test. answer is called for every request, concurrently; nil: Text("ok.").
func NewServer(t testing.TB, answer func(Seen) Answer) *Server {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if answer == nil {
		answer = func(Seen) Answer { return Text("ok.") }
	}
	s := &Server{listener: l, answer: answer, conns: map[net.Conn]bool{},
		arrived: make(chan Seen, seenMost), gone: make(chan Seen, seenMost)}
	s.owned.Go(s.accept)
	t.Cleanup(s.Close)
	return s
}

// Always answers every request in the same way.
func Always(a Answer) func(Seen) Answer { return func(Seen) Answer { return a } }

// Nobody is the base URL of an endpoint that nobody listens at.
func Nobody(t testing.TB) string {
	t.Helper()
	s := NewServer(t, nil)
	s.Close()
	return s.URL()
}

// URL is the base URL of the endpoint.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() + "/v1" }

// Counted is how many requests have arrived whole, which is what a provider would bill.
func (s *Server) Counted() int { return s.read(&s.counted) }

// Connections is how many were ever made.
func (s *Server) Connections() int { return s.read(&s.connections) }

// Most is how many requests were answered at once, at the highest.
func (s *Server) Most() int { return s.read(&s.most) }

func (s *Server) read(n *int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *n
}

// Arrived gives every request when it has arrived whole, before it is answered.
func (s *Server) Arrived() <-chan Seen { return s.arrived }

// Gone gives every request whose client hung up while its answer was held back; see Exchange.Hold.
func (s *Server) Gone() <-chan Seen { return s.gone }

// Close ends all connections and waits until nothing of the server is left. It may be called again.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.owned.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			_ = conn.Close()
		} else {
			s.conns[conn] = true
			s.connections++
			s.owned.Go(func() { s.serve(conn) })
		}
		s.mu.Unlock()
	}
}

// serve answers the requests of one connection, until an answer ends it.
func (s *Server) serve(conn net.Conn) {
	defer func() {
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
		_ = conn.Close()
	}()
	r := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, err := io.ReadAll(io.LimitReader(req.Body, bodyMost))
		if err != nil {
			return
		}
		x := &Exchange{s: s, conn: conn, r: r, Seen: Seen{Method: req.Method, Path: req.URL.Path, Header: req.Header, Body: body}}
		x.N = s.enter()
		tell(s.arrived, x.Seen)
		_ = conn.SetDeadline(time.Now().Add(longest))
		s.answer(x.Seen)(x)
		s.mu.Lock()
		s.now--
		s.mu.Unlock()
		if x.over || x.err != nil {
			return
		}
	}
}

// enter counts a request.
func (s *Server) enter() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counted++
	s.now++
	s.most = max(s.most, s.now)
	return s.counted
}

func tell(c chan<- Seen, x Seen) {
	select {
	case c <- x:
	default:
	}
}

// Exchange is a request and the connection that its answer goes to.
type Exchange struct {
	Seen
	s       *Server
	conn    net.Conn
	r       *bufio.Reader
	chunked bool
	over    bool  // the connection is to end
	err     error // of writing: the client has gone
}

// Raw sends bytes as they are.
func (x *Exchange) Raw(text string) {
	if x.err == nil && !x.over {
		_, x.err = io.WriteString(x.conn, text)
	}
}

// Close ends the connection in good order, from TCP's point of view.
func (x *Exchange) Close() { x.over = true }

// Reset ends the connection at once: what the client has not read yet is lost.
func (x *Exchange) Reset() {
	if tcp, ok := x.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = x.conn.Close()
	x.over = true
}

// Hold does nothing until the client hangs up, which Server.Gone tells. every: a comment is sent so often; 0: never.
func (x *Exchange) Hold(every time.Duration) {
	defer x.Close()
	end := time.Now().Add(longest)
	for x.err == nil && time.Now().Before(end) {
		until := end
		if every > 0 {
			until = time.Now().Add(every)
		}
		_ = x.conn.SetReadDeadline(until)
		_, err := x.r.ReadByte()
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			if every > 0 {
				x.Send(": keep-alive\n\n")
			}
			continue
		}
		if err != nil {
			break
		}
	}
	tell(x.s.gone, x.Seen)
}
