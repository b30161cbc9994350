package market

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/supervision"
)

// ordered is a market of minds, in which a service answers for those that are asked.
func ordered(t testing.TB, minds string, set map[string]string, service actors.ServiceFunc) polis.Society {
	t.Helper()
	all, err := polis.ParseMinds(strings.Fields(minds), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Build(polis.Order{Minds: all, Settings: set})
	if err != nil {
		t.Fatal(err)
	}
	if service != nil {
		s.Services = map[string]actors.Service{model: service, person: service}
	}
	for i := range s.Agents {
		a := &s.Agents[i]
		a.Policy = &supervision.Policy{Backoff: supervision.Backoff{Min: -1}}
		if a.Model != "" {
			a.Model, a.Decides = "", llmadapter.StandIn
		}
	}
	return s
}

// standing is the stand-in as a service.
func standing(_ context.Context, r actors.Request) (any, error) {
	q := r.Value.(llmadapter.Request)
	calls, err := StandIn(llmadapter.FindBlock(q.Messages), q.Tools, r.Rand)
	return llmadapter.Reply{Calls: calls, Finish: llmadapter.FinishCalls}, err
}

// confused answers rightly, or fails, or says what makes no sense, by chance.
func confused(ctx context.Context, r actors.Request) (any, error) {
	switch r.Rand.IntN(5) {
	case 0:
		return nil, errors.New("gone")
	case 1:
		return llmadapter.Reply{Finish: llmadapter.FinishCalls, Calls: []llmadapter.Call{{Name: "propose", Arguments: `{"conversation":"c1","content":{"price":-1}}`}}}, nil
	case 2:
		return llmadapter.Reply{Finish: llmadapter.FinishCalls, Calls: []llmadapter.Call{{Name: "pass", Arguments: `{}`},
			{Name: "accept-proposal", Arguments: `{"conversation":"c1"}`}, {Name: "propose", Arguments: `{"conversation":"c2","content":{"price":0}}`}}}, nil
	}
	return standing(ctx, r)
}

func trade(t testing.TB, s polis.Society, cfg polis.Config) *polis.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := polis.Run(ctx, s, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Messages.Balanced() || r.NotStopped != nil {
		t.Fatalf("the account is %+v, left behind %v", r.Messages, r.NotStopped)
	}
	return r
}

var castings = []string{"1*buyer 3*model:honest 1*honest", "1*model:buyer 2*model 1*person 1*model:padded:20", "1*wary 2*model:honest 1*breaker:50"}

// Minds bid, are awarded and do the work; nothing they say breaks a protocol.
func TestMindsTakePart(t *testing.T) {
	for _, minds := range castings {
		r := trade(t, ordered(t, minds, map[string]string{"tasks": "8"}, standing), polis.Config{Seed: 2})
		if m := Measure(r); m[Done] != 1 || m[Violations] != 0 || len(r.Marks) != 0 || r.Said["propose"] == 0 || r.Said["refuse"] == 0 {
			t.Errorf("%s: %v, marks %v, said %v", minds, m, r.Marks, r.Said)
		}
	}
}

// A buyer that is asked has several nets open at once, and awards each task once.
func TestSeveralNetsAtOnce(t *testing.T) {
	open, most, awarded := map[string]bool{}, 0, map[string]int{}
	cfg := polis.Config{Seed: 3, Observe: func(event any) {
		said, ok := event.(actors.Said)
		if !ok {
			return
		}
		switch m := said.Message; m.Act {
		case "cfp":
			open[m.Conversation] = true
			most = max(most, len(open))
		case "accept-proposal":
			awarded[m.Conversation] += len(m.Receivers)
			delete(open, m.Conversation)
		}
	}}
	r := trade(t, ordered(t, "1*model:buyer 4*model", map[string]string{"tasks": "8"}, standing), cfg)
	for conversation, n := range awarded {
		if n != 1 {
			t.Errorf("%s is awarded %d times", conversation, n)
		}
	}
	if most < 8 || Measure(r)[Done] != 1 {
		t.Errorf("%d nets are open at once, %v", most, Measure(r))
	}
}

// Whatever a model says, the market works, with the rules standing in; faults and threads change nothing.
func TestModelsThatFail(t *testing.T) {
	for _, service := range []actors.ServiceFunc{standing, confused, func(context.Context, actors.Request) (any, error) { return nil, errors.New("gone") }} {
		build := func() polis.Society {
			return ordered(t, "1*model:buyer 3*model:honest 1*model:padded:50", map[string]string{"tasks": "6"}, service)
		}
		want := trade(t, build(), polis.Config{Seed: 4})
		if m := Measure(want); m[Done] != 1 || m[Violations] != 0 {
			t.Errorf("%v, marks %v, said %v", m, want.Marks, want.Said)
		}
		for _, threads := range []int{1, 8} {
			before := runtime.GOMAXPROCS(threads)
			got := trade(t, build(), polis.Config{Seed: 4, Log: 3, Chaos: polis.Chaos{Agents: .2}})
			runtime.GOMAXPROCS(before)
			if got.Hash != want.Hash || !maps.Equal(Measure(got), Measure(want)) || got.Faults.Crashes == 0 || got.Faults.Forgot > 0 {
				t.Errorf("%d threads: hash %.12s, undisturbed %.12s; %+v", threads, got.Hash, want.Hash, got.Faults)
			}
		}
	}
}

// In other paces, too.
func TestMindsInOtherPaces(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Sequential, environment.Simulated} {
		r := trade(t, ordered(t, castings[0], nil, standing), polis.Config{Seed: 5, Pace: pace, Rounds: 60})
		if m := Measure(r); m[Violations] != 0 || r.Said["propose"] == 0 {
			t.Errorf("%s: %v, said %v", pace, m, r.Said)
		}
	}
}

// "Replays without a model, the same hash."
func TestReplayAsksNobody(t *testing.T) {
	cfg := polis.Config{Seed: 6, Journal: journal.NewMemory()}
	want := trade(t, ordered(t, castings[1], nil, confused), cfg)
	nobody := func(context.Context, actors.Request) (any, error) {
		t.Error("somebody is asked")
		return nil, errors.New("gone")
	}
	got, err := polis.Replay(t.Context(), cfg.Journal, polis.Epoch{Society: ordered(t, castings[1], nil, nobody), Config: cfg})
	if err != nil || got.Hash != want.Hash {
		t.Fatalf("hash %.12s, want %.12s: %v", got.Hash, want.Hash, err)
	}
}

// What cannot be asked for says what can.
func TestMindsThatCannotBe(t *testing.T) {
	for _, mind := range []string{"model:mortal:3", "model:model", "model:", "model:wary", "person:honest", "model:padded:x"} {
		minds := []polis.Mind{{Name: "buyer"}, {Name: model, Arg: strings.TrimPrefix(mind, "model:")}}
		if mind == "person:honest" {
			minds[1] = polis.Mind{Name: person, Arg: "honest"}
		}
		if minds[1].Arg == "" {
			continue
		}
		if _, err := Build(polis.Order{Minds: minds}); err == nil || !strings.Contains(err.Error(), "accepted are model, model:honest") {
			t.Errorf("%s: %v", mind, err)
		}
	}
	minds := []polis.Mind{{Name: "buyer"}, {Name: model}}
	if _, err := Build(polis.Order{Minds: minds, Then: []string{model}}); err == nil || !strings.Contains(err.Error(), "Config.Then") {
		t.Error(fmt.Sprint(err))
	}
}

// The stand-in reads what it is told, whatever that is.
func FuzzStandIn(f *testing.F) {
	f.Add([]byte(`{"agent":"Ada","percept":{"costs":[1,2],"left":1},"conversations":[{"id":"c1","heard":"cfp","about":{"task":1}}]}`))
	f.Add([]byte(`{"agent":"buyer","percept":{},"conversations":[{"id":"c1","thread":"x","theirs":{"price":1}},{"id":"c2","thread":"x","theirs":[]}]}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, observation []byte) {
		calls, err := StandIn(observation, []llmadapter.Tool{{Name: "perform"}}, rand.New(rand.NewPCG(1, 2)))
		if err == nil && len(calls) == 0 {
			t.Errorf("nothing is decided from %s", observation)
		}
	})
}
