package journal

import (
	"iter"
	"time"
)

// Logged is one committed turn as an actor's recovery needs it: what reached it and when. Its number follows from its
// place: every turn is logged.
type Logged[E any] struct {
	Now   time.Duration // logical time
	Event E
}

// History is what outlives the lives of one actor: the number of its last turn, the head of its chain of digests, and
// enough to rebuild it, a snapshot and the events since. The zero value is an actor that has done nothing yet.
//
// Without a store the events are kept in memory, up to a limit. A Keeper's snapshot empties them; an actor that
// outgrows the limit without one can no longer be rebuilt, and Lost says so.
type History[E any] struct {
	n        uint64
	digest   Digest
	log      []Logged[E]
	snapshot []byte
	kept     bool   // there is a snapshot; it may be empty
	at       uint64 // the turn it was taken after
	lost     bool
}

// N is the number of the last committed turn, 0 before the first.
func (h *History[E]) N() uint64 { return h.n }

// Head is the end of the chain.
func (h *History[E]) Head(actor string) Head { return Head{Actor: actor, Digest: h.digest, Count: h.n} }

// Lost says that the recovery log was outgrown: a new life starts empty.
func (h *History[E]) Lost() bool { return h.lost }

// Extend commits the next turn under the digest given. limit is how many events are kept; 0 keeps none, for actors
// without memory. full says that the log is at its limit: time for a snapshot.
func (h *History[E]) Extend(digest Digest, event E, now time.Duration, limit int) (full bool) {
	h.n++
	h.digest = digest
	if limit <= 0 || h.lost {
		return h.lost && limit > 0
	}
	if len(h.log) >= limit {
		h.log, h.lost = nil, true
		return true
	}
	if h.log == nil {
		h.log = make([]Logged[E], 0, min(limit, 16)) // most actors get that far: spares growing in small steps
	}
	h.log = append(h.log, Logged[E]{Now: now, Event: event})
	return len(h.log) >= limit
}

// Keep takes a snapshot of the actor as it is after its last turn. The events before it are no longer needed.
func (h *History[E]) Keep(state []byte) {
	clear(h.log)
	h.log, h.snapshot, h.kept, h.at, h.lost = h.log[:0], state, true, h.n, false
}

// Snapshot is the last one kept. There is none when the log since was lost.
func (h *History[E]) Snapshot() (state []byte, ok bool) {
	if h.lost {
		return nil, false
	}
	return h.snapshot, h.kept
}

// Basis is the last snapshot and the turn it was taken after, also when the log since was lost: with the turns since from
// a journal the actor can be rebuilt all the same. Without a snapshot it is the beginning.
func (h *History[E]) Basis() (n uint64, state []byte, ok bool) { return h.at, h.snapshot, h.kept }

// SnapshotSize is how many bytes the last snapshot takes.
func (h *History[E]) SnapshotSize() int { return len(h.snapshot) }

// Logged is how many events there are since the last snapshot.
func (h *History[E]) Logged() int { return len(h.log) }

// Events are those committed since the last snapshot, by the number of their turn.
func (h *History[E]) Events() iter.Seq2[uint64, Logged[E]] {
	return func(yield func(uint64, Logged[E]) bool) {
		for i, e := range h.log {
			if !yield(h.n-uint64(len(h.log)-1-i), e) {
				return
			}
		}
	}
}

// Restart lets the actor go on without what it remembers: the next life begins empty. Its turns keep their numbers.
func (h *History[E]) Restart() {
	clear(h.log)
	h.log, h.snapshot, h.kept, h.at, h.lost = h.log[:0], nil, false, 0, false
}
