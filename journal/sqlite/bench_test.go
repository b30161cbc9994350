package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/sqlite"
)

// rows makes entries as a society of 100 agents has them: about 300 bytes of JSON each.
type rows struct{ heads map[string]journal.Head }

func (r *rows) next(i int) journal.Entry {
	if r.heads == nil {
		r.heads = map[string]journal.Head{}
	}
	actor := "world"
	if i%3 > 0 {
		actor = fmt.Sprintf("agents/agent-%03d", i*7919%100)
	}
	h := r.heads[actor]
	e := journal.Entry{
		Actor: actor, N: h.Count + 1, Kind: "percept", Logical: time.Duration(i/300) * time.Second, Step: uint64(i / 300),
		Wall: time.Unix(1790000000, int64(i)*1000), Cause: journal.Cause{Actor: "world", N: uint64(i / 200), Index: i % 100},
		Payload: fmt.Appendf(nil, `{"month":%d,"stock":62.5,"harvests":{"john":10,"kate":12,"luke":9},"note":"the lake held %d tons before, and everybody took a share of it","seen":%d}`, i/300, i%100, i),
		Effects: []byte(`[{"act":"harvest","args":{"tons":10},"index":0},{"send":{"to":"agents/john","performative":"inform","content":"let us take ten each"},"index":1}]`),
	}
	e.Digest = e.Sum(h.Digest)
	r.heads[actor] = journal.Head{Actor: actor, Digest: e.Digest, Count: e.N}
	return e
}

func (r *rows) batch(from, n int) []journal.Entry {
	b := make([]journal.Entry, n)
	for i := range b {
		b[i] = r.next(from + i)
	}
	return b
}

// An append beside the same rows in bare batched inserts through database/sql.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{16, 256} {
		b.Run(fmt.Sprintf("store/%d", size), func(b *testing.B) {
			s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "run.db"), sqlite.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			measure(b, size, func(batch []journal.Entry) error { return s.Append(b.Context(), batch) })
		})
		b.Run(fmt.Sprintf("bare/%d", size), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "run.db")
			s, err := sqlite.Open(b.Context(), path, sqlite.Options{})
			if err != nil {
				b.Fatal(err)
			}
			s.Close()
			db, err := sql.Open("sqlite", path+"?_pragma=journal_mode(wal)&_pragma=synchronous(normal)")
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			insert, err := db.Prepare(`INSERT INTO entries(position, actor, n, kind, logical, wall, cause_actor, cause_n, payload, effects, digest, cause_index, step) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
			if err != nil {
				b.Fatal(err)
			}
			defer insert.Close()
			last := 0
			measure(b, size, func(batch []journal.Entry) error {
				tx, err := db.Begin()
				if err != nil {
					return err
				}
				in := tx.Stmt(insert)
				for i := range batch {
					e := &batch[i]
					last++
					if _, err := in.Exec(last, e.Actor, int64(e.N), e.Kind, int64(e.Logical), e.Wall.UnixNano(), e.Cause.Actor, int64(e.Cause.N), string(e.Payload), string(e.Effects), e.Digest[:], e.Cause.Index, int64(e.Step)); err != nil {
						return err
					}
				}
				return tx.Commit()
			})
		})
	}
}

func measure(b *testing.B, size int, write func([]journal.Entry) error) {
	var r rows
	b.ReportAllocs()
	at := 0
	for b.Loop() {
		b.StopTimer()
		batch := r.batch(at, size)
		at += size
		b.StartTimer()
		if err := write(batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(at), "ns/entry")
}

func BenchmarkRead(b *testing.B) {
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "run.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var r rows
	const n = 100_000
	for at := 0; at < n; at += 1000 {
		if err := s.Append(b.Context(), r.batch(at, 1000)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
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
