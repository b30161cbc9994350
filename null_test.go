package polis_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/scenarios/commons"
	"github.com/polis-agents/polis/scenarios/dilemma"
)

// orderOf is an order of minds as they are typed.
func orderOf(t *testing.T, null polis.Null, settings map[string]string, minds ...string) polis.Order {
	t.Helper()
	o := polis.Order{Null: null, Settings: settings, Rounds: 6}
	var err error
	if o.Minds, err = polis.ParseMinds(minds, 0, 1); err != nil {
		t.Fatal(err)
	}
	return o
}

// "Simulation nulls that the runtime runs by one switch": the same order, with one thing taken away, is another run.
func TestANullTakesOneThingAway(t *testing.T) {
	for _, c := range []struct {
		scenario polis.Scenario
		null     polis.Null
		settings map[string]string
		minds    []string
		metric   string
		is, not  float64 // with the null, and without
	}{
		// Nobody agrees to what nobody has heard.
		{commons.Scenario, polis.ChannelCut, nil, []string{"5*covenant"}, "agreed", 0, 120},
		{commons.Scenario, polis.PublicSignalOnly, nil, []string{"5*covenant"}, "agreed", 0, 120},
		// Who answers overuse with overuse does not see it, or has forgotten what was fair.
		{commons.Scenario, polis.PublicSignalOnly, map[string]string{"talk": "false"}, []string{"4*reciprocal", "1*fixed:12"}, "overuse", 1. / 5, 3. / 5},
		{commons.Scenario, polis.MemoryOff, map[string]string{"talk": "false"}, []string{"4*reciprocal", "1*fixed:12"}, "overuse", 1. / 5, 3. / 5},
		// Tit for tat does as the other did: it defects after the first turn, unless it does not know.
		{dilemma.Scenario, polis.MemoryOff, nil, []string{"TFT", "1*AllD"}, "score.TFT", 0, 5},
		{dilemma.Scenario, polis.Isolated, nil, []string{"TFT", "1*AllD"}, "score.TFT", 0, 5},
		{dilemma.Scenario, polis.MemoryOff, nil, []string{"1*Alternator", "1*AllD"}, "score.Alternator", 0, 3},
		{dilemma.Scenario, polis.Isolated, nil, []string{"1*Alternator", "1*AllD"}, "score.Alternator", 3, 3},
		{dilemma.Scenario, polis.Isolated, map[string]string{"game": "pgg"}, []string{"conditional", "1*freerider"}, "contribution", 10, 10. / 6},
		{dilemma.Scenario, polis.MemoryOff, map[string]string{"game": "pgg"}, []string{"conditional", "1*freerider"}, "contribution", 10, 10. / 6},
	} {
		t.Run(c.scenario.Name+" "+string(c.null)+" "+strings.Join(c.minds, ","), func(t *testing.T) {
			var hash [2]string
			for i, null := range []polis.Null{c.null, ""} {
				s, err := c.scenario.Make(orderOf(t, null, c.settings, c.minds...))
				if err != nil {
					t.Fatal(err)
				}
				r := run(t, s, polis.Config{Seed: 1, Rounds: 6})
				m := c.scenario.Measure(r)
				m["agreed"] = float64(r.Said["agree"])
				if want := [2]float64{c.is, c.not}[i]; !near(m[c.metric], want) {
					t.Errorf("null %q: %s is %v, want %v; %v", null, c.metric, m[c.metric], want, m)
				}
				hash[i] = r.Hash
			}
			if hash[0] == hash[1] {
				t.Error("both have the same hash")
			}
		})
	}
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }

// A run with a null is recorded, and done again, as any other.
func TestANullIsReplayed(t *testing.T) {
	for _, null := range commons.Scenario.Nulls {
		s, err := commons.Scenario.Make(orderOf(t, null, nil, "4*covenant", "1*reciprocal"))
		if err != nil {
			t.Fatal(err)
		}
		store := journal.NewMemory()
		cfg := polis.Config{Seed: 3, Rounds: 6, Journal: store}
		want := run(t, s, cfg)
		cfg.Journal = nil
		got, err := polis.Replay(within(t), store, polis.Epoch{Society: s, Config: cfg})
		if err != nil || got.Hash != want.Hash {
			t.Errorf("%s: %+v %v, want %s", null, got, err, want.Hash)
		}
	}
}

// "An unknown or not offered null: a clear error that names what is offered."
func TestANullThatIsNotOffered(t *testing.T) {
	for null, want := range map[polis.Null]string{
		"chanel-cut":           `polis: null "chanel-cut"; commons offers channel-cut, memory-off, public-signal-only`,
		polis.PartnersShuffled: `polis: null "partners-shuffled"; commons offers channel-cut, memory-off, public-signal-only`,
	} {
		if _, err := commons.Scenario.Make(polis.Order{Null: null}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	bare := commons.Scenario
	bare.Nulls = nil
	if _, err := bare.Make(polis.Order{Null: polis.ChannelCut}); err == nil || !strings.Contains(err.Error(), "commons offers none") {
		t.Error(err)
	}
	for _, n := range polis.Nulls() {
		if n.Doc() == "" {
			t.Errorf("%s has no sentence", n)
		}
	}
	if len(polis.Nulls()) != 5 || polis.Null("other").Doc() != "" {
		t.Error(polis.Nulls())
	}
}

// The null is part of the hash also where it changes nothing: rules without memory have none to lose.
func TestANullIsPartOfTheHash(t *testing.T) {
	var hash [2]string
	for i, null := range []polis.Null{"", polis.MemoryOff} {
		s, err := commons.Scenario.Make(orderOf(t, null, nil, "3*sustainable"))
		if err != nil {
			t.Fatal(err)
		}
		hash[i] = run(t, s, polis.Config{Seed: 1, Rounds: 2}).Hash
	}
	if hash[0] == hash[1] {
		t.Error("both have the same hash")
	}
}

// Who joins a society with a null has it, too.
func TestWhoJoinsHasTheNull(t *testing.T) {
	o := orderOf(t, polis.MemoryOff, nil, "2*covenant")
	a, err := commons.Scenario.Join(o, polis.Mind{Name: "reciprocal"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := commons.Newcomer(o, polis.Mind{Name: "reciprocal"}, 1)
	if err != nil || a.Name != plain.Name {
		t.Fatal(err, a.Name, plain.Name)
	}
	if forgets, remembers := a.Behavior(), plain.Behavior(); reflect.TypeOf(forgets) == reflect.TypeOf(remembers) {
		t.Errorf("it is a %T", forgets)
	}
	if _, err := dilemma.Scenario.Join(o, polis.Mind{Name: "TFT"}, 1); err == nil || err.Error() != "polis: nobody can join dilemma" {
		t.Error(err)
	}
}
