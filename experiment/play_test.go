package experiment

import (
	"strings"
	"testing"

	"github.com/polis-agents/polis/scenarios/commons"
	"github.com/polis-agents/polis/scenarios/dilemma"
)

// A run of a sweep is the run that was ordered: minds, null, settings, seed and rounds.
func TestOfPlaysWhatIsOrdered(t *testing.T) {
	play := Of(dilemma.Scenario)
	order := Spec{Scenario: "dilemma", Rounds: 4, Minds: []string{"1*TFT", "1*AllD"}, Seed: 3}
	seen := 0
	with, err := play(t.Context(), order, func(any) { seen++ })
	if err != nil || with.Metrics["score.TFT"] != 3 || with.Rounds != 4 || seen == 0 {
		t.Fatalf("%+v %v", with, err)
	}
	order.Null = "memory-off"
	without, err := play(t.Context(), order, nil)
	if err != nil || without.Metrics["score.TFT"] != 0 || without.Hash == with.Hash {
		t.Errorf("%+v %v", without, err)
	}
	for _, c := range []struct {
		change func(*Spec)
		want   string
	}{
		{func(s *Spec) { s.Scenario = "commons" }, `experiment: scenario "commons"; accepted is dilemma`},
		{func(s *Spec) { s.Pace = "slow" }, `experiment: environment: pace "slow"`},
		{func(s *Spec) { s.Minds = []string{"0*TFT"} }, `experiment: mind "0*TFT": count`},
		{func(s *Spec) { s.Null = "channel-cut" }, `polis: null "channel-cut"; dilemma offers`},
		{func(s *Spec) { s.Settings = map[string]string{"depth": "3"} }, `dilemma: parameter "depth"`},
	} {
		s := order
		c.change(&s)
		if _, err := play(t.Context(), s, nil); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	asked := Spec{Scenario: "commons", Minds: []string{"model"}, Arm: "asked"}
	if _, err := Of(commons.Scenario)(t.Context(), asked, nil); err == nil || err.Error() != `experiment: arm "asked": agent John asks model "model", and there is none here` {
		t.Error(err)
	}
}
