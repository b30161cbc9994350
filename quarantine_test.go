package polis_test

import (
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
