package llmadapter

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
)

// TestMain fails when a goroutine is left after all tests: every goroutine has an owner.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come soon.
const patience = 20 * time.Second

// stage is an adapter on an engine that the test closes.
type stage struct {
	adapter *Adapter
	engine  *engine.Engine
	ref     *engine.Ref

	mu    sync.Mutex
	ended []Ended
	asked []Asked
	calls uint64
}

// open puts an adapter on an engine, prepared as the test wants it. At the end everything stops, and all that is counted must hold.
func open(t testing.TB, cfg Config, prepare ...func(*Adapter)) *stage {
	t.Helper()
	s := &stage{}
	if _, quiet := t.(*testing.B); !quiet && cfg.Observe == nil {
		cfg.Observe = func(ev any) {
			s.mu.Lock()
			defer s.mu.Unlock()
			switch ev := ev.(type) {
			case Asked:
				s.asked = append(s.asked, ev)
			case Ended:
				s.ended = append(s.ended, ev)
				if (ev.Reason != "") != (ev.Outcome == endRejected) || !strings.Contains(ev.Why, string(ev.Reason)) {
					t.Errorf("ended %q for the reason %q: %s", ev.Outcome, ev.Reason, ev.Why)
				}
			}
		}
	}
	var err error
	if s.adapter, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	for _, f := range prepare {
		f(s.adapter)
	}
	s.engine = engine.New(engine.Config{})
	if s.ref, err = s.engine.Spawn(s.adapter.Spec("services/model")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close(t) })
	return s
}

// close stops everything, and checks what is left: nothing.
func (s *stage) close(t testing.TB) Account {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.engine.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if acc := s.engine.Account(); !acc.Balanced() {
		t.Errorf("the engine's account does not hold: %+v", acc)
	}
	a := s.adapter
	if !a.mu.TryLock() { // when all has stopped
		t.Error("the adapter is locked for good")
		return Account{}
	}
	defer a.mu.Unlock()
	acc := a.core.ledger.Account
	if !acc.Balanced() {
		t.Errorf("the account does not hold: %+v", acc)
	}
	if n := a.credits.Load(); n != 0 {
		t.Errorf("%d credits are missing", n)
	}
	if d := a.core; d.out != 0 || len(d.open)+len(d.alarms)+d.queue.length+d.pausing+len(d.ended)+len(d.cuts)+len(a.idle) != 0 {
		t.Errorf("left: %v", d)
	}
	return acc
}

// seen gives what the observer saw.
func (s *stage) seen() []Ended {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ended)
}

// question is an ask nobody has asked before.
func (s *stage) question(asker string, limit time.Duration, r Request) *wire.Ask {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	return &wire.Ask{Asker: asker, N: s.calls, Seed: s.calls << 11, Limit: limit, Request: r}
}

// ask asks and waits for the answer.
func (s *stage) ask(t testing.TB, ask *wire.Ask) *wire.Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 24*time.Hour)
	defer cancel()
	v, err := s.engine.Request(ctx, s.ref, ask)
	if no, ok := errors.AsType[Rejected](err); ok { // at the gate
		return &wire.Answer{N: ask.N, Index: ask.Index, Value: no, Error: no.Error()}
	}
	if err != nil {
		t.Errorf("ask: %v", err)
		return &wire.Answer{}
	}
	return v.(*wire.Answer)
}

// later asks without waiting; the answer comes on the channel.
func (s *stage) later(t testing.TB, ask *wire.Ask) <-chan *wire.Answer {
	c := make(chan *wire.Answer, 1)
	go func() { c <- s.ask(t, ask) }()
	return c
}

// want waits for what must come soon.
func want[T any](t testing.TB, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatal("waited in vain")
	}
	return v
}

// pass lets time go by in a synctest bubble, and waits until all is quiet then.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// hello is a request.
var hello = Request{Messages: []Message{{Role: User, Text: "hello"}}}

// yes is a model that answers at once.
var yes = ModelFunc(func(context.Context, Request) (Reply, error) {
	return Reply{Text: "yes", Finish: FinishStop, ID: "r1", Model: "sim-yes", Usage: Tokens{Input: 10, Output: 2}}, nil
})

// slow is a model that takes its time; it runs inside a synctest bubble, or not for long.
func slow(d time.Duration) ModelFunc {
	return func(ctx context.Context, r Request) (Reply, error) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return yes(ctx, r)
		case <-ctx.Done():
			return Reply{}, ctx.Err()
		}
	}
}

func BenchmarkCall(b *testing.B) {
	reply := Reply{Text: "yes", Finish: FinishStop}
	s := open(b, Config{Model: ModelFunc(func(context.Context, Request) (Reply, error) { return reply, nil })})
	req := Request{Messages: []Message{{Role: User, Text: "hello"}}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.engine.Request(b.Context(), s.ref, &wire.Ask{Asker: "ann", N: uint64(i), Limit: time.Minute, Request: req}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCalls(b *testing.B) {
	reply := Reply{Text: "yes", Finish: FinishStop}
	s := open(b, Config{Model: ModelFunc(func(context.Context, Request) (Reply, error) { return reply, nil })})
	req := Request{Messages: []Message{{Role: User, Text: "hello"}}}
	b.ReportAllocs()
	b.SetParallelism(128)
	b.RunParallel(func(p *testing.PB) {
		for i := 0; p.Next(); i++ {
			if _, err := s.engine.Request(b.Context(), s.ref, &wire.Ask{Asker: "ann", N: uint64(i), Limit: time.Minute, Request: req}); err != nil {
				b.Error(err)
			}
		}
	})
}
