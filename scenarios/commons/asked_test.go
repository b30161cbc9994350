package commons

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/protocol"
)

// answered lets a service answer for a model and for a person, in place of an adapter.
func answered(s polis.Society, by actors.ServiceFunc) polis.Society {
	s.Services = map[string]actors.Service{model: by, person: by}
	for i := range s.Agents {
		if a := &s.Agents[i]; a.Model != "" {
			a.Model, a.Decides = "", llmadapter.StandIn
		}
	}
	return s
}

// standsIn answers as the stand-in does.
func standsIn(_ context.Context, r actors.Request) (any, error) {
	q := r.Value.(llmadapter.Request)
	calls, err := StandIn(llmadapter.FindBlock(q.Messages), q.Tools, r.Rand)
	if err != nil {
		return nil, err
	}
	return llmadapter.Reply{Calls: calls, Finish: llmadapter.FinishCalls}, nil
}

// counted notes who asks, and passes on.
func counted(asked *[]string, by actors.ServiceFunc) actors.ServiceFunc {
	var mu sync.Mutex
	return func(ctx context.Context, r actors.Request) (any, error) {
		mu.Lock()
		*asked = append(*asked, r.Asker+" "+r.ID.String())
		mu.Unlock()
		return by(ctx, r)
	}
}

// "Same seed with the stand-in: same hash", on any number of threads; and under faults nobody is asked twice: "an answer
// once received is never asked for again".
func TestWhoIsAskedCanBeRepeated(t *testing.T) {
	for _, minds := range []string{"5*model", "2*model 1*person 1*covenant 1*greedy", "3*model:covenant utterances=4"} {
		for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential, environment.Simulated} {
			if raceEnabled && pace != environment.Rounds {
				continue
			}
			var calm []string
			want := play(t, answered(build(t, minds+" rounds=6"), counted(&calm, standsIn)), polis.Config{Seed: 5, Rounds: 6, Pace: pace})
			slices.Sort(calm)
			if want.DecidedBy[llmadapter.StandIn] == 0 || len(want.Marks) != 0 || !want.Reproducible {
				t.Errorf("%s, %s: decided %v, marks %v", minds, pace, want.DecidedBy, want.Marks)
			}
			for _, threads := range []int{1, 8} {
				before := runtime.GOMAXPROCS(threads)
				var asked []string
				got := play(t, hurried(answered(build(t, minds+" rounds=6"), counted(&asked, standsIn))),
					polis.Config{Seed: 5, Rounds: 6, Pace: pace, Log: 3, Chaos: polis.Chaos{Agents: 0.2}})
				runtime.GOMAXPROCS(before)
				slices.Sort(asked)
				if got.Hash != want.Hash || !slices.Equal(asked, calm) || got.Faults.Crashes == 0 || got.Faults.Quarantined > 0 {
					t.Errorf("%s, %s, %d threads: hash %.12s, undisturbed %.12s; %d asks, undisturbed %d; %+v",
						minds, pace, threads, got.Hash, want.Hash, len(asked), len(calm), got.Faults)
				}
			}
		}
	}
}

// "With seeds 1..20 the lake usually survives but not always the same way"; all that is said is whole, and all that is
// asked for is possible: no answer had to be repaired.
func TestTheStandInLivesInManyWays(t *testing.T) {
	if raceEnabled {
		t.Skip("numbers of many runs: too slow with the race detector, which has others to look at")
	}
	survived, gains, said := 0, map[float64]bool{}, map[string]bool{}
	acts := map[protocol.Act]int{}
	for seed := range uint64(20) {
		var seen recorder
		r := play(t, answered(build(t, "5*model"), standsIn), polis.Config{Seed: seed + 1, Observe: seen.observe})
		m := Measure(r)
		survived += int(m[SurvivalRate])
		gains[m[Gain]] = true
		if len(r.Marks) != 0 {
			t.Errorf("seed %d: marks %v", seed+1, r.Marks)
		}
		for _, s := range seen.said {
			acts[s.Message.Act]++
			text, ok := s.Message.Content.(protocol.Text)
			if !ok {
				continue
			}
			said[string(text)] = true
			if strings.Contains(string(text), "$") || len(text) > 120 || !strings.ContainsAny(string(text[len(text)-1:]), ".?") || strings.Contains(strings.ToLower(string(text)), "model") {
				t.Errorf("it says %q", text)
			}
		}
	}
	if survived < 14 || survived == 20 || len(gains) < 15 {
		t.Errorf("the lake survived in %d of 20, with %d different gains", survived, len(gains))
	}
	for _, act := range []protocol.Act{protocol.Propose, protocol.Agree, protocol.Refuse, protocol.Inform} {
		if acts[act] < 50 {
			t.Errorf("%s was said %d times", act, acts[act])
		}
	}
	if len(said) < 100 {
		t.Errorf("only %d different things were said", len(said))
	}
}

// script answers for Luke, phase by phase: "propose" and so on; silence without a line.
func script(lines map[string]string) actors.ServiceFunc {
	return func(_ context.Context, r actors.Request) (any, error) {
		var o struct {
			Phase string
			Round int
		}
		if err := json.Unmarshal(llmadapter.FindBlock(r.Value.(llmadapter.Request).Messages), &o); err != nil {
			return nil, err
		}
		line := lines[fmt.Sprintf("%d %s", o.Round, o.Phase)]
		if line == "" {
			line = "pass {}"
		}
		reply := llmadapter.Reply{Finish: llmadapter.FinishCalls}
		for call := range strings.SplitSeq(line, "; ") {
			name, arguments, _ := strings.Cut(call, " ")
			reply.Calls = append(reply.Calls, llmadapter.Call{Name: name, Arguments: arguments})
		}
		return reply, nil
	}
}

// "Model agents speak, hear, answer and agree by the same acts": a covenant and one who is asked are bound to each other.
func TestACovenantWithOneWhoIsAsked(t *testing.T) {
	for name, c := range map[string]struct {
		lines map[string]string
		want  []string
	}{
		"it proposes less, the covenants agree": {map[string]string{"1 propose": `propose {"tons":12}`, "1 harvest": `harvest {"tons":12}`},
			[]string{"month 1: Jack 12 John 12 Kate 12", "month 2: Jack 0 John 16 Kate 16"}},
		"it breaks what it proposed, they answer": {map[string]string{"1 propose": `propose {"tons":12}`, "1 harvest": `harvest {"tons":20}`},
			[]string{"month 1: Jack 20 John 12 Kate 12", "month 2: Jack 0 John 20 Kate 20"}},
		"it agrees and breaks that, they answer": {map[string]string{"1 reply": `agree {"to":["John"]}`, "1 harvest": `harvest {"tons":20}`},
			[]string{"month 1: Jack 20 John 16 Kate 16", "month 2: Jack 0 John 18 Kate 16"}},
		"it refuses and is free": {map[string]string{"1 reply": `refuse {"to":["John","Kate"],"reason":"too-little"}`, "1 harvest": `harvest {"tons":20}`},
			[]string{"month 1: Jack 20 John 16 Kate 16", "month 2: Jack 0 John 16 Kate 16"}},
	} {
		t.Run(name, func(t *testing.T) {
			var seen recorder
			r := play(t, answered(build(t, "2*covenant 1*model rounds=2"), script(c.lines)), polis.Config{Rounds: 2, Observe: seen.observe})
			if got := seen.asked(); !slices.Equal(got, c.want) {
				t.Errorf("asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if len(r.Marks) != 0 {
				t.Errorf("marks %v", r.Marks)
			}
		})
	}
}

// "Falls back to a rule when asked to, and marks each such decision": it is as if the rule had decided all along.
func TestTheFallbackDecidesWhenNobodyAnswers(t *testing.T) {
	never := func(context.Context, actors.Request) (any, error) {
		return llmadapter.Rejected{Reason: llmadapter.QueueFull}, llmadapter.Rejected{Reason: llmadapter.QueueFull}
	}
	for _, rule := range []string{"sustainable", "fixed:10", "random:0-12", "reciprocal", "covenant"} {
		var seen, alone recorder
		r := play(t, answered(build(t, "5*model:"+rule), never), polis.Config{Seed: 2, Observe: seen.observe})
		play(t, build(t, "5*"+rule), polis.Config{Seed: 2, Observe: alone.observe})
		if rule != "random:0-12" && !slices.Equal(seen.asked(), alone.asked()) { // its turns have other numbers, so other chance
			t.Errorf("%s: asked\n%v\nalone\n%v", rule, seen.asked(), alone.asked())
		}
		if len(seen.said) != len(alone.said) {
			t.Errorf("%s: said %d, alone %d", rule, len(seen.said), len(alone.said))
		}
		if r.Marks["fallback"] != 3*5*12 || r.DecidedBy[environment.Rules] != 60 || len(r.DecidedBy) != 1 {
			t.Errorf("%s: marks %v, decided %v", rule, r.Marks, r.DecidedBy)
		}
	}
	r := play(t, answered(build(t, "5*model"), never), polis.Config{Seed: 2})
	if m := Measure(r); m[Gain] != 0 || r.Marks["unusable"] != 180 || r.DecidedBy[llmadapter.StandIn] != 60 || r.Faults.Missed != 0 {
		t.Errorf("without one: %v, marks %v, decided %v", m, r.Marks, r.DecidedBy)
	}
}

// Without an adapter the run is refused, in one line.
func TestWithoutAModelTheRunIsRefused(t *testing.T) {
	for _, mind := range []string{"model", "model:sustainable", "person"} {
		s := build(t, "2*sustainable "+mind)
		if s.Agents[2].Model != strings.TrimSuffix(mind, ":sustainable") || s.Agents[2].Mind != mind || s.Agents[0].Model != "" {
			t.Errorf("%s makes %+v", mind, s.Agents[2])
		}
		if _, err := polis.Run(t.Context(), s, polis.Config{}); err == nil || !strings.Contains(err.Error(), `agent "Jack" is decided by model "`+s.Agents[2].Model) {
			t.Errorf("%s: %v", mind, err)
		}
	}
	one, err := Newcomer(polis.Order{}, polis.Mind{Name: "model", Arg: "greedy"}, 1)
	if err != nil || one.Model != model || one.Name != "Mia" || one.Behavior() == nil {
		t.Errorf("a newcomer is %+v, %v", one, err)
	}
}

// What is said in the phases of talk, held against what was heard.
func TestUtterances(t *testing.T) {
	view := View{Name: "ada", Month: 2, Stock: 100, Share: 10, Present: []string{"ada", "ben", "cleo"}}
	capped := func(tons int) Cap { return Cap{2, tons} }
	from := func(who string, act protocol.Act, content any, thread string) *protocol.Message {
		return &protocol.Message{Act: act, Sender: who, Receivers: []string{"ada"}, Content: content, Conversation: thread}
	}
	heard := []*protocol.Message{
		from("ben", protocol.Propose, capped(12), "b"), from("ben", protocol.Propose, capped(11), "b2"), // the newer counts
		from("cleo", protocol.Propose, Cap{1, 9}, "old"), from("dan", protocol.Propose, capped(-1), "d"), from("dan", protocol.Agree, capped(7), "d"),
	}
	for name, c := range map[string]struct{ phase, call, arguments, want string }{
		"propose":          {PhasePropose, "propose", `{"tons":9}`, "propose cap 9 to ben, cleo in cap/2/ada"},
		"propose to one":   {PhasePropose, "propose", `{"tons":9,"to":["cleo"]}`, "propose cap 9 to cleo in cap/2/ada"},
		"a negative cap":   {PhasePropose, "propose", `{"tons":-1}`, "minimum"},
		"to a stranger":    {PhasePropose, "propose", `{"tons":9,"to":["zoe"]}`, `there is no "zoe" to speak to; accepted are ben, cleo`},
		"agree too early":  {PhasePropose, "agree", `{"to":["ben"]}`, "agree is not possible now"},
		"refuse too early": {PhasePropose, "refuse", `{"to":["ben"],"reason":"too-much"}`, "refuse is not possible now"},
		"propose again":    {PhaseReply, "propose", `{"tons":9}`, "propose cap 9 to ben, cleo in cap/2/ada"},
		"propose too late": {"discuss-3", "propose", `{"tons":9}`, "propose is not possible now"},
		"agree":            {PhaseReply, "agree", `{"to":["ben"]}`, "agree cap 11 to ben in b2"},
		"agree twice":      {PhaseReply, "agree", `{"to":["ben","ben"]}`, "agree cap 11 to ben in b2"},
		"agree to none":    {PhaseReply, "agree", `{"to":[]}`, "whose proposals is missing; open are those of ben"},
		"last month's":     {PhaseReply, "agree", `{"to":["cleo"]}`, `no proposal of "cleo" is open; open are those of ben`},
		"to nonsense":      {PhaseReply, "agree", `{"to":["dan"]}`, `no proposal of "dan" is open`},
		"refuse":           {"discuss-3", "refuse", `{"to":["ben"],"reason":"too-much"}`, "refuse cap 11 (too-much) to ben in b2"},
		"refuse for fun":   {"discuss-3", "refuse", `{"to":["ben"],"reason":"fun"}`, "enum"},
		"say":              {"discuss-3", "say", `{"text":"Let us stop at nine."}`, "inform Let us stop at nine. to ben, cleo in "},
		"say to one":       {PhaseReply, "say", `{"to":["cleo"],"text":"Ben is greedy."}`, "inform Ben is greedy. to cleo in "},
		"speak in harvest": {PhaseHarvest, "say", `{"text":"Mine!"}`, "say is not possible now; possible are harvest, pass"},
	} {
		t.Run(name, func(t *testing.T) {
			world := Define(Laws{Months: 12, Initial: 100, Cap: 100, Collapse: 5, Split: RoundRobin, Talk: true, Utterances: 3})
			newBehavior, err := prompt(polis.Mind{Name: model}, world, nil)
			if err != nil {
				t.Fatal(err)
			}
			p := actorstest.New(t, newBehavior(), actorstest.Config{Self: "ada", World: world})
			for _, m := range heard {
				p.Give(m)
			}
			effects := p.Give(actors.Percept{View: view, Round: 2, Phase: c.phase, Choice: c.phase == PhaseHarvest})
			answer := llmadapter.Reply{Calls: []llmadapter.Call{{Name: c.call, Arguments: c.arguments}}}
			effects = p.Give(actors.Answer{ID: effects[0].ID, Value: answer})
			got := ""
			for _, e := range effects {
				if m, ok := e.Value.(*protocol.Message); ok {
					got += fmt.Sprintf("%s %v to %s in %s", m.Act, m.Content, strings.Join(m.Receivers, ", "), m.Conversation)
				} else {
					q := e.Value.(llmadapter.Request)
					got = q.Messages[len(q.Messages)-1].Text
				}
			}
			if strings.Contains(c.want, " in ") && got != c.want || !strings.Contains(got, c.want) {
				t.Errorf("it says %q, want %q", got, c.want)
			}
		})
	}
}

// What was answered is not open any more, until it is proposed anew; what one proposed oneself never is.
func TestAProposalIsOpenUntilItIsAnswered(t *testing.T) {
	world := Define(Laws{Months: 12, Initial: 100, Cap: 100, Collapse: 5, Split: RoundRobin, Talk: true, Utterances: 4})
	newBehavior, err := prompt(polis.Mind{Name: model}, world, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := actorstest.New(t, newBehavior(), actorstest.Config{Self: "ada", World: world})
	view := View{Name: "ada", Month: 1, Stock: 100, Share: 10, Present: []string{"ada", "ben", "cleo"}}
	propose := func(who string, tons int) {
		p.Give(&protocol.Message{Act: protocol.Propose, Sender: who, Receivers: []string{"ada"}, Content: Cap{1, tons}, Conversation: who})
	}
	say := func(phase, call, arguments string) []actors.Effect {
		asked := p.Give(actors.Percept{View: view, Round: 1, Phase: phase})
		return p.Give(actors.Answer{ID: asked[len(asked)-1].ID, Value: llmadapter.Reply{Calls: []llmadapter.Call{{Name: call, Arguments: arguments}}}})
	}
	complains := func(effects []actors.Effect, want string) {
		t.Helper()
		q, ok := effects[0].Value.(llmadapter.Request)
		if !ok || !strings.Contains(q.Messages[len(q.Messages)-1].Text, want) {
			t.Errorf("it wants %+v, not a complaint of %q", effects, want)
		}
	}
	propose("ben", 9)
	propose("cleo", 9)
	say(PhasePropose, "propose", `{"tons":10}`)
	for _, to := range []string{"cleo", "ben"} { // the same cap of another is another proposal
		if got := say(PhaseReply, "agree", `{"to":["`+to+`"]}`); len(got) != 1 {
			t.Errorf("it agrees with %s to %+v", to, got)
		}
	}
	complains(say("discuss-3", "refuse", `{"to":["ben"],"reason":"too-much"}`), "no proposal is open")
	propose("ben", 9)
	if got := say("discuss-3", "refuse", `{"to":["ben"],"reason":"too-little"}`); len(got) != 1 || got[0].Value.(*protocol.Message).Content != (Objection{Cap{1, 9}, TooLittle}) {
		t.Errorf("it refuses %+v", got)
	}
	complains(say("discuss-4", "agree", `{"to":["ada"]}`), "no proposal is open")
}

// FuzzStandIn: whatever somebody sends to the server of the stand-in, it answers or says what is wrong.
func FuzzStandIn(f *testing.F) {
	f.Add([]byte(`{"agent":"ada","round":2,"phase":"reply","percept":{"name":"ada","month":2,"stock":90,"capacity":100,"collapse":5,"safe":45,"share":22,`+
		`"present":["ada","ben"],"catches":[{"name":"ada","tons":30},{"name":"ben","tons":40}],"caught":30},"heard":[{"from":"ben","to":["ada"],"act":"propose",`+
		`"type":"commons.Cap","content":{"month":2,"tons":23}}],"memory":[{"from":"ada","to":["ben"],"act":"agree","type":"commons.Cap","content":{"month":1,"tons":12}}]}`), uint64(1))
	f.Add([]byte(`{"agent":"ada","percept":{"month":9223372036854775807,"stock":-9223372036854775808,"share":-5,"present":["ada","b"]}}`), uint64(2))
	f.Add([]byte(`null`), uint64(3))
	f.Fuzz(func(t *testing.T, observation []byte, seed uint64) {
		for _, names := range []string{"propose say pass", "propose agree refuse say pass", "agree refuse say", "harvest pass", ""} {
			var tools []llmadapter.Tool
			for name := range strings.FieldsSeq(names) {
				tools = append(tools, llmadapter.Tool{Name: name})
			}
			calls, err := StandIn(observation, tools, rand.New(rand.NewPCG(seed, 1)))
			if err == nil && (len(calls) == 0 || len(calls) > 5) {
				t.Errorf("it makes %d calls", len(calls))
			}
			for _, c := range calls {
				if !json.Valid([]byte(c.Arguments)) || c.Name != "pass" && !strings.Contains(names, c.Name) {
					t.Errorf("it calls %s with %s", c.Name, c.Arguments)
				}
				var h Harvest
				if c.Name == "harvest" && (json.Unmarshal([]byte(c.Arguments), &h) != nil || h.Tons < 0) {
					t.Errorf("it harvests %s", c.Arguments)
				}
			}
		}
	})
}

// Names of known results, and that they agree with each other: "Gain and efficiency agree with u = gain/120".
func TestReferences(t *testing.T) {
	kinds, names := map[string]int{}, map[string]bool{}
	for _, r := range Scenario.References {
		kinds[r.Kind]++
		if names[r.Name] || r.Source == "" {
			t.Errorf("%q is there twice, or from nowhere", r.Name)
		}
		names[r.Name] = true
		if u := r.Metrics[Gain] / 120; math.Abs(u-r.Metrics[Efficiency]) > .0015 {
			t.Errorf("%s: gain %v, efficiency %v", r.Name, r.Metrics[Gain], r.Metrics[Efficiency])
		}
		for name, value := range r.Metrics {
			if !slices.Contains(Scenario.Metrics, name) || name != SurvivalTime && name != Gain && (value < 0 || value > 1) || r.Kind == "model" && name == Overuse {
				t.Errorf("%s: %s is %v", r.Name, name, value)
			}
		}
	}
	if kinds["scripted"] != 5 || kinds["random"] != 5 || kinds["model"] != 13 || len(kinds) != 3 {
		t.Errorf("there are %v", kinds)
	}
}

// What one who is asked is told depends on the place: how often it can talk, and whether at all.
func TestWhatIsAskedFollowsThePhases(t *testing.T) {
	for _, c := range []struct{ set, phase, tools string }{
		{"utterances=4", PhaseReply, "propose agree refuse say pass"},
		{"utterances=2", PhaseReply, "agree refuse say pass"},
		{"utterances=2", PhasePropose, "propose say pass"},
		{"utterances=4", "discuss-4", "agree refuse say pass"},
		{"utterances=3", "discuss-3", "agree refuse say pass"},
		{"utterances=3", PhaseReply, "propose agree refuse say pass"},
		{"talk=false", PhaseHarvest, "harvest pass"},
		{"talk=true", PhaseHarvest, "harvest pass"},
	} {
		for mind, asks := range map[string]int{model: 2, person: 4} {
			s := build(t, "1*"+mind+" "+c.set)
			p := actorstest.New(t, s.Agents[0].Behavior(), actorstest.Config{Self: "John", World: s.World})
			effects := p.Give(actors.Percept{View: View{Name: "John", Month: 1}, Round: 1, Phase: c.phase, Choice: c.phase == PhaseHarvest})
			q := effects[0].Value.(llmadapter.Request)
			var names []string
			for _, tool := range q.Tools {
				names = append(names, tool.Name)
			}
			if got := strings.Join(names, " "); got != c.tools || effects[0].Name != mind {
				t.Errorf("%s, %s: %s is asked with %s, want %s", c.set, c.phase, effects[0].Name, got, c.tools)
			}
			role := q.Messages[0].Text
			if strings.Contains(role, "propose") == (c.set == "talk=false") || !strings.HasPrefix(role, "You are John,") {
				t.Errorf("%s: it is told %q", c.set, role)
			}
			n := 0
			for ; effects[0].Kind == actors.Ask; n++ {
				effects = p.Give(actors.Answer{ID: effects[0].ID, Value: llmadapter.Reply{Text: "hm"}})
			}
			if n != asks {
				t.Errorf("a %s is asked %d times, want %d", mind, n, asks)
			}
		}
	}
}

func TestPhasesOfTalk(t *testing.T) {
	for set, want := range map[string]string{
		"": "propose reply harvest", "utterances=2": "propose reply harvest", "talk=false utterances=9": "harvest",
		"utterances=4": "propose reply discuss-3 discuss-4 harvest",
	} {
		if got := strings.Join(build(t, "2*model "+set).World.Phases(), " "); got != want {
			t.Errorf("%s: %s, want %s", set, got, want)
		}
	}
	r := play(t, answered(build(t, "2*model 1*covenant talk=false rounds=3"), standsIn), polis.Config{Rounds: 3})
	if len(r.Marks) != 0 || r.Messages.Refused != 0 || r.Rounds != 3 {
		t.Errorf("without talk: marks %v, refused %d", r.Marks, r.Messages.Refused)
	}
}
