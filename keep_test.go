package polis_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// slowly is a store that takes its time, so that a writer stands before it.
type slowly struct {
	journal.Store
	mu      sync.Mutex
	batches int
	before  func(ctx context.Context, k int, batch []journal.Entry) error
}

func (s *slowly) Append(ctx context.Context, batch []journal.Entry) error {
	s.mu.Lock()
	s.batches++
	k := s.batches
	s.mu.Unlock()
	if s.before != nil {
		if err := s.before(ctx, k, batch); err != nil {
			return err
		}
	}
	return s.Store.Append(ctx, batch)
}

// entries of a store, checked.
func entries(t *testing.T, s journal.Store) []journal.Entry {
	t.Helper()
	if err := journal.Check(s.Read(context.Background(), 0)); err != nil {
		t.Error(err)
	}
	var all []journal.Entry
	for e, err := range s.Read(context.Background(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// Where turns are kept changes neither the hash of a run nor its account, and a store that takes its time has all of
// them in the end.
func TestEveryStoreSeesTheSameRun(t *testing.T) {
	cfg := polis.Config{Rounds: 6, Seed: 5}
	want := run(t, village(), cfg)
	memory := journal.NewMemory()
	cfg.Journal = memory
	if got := run(t, village(), cfg); got.Hash != want.Hash || got.Messages != want.Messages || got.Kept != (journal.Kept{}) {
		t.Errorf("in memory %+v, nowhere %+v", got, want)
	}
	all := entries(t, memory)
	synctest.Test(t, func(t *testing.T) {
		s := &slowly{Store: journal.NewMemory(), before: func(context.Context, int, []journal.Entry) error { time.Sleep(time.Millisecond); return nil }}
		cfg.Journal = s
		got := run(t, village(), cfg)
		if got.Hash != want.Hash || got.Messages != want.Messages || !got.Reproducible {
			t.Errorf("slowly %+v, nowhere %+v", got, want)
		}
		if kept := entries(t, s); len(kept) != len(all) || got.Kept.Turns != int64(len(all)) || got.Kept.Batches != int64(s.batches) || got.Kept.Largest < 2 {
			t.Errorf("%d turns are kept, %d there were: %+v", len(kept), len(all), got.Kept)
		}
	})
}

// "A failure of the store ends the society with an error that says what was kept", whichever batch it is; what was kept
// is closed under causes, and the start of the run that would have been.
func TestStoreThatFailsHalfWay(t *testing.T) {
	memory := journal.NewMemory()
	run(t, village(), polis.Config{Rounds: 6, Seed: 5, Journal: memory})
	whole := map[string]journal.Digest{}
	for _, e := range entries(t, memory) {
		whole[fmt.Sprint(e.Actor, e.N)] = e.Digest
	}
	full := errors.New("the disk is full")
	for failing, failed := 1, true; failed; failing++ {
		synctest.Test(t, func(t *testing.T) {
			s := &slowly{Store: journal.NewMemory(), before: func(_ context.Context, k int, _ []journal.Entry) error {
				time.Sleep(time.Millisecond)
				if k >= failing {
					return full
				}
				return nil
			}}
			r, err := polis.Run(within(t), village(), polis.Config{Rounds: 6, Seed: 5, Journal: s})
			if failed = s.batches >= failing; !failed {
				if err != nil {
					t.Error(err)
				}
				return
			}
			kept := entries(t, s)
			for _, e := range kept {
				if whole[fmt.Sprint(e.Actor, e.N)] != e.Digest {
					t.Errorf("batch %d: turn %d of %s is not what it would have been", failing, e.N, e.Actor)
				}
			}
			say := "journal: kept no turn: the disk is full"
			if n := len(kept); n > 0 {
				say = fmt.Sprintf("journal: kept %d turns, up to turn %d of %s, and no more: the disk is full", n, kept[n-1].N, kept[n-1].Actor)
			}
			if err == nil || err.Error() != say || !errors.Is(err, full) {
				t.Errorf("batch %d: it says %v, want %s", failing, err, say)
			}
			if s.batches != failing || r == nil || r.Reproducible || r.Kept.Turns != int64(len(kept)) || !r.Messages.Balanced() || r.NotStopped != nil {
				t.Errorf("batch %d of %d: %+v", failing, s.batches, r)
			}
		})
		if failing > 1000 {
			t.Fatal("there is no end")
		}
	}
}

// It ends at once, also while everybody only thinks and no turn would find out.
func TestStoreThatFailsWhileNobodyActs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := village()
		s.Agents = slices.Clip(s.Agents[2:3]) // the one with a mind
		s.Agents[0].Behavior = func() actors.Behavior {
			return actors.FromMind(actors.MindFunc[level, draw](func(ctx context.Context, _ actors.Situation[level]) (draw, error) {
				<-ctx.Done()
				return draw{}, ctx.Err()
			}), actors.MindConfig[level, draw]{})
		}
		store := &slowly{Store: journal.NewMemory(), before: func(context.Context, int, []journal.Entry) error {
			time.Sleep(time.Second)
			return errDry
		}}
		begin := time.Now()
		_, err := polis.Run(within(t), s, polis.Config{Rounds: 1, Deadline: time.Hour, Journal: store})
		if !errors.Is(err, errDry) || time.Since(begin) > 2*time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
	})
}

// A store that hangs does not keep the run from its end: it is left behind and named.
func TestStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		store := &slowly{Store: journal.NewMemory(), before: func(context.Context, int, []journal.Entry) error { <-gate; return errDry }}
		s := village()
		s.Agents = s.Agents[:2] // rules: they wait for nothing
		r, err := polis.Run(within(t), s, polis.Config{Rounds: 2, Stop: time.Second, Journal: store})
		if err == nil || !strings.Contains(err.Error(), "*polis_test.slowly") || r == nil || r.Rounds != 2 {
			t.Errorf("%+v, %v", r, err)
		}
		close(gate)
	})
}

// "A turn about an answer or a result waits until it is kept before its effects begin": what a mind has decided reaches
// the world when the store has it, and not before. No other turn waits.
func TestWhatAMindDecidesIsKeptFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate, held := make(chan struct{}), false
		store := &slowly{Store: journal.NewMemory(), before: func(_ context.Context, _ int, batch []journal.Entry) error {
			if slices.ContainsFunc(batch, func(e journal.Entry) bool { return e.Kind == "result" }) && !held {
				held = true
				<-gate
			}
			return nil
		}}
		rounds := 0
		r, err := polis.Start(within(t), village(), polis.Config{Rounds: 2, Journal: store, Observe: func(event any) {
			if _, ok := event.(environment.RoundEnded); ok {
				rounds++
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !held || rounds != 0 {
			t.Errorf("the store is held: %v; %d rounds are over", held, rounds)
		}
		close(gate)
		if rep, err := r.Wait(); err != nil || rep.Rounds != 2 || !rep.Reproducible {
			t.Errorf("%+v, %v", rep, err)
		}
	})
}
