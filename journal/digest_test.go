package journal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/journal"
)

// kate is the example of docs/journal.md: two turns of one agent, their bytes and digests worked out by hand.
func kate() []journal.Entry {
	return []journal.Entry{{
		Actor: "agents/kate", N: 1, Kind: "started", Payload: []byte(`null`), Effects: []byte(`[]`),
	}, {
		Actor: "agents/kate", N: 2, Kind: "percept", Logical: 1500 * time.Millisecond,
		Cause:   journal.Cause{Actor: "world", N: 12, Index: 3},
		Payload: []byte(`{"note":"<ü>","stock":62.5}`),
		Effects: []byte(`[{"act":"harvest","args":{"tons":10}}]`),
	}}
}

const (
	kateHashed1 = `{"actor":"agents/kate","cause":{"actor":"","index":0,"n":0},"effects":[],"kind":"started","logical":0,"n":1,"payload":null}`
	kateHashed2 = `{"actor":"agents/kate","cause":{"actor":"world","index":3,"n":12},"effects":[{"act":"harvest","args":{"tons":10}}],"kind":"percept","logical":1500000000,"n":2,"payload":{"note":"<ü>","stock":62.5}}`
	kateDigest1 = "d80ab198b28203b928a24ab4cc825ffd7baa424fcb9be4d396a5c2cc44418163"
	kateDigest2 = "41db4936de50a4f6869b6e8c85197459475e2836266ca3028714537b2a61d592"
	kateRun     = "0b79c9ebafa79ea0d32d47e14ab6eda1dfcb6d5ba986eecce22e14a4518c6029"
)

// TestSumGolden: a digest is SHA-256 of the former digest and the turn's canonical JSON, as written out here.
func TestSumGolden(t *testing.T) {
	var prev journal.Digest
	for i, want := range []struct{ hashed, digest string }{{kateHashed1, kateDigest1}, {kateHashed2, kateDigest2}} {
		if canonical, err := journal.Normalize(nil, []byte(want.hashed)); err != nil || string(canonical) != want.hashed {
			t.Fatalf("what is hashed is not canonical: %s, %v", canonical, err)
		}
		e := kate()[i]
		got := e.Sum(prev)
		if byHand := sha256.Sum256(append(prev[:], want.hashed...)); got != byHand {
			t.Errorf("turn %d: got %s, by hand %x", i+1, got, byHand)
		}
		if got.String() != want.digest {
			t.Errorf("turn %d: got %s, the documentation says %s", i+1, got, want.digest)
		}
		prev = got
	}
}

// TestDocumentHasTheGolden: docs/journal.md shows these very bytes, digests and run hash.
func TestDocumentHasTheGolden(t *testing.T) {
	doc, err := os.ReadFile("../docs/journal.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{kateHashed1, kateHashed2, kateDigest1, kateDigest2, kateRun} {
		if !bytes.Contains(doc, []byte(s)) {
			t.Errorf("not in docs/journal.md: %s", s)
		}
	}
}

// TestSumCovers: every field that matters changes the digest; step, wall time, position and the digest itself do not.
func TestSumCovers(t *testing.T) {
	outside := map[string]bool{"Step": true, "Wall": true, "Position": true, "Digest": true}
	var prev journal.Digest
	entry := kate()[1]
	want := entry.Sum(prev)
	change := func(name string, v reflect.Value) {
		old := reflect.ValueOf(v.Interface())
		switch v.Interface().(type) {
		case string:
			v.SetString(v.String() + "x")
		case json.RawMessage:
			v.SetBytes([]byte(`[7]`))
		case time.Time:
			v.Set(reflect.ValueOf(time.Unix(1, 0)))
		case journal.Digest:
			v.Set(reflect.ValueOf(journal.Digest{1}))
		default:
			if v.CanInt() {
				v.SetInt(v.Int() + 1)
			} else {
				v.SetUint(v.Uint() + 1)
			}
		}
		if changed := entry.Sum(prev) != want; changed == outside[name] {
			t.Errorf("%s: changes the digest: %v", name, changed)
		}
		v.Set(old)
	}
	v := reflect.ValueOf(&entry).Elem()
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; name != "Cause" {
			change(name, v.Field(i))
		}
	}
	for i := range 3 {
		change("Cause", v.FieldByName("Cause").Field(i))
	}
	if entry.Sum(journal.Digest{1}) == want {
		t.Error("the former digest does not matter")
	}
}

// TestSumTakesAbsentForEmpty: without payload and effects the sum is that of null and [].
func TestSumTakesAbsentForEmpty(t *testing.T) {
	e := kate()[0]
	want := e.Sum(journal.Digest{})
	e.Payload, e.Effects = nil, nil
	if e.Sum(journal.Digest{}) != want {
		t.Error("it is not")
	}
}

// TestSumDoesNotAllocate: the sum is taken once per turn of every agent.
func TestSumDoesNotAllocate(t *testing.T) {
	e := kate()[1]
	var d journal.Digest
	if n := testing.AllocsPerRun(1000, func() { d = e.Sum(d) }); n >= 1 {
		t.Errorf("%v allocations", n)
	}
}

// TestSumOfAHugePayload: a payload beyond the pooled buffers is summed as any other.
func TestSumOfAHugePayload(t *testing.T) {
	e := kate()[0]
	e.Payload = []byte(`"` + strings.Repeat("x", 5<<20) + `"`)
	by := strings.Replace(kateHashed1, "null", string(e.Payload), 1)
	for range 2 {
		if got := e.Sum(journal.Digest{}); got != sha256.Sum256(append(make([]byte, 32), by...)) {
			t.Errorf("got %s", got)
		}
	}
}

// TestValidate: what no store could keep is refused and named.
func TestValidate(t *testing.T) {
	for what, change := range map[string]func(*journal.Entry){
		"":            func(*journal.Entry) {},
		"actor":       func(e *journal.Entry) { e.Actor = "" },
		"actor text":  func(e *journal.Entry) { e.Actor = "\xff" },
		"cause text":  func(e *journal.Entry) { e.Cause.Actor = "\xff" },
		"kind":        func(e *journal.Entry) { e.Kind = "" },
		"kind text":   func(e *journal.Entry) { e.Kind = "\xff" },
		"payload":     func(e *journal.Entry) { e.Payload = nil },
		"effects":     func(e *journal.Entry) { e.Effects = nil },
		"effects not": func(e *journal.Entry) { e.Effects = []byte(`{}`) },
	} {
		e := kate()[1]
		change(&e)
		err := e.Validate()
		if (err != nil) != (what != "") || errors.Is(err, journal.ErrMalformed) != (what != "") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestDigestText: 64 lower-case hexadecimal digits, there and back, and nothing else.
func TestDigestText(t *testing.T) {
	want := journal.Digest(sha256.Sum256(nil))
	if s := want.String(); s != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Errorf("got %s", s)
	}
	text, err := want.MarshalText()
	if err != nil || string(text) != want.String() {
		t.Errorf("got %s, %v", text, err)
	}
	var got journal.Digest
	if err := got.UnmarshalText(text); err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
	for _, bad := range []string{"", want.String()[1:], want.String() + "0", strings.ToUpper(want.String()), "g" + want.String()[1:]} {
		if err := got.UnmarshalText([]byte(bad)); err == nil || got != want {
			t.Errorf("%q: %v, %s", bad, err, got)
		}
	}
}

// TestRunHashGolden: the run hash by its formula, and as docs/journal.md shows it.
func TestRunHashGolden(t *testing.T) {
	var d journal.Digest
	if err := d.UnmarshalText([]byte(kateDigest2)); err != nil {
		t.Fatal(err)
	}
	heads := []journal.Head{{Actor: "world"}, {Actor: "agents/kate", Digest: d, Count: 2}}
	if got := journal.RunHash([]byte(`{"seed":1}`), heads); got.String() != kateRun {
		t.Errorf("got %s, the documentation says %s", got, kateRun)
	}
	if heads[0].Actor != "world" {
		t.Error("the caller's heads were sorted")
	}
}

// TestRunHashCovers: configuration, actors, digests and counts matter; the order of the heads does not; and no part
// can be taken for another.
func TestRunHashCovers(t *testing.T) {
	a, b := journal.Head{Actor: "a", Count: 1}, journal.Head{Actor: "b", Count: 2}
	base := journal.RunHash([]byte(`1`), []journal.Head{a, b})
	if journal.RunHash([]byte(`1`), []journal.Head{b, a}) != base {
		t.Error("the order of heads matters")
	}
	seen := map[journal.Digest]string{base: "base"}
	for what, hash := range map[string]journal.Digest{
		"config":  journal.RunHash([]byte(`2`), []journal.Head{a, b}),
		"actor":   journal.RunHash([]byte(`1`), []journal.Head{a, {Actor: "c", Count: 2}}),
		"count":   journal.RunHash([]byte(`1`), []journal.Head{a, {Actor: "b", Count: 3}}),
		"digest":  journal.RunHash([]byte(`1`), []journal.Head{a, {Actor: "b", Digest: journal.Digest{1}, Count: 2}}),
		"fewer":   journal.RunHash([]byte(`1`), []journal.Head{a}),
		"none":    journal.RunHash([]byte(`1`), nil),
		"swapped": journal.RunHash([]byte(`1`), []journal.Head{{Actor: "a", Count: 2}, {Actor: "b", Count: 1}}),
		"quoted":  journal.RunHash([]byte(`1`), []journal.Head{{Actor: `a","count":1,"digest":"` + a.Digest.String() + `"},{"actor":"b`, Count: 2}}),
	} {
		if other, ok := seen[hash]; ok {
			t.Errorf("%s and %s have one hash", what, other)
		}
		seen[hash] = what
	}
}
