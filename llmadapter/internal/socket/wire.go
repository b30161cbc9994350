package socket

import (
	"context"
	"errors"
	"math"
	"net"
	"sync/atomic"
)

// wire is a connection that knows whether anything was written to it, and that can be told to write nothing more. So it is
// known for sure when nothing of a request has left, whatever the transport makes of the connection's end.
type wire struct {
	net.Conn
	writes atomic.Int64 // that began, but for those that failed without a byte; far below 0 once it is sealed
	ended  func() bool  // whether the other side has closed it, as far as the system knows; nil: it cannot be asked
}

// sealed is what is added to the writes of a wire that takes no more.
const sealed = math.MinInt64 / 2

var errSealed = errors.New("the other side has closed the connection")

// wired makes wires of what a dialer connects.
func wired(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &wire{Conn: conn, ended: endedBy(conn)}, nil
	}
}

// Write counts before it writes: a write that seal does not see finds that it is sealed.
func (w *wire) Write(p []byte) (int, error) {
	if w.writes.Add(1) < 0 {
		w.writes.Add(-1)
		return 0, errSealed
	}
	n, err := w.Conn.Write(p)
	if n == 0 && err != nil {
		w.writes.Add(-1)
	}
	return n, err
}

// seal lets no write begin any more, and gives how many did.
func (w *wire) seal() int64 {
	for {
		n := w.writes.Load()
		if n < 0 {
			return n - sealed
		}
		if w.writes.CompareAndSwap(n, n+sealed) {
			return n
		}
	}
}

// wireOf finds the wire below a connection, which may be one of TLS, or of TLS in TLS; nil: there is none.
func wireOf(conn net.Conn) *wire {
	for conn != nil {
		if w, ok := conn.(*wire); ok {
			return w
		}
		above, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			return nil
		}
		conn = above.NetConn()
	}
	return nil
}
