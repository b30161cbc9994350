package journal

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// "The zero Recorder records nothing"; a store implies digests; the log is 64 events.
func TestWhatARecorderDoes(t *testing.T) {
	for _, tc := range []struct {
		r      Recorder
		writes bool
		limit  int
	}{
		{Recorder{}, false, 64},
		{Recorder{Digest: true, Log: 3}, true, 3},
		{Recorder{Store: NewMemory(), Log: -1}, true, 64},
	} {
		if tc.r.Writes() != tc.writes || tc.r.Limit() != tc.limit {
			t.Errorf("%+v writes %v, keeps %d; want %v, %d", tc.r, tc.r.Writes(), tc.r.Limit(), tc.writes, tc.limit)
		}
	}
}

// text appends what it says, and fails if that is nothing.
func text(s string) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		if s == "" {
			return b, errors.New("nothing to write")
		}
		return append(b, s...), nil
	}
}

// record commits a turn with these effects.
func record(t *testing.T, r *Recorder, n uint64, prev Digest, event string, effects ...string) (Digest, error) {
	t.Helper()
	d := NewDraft("ann", n, "percept", time.Duration(n)*time.Second, n/2, Cause{Actor: "world", N: n, Index: 3})
	if err := d.Event(text(event)); err != nil {
		t.Fatal(err)
	}
	for _, e := range effects {
		if err := d.Effect(text(e)); err != nil {
			t.Fatal(err)
		}
	}
	return r.Commit(d, prev)
}

// A committed draft is the entry that a journal has: its digest is chained to the one before, with a store and without.
func TestADraftBecomesAnEntry(t *testing.T) {
	store := NewMemory()
	var prev [2]Digest
	for n, effects := range [][]string{nil, {`{"act":1}`}, {`{"act":1}`, `{"act":2}`, `{}`}} {
		want := Entry{Actor: "ann", N: uint64(n + 1), Kind: "percept", Logical: time.Duration(n+1) * time.Second,
			Cause: Cause{"world", uint64(n + 1), 3}, Payload: []byte(`{"round":1}`), Effects: []byte("[" + strings.Join(effects, ",") + "]")}
		sum := want.Sum(prev[0])
		for i, r := range []*Recorder{{Store: store}, {Digest: true}} {
			got, err := record(t, r, uint64(n+1), prev[i], `{"round":1}`, effects...)
			if err != nil || got != sum {
				t.Fatalf("turn %d has digest %v, %v; want %v", n+1, got, err, sum)
			}
			prev[i] = got
		}
	}
	n := 0
	for e, err := range store.Turns(context.Background(), "ann", 0) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; e.N != uint64(n) || e.Wall.IsZero() || string(e.Payload) != `{"round":1}` {
			t.Errorf("the store has %+v", e)
		}
	}
	if n != 3 {
		t.Errorf("the store has %d turns", n)
	}
}

// What cannot be written, and what the store refuses, is an error.
func TestARecorderSaysWhatFails(t *testing.T) {
	d := NewDraft("ann", 1, "percept", 0, 0, Cause{})
	if d.Event(text("")) == nil || d.Effect(text("")) == nil {
		t.Error("what cannot be written is written")
	}
	store := NewMemory()
	_, err := record(t, &Recorder{Store: store}, 2, Digest{}, "null")
	if !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "turn 2 of ann") {
		t.Errorf("a turn that leaves a gap gives %v", err)
	}
}

// A draft's buffers are used again: nothing of the turn before is in the next, nor does it change what the store has.
func TestDraftsAreUsedAgain(t *testing.T) {
	store := NewMemory()
	r := &Recorder{Store: store}
	prev, err := record(t, r, 1, Digest{}, `{"long":"`+strings.Repeat("x", 100)+`"}`, `{"act":1}`, `{"act":2}`)
	if err != nil {
		t.Fatal(err)
	}
	for n := uint64(2); n < 10; n++ {
		if prev, err = record(t, r, n, prev, "null"); err != nil {
			t.Fatal(err)
		}
	}
	for e, err := range store.Turns(context.Background(), "ann", 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.N == 1 && (len(e.Payload) != 111 || string(e.Effects) != `[{"act":1},{"act":2}]`) || e.N > 1 && string(e.Payload)+string(e.Effects) != "null[]" {
			t.Errorf("turn %d has %s and %s", e.N, e.Payload, e.Effects)
		}
	}
}
