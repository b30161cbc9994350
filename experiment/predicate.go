package experiment

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
)

// Predicate is a comparison of one of the world's variables with a number: "share >= 0.95".
type Predicate struct {
	Variable string
	Op       string // <, <=, >, >=, == or !=
	Value    float64
}

var comparison = regexp.MustCompile(`^\s*([^\s<>=!]{1,100})\s*(<=|>=|==|!=|<|>)\s*(\S{1,40})\s*$`)

// ParsePredicate reads VARIABLE OP NUMBER.
func ParsePredicate(text string) (Predicate, error) {
	part := comparison.FindStringSubmatch(text)
	if part == nil {
		return Predicate{}, fmt.Errorf("%.80q; accepted is VARIABLE OP NUMBER with an OP of <, <=, >, >=, ==, !=", text)
	}
	x, err := strconv.ParseFloat(part[3], 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return Predicate{}, fmt.Errorf("%.80q: %.40q is no number; accepted is VARIABLE OP NUMBER", text, part[3])
	}
	return Predicate{part[1], part[2], x}, nil
}

// String is the form that ParsePredicate reads.
func (p Predicate) String() string {
	return fmt.Sprintf("%s %s %s", p.Variable, p.Op, strconv.FormatFloat(p.Value, 'g', -1, 64))
}

// Holds says whether it is true of a value.
func (p Predicate) Holds(x float64) bool {
	switch p.Op {
	case "<":
		return x < p.Value
	case "<=":
		return x <= p.Value
	case ">":
		return x > p.Value
	case ">=":
		return x >= p.Value
	case "==":
		return x == p.Value
	}
	return x != p.Value && !math.IsNaN(x)
}
