package conformance

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// tap is a transport that shows what goes over it.
type tap struct {
	inner *http.Transport

	mu       sync.Mutex
	typed    string    // content type of the last answer
	onAnswer func()    // called when the head of an answer has come; nil: nothing is
	sockets  []*socket // that were opened
}

func newTap() *tap {
	t := &tap{}
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	t.inner = &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 10 * time.Second, DisableCompression: true,
		// Without HTTP/2: there a call is not its own connection, and nobody can see it end.
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			s := &socket{Conn: conn, closed: make(chan struct{})}
			t.mu.Lock()
			t.sockets = append(t.sockets, s)
			t.mu.Unlock()
			return s, nil
		}}
	return t
}

// RoundTrip passes on.
func (t *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.inner.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	t.typed = resp.Header.Get("Content-Type")
	told := t.onAnswer
	t.mu.Unlock()
	if told != nil {
		told()
	}
	return resp, nil
}

// tell sets what is called when the head of an answer has come.
func (t *tap) tell(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.onAnswer = f
}

// kind is the content type of the last answer.
func (t *tap) kind() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.typed
}

// newest is the socket that was opened last; nil: none was.
func (t *tap) newest() *socket {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.sockets) == 0 {
		return nil
	}
	return t.sockets[len(t.sockets)-1]
}

// socket is a connection whose end can be seen.
type socket struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

// Close ends it.
func (s *socket) Close() error {
	s.once.Do(func() { close(s.closed) })
	return s.Conn.Close()
}
