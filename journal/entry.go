package journal

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"
)

// Cause names the effect that made an event: the actor, its turn and the effect's index in that turn. The zero Cause
// is that of an event no actor made, such as Started.
type Cause struct {
	Actor string `json:"actor"`
	N     uint64 `json:"n"`
	Index int    `json:"index"`
}

// Entry is one committed turn. Actor and N identify it. Step, Wall and Position are outside the digest: they say where
// a recovery finds the turn, and when it was written down, not what happened.
type Entry struct {
	Actor    string          `json:"actor"`
	N        uint64          `json:"n"`       // 1, 2, 3, … per actor, without a gap
	Kind     string          `json:"kind"`    // of the event: started, percept, outcome, message, …
	Logical  time.Duration   `json:"logical"` // logical time
	Step     uint64          `json:"step"`    // of the world's steps, the one in which the turn was; 0: before the first, or none
	Wall     time.Time       `json:"wall"`
	Cause    Cause           `json:"cause"`
	Payload  json.RawMessage `json:"payload"` // canonical JSON of the event
	Effects  json.RawMessage `json:"effects"` // canonical JSON array of the effects
	Digest   Digest          `json:"digest"`  // Sum of the digest of the actor's entry before
	Position Position        `json:"-"`       // where the store committed it; given by reading, ignored by Append
}

// ErrMalformed is wrapped by the error of an entry that no store can keep, see Entry.Validate.
var ErrMalformed = errors.New("journal: malformed entry")

// Validate returns an error that wraps ErrMalformed when no store could keep the entry and give it back as it was:
// actor and kind must be non-empty UTF-8, payload and effects present. It is cheap and does not look into the JSON;
// stores call it before they write.
func (e *Entry) Validate() error {
	switch {
	case e.Actor == "" || !utf8.ValidString(e.Actor) || !utf8.ValidString(e.Cause.Actor):
		return fmt.Errorf("%w: turn %d of actor %q, caused by %q: names are non-empty UTF-8", ErrMalformed, e.N, e.Actor, e.Cause.Actor)
	case e.Kind == "" || !utf8.ValidString(e.Kind):
		return fmt.Errorf("%w: turn %d of %q: kind %q", ErrMalformed, e.N, e.Actor, e.Kind)
	case len(e.Payload) == 0:
		return fmt.Errorf("%w: turn %d of %q has no payload (an event without content is null)", ErrMalformed, e.N, e.Actor)
	case len(e.Effects) == 0 || e.Effects[0] != '[':
		return fmt.Errorf("%w: turn %d of %q: its effects are no array (none is [])", ErrMalformed, e.N, e.Actor)
	}
	return nil
}

// Sum returns the digest the entry must carry when prev is the digest of its actor's entry before (the zero Digest
// for the first): SHA-256 of prev's 32 bytes followed by the canonical JSON of
//
//	{"actor":…,"cause":{"actor":…,"index":…,"n":…},"effects":[…],"kind":…,"logical":…,"n":…,"payload":…}
//
// with logical in nanoseconds. Payload and Effects are taken as they are: they are canonical already. Absent they
// count as null and []. Sum does not look at Digest.
func (e *Entry) Sum(prev Digest) Digest {
	scratch := sumScratch.Get().(*[]byte)
	b := append((*scratch)[:0], prev[:]...)
	b = e.appendHashed(b)
	sum := sha256.Sum256(b)
	if cap(b) <= keepScratch {
		*scratch = b
		sumScratch.Put(scratch)
	}
	return sum
}

// keepScratch is the largest buffer, in bytes, that goes back into a pool: one huge payload must not stay for ever.
const keepScratch = 64 << 10

var sumScratch = sync.Pool{New: func() any {
	b := make([]byte, 0, 1024)
	return &b
}}

// appendHashed appends the JSON that the digest covers.
func (e *Entry) appendHashed(b []byte) []byte {
	b = append(b, `{"actor":`...)
	b, _ = appendString(b, e.Actor)
	b = append(b, `,"cause":{"actor":`...)
	b, _ = appendString(b, e.Cause.Actor)
	b = append(b, `,"index":`...)
	b = strconv.AppendInt(b, int64(e.Cause.Index), 10)
	b = append(b, `,"n":`...)
	b = strconv.AppendUint(b, e.Cause.N, 10)
	b = append(b, `},"effects":`...)
	b = appendOr(b, e.Effects, "[]")
	b = append(b, `,"kind":`...)
	b, _ = appendString(b, e.Kind)
	b = append(b, `,"logical":`...)
	b = strconv.AppendInt(b, int64(e.Logical), 10)
	b = append(b, `,"n":`...)
	b = strconv.AppendUint(b, e.N, 10)
	b = append(b, `,"payload":`...)
	b = appendOr(b, e.Payload, "null")
	return append(b, '}')
}

func appendOr(b []byte, raw json.RawMessage, absent string) []byte {
	if len(raw) == 0 {
		return append(b, absent...)
	}
	return append(b, raw...)
}
