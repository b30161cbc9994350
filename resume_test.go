package polis_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// hasty is a society of many, each of whom has something to do at once, whoever else is there: it acts, and writes to the last.
func hasty(many int, late *atomic.Int64) polis.Society {
	name := func(i int) string { return fmt.Sprintf("a%03d", i) }
	s := polis.Society{Name: "hasty", World: wellOf(nil)}
	for i := range many {
		s.Agents = append(s.Agents, polis.Agent{Name: name(i), Behavior: func() actors.Behavior {
			return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
				switch event.(type) {
				case actors.Percept:
					t.After(0)
				case actors.Timer:
					t.Act(draw{1})
					t.Send(protocol.Say("soon", name(many-1)))
				case actors.Undelivered:
					late.Add(1)
				}
				return nil
			})
		}})
	}
	return s
}

// "then the society lives on as if nothing had happened": who has something to do at once finds everybody there, also those
// who are given their actors after it, and the world in its place. Nothing of it is lost, whether the world turns to it first
// or has nothing to say to it.
func TestWhoIsTakenUpFirstFindsTheOthers(t *testing.T) {
	for name, first := range map[string]bool{"nobody has acted": false, "one has acted": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const many = 300
				var late atomic.Int64
				cfg := polis.Config{Seed: 3, Rounds: 2, Pace: environment.Realtime, Tick: time.Second, Journal: journal.NewMemory()}
				run(t, hasty(many, &late), cfg)
				begun := perceived(t, entriesOf(t, cfg.Journal), first)
				cfg.Journal = prefix(t, begun, len(begun))
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				r, err := polis.Resume(ctx, polis.Epoch{Society: hasty(many, &late), Config: cfg})
				if err != nil {
					t.Fatal(err)
				}
				got, err := r.Wait()
				if err != nil || got.Rounds != 2 || !got.Messages.Balanced() || got.Messages.Refused > 0 || late.Load() > 0 {
					t.Errorf("%+v, %v, %d messages found nobody", got, err, late.Load())
				}
				acted, heard := map[time.Duration]int{}, 0
				for _, e := range entriesOf(t, cfg.Journal) {
					switch e.Kind {
					case "action":
						acted[e.Logical]++
					case "message":
						heard++
					}
				}
				if acted[0] != many || acted[time.Second] != many || heard != 2*many {
					t.Errorf("so many have acted: %v; %d letters were read", acted, heard)
				}
			})
		})
	}
}

// perceived are the turns of a run of the hasty that was killed when most had perceived, and nobody had acted; first: one had.
func perceived(t *testing.T, all []journal.Entry, first bool) (begun []journal.Entry) {
	t.Helper()
	done := map[string]bool{}
	at := slices.IndexFunc(all, func(e journal.Entry) bool { return e.Kind == "action" })
	for i, e := range all {
		switch e.Kind {
		case "percept": // on its way to some
			done["society"], done[e.Actor] = true, e.Actor > "agents/a289"
		case "action":
			done[e.Actor] = done[e.Actor] || !first || i != at
		case "timer":
			done[e.Actor] = done[e.Actor] || !first || e.Actor != all[at].Cause.Actor || e.N != all[at].Cause.N
		case "message", "outcome", "tick":
			done[e.Actor] = true
		}
		if e.Logical == 0 && !done[e.Actor] {
			begun = append(begun, e)
		}
	}
	if len(begun) < 500 {
		t.Fatalf("only %d turns", len(begun))
	}
	return begun
}
