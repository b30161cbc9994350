package polis

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Parameter is a setting of a scenario.
type Parameter struct {
	Name    string
	Doc     string // one line
	Default string
	Range   string // what is accepted, for people: "0..1", "true|false"
}

// ReadSettings gives a value for each of a scenario's parameters: what was set, else its default. The error names one that the
// scenario does not have, and those that it has. Whether the values are accepted is for the scenario to say.
func ReadSettings(parameters []Parameter, set map[string]string) (map[string]string, error) {
	all := make(map[string]string, len(parameters))
	var names []string
	for _, p := range parameters {
		all[p.Name] = p.Default
		names = append(names, p.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if _, known := all[name]; !known {
			return nil, fmt.Errorf("parameter %q; accepted are %s", name, strings.Join(names, ", "))
		}
		all[name] = set[name]
	}
	return all, nil
}

// Whole reads a whole number within bounds, as orders write it: digits alone, perhaps after a minus.
func Whole(text string, least, most int) (n int, ok bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= least && n <= most && text == strconv.Itoa(n)
}
