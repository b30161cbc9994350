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
	for i, e := range d.queue.ready {
		if e.place != i || i > 0 && first(e, d.queue.ready[(i-1)/2]) {
			p.t.Fatalf("place %d of %v", i, e.key)
		}
	}
	if counts[waiting] != len(d.queue.ready) || counts[pausing] != d.pausing || counts[held]+counts[over] != 0 || counts[out] > d.out {
		p.t.Fatalf("%v: %v", counts, d)
	}
	if d.free(p.now) && len(d.queue.ready) > 0 {
		p.t.Fatal("a slot is idle while somebody waits")
	}
	if at := d.wake(p.now); at != 0 && at <= p.now || at == 0 && len(d.alarms) > 0 {
		p.t.Fatalf("wakes at %v, now %v", at, p.now)
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
		r.Priority, r.Repeatable = int(x%3)-1, x&8 != 0
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
	p := stagePlay(t, Config{InFlight: int(script[0] % 5), Queue: 12, Attempts: 1 + int(script[0]>>4)%4, AttemptLimit: time.Duration(script[0]%2) * 3 * time.Second})
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
