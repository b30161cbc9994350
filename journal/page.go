package journal

import (
	"encoding/binary"
	"math"
	"time"
)

// page holds some entries of a Memory, one after the other: a stub of fixed size each, then payload and effects.
type page struct {
	first  Position // of its first entry
	bytes  []byte
	starts []uint32 // of each entry, in bytes
}

// place is where an entry is: the page, from 1, and which of its entries, from 0. The zero place is none.
type place struct{ page, slot uint32 }

// stub is what stands for an entry beside its content, see page.put for where.
type stub struct {
	actor, kind, cause uint32 // by number
	before             place  // of the actor's turn before
}

const (
	stubSize  = 112
	pageSize  = 256 << 10 // bytes, once there are many; the first ones are smaller
	pageSlots = 1 << 10
)

// newPage makes the i-th page, from 0, with room for at least so many bytes.
func newPage(first Position, i, least int) *page {
	shrink := max(0, 5-i)
	return &page{first: first, bytes: make([]byte, 0, max(least, pageSize>>shrink)), starts: make([]uint32, 0, pageSlots>>shrink)}
}

func (p *page) fits(size int) bool {
	return cap(p.bytes)-len(p.bytes) >= size && len(p.starts) < cap(p.starts)
}

// put writes an entry into the page, for which there is room, and says where it is.
func (p *page) put(e *Entry, r *stub, number uint32) place {
	start := len(p.bytes)
	b := p.bytes[: start+stubSize+len(e.Payload)+len(e.Effects) : cap(p.bytes)]
	at := place{number, uint32(len(p.starts))}
	p.bytes, p.starts = b, append(p.starts, uint32(start))
	b = b[start:]
	put32, put64 := binary.LittleEndian.PutUint32, binary.LittleEndian.PutUint64
	head := b[:stubSize]
	put32(head[0:], r.actor)
	put32(head[4:], r.kind)
	put32(head[8:], r.cause)
	put32(head[12:], uint32(len(e.Payload)))
	put64(head[16:], e.N)
	put64(head[24:], uint64(e.Logical))
	put64(head[32:], e.Step)
	put64(head[40:], nanoseconds(e.Wall))
	put64(head[48:], e.Cause.N)
	put64(head[56:], uint64(e.Cause.Index))
	put32(head[64:], uint32(len(e.Effects)))
	put32(head[68:], r.before.page)
	put32(head[72:], r.before.slot)
	copy(head[80:stubSize], e.Digest[:])
	copy(b[stubSize:], e.Payload)
	copy(b[stubSize+len(e.Payload):], e.Effects)
	return at
}

// stub reads what stands for an entry.
func (p *page) stub(slot uint32) stub {
	get := binary.LittleEndian.Uint32
	b := p.bytes[p.starts[slot]:]
	return stub{actor: get(b), kind: get(b[4:]), cause: get(b[8:]), before: place{get(b[68:]), get(b[72:])}}
}

// entry reads a copy, but for the names, which the stub has by number.
func (p *page) entry(slot uint32) (Entry, stub) {
	get32, get64 := binary.LittleEndian.Uint32, binary.LittleEndian.Uint64
	b := p.bytes[p.starts[slot]:]
	payload, effects := int(get32(b[12:])), int(get32(b[64:]))
	content := append([]byte(nil), b[stubSize:stubSize+payload+effects]...)
	e := Entry{
		N: get64(b[16:]), Logical: time.Duration(get64(b[24:])), Step: get64(b[32:]), Wall: wallTime(get64(b[40:])),
		Cause:    Cause{N: get64(b[48:]), Index: int(get64(b[56:]))},
		Payload:  content[:payload:payload],
		Effects:  content[payload:],
		Digest:   Digest(b[80:stubSize]),
		Position: p.first + Position(slot),
	}
	return e, p.stub(slot)
}

// never stands for a time that is not known.
const never = math.MaxUint64

// nanoseconds since 1970 of a wall time.
func nanoseconds(t time.Time) uint64 {
	if t.IsZero() {
		return never
	}
	return uint64(t.UnixNano())
}

// wallTime is the way back.
func wallTime(n uint64) time.Time {
	if n == never {
		return time.Time{}
	}
	return time.Unix(0, int64(n)).UTC()
}
