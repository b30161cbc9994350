package stream

import (
	"fmt"
	"slices"
	"strings"
)

// Watch is a measure that is taken again and again, and of what.
type Watch struct {
	Measure  string // one of Measures
	Variable string // of agents or of the world, as the measure is; "": their first. Talk has none
}

// String is how a watch is written: "gini:total".
func (w Watch) String() string {
	if w.Variable == "" {
		return w.Measure
	}
	return w.Measure + ":" + w.Variable
}

// scope is what a measure is of.
type scope int

const (
	ofAgentsNow  scope = iota // a variable of all agents, in the newest round
	ofAgentsOver              // a variable of the panel, over the window
	ofPooled                  // likewise, all values together
	ofWorldOver               // a variable of the world, over the window
	ofTalk                    // who spoke to whom, over the window
)

// Measure is something that can be watched.
type Measure struct {
	Name string
	Doc  string // one line
	Null string // of the surrogates it is held against; "": it is descriptive
	of   scope
}

var measures = []Measure{
	{Name: "convention", of: ofAgentsNow, Doc: "share of agents with the commonest value, in the newest round"},
	{Name: "gini", of: ofAgentsNow, Doc: "how unequal the values of agents are, in the newest round"},
	{Name: "diversity", of: ofAgentsNow, Doc: "entropy of the values of agents, in the newest round"},
	{Name: "polarisation", of: ofAgentsNow, Doc: "variance of the values of agents, in the newest round"},
	{Name: "entropy", of: ofPooled, Doc: "entropy of what a panel of agents did, over the window"},
	{Name: "magnetisation", of: ofAgentsOver, Null: "block", Doc: "how far a panel of agents points the same way (values from -1 to 1), mean over the window"},
	{Name: coordination, of: ofAgentsOver, Null: "circular", Doc: "what two agents of a panel tell of each other, mean over all pairs, over the window"},
	{Name: "active-information", of: ofWorldOver, Null: "shuffle", Doc: "how far a variable of the world can be told from its value before, over the window"},
	{Name: reciprocity, of: ofTalk, Doc: "share of who spoke to whom that was returned, over the window"},
}

// coordination is the mean of the mutual information of pairs.
const coordination = "mutual-information"

const reciprocity = "reciprocity"

// Measures are those that can be watched.
func Measures() []Measure { return slices.Clone(measures) }

// find finds a measure by its name. The error names those that there are.
func find(name string) (Measure, error) {
	var names []string
	for _, m := range measures {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return Measure{}, fmt.Errorf("stream: measure %q; accepted is %s", name, strings.Join(names, ", "))
}

// MaxWatches bounds what is watched at once.
const MaxWatches = 8

// Parse reads MEASURE[:VARIABLE]. The error says what is accepted.
func Parse(text string) (Watch, error) {
	name, variable, colon := strings.Cut(text, ":")
	m, err := find(name)
	if err != nil {
		return Watch{}, err
	}
	if colon && (variable == "" || m.of == ofTalk) {
		return Watch{}, fmt.Errorf("stream: watch %q; accepted is MEASURE or MEASURE:VARIABLE, and %s alone", text, reciprocity)
	}
	return Watch{name, variable}, nil
}
