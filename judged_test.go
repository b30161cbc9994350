package polis_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/roles"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// A message out of sequence, said or heard, has no effect, and is reported: to observers, in the report and in the record. One's own
// is not sent. The run does it again.
func TestWhatAProtocolDoesNotAcceptIsReported(t *testing.T) {
	rude := func(t *actors.Turn, event any) error {
		if e, ok := event.(actors.Percept); ok {
			t.Act(draw{1})
			if e.Round == 2 {
				t.Send(protocol.Message{Act: protocol.Agree, Receivers: []string{"ben"}, Protocol: "fipa-request", Conversation: "c1"})
			}
		}
		return nil
	}
	served := func() actors.Behavior {
		desk := roles.New(roles.Config{})
		roles.AddServer(desk, roles.Server[errand]{Perform: func(*actors.Turn, roles.Task[errand]) (any, error) { return nil, nil }})
		return desk.Beside(actors.BehaviorFunc(rude))
	}
	s := village()
	s.Agents = []polis.Agent{
		{Name: "ada", Behavior: func() actors.Behavior { return actors.BehaviorFunc(rude) }}, // without a desk: what it says goes out
		{Name: "ben", Behavior: served},
	}
	synctest.Test(t, func(t *testing.T) {
		cfg := polis.Config{Rounds: 5, Seed: 1, Journal: journal.NewMemory()}
		var seen []actors.Judged
		cfg.Observe = func(event any) {
			if j, ok := event.(actors.Judged); ok {
				seen = append(seen, j)
			}
		}
		rep := run(t, s, cfg)
		if len(seen) != 2 || rep.Judged["unknown"] != 1 || rep.Judged["out-of-sequence"] != 1 || rep.Said["agree"] != 1 {
			t.Errorf("seen %+v, judged %v, said %v: want what ada said judged by ben, and what ben would have said to itself not sent", seen, rep.Judged, rep.Said)
		}
		var kept []actors.Judged
		for event, err := range polis.ReadRecord(t.Context(), cfg.Journal) {
			if err != nil {
				t.Fatal(err)
			}
			if j, ok := event.(actors.Judged); ok {
				kept = append(kept, j)
			}
		}
		if !slices.Equal(kept, seen) {
			t.Errorf("the record has %+v, observers saw %+v", kept, seen)
		}
		again, err := polis.Replay(t.Context(), cfg.Journal, polis.Epoch{Society: s, Config: cfg})
		if err != nil || again.Hash != rep.Hash {
			t.Errorf("replay: %v, %v", again, err)
		}
	})
}
