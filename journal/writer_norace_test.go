//go:build !race

package journal

import (
	"context"
	"strings"
	"testing"
)

// nowhere is a store that keeps nothing.
type nowhere struct{ Store }

func (nowhere) Append(context.Context, []Entry) error { return nil }

// A turn on its way to the store costs no memory of its own, a batch only what its deadline needs: buffers are used again.
func TestTurnsUseBuffersAgain(t *testing.T) {
	r := NewRecorder(nowhere{}, Options{Turns: 1000})
	n := uint64(0)
	payload := []byte(`{"a":"` + strings.Repeat("x", 200) + `"}`)
	write := func(b []byte) ([]byte, error) { return append(b, payload...), nil }
	const times = 20
	var batches int64
	allocs := testing.AllocsPerRun(times, func() {
		if n == 1000 { // that was the warming up
			batches = r.Writer.Kept().Batches
		}
		for range 1000 {
			n++
			d := NewDraft("a", n, "percept", 0, 0, Cause{})
			_ = d.Event(write)
			_ = d.Effect(write)
			if _, err := r.Commit(d, Digest{}); err != nil {
				t.Error(err)
			}
		}
		if err := r.Writer.Settle(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if batches = (r.Writer.Kept().Batches - batches) / times; allocs > float64(20*batches+50) {
		t.Errorf("1,000 turns in %d batches make %v allocations", batches, allocs)
	}
	closed(t, r.Writer)
}
