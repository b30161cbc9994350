package polis_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/supervision"
)

// "world:N: N crashes of the world at seeded rounds, half before and half after the world's code ran, never the last
// attempt, same hash as without." Observers see every crash, and that the society goes on after it.
func TestWorldCrashes(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated} {
		for seed := range uint64(4) {
			synctest.Test(t, func(t *testing.T) {
				cfg := polis.Config{Pace: pace, Rounds: 5, Seed: seed}
				want := run(t, village(), cfg)
				var crashed []string
				restored, standing := 0, true
				cfg.Chaos.World = 6
				cfg.Observe = func(e any) {
					switch e := e.(type) {
					case polis.Failed:
						f := e.Decision.Cause()
						if _, again := e.Decision.(supervision.Restart); !again || f.Actor != "world" || f.Attempt != 1 {
							t.Errorf("%s: %v", e.Decision.Name(), f)
						}
						if crashed = append(crashed, fmt.Sprint(f.Turn)); !standing {
							t.Error("it failed before it stood")
						}
						standing = false
					case environment.Restored:
						if restored++; fmt.Sprint(e.Turn+1) != crashed[len(crashed)-1] || e.Round < 1 || e.Stood <= 0 || e.Stood > 20*time.Millisecond {
							t.Errorf("%+v after %v", e, crashed)
						}
						standing = true
					default:
						if !standing {
							t.Errorf("%T while the world lies", e)
						}
					}
				}
				got := run(t, village(), cfg)
				if got.Hash != want.Hash || got.Faults.Crashes != 6 || got.Faults.Restarts != 6 || got.Faults.Quarantined != 0 || !got.Reproducible {
					t.Errorf("%s, seed %d: %+v, undisturbed %+v", pace, seed, got, want)
				}
				if restored != 6 || len(crashed) != 6 {
					t.Errorf("%s, seed %d: crashed at %v, restored %d times", pace, seed, crashed, restored)
				}
			})
		}
	}
}

// Half of the crashes come when the world's code has run.
func TestWorldCrashesBeforeAndAfter(t *testing.T) {
	calls := func(crashes int) (n int) {
		s := village()
		s.World = wellOf(func(string, int) error { n++; return nil })
		n = 0
		synctest.Test(t, func(t *testing.T) { run(t, s, polis.Config{Rounds: 40, Seed: 3, Chaos: polis.Chaos{World: crashes}}) })
		return n
	}
	before, after := polis.WorldCrashes(3, 40, 4, 20)
	if before != 10 || after != 10 {
		t.Errorf("%d before, %d after", before, after)
	}
	if calls(20) <= calls(0) {
		t.Error("no crash came when the code had run")
	}
}

// In realtime no hash is the same again, but nothing is lost and all is accounted for.
func TestWorldCrashesInRealtime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := run(t, village(), polis.Config{Pace: environment.Realtime, Rounds: 5, Chaos: polis.Chaos{World: 3}})
		if got.Faults.Crashes != 3 || got.Faults.Quarantined != 0 || got.Rounds != 5 {
			t.Errorf("%+v", got)
		}
	})
}

// asking is a village in which ben is decided by a model, and counts who was asked what.
func asking(asked *sync.Map) polis.Society {
	s := village()
	s.Models = map[string]llmadapter.Config{"model": {Label: llmadapter.StandIn, Model: llmadapter.ModelFunc(
		func(_ context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
			key := fmt.Sprint(r.Messages)
			n, _ := asked.LoadOrStore(key, new(int))
			*n.(*int)++ // one asker, one ask at a time
			return llmadapter.Reply{Text: fmt.Sprint(len(key)), Finish: llmadapter.FinishStop}, nil
		})}}
	s.Agents[1].Model, s.Agents[1].Mind = "model", "model"
	s.Agents[1].Behavior = func() actors.Behavior { return asker{} }
	return s
}

// asker asks the model once a round, and draws as much as its answer is long.
type asker struct{}

func (asker) Stateless() {}

func (asker) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Percept:
		text := fmt.Sprintf("round %d, %d litres", e.Round, e.View.(level).Litres)
		t.Ask("model", llmadapter.Request{Messages: []llmadapter.Message{{Role: llmadapter.User, Text: text}}})
	case actors.Answer:
		if e.Error != "" {
			return errors.New(e.Error)
		}
		r, ok := e.Value.(llmadapter.Reply)
		if !ok {
			return fmt.Errorf("%#v", e.Value)
		}
		t.Act(draw{len(r.Text)})
	}
	return nil
}

// "adapter:P%: attempts of the adapter actor at its messages panic; no request lost or asked twice; same hash."
func TestAdapterCrashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calm, rough sync.Map
		want := run(t, asking(&calm), polis.Config{Rounds: 30})
		got := run(t, asking(&rough), polis.Config{Rounds: 30, Chaos: polis.Chaos{Adapters: 0.5}})
		if got.Hash != want.Hash || !got.Reproducible || got.Faults.Crashes < 10 || got.Faults.Quarantined != 0 {
			t.Errorf("%+v, undisturbed %+v", got, want)
		}
		a, b := got.Models["model"], want.Models["model"]
		if a.Requests != 30 || a.Answered != 30 || a.Attempts != 30 || b.Requests != 30 {
			t.Errorf("%+v, undisturbed %+v", a, b)
		}
		rough.Range(func(text, n any) bool {
			if *n.(*int) != 1 {
				t.Errorf("%d times: %s", *n.(*int), text)
			}
			return true
		})
	})
}

// A journal that fails ends the society within its time, with what was kept readable; a slow one loses nothing.
func TestJournalFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := uint64(0) // of the broken ones: where the first batch meets the fault, nothing is
		for seed := range uint64(5) {
			calm := journal.NewMemory()
			want := run(t, village(), polis.Config{Rounds: 6, Seed: seed, Journal: calm})
			slow := journal.NewMemory()
			begun := time.Now()
			got := run(t, village(), polis.Config{Rounds: 6, Seed: seed, Journal: slow, Chaos: polis.Chaos{Journal: polis.JournalSlow, Slow: time.Second}})
			if got.Hash != want.Hash || !got.Reproducible || turns(t, calm) != turns(t, slow) || time.Since(begun) < time.Second {
				t.Errorf("%+v, undisturbed %+v", got, want)
			}
			broken := journal.NewMemory()
			begun = time.Now()
			r, err := polis.Run(within(t), village(), polis.Config{Rounds: 6, Seed: seed, Journal: broken, Chaos: polis.Chaos{Journal: polis.JournalError}})
			if err == nil || !strings.Contains(err.Error(), "input/output error (simulated: chaos journal:error)") || r == nil || r.Reproducible || r.Faults.Crashes > 0 {
				t.Fatalf("%+v, %v", r, err)
			}
			n := turns(t, broken)
			kept += n
			if n >= turns(t, calm) || r.Kept.Turns != int64(len(entries(t, broken))) || time.Since(begun) > time.Minute || !r.Messages.Balanced() || r.NotStopped != nil {
				t.Errorf("%d turns kept after %v: %+v", n, time.Since(begun), r)
			}
			if err := journal.Check(broken.Read(t.Context(), 0)); err != nil {
				t.Error(err)
			}
		}
		if kept == 0 {
			t.Error("no broken journal keeps anything")
		}
	})
}

// turns that world and agents have had.
func turns(t *testing.T, s journal.Store) (n uint64) {
	t.Helper()
	heads, err := s.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range heads {
		if h.Actor == "world" || strings.HasPrefix(h.Actor, "agents/") {
			n += h.Count
		}
	}
	return n
}

// "process:N: the process kills itself at N seeded moments": each when that much is kept, and a process that goes on
// with what is kept does not meet it again.
func TestKillsAreMetOnce(t *testing.T) {
	entry := func(n uint64) []journal.Entry {
		return []journal.Entry{{Actor: "agents/kate", N: n, Kind: "percept", Payload: []byte("null"), Effects: []byte("[]")}}
	}
	died := errors.New("killed")
	for seed := range uint64(20) {
		store := journal.NewMemory()
		n, deaths := uint64(0), 0
		for alive := false; !alive; {
			s := polis.Befallen(polis.Chaos{Process: 5}, store, seed, 10, 4, func() error { return died })
			for alive = true; alive && n < 50; n++ {
				if err := s.Append(t.Context(), entry(n+1)); errors.Is(err, died) {
					alive = false
					deaths++
				} else if err != nil {
					t.Fatal(err)
				}
			}
			if got := turns(t, store); got != n {
				t.Fatalf("%d kept of %d", got, n)
			}
		}
		if deaths < 3 || deaths > 5 { // moments may coincide
			t.Errorf("seed %d: it died %d times", seed, deaths)
		}
	}
}

// "With a journal nothing needs to be lost": whoever has outgrown its own log, and fails, is rebuilt from the journal, also
// from one that is slow.
func TestNothingIsForgottenWithAJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := polis.Config{Rounds: 12, Seed: 5, Log: 1000}
		want := run(t, village(), cfg)
		cfg.Log, cfg.Chaos = 3, polis.Chaos{Agents: 0.3, World: 5}
		if got := run(t, village(), cfg); got.Faults.Forgot == 0 {
			t.Error("nobody has outgrown its log")
		}
		cfg.Journal = journal.NewMemory()
		if got := run(t, village(), cfg); got.Hash != want.Hash || got.Faults.Forgot > 0 || !got.Reproducible || got.Faults.Crashes < 20 {
			t.Errorf("%+v, undisturbed %+v", got, want)
		}
		cfg.Journal, cfg.Chaos.Journal, cfg.Chaos.Slow = journal.NewMemory(), polis.JournalSlow, 10*time.Millisecond
		if got := run(t, village(), cfg); got.Hash != want.Hash || got.Faults.Forgot > 0 {
			t.Errorf("%+v, undisturbed %+v", got, want)
		}
	})
}

// A run whose journal has failed goes on when that is mended, and ends as if nothing had been, whatever else befalls it.
func TestResumedAfterTheJournalFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for seed := range uint64(8) {
			cfg := polis.Config{Rounds: 6, Seed: seed}
			want := run(t, village(), cfg)
			cfg.Journal = journal.NewMemory()
			cfg.Chaos = polis.Chaos{Journal: polis.JournalError, World: 4, Agents: 0.1}
			if _, err := polis.Run(within(t), village(), cfg); err == nil {
				t.Fatal("it did not fail")
			}
			r, err := polis.Resume(within(t), polis.Epoch{Society: village(), Config: cfg})
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Wait()
			if err != nil || got.Hash != want.Hash || got.Faults.Crashes == 0 {
				t.Errorf("seed %d: %v, %+v, undisturbed %+v", seed, err, got, want)
			}
		}
	})
}

// The moments of a run lie all over it, and the share of faults before and after is half each.
func TestFaultsAreSpread(t *testing.T) {
	firsts := map[uint64]bool{}
	for seed := range uint64(50) {
		at := polis.Moments(seed, 3, 10, 4)
		for i, n := range at {
			if n < 1 || n > 50 || i > 0 && n < at[i-1] {
				t.Errorf("%v", at)
			}
		}
		firsts[at[0]] = true
	}
	if len(firsts) < 15 {
		t.Errorf("only %d different first moments", len(firsts))
	}
	before, after := polis.AdapterCrashes(1, 0.4, 1000)
	if before < 150 || before > 250 || after < 150 || after > 250 {
		t.Errorf("%d before, %d after of 1000 messages", before, after)
	}
}

// A kill comes with the commit that reaches its moment, not with the one after.
func TestAKillComesInTime(t *testing.T) {
	at := polis.Moments(7, 1, 10, 4)[0]
	died := errors.New("killed")
	s := polis.Befallen(polis.Chaos{Process: 1}, journal.NewMemory(), 7, 10, 4, func() error { return died })
	for n := uint64(1); n <= at; n++ {
		err := s.Append(t.Context(), []journal.Entry{{Actor: "a", N: n, Kind: "k", Payload: []byte("null"), Effects: []byte("[]")}})
		if errors.Is(err, died) != (n == at) {
			t.Fatalf("turn %d of %d: %v", n, at, err)
		}
	}
}

func TestMended(t *testing.T) {
	for fault, want := range map[polis.JournalFault]polis.JournalFault{polis.JournalError: "", polis.JournalFull: "", polis.JournalSlow: polis.JournalSlow} {
		c := polis.Chaos{Agents: 0.1, World: 2, Journal: fault, Slow: 3, Process: 4}
		if got := c.Mended(); got.Journal != want || got.World != 2 || got.Process != 4 || got.Slow != 3 || c.Journal != fault {
			t.Errorf("%+v", got)
		}
	}
}
