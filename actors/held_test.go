package actors_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/protocol"
)

// "The delivery that opens a phase carries the counts its receiver must hold, and the receiver starts when it holds
// them." Letters of this very phase do not count: they are for the next.
func TestADeliveryWaitsForTheLettersItAnnounces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := lead(t, &actors.Setting{}, silent)
		h.opens(0)
		h.letter("ben", 2, 0, 1)
		h.opens(3) // ben's is there; two of cleo's are on their way
		h.letter("dan", 3, 0, 2)
		h.letter("cleo", 2, 0, 1)
		h.said.add("ann", "it waits")
		h.letter("cleo", 2, 1, 1)
		h.opens(4)
		h.ends()
		h.expect(`
			1 started
			2 percept 1 day
			it waits
			3 inform of ben: 2.0
			4 inform of cleo: 2.0
			5 inform of cleo: 2.1
			6 percept 2 day
			7 inform of dan: 3.0
			8 percept 3 day
			9 stopping`, `
			step 1: done true
			step 2: done true
			step 3: done true
			step 4: done true
			it left`,
			engine.Account{Sent: 7, Handled: 7})
	})
}

// A phase that was closed while its delivery still waited is refused, and the letters come with the next.
func TestADeliveryThatWaitedTooLongIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := lead(t, &actors.Setting{}, silent)
		h.opens(0)
		h.opens(1, wire.Caused{Event: environment.Outcome{Action: "mark"}})
		h.opens(1)
		h.letter("ben", 2, 0, 1)
		h.opens(2)
		h.ends() // the end waits for no letter
		h.expect(`
			1 started
			2 percept 1 day
			3 inform of ben: 2.0
			4 percept 3 day
			5 stopping`, `
			step 1: done true
			step 3: done true
			step 5: done true
			it left`,
			engine.Account{Sent: 6, Handled: 3, Refused: 3})
	})
}

// "Receivers drop what they have seen." "Duplicates are dropped before counting": here they weigh nothing.
func TestDuplicatesAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := lead(t, &actors.Setting{}, silent)
		again := func(n uint64, index int, step uint64) {
			h.send(&wire.Letter{Message: &protocol.Message{Act: protocol.Inform, Sender: "ben"}, Sender: "ben", N: n, Index: index, Step: step}, 0)
		}
		h.opens(0)
		h.letter("ben", 2, 1, 1)
		again(2, 1, 1)
		again(2, 0, 1)
		again(1, 7, 1)
		h.letter("cleo", 1, 0, 1)
		h.letter("ben", 3, 0, 1)
		h.send(&wire.Delivery{Step: 1, Round: 1, Phase: "day", Percept: wire.Caused{Event: environment.Percept{Round: 1, Phase: "day"}}}, 0)
		h.opens(3)
		again(3, 0, 1)
		h.ends()
		h.expect(`
			1 started
			2 percept 1 day
			3 inform of ben: 2.1
			4 inform of ben: 3.0
			5 inform of cleo: 1.0
			6 percept 2 day
			7 stopping`, `
			step 1: done true
			step 2: done true
			step 3: done true
			it left`,
			engine.Account{Sent: 5, Handled: 5})
	})
}

// "Results whose id is no longer open are dropped": an answer that nobody waits for, one that came twice, one that came
// after the end. All of it is counted.
func TestAnswersNobodyWaitsForAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := lead(t, &actors.Setting{}, func(t *actors.Turn, event any) error {
			if brief(event) == "percept 1 day" {
				t.Ask("desk", note{})
				t.Ask("desk", note{})
			}
			return nil
		})
		if _, err := h.engine.Spawn(engine.Spec{Name: actors.ServiceName("desk"), New: func() engine.Actor {
			return engine.ActorFunc(func(*engine.Context, any) error { return nil }) // the test answers
		}}); err != nil {
			t.Fatal(err)
		}
		answer := func(index int) { h.send(&wire.Answer{N: 2, Index: index, Value: note{fmt.Sprint(index)}}, 1) }
		answer(0) // not asked yet
		h.opens(0)
		answer(1) // early: it waits
		answer(1) // twice
		answer(0)
		answer(0)
		answer(7)
		h.opens(0)
		h.ends()
		answer(0)
		h.letter("ben", 1, 0, 2)
		h.expect(`
			1 started
			2 percept 1 day
			3 answer 2.0 of desk: 0
			4 answer 2.1 of desk: 1
			5 percept 2 day
			6 stopping`, `
			step 1: done true
			step 2: done true
			step 3: done true
			it left`,
			engine.Account{Sent: 12, Handled: 6, Refused: 4, Dead: 2})
	})
}

// An answer that has come and waits for an earlier one is counted when the society ends, or when its ask is cancelled.
func TestAnAnswerThatStillWaitsIsCounted(t *testing.T) {
	for name, tc := range map[string]struct {
		finish func(h *hand)
		want   engine.Account
	}{
		"at the end": {func(h *hand) { h.ends() }, engine.Account{Sent: 4, Handled: 3, Dead: 1}},
		"when the agent stops": {func(h *hand) {
			_ = h.engine.Stop(context.Background(), h.agent)
		}, engine.Account{Sent: 4, Handled: 3, Dead: 1}},
		"when it is cancelled": {func(h *hand) { h.opens(0); h.ends() }, engine.Account{Sent: 5, Handled: 4, Refused: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := lead(t, &actors.Setting{}, func(t *actors.Turn, event any) error {
					switch brief(event) {
					case "percept 1 day":
						t.Ask("desk", note{})
						t.Ask("desk", note{})
					case "percept 2 day":
						t.Cancel(actors.ID{Turn: 2, Index: 1})
					}
					return nil
				})
				cancelled := 0
				if _, err := h.engine.Spawn(engine.Spec{Name: actors.ServiceName("desk"), New: func() engine.Actor {
					return engine.ActorFunc(func(_ *engine.Context, msg any) error {
						if m, ok := msg.(*wire.CancelAsk); ok && m.Asker == "ann" && m.N == 2 && m.Index == 0 {
							cancelled++
						}
						return nil
					})
				}}); err != nil {
					t.Fatal(err)
				}
				h.opens(0)
				h.send(&wire.Answer{N: 2, Index: 1, Value: note{}}, 1)
				tc.finish(h)
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				if err := h.engine.Shutdown(ctx); err != nil {
					t.Error(err)
				}
				if a := h.engine.Account(); a != tc.want {
					t.Errorf("the account is %+v, want %+v", a, tc.want)
				}
				if cancelled != 1 {
					t.Errorf("the service was told %d times that nobody waits for 2.0", cancelled)
				}
			})
		})
	}
}

// In realtime a percept waits while the agent thinks, but an outcome never does.
func TestInRealtimeAnOutcomeDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		h := lead(t, &actors.Setting{Pace: environment.Realtime, Clock: func() time.Duration { return time.Since(began) }},
			func(t *actors.Turn, event any) error {
				if brief(event) == "percept 1 day" {
					t.Ask("desk", note{})
				}
				return nil
			})
		if _, err := h.engine.Spawn(engine.Spec{Name: actors.ServiceName("desk"), New: func() engine.Actor {
			return engine.ActorFunc(func(*engine.Context, any) error { return nil })
		}}); err != nil {
			t.Fatal(err)
		}
		h.opens(0)
		h.opens(0, wire.Caused{Event: environment.Outcome{Value: mark{1}}})
		h.opens(0, wire.Caused{Event: environment.Outcome{Value: mark{2}}})
		h.send(&wire.Answer{N: 2, Index: 0, Value: note{"well"}}, 1)
		h.ends()
		h.expect(`
			1 started
			2 percept 1 day
			3 outcome {1}
			4 outcome {2}
			5 answer 2.0 of desk: well
			6 percept 3 day
			7 stopping`, `
			step 4: done true
			it left`,
			engine.Account{Sent: 7, Handled: 6, Refused: 1})
	})
}
