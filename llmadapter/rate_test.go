package llmadapter

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// use is what a call used, from its start to its end.
type use struct {
	from, to time.Duration
	n        int
}

// "Never > 101 % of the limit in any 60 s window", wherever between its start and its end, or 3 s after its start, the
// endpoint counts a call; "while using >= 95 % of it".
func TestAWindowHoldsInEveryMinute(t *testing.T) {
	for _, longest := range []time.Duration{0, 500 * time.Millisecond, 2 * time.Second, 20 * time.Second} {
		const limit = 1000
		r := rand.New(rand.NewPCG(1, uint64(longest)))
		w := newWindow(limit)
		type call struct {
			use
			held int
		}
		var out []call
		var all []use
		now := time.Duration(0)
		const end = 10 * time.Minute
		for now < end {
			for i := 0; i < len(out); {
				if c := out[i]; c.to <= now {
					w.settle(now, c.from, c.held, c.n)
					all = append(all, c.use)
					out = append(out[:i], out[i+1:]...)
					continue
				}
				i++
			}
			for {
				n := 1 + r.IntN(20)
				if !w.fits(now, n+n/10) {
					if at := w.opens(now, n+n/10); at <= now {
						t.Fatalf("it fits from %v on, now %v", at, now)
					}
					break
				}
				took := time.Duration(r.Float64() * float64(longest))
				out = append(out, call{use{now, now + took, n}, w.hold(n + n/10)})
			}
			now += 7 * time.Millisecond
		}
		for _, counted := range []func(u use) time.Duration{
			func(u use) time.Duration { return u.from },
			func(u use) time.Duration { return min(u.to, u.from+laggard) },
			func(u use) time.Duration {
				return u.from + time.Duration(r.Float64()*float64(min(u.to-u.from, laggard)))
			},
		} {
			times := map[time.Duration]int{} // by 1 ms
			total := 0
			for _, u := range all {
				times[counted(u)/time.Millisecond] += u.n
				total += u.n
			}
			sum, most := 0, 0
			for ms := range end / time.Millisecond {
				sum += times[ms] - times[ms-60_000]
				most = max(most, sum)
			}
			if most > limit {
				t.Errorf("calls up to %v: %d of %d in one minute", longest, most, limit)
			}
			if used := float64(total) / 10; used < 0.93*limit { // the last calls are not counted
				t.Errorf("calls up to %v: %.0f of %d a minute", longest, used, limit)
			}
		}
	}
}

// When it opens is when it fits, if nothing else happens.
func TestAWindowKnowsWhenItOpens(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		w := newWindow(1 + r.IntN(200))
		now := time.Duration(r.IntN(1e9))
		for range r.IntN(30) {
			now += time.Duration(r.IntN(4e9))
			if n := 1 + r.IntN(40); w.fits(now, n) {
				w.settle(now, now, w.hold(n), n)
			}
			if r.IntN(10) == 0 {
				w.hear(now, Allowance{Limit: 1 + r.IntN(300), Remaining: r.IntN(300), Reset: time.Duration(r.IntN(90e9))})
			}
		}
		n := 1 + r.IntN(w.limit())
		at := w.opens(now, n)
		if at < now || at > now+minute+grain || !w.fits(at, n) {
			t.Fatalf("limit %d, %d wanted at %v, opens at %v: %+v", w.limit(), n, now, at, w)
		}
	}
}

// Many calls take as many minutes as they need.
func TestAWindowOpensForMany(t *testing.T) {
	one := newWindow(1)
	if at := one.opens(0, math.MaxInt); at != mostMinutes*minute {
		t.Errorf("nobody is told to wait for ever: %v", at)
	}
	w := newWindow(60)
	for _, c := range []struct{ n, minutes int }{{1, 0}, {60, 0}, {61, 1}, {120, 1}, {121, 2}, {600, 9}} {
		if at := w.opens(0, c.n); at != time.Duration(c.minutes)*minute {
			t.Errorf("%d: %v", c.n, at)
		}
	}
}

// What others use of the same key is missing for us, and comes back; what an endpoint allows beyond what is configured is
// not used; what it does not say changes nothing.
func TestHeadersAreAnUpperBound(t *testing.T) {
	w := newWindow(100)
	w.settle(0, 0, w.hold(10), 10)
	w.hear(0, Allowance{Limit: 200, Remaining: 150, Reset: 30 * time.Second}) // 50 are gone, 10 of them ours
	if w.limit() != 100 || !w.fits(0, 90) || w.fits(0, 91) {                  // others use what the endpoint allows, not what we allow ourselves
		t.Errorf("%+v", w)
	}
	w.hear(0, Allowance{Limit: 200, Remaining: 50, Reset: 30 * time.Second}) // 140 by others
	if !w.fits(0, 49) || w.fits(0, 51) || !w.fits(15*time.Second, 90) || w.fits(15*time.Second, 91) {
		t.Errorf("%+v", w)
	}
	w.hear(31*time.Second, Allowance{Limit: 40, Remaining: 0})
	if w.limit() != 40 || w.fits(32*time.Second, 1) {
		t.Errorf("%+v", w)
	}
	w.hear(33*time.Second, Allowance{Limit: 40, Remaining: 40})
	if !w.fits(33*time.Second, 30) || w.fits(33*time.Second, 31) {
		t.Errorf("%+v", w)
	}
	w.hear(34*time.Second, Allowance{})
	w.hear(34*time.Second, Allowance{Remaining: 0, Reset: time.Hour})
	if w.limit() != 40 || !w.fits(34*time.Second, 30) {
		t.Errorf("%+v", w)
	}
	w.hear(34*time.Second, Allowance{Limit: 200, Remaining: 0, Reset: 24 * time.Hour}) // of a day
	if w.limit() != 40 || !w.fits(34*time.Second, 30) {
		t.Errorf("%+v", w)
	}
	w.hear(35*time.Second, Allowance{Limit: math.MaxInt, Remaining: math.MinInt})
	if w.limit() != 100 || w.fits(35*time.Second, 1) || !w.fits(35*time.Second+minute, 90) {
		t.Errorf("%+v", w)
	}
	if w.hear(100*time.Second, Allowance{Limit: 20, Remaining: 20}); w.fits(110*time.Second, 90) && w.limit() != 20 || !w.fits(100*time.Second+forgotten+1, 90) || w.limit() != 100 {
		t.Errorf("what is not said for long does not hold: %+v", w)
	}
	free := newWindow(0)
	if !free.fits(0, 1e9) || free.hold(5) != 0 {
		t.Error("there is no limit")
	}
	free.settle(0, 0, 0, 5)
	free.hear(0, Allowance{Limit: 3, Remaining: 1})
	if free.fits(0, 2) || !free.fits(0, 1) {
		t.Errorf("%+v", free)
	}
}

// A request goes out when the limits a minute let it; one that never left is given back at once, and nobody waits longer
// than the window.
func TestRequestsAMinute(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 10, RPM: 6})
	for i := range 8 {
		p.asks(fmt.Sprint("a", i), 5*time.Minute, hello)
	}
	if len(p.out) != 6 || p.d.queue.length != 2 || p.d.load(p.now).Rate <= 0 {
		t.Fatalf("%v", p.d)
	}
	p.returns(p.out[0], &Error{Kind: Unreachable, Fate: Unsent, Text: "no"})
	if len(p.out) != 6 {
		t.Errorf("%d are out: what never left counts", len(p.out))
	}
	p.now += time.Second
	for range 6 {
		p.answers()
	}
	p.passes(58 * time.Second)
	if len(p.out) != 0 {
		t.Errorf("%d are out within the minute", len(p.out))
	}
	p.passes(3 * time.Second)
	if len(p.out) != 2 {
		t.Errorf("%d are out after the minute", len(p.out))
	}
}

// Who would have to wait for the limits longer than it may is told at once, and when to come back.
func TestWhoWouldWaitTooLongForTheMinuteIsToldAtOnce(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 4, RPM: 2})
	for range 2 {
		p.asks("ann", time.Minute, hello)
		p.answers()
	}
	e := p.asks("ben", 30*time.Second, hello)
	if rejection(e) != TooLate || e.value.(Rejected).RetryAfter < 59*time.Second {
		t.Errorf("%+v", e.value)
	}
	if e = p.asks("ben", 61*time.Second, hello); e.state != waiting {
		t.Errorf("%+v", e.value)
	}
	p.asks("dan", 61*time.Second, hello)
	if e = p.asks("cleo", 100*time.Second, hello); rejection(e) != TooLate {
		t.Errorf("two go in the next minute, it would be the third: %+v", e.value)
	}
}

// Tokens are held as they may become, and settled as they were.
func TestTokensAMinute(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 50, TPM: 1000})
	r := hello
	r.MaxTokens = 300
	for i := range 8 {
		p.asks(fmt.Sprint("a", i), 10*time.Minute, r)
	}
	if len(p.out) != 3 {
		t.Fatalf("%d are out", len(p.out))
	}
	for len(p.out) > 0 {
		e := p.out[0]
		p.out = p.out[1:]
		p.d.returned(p.now, e, outcome{reply: Reply{Usage: Tokens{Input: 20, Output: 180}}})
		p.settle()
		p.check()
	}
	if p.d.ledger.Answered != 4 || p.d.rates.tokens.spent != 800 {
		t.Errorf("%d answered, %d spent", p.d.ledger.Answered, p.d.rates.tokens.spent)
	}
	large := hello
	large.MaxTokens = 5000
	p.passes(2 * time.Minute)
	for len(p.out) > 0 {
		p.answers()
		p.passes(2 * time.Minute)
	}
	if e := p.asks("ann", time.Minute, large); e.state != out {
		t.Errorf("who wants more than the limit gets all of it, once it is there: %v %+v", e.state, e.value)
	}
}

// The limit that the endpoint names is kept without being configured, also when it names it in a refusal.
func TestLimitsThatAreHeard(t *testing.T) {
	p := stagePlay(t, Config{InFlight: 100})
	p.asks("ann", 0, hello)
	p.out = nil
	first := p.d.open[askID{"ann", 1, 0}]
	p.d.returned(p.now, first, outcome{reply: Reply{Rates: Rates{Requests: Allowance{Limit: 5, Remaining: 4, Reset: time.Minute}}}})
	p.settle()
	for range 8 {
		p.asks("ann", 10*time.Minute, hello)
	}
	if len(p.out) != 4 {
		t.Errorf("%d are out", len(p.out))
	}
	refused := p.out[0]
	p.returns(refused, &Error{Kind: RateLimited, Fate: Settled, RetryAfter: time.Second, Rates: Rates{Requests: Allowance{Limit: 5, Remaining: 0, Reset: 10 * time.Second}}})
	p.passes(5 * time.Second)
	if len(p.out) != 3 {
		t.Errorf("%d are out", len(p.out))
	}
}

// What is learned of lengths.
func TestEstimates(t *testing.T) {
	var g estimate
	if in, out := g.guess(400, 0); in != 101 || out != 1025 {
		t.Error(in, out)
	}
	for range 100 {
		g.learn(400, Tokens{Input: 200, Output: 50})
	}
	if in, out := g.guess(400, 0); in < 199 || in > 201 || out < 50 || out > 52 {
		t.Error(in, out)
	}
	if in, out := g.guess(400, 10); in > 201 || out != 10 {
		t.Error(in, out)
	}
	if in, out := g.reserve(400, 500); in < 219 || in > 223 || out != 500 {
		t.Error(in, out)
	}
	if _, out := g.reserve(400, 0); out < 50 || out > 60 {
		t.Error(out)
	}
	before := g
	g.learn(400, Tokens{})
	g.learn(0, Tokens{Input: 7})
	if g != before {
		t.Error("it learns from nothing")
	}
	g.learn(1, Tokens{Input: math.MaxInt, Output: 1})
	if g.perByte > 1 {
		t.Error("it believes everything", g.perByte)
	}
}

// "Fast recovery": an endpoint that says 503 and not for how long is asked once a second, and served again at once.
func TestAnOutageWithoutAWordIsProbed(t *testing.T) {
	for _, service := range []time.Duration{50 * time.Millisecond, time.Second} {
		p := stagePlay(t, Config{InFlight: 8})
		again := hello
		again.Repeatable = true
		gone := func() bool { return p.now >= 10*time.Second && p.now < 50*time.Second }
		attempts, back := 0, time.Duration(0)
		for p.now < time.Minute {
			for p.d.queue.length < 20 {
				if e := p.asks("ann", 10*time.Minute, again); e.state != waiting && e.state != out {
					break
				}
			}
			if len(p.out) == 0 {
				p.passes(max(1, p.d.wake(p.now)-p.now))
				continue
			}
			e := p.out[0]
			if gone() {
				attempts++
				p.returns(e, &Error{Kind: Overloaded, Fate: Settled, Status: 503, Text: "no"})
				continue
			}
			if p.now >= 50*time.Second && back == 0 {
				back = p.now - 50*time.Second
			}
			p.now += service / 8
			p.returns(e, nil)
		}
		if attempts < 35 || attempts > 60 || back > 1200*time.Millisecond {
			t.Errorf("%v: %d attempts while it was gone, asked %v after it was back", service, attempts, back)
		}
	}
}
