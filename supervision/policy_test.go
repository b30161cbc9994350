package supervision

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var errBroken = errors.New("broken")

// failed is the given attempt at a turn.
func failed(turn uint64, attempt int, err error) *Failure {
	return &Failure{Actor: "agents/kate", Turn: turn, Attempt: attempt, Event: "percept", Err: err}
}

// what names a decision.
func what(d Decision) string {
	switch d := d.(type) {
	case Restart:
		return "restart " + d.Scope.String()
	case Quarantine:
		return "quarantine " + d.Scope.String()
	case Stop:
		if d.Quarantined {
			return "quarantine and stop"
		}
		return "stop"
	case Escalate:
		return "escalate"
	}
	return "?"
}

// "The same event is offered again …, up to the policy's attempts (default 5, counted per event), then quarantined, and
// life goes on with the next."
func TestPolicyDecides(t *testing.T) {
	wrapped := func(err error) error { return fmt.Errorf("deciding: %w", err) }
	for _, c := range []struct {
		name    string
		p       Policy
		failure *Failure
		want    string
	}{
		{"zero value, first attempt", Policy{}, failed(9, 1, errBroken), "restart one-for-one"},
		{"zero value, fourth attempt", Policy{}, failed(9, 4, errBroken), "restart one-for-one"},
		{"zero value, fifth attempt", Policy{}, failed(9, 5, errBroken), "quarantine one-for-one"},
		{"attempts below zero are the default", Policy{Attempts: -1}, failed(9, 4, errBroken), "restart one-for-one"},
		{"one attempt only", Policy{Attempts: 1}, failed(9, 1, errBroken), "quarantine one-for-one"},
		{"all for one", Policy{Scope: AllForOne}, failed(9, 1, errBroken), "restart all-for-one"},
		{"all for one, at the end", Policy{Scope: AllForOne, Attempts: 2}, failed(9, 2, errBroken), "quarantine all-for-one"},
		{"a life that does not start takes nobody with it", Policy{Scope: AllForOne}, failed(0, 1, errBroken), "restart one-for-one"},
		{"a life that does not start is tried again", Policy{}, failed(0, 4, errBroken), "restart one-for-one"},
		{"a life that does not start has nothing to set aside", Policy{}, failed(0, 5, errBroken), "stop"},
		{"asks to stop", Policy{}, failed(9, 1, ErrStop), "stop"},
		{"asks to stop, wrapped", Policy{}, failed(9, 1, wrapped(ErrStop)), "stop"},
		{"asks to stop by panic", Policy{}, failed(9, 1, &Panic{Value: wrapped(ErrStop)}), "stop"},
		{"asks to stop at its last attempt", Policy{Attempts: 1}, failed(9, 1, ErrStop), "stop"},
		{"passes up", Policy{}, failed(9, 1, ErrEscalate), "escalate"},
		{"passes up, wrapped", Policy{}, failed(9, 1, wrapped(ErrEscalate)), "escalate"},
		{"passes up by panic", Policy{}, failed(9, 1, &Panic{Value: ErrEscalate}), "escalate"},
		{"passes up at its last attempt", Policy{Attempts: 1}, failed(9, 1, ErrEscalate), "escalate"},
		{"no quarantine allowed", Policy{Attempts: 1, Budget: Budget{Turns: 1}}, failed(9, 1, errBroken), "quarantine and stop"},
	} {
		d := c.p.Decide(&Record{}, c.failure, 0.5)
		if got := what(d); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if d.Cause() != c.failure {
			t.Errorf("%s: the decision does not carry its cause", c.name)
		}
	}
}

// "errors and panics treated alike"
func TestPolicyTreatsPanicsAndErrorsAlike(t *testing.T) {
	p := Policy{Attempts: 3, Budget: Budget{Quarantines: 1, Turns: 100}}
	var byError, byPanic Record
	for turn := uint64(1); turn <= 2; turn++ {
		for attempt := 1; attempt <= 3; attempt++ {
			a := p.Decide(&byError, failed(turn, attempt, errBroken), 0.3)
			b := p.Decide(&byPanic, failed(turn, attempt, &Panic{Value: "broken"}), 0.3)
			if what(a) != what(b) {
				t.Errorf("turn %d, attempt %d: error %s, panic %s", turn, attempt, what(a), what(b))
			}
		}
	}
}

func TestPolicyPausesLongerWithEveryAttempt(t *testing.T) {
	p := Policy{Backoff: Backoff{Min: time.Second, Jitter: -1}}
	for attempt, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 8 * time.Second} {
		if got := p.Decide(&Record{}, failed(9, attempt, errBroken), 0).(Restart).After; got != want {
			t.Errorf("attempt %d: %v, want %v", attempt, got, want)
		}
	}
	if got := p.Decide(&Record{}, failed(9, 5, errBroken), 0).(Quarantine).After; got != 10*time.Second {
		t.Errorf("after the quarantine %v, want 10s", got)
	}
}

// "The restart budget is counted in turns of that actor and charged only with quarantined events; its end stops the
// actor (off by default for agents)."
func TestBudgetCountsTurns(t *testing.T) {
	p := Policy{Attempts: 1, Budget: Budget{Quarantines: 2, Turns: 10}}
	for _, c := range []struct {
		name  string
		turns []uint64 // whose events are quarantined
		stops bool     // at the last of them
	}{
		{"as many as are allowed", []uint64{1, 2}, false},
		{"one more", []uint64{1, 2, 3}, true},
		{"the last turn of the window", []uint64{1, 2, 10}, true},
		{"one turn after the window", []uint64{1, 2, 11}, false},
		{"the window moves", []uint64{1, 9, 11, 12}, true},
		{"rare ones never add up", []uint64{1, 6, 11, 16, 21, 26, 31}, false},
	} {
		var rec Record
		for i, turn := range c.turns {
			got := what(p.Decide(&rec, failed(turn, 1, errBroken), 0))
			want := "quarantine one-for-one"
			if c.stops && i == len(c.turns)-1 {
				want = "quarantine and stop"
			}
			if got != want {
				t.Errorf("%s: turn %d: %s, want %s", c.name, turn, got, want)
			}
		}
	}
}

func TestBudgetIsChargedWithQuarantinesOnly(t *testing.T) {
	p := Policy{Attempts: 3, Budget: Budget{Quarantines: 0, Turns: 1000}}
	var rec Record
	for turn := uint64(1); turn < 500; turn++ {
		for attempt := 1; attempt < 3; attempt++ {
			if got := what(p.Decide(&rec, failed(turn, attempt, errBroken), 0)); got != "restart one-for-one" {
				t.Fatalf("turn %d, attempt %d: %s", turn, attempt, got)
			}
		}
	}
	stop := p.Decide(&rec, failed(500, 3, errBroken), 0).(Stop)
	if !stop.Quarantined || !strings.Contains(stop.Reason, "1 events quarantined within 1000 turns, budget 0") {
		t.Errorf("%+v", stop)
	}
}

func TestZeroBudgetNeverStops(t *testing.T) {
	var rec Record
	for turn := uint64(1); turn < 10_000; turn++ {
		if got := what(Policy{}.Decide(&rec, failed(turn, 5, errBroken), 0)); got != "quarantine one-for-one" {
			t.Fatalf("turn %d: %s", turn, got)
		}
	}
	if len(rec.charged) > 0 {
		t.Error("it remembers what it does not need")
	}
}

// A budget stops the actor exactly when a plain count over the window says so, and remembers no more than it needs.
func TestBudgetAgreesWithAPlainCount(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		b := Budget{Quarantines: r.IntN(4), Turns: uint64(1 + r.IntN(20))}
		p := Policy{Attempts: 1, Budget: b}
		var rec Record
		var turns []uint64
		for turn := uint64(1); turn < 100; turn += uint64(1 + r.IntN(8)) {
			turns = append(turns, turn)
			within := 0
			for _, x := range turns {
				if x+b.Turns > turn {
					within++
				}
			}
			_, stopped := p.Decide(&rec, failed(turn, 1, errBroken), 0).(Stop)
			if stopped != (within > b.Quarantines) {
				t.Fatalf("%+v, quarantined in %v: stopped = %v", b, turns, stopped)
			}
			if len(rec.charged) > b.Quarantines+1 {
				t.Fatalf("%+v: remembers %d turns", b, len(rec.charged))
			}
			if stopped {
				break
			}
		}
	}
}
