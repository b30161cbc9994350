package bench

import (
	"fmt"
	"strconv"
	"strings"
)

// goal is what a contest should reach: "<= 1.0×" is about the ratio, "<= 1000" about the value; ">= …" likewise.
type goal struct {
	bound float64
	least bool // the bound is from below
	times bool // it is about the ratio
}

func parseGoal(text string) (goal, error) {
	var g goal
	rest, ok := strings.CutPrefix(text, "<= ")
	if !ok {
		rest, g.least = strings.CutPrefix(text, ">= ")
		if !g.least {
			return g, fmt.Errorf("bench: goal %q begins with neither <= nor >=", text)
		}
	}
	rest, g.times = strings.CutSuffix(rest, "×")
	var err error
	if g.bound, err = strconv.ParseFloat(rest, 64); err != nil {
		return g, fmt.Errorf("bench: goal %q: %w", text, err)
	}
	return g, nil
}

// met says whether the goal is reached, in doubt yes: it is missed only when the whole interval lies beyond it.
func (g goal) met(s summary) bool {
	ci := s.valueCI
	if g.times {
		ci = s.ratioCI
	}
	if g.least {
		return ci[1] >= g.bound
	}
	return ci[0] <= g.bound
}
