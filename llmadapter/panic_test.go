package llmadapter

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/internal/wire"
)

// fuse is a clock that panics so often, once it is lit: under the adapter's lock, since it is asked there first.
type fuse struct{ left atomic.Int64 }

func (f *fuse) now() time.Time {
	if f.left.Load() > 0 && f.left.Add(-1) >= 0 {
		panic("the clock is broken")
	}
	return time.Now()
}

// "What panics while the lock is held gives it back": who asks then, and others, have their answers; the supervisor sees it.
func TestAPanicWhereARequestIsTakenIn(t *testing.T) {
	var clock fuse
	var fails atomic.Int64
	s := open(t, Config{Model: yes, Clock: clock.now}, func(a *Adapter) {
		a.fault = func(msg any) {
			if _, ok := msg.(*wire.Ask); ok {
				fails.Add(1)
			}
		}
	})
	want(t, s.later(t, s.question("ann", time.Minute, hello)))
	clock.left.Store(2)
	if a := want(t, s.later(t, s.question("ann", time.Minute, hello))); a.Error != "" {
		t.Errorf("%+v", a)
	}
	if a := want(t, s.later(t, s.question("ben", time.Minute, hello))); a.Error != "" {
		t.Errorf("%+v", a)
	}
	if acc := s.close(t); acc.Requests != 3 || acc.Answered != 3 || fails.Load() != 5 {
		t.Errorf("%+v, %d attempts to take them in", acc, fails.Load())
	}
}

// A request whose taking in fails half-way is rejected, once; others are not touched.
func TestAPanicHalfWayIntoARequest(t *testing.T) {
	for name, asker := range map[string]bool{"from outside": false, "of an actor": true} {
		t.Run(name, func(t *testing.T) {
			broken := false
			s := open(t, Config{Model: yes}, func(a *Adapter) {
				a.fault = func(msg any) {
					ask, ok := msg.(*wire.Ask)
					if !ok || ask.Asker != "bad" {
						return
					}
					a.mu.Lock()
					defer a.mu.Unlock()
					if broken = !broken; broken {
						a.core.open = nil // to be written to
					} else {
						a.core.open = map[askID]*entry{}
					}
				}
			})
			q := s.question("bad", time.Minute, hello)
			var a *wire.Answer
			if asker {
				bad := &askingActor{answers: make(chan *wire.Answer, 2)}
				_ = s.engine.Tell(bad.spawn(t, s, "agents/bad"), q, 1)
				a = want(t, bad.answers)
			} else {
				a = want(t, s.later(t, q))
			}
			if no, ok := a.Value.(Rejected); !ok || no.Reason != Unavailable {
				t.Errorf("%+v", a)
			}
			if a := want(t, s.later(t, s.question("ann", time.Minute, hello))); a.Error != "" {
				t.Errorf("%+v", a)
			}
			if acc := s.close(t); acc.Requests != 2 || acc.Answered != 1 || acc.Rejected != 1 {
				t.Errorf("%+v", acc)
			}
		})
	}
}

// A request that was taken in, and at which the actor then fails to the last attempt, is not counted a second time.
func TestAPanicToTheLastAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Config{Model: slow(time.Hour), InFlight: 2})
		bad := &askingActor{answers: make(chan *wire.Answer, 2)}
		ref := bad.spawn(t, s, "agents/bad")
		a := s.adapter
		a.mu.Lock()
		a.core.cuts = append(a.core.cuts, nil)
		a.mu.Unlock()
		_ = s.engine.Tell(ref, s.question("bad", time.Minute, hello), 1)
		pass(time.Second)
		a.mu.Lock()
		a.core.cuts = nil
		a.mu.Unlock()
		pass(2 * time.Minute)
		if acc := s.close(t); len(bad.answers) != 1 || acc.Requests != 1 || acc.Failed != 1 {
			t.Errorf("%d answers, %+v", len(bad.answers), acc)
		}
	})
}

// Where what became of a call is taken in, a panic costs neither the answer nor the place of the call.
func TestAPanicWhereAnAnswerIsTakenIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var clock fuse
		var failed atomic.Int64
		s := open(t, Config{InFlight: 1, Clock: clock.now, Model: ModelFunc(func(ctx context.Context, r Request) (Reply, error) {
			if r.Messages[0].Text == "now" {
				clock.left.Store(1)
			}
			return yes(ctx, r)
		})}, func(a *Adapter) {
			a.fault = func(msg any) {
				if m, ok := msg.(left); ok && m.err != nil && strings.Contains(m.err.Error(), "the clock is broken") {
					failed.Add(1)
				}
			}
		})
		now := Request{Messages: []Message{{Role: User, Text: "now"}}}
		for range 3 {
			if a := want(t, s.later(t, s.question("ann", time.Minute, now))); a.Error != "" {
				t.Errorf("%+v", a)
			}
			if a := want(t, s.later(t, s.question("ben", time.Minute, hello))); a.Error != "" {
				t.Errorf("%+v", a)
			}
		}
		pass(time.Second)
		if acc := s.close(t); acc.Answered != 6 || acc.Attempts != 6 || failed.Load() != 6 { // each is offered twice: it failed once
			t.Errorf("%+v, %d of the supervisor's", acc, failed.Load())
		}
	})
}

// A panic after the permit is back costs no place either: not that of the next call, which the caller was given.
func TestAPanicWhereTheNextCallIsGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Config{InFlight: 1, Model: slow(time.Second)}, func(a *Adapter) {
			a.fault = func(msg any) {
				if m, ok := msg.(left); ok && m.err != nil {
					a.mu.Lock()
					defer a.mu.Unlock()
					a.core.cuts = nil
				}
			}
		})
		first := s.later(t, s.question("ann", time.Minute, hello))
		synctest.Wait()
		second := s.later(t, s.question("ben", time.Minute, hello))
		synctest.Wait()
		a := s.adapter
		a.mu.Lock()
		a.core.cuts = append(a.core.cuts, nil) // a step fails at it when it has given the next call
		a.mu.Unlock()
		for _, c := range []<-chan *wire.Answer{first, second} {
			if x := want(t, c); x.Error != "" {
				t.Errorf("%+v", x)
			}
		}
		if x := s.ask(t, s.question("cleo", time.Minute, hello)); x.Error != "" {
			t.Errorf("%+v", x)
		}
		if acc := s.close(t); acc.Answered != 3 || acc.Attempts != 4 {
			t.Errorf("%+v", acc)
		}
	})
}

// At the gate a panic is that of who asks.
func TestAPanicAtTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var clock fuse
		s := open(t, Config{InFlight: 1, Queue: 1, Clock: clock.now, Model: slow(time.Second)})
		first, second := s.later(t, s.question("ann", time.Minute, hello)), s.later(t, s.question("ann", time.Minute, hello))
		synctest.Wait()
		func() {
			defer func() {
				if recover() == nil {
					t.Error("it did not panic")
				}
			}()
			clock.left.Store(1)
			_, _ = s.engine.Request(t.Context(), s.ref, s.question("ben", time.Minute, hello))
		}()
		for _, c := range []<-chan *wire.Answer{first, second} {
			want(t, c)
		}
		if a := want(t, s.later(t, s.question("ben", time.Minute, hello))); a.Error != "" {
			t.Errorf("%+v", a)
		}
	})
}
