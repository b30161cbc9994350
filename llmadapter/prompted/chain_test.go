package prompted_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/episode"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
	"github.com/polis-agents/polis/protocol"
)

// chained is the mind at the well, with others to ask.
func chained(waits int, then ...string) prompted.Config {
	c := config()
	c.Then, c.Waits = then, waits
	return c
}

// ExampleConfig_then is a mind that asks a second model, waits once, and then does without any.
func ExampleConfig_then() {
	rule := func() actors.Behavior { return &counting{} }
	c := config()
	c.Then = []string{"second"} // asked when the first cannot
	c.Waits = 1                 // when all have said no, come back once to the one that named the nearest time
	c.Fallback = rule           // and then do without
	_, err := prompted.Prepare(c)
	fmt.Println(err)
	// Output: <nil>
}

// rejects gives a rejection of what was asked last.
func (k *thinker) rejects(after time.Duration) []actors.Effect {
	k.Helper()
	no := llmadapter.Rejected{Reason: llmadapter.QueueFull, RetryAfter: after}
	return k.give(actors.Answer{ID: k.id, Service: "any", Value: no, Error: no.Error()})
}

// asked says which service a turn asks, or how long it waits; "": neither.
func asked(effects []actors.Effect) string {
	if len(effects) != 1 {
		return wants(effects)
	}
	switch e := effects[0]; e.Kind {
	case actors.Ask:
		return "ask " + e.Name
	case actors.Do:
		return fmt.Sprintf("do %s %v", e.Name, e.Value)
	}
	return wants(effects)
}

func (k *thinker) expectAsked(effects []actors.Effect, want string) {
	k.Helper()
	if got := asked(effects); got != want {
		k.Errorf("it wants %q, not %q", got, want)
	}
}

// "Services asked in order when the one before rejected or failed … and every such decision is marked": who decided, and
// why not the first.
func TestTheNextIsAskedWhenOneCannotDecide(t *testing.T) {
	const good = `{"litres":3}`
	k := think(t, chained(0, "second", "third"))
	k.expectAsked(k.sees("draw", 50), "ask model")
	first := k.asked
	k.expectAsked(k.rejects(0), "ask second")
	if len(k.asked.Messages) != len(first.Messages) || k.asked.Messages[1].Text != first.Messages[1].Text {
		t.Errorf("the second is asked %+v", k.asked)
	}
	effects := k.answers(calls("draw", good))
	k.expect(effects, "act draw{3} substitute: model: rejected: queue-full")
	if effects[0].By != "second" {
		t.Errorf("by %q", effects[0].By)
	}

	k.expectAsked(k.sees("draw", 50), "ask model") // every thought begins with the first
	k.expect(k.answers(calls("draw", good)), "act draw{3}")

	k.sees("draw", 50) // nonsense, twice, is no decision either; the next has not heard of it
	k.expectAsked(k.answers(text("No.")), "ask model")
	k.expectAsked(k.answers(text("No.")), "ask second")
	if len(k.asked.Messages) != len(first.Messages) {
		t.Errorf("the second has heard %+v", k.asked.Messages)
	}
	k.expectAsked(k.answers(calls("draw", `{"litres":99}`)), "ask second") // it is told what was wrong, too
	k.expectAsked(k.give(actors.Answer{ID: k.id, Service: "second", Error: "failed after 4 attempts: overloaded: no"}), "ask third")
	effects = k.answers(calls("draw", `{litres:3}`))
	k.expect(effects, "act draw{3} substitute: model: the answer calls no tool: the answer is not the JSON object asked for: invalid character "+
		"'N' looking for beginning of value; second: failed after 4 attempts: overloaded: no; the JSON of a call was mended")
	if effects[0].By != "third" {
		t.Errorf("by %q", effects[0].By)
	}

	k.sees("draw", 50)
	k.rejects(time.Minute) // nobody waits
	k.rejects(time.Minute)
	k.expect(k.rejects(time.Minute), "act Pass{} unusable: model: rejected: queue-full, come back in 1m0s; second: rejected: queue-full, "+
		"come back in 1m0s; third: rejected: queue-full, come back in 1m0s")

	k.sees("talk", 50) // silence by choice of another: it is counted, too
	k.rejects(0)
	k.expect(k.answers(calls("pass", "")), "act Pass{} substitute: model: rejected: queue-full")
}

// A fallback comes last. What the others said, and when, is as long as a line.
func TestTheFallbackComesLast(t *testing.T) {
	c := chained(0, "second")
	c.Fallback = func() actors.Behavior { return &counting{} }
	k := think(t, c)
	k.sees("draw", 50)
	k.give(actors.Answer{ID: k.id, Service: "model", Error: strings.Repeat("very ", 200) + "busy"})
	effects := k.rejects(0)
	last := effects[len(effects)-1]
	if last.Mark != actors.Fallback || last.By != "" || !strings.HasPrefix(last.Name, "model: very very") || !strings.HasSuffix(last.Name, "…; second: rejected: queue-full") {
		t.Errorf("%+v", last)
	}
}

// "On Rejected with RetryAfter that fits into what is left, a mind may wait and ask again, bounded to once or twice."
func TestAThoughtWaits(t *testing.T) {
	seconds := func(effects []actors.Effect, least int) actors.ID {
		t.Helper()
		got := asked(effects)
		text, ok := strings.CutPrefix(got, "do wait {")
		d, err := time.ParseDuration(strings.TrimSuffix(text, "}"))
		if from := time.Duration(least) * time.Second; !ok || err != nil || d < from || d >= from+from/8 {
			t.Fatalf("it wants %q, want a wait of %d s and a little more", got, least)
		}
		return effects[0].ID
	}
	k := think(t, chained(2, "second"))
	k.sees("draw", 50)
	k.expectAsked(k.rejects(8*time.Second), "ask second")
	id := seconds(k.rejects(4*time.Second), 4) // the second comes sooner
	k.expect(k.give(actors.Result{ID: actors.ID{Turn: 99}, Job: "wait"}), "")
	k.expectAsked(k.give(actors.Result{ID: id, Job: "wait"}), "ask second")
	id = seconds(k.rejects(2*time.Second), 2)
	k.expectAsked(k.give(actors.Result{ID: id, Job: "wait"}), "ask second")
	if got := wants(k.rejects(time.Second)); !strings.HasPrefix(got, "act Pass{} unusable: model: rejected: queue-full, come back in 8s; second: ") {
		t.Errorf("it wants %q", got)
	}

	k.sees("draw", 50) // one that has nothing to say of coming back is not waited for
	k.rejects(0)
	if got := wants(k.rejects(0)); !strings.HasPrefix(got, "act Pass{} unusable: ") {
		t.Errorf("it wants %q", got)
	}

	k = think(t, chained(1))
	k.sees("draw", 50)
	id = seconds(k.rejects(time.Second), 1)
	k.expectAsked(k.give(actors.Result{ID: id, Job: "wait"}), "ask model")
	k.expect(k.answers(calls("draw", `{"litres":3}`)), "act draw{3}") // it is the usual one that decides

	k.sees("draw", 50)
	id = seconds(k.rejects(time.Second), 1)
	k.expect(k.give(actors.Result{ID: id, Job: "wait", Error: "there is no time to come back"}),
		"act Pass{} unusable: model: rejected: queue-full, come back in 1s; there is no time to come back")

	k.sees("draw", 50) // a failure is nothing to wait for
	k.expect(k.give(actors.Answer{ID: k.id, Value: llmadapter.Failed{RetryAfter: time.Second}, Error: "failed"}), "act Pass{} unusable: model: failed")

	k = think(t, chained(2)) // what was said before a wait holds no longer after it
	k.sees("draw", 50)
	id = seconds(k.rejects(time.Second), 1)
	k.give(actors.Result{ID: id, Job: "wait"})
	if got := wants(k.rejects(0)); !strings.HasPrefix(got, "act Pass{} unusable: ") {
		t.Errorf("it wants %q", got)
	}

	k = think(t, chained(1, "second")) // the first may be the one that comes sooner
	k.sees("draw", 50)
	k.rejects(2 * time.Second)
	id = seconds(k.rejects(8*time.Second), 2)
	k.expectAsked(k.give(actors.Result{ID: id, Job: "wait"}), "ask model")

	k = think(t, chained(1))
	k.sees("draw", 50) // a percept ends a wait
	id = seconds(k.rejects(time.Second), 1)
	if effects := k.sees("draw", 50); len(effects) != 2 || effects[0].Kind != actors.Cancel || effects[0].ID != id || effects[1].Name != "model" {
		t.Errorf("it wants %+v", effects)
	}
}

// A message that ends a thought lets it begin again with the first service.
func TestADroppedThoughtBeginsAgain(t *testing.T) {
	c := chained(1, "second")
	c.Drop = func(m *protocol.Message) bool { return m.Act == protocol.Refuse }
	k := think(t, c)
	k.sees("draw", 50)
	k.expectAsked(k.rejects(time.Second), "ask second")
	effects := k.give(&protocol.Message{Act: protocol.Refuse, Sender: "ben", Receivers: []string{"ann"}})
	if len(effects) != 2 || effects[1].Name != "model" {
		t.Fatalf("it wants %+v", effects)
	}
	k.rejects(0)
	k.expect(k.rejects(0), "act Pass{} unusable: model: rejected: queue-full; second: rejected: queue-full")
}

// "The same thought, the same deadline: what is left of it": of complaints, other services and waiting alike.
func TestAChainHasOneLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var seen []string
		service := func(name string, answers ...any) actors.ServiceFunc {
			n := 0
			return func(ctx context.Context, _ actors.Request) (any, error) {
				end, _ := ctx.Deadline()
				mu.Lock()
				seen = append(seen, fmt.Sprint(name, " ", time.Until(end).Round(time.Second)))
				answer := answers[min(n, len(answers)-1)]
				n++
				mu.Unlock()
				timer := time.NewTimer(3 * time.Second)
				defer timer.Stop()
				select {
				case <-timer.C:
				case <-ctx.Done():
				}
				if no, ok := answer.(llmadapter.Rejected); ok {
					return no, no
				}
				return answer, nil
			}
		}
		c := chained(2, "second")
		s := polis.Society{Name: "village", World: c.Definition, Services: map[string]actors.Service{
			"model": service("model", text("No.")), "second": service("second", llmadapter.Rejected{Reason: llmadapter.QueueFull, RetryAfter: 5 * time.Second})},
			Agents: []polis.Agent{{Name: "ann", Behavior: func() actors.Behavior { return prompted.New(c) }}}}
		r := run(t, s, polis.Config{Rounds: 1, Deadline: 24 * time.Second}) // a limit of 21.6 s
		got := strings.Join(seen, ", ")
		if !strings.HasPrefix(got, "model 22s, model 19s, second 16s, second 7s, model 22s") && !strings.HasPrefix(got, "model 22s, model 19s, second 16s, second 8s, model 22s") || len(seen) != 8 {
			t.Errorf("they have %s", got)
		}
		if r.Marks["unusable"] != 2 || r.Faults.Missed != 0 { // in the talk and in the draw
			t.Errorf("marks %v, %+v", r.Marks, r.Faults)
		}
	})
}

// What is left of a limit is known where the waiting is done.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := think(t, chained(1))
		k.sees("draw", 50)
		job := k.rejects(10 * time.Second)[0]
		worker := prompted.New(chained(1)).(actors.Worker)
		work := func(limit time.Duration, job string, input any) (time.Duration, error) {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			began := time.Now()
			_, err := worker.Work(ctx, job, input)
			return time.Since(began).Round(time.Second), err
		}
		if took, err := work(5*time.Second, job.Name, job.Value); took != 0 || err == nil || err.Error() != "there is no time to come back" {
			t.Errorf("%v, %v", took, err)
		}
		if took, err := work(time.Minute, job.Name, job.Value); took < 10*time.Second || took > 12*time.Second || err != nil {
			t.Errorf("%v, %v", took, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := worker.Work(ctx, job.Name, job.Value); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		for name, input := range map[string]any{"dream": job.Value, "wait": draw{1}} {
			if _, err := work(time.Minute, name, input); err == nil {
				t.Errorf("job %q of %T works", name, input)
			}
		}
	})
}

// "Bounded", and named once each.
func TestWhatOfAChainMakesNoSense(t *testing.T) {
	for want, c := range map[string]prompted.Config{
		"Waits is 3; accepted is 0 to 2":                       chained(3),
		"Waits is -1":                                          chained(-1),
		"names 9 services; accepted are at most 8":             chained(0, strings.Split("abcdefghi", "")...),
		`Then names "model"; accepted are names, each once`:    chained(0, "model"),
		`Then names "a"; accepted are names`:                   chained(0, "a", "a"),
		`Then names ""; accepted are names, each once and not`: chained(0, ""),
	} {
		if _, err := prompted.Prepare(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A thought in the middle of a chain is handed over, also to a mind that knows fewer services.
func TestAChainIsKept(t *testing.T) {
	c := chained(1, "second", "third")
	mind := prompted.New(c)
	k := &thinker{Probe: actorstest.New(t, mind, actorstest.Config{Self: "ann", World: c.Definition}), TB: t}
	k.sees("draw", 50)
	k.rejects(time.Second)
	k.expectAsked(k.rejects(0), "ask third")
	kept, err := mind.(actors.Keeper).Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for c, want := range map[*prompted.Config]string{
		ptr(chained(1, "second", "third")): "do wait",
		ptr(chained(0)):                    "act Pass{} unusable: ",
		ptr(chained(1)):                    "do wait",
	} {
		next := prompted.New(*c)
		if err := next.(actors.Keeper).Restore(kept); err != nil {
			t.Fatal(err)
		}
		again := &thinker{Probe: actorstest.New(t, next, actorstest.Config{Self: "ann", World: c.Definition}), TB: t, id: k.id}
		if got := asked(again.rejects(0)); !strings.HasPrefix(got, want) {
			t.Errorf("it wants %q, not %q", got, want)
		}
	}
}

func ptr[T any](v T) *T { return &v }

// "decided_by must be right per decision": whoever decides in whatever pace, the report, the rounds, the record, a replay
// and the episodes say the same.
func TestWhoDecidesIsSaidOfEveryDecision(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated, environment.Realtime} {
		synctest.Test(t, func(t *testing.T) {
			store := journal.NewMemory()
			told := map[string]int{}
			cfg := polis.Config{Seed: 1, Rounds: 6, Pace: pace, Journal: store, Observe: func(event any) {
				if e, ok := event.(actors.Marked); ok {
					told[e.Mark.String()+" "+e.By]++
				}
			}}
			society := twoModels(t)
			r := run(t, society, cfg)
			if r.DecidedBy["model one"] == 0 || r.DecidedBy["model two"] == 0 || r.DecidedBy["rules"] == 0 || len(r.DecidedBy) != 3 || r.Reproducible {
				t.Errorf("%s: decided by %v", pace, r.DecidedBy)
			}
			kept := map[string]int{}
			for event, err := range polis.ReadRecord(t.Context(), store) {
				if err != nil {
					t.Fatal(err)
				}
				if e, ok := event.(actors.Marked); ok {
					kept[e.Mark.String()+" "+e.By]++
				}
			}
			if !maps.Equal(kept, told) {
				t.Errorf("%s: told %v, kept %v", pace, told, kept)
			}
			if told["substitute second"] != r.Marks["substitute"] || r.Marks["substitute"] < r.DecidedBy["model two"] || told["fallback "] != r.Marks["fallback"] {
				t.Errorf("%s: told %v, marks %v", pace, told, r.Marks)
			}
			episodes := map[string]int{}
			for d, err := range episode.Read(t.Context(), store.Read(t.Context(), 0), "r") {
				if err != nil {
					t.Fatal(err)
				}
				if d.Choice && d.Action != nil && len(d.Action.Outcome) > 0 {
					episodes[d.DecidedBy]++
				}
			}
			if pace != environment.Realtime && pace != environment.Simulated && !maps.Equal(episodes, r.DecidedBy) {
				t.Errorf("%s: decided by %v, in episodes %v", pace, r.DecidedBy, episodes)
			}
			again, err := polis.Replay(t.Context(), store, polis.Epoch{Society: twoModels(t), Config: cfg})
			if err != nil {
				t.Fatal(err)
			}
			if again.Hash != r.Hash {
				t.Errorf("%s: it is done again to %s, was %s", pace, again.Hash, r.Hash)
			}
			if pace == environment.Realtime {
				return // a run that goes on there is another one
			}
			var all []journal.Entry
			for e, err := range store.Read(t.Context(), 0) {
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, e)
			}
			for _, n := range []int{len(all) / 4, len(all) / 2, len(all) - 40} {
				cut := journal.NewMemory()
				if err := cut.Append(t.Context(), all[:n]); err != nil {
					t.Fatal(err)
				}
				cfg.Journal = cut
				running, err := polis.Resume(t.Context(), polis.Epoch{Society: twoModels(t), Config: cfg})
				if err != nil {
					t.Fatal(err)
				}
				got, err := running.Wait()
				if err != nil || got.Hash != r.Hash || !maps.Equal(got.DecidedBy, r.DecidedBy) || !maps.Equal(got.Marks, r.Marks) {
					t.Errorf("%s: from turn %d on: %v; decided by %v, marks %v; it was %v, %v", pace, n, err, got.DecidedBy, got.Marks, r.DecidedBy, r.Marks)
				}
			}
		})
	}
}

// twoModels is a society at the well whose first model answers a third of all requests, the second half of the others.
func twoModels(t *testing.T) polis.Society {
	t.Helper()
	c := chained(0, "second")
	c.Fallback = func() actors.Behavior { return &counting{} }
	newBehavior, err := prompted.Prepare(c)
	if err != nil {
		t.Fatal(err)
	}
	answering := func(of uint64) llmadapter.Model {
		return llmadapter.ModelFunc(func(_ context.Context, r llmadapter.Request) (llmadapter.Reply, error) {
			if r.Seed%of != 0 {
				return llmadapter.Reply{}, &llmadapter.Error{Kind: llmadapter.Refused, Fate: llmadapter.Settled, Text: "no"}
			}
			if r.Tools[0].Name == "draw" {
				return calls("draw", `{"litres":1}`), nil
			}
			return calls("pass", ""), nil
		})
	}
	s := polis.Society{Name: "village", World: c.Definition, Models: map[string]llmadapter.Config{
		"model": {Model: answering(3), Label: "model one", Form: llmadapter.FormTools}, "second": {Model: answering(2), Label: "model two", Form: llmadapter.FormTools}}}
	for _, name := range people {
		s.Agents = append(s.Agents, polis.Agent{Name: name, Mind: "chained", Behavior: newBehavior, Model: "model"})
	}
	return s
}
