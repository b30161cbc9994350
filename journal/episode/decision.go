package episode

import (
	"encoding/json"
	"time"
)

// Schema is the form of a line, and its version. A line of another form has another.
const Schema = "polis.episode/1"

// Decision is one line: what an agent made of one percept. docs/episode.schema.json is its JSON schema.
type Decision struct {
	Schema    string            `json:"schema"`
	Run       string            `json:"run"` // as whoever exports calls it
	Scenario  string            `json:"scenario"`
	Seed      json.Number       `json:"seed"`
	Agent     string            `json:"agent"`
	Step      int               `json:"step"`  // of the agent's decisions, from 0
	Turn      uint64            `json:"turn"`  // of the agent, in which it perceived
	State     string            `json:"state"` // digest of all that the agent had been through before, in hexadecimal
	Round     int               `json:"round"`
	Phase     string            `json:"phase"`
	Time      time.Duration     `json:"time_ns"` // logical
	Choice    bool              `json:"choice"`  // an action was possible
	Percept   json.RawMessage   `json:"percept"`
	Messages  []json.RawMessage `json:"messages"` // heard since the last decision
	Outcomes  []json.RawMessage `json:"outcomes"` // of former actions, heard of since the last decision
	Action    *Action           `json:"action"`   // null: it did nothing, not even pass
	Further   []Action          `json:"further,omitempty"`
	Said      []json.RawMessage `json:"said"`
	DecidedBy string            `json:"decided_by"`       // rules, a model by its name, …
	Reward    *float64          `json:"reward"`           // of the round, at its last decision; null: none is known
	Done      bool              `json:"done"`             // the agent has decided for the last time
	Cut       bool              `json:"cut,omitempty"`    // the record ends here, and the run had not
	Missed    bool              `json:"missed,omitempty"` // its phase ended without a decision
}

// Action is what an agent tried.
type Action struct {
	Name    string          `json:"name"` // as the world calls it; "": the world has had no turn about it
	Value   json.RawMessage `json:"value"`
	Mark    string          `json:"mark,omitempty"` // it was not decided as usual: fallback, unusable, repaired, substitute
	Why     string          `json:"why,omitempty"`
	Outcome json.RawMessage `json:"outcome"` // null: nothing came of it
}
