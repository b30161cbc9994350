package commons

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
)

func TestDefaultIsFiveWhoShareFairly(t *testing.T) {
	s, err := Scenario.Build(polis.Order{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range s.Agents {
		names = append(names, a.Name)
		if a.Mind != "sustainable" || a.From != 0 {
			t.Errorf("%s is %+v", a.Name, a)
		}
	}
	if want := []string{"John", "Kate", "Jack", "Emma", "Luke"}; !slices.Equal(names, want) {
		t.Errorf("named %q, want %q", names, want)
	}
	want := map[string]string{"talk": "true", "utterances": "2", "split": "random", "newcomer": "", "initial": "100", "cap": "100", "collapse": "5"}
	if !reflect.DeepEqual(s.Settings, want) {
		t.Errorf("settings %v, want %v", s.Settings, want)
	}
	m := Measure(play(t, s, polis.Config{Seed: 1})) // it ends by itself after 12 months
	if m[SurvivalTime] != 12 || m[Gain] != 120 {
		t.Errorf("%v", m)
	}
	for _, name := range Scenario.Metrics {
		if _, ok := m[name]; !ok || len(m) != len(Scenario.Metrics) {
			t.Errorf("metrics %v, listed are %v", m, Scenario.Metrics)
		}
	}
	if got := Measure(&polis.Report{}); got != nil {
		t.Errorf("a run without a lake: %v", got)
	}
}

func TestEveryAgentHasANameOfItsOwn(t *testing.T) {
	s, err := Build(polis.Order{Agents: 300, Settings: map[string]string{"newcomer": "greedy@4"}})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, a := range s.Agents {
		if seen[a.Name] || a.Name == "" {
			t.Errorf("name %q twice or empty", a.Name)
		}
		seen[a.Name] = true
	}
	if len(seen) != 301 || s.Agents[300].From != 4 || s.Agents[300].Mind != "greedy" {
		t.Errorf("%d names, the newcomer is %+v", len(seen), s.Agents[300])
	}
}

// "all checked with errors that name the thing, the value and what is accepted"
func TestWrongOrdersSayWhatIsAccepted(t *testing.T) {
	for text, want := range map[string][]string{
		"fish=3":                     {`"fish"`, "talk, utterances, split, newcomer, initial, cap, collapse"},
		"talk=yes":                   {"talk", `"yes"`, "true or false"},
		"split=fair":                 {"split", `"fair"`, "random or round-robin"},
		"initial=101":                {"initial", `"101"`, "from 2 to 100"},
		"initial=1":                  {"initial", `"1"`, "from 2 to 100"},
		"initial=ten":                {"initial", `"ten"`, "from 2 to 100"},
		"cap=0":                      {"cap", `"0"`, "from 2 to 1000000"},
		"cap=1000001":                {"cap", `"1000001"`, "from 2 to 1000000"},
		"cap=50":                     {"initial", `"100"`, "from 2 to 50"},
		"collapse=0":                 {"collapse", `"0"`, "from 1 to 100"},
		"initial=10 collapse=11":     {"collapse", `"11"`, "from 1 to 10"},
		"newcomer=greedy":            {"newcomer", `"greedy"`, "MIND@MONTH", "from 1 to 12"},
		"newcomer=greedy@13":         {"newcomer", `"greedy@13"`, "from 1 to 12"},
		"newcomer=greedy@4 rounds=3": {"newcomer", `"greedy@4"`, "from 1 to 3"},
		"newcomer=greedy@0":          {"newcomer", `"greedy@0"`, "from 1 to 12"},
		"newcomer=@4":                {"newcomer", `"@4"`, "NAME"},
		"newcomer=angler@4":          {"newcomer", `"angler"`, "fixed:N, sustainable, greedy, random:A-B, reciprocal, covenant"},
		"angler":                     {`"angler"`, "fixed:N, sustainable, greedy, random:A-B, reciprocal, covenant"},
		"fixed":                      {`"fixed"`, "fixed:N"},
		"fixed:-1":                   {`"fixed:-1"`, "N from 0 to 1000000"},
		"fixed:1e3":                  {`"fixed:1e3"`, "fixed:N"},
		"fixed:1000001":              {`"fixed:1000001"`, "to 1000000"},
		"random:20":                  {`"random:20"`, "random:A-B"},
		"random:20-10":               {`"random:20-10"`, "A from 0 to B"},
		"random:0--5":                {`"random:0--5"`, "random:A-B"},
		"sustainable:3":              {`"sustainable:3"`, "nothing"},
		"utterances=1":               {"utterances", `"1"`, "from 2 to 10"},
		"utterances=11":              {"utterances", `"11"`, "from 2 to 10"},
		"model:model":                {`"model:model"`, `"model" is no rule`, "such as sustainable"},
		"model:model:greedy":         {`"model:greedy" is no rule`},
		"model:person":               {`"person" is no rule`},
		"model:angler":               {`"angler" is no rule`},
		"model:fixed":                {`"fixed"`, "fixed:N"},
		"model:random:9-1":           {`"random:9-1"`, "A from 0 to B"},
		"person:ada":                 {`"person:ada"`, "nothing after the name"},
		"201*model":                  {"201 agents", `"model"`, "200", "talk=false"},
		"201*model:covenant":         {"201 agents", `"model:covenant"`},
		"newcomer=model:angler@3":    {`"angler" is no rule`},
		"201*covenant":               {"201 agents", `"covenant"`, "200", "talk=false"},
	} {
		_, err := Build(order(t, text))
		if err == nil {
			t.Errorf("%s is accepted", text)
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not say %q", text, err, part)
			}
		}
	}
	for _, o := range []polis.Order{{Agents: -1}, {Rounds: -1}, {Agents: 2, Minds: []polis.Mind{{Name: "greedy"}}}, {Minds: []polis.Mind{}}} {
		if _, err := Build(o); err == nil || !strings.Contains(err.Error(), "accepted") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, o := range []string{"201*model:fixed:3 talk=false", "200*model", "newcomer=model:fixed:3@2", "1*person", "201*covenant talk=false", "201*greedy", "200*covenant", "cap=50 initial=50", "newcomer=random:0-20@12", "collapse=100"} {
		if _, err := Build(order(t, o)); err != nil {
			t.Errorf("%s: %v", o, err)
		}
	}
}

// recorder keeps what observers of a run see.
type recorder struct {
	mu     sync.Mutex
	rounds []environment.RoundEnded
	said   []actors.Said
	missed []environment.Missed
}

func (r *recorder) observe(event any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := event.(type) {
	case environment.RoundEnded:
		r.rounds = append(r.rounds, e)
	case actors.Said:
		r.said = append(r.said, e)
	case environment.Missed:
		r.missed = append(r.missed, e)
	}
}

// asked is what every agent asked for, month by month: "month 1: Emma 10, …".
func (r *recorder) asked(without ...string) (all []string) {
	for _, e := range r.rounds {
		line := fmt.Sprintf("month %d:", e.Round)
		for _, a := range e.Agents {
			if !slices.Contains(without, a.Name) {
				line += fmt.Sprintf(" %s %d", a.Name, valueOf(a.Variables, varAsked))
			}
		}
		all = append(all, line)
	}
	return all
}

func TestNewcomerJoinsInItsMonthAndTheFairShareChanges(t *testing.T) {
	var seen recorder
	r := play(t, build(t, "5*sustainable newcomer=fixed:3@3 rounds=4 split=round-robin"), polis.Config{Rounds: 4, Observe: seen.observe})
	want := []string{
		"month 1: Emma 10 Jack 10 John 10 Kate 10 Luke 10",
		"month 2: Emma 10 Jack 10 John 10 Kate 10 Luke 10",
		"month 3: Emma 8 Jack 8 John 8 Kate 8 Luke 8 Mia 3", // floor(floor(100/2)/6)
		"month 4: Emma 8 Jack 8 John 8 Kate 8 Luke 8 Mia 3",
	}
	if got := seen.asked(); !slices.Equal(got, want) {
		t.Errorf("asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	m := Measure(r)
	if l := r.World.(*Lake); l.Harvests != 4*5+2 || m[Gain] != float64(5*36+6)/6 || m[Overuse] != 0 {
		t.Errorf("%d harvests, %v", l.Harvests, m)
	}
}

// Those who make covenants propose to a newcomer too, once it is there. That all agree with all holds also when they
// speak one after the other, where proposals reach some before their own month has begun.
func TestNewcomerMakesPromisesToo(t *testing.T) {
	for _, pace := range []environment.Pace{environment.Rounds, environment.Sequential} {
		var seen recorder
		s := build(t, "2*covenant newcomer=covenant@2 rounds=3")
		if s.World.Properties.Closed || !build(t, "2*covenant").World.Properties.Closed {
			t.Error("a society is closed unless a newcomer comes")
		}
		r := play(t, s, polis.Config{Rounds: 3, Pace: pace, Observe: seen.observe})
		if m := Measure(r); m[SurvivalTime] != 3 || m[Overuse] != 0 {
			t.Errorf("%s: %v", pace, m)
		}
		agreed := map[int]int{}
		for _, s := range seen.said {
			if s.Message.Act == protocol.Agree {
				agreed[s.Round]++
			}
		}
		if agreed[1] != 2 || agreed[2] != 6 || agreed[3] != 6 {
			t.Errorf("%s: agreements by month: %v", pace, agreed)
		}
	}
}

// talker speaks in every phase, and notes what comes back.
type talker struct {
	mu        sync.Mutex
	forbidden int
}

func (k *talker) behavior() actors.Behavior {
	return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
		switch e := event.(type) {
		case actors.Percept:
			v := e.View.(View)
			t.Send(protocol.Message{Act: protocol.Inform, Receivers: []string{v.Present[0]}, Content: Cap{v.Month, 1}})
			if e.Choice {
				t.Act(Harvest{1})
			}
		case actors.Undelivered:
			if e.Reason == actors.ReasonForbidden {
				k.mu.Lock()
				k.forbidden++
				k.mu.Unlock()
			}
		}
		return nil
	})
}

func TestWithoutTalkSpeakingIsForbidden(t *testing.T) {
	for _, c := range []struct {
		set              string
		forbidden, phase int
	}{{"talk=false", 3, 1}, {"talk=true", 0, 3}} {
		s := build(t, "3*sustainable rounds=3 "+c.set)
		var k talker
		s.Agents[0].Behavior = k.behavior
		var seen recorder
		r := play(t, s, polis.Config{Rounds: 3, Observe: seen.observe})
		if len(seen.said) != 3*c.phase || k.forbidden != c.forbidden || r.Messages.Refused != int64(c.forbidden) {
			t.Errorf("%s: spoke %d times, forbidden %d, refused %d; want %d and %d", c.set, len(seen.said), k.forbidden, r.Messages.Refused, 3*c.phase, c.forbidden)
		}
	}
}

func TestMonthIsOneLine(t *testing.T) {
	v := func(pairs ...any) (all []environment.Variable) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, environment.Variable{Name: pairs[i].(string), Value: float64(pairs[i+1].(int))})
		}
		return all
	}
	row := func(name string, catch int) environment.AgentRow {
		return environment.AgentRow{Name: name, Variables: v("asked", 99, "catch", catch)}
	}
	var crowd []environment.AgentRow
	for i := range 20 {
		crowd = append(crowd, row(fmt.Sprint(i), 2+i%5))
	}
	for _, c := range []struct {
		e    environment.RoundEnded
		want string
	}{
		{environment.RoundEnded{Round: 1, World: v("stock", 100, "capacity", 100), Agents: []environment.AgentRow{row("Emma", 10), row("Jack", 9)}},
			"month  1  lake ██████████ 100/100   Emma 10  Jack 9"},
		{environment.RoundEnded{Round: 12, World: v("stock", 31, "capacity", 100, "left", 3, "collapsed", 1), Agents: []environment.AgentRow{row("Emma", 28)}},
			"month 12  lake ████░░░░░░  31/100   Emma 28   collapsed: 3 left"},
		{environment.RoundEnded{Round: 2, World: v("stock", 8, "capacity", 2000, "harvest", 80), Agents: crowd},
			"month  2  lake █░░░░░░░░░    8/2000   20 agents caught 80: 2 to 6 each"},
		{environment.RoundEnded{Round: 2, World: v("stock", 0, "capacity", 100)}, "month  2  lake ░░░░░░░░░░   0/100"},
	} {
		if got := Line(c.e); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
