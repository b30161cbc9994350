package polis_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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
	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/scenarios/commons"
	"github.com/polis-agents/polis/supervision"
)

// lake is a society of fishers who talk.
func lake(t testing.TB, months int, minds ...string) (polis.Order, polis.Society) {
	t.Helper()
	o := polis.Order{Rounds: months}
	var err error
	if o.Minds, err = polis.ParseMinds(minds, 0, 5); err != nil {
		t.Fatal(err)
	}
	s, err := commons.Build(o)
	if err != nil {
		t.Fatal(err)
	}
	return o, s
}

// touched is a society that lives, and what its observer has seen. What is to be done when a round is over is done by
// the observer, so that it takes effect in the same round of every run.
type touched struct {
	*polis.Running
	mu    sync.Mutex
	seen  []any
	after map[int]func(*polis.Running)
}

// touch starts a society.
func touch(t testing.TB, s polis.Society, cfg polis.Config, after map[int]func(*polis.Running)) *touched {
	t.Helper()
	begun := make(chan struct{})
	x := &touched{after: after}
	cfg.Observe = func(e any) {
		<-begun
		x.mu.Lock()
		x.seen = append(x.seen, e)
		x.mu.Unlock()
		if ended, ok := e.(environment.RoundEnded); ok && x.after[ended.Round] != nil {
			x.after[ended.Round](x.Running)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 24*time.Hour)
	t.Cleanup(cancel)
	var err error
	if x.Running, err = polis.Start(ctx, s, cfg); err != nil {
		t.Fatal(err)
	}
	close(begun)
	return x
}

// end waits for the end, and checks what must hold of every society.
func (x *touched) end(t testing.TB) *polis.Report {
	t.Helper()
	r, err := x.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if !r.Messages.Balanced() || r.NotStopped != nil {
		t.Errorf("the account is %+v, left behind %v", r.Messages, r.NotStopped)
	}
	var told []polis.Intervened
	for _, e := range x.seen {
		if i, ok := e.(polis.Intervened); ok {
			told = append(told, i)
		}
	}
	if !slices.Equal(told, r.Interventions) {
		t.Errorf("observers saw %v, the report lists %v", told, r.Interventions)
	}
	return r
}

// rounds is how many are over.
func (x *touched) rounds() (n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.seen {
		if _, ok := e.(environment.RoundEnded); ok {
			n++
		}
	}
	return n
}

// everyThreads runs a test on one thread and on eight.
func everyThreads(t *testing.T, test func(t *testing.T)) {
	for _, threads := range []int{1, 8} {
		t.Run(fmt.Sprint(threads, " threads"), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
			test(t)
		})
	}
}

var inTurns = []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated}

// "Percepts are held, nothing is lost; the phase deadline does not run while paused. Pause alone leaves the hash as it is."
func TestAPauseHoldsAndChangesNothing(t *testing.T) {
	everyThreads(t, func(t *testing.T) {
		for _, pace := range inTurns {
			synctest.Test(t, func(t *testing.T) {
				cfg := polis.Config{Seed: 5, Pace: pace, Deadline: time.Second}
				_, s := lake(t, 8, "3*covenant", "2*random:0-9")
				want := run(t, s, cfg)
				x := touch(t, s, cfg, map[int]func(*polis.Running){3: (*polis.Running).Pause})
				synctest.Wait()
				if !x.Paused() || x.rounds() != 4 {
					t.Errorf("%s: paused %v after %d rounds, want after the one that was on when it was asked", pace, x.Paused(), x.rounds())
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				if x.rounds() != 4 {
					t.Errorf("%s: %d rounds were over in the pause", pace, x.rounds())
				}
				x.Resume()
				got := x.end(t)
				if got.Hash != want.Hash || !got.Reproducible || fmt.Sprint(got.Faults) != fmt.Sprint(want.Faults) || got.Messages != want.Messages {
					t.Errorf("%s: %+v\nundisturbed %+v", pace, got, want)
				}
				if told := fmt.Sprint(got.Interventions); told != "[{pause  4 } {resume  5 }]" || x.Paused() {
					t.Errorf("%s: told %s, paused %v", pace, told, x.Paused())
				}
			})
		}
	})
}

// A pause taken back before it has held anything is none, and one that is never ended ends with the run.
func TestAPauseCanBeTakenBackOrCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := lake(t, 6, "5*sustainable")
		x := touch(t, s, polis.Config{}, map[int]func(*polis.Running){2: func(r *polis.Running) {
			r.Pause()
			r.Resume()
		}})
		if r := x.end(t); len(r.Interventions) != 0 || !r.Reproducible || r.Rounds != 6 {
			t.Errorf("%+v", r)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r, err := polis.Start(ctx, s, polis.Config{Delay: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		r.Pause()
		rep, err := r.Wait()
		if !errors.Is(err, context.DeadlineExceeded) || rep.Rounds != 1 || rep.Reproducible || !rep.Messages.Balanced() || r.Paused() {
			t.Errorf("%+v, %v", rep, err)
		}
	})
}

// A society that begins with a pause can be touched before anything has happened. Run, which nobody could tell to go on,
// does not begin with one.
func TestASocietyMayBeginWithAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := lake(t, 3, "5*covenant")
		want := run(t, s, polis.Config{Seed: 2})
		x := touch(t, s, polis.Config{Seed: 2, Paused: true}, nil)
		time.Sleep(time.Hour)
		if x.rounds() != 0 || !x.Paused() {
			t.Errorf("%d rounds, paused %v", x.rounds(), x.Paused())
		}
		x.Resume()
		if r := x.end(t); r.Hash != want.Hash || !r.Reproducible || fmt.Sprint(r.Interventions) != "[{pause  0 } {resume  1 }]" {
			t.Errorf("%+v", r)
		}
		if r, err := polis.Run(within(t), s, polis.Config{Paused: true}); r != nil || err == nil || !strings.Contains(err.Error(), "Paused") {
			t.Error(r, err)
		}
	})
}

// "In realtime between phases": what comes in the pause counts when it is over, for the phase that it has held open.
func TestAPauseInRealtimeLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := village()
		s.Agents = s.Agents[2:3]
		s.Agents[0].Behavior = func() actors.Behavior {
			return actors.FromMind(actors.MindFunc[level, draw](func(ctx context.Context, _ actors.Situation[level]) (draw, error) {
				select {
				case <-time.After(1500 * time.Millisecond):
				case <-ctx.Done():
				}
				return draw{7}, ctx.Err()
			}), actors.MindConfig[level, draw]{})
		}
		x := touch(t, s, polis.Config{Pace: environment.Realtime, Rounds: 2}, nil)
		time.Sleep(500 * time.Millisecond)
		x.Pause()
		time.Sleep(time.Minute)
		if x.rounds() != 0 {
			t.Errorf("%d rounds were over in the pause", x.rounds())
		}
		x.Resume()
		r := x.end(t)
		first := x.seen[2].(environment.RoundEnded) // after pause and resume
		if r.World.(*well).Drawn["cleo"] != 7 || r.Faults.Missed != 0 || r.DecidedBy["a mind"] != 1 || first.Round != 1 {
			t.Errorf("%+v, the first round: %+v", r, first)
		}
		if told := fmt.Sprint(r.Interventions); told != "[{pause  1 round} {resume  1 round}]" {
			t.Error(told)
		}
	})
}

// "Cut talk: from the next phase on nobody may speak (Undelivered with ReasonForbidden), or may again."
func TestSilenceIsKeptFromTheNextPhaseOn(t *testing.T) {
	everyThreads(t, func(t *testing.T) {
		for _, pace := range inTurns {
			_, s := lake(t, 9, "5*covenant")
			for i := range s.Agents {
				made := s.Agents[i].Behavior
				s.Agents[i].Behavior = func() actors.Behavior { return &offended{Behavior: made()} }
			}
			x := touch(t, s, polis.Config{Seed: 5, Pace: pace}, map[int]func(*polis.Running){
				2: func(r *polis.Running) { r.Silence(true) },
				5: func(r *polis.Running) { r.Silence(false) },
			})
			r := x.end(t)
			// Asked for when a round is over, which the world reads when its next phase is open, it begins with the one after.
			if told := fmt.Sprint(r.Interventions); told != "[{silence  3 reply} {speech  6 reply}]" || r.Reproducible {
				t.Errorf("%s: %s, reproducible %v", pace, told, r.Reproducible)
			}
			quiet, heard, unheard := false, 0, int64(0)
			for _, e := range x.seen {
				switch e := e.(type) {
				case polis.Intervened:
					quiet = e.What == polis.DidSilence
				case actors.Said:
					if e.Unheard != quiet {
						t.Errorf("%s: in month %d, %s: unheard %v", pace, e.Round, e.Phase, e.Unheard)
					}
					if heard++; e.Unheard {
						unheard += int64(len(e.Message.Receivers))
					}
				}
			}
			if heard == 0 || unheard == 0 || r.Messages.Refused != unheard || r.Marks["unusable"] != 0 {
				t.Errorf("%s: %d said, %d words unheard, refused %d", pace, heard, unheard, r.Messages.Refused)
			}
		}
	})
}

// offended fails when what it said comes back for another reason than that it may not speak.
type offended struct{ actors.Behavior }

func (b *offended) Receive(t *actors.Turn, event any) error {
	if u, ok := event.(actors.Undelivered); ok && u.Reason != actors.ReasonForbidden {
		return fmt.Errorf("%s: %w", u.Reason, supervision.ErrEscalate)
	}
	return b.Behavior.Receive(t, event)
}

// In realtime silence reaches also those who are thinking.
func TestSilenceInRealtime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var came []string
		s := village()
		speaker := func(t *actors.Turn, event any) error {
			switch e := event.(type) {
			case actors.Percept:
				if e.Round == 1 {
					t.Do("think", notice{1}) // for all its life
					t.After(500 * time.Millisecond)
				}
			case actors.Timer:
				t.Send(protocol.Message{Act: protocol.Inform, Receivers: []string{"dan"}, Content: notice{1}})
				t.After(time.Second)
			case actors.Undelivered:
				mu.Lock()
				defer mu.Unlock()
				came = append(came, fmt.Sprint(t.Now(), " ", e.Reason))
			}
			return nil
		}
		s.Agents = []polis.Agent{{Name: "dan", Behavior: still}, {Name: "eve", Behavior: func() actors.Behavior { return thinker(speaker) }}}
		x := touch(t, s, polis.Config{Pace: environment.Realtime, Rounds: 5, Deadline: time.Hour}, nil)
		time.Sleep(1200 * time.Millisecond)
		x.Silence(true)
		time.Sleep(2 * time.Second)
		x.Silence(false)
		r := x.end(t)
		if want := []string{"2.5s forbidden", "3.5s forbidden"}; !slices.Equal(came, want) || r.Messages.Refused < 2 {
			t.Errorf("%q came back, want %q; %+v", came, want, r.Messages)
		}
	})
}

// thinker is a behavior whose job takes as long as it lives.
type thinker func(*actors.Turn, any) error

func (b thinker) Receive(t *actors.Turn, event any) error { return b(t, event) }

func (b thinker) Work(ctx context.Context, _ string, _ any) (any, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// "One more agent from the next round on: spawned, seated, enters by the world's Population." It is as if it had been
// ordered for that round: the same lake, the same turns of everybody.
func TestWhoJoinsLivesLikeTheOthers(t *testing.T) {
	everyThreads(t, func(t *testing.T) {
		for _, pace := range inTurns {
			o, s := lake(t, 12, "2*random:0-9", "3*covenant")
			var comers []polis.Agent
			for i, mind := range []string{"random:0-9", "covenant", "sustainable"} {
				m, _ := polis.ParseMind(mind)
				a, err := commons.Newcomer(o, m, i+1)
				if err != nil {
					t.Fatal(err)
				}
				comers = append(comers, a)
			}
			comers[0].Name = "Adam" // before all others; Olga comes after them
			comers[1].Name = "Karl" // and between them
			ordered := s
			ordered.Agents = slices.Clone(s.Agents)
			for _, a := range comers {
				a.From = 5
				ordered.Agents = append(ordered.Agents, a)
			}
			cfg := polis.Config{Seed: 6, Pace: pace, Log: 4, Chaos: polis.Chaos{Agents: 0.1}}
			want := run(t, ordered, cfg)
			x := touch(t, s, cfg, map[int]func(*polis.Running){3: func(r *polis.Running) {
				for _, a := range comers {
					a.From = 99 // does not matter
					if err := r.Join(a); err != nil {
						t.Error(err)
					}
				}
			}, 5: func(r *polis.Running) {
				if names := fmt.Sprint(r.Agents()); names != "[Adam Emma Jack John Karl Kate Luke Olga]" {
					t.Error(names)
				}
			}})
			r := x.end(t)
			if fmt.Sprint(r.World) != fmt.Sprint(want.World) || r.Messages != want.Messages || fmt.Sprint(r.DecidedBy) != fmt.Sprint(want.DecidedBy) || r.Rounds != want.Rounds || r.Rounds < 6 {
				t.Errorf("%s: %v %+v %v\nordered %v %+v %v", pace, r.World, r.Messages, r.DecidedBy, want.World, want.Messages, want.DecidedBy)
			}
			if told := fmt.Sprint(r.Interventions); told != "[{join Adam 5 } {join Karl 5 } {join Olga 5 }]" || r.Reproducible || r.Hash == want.Hash {
				t.Errorf("%s: %s, reproducible %v", pace, told, r.Reproducible)
			}
			for _, e := range x.seen {
				ended, ok := e.(environment.RoundEnded)
				if !ok {
					continue
				}
				var names []string
				for _, a := range ended.Agents {
					names = append(names, a.Name)
				}
				if n := len(names); !slices.IsSorted(names) || n != 5 && ended.Round < 5 || n != 8 && ended.Round >= 5 {
					t.Errorf("%s: in month %d there are %q", pace, ended.Round, names)
				}
			}
		}
	})
}

// In realtime too, and nobody is waited for.
func TestWhoJoinsInRealtime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := lake(t, 8, "5*sustainable")
		a, err := commons.Newcomer(o, polis.Mind{Name: "greedy"}, 1)
		if err != nil {
			t.Fatal(err)
		}
		x := touch(t, s, polis.Config{Pace: environment.Realtime}, nil)
		time.Sleep(3500 * time.Millisecond) // in the second month, which has three phases
		if err := x.Join(a); err != nil {
			t.Fatal(err)
		}
		r := x.end(t)
		l := r.World.(*commons.Lake)
		if r.Rounds != 3 || !l.Collapsed || len(l.Fishers) != 6 || fmt.Sprint(r.Interventions) != "[{join Mia 3 }]" {
			t.Errorf("%d months, %+v, %v", r.Rounds, l, r.Interventions)
		}
	})
}

// Errors of Join and Crash: "name taken, no behavior, model unknown, society over".
func TestWhatCannotBeDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := village()
		s.Agents[3].Policy = &supervision.Policy{Attempts: 1}
		s.Agents[1].Behavior = func() actors.Behavior {
			return actors.BehaviorFunc(func(t *actors.Turn, _ any) error {
				t.Stop()
				return nil
			})
		}
		x := touch(t, s, polis.Config{Delay: time.Minute}, nil)
		synctest.Wait()
		if names := fmt.Sprint(x.Agents()); names != "[ada cleo dan]" {
			t.Error(names)
		}
		wrong := func(err error, says string) {
			t.Helper()
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%v, want %s", err, says)
			}
		}
		wrong(x.Join(polis.Agent{Name: "ada", Behavior: still}), `agent "ada": the name is taken`)
		wrong(x.Join(polis.Agent{Name: "ben", Behavior: still}), `agent "ben": the name is taken`)
		wrong(x.Join(polis.Agent{Name: "eve"}), `agent "eve" has no behavior`)
		wrong(x.Join(polis.Agent{Behavior: still}), `agent 4 is named ""`)
		wrong(x.Join(polis.Agent{Name: "eve", Behavior: still, Model: "sage"}), `agent "eve" is decided by model "sage"; there are []`)
		if err := x.Join(polis.Agent{Name: "eve", Behavior: still}); err != nil {
			t.Error(err)
		}
		wrong(x.Join(polis.Agent{Name: "eve", Behavior: still}), `agent "eve": the name is taken`)
		wrong(x.Crash("eve"), `agent "eve" has not entered yet`)
		wrong(x.Crash("zoe"), `agent "zoe"; accepted is`)
		wrong(x.Crash("ben"), `agent "ben" has stopped`)
		wrong(x.Crash("dan"), `agent "dan": its policy offers an event once`)
		for i := range polis.MostNewcomers - 1 {
			if err := x.Join(polis.Agent{Name: fmt.Sprint("n", i), Behavior: still}); err != nil {
				t.Fatal(err)
			}
		}
		wrong(x.Join(polis.Agent{Name: "last", Behavior: still}), "1000 have joined")
		time.Sleep(90 * time.Second)
		if n := len(x.Agents()); n != 1003 {
			t.Errorf("%d agents", n)
		}
	})
}

// "Safe from any goroutine, also after the end (no-ops or a clear error)."
func TestAfterTheEndNothingCanBeDone(t *testing.T) {
	x := touch(t, village(), polis.Config{Rounds: 2}, nil)
	r := x.end(t)
	x.Pause()
	x.Silence(true)
	x.Resume()
	if x.Pause(); x.Paused() {
		t.Error("it says it is paused")
	}
	if err := x.Join(polis.Agent{Name: "eve", Behavior: still}); !errors.Is(err, polis.ErrOver) || !strings.Contains(err.Error(), "eve") {
		t.Error(err)
	}
	if err := x.Crash("ada"); !errors.Is(err, polis.ErrOver) {
		t.Error(err)
	}
	if names := x.Agents(); len(names) != 0 {
		t.Error(names)
	}
	if again, err := x.Wait(); again != r || err != nil || len(r.Interventions) != 0 || !r.Reproducible {
		t.Errorf("%+v, %v", again, err)
	}
}

// "The agent's next turn panics once on purpose (its first attempt); its supervisor restarts it with its memory. A retried
// turn gives the same result", so the hash is that of the undisturbed run.
func TestACrashKeepsTheMemory(t *testing.T) {
	everyThreads(t, func(t *testing.T) {
		for _, pace := range inTurns {
			synctest.Test(t, func(t *testing.T) {
				_, s := lake(t, 10, "3*covenant", "1*reciprocal", "1*random:0-12")
				cfg := polis.Config{Seed: 3, Pace: pace, Log: 3}
				want := run(t, s, cfg)
				after := map[int]func(*polis.Running){}
				for month := 1; month < 9; month++ {
					after[month] = func(r *polis.Running) {
						name := r.Agents()[month%5]
						if err := errors.Join(r.Crash(name), r.Crash(name)); err != nil { // twice before it happens is once
							t.Error(err)
						}
					}
				}
				x := touch(t, s, cfg, after)
				r := x.end(t)
				if r.Hash != want.Hash || !r.Reproducible || r.Messages != want.Messages {
					t.Errorf("%s: %+v\nundisturbed %+v", pace, r, want)
				}
				if r.Faults.Crashes != 8 || r.Faults.Restarts != 8 || len(r.Interventions) != 8 || r.Faults.Quarantined+r.Faults.Forgot != 0 {
					t.Errorf("%s: %+v, %v", pace, r.Faults, r.Interventions)
				}
				for i, e := range r.Interventions {
					if want := []string{"Emma", "Jack", "John", "Kate", "Luke"}[(i+1)%5]; e.What != polis.DidCrash || e.Agent != want || e.Round != i+2 {
						t.Errorf("%s: crash %d is %+v, want %s in month %d", pace, i, e, want, i+2)
					}
				}
			})
		}
	})
}

// A crash that tells on what happens makes the run one that cannot be repeated: its agent has lost its memory, or does
// not come back.
func TestACrashThatChangesWhatHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, lost := range []bool{true, false} {
			s := village()
			lives := 0
			s.Agents[3] = polis.Agent{Name: "dan", Behavior: func() actors.Behavior {
				if lives++; !lost && lives > 1 {
					panic("no second life")
				}
				return rule()
			}}
			cfg := polis.Config{Rounds: 6, Log: 2}
			if !lost {
				cfg.Log = 0
			}
			if r := touch(t, s, cfg, nil).end(t); !r.Reproducible {
				t.Errorf("undisturbed: %+v", r)
			}
			leaves := village() // who leaves of its own will, would have left anyway
			leaves.Agents[0].Behavior = func() actors.Behavior {
				return actors.BehaviorFunc(func(_ *actors.Turn, event any) error {
					if p, ok := event.(actors.Percept); ok && p.Round == 4 {
						return supervision.ErrStop
					}
					return nil
				})
			}
			if r := touch(t, leaves, polis.Config{Rounds: 6}, map[int]func(*polis.Running){2: func(r *polis.Running) {
				if err := r.Crash("ada"); err != nil {
					t.Error(err)
				}
			}}).end(t); !r.Reproducible || len(r.Interventions) != 1 {
				t.Errorf("left: %+v", r)
			}
			lives = 0
			r := touch(t, s, cfg, map[int]func(*polis.Running){4: func(r *polis.Running) {
				if err := r.Crash("dan"); err != nil {
					t.Error(err)
				}
			}}).end(t)
			if r.Reproducible || (r.Faults.Forgot == 1) != lost || len(r.Interventions) != 1 {
				t.Errorf("lost %v: %+v", lost, r)
			}
		}
	})
}

// However much is wished while the world is busy, what waits does not grow.
func TestWishesDoNotPileUp(t *testing.T) {
	hold := make(chan struct{})
	reached := make(chan struct{})
	x := touch(t, village(), polis.Config{Rounds: 3}, map[int]func(*polis.Running){1: func(*polis.Running) {
		close(reached)
		<-hold
	}})
	<-reached
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 200_000 {
		x.Pause()
		x.Silence(true)
		_ = x.Crash("ada")
		x.Resume()
		x.Silence(false)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("%d bytes wait", grown)
	}
	close(hold)
	if r := x.end(t); fmt.Sprint(r.Interventions) != "[{crash ada 2 round}]" {
		t.Error(r.Interventions)
	}
}

// Neither does what waits for an agent that is busy.
func TestCrashesDoNotPileUp(t *testing.T) {
	hold, reached := make(chan struct{}), make(chan struct{})
	s := village()
	s.Agents[1].Behavior = func() actors.Behavior {
		return actors.BehaviorFunc(func(_ *actors.Turn, event any) error {
			if p, ok := event.(actors.Percept); ok && p.Round == 1 {
				close(reached)
				<-hold
			}
			return nil
		})
	}
	x := touch(t, s, polis.Config{Rounds: 3}, nil)
	<-reached
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 200_000 {
		if err := x.Crash("ben"); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("%d bytes wait", grown)
	}
	close(hold)
	if r := x.end(t); fmt.Sprint(r.Interventions) != "[{crash ben 2 round}]" || r.Faults.Crashes != 1 {
		t.Errorf("%v, %+v", r.Interventions, r.Faults)
	}
}

// Start is not Run: the caller goes on, and may use what it gave for something else.
func TestWhatWasGivenToStartIsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		want := run(t, village(), polis.Config{Rounds: 3})
		s := village()
		x := touch(t, s, polis.Config{Rounds: 3, Paused: true}, nil)
		s.Agents[0].Name, s.Settings["depth"] = "zoe", "1"
		if names := fmt.Sprint(x.Agents()); names != "[ada ben cleo dan]" {
			t.Error(names)
		}
		x.Resume()
		if r := x.end(t); r.Hash != want.Hash {
			t.Errorf("%s, want %s", r.Hash, want.Hash)
		}
	})
}

// Who has joined and left stays away, whatever else is wished.
func TestWhoJoinedAndLeftStaysAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lives := 0
		eve := polis.Agent{Name: "eve", Behavior: func() actors.Behavior {
			return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
				if _, ok := event.(actors.Percept); ok {
					lives++
					return supervision.ErrStop
				}
				return nil
			})
		}}
		x := touch(t, village(), polis.Config{Rounds: 9}, map[int]func(*polis.Running){
			1: func(r *polis.Running) {
				if err := r.Join(eve); err != nil {
					t.Error(err)
				}
			},
			5: func(r *polis.Running) {
				r.Silence(true)
				if err := r.Join(eve); err == nil {
					t.Error("she has joined again")
				}
			},
		})
		if r := x.end(t); lives != 1 || len(r.Interventions) != 2 {
			t.Errorf("%d lives, %v", lives, r.Interventions)
		}
	})
}

// "Interventions fired at random from another goroutine": whatever is done whenever, the account is exact and it ends.
func TestAnyInterventionAtAnyTime(t *testing.T) {
	runs := 15
	if testing.Short() {
		runs = 5
	}
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Realtime} {
		t.Run(string(pace), func(t *testing.T) {
			did := map[string]int{}
			for seed := range uint64(runs) {
				o, s := lake(t, 6, "2*covenant", "2*random:0-9", "reciprocal")
				cfg := polis.Config{Seed: seed, Pace: pace, Tick: 200 * time.Microsecond, Delay: 300 * time.Microsecond, Log: 5, Chaos: polis.Chaos{Agents: float64(seed%2) * 0.1}}
				for i := range s.Agents {
					s.Agents[i].Policy = &supervision.Policy{Backoff: supervision.Backoff{Min: -1}}
				}
				x := touch(t, s, cfg, nil)
				over := make(chan struct{})
				var meddlers sync.WaitGroup
				for who := range uint64(3) {
					meddlers.Go(func() { meddle(x.Running, o, chance.New(seed, "meddler", who), over) })
				}
				r := x.end(t)
				close(over)
				meddlers.Wait()
				for _, e := range r.Interventions {
					did[e.What]++
				}
				calm := !slices.ContainsFunc(r.Interventions, func(e polis.Intervened) bool {
					return e.What == polis.DidJoin || e.What == polis.DidSilence
				})
				if pace != environment.Realtime && r.Reproducible != calm && r.Faults.Forgot == 0 {
					t.Errorf("seed %d: reproducible %v after %v; %+v", seed, r.Reproducible, r.Interventions, r.Faults)
				}
			}
			if t.Log(did); len(did) < 3 { // there are six
				t.Errorf("next to nothing was done in %d runs: %v", runs, did)
			}
		})
	}
}

// meddle does things to a society until it is over; what it pauses it lets go on.
func meddle(r *polis.Running, o polis.Order, at *rand.Rand, over <-chan struct{}) {
	for n := 1; ; n++ {
		switch names := r.Agents(); at.IntN(8) {
		case 0:
			r.Pause()
		case 1, 2:
			r.Silence(at.IntN(2) == 0)
		case 3:
			if a, err := commons.Newcomer(o, polis.Mind{Name: "covenant"}, 1+at.IntN(6)); err == nil {
				a.Policy = &supervision.Policy{Backoff: supervision.Backoff{Min: -1}}
				_ = r.Join(a) // its name may be taken
			}
		case 4:
			if len(names) > 0 {
				_ = r.Crash(names[at.IntN(len(names))])
			}
		case 5:
			_ = r.Crash("nobody")
		default:
			r.Resume()
		}
		select {
		case <-over:
			return
		case <-time.After(time.Duration(at.IntN(100)) * time.Microsecond):
		}
	}
}
