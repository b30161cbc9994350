package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/postgres"
)

// rows makes entries as a society of 100 agents has them: about 300 bytes of JSON each.
type rows map[string]journal.Head

func (r rows) batch(from, n int) []journal.Entry {
	b := make([]journal.Entry, n)
	for k := range b {
		i := from + k
		actor := "world"
		if i%3 > 0 {
			actor = fmt.Sprintf("agents/agent-%03d", i*7919%100)
		}
		h := r[actor]
		e := journal.Entry{
			Actor: actor, N: h.Count + 1, Kind: "percept", Logical: time.Duration(i/300) * time.Second, Step: uint64(i / 300),
			Wall: time.Unix(1790000000, int64(i)*1000), Cause: journal.Cause{Actor: "world", N: uint64(i / 200), Index: i % 100},
			Payload: fmt.Appendf(nil, `{"month":%d,"stock":62.5,"harvests":{"john":10,"kate":12,"luke":9},"note":"the lake held %d tons before, and everybody took a share of it","seen":%d}`, i/300, i%100, i),
			Effects: []byte(`[{"act":"harvest","args":{"tons":10},"index":0},{"send":{"to":"agents/john","performative":"inform","content":"let us take ten each"},"index":1}]`),
		}
		e.Digest = e.Sum(h.Digest)
		r[actor] = journal.Head{Actor: actor, Digest: e.Digest, Count: e.N}
		b[k] = e
	}
	return b
}

func BenchmarkAppend(b *testing.B) {
	dsn := database(b)
	for _, size := range []int{1, 16, 256, 2048} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := open(b, dsn, newRun(b), postgres.Options{})
			r := rows{}
			at := 0
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				batch := r.batch(at, size)
				at += size
				b.StartTimer()
				if err := s.Append(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(at), "ns/entry")
		})
	}
}

func BenchmarkRead(b *testing.B) {
	s := open(b, database(b), newRun(b), postgres.Options{})
	r := rows{}
	const n = 100_000
	for at := 0; at < n; at += 1000 {
		if err := s.Append(b.Context(), r.batch(at, 1000)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		count := 0
		for _, err := range s.Read(b.Context(), 0) {
			if err != nil {
				b.Fatal(err)
			}
			count++
		}
		if count != n {
			b.Fatal(count)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
}
