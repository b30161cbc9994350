package journal

import (
	"bytes"
	"fmt"
	"strings"
)

// Retrace is the other end of a Recorder whose turns are done again: each must be the one recorded.
type Retrace struct {
	Next *Entry // what the next turn committed must be
}

// Differs says that a turn, done again, is not the turn recorded. Recorded and Again are the values of What: of an
// event or of effects, the first part in which they differ.
type Differs struct {
	Actor           string
	N               uint64
	What            string // "effects", "event", "kind", …
	Recorded, Again string
}

// Error names the turn and the difference.
func (d *Differs) Error() string {
	return fmt.Sprintf("%s turn %d: other %s: recorded %s, now %s", d.Actor, d.N, d.What, d.Recorded, d.Again)
}

// check compares a turn with the one recorded, and gives its digest.
func (r *Retrace) check(d *Entry, prev Digest) (Digest, error) {
	e := r.Next
	differs := func(what string, recorded, again any) (Digest, error) {
		return Digest{}, &Differs{Actor: e.Actor, N: e.N, What: what, Recorded: fmt.Sprint(recorded), Again: fmt.Sprint(again)}
	}
	switch {
	case d.Actor != e.Actor || d.N != e.N:
		return differs("place", fmt.Sprintf("%s %d", e.Actor, e.N), fmt.Sprintf("%s %d", d.Actor, d.N))
	case d.Kind != e.Kind:
		return differs("kind", e.Kind, d.Kind)
	case d.Logical != e.Logical:
		return differs("time", e.Logical, d.Logical)
	case d.Cause != e.Cause:
		return differs("cause", e.Cause, d.Cause)
	case !bytes.Equal(d.Payload, e.Payload):
		return Digest{}, Parting(e, "event", e.Payload, d.Payload)
	case !bytes.Equal(d.Effects, e.Effects):
		return Digest{}, Parting(e, "effects", e.Effects, d.Effects)
	}
	if e.Digest != e.Sum(prev) {
		return Digest{}, &Broken{Actor: e.Actor, N: e.N, Fault: ErrAltered}
	}
	return e.Digest, nil
}

// Parting says where what was recorded of a turn and what it is when it is done again part.
func Parting(e *Entry, what string, recorded, again []byte) *Differs {
	const before, shown = 40, 120
	at := 0
	for at < len(recorded) && at < len(again) && recorded[at] == again[at] {
		at++
	}
	part := func(b []byte) string {
		text := string(b[max(0, at-before):min(len(b), at+shown)])
		return strings.ToValidUTF8(text, "\ufffd")
	}
	return &Differs{Actor: e.Actor, N: e.N, What: what, Recorded: part(recorded), Again: part(again)}
}

// ReadPayload reads what AppendPayload wrote: a registered payload, or null. It does not ask whether the value writes
// the same again: the caller compares the whole of which it is a part.
func ReadPayload(text []byte) (any, error) {
	if string(text) == "null" {
		return nil, nil
	}
	var name string
	rest, ok := bytes.CutPrefix(text, []byte(`{"type":"`))
	end := bytes.IndexByte(rest, '"')
	if !ok || end < 0 || bytes.IndexByte(rest[:end], '\\') >= 0 {
		return nil, fmt.Errorf("journal: payload %.80q; accepted is {\"type\":NAME,\"value\":…}", text)
	}
	name, rest = string(rest[:end]), rest[end+1:]
	value, ok := bytes.CutPrefix(rest, []byte(`,"value":`))
	if !ok || len(value) == 0 || value[len(value)-1] != '}' {
		return nil, fmt.Errorf("journal: payload %.80q; accepted is {\"type\":NAME,\"value\":…}", text)
	}
	var p payload
	if now := registered.Load(); now != nil {
		p = now.payloads[name]
	}
	if p.read == nil {
		return nil, fmt.Errorf("%w %q", ErrUnknownPayload, name)
	}
	v, err := p.read(value[:len(value)-1])
	if err != nil {
		return nil, fmt.Errorf("journal: payload %q: %w", name, err)
	}
	return v, nil
}
