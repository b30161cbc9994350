package bench

import "testing"

// "A miss is one only when the whole interval lies beyond the goal. The goal is about the ratio when written with ×,
// else about the value."
func TestGoalIsMissedOnlyBeyondTheInterval(t *testing.T) {
	s := summary{valueCI: [2]float64{900, 1100}, ratioCI: [2]float64{0.9, 1.1}}
	for text, want := range map[string]bool{
		"<= 1.0×":  true,
		"<= 0.9×":  true,
		"<= 0.89×": false,
		">= 1.1×":  true,
		">= 1.11×": false,
		"<= 1000":  true,
		"<= 899":   false,
		">= 1101":  false,
		">= 3.5":   true,
	} {
		g, err := parseGoal(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := g.met(s); got != want {
			t.Errorf("%s with %v and %v: %v, want %v", text, s.valueCI, s.ratioCI, got, want)
		}
	}
}

func TestGoalsOfTheSuitesParse(t *testing.T) {
	for _, name := range Names() {
		for _, p := range suites[name]() {
			for _, c := range p.claims() {
				if _, err := parseGoal(c.goal); err != nil {
					t.Errorf("%s, %s: %v", name, c.name, err)
				}
			}
		}
	}
	for _, text := range []string{"", "1.0×", "< 1", "<= ", "<= x×", "<= 1 ×"} {
		if _, err := parseGoal(text); err == nil {
			t.Errorf("%q is a goal", text)
		}
	}
}
