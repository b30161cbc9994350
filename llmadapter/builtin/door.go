package builtin

import (
	"context"
	"net"
	"sync"
	"time"
)

// reopening is how long it takes until a door whose place is taken is tried again.
const reopening = 20 * time.Millisecond

// door is a listener that can be shut for a time: nobody listens then.
type door struct {
	addr net.Addr

	mu     sync.Mutex
	inner  net.Listener  // nil: it is shut
	opened chan struct{} // closed when it is opened again, or closed for ever
	closed bool
	timer  *time.Timer
}

func newDoor(l net.Listener) *door { return &door{addr: l.Addr(), inner: l} }

// Accept waits for a connection, also while it is shut.
func (d *door) Accept() (net.Conn, error) {
	for {
		d.mu.Lock()
		inner, opened := d.inner, d.opened
		if d.closed {
			d.mu.Unlock()
			return nil, net.ErrClosed
		}
		d.mu.Unlock()
		if inner == nil {
			<-opened
			continue
		}
		conn, err := inner.Accept()
		if err == nil || d.is(inner) { // what came through just before is ended by whoever shut it, or by route
			return conn, err
		}
	}
}

// is says whether it is still open as it was.
func (d *door) is(inner net.Listener) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.inner == inner
}

// isShut says whether nobody is let in at the moment.
func (d *door) isShut() bool { return d.is(nil) }

// shut lets nobody in for so long. Shut already, it stays so for as long from now.
func (d *door) shut(long time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	if d.inner != nil {
		_ = d.inner.Close()
		d.inner, d.opened = nil, make(chan struct{})
	} else {
		d.timer.Stop()
	}
	d.timer = time.AfterFunc(long, d.open)
}

// open opens it in the same place. If that is taken meanwhile it tries again.
func (d *door) open() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.inner != nil {
		return
	}
	inner, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", d.addr.String())
	if err != nil {
		d.timer = time.AfterFunc(reopening, d.open)
		return
	}
	d.inner = inner
	close(d.opened)
}

// Close shuts it for ever.
func (d *door) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	if d.inner != nil {
		return d.inner.Close()
	}
	d.timer.Stop()
	close(d.opened)
	return nil
}

// Addr is where it is, also while it is shut.
func (d *door) Addr() net.Addr { return d.addr }
