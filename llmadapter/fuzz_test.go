package llmadapter

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// check holds what is always true.
func (p *play) check() {
	p.t.Helper()
	d := p.d
	a := d.ledger.Account
	if a.Attempts != a.Settled+a.Unsent+a.PossiblyBilled {
		p.t.Fatalf("attempts: %+v", a)
	}
	if a.Requests != a.Answered+a.Rejected+a.Failed+a.Cancelled+len(d.alarms) {
		p.t.Fatalf("requests: %+v, %d open", a, len(d.alarms))
	}
	if len(p.ends) != a.Answered+a.Rejected+a.Failed+a.Cancelled {
		p.t.Fatalf("%d ends: %+v", len(p.ends), a)
	}
	if d.out != len(p.out) || d.limit.calls() < 1 || d.limit.calls() > mostInFlight {
		p.t.Fatalf("%d are out, counted %d of %d", len(p.out), d.out, d.limit.calls())
	}
	counts := map[state]int{}
	for i, e := range d.alarms {
		counts[e.state]++
		if e.alarm != i || i > 0 && d.alarms[(i-1)/2].due > e.due || e.due <= p.now || e.due > e.deadline {
			p.t.Fatalf("alarm %d of %v at %v, now %v", i, e.key, e.due, p.now)
		}
		if (e.state == waiting) != (e.place >= 0) {
			p.t.Fatalf("%v is at %d in the queue, and %v", e.key, e.place, e.state)
		}
	}
	p.checkQueue()
	if counts[waiting] != d.queue.length || counts[pausing] != d.pausing || counts[held]+counts[over] != 0 || counts[out] > d.out {
		p.t.Fatalf("%v: %v", counts, d)
	}
	if next := d.queue.peek(); d.free(p.now) && next != nil && d.rates.fits(p.now, next) {
		p.t.Fatal("a slot is idle while somebody waits")
	}
	p.checkRates()
	if at := d.wake(p.now); at != 0 && at <= p.now || at == 0 && len(d.alarms) > 0 {
		p.t.Fatalf("wakes at %v, now %v", at, p.now)
	}
}

// checkQueue holds that everybody is found where they wait.
func (p *play) checkQueue() {
	p.t.Helper()
	n := 0
	for i, c := range p.d.queue.classes {
		inClass := 0
		if i > 0 && p.d.queue.classes[i-1].priority <= c.priority || len(c.shares) == 0 {
			p.t.Fatalf("class %d of %d", i, len(p.d.queue.classes))
		}
		for j, s := range c.shares {
			if s.place != j || s.class != c || !slices.Contains(s.asker.shares, s) || p.d.queue.askers[s.asker.name] != s.asker || len(s.entries) == 0 ||
				j > 0 && c.shares.Less(j, (j-1)/2) {
				p.t.Fatalf("share %d of %s", j, s.asker.name)
			}
			for k, e := range s.entries {
				if e.place != k || e.share != s || k > 0 && s.entries.Less(k, (k-1)/2) || e.request.Priority != c.priority || e.key.asker != s.asker.name {
					p.t.Fatalf("place %d of %v", k, e.key)
				}
			}
			inClass += len(s.entries)
		}
		if n += inClass; inClass != c.length {
			p.t.Fatalf("%d in a class of %d", inClass, c.length)
		}
	}
	if n != p.d.queue.length {
		p.t.Fatalf("%d wait, counted %d", n, p.d.queue.length)
	}
	out := 0
	for _, a := range p.d.queue.askers {
		if out += a.out; a.out < 0 || a.got < 0 {
			p.t.Fatalf("%+v", a)
		}
	}
	if out > p.d.out {
		p.t.Fatalf("%d calls are charged, %d are out", out, p.d.out)
	}
}

// checkRates holds that what is held of the limits is held by calls that are out, and no limit is broken by more than
// what nobody could know.
func (p *play) checkRates() {
	p.t.Helper()
	var held amounts
	for _, e := range p.out {
		held.requests += e.held.requests
		held.tokens += e.held.tokens
	}
	for _, w := range []struct {
		*window
		held int
	}{{&p.d.rates.requests, held.requests}, {&p.d.rates.tokens, held.tokens}} {
		sum := 0
		for _, n := range w.past {
			sum += n
		}
		if w.window.held != w.held || w.spent != sum || sum < 0 {
			p.t.Fatalf("%d held, counted %d; %d spent, counted %d", w.held, w.window.held, sum, w.spent)
		}
	}
	if r := &p.d.rates.requests; r.own > 0 && r.held+r.spent > r.own {
		p.t.Fatalf("%d requests of %d", r.held+r.spent, r.own)
	}
}

var (
	kinds = []Kind{Invalid, Unauthorised, RateLimited, Overloaded, Transient, Unreachable, Broken, Truncated, Stalled, Malformed, Cancelled}
	fates = []Fate{PossiblyBilled, Settled, Unsent}
)

// step does what two bytes say.
func (p *play) step(op, x byte) {
	r := hello
	switch op % 8 {
	case 0, 1:
		r.Priority, r.Repeatable, r.Shared = int(x%3)-1, x&8 != 0, x&32 != 0
		if x&16 != 0 {
			r.Tools = []Tool{{Name: "act"}}
		}
		p.submits(string('a'+rune(x%7)), time.Duration(x)*time.Second/4, r)
		p.settle()
	case 2, 3:
		if len(p.out) > 0 {
			p.returns(p.out[int(x)%len(p.out)], nil)
		}
	case 4:
		if len(p.out) > 0 {
			p.returns(p.out[int(x)%len(p.out)], &Error{Kind: kinds[int(x)%len(kinds)], Fate: fates[int(x)%len(fates)],
				RetryAfter: time.Duration(x/32) * time.Second, Usage: Tokens{Input: int(x), Output: 1}})
		}
	case 5:
		p.passes(time.Duration(x) * 50 * time.Millisecond)
	case 6:
		if len(p.d.alarms) > 0 {
			p.d.cancel(p.now, p.d.alarms[int(x)%len(p.d.alarms)])
			p.settle()
		}
	case 7:
		p.d.turnedAway(p.now, &entry{}, NoCredit)
		p.settle()
	}
}

// Whatever happens in whatever order, all that is counted is exact, no slot is idle while somebody waits, and at the end
// everybody has one answer.
func FuzzAdmission(f *testing.F) {
	f.Add([]byte("\x00\x10\x00\x31\x04\x01\x05\x20\x02\x00"))
	f.Add(slices.Repeat([]byte{0, 200, 4, 2, 4, 5, 5, 3}, 40)) // rate limits and outages
	f.Add(slices.Repeat([]byte{0, 255, 1, 24, 4, 0, 4, 22, 6, 1}, 40))
	f.Add(slices.Repeat([]byte{0, 90, 4, 1, 5, 255}, 40)) // a key that is not taken
	f.Fuzz(func(t *testing.T, script []byte) { playOut(t, script) })
}

// The same for scripts at random, most of them long.
func TestAnyOrderOfEvents(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		script := make([]byte, 2+r.IntN(1000))
		for i := range script {
			script[i] = byte(r.Uint32())
		}
		playOut(t, script)
	}
}

// playOut plays a script to its end.
func playOut(t *testing.T, script []byte) {
	if len(script) < 1 {
		return
	}
	p := stagePlay(t, Config{InFlight: int(script[0] % 5), Queue: 12, Attempts: 1 + int(script[0]>>4)%4, AttemptLimit: time.Duration(script[0]%2) * 3 * time.Second,
		RPM: int(script[0]>>5) * 20, TPM: int(script[0]>>6) * 5000})
	for i := 1; i+1 < len(script) && i < 2000; i += 2 {
		p.step(script[i], script[i+1])
		p.check()
	}
	p.d.stop(p.now)
	p.settle()
	for len(p.out) > 0 {
		p.returns(p.out[0], &Error{Kind: Cancelled})
	}
	if a := p.d.ledger.Account; !a.Balanced() || len(p.ends) != a.Requests || p.d.out+len(p.d.open)+len(p.d.alarms) != 0 {
		t.Fatalf("%+v, %d ends, %v", a, len(p.ends), p.d)
	}
	for i, e := range p.ends {
		if slices.Contains(p.ends[:i], e) {
			t.Fatalf("%v has two ends", e.key)
		}
	}
}
