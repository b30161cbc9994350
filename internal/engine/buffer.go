package engine

import "sync"

// Large buffers are shared: an actor that had a burst gives them back when it is idle.
const (
	largeBuffer = 1 << 11
	hugeBuffer  = 1 << 14
)

var (
	large = sync.Pool{New: func() any { return new([largeBuffer]item) }}
	huge  = sync.Pool{New: func() any { return new([hugeBuffer]item) }}
)

// grow makes room in a full buffer.
func grow(old []item) []item {
	var b []item
	switch n := len(old); {
	case n < keepBuffer:
		b = make([]item, n, min(max(4, 2*n), keepBuffer))
	case n < largeBuffer:
		b = large.Get().(*[largeBuffer]item)[:n]
	case n < hugeBuffer:
		b = huge.Get().(*[hugeBuffer]item)[:n]
	default:
		b = make([]item, n, 2*n)
	}
	copy(b, old)
	release(old)
	return b
}

// release gives a large buffer back.
func release(b []item) {
	switch cap(b) {
	case largeBuffer:
		clear(b)
		large.Put((*[largeBuffer]item)(b[:largeBuffer]))
	case hugeBuffer:
		clear(b)
		huge.Put((*[hugeBuffer]item)(b[:hugeBuffer]))
	}
}
