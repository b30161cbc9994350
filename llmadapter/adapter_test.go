package llmadapter

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
)

// "Terminal answer exactly once per request: Reply, content only."
func TestAnAnswerIsItsContent(t *testing.T) {
	var got Request
	s := open(t, Config{Model: ModelFunc(func(ctx context.Context, r Request) (Reply, error) { got = r; return yes(ctx, r) })})
	a := s.ask(t, &wire.Ask{Asker: "ann", N: 7, Index: 2, Seed: 5<<11 + 17, Limit: time.Minute, Request: hello})
	if a.N != 7 || a.Index != 2 || a.Error != "" || fmt.Sprint(a.Value) != fmt.Sprint(Reply{Text: "yes", Finish: FinishStop}) {
		t.Errorf("answered %+v", a)
	}
	if got.Seed != 5 || got.Messages[0].Text != "hello" {
		t.Errorf("the model was asked %+v", got)
	}
	acc := s.close(t)
	if acc != (Account{Requests: 1, Answered: 1, Attempts: 1, Settled: 1, InputTokens: 10, OutputTokens: 2}) {
		t.Errorf("%+v", acc)
	}
	if !slices.Equal(s.asked, []Asked{{Service: "model", Asker: "ann", Turn: 7, Index: 2}}) {
		t.Errorf("%+v", s.asked)
	}
	e := s.seen()[0]
	if e.At.IsZero() {
		t.Error("nobody knows when")
	}
	e.Wait, e.Took, e.At = 0, 0, time.Time{}
	if e != (Ended{Service: "model", Asker: "ann", Turn: 7, Index: 2, Outcome: "answered", Attempts: 1, Usage: Tokens{Input: 10, Output: 2},
		Load: Load{Limit: 4, Breaker: BreakerClosed, Credits: 1088}, Model: "sim-yes", ID: "r1", Finish: FinishStop}) {
		t.Errorf("%+v", e)
	}
}

// askingActor asks from inside an actor, as agents do, and hears the answers.
type askingActor struct{ answers chan *wire.Answer }

func (a *askingActor) spawn(t *testing.T, s *stage, name string) *engine.Ref {
	t.Helper()
	r, err := s.engine.Spawn(engine.Spec{Name: name, New: func() engine.Actor {
		return engine.ActorFunc(func(c *engine.Context, msg any) error {
			switch m := msg.(type) {
			case *wire.Answer:
				a.answers <- m
			case *wire.Ask:
				if err := c.Send(s.ref, m, 1); err != nil {
					no, _ := errors.AsType[*engine.Refusal](err)
					a.answers <- &wire.Answer{N: m.N, Value: no.Value, Error: no.Error()}
				}
			case *wire.CancelAsk:
				_ = c.Send(s.ref, m, 0)
			}
			return nil
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnActorAsksAndIsAnswered(t *testing.T) {
	s := open(t, Config{Model: yes})
	ann := &askingActor{answers: make(chan *wire.Answer, 4)}
	ref := ann.spawn(t, s, "agents/ann")
	if err := s.engine.Tell(ref, s.question("ann", time.Minute, hello), 1); err != nil {
		t.Fatal(err)
	}
	if a := want(t, ann.answers); a.Value.(Reply).Text != "yes" {
		t.Errorf("%+v", a)
	}
}

// "Submitting without a credit is refused on the sender's goroutine, before the mailbox, with the typed value."
func TestWithoutACreditNothingComesIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Config{Model: slow(time.Second), InFlight: 1, Queue: 1})
		first, second := s.later(t, s.question("ann", time.Minute, hello)), s.later(t, s.question("ben", time.Minute, hello))
		synctest.Wait()
		a := s.ask(t, s.question("cleo", time.Minute, hello))
		if no, ok := a.Value.(Rejected); !ok || no.Reason != NoCredit || no.Depth != 1 || !strings.HasPrefix(a.Error, "rejected: no-credit") {
			t.Errorf("%+v", a)
		}
		for _, c := range []<-chan *wire.Answer{first, second} {
			if a := <-c; a.Error != "" {
				t.Errorf("%+v", a)
			}
		}
		if a := s.ask(t, s.question("cleo", time.Minute, hello)); a.Error != "" {
			t.Errorf("the credits have not come back: %+v", a)
		}
		if acc := s.close(t); acc.Requests != 4 || acc.Rejected != 1 || acc.Answered != 3 {
			t.Errorf("%+v", acc)
		}
		if got := s.seen(); len(got) != 4 || got[0].Asker != "cleo" || got[0].Outcome != "rejected" || got[0].Load.Queued != 1 {
			t.Errorf("%+v", got)
		}
	})
}

// "The credit returns with the terminal answer": who has it may ask again at once.
func TestTheCreditIsBackBeforeTheAnswer(t *testing.T) {
	var a *Adapter
	s := open(t, Config{Model: yes, InFlight: 1, Queue: 1, Observe: func(ev any) {
		if _, end := ev.(Ended); end && a.credits.Load() != 0 {
			t.Error("a credit is out when the end is told, which is before the answer")
		}
	}}, func(own *Adapter) { a = own })
	for range 100 {
		if a := s.ask(t, s.question("ann", time.Minute, hello)); a.Error != "" {
			t.Fatalf("%+v", a)
		}
	}
}

// "A mailbox refusal must give it back."
func TestACreditThatTheMailboxRefusesComesBack(t *testing.T) {
	s := open(t, Config{Model: yes})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.engine.Stop(ctx, s.ref); err != nil {
		t.Fatal(err)
	}
	if err := s.engine.Tell(s.ref, s.question("ann", time.Minute, hello), 1); !errors.Is(err, engine.ErrStopped) {
		t.Error(err)
	}
	if acc := s.close(t); acc.Requests != 1 || acc.Rejected != 1 {
		t.Errorf("%+v", acc)
	}
}

// "Asker cancels: queued entry goes, running call's ctx is cancelled at once, counted cancelled."
func TestCancelEndsWhatWaitsAndWhatIsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := make(chan error, 1)
		s := open(t, Config{InFlight: 1, Model: ModelFunc(func(ctx context.Context, _ Request) (Reply, error) {
			<-ctx.Done()
			ends <- ctx.Err()
			return Reply{}, &Error{Kind: Cancelled, Fate: PossiblyBilled}
		})})
		ann := &askingActor{answers: make(chan *wire.Answer, 4)}
		ref := ann.spawn(t, s, "agents/ann")
		one, two := s.question("ann", time.Minute, hello), s.question("ann", time.Minute, hello)
		_ = s.engine.Tell(ref, one, 1)
		_ = s.engine.Tell(ref, two, 1)
		synctest.Wait()
		if l := s.adapter.Load(); l != (Load{Queued: 1, InFlight: 1, Limit: 1, Breaker: BreakerClosed, Credits: 1023}) {
			t.Errorf("%+v", l)
		}
		begin := time.Now()
		_ = s.engine.Tell(ref, &wire.CancelAsk{Asker: "ann", N: two.N}, 0)
		synctest.Wait()
		if l := s.adapter.Load(); l != (Load{InFlight: 1, Limit: 1, Breaker: BreakerClosed, Credits: 1024}) {
			t.Errorf("%+v", l)
		}
		_ = s.engine.Tell(ref, &wire.CancelAsk{Asker: "ann", N: one.N}, 0)
		if err := <-ends; !errors.Is(err, context.Canceled) || time.Since(begin) != 0 {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		synctest.Wait()
		if l := s.adapter.Load(); l.InFlight != 1 { // the endpoint does not know yet that it is over
			t.Errorf("the permit is back at once: %+v", l)
		}
		time.Sleep(50 * time.Millisecond)
		if l := s.adapter.Load(); l != (Load{Limit: 1, Breaker: BreakerClosed, Credits: 1025}) {
			t.Errorf("the permit is not back within 50 ms: %+v", l)
		}
		if acc := s.close(t); acc != (Account{Requests: 2, Cancelled: 2, Attempts: 1, PossiblyBilled: 1}) {
			t.Errorf("%+v", acc)
		}
		if len(ann.answers) != 0 {
			t.Errorf("it was answered: %+v", <-ann.answers)
		}
	})
}

// An asker that has stopped is seen when it would be its turn, even if nobody said so.
func TestAStoppedAskerIsNotServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Config{Model: slow(time.Second), InFlight: 1})
		out := s.later(t, s.question("ben", time.Minute, hello))
		synctest.Wait()
		ann := &askingActor{answers: make(chan *wire.Answer, 4)}
		ref := ann.spawn(t, s, "agents/ann")
		_ = s.engine.Tell(ref, s.question("ann", time.Minute, hello), 1)
		synctest.Wait()
		if err := s.engine.Stop(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
		<-out
		synctest.Wait()
		if acc := s.close(t); acc.Cancelled != 1 || acc.Attempts != 1 {
			t.Errorf("%+v", acc)
		}
	})
}

// "Expired entries leave at once", and a call that runs into its asker's limit is cut.
func TestWhatRunsIntoItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cut time.Duration
		begin := time.Now()
		s := open(t, Config{InFlight: 1, Model: ModelFunc(func(ctx context.Context, _ Request) (Reply, error) {
			if at, ok := ctx.Deadline(); !ok || at.Sub(begin) != 10*time.Second {
				t.Errorf("the call's deadline is %v", at.Sub(begin))
			}
			<-ctx.Done()
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				t.Error(ctx.Err())
			}
			cut = time.Since(begin)
			return Reply{}, ctx.Err()
		})})
		out := s.later(t, s.question("ann", 10*time.Second, hello))
		synctest.Wait()
		waits := s.later(t, s.question("ben", 3*time.Second, hello))
		a := <-waits
		if no, ok := a.Value.(Rejected); !ok || no.Reason != TooLate || time.Since(begin) != 3*time.Second {
			t.Errorf("%+v after %v", a, time.Since(begin))
		}
		a = <-out
		if f, ok := a.Value.(Failed); !ok || f.Kind != Stalled || f.Attempts != 1 || time.Since(begin) != 10*time.Second {
			t.Errorf("%+v after %v", a, time.Since(begin))
		}
		synctest.Wait()
		if cut != 10*time.Second {
			t.Errorf("cut after %v", cut)
		}
		if acc := s.close(t); acc != (Account{Requests: 2, Rejected: 1, Failed: 1, Attempts: 1, PossiblyBilled: 1}) {
			t.Errorf("%+v", acc)
		}
	})
}

// "A Model that panics, ignores ctx, or returns a plain error is contained."
func TestAModelThatMisbehavesIsContained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			model ModelFunc
			kind  Kind
			text  string
		}{
			"panics":                {func(context.Context, Request) (Reply, error) { panic("broken") }, Broken, "panicked: broken"},
			"ends its goroutine":    {func(context.Context, Request) (Reply, error) { runtime.Goexit(); return Reply{}, nil }, Broken, "ended its goroutine"},
			"returns a plain error": {func(context.Context, Request) (Reply, error) { return Reply{}, errors.New("no\nidea\x00") }, Broken, "no idea"},
			"returns a nil *Error":  {func(context.Context, Request) (Reply, error) { return Reply{}, (*Error)(nil) }, Broken, ""},
			"invents a kind":        {func(context.Context, Request) (Reply, error) { return Reply{}, &Error{Kind: "odd", Fate: 77} }, Broken, ""},
			"says it was cancelled": {func(context.Context, Request) (Reply, error) { return Reply{}, &Error{Kind: Cancelled} }, Broken, ""},
			"does not hear the end": {func(context.Context, Request) (Reply, error) { time.Sleep(time.Hour); return Reply{}, nil }, Stalled, "limit of the asker"},
			"wants money, and fails": {func(context.Context, Request) (Reply, error) {
				return Reply{}, &Error{Kind: Broken, Usage: Tokens{Input: -5, Output: -7}}
			}, Broken, ""},
		} {
			s := open(t, Config{Model: c.model, InFlight: 1})
			a := s.ask(t, s.question("ann", time.Minute, hello))
			if f, ok := a.Value.(Failed); !ok || f.Kind != c.kind || f.Attempts != 1 || !strings.Contains(f.Text, c.text) {
				t.Errorf("%s: %+v", name, a)
			}
			if c.kind == Stalled {
				if l := s.adapter.Load(); l.InFlight != 1 {
					t.Errorf("%s: its call is still out: %+v", name, l)
				}
				pass(time.Hour)
			}
			synctest.Wait()
			acc := s.close(t)
			if c.kind == Stalled {
				acc.PossiblyBilled, acc.Settled = acc.PossiblyBilled+acc.Settled, 0
			}
			if acc != (Account{Requests: 1, Failed: 1, Attempts: 1, PossiblyBilled: 1}) {
				t.Errorf("%s: %+v", name, acc)
			}
		}
	})
}

// "On Stopping: cancel running calls, count everything queued."
func TestAtTheEndEverybodyIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Config{Model: slow(time.Hour), InFlight: 2})
		var answers []<-chan *wire.Answer
		for range 5 {
			answers = append(answers, s.later(t, s.question("ann", 0, hello)))
		}
		synctest.Wait()
		acc := s.close(t)
		if acc != (Account{Requests: 5, Rejected: 3, Failed: 2, Attempts: 2, PossiblyBilled: 2}) {
			t.Errorf("%+v", acc)
		}
		var kinds []string
		for _, c := range answers {
			switch v := (<-c).Value.(type) {
			case Rejected:
				kinds = append(kinds, string(v.Reason))
			case Failed:
				kinds = append(kinds, string(v.Kind))
			}
		}
		slices.Sort(kinds)
		if fmt.Sprint(kinds) != "[cancelled cancelled stopping stopping stopping]" {
			t.Error(kinds)
		}
	})
}

// What is no Request is answered, too.
func TestWhatIsNoRequestIsRejected(t *testing.T) {
	s := open(t, Config{Model: yes})
	for _, r := range []any{nil, "hello", 7, (*Request)(nil)} {
		a := s.ask(t, &wire.Ask{Asker: "ann", Request: r})
		if no, ok := a.Value.(Rejected); !ok || no.Reason != BadRequest {
			t.Errorf("%T: %+v", r, a)
		}
	}
	if a := s.ask(t, &wire.Ask{Asker: "ann", Request: &hello}); a.Error != "" {
		t.Errorf("%+v", a)
	}
}

func TestConfigThatMakesNoSense(t *testing.T) {
	for want, c := range map[string]Config{
		"without a Model":                 {},
		"InFlight -1; accepted is 0":      {Model: yes, InFlight: -1},
		"Queue -1; accepted is 0":         {Model: yes, Queue: -1},
		"Attempts -2; accepted is 0":      {Model: yes, Attempts: -2},
		"AttemptLimit -1; accepted":       {Model: yes, AttemptLimit: -1},
		`form "xml"; accepted are tools,`: {Model: yes, Form: "xml"},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A limit that grows is used at once, although nothing new is asked: the callers it takes are started.
func TestALimitThatGrowsIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Config{Model: slow(time.Second)})
		begin := time.Now()
		var all []<-chan *wire.Answer
		for range firstInFlight + 2*firstInFlight + 4*firstInFlight {
			all = append(all, s.later(t, s.question("ann", time.Minute, hello)))
		}
		for _, c := range all {
			<-c
		}
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("took %v: 4 in the first second, 8 in the next, then 16", took)
		}
	})
}

// What waits is served only if its deadline has not passed by then, however late the timer is.
func TestALateTimerServesNobodyTooLate(t *testing.T) {
	release := make(chan struct{})
	var late atomic.Int64 // of a clock that leaps
	begin := time.Now()
	s := open(t, Config{InFlight: 1, Clock: func() time.Time { return begin.Add(time.Duration(late.Load())) },
		Model: ModelFunc(func(ctx context.Context, r Request) (Reply, error) { <-release; return yes(ctx, r) })})
	out := s.later(t, s.question("ann", time.Hour, hello))
	for s.adapter.Load().InFlight == 0 {
		runtime.Gosched()
	}
	waits := s.later(t, s.question("ben", 10*time.Minute, hello))
	for s.adapter.Load().Queued == 0 {
		runtime.Gosched()
	}
	late.Store(int64(20 * time.Minute))
	close(release)
	if a := want(t, out); a.Error != "" {
		t.Errorf("%+v", a)
	}
	if no, ok := want(t, waits).Value.(Rejected); !ok || no.Reason != TooLate {
		t.Errorf("%+v", no)
	}
}

// An attempt's own limit is its context's deadline.
func TestAnAttemptKnowsItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		s := open(t, Config{AttemptLimit: 5 * time.Second, Model: ModelFunc(func(ctx context.Context, _ Request) (Reply, error) {
			if at, _ := ctx.Deadline(); at.Sub(begin) != 5*time.Second {
				t.Errorf("the deadline is %v", at.Sub(begin))
			}
			<-ctx.Done()
			return Reply{}, ctx.Err()
		})})
		a := s.ask(t, s.question("ann", time.Minute, hello))
		if f, ok := a.Value.(Failed); !ok || f.Kind != Stalled || time.Since(begin) != 5*time.Second+lingering {
			t.Errorf("%+v after %v", a, time.Since(begin))
		}
	})
}
