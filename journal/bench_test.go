package journal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/polis-agents/polis/journal"
)

type benchSmall struct{ Tons int }

type benchNested struct {
	Month  int
	Stock  float64
	Name   string
	Caught []benchSmall
	Last   *benchInner
}

type benchInner struct {
	Reason string `json:"reason,omitempty"`
	At     time.Duration
}

var (
	small  any = benchSmall{17}
	nested any = benchNested{Month: 6, Stock: 62.5, Name: "agents/kate", Caught: []benchSmall{{10}, {11}, {12}}, Last: &benchInner{"too much", time.Second}}
)

func BenchmarkAppendCanonical(b *testing.B) {
	for name, v := range map[string]any{"small": small, "nested": nested, "map": map[string]int{"b": 1, "a": 2, "c": 3}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 1024)
			for b.Loop() {
				var err error
				if buf, err = journal.AppendCanonical(buf[:0], v); err != nil {
					b.Fatal(err)
				}
			}
		})
		// What AppendCanonical replaces: encoding/json and Normalize.
		b.Run(name+"/std", func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 1024)
			for b.Loop() {
				text, err := json.Marshal(v)
				if err == nil {
					buf, err = journal.Normalize(buf[:0], text)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNormalize(b *testing.B) {
	text, err := journal.Canonical(nested)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		buf, _ = journal.Normalize(buf[:0], text)
	}
}

func BenchmarkSum(b *testing.B) {
	e := journal.Entry{
		Actor: "agents/kate", N: 7, Kind: "percept", Logical: 7 * time.Second,
		Cause:   journal.Cause{Actor: "world", N: 12, Index: 3},
		Payload: append(append([]byte{'"'}, bytes.Repeat([]byte("x"), 98)...), '"'),
		Effects: []byte(`[]`),
	}
	var d journal.Digest
	b.ReportAllocs()
	for b.Loop() {
		d = e.Sum(d)
	}
}

func BenchmarkNameOf(b *testing.B) {
	journal.Register[benchSmall]("bench.small")
	b.ReportAllocs()
	for b.Loop() {
		journal.NameOf(small)
	}
}

func BenchmarkDecode(b *testing.B) {
	journal.Register[benchSmall]("bench.small")
	journal.Register[benchNested]("bench.nested")
	for name, v := range map[string]any{"bench.small": small, "bench.nested": nested} {
		text, _ := journal.Canonical(v)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := journal.Decode(name, text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMemoryAppend(b *testing.B) {
	m := journal.NewMemory()
	e := []journal.Entry{{Actor: "agents/kate", Kind: "percept", Payload: bytes.Repeat([]byte("1"), 100), Effects: []byte(`[]`)}}
	b.ReportAllocs()
	for b.Loop() {
		e[0].N++
		if err := m.Append(context.Background(), e); err != nil {
			b.Fatal(err)
		}
	}
}
