package journal

import (
	"fmt"
	"testing"
)

// However causes follow each other, each entry keeps its own.
func TestMemoryKeepsCauses(t *testing.T) {
	m := NewMemory()
	causes := []string{"x", "y", "x", "z", "x", "y", "", "x", "x", "a", "z"}
	for i, by := range causes {
		e := Entry{Actor: "a", N: uint64(i + 1), Kind: fmt.Sprint("k", i%3), Cause: Cause{Actor: by, N: 7, Index: -1}, Payload: []byte("null"), Effects: []byte("[]")}
		if err := m.Append(t.Context(), []Entry{e}); err != nil {
			t.Fatal(err)
		}
	}
	i := 0
	for e, err := range m.Read(t.Context(), 0) {
		if err != nil || e.Cause != (Cause{causes[i], 7, -1}) || e.Kind != fmt.Sprint("k", i%3) {
			t.Errorf("entry %d: %+v, %v", i, e, err)
		}
		if _ = append(e.Payload, "overflow"...); string(e.Effects) != "[]" { // they belong to the caller, each by itself
			t.Errorf("the effects have become %s", e.Effects)
		}
		i++
	}
	if i != len(causes) {
		t.Errorf("%d entries", i)
	}
}
