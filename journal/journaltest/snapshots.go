package journaltest

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/polis-agents/polis/journal"
)

func testSnapshots(t *testing.T, s journal.Store) {
	ctx := t.Context()
	appendAll(t, s, newScript().turns(40, "a", "b")...)
	big := bytes.Repeat([]byte{0, 0xff, 'x'}, 100_000)
	for _, save := range []struct {
		actor string
		n     uint64
		state []byte
	}{{"a", 5, []byte("five")}, {"a", 10, []byte("wrong")}, {"a", 20, big}, {"a", 10, []byte("ten")}, {"b", 7, nil}} {
		if err := s.SaveSnapshot(ctx, save.actor, save.n, save.state); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		actor   string
		upTo, n uint64
		state   []byte
	}{
		{"a", 0, 0, nil}, {"a", 4, 0, nil}, {"a", 5, 5, []byte("five")}, {"a", 9, 5, []byte("five")}, {"a", 10, 10, []byte("ten")},
		{"a", 19, 10, []byte("ten")}, {"a", 20, 20, big}, {"a", math.MaxInt64, 20, big}, {"a", math.MaxUint64, 20, big},
		{"b", 6, 0, nil}, {"b", 7, 7, nil}, {"c", 7, 0, nil},
	} {
		n, state, err := s.LoadSnapshot(ctx, c.actor, c.upTo)
		if n != c.n || !bytes.Equal(state, c.state) || err != nil {
			t.Errorf("%s up to %d: got %d, %.20q, %v; want %d, %.20q", c.actor, c.upTo, n, state, err, c.n, c.state)
		}
	}
}

func testSnapshotConflict(t *testing.T, s journal.Store) {
	appendAll(t, s, newScript().turns(3, "a")...)
	for _, c := range []journal.Conflict{{Actor: "a", Expected: 3, Got: 4}, {Actor: "a", Expected: 3, Got: 0}, {Actor: "b", Expected: 0, Got: 1}} {
		err := s.SaveSnapshot(t.Context(), c.Actor, c.Got, []byte("x"))
		var conflict *journal.Conflict
		if !errors.As(err, &conflict) || *conflict != c {
			t.Errorf("got %v, want %v", err, &c)
		}
		if n, _, err := s.LoadSnapshot(t.Context(), c.Actor, math.MaxInt64); n != 0 || err != nil {
			t.Errorf("a snapshot of turn %d of %q was kept: %d, %v", c.Got, c.Actor, n, err)
		}
	}
}
