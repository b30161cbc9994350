package naming

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/scenarios/scenariostest"
)

// order reads "4*minimal 2*model vocabulary=closed agents=6" as one would write it on the command line.
func order(t testing.TB, text string) polis.Order {
	t.Helper()
	o := polis.Order{Settings: map[string]string{}}
	var minds []string
	for _, word := range strings.Fields(text) {
		name, value, set := strings.Cut(word, "=")
		switch {
		case !set:
			minds = append(minds, word)
		case name == "null":
			o.Null = polis.Null(value)
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
	s, err := Scenario.Make(order(t, text))
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

// play runs a society one after the other, and checks what must hold for every run.
func play(t testing.TB, s polis.Society, cfg polis.Config) *polis.Report {
	t.Helper()
	cfg.Pace = environment.Sequential
	return scenariostest.Play(t, s, cfg)
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

// everyKind holds every mind under each rule, so that each meets the others.
var everyKind = []string{
	"12*minimal",
	"8*minimal 2*model 2*model:minimal 1*person max_rounds=12",
	"9*minimal 2*model 1*person vocabulary=closed words=4 max_rounds=12",
	"4*committed 14*minimal 2*model committed=0.2 max_rounds=15",
	"9*memory 2*random 2*model 2*model:memory 1*person rule=memory words=3 max_rounds=15",
	"3*committed 9*memory rule=memory committed=0.25 max_rounds=20",
	"9*minimal 2*model 1*person null=isolated max_rounds=8",
	"9*minimal 2*model 1*person vocabulary=closed words=3 null=memory-off max_rounds=8",
	"9*memory 2*model 1*person rule=memory words=3 null=memory-off max_rounds=8",
}

// "1, 2 or 8 threads: same seed and sequential or rounds pace, same hash." Also with a fifth of all attempts to decide failing.
// The log is short, so that lives are rebuilt often.
func TestFaultsAndThreadsChangeNothing(t *testing.T) {
	for _, text := range everyKind {
		t.Run(text, func(t *testing.T) {
			want := play(t, build(t, text), polis.Config{Seed: 3})
			if want.Faults != (polis.Faults{}) || !want.Reproducible || want.Rounds < 2 || len(want.Marks) > 0 {
				t.Fatalf("undisturbed: %+v, reproducible %v, %d rounds, marks %v", want.Faults, want.Reproducible, want.Rounds, want.Marks)
			}
			if strings.Contains(text, model) && want.DecidedBy[llmadapter.StandIn] == 0 {
				t.Errorf("decided by %v", want.DecidedBy)
			}
			for _, threads := range []int{1, 2, 8} {
				before := runtime.GOMAXPROCS(threads)
				got := play(t, scenariostest.Hurried(build(t, text)), polis.Config{Seed: 3, Log: 3, Chaos: polis.Chaos{Agents: .2, World: 2}, Rounds: 0})
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

// The hash changes with whatever matters, and with nothing else.
func TestHashTellsRunsApart(t *testing.T) {
	hashes := map[string]string{}
	run := func(text string, seed uint64) string {
		return play(t, build(t, text+" max_rounds=3"), polis.Config{Seed: seed}).Hash
	}
	for what, hash := range map[string]string{
		"plain":     run("agents=8", 1),
		"seed":      run("agents=8", 2),
		"agents":    run("agents=9", 1),
		"closed":    run("agents=8 vocabulary=closed", 1),
		"words":     run("agents=8 vocabulary=closed words=3", 1),
		"committed": run("agents=8 committed=0.25", 1),
		"memory":    run("agents=8 rule=memory", 1),
		"of four":   run("agents=8 rule=memory memory=4", 1),
		"random":    run("8*random rule=memory", 1),
	} {
		if other, taken := hashes[hash]; taken || hash == "" {
			t.Errorf("%s has the hash of %s: %q", what, other, hash)
		}
		hashes[hash] = what
	}
	for _, same := range []string{"8*minimal", "agents=8 vocabulary=open rule=minimal words=10 memory=5 committed=0"} {
		if hash := run(same, 1); hashes[hash] != "plain" {
			t.Errorf("%s has another hash, that of %q", same, hashes[hash])
		}
	}
	if hash := run("2*committed 6*minimal committed=0.25 vocabulary=closed", 1); hashes[hash] != "committed" {
		t.Errorf("who is committed, written out, gives another hash: that of %q", hashes[hash])
	}
}

// What the onlooker writes down is what agents remember, each by itself, after every round.
func TestTheLedgerIsWhatAgentsRemember(t *testing.T) {
	for _, text := range []string{"agents=12", "agents=12 vocabulary=closed words=3", "agents=12 committed=0.25"} {
		for rounds := 1; rounds <= 6; rounds++ {
			s := build(t, text)
			minds, mu := map[string]*minimal{}, sync.Mutex{}
			for i := range s.Agents {
				if a := &s.Agents[i]; a.Mind == minimalRule {
					a.Behavior = func() actors.Behavior {
						m := &minimal{}
						if strings.Contains(text, "closed") {
							m.names = vocabulary(3)
						}
						if strings.Contains(text, "committed") {
							m.words = []string{"M"}
						}
						mu.Lock()
						defer mu.Unlock()
						minds[a.Name] = m
						return actors.FromRule[TalkView, any](m)
					}
				}
			}
			w := play(t, s, polis.Config{Seed: 5, Rounds: rounds}).World.(*Talk)
			total, distinct := 0, map[string]bool{}
			for i, name := range w.Agents {
				m := minds[name]
				if m == nil {
					m = &minimal{words: []string{"Q"}}
				} else if w.Agreed[i] >= 0 { // it will be told when it has its next turn
					m.keep(w.Words[w.Agreed[i]])
				}
				var known []string
				for _, k := range w.Known[i] {
					known = append(known, w.Words[k])
				}
				if !slices.Equal(known, m.words) {
					t.Fatalf("%s, %d rounds: %s knows %q, by the ledger %q", text, rounds, name, m.words, known)
				}
				total += len(known)
				for _, word := range known {
					distinct[word] = true
				}
			}
			if w.Total != total || w.Distinct != len(distinct) {
				t.Fatalf("%s, %d rounds: %d words, %d different; by the ledger %d, %d", text, rounds, total, len(distinct), w.Total, w.Distinct)
			}
		}
	}
}

// Somebody who never does anything harms only its own games: they fail, and all others are played.
func TestOneWhoAlwaysFails(t *testing.T) {
	for _, text := range []string{"agents=6 max_rounds=30", "agents=6 rule=memory words=2 max_rounds=30"} {
		r := play(t, scenariostest.Hurried(build(t, text)), polis.Config{Seed: 1, Chaos: polis.Chaos{Always: []string{"agent-003"}}})
		var c *Course
		switch w := r.World.(type) {
		case *Talk:
			c = &w.Course
			if w.Ended > 0 || len(w.Known[2]) > 0 {
				t.Errorf("%s: who never spoke nor heard knows %v; agreed after %d", text, w.Known[2], w.Ended)
			}
			if w.Total != 5 || w.Distinct != 1 {
				t.Errorf("%s: the five others know %d words, %d different", text, w.Total, w.Distinct)
			}
		case *Match:
			c = &w.Course
			if w.Choices[2] != -1 || w.Total[2] != 0 {
				t.Errorf("%s: who never chose has %d points", text, w.Total[2])
			}
		}
		if c.Rounds != 30 || c.Games != 180 || c.Rates[len(c.Rates)-1] < .3 || r.Faults.Missed < 30 {
			t.Errorf("%s: %d rounds, %d games, success %v, %+v", text, c.Rounds, c.Games, c.Rates, r.Faults)
		}
	}
}

// "The effect vanishes when the channel is cut", and when memory is: in the run of that very order all come to agree, and with
// either null nobody understands anybody, or agents choose alike as often as chance has it. A convention that was there from the
// beginning stays, however committed a minority is.
func TestNullsTakeItAway(t *testing.T) {
	for _, c := range []struct {
		text           string
		least, most    float64 // of the games of the last round that is counted
		words, flipped float64
	}{
		{"agents=24", .8, 1, 58, -1},
		{"agents=24 null=isolated", 0, 0, 24, -1},
		{"agents=24 null=memory-off", 0, 0, 2, -1},
		{"agents=24 vocabulary=closed words=3", .8, 1, -1, -1},
		{"agents=24 vocabulary=closed words=3 null=isolated", 0, 0, -1, -1},
		{"agents=24 vocabulary=closed words=3 null=memory-off", 0, 0, -1, -1},
		{"agents=24 committed=0.25", .8, 1, -1, 1},
		{"agents=24 committed=0.25 null=isolated", 0, 0, -1, 0},
		{"agents=24 committed=0.25 null=memory-off", .3, .9, -1, 0}, // two of the same kind meet with probability 0.62
		{"agents=24 rule=memory words=2", .8, 1, -1, -1},
		{"agents=24 rule=memory words=2 null=isolated", .1, .9, -1, -1},
		{"agents=24 rule=memory words=2 null=memory-off", .1, .9, -1, -1},
		{"agents=24 rule=memory committed=0.25", .8, 1, -1, 1},
		{"agents=24 rule=memory committed=0.25 null=isolated", .3, .9, -1, 0},
	} {
		r := play(t, build(t, c.text+" max_rounds=40"), polis.Config{Seed: 4})
		m := Measure(r)
		if x := m[Success+"20"]; x < c.least || x > c.most {
			t.Errorf("%s: success %v", c.text, x)
		}
		agreed := m[Converged] > 0 || m[RoundsToConsensus] > 0
		if whole := !strings.Contains(c.text, "null"); agreed != whole {
			t.Errorf("%s: %v", c.text, m)
		}
		if c.words >= 0 && m[WordsMost] != c.words {
			t.Errorf("%s: most words %v, want %v", c.text, m[WordsMost], c.words)
		}
		if flipped, is := m[Flipped]; is != (c.flipped >= 0) || is && flipped != c.flipped {
			t.Errorf("%s: flipped %v", c.text, flipped)
		}
	}
}

// Who has no memory of its own is shown none where that is the null.
func TestNullsAreForThoseToo(t *testing.T) {
	w := talkOf(TalkLaws{Noted: []string{"ada", "ben"}, Forgetful: true}, "ada", "ben", "ben", "ada", "ada", "ben")
	_, _ = w.Say("ada", Say{"ka"})
	w.Call("ben")
	_, _ = w.Answer("ben", Answer{false})
	w.Call("ben")
	if v := w.Perceive("ben"); len(v.Words) > 0 || w.Total != 0 {
		t.Errorf("ben knows %v", v.Words)
	}
	_, _ = w.Say("ben", Say{"ka"})
	w.Call("ada")
	_, _ = w.Answer("ada", Answer{true}) // whatever it says
	w.Call("ada")
	if v := w.Perceive("ada"); v.Agreed != "" || len(v.Words) > 0 || w.Ended > 0 {
		t.Errorf("ada perceives %+v; ended %d", v, w.Ended)
	}
	deaf := talkOf(TalkLaws{Deaf: true}, "ada", "ben")
	_, _ = deaf.Say("ada", Say{"ka"})
	deaf.Call("ben")
	if v := deaf.Perceive("ben"); v.Part != Hear || v.Heard != "" {
		t.Errorf("ben hears %+v", v)
	}
	untold := matchOf(MatchLaws{Names: vocabulary(2), Noted: []string{"ben"}, Memory: 5, Untold: true}, "ada", "ben", "ben", "ada")
	_, _ = untold.Name("ada", Name{"Q"})
	untold.Call("ben")
	_, _ = untold.Name("ben", Name{"Q"})
	untold.Call("ben")
	if v := untold.Perceive("ben"); v.Last != nil || len(v.Games) > 0 || untold.Won != 1 {
		t.Errorf("ben is told %+v", v)
	}
}

// The same society in another pace has no turns to give, and says so by ending at once.
func TestOtherPacesEndAtOnce(t *testing.T) {
	for _, text := range []string{"agents=4", "agents=4 rule=memory"} {
		r, err := polis.Run(context.Background(), build(t, text), polis.Config{Seed: 1})
		if err != nil || r.Rounds != 1 {
			t.Errorf("%s: %v, %v", text, r, err)
		}
	}
}

func sorted(m map[string]float64) []string { return slices.Sorted(maps.Keys(m)) }
