package prompted_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/supervision"
)

// village is a society around the well in which a service decides for all.
func village(service actors.ServiceFunc, change func(*prompted.Config)) polis.Society {
	c := config()
	if change != nil {
		change(&c)
	}
	newBehavior, err := prompted.Prepare(c)
	if err != nil {
		panic(err)
	}
	s := polis.Society{Name: "village", World: c.Definition, Services: map[string]actors.Service{"model": service}}
	for _, name := range people {
		s.Agents = append(s.Agents, polis.Agent{Name: name, Behavior: newBehavior,
			Policy: &supervision.Policy{Backoff: supervision.Backoff{Min: -1}}})
	}
	return s
}

// run runs a society; its account is exact.
func run(t *testing.T, s polis.Society, cfg polis.Config) *polis.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := polis.Run(ctx, s, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Messages.Balanced() || r.NotStopped != nil {
		t.Errorf("the account is %+v, left behind %v", r.Messages, r.NotStopped)
	}
	return r
}

// erratic answers by chance: rightly, after a complaint, in a form that must be mended, or never usably.
func erratic(asked *[]string) actors.ServiceFunc {
	var mu sync.Mutex
	return func(_ context.Context, r actors.Request) (any, error) {
		mu.Lock()
		*asked = append(*asked, r.Asker+" "+r.ID.String())
		mu.Unlock()
		q := r.Value.(llmadapter.Request)
		tool, again := q.Tools[0].Name, len(q.Messages) > 2
		n := 1 + r.Rand.IntN(9)
		good := map[string]llmadapter.Reply{
			"draw":  calls("draw", fmt.Sprintf(`{"litres":%d}`, n), "say", said),
			"offer": calls("offer", fmt.Sprintf(`{"litres":%d,"to":[]}`, n)),
		}[tool]
		switch r.Rand.IntN(6) {
		case 0:
			return text("I cannot decide."), nil
		case 1:
			return calls("fly", ""), nil
		case 2:
			return text(fmt.Sprintf(`Well, {"calls":[{name:'draw',arguments:{litres:%d}}]}`, n)), nil
		case 3:
			if !again {
				return nil, errors.New("rejected: queue-full")
			}
		}
		return good, nil
	}
}

// "An answer once paid for survives any crash": the same effects, and nobody is asked again, whatever turns fail and
// however many threads there are.
func TestFaultsChangeNothing(t *testing.T) {
	fallback := func(c *prompted.Config) { c.Fallback = func() actors.Behavior { return &counting{} } }
	for name, change := range map[string]func(*prompted.Config){"alone": nil, "with a fallback": fallback} {
		var calm []string
		want := run(t, village(erratic(&calm), change), polis.Config{Seed: 3, Rounds: 12})
		if want.Faults.Crashes != 0 || want.Marks["repaired"] == 0 || want.Marks["unusable"]+want.Marks["fallback"] == 0 {
			t.Fatalf("%s: undisturbed: %+v, marks %v", name, want.Faults, want.Marks)
		}
		slices.Sort(calm)
		for _, threads := range []int{1, 8} {
			before := runtime.GOMAXPROCS(threads)
			var asked []string
			got := run(t, village(erratic(&asked), change), polis.Config{Seed: 3, Rounds: 12, Log: 3, Chaos: polis.Chaos{Agents: 0.2}})
			runtime.GOMAXPROCS(before)
			slices.Sort(asked)
			if got.Hash != want.Hash || !slices.Equal(asked, calm) {
				t.Errorf("%s, %d threads: hash %.12s, undisturbed %.12s; %d asks, undisturbed %d", name, threads, got.Hash, want.Hash, len(asked), len(calm))
			}
			if got.Faults.Crashes < 20 || got.Faults.Quarantined > 0 || got.Faults.Forgot > 0 {
				t.Errorf("%s, %d threads: %+v", name, threads, got.Faults)
			}
			if fmt.Sprint(got.Marks) != fmt.Sprint(want.Marks) || fmt.Sprint(got.DecidedBy) != fmt.Sprint(want.DecidedBy) {
				t.Errorf("%s, %d threads: marks %v and %v, decided %v and %v", name, threads, got.Marks, want.Marks, got.DecidedBy, want.DecidedBy)
			}
		}
	}
}

// One without a memory that can be handed over is rebuilt from its events.
func TestAMindWhoseFallbackKeepsNothing(t *testing.T) {
	change := func(c *prompted.Config) { c.Fallback = func() actors.Behavior { return &forgetful{} } }
	var a, b []string
	want := run(t, village(erratic(&a), change), polis.Config{Seed: 4, Rounds: 6, Log: 1000})
	got := run(t, village(erratic(&b), change), polis.Config{Seed: 4, Rounds: 6, Log: 1000, Chaos: polis.Chaos{Agents: 0.2}})
	if got.Hash != want.Hash || len(a) != len(b) || got.Faults.Crashes == 0 {
		t.Errorf("hash %.12s, undisturbed %.12s; %d and %d asks; %+v", got.Hash, want.Hash, len(b), len(a), got.Faults)
	}
}

// Without a service the agents pass, and it is counted: the society lives.
func TestWithoutAServiceAllPass(t *testing.T) {
	s := village(nil, nil)
	s.Services = nil
	r := run(t, s, polis.Config{Seed: 1, Rounds: 3})
	if r.Marks["unusable"] != 3*3*2 || r.Rounds != 3 || len(r.World.(*well).Drawn) != 0 || r.Faults.Missed != 0 {
		t.Errorf("marks %v, %d rounds, drawn %v, faults %+v", r.Marks, r.Rounds, r.World.(*well).Drawn, r.Faults)
	}
}

// nod is a reflex that answers requests at once.
type nod struct{}

func (nod) Stateless() {}
func (nod) Receive(t *actors.Turn, event any) error {
	if m, ok := event.(*protocol.Message); ok && m.Act == protocol.Request {
		t.Send(protocol.Message{Act: protocol.Agree, Receivers: []string{m.Sender}})
	}
	return nil
}

// caller asks things of ann at given times, and notes when she agrees.
func caller(mu *sync.Mutex, story *[]string, began time.Time, at map[time.Duration]protocol.Act) func() actors.Behavior {
	return func() actors.Behavior {
		timers := map[actors.ID]protocol.Act{}
		return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			switch e := event.(type) {
			case actors.Started:
				for d, act := range at {
					timers[t.After(d)] = act
				}
			case actors.Timer:
				t.Send(protocol.Message{Act: timers[e.ID], Receivers: []string{"ann"}, Content: offer{1}})
			case *protocol.Message:
				mu.Lock()
				*story = append(*story, fmt.Sprintf("%v ben hears %s", time.Since(began), e.Act))
				mu.Unlock()
			}
			return nil
		})
	}
}

// "In realtime an agent keeps perceiving and answering while its model thinks; a message makes it drop the thought; the
// call's ctx ends at once."
func TestInRealtimeAMessageEndsAThought(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var story []string
		began := time.Now()
		note := func(format string, args ...any) {
			mu.Lock()
			defer mu.Unlock()
			story = append(story, fmt.Sprintf("%v ", time.Since(began))+fmt.Sprintf(format, args...))
		}
		c := config()
		c.Definition = wellOf(50)
		c.Drop = func(m *protocol.Message) bool { return m.Act == protocol.Refuse }
		service := actors.ServiceFunc(func(ctx context.Context, r actors.Request) (any, error) {
			k := thinker{TB: t, asked: r.Value.(llmadapter.Request)}
			o := k.observed()
			note("thinks about %s of round %d, having heard %d", o.Phase, o.Round, len(o.Heard))
			select {
			case <-time.After(5 * time.Second):
				note("has thought")
				return calls("say", said, "pass", ""), nil
			case <-ctx.Done():
				note("drops the thought")
				return nil, ctx.Err()
			}
		})
		r := run(t, polis.Society{Name: "village", World: c.Definition, Services: map[string]actors.Service{"model": service}, Agents: []polis.Agent{
			{Name: "ann", Behavior: func() actors.Behavior {
				return actors.Compose(actors.Layers{Reflexes: []actors.Behavior{nod{}}, Deliberation: prompted.New(c)})
			}},
			{Name: "ben", Behavior: caller(&mu, &story, began, map[time.Duration]protocol.Act{
				2500 * time.Millisecond: protocol.Request, 3100 * time.Millisecond: protocol.Refuse, 9500 * time.Millisecond: protocol.Request})},
			{Name: "cleo", Behavior: func() actors.Behavior { return nod{} }},
		}}, polis.Config{Pace: environment.Realtime, Rounds: 4, Tick: time.Second})
		want := []string{
			"0s thinks about talk of round 1, having heard 0",
			"2.5s ben hears agree", // it answers while its model thinks
			"3.1s drops the thought",
			"3.1s thinks about talk of round 1, having heard 2",
			"8.1s ben hears inform",
			"8.1s has thought", // the percept that waited is of the night, when there is nothing to do
			"9s thinks about talk of round 4, having heard 0",
			"9.5s ben hears agree",
			"12s drops the thought", // the society ends
		}
		mu.Lock()
		defer mu.Unlock()
		slices.SortFunc(story, func(x, y string) int { return strings.Compare(clock(x)+x, clock(y)+y) })
		if !slices.Equal(story, want) {
			t.Errorf("the story is\n%s\nwant\n%s", strings.Join(story, "\n"), strings.Join(want, "\n"))
		}
		if r.Faults.Abandoned != 0 || r.Faults.Crashes != 0 {
			t.Errorf("faults %+v", r.Faults)
		}
	})
}

// clock is the time at the start of a line, so that it sorts: events of one instant have no order.
func clock(line string) string {
	at, _, _ := strings.Cut(line, " ")
	d, _ := time.ParseDuration(at)
	return fmt.Sprintf("%08d", d.Milliseconds())
}

// A phase that its deadline closes ends the thought about it.
func TestAPhaseThatIsClosedEndsTheThought(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(ctx context.Context, _ actors.Request) (any, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		r := run(t, village(slow, nil), polis.Config{Seed: 1, Rounds: 2, Deadline: 10 * time.Second})
		if r.Marks["unusable"] != 2*2*3 || r.Reproducible {
			t.Errorf("marks %v, reproducible %v", r.Marks, r.Reproducible)
		}
	})
}
