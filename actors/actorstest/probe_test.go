package actorstest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
)

// pond is a world with as many fish as the seed of its society gives.
type pond struct{ Fish int }

type catch struct{ Fish int }

type offer struct {
	Shares []int
	secret map[string]*int
}

func (p *pond) Perceive(string) int                    { return p.Fish }
func (p *pond) Catch(_ string, c catch) (catch, error) { return c, nil }

var world = environment.Define(func() *pond { return &pond{100} }, (*pond).Perceive)

func init() {
	environment.AddAction(world, "catch", "Catch fish.", (*pond).Catch)
	actors.Payload[offer]("actorstest_test.offer")
}

// tester is a testing.TB that fails without failing the test it is in.
type tester struct {
	testing.TB
	said []string
}

func (t *tester) Errorf(format string, args ...any) {
	t.said = append(t.said, fmt.Sprintf(format, args...))
}

func (t *tester) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	panic(t)
}

func (t *tester) Fatal(args ...any) { t.Fatalf("%s", fmt.Sprint(args...)) }

// complaints are what a test says about a behavior.
func complaints(t *testing.T, test func(tb testing.TB)) (said string) {
	t.Helper()
	fake := &tester{TB: t}
	defer func() {
		if v := recover(); v != nil && v != any(fake) {
			panic(v)
		}
		said = strings.Join(fake.said, "\n")
	}()
	test(fake)
	return ""
}

// "Rand as in the runtime: the same (seed, agent, n) gives the same numbers." What a society's agent drew, in its turns
// and in its jobs, is what a probe's draws that is given the same events.
func TestAProbeDrawsWhatASocietyDraws(t *testing.T) {
	type handled struct {
		n     uint64
		now   time.Duration
		event any
		drawn []uint64
	}
	var mu sync.Mutex
	behavior := func(diary *[]handled) *drawing {
		return &drawing{func(t *actors.Turn, event any) {
			mu.Lock()
			defer mu.Unlock()
			*diary = append(*diary, handled{t.N(), t.Now(), event, []uint64{t.Rand().Uint64(), t.Rand().Uint64()}})
		}}
	}
	var inSociety, inProbe []handled
	if _, err := polis.Run(context.Background(), polis.Society{Name: "pond", World: world, Agents: []polis.Agent{
		{Name: "ann", Behavior: func() actors.Behavior { return behavior(&inSociety) }},
	}}, polis.Config{Seed: 42, Rounds: 3}); err != nil {
		t.Fatal(err)
	}
	b := behavior(&inProbe)
	p := actorstest.New(t, b, actorstest.Config{Self: "ann", Seed: 42, World: world})
	var results []actors.Result
	for _, h := range inSociety {
		if p.N != h.n {
			t.Fatalf("the probe is at turn %d, the society was at %d", p.N, h.n)
		}
		p.Now = h.now
		event := h.event
		if _, ok := event.(actors.Result); ok { // the probe's own
			event, results = results[0], results[1:]
		}
		for _, e := range p.Give(event) {
			if e.Kind == actors.Do {
				results = append(results, p.Work(e))
			}
		}
	}
	if len(inSociety) != 1+3*3+1 { // started, percept, result, outcome, stopping
		t.Errorf("the society had %d turns", len(inSociety))
	}
	for i, h := range inSociety {
		if got := inProbe[i]; got.event != h.event || !slices.Equal(got.drawn, h.drawn) {
			t.Errorf("turn %d: the society drew %d on %v, the probe %d on %v", h.n, h.drawn, h.event, got.drawn, got.event)
		}
	}
}

// drawing does a job at every percept that draws, and acts on what that drew.
type drawing struct {
	note func(*actors.Turn, any)
}

func (b *drawing) Receive(t *actors.Turn, event any) error {
	b.note(t, event)
	switch e := event.(type) {
	case actors.Percept:
		t.Do("draw", nil)
	case actors.Result:
		t.Act(e.Value)
	}
	return nil
}

func (b *drawing) Work(ctx context.Context, _ string, _ any) (any, error) {
	return catch{actors.Rand(ctx).IntN(1e9)}, nil
}

// Effects are what was wanted, in order; the number of the turn rises, time stays as it is set.
func TestGiveReturnsTheEffects(t *testing.T) {
	p := actorstest.New(t, actors.BehaviorFunc(func(t *actors.Turn, event any) error {
		if _, ok := event.(actors.Started); ok {
			return nil
		}
		t.Act(catch{int(t.N())})
		t.Send(protocol.Message{Act: protocol.Inform, Sender: "somebody", Receivers: []string{"ben"}})
		t.Cancel(t.After(t.Now()))
		return nil
	}), actorstest.Config{})
	if effects := p.Give(actors.Started{}); len(effects) != 0 {
		t.Errorf("it wants %v", effects)
	}
	p.Now = time.Minute
	for n := uint64(2); n < 4; n++ {
		e := p.Give(actors.Percept{View: 3})
		id := actors.ID{Turn: n, Index: 2}
		if len(e) != 4 || e[0].Value != (catch{int(n)}) || e[1].Value.(*protocol.Message).Sender != "agent" ||
			e[2] != (actors.Effect{Kind: actors.After, ID: id, Delay: time.Minute}) || e[3] != (actors.Effect{Kind: actors.Cancel, ID: id}) {
			t.Errorf("in turn %d it wants %v", n, e)
		}
	}
}

// What a society would answer with a new life fails the test, and says which turn.
func TestGiveFailsTheTest(t *testing.T) {
	type stranger struct{}
	for name, tc := range map[string]struct {
		behavior actors.BehaviorFunc
		event    any
		want     string
	}{
		"an error":               {func(*actors.Turn, any) error { return errors.New("no idea") }, actors.Started{}, "turn 1, actors.Started: no idea"},
		"a panic":                {func(*actors.Turn, any) error { panic("no idea") }, actors.Started{}, "turn 1, actors.Started: panic: no idea\ngoroutine"},
		"an unregistered effect": {func(t *actors.Turn, _ any) error { t.Act(stranger{}); return nil }, actors.Started{}, "unregistered payload type actorstest_test.stranger"},
		"an unregistered event":  {func(*actors.Turn, any) error { return nil }, actors.Percept{View: stranger{}}, "unregistered payload type"},
		"no event":               {func(*actors.Turn, any) error { return nil }, "hello", "string is no event"},
		"a job without a Worker": {func(t *actors.Turn, _ any) error { t.Do("think", nil); return nil }, actors.Started{}, "the behavior is no Worker"},
		"a value that cannot be written": {func(t *actors.Turn, _ any) error {
			t.Send(protocol.Message{Act: protocol.Inform, Receivers: []string{"\xff"}})
			return nil
		}, actors.Started{}, "UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			said := complaints(t, func(tb testing.TB) { actorstest.New(tb, tc.behavior, actorstest.Config{}).Give(tc.event) })
			if !strings.Contains(said, tc.want) {
				t.Errorf("the test says %q, want %q", said, tc.want)
			}
		})
	}
	if said := complaints(t, func(tb testing.TB) { actorstest.New(tb, nil, actorstest.Config{}) }); !strings.Contains(said, "no behavior") {
		t.Errorf("without a behavior the test says %q", said)
	}
}

// "actorstest fails a behavior that changes an event", wherever in it.
func TestAnEventIsReadOnly(t *testing.T) {
	one := 1
	message := func() *protocol.Message {
		return &protocol.Message{Act: protocol.Propose, Sender: "ben", Receivers: []string{"agent", "cleo"},
			Content: offer{Shares: []int{1, 2}, secret: map[string]*int{"a": &one, "b": nil}}}
	}
	for name, change := range map[string]func(m *protocol.Message){
		"a field":        func(m *protocol.Message) { m.Conversation = "mine" },
		"an element":     func(m *protocol.Message) { m.Receivers[1] = "dan" },
		"the content":    func(m *protocol.Message) { m.Content.(offer).Shares[0]++ },
		"what is hidden": func(m *protocol.Message) { *m.Content.(offer).secret["a"]++ },
		"a map":          func(m *protocol.Message) { m.Content.(offer).secret["c"] = nil },
		"all of it":      func(m *protocol.Message) { m.Content = nil },
	} {
		t.Run(name, func(t *testing.T) {
			b := actors.BehaviorFunc(func(_ *actors.Turn, event any) error {
				change(event.(*protocol.Message))
				return errors.New("an error does not hide it")
			})
			said := complaints(t, func(tb testing.TB) { actorstest.New(tb, b, actorstest.Config{}).Give(message()) })
			if !strings.Contains(said, "turn 1: the behavior changed the event") {
				t.Errorf("the test says %q", said)
			}
		})
	}
	reads := actors.BehaviorFunc(func(t *actors.Turn, event any) error {
		m := *event.(*protocol.Message)
		m.Receivers = []string{m.Sender}
		t.Send(m)
		return nil
	})
	actorstest.New(t, reads, actorstest.Config{}).Give(message())
}

// Try is for the behavior that is to fail: nothing of the turn has happened.
func TestTryGivesTheError(t *testing.T) {
	p := actorstest.New(t, actors.BehaviorFunc(func(t *actors.Turn, event any) error {
		t.Pass()
		if t.Rand().IntN(2) == 0 {
			return errors.New("bad luck")
		}
		return nil
	}), actorstest.Config{})
	for p.N < 5 {
		n := p.N
		effects, err := p.Try(actors.Started{})
		if err == nil && (len(effects) != 1 || p.N != n+1) || err != nil && (effects != nil || p.N != n) {
			t.Fatalf("turn %d gives %v, %v; the next is %d", n, effects, err, p.N)
		}
		if err != nil { // it would be the same again, under the same number
			p.N++
		}
	}
}

// Work runs a job as a society does: errors and panics are text.
func TestWorkGivesTheResult(t *testing.T) {
	works := &working{}
	p := actorstest.New(t, works, actorstest.Config{})
	e := p.Give(actors.Started{})
	for want, f := range map[string]func() (any, error){
		"catch {3}, error ":            func() (any, error) { return catch{3}, nil },
		"catch <nil>, error no":        func() (any, error) { return catch{3}, errors.New("no") },
		"catch <nil>, error panic: no": func() (any, error) { panic("no") },
	} {
		works.f = f
		r := p.Work(e[0])
		if got := fmt.Sprintf("%s %v, error %s", r.Job, r.Value, r.Error); got != want || r.ID != e[0].ID {
			t.Errorf("the result is %q, want %q", got, want)
		}
	}
	if said := complaints(t, func(tb testing.TB) {
		actorstest.New(tb, works, actorstest.Config{}).Work(actors.Effect{Kind: actors.Act})
	}); !strings.Contains(said, "act of *actorstest_test.working is no job") {
		t.Errorf("the test says %q", said)
	}
}

type working struct{ f func() (any, error) }

func (b *working) Receive(t *actors.Turn, event any) error {
	t.Do("catch", nil)
	return nil
}

func (b *working) Work(context.Context, string, any) (any, error) { return b.f() }
