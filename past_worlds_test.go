package polis_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// pond is a world without anything that is optional; the others have more.
type pond struct {
	Litres int
	Calls  int
	Moved  int
}

func (w *pond) Perceive(string) level { return level{w.Litres} }

func (w *pond) Draw(_ string, d draw) (int, error) {
	if d.Litres > w.Litres {
		return 0, environment.Refuse("dry", "%d litres are left", w.Litres)
	}
	w.Litres += 3 - d.Litres
	return d.Litres, nil
}

func (w *pond) Variables() []environment.Variable {
	return []environment.Variable{{Name: "litres", Value: float64(w.Litres)}}
}
func (w *pond) AgentVariables(string) []environment.Variable { return nil }

// turning names some twice in a phase, and sometimes nobody.
type turning struct{ pond }

func (w *turning) Next(r *rand.Rand) []string {
	if w.Calls++; w.Calls%4 == 0 {
		return nil
	}
	names := []string{"ada", "ben", "ada", "cleo", "ada"}
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	return names
}

// Call has water come in whenever it is ada's turn.
func (w *turning) Call(agent string) {
	if agent == "ada" {
		w.Litres++
	}
}

// peopled is told who comes and goes.
type peopled struct{ pond }

func (w *peopled) Enter(string) { w.Moved++ }
func (w *peopled) Leave(string) { w.Moved++; w.Litres++ }

// phased has two phases, and ticks in the second.
type phased struct{ peopled }

func (w *phased) Phases() []string { return []string{"one", "two"} }

func (w *phased) Tick(phase string, r *rand.Rand) {
	if phase == "two" {
		w.Litres += r.IntN(9)
	}
}

// failing fails at some ticks and actions, and whenever somebody leaves.
type failing struct{ phased }

func (w *failing) Leave(string) { panic("nobody leaves") }

func (w *failing) Tick(phase string, r *rand.Rand) {
	if phase == "one" && w.Moved%2 == 1 {
		panic("no time passes")
	}
	w.Litres += r.IntN(9)
}

func (w *failing) Draw(agent string, d draw) (int, error) {
	if d.Litres == 2 {
		panic("not two")
	}
	return w.pond.Draw(agent, d)
}

// defined makes a pond of some kind known.
func defined[W any](newWorld func() *W, of func(*W) interface {
	Perceive(string) level
	Draw(string, draw) (int, error)
}) *environment.Definition {
	def := environment.Define(newWorld, func(w *W, agent string) level { return of(w).Perceive(agent) })
	environment.AddAction(def, "draw", "Draw water.", func(w *W, agent string, d draw) (int, error) { return of(w).Draw(agent, d) })
	return def
}

type drawable = interface {
	Perceive(string) level
	Draw(string, draw) (int, error)
}

var ponds = map[string]func() *environment.Definition{
	"plain": func() *environment.Definition {
		return defined(func() *pond { return &pond{Litres: 60} }, func(w *pond) drawable { return w })
	},
	"turning": func() *environment.Definition {
		return defined(func() *turning { return &turning{pond{Litres: 60}} }, func(w *turning) drawable { return w })
	},
	"peopled": func() *environment.Definition {
		return defined(func() *peopled { return &peopled{pond{Litres: 60}} }, func(w *peopled) drawable { return w })
	},
	"phased": func() *environment.Definition {
		return defined(func() *phased { return &phased{peopled{pond{Litres: 60}}} }, func(w *phased) drawable { return w })
	},
	"failing": func() *environment.Definition {
		return defined(func() *failing { return &failing{phased{peopled{pond{Litres: 60}}}} }, func(w *failing) drawable { return w })
	},
}

// Whatever a world has or has not, a run of it goes on after any commit, and tells the same.
func TestRunsOfAnyWorldAreResumed(t *testing.T) {
	for kind, world := range ponds {
		for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated} {
			t.Run(kind+" "+string(pace), func(t *testing.T) {
				t.Parallel()
				society := func() polis.Society {
					s := crowded(t)
					s.World = world()
					return s
				}
				seed := polis.Config{Seed: 11, Rounds: 6, Pace: pace}
				about := 12
				if kind == "failing" { // pauses between its lives take their time
					seed.Rounds, about = 3, 4
				}
				cfg := seed
				cfg.Journal = journal.NewMemory()
				var told, again tale
				cfg.Observe = told.hear
				want := run(t, society(), cfg)
				all := entriesOf(t, cfg.Journal)
				if r, err := polis.Replay(t.Context(), cfg.Journal, polis.Epoch{Society: society(), Config: seed}); err != nil || r.Hash != want.Hash {
					t.Fatalf("replay: %+v, %v", r, err)
				}
				for k := 1; k <= len(all); k += some(len(all), about) {
					cfg := seed
					cfg.Journal, cfg.Observe, again = prefix(t, all, k), again.hear, tale{}
					r, err := polis.Resume(within(t), polis.Epoch{Society: society(), Config: cfg})
					if err != nil {
						t.Fatalf("after %d of %d: %v", k, len(all), err)
					}
					got, err := r.Wait()
					if err != nil || got.Hash != want.Hash || got.Messages != want.Messages {
						t.Fatalf("after %d of %d: %v, %+v, want %+v; %s", k, len(all), err, got, want, parting(all, entriesOf(t, cfg.Journal)))
					}
					if !slices.Equal(again.sorted(), told.sorted()) {
						t.Fatalf("after %d of %d: told %q, want %q", k, len(all), again, told)
					}
				}
			})
		}
	}
}

// tale is what an observer hears, in words. Agents speak at the same time, so its order says nothing.
type tale []string

func (t *tale) hear(event any) {
	switch e := event.(type) {
	case actors.Said:
		*t = append(*t, fmt.Sprint(e.Round, e.Phase, e.Message.Sender, e.Message.Receivers, e.Unheard))
	case environment.RoundEnded, environment.Missed:
		*t = append(*t, fmt.Sprintf("%+v", e))
	}
}

func (t tale) sorted() []string { return slices.Sorted(slices.Values(t)) }

// Of a fork that is not possible nothing is written, and one that was killed while its past was copied is no run.
func TestForksAreMadeWholeOrNotAtAll(t *testing.T) {
	first := polis.Epoch{Society: crowded(t), Config: polis.Config{Seed: 1, Rounds: 4, Journal: journal.NewMemory()}}
	run(t, crowded(t), first.Config)
	next := polis.Epoch{Society: crowded(t), Config: polis.Config{Seed: 1, Rounds: 4, Journal: journal.NewMemory()}}
	next.Society.World = ponds["phased"]() // other phases
	if r, err := polis.Fork(within(t), first.Config.Journal, 2, next, first); err == nil || len(entriesOf(t, next.Config.Journal)) > 0 {
		t.Errorf("%v, %v; %d turns were written", r, err, len(entriesOf(t, next.Config.Journal)))
	}
	next.Society = crowded(t)
	cut := &cutOff{Memory: journal.NewMemory()}
	next.Config.Journal = cut
	if r, err := polis.Fork(within(t), first.Config.Journal, 3, next, first); !errors.Is(err, errCut) {
		t.Fatalf("%v, %v", r, err)
	}
	first.Config.Journal = cut.Memory
	if r, err := polis.Resume(within(t), first); !errors.Is(err, polis.ErrCopying) {
		t.Errorf("half a fork was taken for a run: %v, %v", r, err)
	}
}

// cutOff is a store that takes one batch, and then no more.
type cutOff struct {
	*journal.Memory
	batches int
}

var errCut = errors.New("the power is out")

func (c *cutOff) Append(ctx context.Context, entries []journal.Entry) error {
	if c.batches++; c.batches > 1 {
		return errCut
	}
	return c.Memory.Append(ctx, entries)
}
