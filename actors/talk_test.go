package actors_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/protocol"
)

// "Refused: the receiver's mailbox was busy or closed, or Config forbids that sender to speak to that receiver; the
// sender gets Undelivered with the reason, in rounds in the next phase." Who is named beside them gets the message.
func TestWhyAMessageIsUndelivered(t *testing.T) {
	var d diary
	r := story{
		cfg: polis.Config{Rounds: 3},
		agents: []polis.Agent{
			does("ann", func(t *actors.Turn, event any) error {
				d.note(t, event)
				if p, ok := event.(actors.Percept); ok && p.Round == 2 {
					t.Send(tell("hello", "ben", "cleo", "dan", "nobody"))
				}
				return nil
			}),
			does("ben", func(t *actors.Turn, event any) error {
				d.note(t, event)
				return nil
			}),
			idles("cleo"),
			does("dan", func(t *actors.Turn, event any) error {
				if _, ok := event.(actors.Percept); ok {
					t.Stop()
				}
				return nil
			}),
		},
		maySpeak: func(from, to string) bool { return from == "ann" && to != "cleo" },
	}.run(t)
	d.expect(t, "ann", `
		1 started
		2 percept 1 day
		3 percept 2 day
		4 undelivered to cleo: forbidden
		5 undelivered to dan: stopped
		6 undelivered to nobody: unknown
		7 percept 3 day
		8 stopping`)
	d.expect(t, "ben", "1 started\n2 percept 1 day\n3 percept 2 day\n4 inform of ann: hello\n5 percept 3 day\n6 stopping")
	if r.Messages.Refused != 3 || !r.Reproducible {
		t.Errorf("account %+v, reproducible %v: want three refused", r.Messages, r.Reproducible)
	}
}

// A full mailbox refuses with an answer, and since that depends on the clock, the report says so.
func TestABusyMailboxRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy, got := 0, 0
		r := story{
			cfg: polis.Config{Rounds: 2, Mailbox: 4},
			agents: []polis.Agent{
				does("ann", func(t *actors.Turn, event any) error {
					switch e := event.(type) {
					case actors.Percept:
						if pause(100 * time.Millisecond); e.Round == 1 { // ben is asleep by now
							for i := range 10 {
								t.Send(tell(fmt.Sprint(i), "ben"))
							}
						}
					case actors.Undelivered:
						if e.Reason == actors.ReasonBusy {
							busy++
						}
					}
					return nil
				}),
				does("ben", func(t *actors.Turn, event any) error {
					switch brief(event) {
					case "percept 1 day":
						pause(500 * time.Millisecond)
					case "percept 2 day":
						return nil
					default:
						got++
					}
					return nil
				}),
			},
		}.run(t)
		if busy != 6 || got != 4+2 { // started and stopping
			t.Errorf("%d were refused, ben had %d; want 6 and 4 with started and stopping", busy, got)
		}
		if r.Faults.Clocked != 6 || r.Reproducible {
			t.Errorf("faults %+v, reproducible %v", r.Faults, r.Reproducible)
		}
	})
}

// pause holds a turn. It is called inside a synctest bubble.
func pause(d time.Duration) { time.Sleep(d) }

// Observers hear what is said, by whom and when.
func TestObserversHearWhatIsSaid(t *testing.T) {
	r := story{cfg: polis.Config{Rounds: 2}, phases: []string{"talk", "act"}, agents: []polis.Agent{
		does("ann", func(t *actors.Turn, event any) error {
			if p, ok := event.(actors.Percept); ok && p.Round == 2 && p.Phase == "act" {
				t.Send(tell("hello", "ben"))
			}
			return nil
		}), idles("ben")}}.run(t)
	said := first[actors.Said](t, r)
	if said.Round != 2 || said.Phase != "act" || brief(said.Message) != "inform of ann: hello" || count[actors.Said](r) != 1 {
		t.Errorf("observers heard %+v", said)
	}
}

// "In the sequential pace the world says who perceives; one conductor orders all": what is said reaches its receiver when
// that is activated next, also in the same round.
func TestTalkInTheSequentialPace(t *testing.T) {
	var d diary
	talk := func(t *actors.Turn, event any) error {
		if d.note(t, event); brief(event) == "percept 1 day" {
			for _, to := range []string{"ann", "ben", "cleo"} {
				if to != t.Self() {
					t.Send(tell("from "+t.Self(), to))
				}
			}
		}
		return nil
	}
	story{cfg: polis.Config{Rounds: 2, Pace: "sequential"},
		agents: []polis.Agent{does("ann", talk), does("ben", talk), does("cleo", talk)}}.run(t)
	d.expect(t, "ann", `
		1 started
		2 percept 1 day
		3 inform of ben: from ben
		4 inform of cleo: from cleo
		5 percept 2 day
		6 stopping`)
	d.expect(t, "ben", `
		1 started
		2 inform of ann: from ann
		3 percept 1 day
		4 inform of cleo: from cleo
		5 percept 2 day
		6 stopping`)
	d.expect(t, "cleo", `
		1 started
		2 inform of ann: from ann
		3 inform of ben: from ben
		4 percept 1 day
		5 percept 2 day
		6 stopping`)
}

// "Who joins enters at the next round": it finds there what was written to it before.
func TestWhoJoinsFindsItsLetters(t *testing.T) {
	var d diary
	newcomer := does("ben", func(t *actors.Turn, event any) error {
		d.note(t, event)
		return nil
	})
	newcomer.From = 3
	story{cfg: polis.Config{Rounds: 4}, agents: []polis.Agent{newcomer, does("ann", func(t *actors.Turn, event any) error {
		if p, ok := event.(actors.Percept); ok {
			t.Send(tell(fmt.Sprint(p.Round), "ben"))
		}
		return nil
	})}}.run(t)
	d.expect(t, "ben", `
		1 started
		2 inform of ann: 1
		3 inform of ann: 2
		4 percept 3 day
		5 inform of ann: 3
		6 percept 4 day
		7 inform of ann: 4
		8 stopping`)
}

// "Every queue bounded": what waits for the next phase is bounded by what each may say in one, the same in every run.
func TestWhoSaysTooMuchInAPhaseIsNotHeard(t *testing.T) {
	const room, more = 1 << 14, 10
	busy, got := 0, 0
	r := story{
		cfg: polis.Config{Rounds: 2, Mailbox: 2 * room},
		agents: []polis.Agent{
			does("ann", func(t *actors.Turn, event any) error {
				switch e := event.(type) {
				case actors.Percept:
					for range room + more {
						if e.Round == 1 {
							t.Send(tell("hello", "ben"))
						}
					}
				case actors.Undelivered:
					if e.Reason == actors.ReasonBusy {
						busy++
					}
				}
				return nil
			}),
			does("ben", func(_ *actors.Turn, event any) error {
				if _, said := event.(*protocol.Message); said {
					got++
				}
				return nil
			}),
		},
	}.run(t)
	if busy != more || got != room || !r.Messages.Balanced() || !r.Reproducible {
		t.Errorf("%d returned, %d heard, account %+v, reproducible %v", busy, got, r.Messages, r.Reproducible)
	}
}

// A rule about who may speak that panics forbids it: the turn is committed, and not done again.
func TestARuleOfSpeechThatPanicsForbids(t *testing.T) {
	var d diary
	r := story{
		cfg:      polis.Config{Rounds: 2},
		maySpeak: func(_, to string) bool { return to == "ben" || map[string]func() bool{}[to]() },
		agents: []polis.Agent{does("ann", func(t *actors.Turn, event any) error {
			if d.note(t, event); brief(event) == "percept 1 day" {
				t.Send(tell("hello", "cleo", "ben"))
			}
			return nil
		}), does("ben", func(t *actors.Turn, event any) error {
			d.note(t, event)
			return nil
		}), idles("cleo")},
	}.run(t)
	d.expect(t, "ann", "1 started\n2 percept 1 day\n3 undelivered to cleo: forbidden\n4 percept 2 day\n5 stopping")
	d.expect(t, "ben", "1 started\n2 percept 1 day\n3 inform of ann: hello\n4 percept 2 day\n5 stopping")
	if r.Faults.Crashes != 0 {
		t.Errorf("faults %+v", r.Faults)
	}
}
