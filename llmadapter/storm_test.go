package llmadapter

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
)

// storm is a model of which anything may come, and which counts on its own side.
type storm struct {
	mu       sync.Mutex
	rand     *rand.Rand
	out, top int
	served   int // calls that began to be answered
	called   int
}

// Complete draws what happens; it runs inside a synctest bubble.
func (s *storm) Complete(ctx context.Context, r Request) (Reply, error) {
	s.mu.Lock()
	s.called++
	s.out++
	s.top = max(s.top, s.out)
	luck, took := s.rand.IntN(100), time.Duration(s.rand.IntN(40))*time.Millisecond
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.out--
		s.mu.Unlock()
	}()
	timer := time.NewTimer(took)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return Reply{}, &Error{Kind: Cancelled, Fate: PossiblyBilled}
	}
	answer := func(fate Fate, kind Kind, status int) (Reply, error) {
		if fate == Settled {
			s.mu.Lock()
			s.served++
			s.mu.Unlock()
		}
		if kind == "" {
			return yes(ctx, r)
		}
		return Reply{}, &Error{Kind: kind, Fate: fate, Status: status, RetryAfter: time.Duration(luck%3) * 10 * time.Millisecond}
	}
	switch {
	case luck < 8:
		return answer(Settled, RateLimited, 429)
	case luck < 12:
		return answer(Settled, Transient, 500)
	case luck < 14:
		return answer(Settled, Overloaded, 503)
	case luck < 17:
		return answer(Unsent, Unreachable, 0)
	case luck < 20: // the server hangs
		<-ctx.Done()
		return Reply{}, ctx.Err()
	case luck < 23:
		panic("broken")
	case luck < 26:
		return Reply{}, errors.New("connection reset")
	case luck < 28:
		return answer(Settled, Truncated, 200)
	case luck < 29:
		time.Sleep(100 * time.Millisecond) // ignores its ctx
		return answer(Settled, Stalled, 200)
	case luck < 30:
		runtime.Goexit()
	}
	return answer(Settled, "", 200)
}

// comeBack is the word of one that was rejected to itself.
type comeBack struct{}

// crowd asks from many actors, each one question after the other, and counts the answers to each.
type crowd struct {
	t       *testing.T
	stage   *stage
	each    int // questions of one
	done    sync.WaitGroup
	mu      sync.Mutex
	answers map[askID]int
	given   map[askID]bool // cancelled by who asked
	ends    map[string]int
}

func (c *crowd) spawn(i int) {
	name := fmt.Sprint("a", i)
	r := rand.New(rand.NewPCG(7, uint64(i)))
	n, open := 0, uint64(0) // questions asked; the one that is open
	c.done.Add(1)
	ask := func(x *engine.Context) {
		if n < c.each {
			n++
			q := &wire.Ask{Asker: name, N: uint64(n), Seed: r.Uint64(), Limit: time.Duration(200+r.IntN(3000)) * time.Millisecond, Request: hello}
			if err := x.Send(c.stage.ref, q, 1); err != nil {
				no, ok := errors.AsType[Rejected](err)
				if !ok {
					c.t.Errorf("refused with %v", err)
				}
				c.count(askID{name, q.N, 0}, string(no.Reason))
				x.After(no.RetryAfter+time.Millisecond, comeBack{})
				return
			}
			open = q.N
			if r.IntN(20) == 0 {
				x.After(time.Duration(r.IntN(60))*time.Millisecond, &wire.CancelAsk{Asker: name, N: q.N})
			}
			return
		}
		c.done.Done()
		n++ // once
	}
	_, err := c.stage.engine.Spawn(engine.Spec{Name: "agents/" + name, New: func() engine.Actor {
		return engine.ActorFunc(func(x *engine.Context, msg any) error {
			switch m := msg.(type) {
			case engine.Started:
				ask(x)
			case *wire.Answer:
				id := askID{name, m.N, m.Index}
				c.mu.Lock()
				given := c.given[id]
				c.mu.Unlock()
				how := "answered"
				if m.Error != "" {
					how = fmt.Sprintf("%T", m.Value)
				}
				c.count(id, how)
				if !given {
					open = 0
				}
				if no, ok := m.Value.(Rejected); ok && !given {
					x.After(no.RetryAfter+time.Millisecond, comeBack{})
				} else if !given {
					ask(x)
				}
			case comeBack:
				ask(x)
			case *wire.CancelAsk:
				if m.N != open {
					return nil // it was answered meanwhile
				}
				open = 0
				c.mu.Lock()
				c.given[askID{name, m.N, m.Index}] = true
				c.mu.Unlock()
				_ = x.Send(c.stage.ref, m, 0)
				ask(x)
			}
			return nil
		})
	}})
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *crowd) count(id askID, how string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[id]++
	c.ends[how]++
}

func (c *crowd) run(askers int) {
	for i := range askers {
		c.spawn(i)
	}
	c.done.Wait()
}

// P11: "in-flight 0 and limit intact after calls of random {ok, 429, 500, timeout, cancel, panic, cut stream}"; P4: "one
// terminal reply per id; served (server) = billed (ledger)".
func TestAStormOfFaults(t *testing.T) {
	for _, inFlight := range []int{0, 7} {
		synctest.Test(t, func(t *testing.T) {
			askers, each := 24, 420
			if testing.Short() {
				each = 50
			}
			model := &storm{rand: rand.New(rand.NewPCG(1, uint64(inFlight)))}
			s := open(t, Config{Model: model, InFlight: inFlight, Queue: 40})
			c := &crowd{t: t, stage: s, each: each, answers: map[askID]int{}, given: map[askID]bool{}, ends: map[string]int{}}
			c.run(askers)
			pass(time.Minute)
			if l := s.adapter.Load(); l.InFlight != 0 || l.Queued != 0 || l.Limit < 1 {
				t.Errorf("%+v", l)
			}
			acc := s.close(t)
			if acc.Requests != askers*each || acc.Answered == 0 || acc.Failed == 0 || acc.Cancelled == 0 || acc.Rejected == 0 {
				t.Errorf("%+v", acc)
			}
			if acc.Settled > model.served || model.served > acc.Settled+acc.PossiblyBilled || acc.Attempts != model.called {
				t.Errorf("the server has served %d of %d: %+v", model.served, model.called, acc)
			}
			if most := max(inFlight, 1); inFlight > 0 && model.top > most || model.top > mostInFlight {
				t.Errorf("%d calls at once", model.top)
			}
			unanswered := 0
			for i := range askers {
				for n := range each {
					id := askID{fmt.Sprint("a", i), uint64(n + 1), 0}
					switch c.answers[id] {
					case 1:
					case 0:
						if unanswered++; !c.given[id] {
							t.Fatalf("%v has no answer", id)
						}
					default:
						t.Fatalf("%v has %d answers", id, c.answers[id])
					}
				}
			}
			if unanswered != acc.Cancelled {
				t.Errorf("%d without an answer, %d cancelled", unanswered, acc.Cancelled)
			}
			if got := s.seen(); len(got) != acc.Requests {
				t.Errorf("the observer saw %d ends of %d", len(got), acc.Requests)
			}
			t.Logf("%+v %v", acc, c.ends)
		})
	}
}

// P3: "1e6 submits against a queue of 1,000: at most 1,000 queued, all others answered", a tenth of that here.
func TestAFlood(t *testing.T) {
	release := make(chan struct{})
	s := open(t, Config{InFlight: 4, Queue: 1000, Observe: func(any) {}, Model: ModelFunc(func(ctx context.Context, r Request) (Reply, error) {
		select {
		case <-release:
			return yes(ctx, r)
		case <-ctx.Done():
			return Reply{}, ctx.Err()
		}
	})})
	const senders, each = 8, 12_500
	var refused, taken atomic.Int64
	var all sync.WaitGroup
	for i := range senders {
		all.Go(func() {
			name := fmt.Sprint("a", i)
			for n := range each {
				ask := &wire.Ask{Asker: name, N: uint64(n), Limit: time.Hour, Request: hello}
				err := s.engine.Tell(s.ref, ask, 1)
				if no, ok := errors.AsType[Rejected](err); ok && no.Reason == NoCredit {
					refused.Add(1)
				} else if err == nil {
					taken.Add(1)
				} else {
					t.Error(err)
				}
				if n%100 == 0 {
					if l := s.adapter.Load(); l.Queued > 1000 || l.InFlight > 4 {
						t.Errorf("%+v", l)
					}
				}
			}
		})
	}
	all.Wait()
	if taken.Load() != 1004 || refused.Load() != senders*each-1004 {
		t.Errorf("%d taken, %d refused", taken.Load(), refused.Load())
	}
	close(release)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for range 1004 { // those that ask now come after them
		if _, err := s.engine.Request(ctx, s.ref, s.question("late", time.Hour, hello)); err == nil {
			break
		}
	}
	acc := s.close(t)
	if acc.Requests < senders*each || acc.Rejected < int(refused.Load()) {
		t.Errorf("%+v", acc)
	}
}

// "Survives a restart of the actor: adapter state lives in the Adapter; open calls still report."
func TestARestartInMidFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		crashes := map[any]int{}
		s := open(t, Config{Model: slow(10 * time.Second), InFlight: 2}, func(a *Adapter) {
			a.fault = func(msg any) {
				if ask, ok := msg.(*wire.Ask); ok && strings.HasPrefix(ask.Asker, "crash") && crashes[ask.N] < 2 {
					crashes[ask.N]++
					panic("broken")
				}
			}
		})
		begin := time.Now()
		var answers []<-chan *wire.Answer
		for i := range 8 {
			asker := "ann"
			if i >= 3 {
				asker = "crash"
			}
			answers = append(answers, s.later(t, s.question(asker, time.Minute, hello)))
			synctest.Wait()
		}
		for i, c := range answers {
			if a := <-c; a.Error != "" {
				t.Errorf("%d: %+v", i, a)
			}
		}
		if took := time.Since(begin); took < 40*time.Second || took > 42*time.Second {
			t.Errorf("took %v: no slot was lost, none was won", took)
		}
		if acc := s.close(t); acc.Requests != 8 || acc.Answered != 8 || acc.Attempts != 8 || len(crashes) != 5 {
			t.Errorf("%+v, %v", acc, crashes)
		}
	})
}

// A fault on purpose that comes when a request was taken in: it is not taken in again, whoever has asked, and whoever
// has asked from outside of actors has the answer all the same.
func TestAFaultAfterARequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faults, last := 0, uint64(0)
		s := open(t, Config{Model: slow(50 * time.Millisecond), InFlight: 2, Chaos: func(message uint64, attempt, attempts int) (before, after bool) {
			if attempt == 1 {
				faults++
				last++
			}
			if message != last || attempts != 5 {
				t.Errorf("attempt %d of %d at message %d, after %d", attempt, attempts, message, last)
			}
			return attempt == 2, attempt == 1 || attempt == 3
		}})
		ann := &askingActor{answers: make(chan *wire.Answer, 9)}
		ref := ann.spawn(t, s, "agents/ann")
		for i := range 4 {
			if a := s.ask(t, s.question("bob", time.Minute, hello)); a.Error != "" {
				t.Errorf("%+v", a)
			}
			q := s.question("ann", time.Minute, hello)
			q.N = uint64(100 + i)
			_ = s.engine.Tell(ref, q, 1)
			pass(time.Second)
		}
		if len(ann.answers) != 4 || faults < 8 {
			t.Errorf("%d answers, %d faults", len(ann.answers), faults)
		}
		// What waits to be offered again when all ends, is not counted a second time.
		q := s.question("ann", time.Minute, hello)
		q.N = 200
		_ = s.engine.Tell(ref, q, 1)
		synctest.Wait() // it was taken in, and the actor pauses
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.engine.Stop(ctx, s.ref); err != nil {
			t.Error(err)
		}
		if acc := s.close(t); acc.Requests != acc.Answered+acc.Rejected+acc.Cancelled+acc.Failed || acc.Requests > 9 || acc.Answered < 8 || acc.Attempts > 9 {
			t.Errorf("%+v", acc)
		}
	})
}

// A request at which the actor fails to the last attempt is counted, and its credit is back.
func TestARequestThatIsSetAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Config{Model: yes, InFlight: 1, Queue: 1}, func(a *Adapter) {
			a.fault = func(msg any) {
				if ask, ok := msg.(*wire.Ask); ok && ask.Asker == "bad" {
					panic("broken")
				}
			}
		})
		for range 5 {
			if _, err := s.engine.Request(t.Context(), s.ref, s.question("bad", time.Minute, hello)); err == nil {
				t.Error("it was answered")
			}
			if a := s.ask(t, s.question("ann", time.Minute, hello)); a.Error != "" {
				t.Errorf("%+v", a)
			}
		}
		if acc := s.close(t); acc.Requests != 10 || acc.Answered != 5 || acc.Rejected != 5 {
			t.Errorf("%+v", acc)
		}
	})
}

// What an asker asks again under the same id, after a failure, is the same request: it is not paid for twice.
func TestAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Config{Model: slow(time.Second)})
		ann, former := &askingActor{answers: make(chan *wire.Answer, 4)}, &askingActor{answers: make(chan *wire.Answer, 4)}
		first, second := former.spawn(t, s, "agents/ann"), ann.spawn(t, s, "agents/ann-again")
		q := s.question("ann", time.Minute, hello)
		_ = s.engine.Tell(first, q, 1)
		synctest.Wait()
		again := *q
		_ = s.engine.Tell(second, &again, 1)
		pass(2 * time.Second)
		if len(ann.answers) != 1 || len(former.answers) != 0 {
			t.Errorf("%d answers to who asked last, %d to who asked before", len(ann.answers), len(former.answers))
		}
		if acc := s.close(t); acc.Requests != 1 || acc.Attempts != 1 || acc.Answered != 1 {
			t.Errorf("%+v", acc)
		}
	})
}

// An observer that panics changes nothing.
func TestAnObserverThatPanics(t *testing.T) {
	s := open(t, Config{Model: yes, Observe: func(any) { panic("broken") }})
	if a := s.ask(t, s.question("ann", time.Minute, hello)); a.Error != "" {
		t.Errorf("%+v", a)
	}
}

// "It ends within 50 ms": on the wall clock here, since a socket does not know of virtual time.
func TestCancelIsQuick(t *testing.T) {
	cut := make(chan time.Time, 1)
	begun := make(chan struct{})
	s := open(t, Config{Model: ModelFunc(func(ctx context.Context, _ Request) (Reply, error) {
		close(begun)
		<-ctx.Done()
		cut <- time.Now()
		return Reply{}, ctx.Err()
	})})
	q := s.question("ann", time.Minute, hello)
	answer := s.later(t, q)
	want(t, begun)
	begin := time.Now()
	if err := s.engine.Tell(s.ref, &wire.CancelAsk{Asker: "ann", N: q.N}, 0); err != nil {
		t.Fatal(err)
	}
	if d := want(t, cut).Sub(begin); d > 50*time.Millisecond {
		t.Logf("cut after %v: a loaded machine", d)
		if d > 2*time.Second {
			t.Errorf("cut after %v", d)
		}
	}
	if f, ok := want(t, answer).Value.(Failed); !ok || f.Kind != Cancelled {
		t.Errorf("%+v", f)
	}
}

// Callers are parked for the next calls, as many as there were at once, and end with the actor.
func TestParkedCallersEndWithTheActor(t *testing.T) {
	s := open(t, Config{Model: yes, InFlight: 32})
	var all []<-chan *wire.Answer
	for range 200 {
		all = append(all, s.later(t, s.question("ann", time.Minute, hello)))
	}
	for _, c := range all {
		want(t, c)
	}
	s.ask(t, s.question("ann", time.Minute, hello))
	s.adapter.mu.Lock()
	parked := len(s.adapter.idle)
	s.adapter.mu.Unlock()
	if parked < 1 || parked > 32 {
		t.Errorf("%d are parked", parked)
	}
	s.close(t)
}
