package journal

import (
	"fmt"
	"testing"
	"time"
)

// logged is what a history would rebuild its actor from: "2:b 3:c".
func logged(h *History[string]) (s string) {
	for n, e := range h.Events() {
		s += fmt.Sprintf("%d:%s@%d ", n, e.Event, e.Now)
	}
	return s
}

// extend commits turns with these events, and says whether the log was full after the last.
func extend(h *History[string], limit int, events ...string) (full bool) {
	for _, e := range events {
		full = h.Extend(Digest{byte(h.N() + 1)}, e, time.Duration(h.N()), limit)
	}
	return full
}

// The zero value is an actor that has done nothing yet.
func TestAHistoryBeginsEmpty(t *testing.T) {
	var h History[string]
	_, kept := h.Snapshot()
	if h.N() != 0 || h.Head("ann") != (Head{Actor: "ann"}) || h.Lost() || kept || logged(&h) != "" {
		t.Errorf("a fresh history is %+v", h)
	}
}

// Every committed turn has its number, is the head of the chain, and is logged.
func TestAHistoryCountsAndLogs(t *testing.T) {
	var h History[string]
	if extend(&h, 4, "a", "b", "c") {
		t.Error("three of four events are not full")
	}
	if got, want := logged(&h), "1:a@0 2:b@1 3:c@2 "; got != want {
		t.Errorf("logged are %q, want %q", got, want)
	}
	if got, want := h.Head("ann"), (Head{Actor: "ann", Digest: Digest{3}, Count: 3}); got != want || h.N() != 3 {
		t.Errorf("the head is %+v, want %+v", got, want)
	}
	for n := range h.Events() {
		if n == 2 {
			break // nothing more is asked for
		}
	}
}

// "[A log], up to a limit. A Keeper's snapshot empties them": the numbers go on.
func TestASnapshotEmptiesTheLog(t *testing.T) {
	var h History[string]
	if !extend(&h, 2, "a", "b") {
		t.Error("two of two events are full")
	}
	h.Keep([]byte("ab"))
	if state, ok := h.Snapshot(); string(state) != "ab" || !ok || logged(&h) != "" {
		t.Errorf("the snapshot is %q %v, logged are %q", state, ok, logged(&h))
	}
	if extend(&h, 2, "c") || logged(&h) != "3:c@2 " || h.N() != 3 {
		t.Errorf("logged are %q", logged(&h))
	}
	h.Keep(nil) // an actor may have nothing to keep
	if state, ok := h.Snapshot(); state != nil || !ok {
		t.Errorf("the snapshot is %q %v", state, ok)
	}
}

// "An actor that outgrows the limit without [a Keeper] can no longer be rebuilt, and Lost says so": until a snapshot.
func TestAnOutgrownLogIsLost(t *testing.T) {
	var h History[string]
	extend(&h, 2, "a", "b")
	h.Keep([]byte("ab"))
	full := extend(&h, 2, "c", "d", "e")
	_, kept := h.Snapshot()
	if !full || !h.Lost() || kept || logged(&h) != "" {
		t.Errorf("full %v, lost %v, kept %v, logged %q", full, h.Lost(), kept, logged(&h))
	}
	if !extend(&h, 2, "f") || !h.Lost() || logged(&h) != "" || h.N() != 6 {
		t.Errorf("it goes on with lost %v, logged %q, n %d; a snapshot is always welcome", h.Lost(), logged(&h), h.N())
	}
	h.Keep([]byte("abcdef"))
	if extend(&h, 2, "g"); h.Lost() || logged(&h) != "7:g@6 " {
		t.Errorf("after a snapshot lost is %v, logged %q", h.Lost(), logged(&h))
	}
}

// "0 keeps none, for actors without memory": that is no loss.
func TestAHistoryWithoutALog(t *testing.T) {
	var h History[string]
	if extend(&h, 0, "a", "b", "c") || h.Lost() || logged(&h) != "" || h.N() != 3 {
		t.Errorf("lost %v, logged %q, n %d", h.Lost(), logged(&h), h.N())
	}
}
