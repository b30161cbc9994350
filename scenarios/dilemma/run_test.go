package dilemma

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/supervision"
)

// order reads "players=TFT,AllD turns=3 rounds=3" or "1*TFT 1*AllD agents=2" as one would write it on the command line.
func order(t testing.TB, text string) polis.Order {
	t.Helper()
	o := polis.Order{Settings: map[string]string{}}
	var minds []string
	for _, word := range strings.Fields(text) {
		name, value, set := strings.Cut(word, "=")
		switch {
		case !set:
			minds = append(minds, word)
		case name == "rounds":
			o.Rounds, _ = strconv.Atoi(value)
		case name == "agents":
			o.Agents, _ = strconv.Atoi(value)
		default:
			o.Settings[name] = value
		}
	}
	if minds != nil {
		var err error
		if o.Minds, err = polis.ParseMinds(minds, 0, 2); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func build(t testing.TB, text string) polis.Society {
	t.Helper()
	s, err := Build(order(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return answered(s)
}

// answered lets the stand-in answer for a model and for a person, in place of an adapter.
func answered(s polis.Society) polis.Society {
	by := actors.ServiceFunc(func(_ context.Context, r actors.Request) (any, error) {
		q := r.Value.(llmadapter.Request)
		calls, err := StandIn(llmadapter.FindBlock(q.Messages), q.Tools, r.Rand)
		return llmadapter.Reply{Calls: calls, Finish: llmadapter.FinishCalls}, err
	})
	s.Services = map[string]actors.Service{model: by, person: by}
	for i := range s.Agents {
		if a := &s.Agents[i]; a.Model != "" {
			a.Model, a.Decides = "", llmadapter.StandIn
		}
	}
	return s
}

// hurried lets agents come back without a pause.
func hurried(s polis.Society) polis.Society {
	for i := range s.Agents {
		s.Agents[i].Policy = &supervision.Policy{Backoff: supervision.Backoff{Min: -1}}
	}
	return s
}

// play runs a society, and checks what must hold for every run.
func play(t testing.TB, s polis.Society, cfg polis.Config) *polis.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := polis.Run(ctx, s, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Messages.Balanced() || r.NotStopped != nil {
		t.Errorf("the account is %+v; left behind: %v", r.Messages, r.NotStopped)
	}
	return r
}

// recorder remembers the rounds of a run.
type recorder struct {
	mu     sync.Mutex
	rounds []environment.RoundEnded
}

func (r *recorder) observe(event any) {
	if e, ok := event.(environment.RoundEnded); ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.rounds = append(r.rounds, e)
	}
}

// everyKind holds every mind of each game, so that each meets the others.
var everyKind = []string{
	"players=SteinRapoport,Tideman,Nydegger,Grofman,Shubik,Davis,Graaskamp,Downing,Feld,Joss,Tullock,Anonymous,model turns=24",
	"players=AllC,AllD,TFT,Grudger,WSLS,Alternator,TF2T,SuspTFT,AntiTFT,Bully,Random:0.5,model,model:TFT,person turns=12",
	"game=pgg players=2*conditional,freerider,punisher,wary,fixed:7,model,model:conditional,person turns=8",
	"game=pgg players=2*conditional,freerider,punisher,wary,fixed:7,model,model:conditional,person turns=8 punishment=true",
}

// Same seed, same hash: on any number of threads, with a fifth of all attempts to decide failing, in every pace in which
// that is promised. The log is short, so that lives are rebuilt often.
func TestFaultsAndThreadsChangeNothing(t *testing.T) {
	for _, text := range everyKind {
		for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated} {
			t.Run(text+" "+string(pace), func(t *testing.T) {
				want := play(t, build(t, text), polis.Config{Seed: 3, Pace: pace})
				if want.Faults != (polis.Faults{}) || !want.Reproducible || want.DecidedBy[llmadapter.StandIn] == 0 || len(want.Marks) > 0 {
					t.Fatalf("undisturbed: %+v, reproducible %v, decided %v, marks %v", want.Faults, want.Reproducible, want.DecidedBy, want.Marks)
				}
				for _, threads := range []int{1, 8} {
					before := runtime.GOMAXPROCS(threads)
					got := play(t, hurried(build(t, text)), polis.Config{Seed: 3, Pace: pace, Log: 3, Chaos: polis.Chaos{Agents: .2}})
					runtime.GOMAXPROCS(before)
					if got.Hash != want.Hash || !maps.Equal(Measure(got), Measure(want)) {
						t.Errorf("%d threads: hash %.12s, undisturbed %.12s; %v and %v", threads, got.Hash, want.Hash, Measure(got), Measure(want))
					}
					if got.Faults.Crashes < 10 || got.Faults.Quarantined > 0 || got.Faults.Forgot > 0 || !got.Reproducible {
						t.Errorf("%d threads: %+v, reproducible %v", threads, got.Faults, got.Reproducible)
					}
				}
			})
		}
	}
}

// The hash changes with whatever matters, and with nothing else.
func TestHashTellsRunsApart(t *testing.T) {
	hashes := map[string]string{}
	run := func(text string, seed uint64) string { return play(t, build(t, text), polis.Config{Seed: seed}).Hash }
	for what, hash := range map[string]string{
		"plain":      run("players=TFT,Random:0.5 turns=5", 1),
		"seed":       run("players=TFT,Random:0.5 turns=5", 2),
		"a player":   run("players=TF2T,Random:0.5 turns=5", 1),
		"chance":     run("players=TFT,Random:0.6 turns=5", 1),
		"turns":      run("players=TFT,Random:0.5 turns=6", 1),
		"names":      run("players=TFT,Random:0.5 turns=5 names=ada,ben", 1),
		"group":      run("game=pgg players=wary,punisher turns=5", 1),
		"punishment": run("game=pgg players=wary,punisher turns=5 punishment=true", 1),
		"endowment":  run("game=pgg players=wary,punisher turns=5 endowment=21", 1),
		"return":     run("game=pgg players=wary,punisher turns=5 return=0.41", 1),
	} {
		if other, taken := hashes[hash]; taken || hash == "" {
			t.Errorf("%s has the hash of %s: %q", what, other, hash)
		}
		hashes[hash] = what
	}
	for _, same := range []string{"1*TFT 1*Random:0.5 turns=5", "players=TFT,1*Random:0.5 rounds=5", "1*TFT 1*Random:0.5 players=TFT,Random:0.5 agents=2 game=ipd turns=5 rounds=5"} {
		if hash := run(same, 1); hashes[hash] != "plain" {
			t.Errorf("%s has another hash, that of %q", same, hashes[hash])
		}
	}
}

// One who never comes to a decision stands by its first move, or gives nothing, and harms nobody else.
func TestOneWhoAlwaysFails(t *testing.T) {
	r := play(t, hurried(build(t, "players=AllD,TFT turns=20")), polis.Config{Seed: 1, Chaos: polis.Chaos{Always: []string{"AllD"}}})
	if m := Measure(r); m[Score+"AllD"] != 60 || m[Score+"TFT"] != 60 || r.Faults.Missed != 20 {
		t.Errorf("who makes no move cooperates: %v, %+v", m, r.Faults)
	}
	r = play(t, hurried(build(t, "game=pgg players=3*fixed:20,fixed:19 turns=3")), polis.Config{Seed: 1, Chaos: polis.Chaos{Always: []string{"fixed-4"}}})
	if m := Measure(r); m[Payoff+".fixed-4"] != 44 || m[Payoff+".fixed-1"] != 24 {
		t.Errorf("who gives nothing rides free: %v", m)
	}
}

func metricsOf(t testing.TB, text string) map[string]float64 {
	t.Helper()
	return Measure(play(t, build(t, text), polis.Config{Seed: 1}))
}

func sorted(m map[string]float64) []string { return slices.Sorted(maps.Keys(m)) }
