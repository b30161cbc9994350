package report

import (
	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/emergence"
)

// Schema names the form of report.json. It changes with the meaning of a field, not when one is added.
const Schema = "polis.report/1"

// Document is all that a report says: report.json, and what report.html is drawn from.
type Document struct {
	Schema   string `json:"schema"`
	Headline string `json:"headline"` // sentences made from what follows
	Decided  string `json:"decided"`  // who decided, in words
	Scenario string `json:"scenario"`
	Summary  string `json:"summary,omitempty"` // of the scenario
	Period   string `json:"period"`            // what a round is called
	Status   string `json:"status"`            // done, interrupted or failed
	Error    string `json:"error,omitempty"`
	Agents   int    `json:"agents"`
	Runs     int    `json:"runs"`  // ordered
	Whole    int    `json:"whole"` // runs that came to their own end: those that metrics and plots are about
	Rounds   int    `json:"rounds"`
	Played   int    `json:"rounds_played"` // of all runs together

	Deciders   []Count              `json:"deciders"`
	Answered   bool                 `json:"model_answered"` // a language model decided, and answered at least once
	Marks      []Count              `json:"marks"`
	Metrics    []Statistic          `json:"metrics"`
	Emergence  []emergence.Estimate `json:"emergence"`      // answers to the questions of the scenario: no number is without its null and its sample
	Held       []Plot               `json:"held"`           // the same, drawn
	Fork       *Fork                `json:"fork,omitempty"` // the other future, of a run that shares its past with another
	Plots      []Plot               `json:"plots"`
	References []Reference          `json:"references"`
	Differs    []string             `json:"differs"`      // in what this differs from how the scenario is played by default
	Told       uint64               `json:"told_of_seed"` // the run that what is said, failed and marked is told of
	Said       List[polis.Saying]   `json:"said"`
	Promises   []Promised           `json:"commitments"` // of agents to each other, by debtor, of all runs together; the last row is of all
	Marked     List[Mark]           `json:"marked"`
	Hands      List[Intervention]   `json:"interventions"`
	Faults     []Count              `json:"faults"` // of all runs together
	Incidents  List[Incident]       `json:"incidents"`
	Messages   polis.Account        `json:"messages"`
	Models     []Model              `json:"models"`
	Courses    []Plot               `json:"courses"` // of models: how busy they were, by the clock, and so another in every run
	World      []Property           `json:"properties"`
	Settings   []Setting            `json:"configuration"`
	Seeds      List[Ended]          `json:"seeds"`
	Hash       string               `json:"hash"`
	HashIs     string               `json:"hash_is"`
	Repeats    bool                 `json:"reproducible"`
	Why        string               `json:"why"` // it is reproducible or not
	Command    string               `json:"command"`
	Versions   []Setting            `json:"versions"`
	Started    string               `json:"started,omitempty"` // RFC 3339
	Wall       float64              `json:"wall_seconds"`
}

// Count is how often something was.
type Count struct {
	Name string `json:"name"`
	N    int    `json:"n"`
}

// Reference is a known result that stands beside ours.
type Reference struct {
	Name    string             `json:"name"`
	Kind    string             `json:"kind"` // scripted, random or model
	Source  string             `json:"source"`
	Metrics map[string]float64 `json:"metrics"`
}

// Model is what was asked of one adapter.
type Model struct {
	Name string `json:"name"`
	Usage
	Askers     []Spent `json:"askers,omitempty"`    // who spent what, the most first
	Answering  []Spent `json:"answering,omitempty"` // by the name under which a model answered
	Label      string  `json:"label,omitempty"`     // who answers
	Rejections []Count `json:"rejections"`          // requests that the adapter did not take, by reason
	Failures   []Count `json:"failures"`            // requests that failed, by kind
}

// Spent is a part of what was spent.
type Spent struct {
	Name string `json:"name"`
	Usage
	Marks map[string]int `json:"marks,omitempty"` // decisions of an agent's that were not made as usual: fallback
}

// Property is one line of the environment's property sheet.
type Property struct {
	Name string `json:"name"`
	Is   string `json:"is"`
	Says string `json:"says"` // what that means
}

// Setting is one line of the configuration.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Plot is a picture of one or more panels.
type Plot struct {
	Title   string  `json:"title"`
	Caption string  `json:"caption"` // what is seen, of whom, and who decided
	Kind    string  `json:"kind"`    // lines, columns, steps, bars or held
	X       string  `json:"x"`
	Y       string  `json:"y,omitempty"`
	Panels  []Panel `json:"panels"`
}

// Panel is a coordinate system. Those of a plot share their y axis unless they are bars over x axes of their own.
type Panel struct {
	Name   string  `json:"name,omitempty"`
	Note   string  `json:"note,omitempty"` // the numbers of it that one would ask for
	Lines  []Line  `json:"lines,omitempty"`
	Bars   []Bar   `json:"bars,omitempty"`
	Limits []Limit `json:"limits,omitempty"`
	Held   *Held   `json:"held,omitempty"`
}

// Line is a curve: X, Y and, if they are there, Low, High and N have equally many elements.
type Line struct {
	Name string    `json:"name,omitempty"`
	X    []float64 `json:"x"`
	Y    []float64 `json:"y"`
	Low  []float64 `json:"low,omitempty"`  // lower edge of the band around the curve
	High []float64 `json:"high,omitempty"` // and the upper one
	N    []int     `json:"n,omitempty"`    // numbers of which Y is the mean; nil: one each
}

// Bar is a count of values from Low to High.
type Bar struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	N    int     `json:"n"`
}

// Limit is a level line.
type Limit struct {
	Name string  `json:"name"`
	At   float64 `json:"at"`
}
