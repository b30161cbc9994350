package socket

import (
	"bytes"
	"sync"
)

// buffers are those that requests are written into.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled is how many bytes memory may have that is kept for another call.
const maxPooled = 64 << 10

// NewBuffer gives an empty buffer to write a request into. Attempt.Send gives it back, else Release does.
func NewBuffer() *bytes.Buffer { return buffers.Get().(*bytes.Buffer) }

// Release gives a buffer back that nobody reads any more.
func Release(b *bytes.Buffer) {
	if b.Cap() <= maxPooled {
		b.Reset()
		buffers.Put(b)
	}
}
