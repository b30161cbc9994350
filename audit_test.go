package polis_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/audit"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/supervision"
)

// auditOf audits a store.
func auditOf(t testing.TB, store journal.Store) *audit.Audit {
	t.Helper()
	a, err := audit.Read(context.Background(), store.Read(context.Background(), 0))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// quitters is a society in which some leave: of their own will, in the midst of talk, and because they fail too often.
func quitters(testing.TB) polis.Society {
	s := village()
	talk := func(leaves int) func() actors.Behavior {
		return func() actors.Behavior {
			return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
				switch e := event.(type) {
				case actors.Percept:
					t.Send(protocol.Say("hello", "ada", "ben", "cleo", "dan", "zoe"))
					t.Act(draw{1})
					t.Ask("nobody", notice{1})
					t.After(time.Second)
					if e.Round == leaves {
						t.Stop()
					}
				case *protocol.Message:
					if e.Sender == "dan" && t.Self() == "ben" {
						return errDry
					}
				case actors.Outcome:
					t.Send(protocol.Say("well", "ada"))
				case actors.Timer:
					t.Act(draw{2})
				}
				return nil
			})
		}
	}
	policy := &supervision.Policy{Attempts: 2, Budget: supervision.Budget{Quarantines: 2, Turns: 100}}
	s.Agents = []polis.Agent{{Name: "ada", Behavior: talk(0)}, {Name: "ben", Behavior: talk(0), Policy: policy},
		{Name: "cleo", Behavior: talk(3)}, {Name: "dan", Behavior: talk(6)}, {Name: "eve", Behavior: talk(0), From: 2}, {Name: "late", Behavior: talk(0), From: 99}}
	s.MaySpeak = func(from, to string) bool { return from != "cleo" || to != "ada" }
	return s
}

// "The account is exact": what the journal says equals what was counted while the society lived, and nothing is found.
func TestAccountOfTheJournal(t *testing.T) {
	for _, c := range []struct {
		name    string
		society func(testing.TB) polis.Society
		cfg     polis.Config
	}{
		{"village", villagers, polis.Config{Seed: 1, Rounds: 6}},
		{"crowded", crowded, polis.Config{Seed: 3, Rounds: 6}},
		{"shuffled", crowded, polis.Config{Seed: 3, Rounds: 6, Shuffle: true}},
		{"sequential", crowded, polis.Config{Seed: 4, Rounds: 5, Pace: environment.Sequential}},
		{"simulated", crowded, polis.Config{Seed: 4, Rounds: 5, Pace: environment.Simulated}},
		{"chaos", crowded, polis.Config{Seed: 6, Rounds: 4, Chaos: polis.Chaos{Agents: 0.2}}},
		{"chaos of the world", crowded, polis.Config{Seed: 6, Rounds: 4, Chaos: polis.Chaos{World: 3}}},
		{"quarantine", crowded, polis.Config{Seed: 6, Rounds: 3, Chaos: polis.Chaos{Always: []string{"ben"}}}},
		{"lake", lakeside, polis.Config{Seed: 1, Rounds: 6}},
		{"lake, sequential", lakeside, polis.Config{Seed: 1, Rounds: 3, Pace: environment.Sequential}},
		{"quitters", quitters, polis.Config{Seed: 1, Rounds: 8}},
		{"quitters, sequential", quitters, polis.Config{Seed: 1, Rounds: 8, Pace: environment.Sequential}},
		{"quitters, simulated", quitters, polis.Config{Seed: 1, Rounds: 8, Pace: environment.Simulated}},
		{"quitters, realtime", quitters, polis.Config{Seed: 1, Rounds: 8, Pace: environment.Realtime}},
		{"realtime", crowded, polis.Config{Seed: 1, Rounds: 6, Pace: environment.Realtime}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := c.cfg
				cfg.Journal = journal.NewMemory()
				r := run(t, c.society(t), cfg)
				a := auditOf(t, cfg.Journal)
				if got := polis.Account(a.Account); got != r.Messages || !a.Account.Balanced() || r.Messages.Sent < 20 {
					t.Errorf("the journal says %+v, counted were %+v: %+v", got, r.Messages, *a)
				}
				for _, f := range a.Findings {
					t.Error(f)
				}
				if !a.Ended || a.Rounds != r.Rounds || a.Actions.Applied+a.Actions.Barred+a.Actions.Quarantined != a.Actions.Handled+a.Actions.Quarantined {
					t.Errorf("%+v", *a)
				}
			})
		})
	}
}

// over gives entries as a store would.
func over(all []journal.Entry) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// forged is a journal from which somebody has taken turns, or to which he has added some, and who wants nobody to know:
// turns are numbered again, causes follow them, chains are summed again, and the hash at the end is that of the forgery.
func forged(t *testing.T, all []journal.Entry) []journal.Entry {
	t.Helper()
	all = slices.Clone(all)
	type turn struct {
		actor string
		n     uint64
	}
	renamed, counts := map[turn]uint64{}, map[string]uint64{}
	for i := range all {
		counts[all[i].Actor]++
		if _, ok := renamed[turn{all[i].Actor, all[i].N}]; !ok {
			renamed[turn{all[i].Actor, all[i].N}] = counts[all[i].Actor]
		}
	}
	heads := map[string]journal.Head{}
	for i := range all {
		e := &all[i]
		if n, ok := renamed[turn{e.Cause.Actor, e.Cause.N}]; ok {
			e.Cause.N = n
		}
		if e.Actor == "society" && e.Kind == "ended" {
			var w map[string]json.RawMessage
			if err := json.Unmarshal(e.Payload, &w); err != nil {
				t.Fatal(err)
			}
			w["hash"] = []byte(`""`) // as of a run that had none
			e.Payload, _ = journal.Canonical(w)
		}
		head := heads[e.Actor]
		e.N = head.Count + 1
		e.Digest = e.Sum(head.Digest)
		heads[e.Actor] = journal.Head{Actor: e.Actor, Digest: e.Digest, Count: e.N}
	}
	return all
}

// mutants are the ways to spoil the i-th entry.
func mutants(all []journal.Entry, i int) map[string][]journal.Entry {
	without := slices.Delete(slices.Clone(all), i, i+1)
	twice := slices.Insert(slices.Clone(all), i+1, all[i])
	altered := func(change func(e *journal.Entry)) []journal.Entry {
		other := slices.Clone(all)
		change(&other[i])
		return other
	}
	m := map[string][]journal.Entry{
		"dropped": without,
		"twice":   twice,
		"another event": altered(func(e *journal.Entry) {
			e.Payload = bytes.Replace(e.Payload, []byte(`1`), []byte(`2`), 1)
			if bytes.Equal(e.Payload, all[i].Payload) {
				e.Payload = []byte(`{"other":1}`)
			}
		}),
		"no effects":   altered(func(e *journal.Entry) { e.Effects = []byte("[]") }),
		"another kind": altered(func(e *journal.Entry) { e.Kind = "percepts" }),
		"another cause": altered(func(e *journal.Entry) {
			if e.Cause.N > 1 {
				e.Cause.N--
			} else {
				e.Cause.Index++
			}
		}),
	}
	if string(all[i].Effects) == "[]" {
		delete(m, "no effects")
	}
	return m
}

// Whatever is dropped, repeated or altered is found, by the chains and the hash alone.
func TestEverySpoiledEntryIsFound(t *testing.T) {
	for name, cfg := range map[string]polis.Config{
		"rounds":     {Seed: 3, Rounds: 3},
		"sequential": {Seed: 4, Rounds: 2, Pace: environment.Sequential},
		"quarantine": {Seed: 6, Rounds: 2, Chaos: polis.Chaos{Always: []string{"ben"}}},
	} {
		cfg.Journal = journal.NewMemory()
		run(t, crowded(t), cfg)
		all := entriesOf(t, cfg.Journal)
		for i := range all {
			for how, spoiled := range mutants(all, i) {
				if i == len(all)-1 && how == "dropped" {
					continue // as of a run that was killed
				}
				a, err := audit.Read(t.Context(), over(spoiled))
				if err != nil || a.Sound() {
					t.Errorf("%s: %s: %s is not found, %v", name, show(&all[i]), how, err)
				}
			}
		}
	}
}

// What is forged with care is found as far as turns depend on each other. What no turn depends on, and what was given from
// outside, is left to a replay, which does it all again.
func TestForgeriesAreFound(t *testing.T) {
	free := map[string]bool{
		"world tick dropped": true, "world tick twice": true, "world tick another event": true,
		"world activated twice": true, "world activated no effects": true, "world opened another event": true,
		"agent result another event": true, "agent answer another event": true,
		"agent message no effects": true, "agent timer no effects": true, "agent result no effects": true, // what reached nobody
	}
	for _, cfg := range []polis.Config{{Seed: 3, Rounds: 3}, {Seed: 4, Rounds: 2, Pace: environment.Sequential}, {Seed: 6, Rounds: 1, Chaos: polis.Chaos{Always: []string{"ben"}}}} {
		cfg.Journal = journal.NewMemory()
		run(t, crowded(t), cfg)
		all := entriesOf(t, cfg.Journal)
		if a, err := audit.Read(t.Context(), over(forged(t, all))); err != nil || !a.Sound() {
			t.Fatalf("%v, %v", a.Findings, err)
		}
		for i := range all {
			if all[i].Actor == "society" {
				continue
			}
			for how, spoiled := range mutants(all, i) {
				what := fmt.Sprintf("%.5s %s %s", all[i].Actor, all[i].Kind, how)
				if free[what] {
					continue
				}
				if a, err := audit.Read(t.Context(), over(forged(t, spoiled))); err != nil || a.Sound() {
					t.Errorf("%s: %s is not found: %v", what, show(&all[i]), err)
				}
			}
		}
	}
}

// A run that was killed at any moment has lost nothing that was committed: what is there is sound.
func TestEveryPrefixIsSound(t *testing.T) {
	for _, cfg := range []polis.Config{{Seed: 3, Rounds: 4}, {Seed: 4, Rounds: 3, Pace: environment.Sequential}, {Seed: 4, Rounds: 3, Pace: environment.Simulated},
		{Seed: 6, Rounds: 2, Chaos: polis.Chaos{Always: []string{"ben"}}}} {
		for name, society := range map[string]func(testing.TB) polis.Society{"crowded": crowded, "quitters": quitters} {
			cfg.Journal = journal.NewMemory()
			run(t, society(t), cfg)
			all := entriesOf(t, cfg.Journal)
			for k := range all {
				a, err := audit.Read(t.Context(), over(all[:k]))
				if err != nil || !a.Sound() || !a.Account.Balanced() {
					t.Fatalf("%s, %s, after %d of %d: %v, %v", name, cfg.Pace, k, len(all), a, err)
				}
			}
		}
	}
}

// A run that was cut off is sound, too, and its account is exact.
func TestAccountOfAnInterruptedRun(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated, environment.Realtime} {
		synctest.Test(t, func(t *testing.T) {
			s := village()
			s.Agents[2].Behavior = func() actors.Behavior {
				return actors.FromMind(actors.MindFunc[level, draw](func(ctx context.Context, _ actors.Situation[level]) (draw, error) {
					select {
					case <-time.After(400 * time.Millisecond):
						return draw{1}, nil
					case <-ctx.Done():
						return draw{}, ctx.Err()
					}
				}), actors.MindConfig[level, draw]{})
			}
			store := journal.NewMemory()
			ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
			defer cancel()
			r, err := polis.Run(ctx, s, polis.Config{Pace: pace, Delay: 300 * time.Millisecond, Journal: store})
			if r == nil {
				t.Fatal(err)
			}
			a := auditOf(t, store)
			counted, live := polis.Account(a.Account), r.Messages
			for _, c := range []*polis.Account{&counted, &live} { // what waited was dead or refused, by who was faster; no turn tells
				c.Dead, c.Refused = c.Dead+c.Refused, 0
			}
			if !a.Sound() || counted != live || a.Ended {
				t.Errorf("%s: the journal says %+v, counted were %+v: %v", pace, a.Account, r.Messages, a.Findings)
			}
		})
	}
}
