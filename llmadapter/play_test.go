package llmadapter

import (
	"fmt"
	"testing"
	"time"
)

// play is an admission and a clock that the test moves.
type play struct {
	t   testing.TB
	d   *admission
	now time.Duration
	n   uint64

	out  []*entry // calls that are, in the order in which they began
	ends []*entry // requests that have come to their end
	cut  int      // calls cancelled
}

// stagePlay fills what the adapter would.
func stagePlay(t testing.TB, c Config) *play {
	c.Model, c.Observe = yes, func(any) {}
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return &play{t: t, d: a.core}
}

// asks submits a request and lets go out what may.
func (p *play) asks(asker string, patience time.Duration, r Request) *entry {
	e := p.submits(asker, patience, r)
	p.settle()
	return e
}

// submits submits one.
func (p *play) submits(asker string, patience time.Duration, r Request) *entry {
	p.n++
	e := &entry{key: askID{asker, p.n, 0}, seed: p.n, request: r}
	if p.d.submit(p.now, patience, e) {
		p.out = append(p.out, e)
	}
	return e
}

// settle does what the runner does after every step.
func (p *play) settle() {
	p.d.tick(p.now)
	for e := p.d.next(p.now); e != nil; e = p.d.next(p.now) {
		p.out = append(p.out, e)
	}
	p.cut += len(p.d.cuts)
	p.ends = append(p.ends, p.d.ended...)
	p.d.cuts, p.d.ended = p.d.cuts[:0], p.d.ended[:0]
}

// ends the call of an entry.
func (p *play) returns(e *entry, err *Error) {
	p.t.Helper()
	for i, x := range p.out {
		if x == e {
			p.out = append(p.out[:i:i], p.out[i+1:]...)
			p.d.returned(p.now, e, outcome{reply: Reply{Text: "yes"}, err: err})
			p.settle()
			return
		}
	}
	p.t.Fatalf("the call of %v is not out", e.key)
}

// answers the call that is out longest.
func (p *play) answers() *entry {
	p.t.Helper()
	if len(p.out) == 0 {
		p.t.Fatal("nothing is out")
	}
	e := p.out[0]
	p.returns(e, nil)
	return e
}

// passes lets time go by: what is due happens when it is due.
func (p *play) passes(d time.Duration) {
	end := p.now + d
	for {
		at := p.d.wake(p.now)
		if at == 0 || at > end {
			break
		}
		p.now = max(p.now, at)
		p.settle()
	}
	p.now = end
	p.settle()
}

// fills lets as many calls go out as may.
func (p *play) fills() (busy []*entry) {
	for p.d.out < p.d.limit.calls() {
		busy = append(busy, p.asks("busy", 0, hello))
	}
	return busy
}

// rejection is why it was rejected; "" if it was not.
func rejection(e *entry) Reason {
	no, _ := e.value.(Rejected)
	return no.Reason
}

// failure is how it failed; "" if it did not.
func failure(e *entry) Kind {
	f, _ := e.value.(Failed)
	return f.Kind
}

// String says how it stands.
func (d *admission) String() string {
	return fmt.Sprintf("%d ready, %d pausing, %d out of %d, %d open, %d alarms", d.queue.length, d.pausing, d.out, d.limit.calls(), len(d.open), len(d.alarms))
}
