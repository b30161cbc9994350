package polis_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/scenarios/commons"
	"github.com/polis-agents/polis/supervision"
)

// restless is an agent that does all that an agent can do, by its turn.
type restless struct {
	Turns   int
	Pending []actors.ID
}

func init() {
	actors.Payload[question]("question")
	actors.Payload[reply]("reply")
}

type (
	question struct{ N int }
	reply    struct{ N int }
)

func (b *restless) Receive(t *actors.Turn, event any) error {
	b.Turns++
	r := t.Rand()
	switch e := event.(type) {
	case actors.Percept:
		switch {
		case b.Turns > 40 && t.Self() == "cleo":
			t.Act(draw{2})
			t.Send(protocol.Say("farewell", "ada", "ben", "dan"))
			t.Stop()
			return nil
		case r.IntN(3) == 0:
			t.Act(draw{r.IntN(4)})
			t.Act(draw{1}) // already-acted
		case r.IntN(3) == 0:
			t.Pass()
		}
		t.Send(protocol.Say(fmt.Sprint("turn ", t.N()), "ada", "ben", "cleo", "nobody", "eve"))
		b.Pending = append(b.Pending, t.After(time.Duration(r.IntN(4))*time.Second))
		if r.IntN(2) == 0 {
			t.Ask("oracle", question{b.Turns})
			t.Do("think", question{b.Turns})
		}
		if r.IntN(4) == 0 {
			id := t.Do("dream", question{b.Turns})
			t.Cancel(id)
		}
		if len(b.Pending) > 2 {
			t.Cancel(b.Pending[0])
			b.Pending = b.Pending[1:]
		}
	case actors.Answer:
		if e.Error == "" && e.Value.(reply).N%2 == 0 {
			t.Act(draw{1})
			t.Ask("oracle", question{b.Turns + 1}) // until it is odd
		}
	case actors.Result:
		t.Send(protocol.Say(fmt.Sprint("thought of ", e.Value), "dan", "ada"))
	case actors.Timer:
		if b.Turns > 60 {
			return nil
		}
		t.After(0)
		b.Pending = append(b.Pending, t.After(2*time.Second))
		if len(b.Pending) > 6 {
			b.Pending = nil
		}
	case *protocol.Message:
		if r.IntN(8) == 0 {
			what := protocol.Say("what?", e.Sender)
			what.Act = protocol.QueryRef
			t.Send(what)
		}
	}
	return nil
}

func (b *restless) Work(ctx context.Context, _ string, input any) (any, error) {
	return reply{input.(question).N + actors.Rand(ctx).IntN(10)}, nil
}

// remembering is restless with a Keeper.
type remembering struct{ restless }

func (b *remembering) Snapshot() ([]byte, error) { return json.Marshal(b.restless) }
func (b *remembering) Restore(state []byte) error {
	b.restless = restless{}
	return json.Unmarshal(state, &b.restless)
}

// crowded is a society in which everything happens.
func crowded(testing.TB) polis.Society {
	s := village()
	s.Name = "crowded"
	s.Agents = s.Agents[:0]
	for i, name := range []string{"ada", "ben", "cleo", "dan", "eve"} {
		a := polis.Agent{Name: name, Mind: "restless", Behavior: func() actors.Behavior { return &restless{} }}
		if i%2 == 0 {
			a.Behavior = func() actors.Behavior { return &remembering{} }
		}
		if name == "eve" {
			a.From = 3
		}
		s.Agents = append(s.Agents, a)
	}
	s.MaySpeak = func(from, to string) bool { return from != "dan" || to != "ben" }
	s.May = func(m *protocol.Message, to string) error {
		if m.Act == protocol.QueryRef && to == "ada" {
			return fmt.Errorf("%s must not ask %s", m.Sender, to)
		}
		return nil
	}
	s.Services = map[string]actors.Service{"oracle": actors.ServiceFunc(func(_ context.Context, r actors.Request) (any, error) {
		return reply{r.Value.(question).N + r.Rand.IntN(2)}, nil
	})}
	return s
}

// villagers is the village.
func villagers(testing.TB) polis.Society { return village() }

// lakeside is the commons.
func lakeside(t testing.TB) polis.Society {
	_, s := lake(t, 6, "1*covenant", "1*greedy", "1*random:0-20", "1*reciprocal", "sustainable")
	return s
}

// entriesOf gives all entries of a store.
func entriesOf(t *testing.T, store journal.Store) []journal.Entry {
	t.Helper()
	var all []journal.Entry
	for e, err := range store.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// prefix is a store with the first entries of another.
func prefix(t *testing.T, all []journal.Entry, n int) *journal.Memory {
	t.Helper()
	m := journal.NewMemory()
	if err := m.Append(t.Context(), all[:n]); err != nil {
		t.Fatal(err)
	}
	return m
}

// some is the step with which about so many of n are tried; POLIS_TEST_LONG tries them all.
func some(n, about int) int {
	if os.Getenv("POLIS_TEST_LONG") != "" {
		return 1
	}
	return max(1, n/about) | 1 // odd, so that it does not keep step with what comes in pairs
}

// rounds are what an observer is told of them.
type rounds struct {
	ended []environment.RoundEnded
	said  int
}

func (r *rounds) hear(event any) {
	switch e := event.(type) {
	case environment.RoundEnded:
		r.ended = append(r.ended, e)
	case actors.Said:
		r.said++
	}
}

// A run that is killed after any of its commits goes on as if nothing had happened.
func TestEveryPrefixIsResumed(t *testing.T) {
	for _, c := range []struct {
		name    string
		society func(testing.TB) polis.Society
		cfg     polis.Config
	}{
		{"rounds", crowded, polis.Config{Seed: 3, Rounds: 6}},
		{"shuffled", crowded, polis.Config{Seed: 5, Rounds: 5, Shuffle: true}},
		{"sequential", crowded, polis.Config{Seed: 4, Rounds: 5, Pace: environment.Sequential}},
		{"simulated", crowded, polis.Config{Seed: 4, Rounds: 4, Pace: environment.Simulated}},
		{"simulated, slow", crowded, polis.Config{Seed: 9, Rounds: 5, Pace: environment.Simulated, Shuffle: true, Latency: dawdling}},
		{"simulated, at once", crowded, polis.Config{Seed: 9, Rounds: 3, Pace: environment.Simulated, Latency: atOnce}},
		{"lake, simulated", lakeside, polis.Config{Seed: 1, Rounds: 4, Pace: environment.Simulated}},
		{"chaos", crowded, polis.Config{Seed: 6, Rounds: 4, Chaos: polis.Chaos{Agents: 0.2}}},
		{"quarantine", crowded, polis.Config{Seed: 6, Rounds: 3, Chaos: polis.Chaos{Always: []string{"ben"}}}},
		{"village", villagers, polis.Config{Seed: 8, Rounds: 8}},
		{"lake", lakeside, polis.Config{Seed: 1, Rounds: 6}},
		{"lake, sequential", lakeside, polis.Config{Seed: 1, Rounds: 3, Pace: environment.Sequential}},
		{"village, sequential", villagers, polis.Config{Seed: 8, Rounds: 4, Pace: environment.Sequential}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := c.cfg
			cfg.Journal = journal.NewMemory()
			var told, again rounds
			cfg.Observe = told.hear
			want := run(t, c.society(t), cfg)
			all := entriesOf(t, cfg.Journal)
			t.Logf("%d entries", len(all))
			for k := 0; k <= len(all); k += some(len(all), 30) {
				cfg := c.cfg
				cfg.Journal, cfg.Observe, again = prefix(t, all, k), again.hear, rounds{}
				r, err := polis.Resume(within(t), polis.Epoch{Society: c.society(t), Config: cfg})
				if err != nil {
					t.Fatalf("after %d of %d: %v", k, len(all), err)
				}
				got, err := r.Wait()
				if !reflect.DeepEqual(told, again) || !maps.Equal(got.DecidedBy, want.DecidedBy) || got.Reproducible != want.Reproducible || got.Rounds != want.Rounds {
					t.Fatalf("after %d of %d: told %+v, want %+v; %+v, want %+v", k, len(all), again, told, got, want)
				}
				if err != nil || got.Hash != want.Hash || got.NotStopped != nil {
					t.Fatalf("after %d of %d: hash %.8s, want %.8s; %v; %s", k, len(all), got.Hash, want.Hash, err, parting(all, entriesOf(t, cfg.Journal)))
				}
				if err := journal.Check(cfg.Journal.Read(t.Context(), 0)); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// parting says where two journals part, by actor.
func parting(want, got []journal.Entry) string {
	order := func(a, b journal.Entry) int {
		return cmp.Or(cmp.Compare(a.Logical, b.Logical), cmp.Compare(a.Actor, b.Actor), cmp.Compare(a.N, b.N))
	}
	notes := func(e journal.Entry) bool { return e.Actor == "society" }
	want, got = slices.DeleteFunc(slices.Clone(want), notes), slices.DeleteFunc(slices.Clone(got), notes)
	slices.SortStableFunc(want, order)
	slices.SortStableFunc(got, order)
	for i := range min(len(want), len(got)) {
		if want[i].Digest != got[i].Digest {
			return fmt.Sprintf("want %s, got %s", show(&want[i]), show(&got[i]))
		}
	}
	return fmt.Sprintf("%d entries, want %d", len(got), len(want))
}

func show(e *journal.Entry) string {
	return fmt.Sprintf("%s %d %s step %d by %v: %.300s -> %.300s", e.Actor, e.N, e.Kind, e.Step, e.Cause, e.Payload, e.Effects)
}

// A replay does every turn again and ends in the same hash.
func TestReplay(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Simulated} {
		cfg := polis.Config{Seed: 3, Rounds: 6, Pace: pace, Journal: journal.NewMemory()}
		want := run(t, crowded(t), cfg)
		got, err := polis.Replay(t.Context(), cfg.Journal, polis.Epoch{Society: crowded(t), Config: cfg})
		if err != nil || got.Hash != want.Hash || got.Recomputed+got.Given != got.Turns || got.Given == 0 {
			t.Errorf("%+v, %v, want %s", got, err, want.Hash)
		}
	}
}

// In realtime what would have been is not defined; what was is kept, and the whole can be replayed.
func TestRealtimeIsTakenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := polis.Config{Seed: 3, Rounds: 4, Pace: environment.Realtime, Tick: 50 * time.Millisecond}
		cfg := base
		cfg.Journal = journal.NewMemory()
		run(t, crowded(t), cfg)
		all := entriesOf(t, cfg.Journal)
		for k := 0; k <= len(all); k += some(len(all), 30) {
			cfg := base
			cfg.Journal = prefix(t, all, k)
			r, err := polis.Resume(within(t), polis.Epoch{Society: crowded(t), Config: cfg})
			if err != nil {
				t.Fatalf("after %d of %d: %v", k, len(all), err)
			}
			got, err := r.Wait()
			if err != nil || got.NotStopped != nil || got.Rounds != base.Rounds {
				t.Fatalf("after %d of %d: %+v; %v", k, len(all), got, err)
			}
			again, err := polis.Replay(t.Context(), cfg.Journal, polis.Epoch{Society: crowded(t), Config: cfg})
			if err != nil || again.Hash != got.Hash {
				t.Fatalf("after %d of %d: replay %+v, %v, want %s", k, len(all), again, err, got.Hash)
			}
		}
	})
}

// A fork without a change is the run itself, after whatever round it forks.
func TestForkWithoutAChange(t *testing.T) {
	for name, c := range map[string]struct {
		society func(testing.TB) polis.Society
		cfg     polis.Config
	}{
		"rounds":     {crowded, polis.Config{Seed: 3, Rounds: 6}},
		"sequential": {crowded, polis.Config{Seed: 4, Rounds: 5, Pace: environment.Sequential}},
		"lake":       {lakeside, polis.Config{Seed: 1, Rounds: 6}},
		"simulated":  {crowded, polis.Config{Seed: 4, Rounds: 5, Pace: environment.Simulated}},
		"dawdling":   {crowded, polis.Config{Seed: 4, Rounds: 5, Pace: environment.Simulated, Latency: dawdling}},
	} {
		cfg := c.cfg
		cfg.Journal = journal.NewMemory()
		want := run(t, c.society(t), cfg)
		for after := 1; after <= want.Rounds; after++ {
			next := polis.Epoch{Society: c.society(t), Config: c.cfg}
			next.Config.Journal = journal.NewMemory()
			r, err := polis.Fork(within(t), cfg.Journal, after, next, polis.Epoch{Society: c.society(t), Config: cfg})
			if err != nil {
				t.Fatalf("%s after %d: %v", name, after, err)
			}
			got, err := r.Wait()
			if err != nil || got.Hash != want.Hash {
				t.Errorf("%s after %d: %.8s, want %.8s, %v; %s", name, after, got.Hash, want.Hash, err,
					parting(entriesOf(t, cfg.Journal), entriesOf(t, next.Config.Journal)))
			}
		}
		for _, after := range []int{-1, 0, want.Rounds + 1} {
			next := polis.Epoch{Society: c.society(t), Config: c.cfg}
			next.Config.Journal = journal.NewMemory()
			if r, err := polis.Fork(within(t), cfg.Journal, after, next, polis.Epoch{Society: c.society(t), Config: cfg}); err == nil {
				t.Errorf("%s: forked after %d: %v", name, after, r)
			}
		}
	}
}

// A fork with a change shares the past and nothing else; it can be replayed, and resumed after any commit, as any run.
func TestForkWithAChange(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Simulated} {
		t.Run(string(pace), func(t *testing.T) { forkWithAChange(t, pace) })
	}
}

func forkWithAChange(t *testing.T, pace environment.Pace) {
	cfg := polis.Config{Seed: 1, Rounds: 6, Pace: pace, Journal: journal.NewMemory()}
	first := polis.Epoch{Society: crowded(t), Config: cfg}
	want := run(t, crowded(t), cfg)
	for name, change := range map[string]func(s *polis.Society, cfg *polis.Config){
		"talk off": func(s *polis.Society, _ *polis.Config) {
			s.MaySpeak = func(string, string) bool { return false }
			s.Settings = map[string]string{"talk": "false"}
		},
		"another mind": func(s *polis.Society, _ *polis.Config) { s.Agents[0].Mind, s.Agents[0].Behavior = "thirst", rule },
		"one more": func(s *polis.Society, _ *polis.Config) {
			s.Agents = append(s.Agents, polis.Agent{Name: "fay", Behavior: rule, Mind: "thirst"})
		},
		"one less": func(s *polis.Society, _ *polis.Config) { s.Agents = s.Agents[1:] },
		"longer":   func(_ *polis.Society, cfg *polis.Config) { cfg.Rounds = 8 },
	} {
		t.Run(name, func(t *testing.T) {
			next := func() polis.Epoch {
				e := polis.Epoch{From: 4, Society: crowded(t), Config: cfg}
				change(&e.Society, &e.Config)
				return e
			}
			one := next()
			one.Config.Journal = journal.NewMemory()
			r, err := polis.Fork(within(t), cfg.Journal, 3, one, first)
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Wait()
			if err != nil || got.Hash == want.Hash || !got.Reproducible {
				t.Fatalf("%+v, %v", got, err)
			}
			old, all := entriesOf(t, cfg.Journal), entriesOf(t, one.Config.Journal)
			same := 0
			for same < min(len(old), len(all)) && old[same].Digest == all[same].Digest {
				same++
			}
			if same == 0 || all[same].Logical < 3*time.Second {
				t.Errorf("they part at %d, %v after the start", same, all[same].Logical)
			}
			again, err := polis.Replay(t.Context(), one.Config.Journal, first, next())
			if err != nil || again.Hash != got.Hash {
				t.Errorf("replay %+v, %v, want %s", again, err, got.Hash)
			}
			for k := same; k <= len(all); k += some(len(all)-same, 8) {
				e := next()
				e.Config.Journal = prefix(t, all, k)
				r, err := polis.Resume(within(t), first, e)
				if err != nil {
					t.Fatalf("after %d of %d: %v", k, len(all), err)
				}
				resumed, err := r.Wait()
				if err != nil || resumed.Hash != got.Hash {
					t.Fatalf("after %d of %d: %v, %.8s, want %.8s", k, len(all), err, resumed.Hash, got.Hash)
				}
			}
		})
	}
}

// What was done to a society from outside is done again when it is taken up, and what supervision has decided stands.
func TestInterventionsAreTakenUp(t *testing.T) {
	o, s := lake(t, 6, "2*covenant", "2*random:0-20", "1*reciprocal")
	again := func(name, mind string) (polis.Agent, error) {
		m, err := polis.ParseMind(mind)
		if err != nil {
			return polis.Agent{}, err
		}
		a, err := commons.Newcomer(o, m, 1)
		if a.Name != name {
			t.Errorf("%s came back as %s", name, a.Name)
		}
		return a, err
	}
	cfg := polis.Config{Seed: 2, Rounds: 6, Journal: journal.NewMemory(), Chaos: polis.Chaos{Always: []string{s.Agents[4].Name}}}
	frail := &supervision.Policy{Attempts: 2, Budget: supervision.Budget{Quarantines: 3, Turns: 100}, Backoff: supervision.Backoff{Min: time.Millisecond, Max: time.Millisecond}}
	s.Agents[4].Policy = frail
	x := touch(t, s, cfg, map[int]func(*polis.Running){
		2: func(r *polis.Running) {
			a, err := commons.Newcomer(o, polis.Mind{Name: "sustainable"}, 1)
			if err := errors.Join(err, r.Join(a)); err != nil {
				t.Error(err)
			}
		},
		3: func(r *polis.Running) { r.Silence(true) },
		5: func(r *polis.Running) { r.Silence(false) },
	})
	want := x.end(t)
	all := entriesOf(t, cfg.Journal)
	t.Logf("%d entries, %+v, %+v", len(all), want.Interventions, want.Faults)
	for k := len(all) / 3; k <= len(all); k += some(len(all), 40) {
		_, s := lake(t, 6, "2*covenant", "2*random:0-20", "1*reciprocal")
		s.Agents[4].Policy, s.Again = frail, again
		cfg := cfg
		cfg.Journal = prefix(t, all, k)
		r, err := polis.Resume(within(t), polis.Epoch{Society: s, Config: cfg})
		if err != nil {
			t.Fatalf("after %d of %d: %v", k, len(all), err)
		}
		got, err := r.Wait()
		if err != nil || len(got.Interventions) == len(want.Interventions) && got.Hash != want.Hash {
			t.Fatalf("after %d of %d: %v, %.8s, want %.8s, %s", k, len(all), err, got.Hash, want.Hash, fmt.Sprint(parting(all, entriesOf(t, cfg.Journal)), show(&all[k-1]), show(&all[k]), got.Interventions))
		}
		if _, err := polis.Replay(t.Context(), cfg.Journal, polis.Epoch{Society: s, Config: cfg}); err != nil {
			t.Fatalf("after %d of %d: %v", k, len(all), err)
		}
	}
}

// dawdling are latencies of the simulated pace with which many are late; atOnce are none.
var (
	dawdling = environment.Latencies{
		Thinking:   environment.Latency{Shape: environment.LogNormal, Mean: 700 * time.Millisecond, Spread: 1},
		Speaking:   environment.Latency{Mean: 300 * time.Millisecond},
		Perceiving: environment.Latency{Mean: 400 * time.Millisecond},
	}
	atOnce = environment.Latencies{
		Thinking:   environment.Latency{Shape: environment.Fixed},
		Speaking:   environment.Latency{Shape: environment.Fixed},
		Perceiving: environment.Latency{Shape: environment.Fixed},
	}
)
