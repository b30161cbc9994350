package polis_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

func TestParseMind(t *testing.T) {
	for _, c := range []struct {
		text string
		want polis.Mind
		ok   bool
	}{
		{"greedy", polis.Mind{Name: "greedy"}, true},
		{"fixed:10", polis.Mind{Name: "fixed", Arg: "10"}, true},
		{"model:http://x/y:1", polis.Mind{Name: "model", Arg: "http://x/y:1"}, true},
		{"", polis.Mind{}, false},
		{":10", polis.Mind{}, false},
		{"fixed:", polis.Mind{}, false},
		{"2*greedy", polis.Mind{}, false},
	} {
		got, err := polis.ParseMind(c.text)
		if got != c.want || (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), "accepted is NAME or NAME:ARG") {
			t.Errorf("%q: %v, %v", c.text, got, err)
		}
		if c.ok && got.String() != c.text {
			t.Errorf("%q is written %q", c.text, got)
		}
	}
}

// What follows from parameters holds where the order leaves it out, and what does not is as the scenario has it.
func TestStandardFollowsFromParameters(t *testing.T) {
	s := polis.Scenario{Agents: 5, Rounds: 12, Pace: environment.Rounds, Default: []string{"calm"}}
	if got := s.StandardFor(nil); !reflect.DeepEqual(got, polis.Standard{Agents: 5, Rounds: 12, Pace: environment.Rounds, Minds: []string{"calm"}}) {
		t.Errorf("a scenario whose parameters say nothing has %+v", got)
	}
	s.Standard = func(set map[string]string) polis.Standard {
		return polis.Standard{Agents: len(set["bidders"]), Pace: environment.Pace(set["pace"]), Minds: []string{set["who"]}}
	}
	got := s.StandardFor(map[string]string{"bidders": "xxx", "who": "bold", "pace": "sequential"})
	if !reflect.DeepEqual(got, polis.Standard{Agents: 3, Rounds: 12, Pace: environment.Sequential, Minds: []string{"bold"}}) {
		t.Errorf("three bold bidders are %+v", got)
	}
}

func TestParseMinds(t *testing.T) {
	for _, c := range []struct {
		specs            string
		agents, standard int
		want             string // or what the error says
	}{
		{"greedy", 3, 5, "greedy greedy greedy"},
		{"greedy", 0, 5, "greedy greedy greedy greedy greedy"},
		{"2*greedy fixed:10", 4, 5, "greedy greedy fixed:10 fixed:10"},
		{"fixed:10 2*greedy", 4, 5, "fixed:10 fixed:10 greedy greedy"},
		{"2*greedy 3*fixed:10", 0, 9, "greedy greedy fixed:10 fixed:10 fixed:10"},
		{"7*greedy fixed:10", 0, 5, "greedy greedy greedy greedy greedy greedy greedy fixed:10"},
		{"2*greedy 3*fixed:10", 6, 5, "error: the counts sum to 5, the agents are 6"},
		{"5*greedy fixed:10", 5, 5, "error: so none of 5 agents is left for fixed:10"},
		{"greedy fixed:10", 5, 5, "error: two without a count"},
		{"0*greedy", 5, 5, `error: count "0"; accepted is a number from 1 to 1000000`},
		{"-1*greedy", 5, 5, `error: count "-1"`},
		{"x*greedy", 5, 5, `error: count "x"`},
		{"1000001*greedy", 5, 5, `error: count "1000001"`},
		{"*greedy", 5, 5, `error: count ""`},
		{"2*", 5, 5, "error: accepted is NAME or NAME:ARG"},
		{"2*3*greedy", 5, 5, "error: accepted is NAME or NAME:ARG"},
	} {
		got, err := polis.ParseMinds(strings.Fields(c.specs), c.agents, c.standard)
		if says, bad := strings.CutPrefix(c.want, "error: "); bad {
			if err == nil || !strings.Contains(err.Error(), says) || got != nil {
				t.Errorf("%s: %v, %v, want %s", c.specs, got, err, says)
			}
			continue
		}
		if text := strings.Trim(fmt.Sprint(got), "[]"); err != nil || text != c.want {
			t.Errorf("%s: %s, %v, want %s", c.specs, text, err, c.want)
		}
	}
}

// FuzzParseMinds: there are as many minds as agents, each of which can be written and read, or an error that says why.
func FuzzParseMinds(f *testing.F) {
	f.Add("2*greedy fixed:10", 4)
	f.Add("a*b 3*", -1)
	f.Add("999999*a 1*b c:", 0)
	f.Fuzz(func(t *testing.T, specs string, agents int) {
		if agents > 1000 || strings.Contains(specs, "00") {
			t.Skip() // large, not interesting
		}
		minds, err := polis.ParseMinds(strings.Fields(specs), agents, 5)
		if err != nil {
			if err.Error() == "" || minds != nil {
				t.Fatal(minds, err)
			}
			return
		}
		if agents > 0 && len(minds) != agents {
			t.Fatalf("%q: %d minds for %d agents", specs, len(minds), agents)
		}
		for _, m := range slices.Compact(minds) {
			if again, err := polis.ParseMind(m.String()); err != nil || again != m {
				t.Fatalf("%q: %q is read %q, %v", specs, m, again, err)
			}
		}
	})
}

func TestParseChaos(t *testing.T) {
	for _, c := range []struct {
		spec string
		want polis.Chaos
		ok   bool
	}{
		{"agent:20%", polis.Chaos{Agents: 0.2}, true},
		{"agent:0%", polis.Chaos{}, true},
		{"agent:100%", polis.Chaos{Agents: 1}, true},
		{"agent:2.5%", polis.Chaos{Agents: 0.025}, true},
		{"agent:kate=always", polis.Chaos{Always: []string{"kate"}}, true},
		{"agent:20%, agent:kate=always,agent:a=b=always", polis.Chaos{Agents: 0.2, Always: []string{"kate", "a=b"}}, true},
		{"world:2", polis.Chaos{World: 2}, true},
		{"adapter:1%,process:3", polis.Chaos{Adapters: 0.01, Process: 3}, true},
		{"journal:full", polis.Chaos{Journal: polis.JournalFull}, true},
		{"journal:error", polis.Chaos{Journal: polis.JournalError}, true},
		{"journal:slow", polis.Chaos{Journal: polis.JournalSlow, Slow: 100 * time.Millisecond}, true},
		{"journal:slow=2s,world:10000", polis.Chaos{Journal: polis.JournalSlow, Slow: 2 * time.Second, World: 10000}, true},
		{spec: ""}, {spec: "agent:"}, {spec: "agent:20"}, {spec: "agent:-1%"}, {spec: "agent:101%"}, {spec: "agent:NaN%"}, {spec: "agent:x%"},
		{spec: "agent:=always"}, {spec: "world:20%"}, {spec: "world:0"}, {spec: "world:-1"}, {spec: "world:10001"}, {spec: "world:"},
		{spec: "world"}, {spec: "adapter:1"}, {spec: "adapter:101%"}, {spec: "adapter:kate=always"}, {spec: "process:0"}, {spec: "process:x"},
		{spec: "journal:"}, {spec: "journal:empty"}, {spec: "journal:full=1s"}, {spec: "journal:error=1s"}, {spec: "journal:slow="}, {spec: "journal:slow=0s"},
		{spec: "journal:slow=-1s"}, {spec: "journal:full,journal:slow"}, {spec: "disk:full"}, {spec: "agent:20%,"},
	} {
		got, err := polis.ParseChaos(c.spec)
		if !c.ok {
			last := c.spec[strings.LastIndex(c.spec, ",")+1:]
			for _, want := range []string{fmt.Sprintf("chaos %q; accepted are agent:P%%, agent:NAME=always, world:N, adapter:P%%, journal:full", last), "journal:slow[=D]", "process:N", "1 to 10000"} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%q: %v, %v", c.spec, got, err)
				}
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %+v, %v", c.spec, got, err)
		}
	}
}

// FuzzParseChaos: a share is a share, and nobody nameless fails.
func FuzzParseChaos(f *testing.F) {
	f.Add("agent:20%,agent:kate=always")
	f.Add("agent:1e-9%,agent:=always")
	f.Add("agent:+Inf%")
	f.Add("world:2,adapter:1%,journal:slow=200ms,process:20")
	f.Fuzz(func(t *testing.T, spec string) {
		c, err := polis.ParseChaos(spec)
		if err == nil && (!(c.Agents >= 0 && c.Agents <= 1) || slices.Contains(c.Always, "") ||
			!(c.Adapters >= 0 && c.Adapters <= 1) || c.World < 0 || c.World > 10_000 || c.Process < 0 || c.Process > 10_000 || c.Slow < 0 ||
			(c.Slow > 0) != (c.Journal == polis.JournalSlow)) {
			t.Fatalf("%q: %+v", spec, c)
		}
	})
}
