package llmadapter

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func names(entries []*entry) string {
	var all []string
	for _, e := range entries {
		all = append(all, e.key.asker)
	}
	return strings.Join(all, " ")
}

// "Ordered by Request.Priority desc, fair share between askers, then deadline, then arrival."
func TestTheOrderOfTheQueue(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 1})
	p.fills()
	urgent := hello
	urgent.Priority = 1
	p.asks("late", 50*time.Second, hello)
	p.asks("soon", 20*time.Second, hello)
	p.asks("soon-too", 20*time.Second, hello)
	p.asks("soon", 10*time.Second, hello) // its second
	p.asks("boss", 60*time.Second, urgent)
	p.asks("late", 50*time.Second, hello)
	var order []*entry
	for range 7 {
		order = append(order, p.answers())
	}
	if got := names(order); got != "busy boss soon soon-too late soon late" {
		t.Error(got)
	}
}

// "The one served least so far first": one that asks thirty times as much gets no more than the others, and no slot is
// idle meanwhile.
func TestFairShares(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 4})
	served := map[string]float64{}
	top := func() {
		for i := range 10 {
			asker, keep := fmt.Sprint("a", i), 4
			if i == 0 {
				keep = 90
			}
			n := 0
			for _, e := range p.d.open {
				if e.key.asker == asker && e.state == waiting {
					n++
				}
			}
			for ; n < keep; n++ {
				p.asks(asker, 0, hello)
			}
		}
	}
	for range 2000 {
		top()
		if len(p.out) != 4 {
			t.Fatalf("%d calls are out while %d wait", len(p.out), p.d.queue.length)
		}
		p.now += time.Millisecond
		served[p.answers().key.asker]++
	}
	var sum, squares float64
	for _, n := range served {
		sum += n
		squares += n * n
	}
	if jain := sum * sum / (10 * squares); jain < 0.99 {
		t.Errorf("Jain's index %.3f: %v", jain, served)
	}
}

// Nobody saves up turns while asking nothing, and nobody pays for turns that were cancelled.
func TestSharesAreNotSavedUpAndNotLost(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 1})
	p.fills()
	for range 60 { // ben is served fifty times before ann comes
		p.asks("ben", 0, hello)
	}
	for range 51 {
		p.answers()
	}
	for range 6 {
		p.asks("ann", 0, hello)
	}
	p.answers()
	var order []*entry
	for range 10 {
		order = append(order, p.answers())
	}
	if got := names(order); strings.Contains(got, "ann ann ann") || strings.Contains(got, "ben ben ben") {
		t.Errorf("%s: one made up for lost turns", got)
	}

	p = stagePlay(t, Config{InFlight: 1})
	p.fills()
	for range 50 {
		p.d.cancel(p.now, p.asks("ann", 0, hello))
	}
	for range 5 {
		p.asks("ben", 0, hello)
	}
	ann := p.asks("ann", 0, hello)
	p.answers()
	p.answers()
	p.answers()
	if ann.state == waiting {
		t.Error("it pays for what it has cancelled")
	}
	if p.d.queue.length+p.d.out != len(p.d.open) {
		t.Error(p.d)
	}
}

// The shares that are kept are those of askers that are ahead of the others, not of all that ever asked.
func TestSharesAreForgotten(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 1})
	p.fills()
	for i := range 10_000 {
		p.asks(fmt.Sprint("a", i), 0, hello)
		p.answers()
	}
	if n := len(p.d.queue.askers); n > 600 {
		t.Errorf("%d shares are kept", n)
	}
}

// "Full: Rejected{QueueFull, RetryAfter: estimate, Depth}."
func TestAFullQueueSaysWhenToComeBack(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 2, Queue: 3})
	for range 2 {
		p.asks("ann", 0, hello)
	}
	p.now += time.Second
	p.answers()
	p.answers()
	p.fills()
	for range 3 {
		p.asks("ann", 0, hello)
	}
	e := p.asks("ann", 0, hello)
	if no := e.value.(Rejected); no != (Rejected{Reason: QueueFull, RetryAfter: time.Second, Depth: 3}) {
		t.Errorf("%+v", no)
	}
	p.answers()
	if e = p.asks("ann", 0, hello); e.state != waiting {
		t.Errorf("a place was free: %v", e.value)
	}
}

// "A request whose predicted wait exceeds what is left is rejected at once": counting only those that come before it.
func TestWhoWouldComeTooLateIsToldAtOnce(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 2})
	p.fills()
	p.now += 2 * time.Second
	p.answers()
	p.answers() // a call takes 2 s
	p.fills()
	for range 10 {
		if e := p.asks("greedy", time.Minute, hello); e.state != waiting {
			t.Fatal(e.value)
		}
	}
	if e := p.asks("greedy", 9*time.Second, hello); rejection(e) != TooLate || e.value.(Rejected).RetryAfter <= 0 {
		t.Errorf("10 s of work are before it: %+v", e.value)
	}
	if e := p.asks("greedy", 11*time.Second, hello); e.state != waiting {
		t.Errorf("there is time enough: %+v", e.value)
	}
	if e := p.asks("ann", 3*time.Second, hello); e.state != waiting {
		t.Errorf("it is the next in line, for it has had nothing: %+v", e.value)
	}
	urgent := hello
	urgent.Priority = 1
	if e := p.asks("greedy", time.Second, urgent); e.state != waiting {
		t.Errorf("it is before all others: %+v", e.value)
	}
	for range 40 { // from now on a call takes a tenth of it
		p.now += 100 * time.Millisecond
		p.returns(p.out[0], nil)
		p.returns(p.out[0], nil)
		for p.d.queue.length < 12 {
			p.asks("greedy", time.Minute, hello)
		}
	}
	if e := p.asks("greedy", 2*time.Second, hello); e.state != waiting {
		t.Errorf("it still believes that a call takes %v: %+v", p.d.service, e.value)
	}
	if p.d.ledger.Rejected != 1 {
		t.Errorf("%+v", p.d.ledger)
	}
}

// "One timer": what is due wakes the adapter, nothing else.
func TestExpiredEntriesLeaveAtOnce(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 1})
	p.asks("busy", 9*time.Minute, hello)
	for i, s := range []int{30, 10, 20} {
		p.asks(fmt.Sprint("a", i), time.Duration(s)*time.Second, hello)
	}
	if at := p.d.wake(p.now); at != 10*time.Second {
		t.Errorf("wakes at %v", at)
	}
	p.passes(10*time.Second - 1)
	if len(p.ends) != 0 {
		t.Error("too early")
	}
	p.passes(1)
	p.passes(20 * time.Second)
	if names(p.ends) != "a1 a2 a0" || rejection(p.ends[0]) != TooLate || p.ends[0].ended.Wait != 10*time.Second {
		t.Errorf("%s %+v", names(p.ends), p.ends[0])
	}
	if at := p.d.wake(p.now); at != 9*time.Minute {
		t.Errorf("wakes at %v", at)
	}
	p.passes(time.Hour)
	if len(p.ends) != 4 || failure(p.ends[3]) != Stalled || p.cut != 1 || p.d.wake(p.now) != 0 {
		t.Errorf("%d, %v", len(p.ends), p.d)
	}
}

// No wait is without a deadline, not even where the asker names none.
func TestNobodyWaitsForEver(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 1})
	p.asks("ann", 0, hello)
	p.asks("ben", 0, hello)
	p.asks("cleo", 1000*time.Hour, hello)
	p.passes(longestWait)
	if len(p.ends) != 3 || p.cut != 1 {
		t.Errorf("%v", names(p.ends))
	}
}

// "AttemptLimit: for one attempt."
func TestAnAttemptHasALimitOfItsOwn(t *testing.T) {
	p := stagePlay(t, Config{AttemptLimit: 5 * time.Second})
	again := hello
	again.Repeatable = true
	e := p.asks("ann", time.Minute, again)
	p.passes(5 * time.Second)
	if p.cut != 1 || e.state != out {
		t.Fatalf("%d cut, %v", p.cut, e.state)
	}
	p.returns(e, &Error{Kind: Cancelled, Fate: PossiblyBilled})
	if e.state != pausing || e.last.Kind != Stalled {
		t.Errorf("%v %+v", e.state, e.last)
	}
	p.passes(time.Second)
	if e.state != out || e.overdue || e.attempts != 2 {
		t.Errorf("%v", e.state)
	}
	p.returns(e, nil)
	if e.how != endAnswered {
		t.Error(e.how)
	}
}

// "Retries by Kind as documented."
func TestWhatIsTriedAgain(t *testing.T) {
	for _, c := range []struct {
		kind       Kind
		fate       Fate
		repeatable bool
		attempts   int
	}{
		{Invalid, Settled, true, 1},
		{Unauthorised, Settled, true, 1},
		{RateLimited, Settled, false, 4},
		{Overloaded, Settled, false, 4},
		{Transient, Settled, false, 4},
		{Transient, PossiblyBilled, false, 4},
		{Unreachable, Unsent, false, 4},
		{Broken, Unsent, false, 4},
		{Broken, PossiblyBilled, false, 1},
		{Broken, PossiblyBilled, true, 4},
		{Broken, Settled, false, 1},
		{Truncated, Settled, false, 2},
		{Truncated, Settled, true, 4},
		{Truncated, PossiblyBilled, false, 1},
		{Stalled, Settled, false, 2},
		{Stalled, PossiblyBilled, false, 1},
		{Stalled, PossiblyBilled, true, 4},
		{Malformed, Settled, false, 2},
		{Malformed, PossiblyBilled, false, 1},
	} {
		p := stagePlay(t, Config{})
		r := hello
		r.Repeatable = c.repeatable
		e := p.asks("ann", 10*time.Minute, r)
		for e.state != over {
			if len(p.out) > 0 {
				p.returns(e, &Error{Kind: c.kind, Fate: c.fate, Text: "no"})
			} else {
				p.passes(p.d.wake(p.now) - p.now)
			}
		}
		if e.attempts != c.attempts || failure(e) != c.kind || e.value.(Failed).Attempts != c.attempts {
			t.Errorf("%s, fate %d, repeatable %v: %d attempts, %v; want %d", c.kind, c.fate, c.repeatable, e.attempts, e.value, c.attempts)
		}
		if f := e.value.(Failed); (c.kind == RateLimited || c.kind == Overloaded) != (f.RetryAfter > 0) {
			t.Errorf("%s: come back in %v", c.kind, f.RetryAfter)
		}
		if a := p.d.ledger.Account; !a.Balanced() || a.Attempts != c.attempts {
			t.Errorf("%+v", a)
		}
	}
}

// Pauses before retries double, with jitter upward only; a retry that would come after the deadline is not waited for.
func TestPausesBeforeRetries(t *testing.T) {
	p := stagePlay(t, Config{Attempts: 10})
	e := p.asks("ann", 10*time.Second, hello)
	want := firstRetry
	for n := 1; e.state != over; n++ {
		p.returns(e, &Error{Kind: Transient, Fate: Settled})
		if e.state == over {
			break
		}
		pause := p.d.wake(p.now) - p.now
		if pause < want || pause > want+want/2 {
			t.Errorf("pause %d: %v, want %v and up to half of it more", n, pause, want)
		}
		p.passes(pause)
		want *= 2
	}
	if e.attempts < 5 || e.attempts > 6 || p.now > 10*time.Second {
		t.Errorf("%d attempts in %v", e.attempts, p.now)
	}
	if backoff(firstRetry, lastRetry, 64, 0.99) >= lastRetry*3/2 || backoff(firstRetry, lastRetry, 1<<40, 0) != lastRetry {
		t.Error("the longest pause")
	}
}

// "A retry budget for the whole adapter; at 100 % failure attempts/requests → ≤ 1.1 in the long run."
func TestRetriesDoNotAmplify(t *testing.T) {
	for _, kind := range []Kind{Transient, RateLimited, Overloaded} {
		p := stagePlay(t, Config{InFlight: 8})
		for range 2000 {
			p.asks("ann", 10*time.Minute, hello)
			for len(p.out) > 0 {
				p.returns(p.out[0], &Error{Kind: kind, Fate: Settled})
			}
			p.passes(2 * time.Second)
		}
		p.passes(time.Hour)
		a := p.d.ledger.Account
		if a.Requests != 2000 || !a.Balanced() {
			t.Errorf("%s: %+v", kind, a)
		}
		if x := float64(a.Attempts) / float64(a.Requests); x > 1.11 {
			t.Errorf("%s: %.3f attempts a request", kind, x)
		}
	}
}

// The other side of it: what fails at random is tried again, and nearly all is answered.
func TestRetriesHealRandomFaults(t *testing.T) {
	p := stagePlay(t, Config{})
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		p.asks("ann", 10*time.Minute, hello)
		for len(p.out) > 0 {
			if r.Float64() < 0.3 {
				p.returns(p.out[0], &Error{Kind: RateLimited, Fate: Settled, Status: 429})
			} else {
				p.answers()
			}
		}
		p.passes(time.Second)
	}
	p.passes(time.Hour)
	if a := p.d.ledger.Account; float64(a.Answered) < 0.97*2000 || a.Server429 == 0 || !a.Balanced() {
		t.Errorf("%+v", a)
	}
}

// "Slow start until the first overload; then +1/limit per success, only while saturated; ×0.9 at most once per
// generation."
func TestTheLimitAdapts(t *testing.T) {
	p := stagePlay(t, Config{})
	if p.d.limit.calls() != firstInFlight {
		t.Fatal(p.d.limit)
	}
	p.asks("ann", 0, hello)
	p.answers()
	if p.d.limit.value != firstInFlight {
		t.Error("it grows although it is not used up")
	}
	for p.d.limit.calls() < mostInFlight {
		n := p.d.limit.calls()
		p.fills()
		for _, e := range slices.Clone(p.out) {
			p.returns(e, nil)
			p.fills()
		}
		if got := p.d.limit.calls(); got < min(2*n, mostInFlight)-1 {
			t.Errorf("from %d to %d: not doubled", n, got)
		}
	}
	for range 100 {
		p.fills()
		p.answers()
	}
	if p.d.limit.calls() != mostInFlight {
		t.Errorf("%v: beyond its cap", p.d.limit)
	}
	p.fills()
	begun := slices.Clone(p.out)
	for _, e := range begun { // one generation, all refused
		p.returns(e, &Error{Kind: RateLimited, Fate: Settled})
	}
	if v := p.d.limit.value; math.Abs(v-0.9*mostInFlight) > 1e-9 {
		t.Errorf("%v after one generation of refusals", v)
	}
	p.passes(time.Minute)
	for p.d.limit.ramp < p.d.limit.value { // slow start after the pause
		p.fills()
		p.answers()
	}
	p.fills()
	before := p.d.limit.value
	n := p.d.limit.calls()
	for range n {
		p.answers()
		p.fills()
	}
	if grown := p.d.limit.value - before; grown < 0.9 || grown > 1.1 {
		t.Errorf("grown by %.2f in a generation", grown)
	}
	fixed := newLimit(3)
	for range 100 {
		fixed.succeeded(1, true)
	}
	fixed.overloaded(5, 6)
	if fixed.calls() != 3 || fixed.value != 3 {
		t.Error("a fixed limit moves")
	}
	low := newLimit(0)
	for i := range uint64(200) {
		low.overloaded(i, i+1)
		low.paused(i + 1)
	}
	if low.calls() != 1 || low.value != 1 {
		t.Errorf("%+v: from less than 1 it would leap", low)
	}
}

// "After a cooldown shared by all calls that honours RetryAfter, clamped to a maximum, max of deadlines, jitter upward
// only."
func TestTheCooldownIsShared(t *testing.T) {
	p := stagePlay(t, Config{})
	p.fills()
	one, two, three := p.out[0], p.out[1], p.out[2]
	p.returns(one, &Error{Kind: RateLimited, Fate: Settled, RetryAfter: 10 * time.Second})
	p.returns(two, &Error{Kind: RateLimited, Fate: Settled, RetryAfter: 3 * time.Second})
	until := p.d.pauses.until
	if until < 10*time.Second || until > 11*time.Second {
		t.Errorf("until %v: the longer one counts, and a tenth at most is added", until)
	}
	p.returns(three, nil)
	waits := p.asks("ann", time.Minute, hello)
	if len(p.out) != 1 || waits.state != waiting {
		t.Errorf("something went out: %s", names(p.out))
	}
	if l := p.d.load(p.now); l.Cooldown != until || l.Queued != 3 {
		t.Errorf("%+v", l)
	}
	if no := p.asks("ben", 9*time.Second, hello); rejection(no) != TooLate || no.value.(Rejected).RetryAfter < until {
		t.Errorf("it cannot be served in time: %+v", no.value)
	}
	p.answers()
	p.passes(until - p.now - 1)
	if len(p.out) != 0 {
		t.Error("too early")
	}
	p.passes(1)
	if len(p.out) != 1 {
		t.Errorf("%d are out right after the pause: they come in one by one", len(p.out))
	}
	p.answers()
	if len(p.out) != 2 {
		t.Errorf("%d are out", len(p.out))
	}
	p.answers()
	p.returns(p.out[0], &Error{Kind: Overloaded, Fate: Settled, RetryAfter: 1000 * time.Hour})
	if d := p.d.pauses.until - p.now; d > longestPause*11/10 || d < longestPause {
		t.Errorf("a pause of %v", d)
	}
}

// Who cannot be served before the pause ends is told at once, not at its deadline.
func TestAPauseEndsWhatWouldBeTooLate(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 1, Attempts: 1})
	out := p.asks("busy", time.Minute, hello)
	soon, late := p.asks("soon", 5*time.Second, hello), p.asks("late", time.Minute, hello)
	p.returns(out, &Error{Kind: RateLimited, Fate: Settled, RetryAfter: 20 * time.Second})
	if rejection(soon) != TooLate || late.state != waiting {
		t.Errorf("%+v, %v", soon.value, late.state)
	}
	if f := out.value.(Failed); f.RetryAfter < 20*time.Second {
		t.Errorf("%+v", f)
	}
}

// Without a word from the endpoint the pauses double, once for all calls that were refused together.
func TestPausesWithoutAHeaderDouble(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 4})
	want := firstPause
	for i := range 12 {
		p.fills()
		for len(p.out) > 0 {
			p.returns(p.out[0], &Error{Kind: RateLimited, Fate: Settled})
		}
		pause := p.d.pauses.until - p.now
		if pause < want || pause > want*11/10 {
			t.Errorf("pause %d: %v, want %v", i, pause, want)
		}
		want = min(2*want, longestPause/4)
		p.passes(pause)
	}
	p.fills()
	p.answers()
	if p.d.pauses.rows != 0 {
		t.Error("an answer ends the row")
	}
}

// "During an outage at most about one probe a second goes out; what waits stays queued until its own deadline."
func TestAnOutage(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 8})
	down := &Error{Kind: Unreachable, Fate: Unsent, Text: "connection refused"}
	var all []*entry
	for i := range 20 {
		all = append(all, p.asks("ann", time.Duration(20+i)*time.Second, hello))
	}
	for len(p.out) > 0 {
		p.returns(p.out[0], down)
	}
	before := p.d.ledger.Attempts
	begin := p.now
	for p.now < begin+15*time.Second { // probes, each refused after 10 ms
		p.passes(10 * time.Millisecond)
		if len(p.out) > 1 {
			t.Fatalf("%d probes at once", len(p.out))
		}
		for len(p.out) > 0 {
			p.returns(p.out[0], down)
		}
	}
	if n := p.d.ledger.Attempts - before; n < 14 || n > 16 {
		t.Errorf("%d probes in 15 s", n)
	}
	for _, e := range all {
		if e.state == over {
			t.Errorf("it does not wait: %v", e.value)
		}
	}
	for p.now < 30*time.Second {
		p.passes(10 * time.Millisecond)
		for len(p.out) > 0 {
			p.returns(p.out[0], down)
		}
	}
	if no, _ := all[0].value.(Rejected); no.Reason != Unavailable || no.Text != "connection refused" || no.RetryAfter > probeEvery {
		t.Errorf("%+v", all[0].value)
	}
	urgent := hello
	urgent.Priority = 1
	probe := p.asks("ben", time.Minute, urgent)
	p.passes(time.Second)
	if len(p.out) != 1 || p.out[0] != probe || !p.d.pauses.asking {
		t.Fatal("no probe")
	}
	p.passes(5 * time.Second)
	if len(p.out) != 1 {
		t.Error("a second probe while the first is out")
	}
	for range 20 {
		p.asks("cleo", 10*time.Minute, hello)
	}
	p.answers() // it is back
	if p.d.pauses.outage() || len(p.out) != 2 {
		t.Errorf("%d are out right after the outage: they come few at first", len(p.out))
	}
	for len(p.out) > 0 {
		p.answers()
	}
	if a := p.d.ledger.Account; !a.Balanced() || a.Answered+a.Rejected != 41 || a.Failed != 0 {
		t.Errorf("%+v", a)
	}
}

// An outage of a server that answers 503 is one, too; but its probes are attempts that may cost something, and so are
// counted.
func TestAnOverloadForLong(t *testing.T) {
	p := stagePlay(t, Config{Attempts: 3})
	for range 30 {
		p.asks("ann", 10*time.Minute, hello)
	}
	most := 0
	for p.now < 9*time.Minute {
		for len(p.out) > 0 {
			e := p.out[0]
			p.returns(e, &Error{Kind: Overloaded, Fate: Settled, Status: 503, RetryAfter: time.Second})
			most = max(most, e.attempts)
		}
		p.passes(100 * time.Millisecond)
	}
	if a := p.d.ledger.Account; most > 3 || a.Failed != 30 || a.Attempts > 30+int(firstRetries)+3 {
		t.Errorf("%d attempts at one, %+v", most, a)
	}
}

// A probe that nobody waits for any more makes room for the next.
func TestACancelledProbeIsReplaced(t *testing.T) {
	p := stagePlay(t, Config{})
	p.d.pauses.failed = outageAfter
	one := p.asks("ann", time.Minute, hello)
	if !one.probe {
		t.Fatal("no probe")
	}
	p.d.cancel(p.now, one)
	two := p.asks("ben", time.Minute, hello)
	p.passes(2 * time.Second)
	if two.state == out {
		t.Error("a second probe while the first is out")
	}
	p.returns(one, &Error{Kind: Cancelled, Fate: PossiblyBilled})
	if two.state != out || !two.probe {
		t.Errorf("%v", two.state)
	}
}

// "Unauthorised pauses the adapter: later requests are Rejected{Unavailable} with the reason, quickly, with an
// occasional probe."
func TestAKeyThatIsNotTaken(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 2})
	p.fills()
	one, two := p.out[0], p.out[1]
	waits := p.asks("ann", time.Minute, hello)
	p.returns(one, &Error{Kind: Unauthorised, Fate: Settled, Status: 401, Text: "bad key"})
	if failure(one) != Unauthorised {
		t.Errorf("%+v", one.value)
	}
	if no, _ := waits.value.(Rejected); no.Reason != Unavailable || !strings.Contains(no.Error(), "bad key") || no.RetryAfter != askAgain {
		t.Errorf("%+v", waits.value)
	}
	p.returns(two, &Error{Kind: Transient, Fate: Settled}) // which shows that somebody is there after all
	if failure(two) == "" && two.state != pausing {
		t.Errorf("%v", two.state)
	}
	p.passes(time.Second)
	three := p.asks("ann", time.Minute, hello)
	p.returns(two, &Error{Kind: Unauthorised, Fate: Settled})
	p.returns(three, &Error{Kind: Unreachable, Fate: Unsent})
	if failure(three) != Unreachable {
		t.Errorf("it waits, although we are not let in: %v", three.state)
	}
	for range 29 {
		p.passes(time.Second)
		if e := p.asks("ann", time.Minute, hello); rejection(e) != Unavailable {
			t.Errorf("%+v", e.value)
		}
	}
	p.passes(time.Second)
	probe := p.asks("ann", time.Minute, hello)
	if probe.state != out || !probe.probe {
		t.Fatalf("no probe: %+v", probe.value)
	}
	if e := p.asks("ann", time.Minute, hello); rejection(e) != Unavailable {
		t.Errorf("while the probe is out: %+v", e.value)
	}
	p.answers()
	if e := p.asks("ann", time.Minute, hello); e.state != out {
		t.Errorf("it is let in again: %+v", e.value)
	}
}

// "Start with FormTools; if an attempt fails with Invalid and no answer has come in this form yet, go to the next of
// Forms and try again at once; sticky."
func TestTheFormIsFoundOut(t *testing.T) {
	calls := hello
	calls.Tools = []Tool{{Name: "harvest", Schema: []byte(`{"type":"object"}`)}}
	bad := &Error{Kind: Invalid, Fate: Settled, Status: 400}
	takes := func(p *play, e *entry, form Form) { // an endpoint that takes one form
		for e.state == out {
			if Forms[e.form] == form {
				p.returns(e, nil)
			} else {
				p.returns(e, bad)
			}
		}
	}
	p := stagePlay(t, Config{Attempts: 1})
	for i, want := range []int{3, 1, 1} {
		e := p.asks("ann", time.Minute, calls)
		takes(p, e, FormText)
		if e.how != endAnswered || e.attempts != want {
			t.Errorf("request %d: %s after %d attempts, want %d", i, e.how, e.attempts, want)
		}
	}
	if e := p.asks("ann", time.Minute, calls); p.d.forms.proven {
		takes(p, e, FormTools)
		if failure(e) != Invalid || e.attempts != 1 {
			t.Errorf("proven, and then invalid: %+v", e.value)
		}
	}
	if p.d.budget.left < firstRetries {
		t.Errorf("it was charged: %v", p.d.budget)
	}

	p = stagePlay(t, Config{}) // no form will do
	for range 2 {
		e := p.asks("ann", time.Minute, calls)
		takes(p, e, "none")
		if failure(e) != Invalid || e.attempts != 3 || p.d.forms.at != 0 {
			t.Errorf("%+v, then form %d", e.value, p.d.forms.at)
		}
	}

	p = stagePlay(t, Config{InFlight: 3}) // three at once
	var all []*entry
	for range 3 {
		all = append(all, p.asks("ann", time.Minute, calls))
	}
	for range 3 {
		p.returns(p.out[0], bad)
	}
	for _, e := range all {
		if e.state != out || Forms[e.form] != FormSchema {
			t.Errorf("%v in form %v", e.state, Forms[e.form])
		}
		takes(p, e, FormSchema)
	}
	if e := p.asks("ann", time.Minute, calls); Forms[e.form] == FormSchema {
		p.returns(e, bad) // proven: it is the request that is wrong
		if failure(e) != Invalid || e.attempts != 1 || Forms[p.d.forms.at] != FormSchema {
			t.Errorf("%+v, then form %d", e.value, p.d.forms.at)
		}
	}

	p = stagePlay(t, Config{Form: FormSchema})
	if e := p.asks("ann", time.Minute, calls); Forms[e.form] == FormSchema {
		takes(p, e, FormTools)
		if failure(e) != Invalid || e.attempts != 1 {
			t.Errorf("fixed, and then invalid: %+v", e.value)
		}
	} else {
		t.Error(Forms[e.form])
	}
	if e := p.asks("ann", time.Minute, hello); e.state == out { // without tools there is only one form
		p.returns(e, bad)
		if e.attempts != 1 {
			t.Errorf("%d attempts", e.attempts)
		}
	}
}

// Two from outside may ask under one key. It is that of the first, until that has come to its end.
func TestOneKeyForTwo(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 2})
	ask := func() *entry {
		e := &entry{key: askID{"ann", 1, 0}, request: hello}
		if p.d.submit(p.now, time.Minute, e) {
			p.out = append(p.out, e)
		}
		return e
	}
	one, two := ask(), ask()
	p.returns(two, nil)
	if p.d.open[one.key] != one {
		t.Error("the first is lost")
	}
	p.returns(one, nil)
	if len(p.d.open) != 0 || len(p.ends) != 2 {
		t.Error(p.d)
	}
}

// "Possible spending is booked when the late attempt ends."
func TestALateAttemptIsBooked(t *testing.T) {
	p := stagePlay(t, Config{})
	one, two := p.asks("ann", time.Second, hello), p.asks("ben", time.Minute, hello)
	p.d.cancel(p.now, two)
	p.passes(time.Second)
	if a := p.d.ledger.Account; a != (Account{Requests: 2, Failed: 1, Cancelled: 1, Attempts: 2, PossiblyBilled: 2}) {
		t.Errorf("%+v", a)
	}
	p.d.returned(p.now, one, outcome{reply: Reply{Usage: Tokens{Input: 7, Output: 3}}})
	p.d.returned(p.now, two, outcome{err: &Error{Kind: RateLimited, Fate: Settled, Status: 429, Usage: Tokens{Input: 1, Output: 1}}})
	if a := p.d.ledger.Account; a != (Account{Requests: 2, Failed: 1, Cancelled: 1, Attempts: 2, Settled: 2, Server429: 1, InputTokens: 8, OutputTokens: 4}) {
		t.Errorf("%+v", a)
	}
	if p.d.pauses.until == 0 {
		t.Error("what it says about the endpoint is lost")
	}
	if one.value.(Failed).Kind != Stalled {
		t.Errorf("%+v", one.value)
	}
}

// A server may say anything about what it has spent.
func TestUsageIsBounded(t *testing.T) {
	p := stagePlay(t, Config{})
	for _, u := range []Tokens{{Input: -1, Output: -1}, {Input: math.MaxInt, Output: math.MinInt}, {Input: math.MaxInt, Output: math.MaxInt}} {
		e := p.asks("ann", time.Second, hello)
		p.out = nil
		p.d.returned(p.now, e, outcome{reply: Reply{Usage: u}})
	}
	if a := p.d.ledger.Account; a.InputTokens != 2*mostTokens || a.OutputTokens != mostTokens {
		t.Errorf("%+v", a)
	}
}

// What a client says of a failure is not believed blindly.
func TestAnErrorIsHeldToItsBounds(t *testing.T) {
	own := &Error{Kind: RateLimited, Fate: 9, RetryAfter: -time.Second, Text: "two\nlines"}
	if o := outcomeOf(Reply{}, own); o.err.Fate != PossiblyBilled || o.err.RetryAfter != 0 || o.err.Text != "two lines" || o.err.Kind != RateLimited {
		t.Errorf("%+v", o.err)
	}
	if own.Fate != 9 {
		t.Error("the client's own has changed")
	}
	for _, k := range kinds {
		if o := outcomeOf(Reply{}, &Error{Kind: k, Fate: Unsent}); o.err.Kind != k || o.err.Fate != Unsent {
			t.Errorf("%+v", o.err)
		}
	}
}

func TestTextOfErrorsIsOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		" two\r\n\tlines\x1b[2J ": "two lines [2J",
		"bad \xff byte":           "bad \uFFFD byte",
		strings.Repeat("é", 5000): strings.Repeat("é", lineLength-1) + "…",
	} {
		if got := line(text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	r := Reply{Text: "a\xff", Calls: []Call{{"x", "{}"}, {"\xfe", "{\xff}"}}, Finish: "st\xffop"}
	c := content(r)
	if c.Text != "a\uFFFD" || c.Calls[1] != (Call{"\uFFFD", "{\uFFFD}"}) || c.Calls[0].Name != "x" || r.Calls[1].Name != "\xfe" || c.Finish != "st\uFFFDop" {
		t.Errorf("%+v", c)
	}
}
