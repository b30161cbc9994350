package audit_test

import (
	"context"
	"encoding/json"
	"iter"
	"testing"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/audit"
)

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

// play is a small run, written by hand: kate perceives, acts and speaks to ben, who hears it.
func play() []journal.Entry {
	kate, ben := "agents/kate", "agents/ben"
	act, said := `{"type":"draw","value":1}`, `{"act":"inform","content":null,"conversation":"","receivers":["ben"],"sender":"kate"}`
	percept := `{"choice":true,"phase":"day","round":1,"view":null}`
	outcome := `{"action":"draw","value":null}`
	all := []journal.Entry{
		{Actor: "society", Kind: "begun", Payload: []byte(`{"config":{"pace":"rounds"},"deciders":{"ben":"rules","kate":"rules"},"origin":null,"services":[],"versions":{}}`)},
		{Actor: "world", Kind: "started", Payload: []byte("null")},
		{Actor: "world", Kind: "opened", Step: 1, Cause: journal.Cause{Actor: "world", N: 1}, Payload: []byte(`{"phase":"day","round":1}`),
			Effects: []byte(`[{"percept":` + percept + `,"to":"ben"},{"percept":` + percept + `,"to":"kate"}]`)},
		{Actor: kate, Kind: "started", Step: 1, Payload: []byte("null")},
		{Actor: kate, Kind: "percept", Step: 1, Cause: journal.Cause{Actor: "world", N: 2, Index: 1}, Payload: []byte(percept), Effects: []byte(`[{"act":` + act + `},{"send":` + said + `}]`)},
		{Actor: ben, Kind: "started", Step: 1, Payload: []byte("null")},
		{Actor: ben, Kind: "percept", Step: 1, Cause: journal.Cause{Actor: "world", N: 2}, Payload: []byte(percept)},
		{Actor: "world", Kind: "action", Step: 1, Cause: journal.Cause{Actor: kate, N: 2}, Payload: []byte(`{"action":"draw","agent":"kate","value":` + act + `}`),
			Effects: []byte(`[{"outcome":` + outcome + `,"to":"kate"}]`)},
		{Actor: "society", Kind: "round-ended", Payload: []byte(`{"agents":[],"now":1,"round":1,"variables":[],"world":{"values":[],"variables":[]}}`)},
		{Actor: ben, Kind: "message", Step: 2, Cause: journal.Cause{Actor: kate, N: 2, Index: 1}, Payload: []byte(said)},
		{Actor: ben, Kind: "stopping", Step: 2, Payload: []byte("null")},
		{Actor: kate, Kind: "outcome", Step: 2, Cause: journal.Cause{Actor: "world", N: 3}, Payload: []byte(outcome)},
		{Actor: kate, Kind: "stopping", Step: 2, Payload: []byte("null")},
		{Actor: "society", Kind: "ended", Payload: []byte(`{"hash":""}`)},
	}
	heads := map[string]journal.Head{}
	for i := range all {
		e := &all[i]
		if e.Effects == nil {
			e.Effects = []byte("[]")
		}
		h := heads[e.Actor]
		e.N = h.Count + 1
		e.Digest = e.Sum(h.Digest)
		heads[e.Actor] = journal.Head{Actor: e.Actor, Digest: e.Digest, Count: e.N}
	}
	return all
}

// A small run, counted by hand: two percepts, an action, its outcome and a message.
func TestSmallRun(t *testing.T) {
	a, err := audit.Read(t.Context(), over(play()))
	if err != nil || !a.Sound() || !a.Ended || a.Rounds != 1 || a.Agents != 2 || a.Entries != 14 || a.Turns != 11 {
		t.Fatalf("%+v, %v", a, err)
	}
	if want := (audit.Account{Sent: 5, Handled: 5}); a.Account != want || a.Actions.Applied != 1 || a.Messages.Handled != 1 || a.Open == 0 {
		t.Errorf("%+v", a)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := audit.Read(ctx, over(play())); err == nil {
		t.Error("nobody waits for it any more, and it goes on")
	}
}

// Whatever a journal says, the audit ends, its account is balanced, and what it holds does not grow beyond what it read.
func FuzzRead(f *testing.F) {
	text, _ := json.Marshal(play())
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		var all []journal.Entry
		if json.Unmarshal(text, &all) != nil {
			return
		}
		a, err := audit.Read(t.Context(), over(all))
		if err != nil {
			t.Fatal(err)
		}
		for _, flow := range []audit.Flow{a.Account, a.Actions.Flow, a.Percepts, a.Outcomes, a.Messages, a.Asks, a.Answers} {
			if !flow.Balanced() && a.Sound() {
				t.Errorf("%+v", a)
			}
		}
		if len(a.Findings) > 100 || a.Found < len(a.Findings) {
			t.Errorf("%d findings are told, %d were made", len(a.Findings), a.Found)
		}
	})
}
