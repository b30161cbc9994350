package polis_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/journal"
)

// troubled runs a village in which ben fails at every second percept.
func troubled(t *testing.T, store journal.Store) *polis.Report {
	t.Helper()
	s := village()
	s.Agents[1].Behavior = func() actors.Behavior {
		return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			if p, ok := event.(actors.Percept); ok && p.Round%2 == 0 {
				return fmt.Errorf("no bucket \xff in round %d", p.Round)
			}
			return nil
		})
	}
	return run(t, s, polis.Config{Rounds: 4, Seed: 1, Journal: store})
}

// "Quarantined turns are in the actor's chain": they are listed with what failed, why and how often.
func TestQuarantined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := journal.NewMemory()
		r := troubled(t, store)
		got, err := polis.Quarantined(t.Context(), store)
		if err != nil || len(got) != 2 || r.Faults.Quarantined != 2 {
			t.Fatalf("%+v, %v; %+v", got, err, r.Faults)
		}
		for i, q := range got {
			round := 2 * (i + 1)
			if q.Actor != "agents/ben" || q.Kind != "percept" || q.Attempts != 5 || q.Cause.Actor != "world" || q.Logical != time.Duration(round-1)*time.Second ||
				q.Error != fmt.Sprintf("no bucket \ufffd in round %d", round) || !strings.Contains(string(q.Event), fmt.Sprintf(`"round":%d`, round)) || q.Step == 0 {
				t.Errorf("%+v", q)
			}
			one, err := polis.QuarantinedAt(t.Context(), store, q.ID())
			if err != nil || fmt.Sprint(one) != fmt.Sprint(q) || q.ID() != fmt.Sprintf("agents/ben@%d", q.Turn) {
				t.Errorf("%+v, %v", one, err)
			}
		}
		for id, want := range map[string]string{"agents/ben@1": `kind "started"`, "agents/ben@999": "there is no turn", "agents/zoe@1": "there is no turn"} {
			if _, err := polis.QuarantinedAt(t.Context(), store, id); !errors.Is(err, polis.ErrNotQuarantined) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", id, err)
			}
		}
		for _, id := range []string{"", "@1", "agents/ben", "agents/ben@", "agents/ben@0", "agents/ben@-1", "agents/ben@x", "agents/ben@99999999999999999999"} {
			if _, err := polis.QuarantinedAt(t.Context(), store, id); err == nil || !strings.Contains(err.Error(), "accepted is ACTOR@TURN") {
				t.Errorf("%q: %v", id, err)
			}
		}
	})
}

// "Retry: offers the event again to the actor's behavior as it is now, in a replayed state right before that turn; dry."
func TestRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		society := func(mended bool) polis.Epoch {
			s := village()
			s.World = wellOf(func(what string, litres int) error {
				if what == "draw" && litres%5 == 0 && !mended {
					return errDry
				}
				return nil
			})
			s.Agents[1].Behavior = func() actors.Behavior { return &counting{broken: !mended} }
			return polis.Epoch{Society: s, Config: polis.Config{Rounds: 6, Seed: 3}}
		}
		store := journal.NewMemory()
		e := society(false)
		e.Config.Journal = store
		r := run(t, e.Society, e.Config)
		all, err := polis.Quarantined(t.Context(), store)
		if err != nil || len(all) != r.Faults.Quarantined || len(all) < 5 {
			t.Fatalf("%d, %v", len(all), err)
		}
		before := turns(t, store)
		kinds := map[string]int{}
		for _, q := range all {
			still, err := polis.Retry(t.Context(), store, q.ID(), society(false))
			if err != nil || still.Err == nil || still.Effects != nil || !strings.Contains(still.Err.Error(), strings.SplitN(q.Error, "\n", 2)[0]) {
				t.Errorf("%s: %+v, %v", q.ID(), still, err)
			}
			now, err := polis.Retry(t.Context(), store, q.ID(), society(true))
			if err != nil || now.Err != nil || now.Turn != q.Turn {
				t.Errorf("%s: %+v, %v", q.ID(), now, err)
				continue
			}
			kinds[q.Actor+" "+q.Kind]++
			want := `{"outcome":{"action":"draw","value":`
			if q.Actor == "agents/ben" {
				var p struct{ Round int }
				if err := json.Unmarshal(q.Event, &p); err != nil {
					t.Fatal(err)
				}
				// What it remembers is what it had heard of before: every second percept.
				want = fmt.Sprintf(`{"act":{"type":"polis_test.draw","value":{"litres":%d}}}`, p.Round/2)
			}
			if !strings.HasPrefix(string(now.Effects), "["+want) {
				t.Errorf("%s: %s, want %s", q.ID(), now.Effects, want)
			}
		}
		if kinds["agents/ben percept"] != 3 || kinds["world action"] < 2 {
			t.Errorf("%v", kinds)
		}
		if turns(t, store) != before {
			t.Error("a trial was written down")
		}
		stranger := society(true)
		stranger.Config.Seed = 4
		if _, err := polis.Retry(t.Context(), store, all[len(all)-1].ID(), stranger); err == nil || !strings.Contains(err.Error(), "cannot be rebuilt up to") {
			t.Errorf("another society: %v", err)
		}
		for id, want := range map[string]string{"agents/ben@1": "no event was set aside there", "ben": "accepted is ACTOR@TURN"} {
			if _, err := polis.Retry(t.Context(), store, id, society(true)); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", id, err)
			}
		}
	})
}

// counting draws as many litres as percepts it has handled. Broken it fails at every second.
type counting struct {
	broken bool
	seen   int
}

func (b *counting) Receive(t *actors.Turn, event any) error {
	if p, ok := event.(actors.Percept); ok {
		if p.Round%2 == 0 && b.broken {
			return errors.New("no bucket")
		}
		t.Act(draw{b.seen})
		b.seen++
	}
	return nil
}

// A journal is a file that anybody may have written.
func TestQuarantinedIsChecked(t *testing.T) {
	for payload, want := range map[string]string{
		`{"attempts":5,"error":"e","event":null,"kind":"percept"}`: "",
		`{"attempts":5,"error":"e","kind":"percept"}`:              "accepted is its attempts",
		`{"error":"e","event":1,"kind":"percept"}`:                 "accepted is its attempts",
		`{"attempts":5,"event":1,"kind":"percept"}`:                "accepted is its attempts",
		`{"attempts":5,"error":"e","event":1}`:                     "accepted is its attempts",
		`{"attempts":"five"}`:                                      "agents/b@c@1",
		`[`:                                                        "agents/b@c@1",
		`null`:                                                     "accepted is",
	} {
		store := journal.NewMemory()
		if err := store.Append(t.Context(), []journal.Entry{{Actor: "agents/b@c", N: 1, Kind: "quarantined", Payload: []byte(payload), Effects: []byte("[]")}}); err != nil {
			t.Fatal(err)
		}
		_, err := polis.Quarantined(t.Context(), store)
		_, one := polis.QuarantinedAt(t.Context(), store, "agents/b@c@1")
		for _, err := range []error{err, one} {
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", payload, err)
			}
		}
	}
}
