package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/llmadapter"
)

// result is the document of run --json: its fields, and their order, are a contract. What is absent does not apply.
type result struct {
	Scenario      string               `json:"scenario"`
	Runs          int                  `json:"runs"`
	Agents        int                  `json:"agents"` // from the start
	Rounds        int                  `json:"rounds"` // as ordered; where nothing was, as played
	Seed          uint64               `json:"seed"`   // the first
	Pace          string               `json:"pace"`
	Minds         []string             `json:"minds"`
	Null          string               `json:"null,omitempty"` // what was taken away from the society, as a simulation null
	DecidedBy     decidedBy            `json:"decided_by"`
	Hash          string               `json:"hash"`
	Reproducible  bool                 `json:"reproducible"`
	Dir           string               `json:"dir,omitempty"`
	Metrics       statistics           `json:"metrics"`
	Emergence     []emergence.Estimate `json:"emergence"` // answers to the questions of the scenario, each with its null
	Faults        faults               `json:"faults"`
	Messages      polis.Account        `json:"messages"`
	ModelUsage    llmadapter.Account   `json:"model_usage"`
	Marks         map[string]int       `json:"marks,omitempty"`         // decisions that were not made as usual: fallback, unusable, repaired, substitute
	Commitments   *polis.Tally         `json:"commitments,omitempty"`   // of agents to each other, in runs that are kept
	Interventions int                  `json:"interventions,omitempty"` // what was done to it from outside
	Interrupted   bool                 `json:"interrupted,omitempty"`   // it ended before its end
	Error         string               `json:"error,omitempty"`         // it failed before its end

	Deciders   map[string]int                `json:"-"` // decisions, by the label of who made them
	Asked      map[string]llmadapter.Account `json:"-"` // what was asked, by the adapter's name
	Report     string                        `json:"-"` // the page that tells of it; "": none was written
	Played     int                           `json:"-"` // rounds, of all runs together
	Counted    int                           `json:"-"` // runs that count
	Forgot     int                           `json:"-"`
	Clocked    int                           `json:"-"`
	Rejections map[string]map[string]int     `json:"-"` // of requests, by the adapter's name and the reason
	NotStopped []string                      `json:"-"` // what was left behind
}

// decidedBy counts actions that reached the world in phases with a choice.
type decidedBy struct {
	Rules    int `json:"rules"`
	StandIn  int `json:"stand-in"`
	Cassette int `json:"cassette"`
	Model    int `json:"model"`
	Person   int `json:"person"`
}

// add counts n decisions. Who is none of the others is a model, by its name.
func (d *decidedBy) add(by string, n int) {
	switch by {
	case "rules":
		d.Rules += n
	case "stand-in":
		d.StandIn += n
	case "cassette":
		d.Cassette += n
	case "person":
		d.Person += n
	default:
		d.Model += n
	}
}

// faults are those of polis.Faults that the contract names.
type faults struct {
	Crashes     int `json:"crashes"`
	Restarts    int `json:"restarts"`
	Quarantined int `json:"quarantined"`
	Missed      int `json:"missed"`
	Abandoned   int `json:"abandoned"`
}

// resultOf reads the result of a kept run from its manifest.
func resultOf(dir string) (*result, error) {
	path := filepath.Join(dir, "manifest.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	res := &result{}
	if err := json.Unmarshal(text, res); err != nil {
		return nil, fmt.Errorf("%s: damaged: %w", path, err)
	}
	return res, nil
}
