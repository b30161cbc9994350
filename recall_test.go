package polis_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// line of an event for comparing: failures are other values with the same words.
func line(event any) string {
	switch e := event.(type) {
	case polis.Failed:
		f := e.Decision.Cause()
		return fmt.Sprintf("%T %s %d %d %s %v", e.Decision, f.Actor, f.Turn, f.Attempt, f.Event, f.Err)
	case environment.RoundEnded:
		text := fmt.Sprintf("%d %v %v", e.Round, e.Now, e.World)
		for _, row := range e.Agents {
			text += fmt.Sprintf(" %s %s %v", row.Name, row.Decides, row.Variables)
			if row.Reward != nil {
				text += fmt.Sprint(" ", *row.Reward)
			}
		}
		return text
	case actors.Said:
		return fmt.Sprintf("%+v %+v", *e.Message, []any{e.Round, e.Phase, e.Unheard})
	}
	return fmt.Sprintf("%T %+v", event, event)
}

// readRecord reads it all: the first event, what observers saw, the last.
func readRecord(t *testing.T, store journal.Store) (first polis.Begun, seen []string, last polis.Over) {
	t.Helper()
	for event, err := range polis.ReadRecord(t.Context(), store) {
		if err != nil {
			t.Fatal(err)
		}
		switch e := event.(type) {
		case polis.Begun:
			first = e
		case polis.Over:
			last = e
		default:
			seen = append(seen, line(event))
		}
	}
	return first, seen, last
}

// A record tells what observers saw, and ends with the numbers of the report.
func TestRecordTellsWhatObserversSaw(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Realtime} {
		t.Run(string(pace), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := journal.NewMemory()
				var want []string
				cfg := polis.Config{Seed: 3, Rounds: 6, Pace: pace, Journal: store, Origin: []byte(`{ "scenario": "village" }`),
					Chaos: polis.Chaos{Agents: 0.2}, Observe: func(event any) { want = append(want, line(event)) }}
				r := run(t, village(), cfg)
				first, got, last := readRecord(t, store)
				slices.Sort(want) // agents speak side by side
				slices.Sort(got)
				if !slices.Equal(got, want) || len(got) < 20 {
					t.Errorf("the record tells\n%q\nobservers saw\n%q", got, want)
				}
				if string(first.Origin) != `{"scenario":"village"}` || first.From != 1 || first.Deciders["cleo"] != "a mind" || first.Versions["go"] == "" {
					t.Errorf("%+v", first)
				}
				kept := *r
				kept.World, kept.Interventions = nil, nil
				if last.Why != "" || !reflect.DeepEqual(last.Report, kept) {
					t.Errorf("the record ends with %+v, the report is %+v", last, kept)
				}
				if err := journal.Check(store.Read(t.Context(), 0)); err != nil {
					t.Error(err)
				}
				origins, err := polis.Origins(t.Context(), store)
				if err != nil || len(origins) != 1 || origins[0].From != 1 || string(origins[0].Spec) != `{"scenario":"village"}` {
					t.Errorf("%+v, %v", origins, err)
				}
			})
		})
	}
}

// What is said at the very end has its place, and what somebody wants in his last event is not told: it is not done.
func TestLastWordsAreRecorded(t *testing.T) {
	store := journal.NewMemory()
	var want []string
	s := village()
	s.Agents = []polis.Agent{{Name: "ada", Behavior: func() actors.Behavior {
		return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			switch event.(type) {
			case actors.Percept:
				t.Act(draw{1})
			case actors.Outcome, actors.Stopping:
				t.Send(protocol.Say("thanks", "ben"))
			}
			return nil
		})
	}}, {Name: "ben", Behavior: still}}
	run(t, s, polis.Config{Rounds: 2, Journal: store, Observe: func(event any) { want = append(want, line(event)) }})
	if _, got, _ := readRecord(t, store); !slices.Equal(got, want) || len(got) != 4 {
		t.Errorf("the record tells\n%q\nobservers saw\n%q", got, want)
	}
}

// A run that was cut off says so, and by what.
func TestRecordOfAnInterruptedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := journal.NewMemory()
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		if _, err := polis.Run(ctx, village(), polis.Config{Delay: time.Second, Journal: store}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if _, _, last := readRecord(t, store); last.Why != context.DeadlineExceeded.Error() || last.Report.Rounds != 3 {
			t.Errorf("%+v", last)
		}
	})
}

// A journal has one run: a second is refused before it touches anything. So is an origin that is not JSON.
func TestJournalHasOneRun(t *testing.T) {
	store := journal.NewMemory()
	run(t, village(), polis.Config{Rounds: 1, Journal: store})
	before, err := store.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := polis.Run(within(t), village(), polis.Config{Rounds: 1, Journal: store}); !errors.Is(err, journal.ErrConflict) {
		t.Error(err)
	}
	if after, err := store.Heads(t.Context()); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("%v, %v; before %v", after, err, before)
	}
	if _, err := polis.Run(within(t), village(), polis.Config{Rounds: 1, Origin: []byte("{")}); err == nil {
		t.Error("half an object is taken for JSON")
	}
}

// "Report of a run that was resumed = report of the undisturbed run, except wall time, restarts and what was paid twice";
// and observers of it are told every round, once.
func TestResumedRunsAreReportedWhole(t *testing.T) {
	for name, c := range map[string]struct {
		society func(testing.TB) polis.Society
		cfg     polis.Config
	}{
		"rounds":     {crowded, polis.Config{Seed: 3, Rounds: 6}},
		"chaos":      {crowded, polis.Config{Seed: 6, Rounds: 4, Chaos: polis.Chaos{Agents: 0.2}}},
		"quarantine": {crowded, polis.Config{Seed: 6, Rounds: 3, Chaos: polis.Chaos{Always: []string{"ben"}}}},
		"sequential": {crowded, polis.Config{Seed: 4, Rounds: 4, Pace: environment.Sequential}},
		"lake":       {lakeside, polis.Config{Seed: 1, Rounds: 6}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := c.cfg
			cfg.Journal = journal.NewMemory()
			var seen []string
			resumed := 0
			observe := func(event any) {
				switch event.(type) {
				case polis.Resumed:
					resumed++
				case polis.Failed, actors.Said: // may be told twice, or in another order
				default:
					seen = append(seen, line(event))
				}
			}
			cfg.Observe = observe
			want := run(t, c.society(t), cfg)
			told := seen
			all := entriesOf(t, cfg.Journal)
			for k := 0; k <= len(all); k += 11 {
				cfg := c.cfg
				cfg.Journal, cfg.Observe = prefix(t, all, k), observe
				seen, resumed = nil, 0
				r, err := polis.Resume(within(t), polis.Epoch{Society: c.society(t), Config: cfg})
				if err != nil {
					t.Fatal(err)
				}
				got, err := r.Wait()
				if err != nil {
					t.Fatal(err)
				}
				got.Wall, got.Faults.Restarts, got.Faults.Crashes = want.Wall, want.Faults.Restarts, want.Faults.Crashes
				if k > 0 && k < len(all) && got.Resumes != 1 {
					t.Errorf("after %d of %d: taken up %d times", k, len(all), got.Resumes)
				}
				if resumed != min(k, 1) {
					t.Errorf("after %d of %d: observers were told %d times that it is taken up again", k, len(all), resumed)
				}
				got.Resumes, got.AskedAgain = 0, 0
				if !reflect.DeepEqual(got, want) {
					t.Errorf("after %d of %d:\n%+v, undisturbed\n%+v", k, len(all), got, want)
				}
				if a := auditOf(t, cfg.Journal); !a.Sound() {
					t.Errorf("after %d of %d: %v", k, len(all), a.Findings)
				}
				if slices.Sort(seen); !slices.Equal(seen, slices.Sorted(slices.Values(told))) {
					t.Errorf("after %d of %d observers were told\n%q\nundisturbed\n%q", k, len(all), seen, told)
				}
			}
		})
	}
}
