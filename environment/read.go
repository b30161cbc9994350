package environment

import (
	"encoding/json"
	"fmt"

	"github.com/polis-agents/polis/journal"
)

// ReadPercept reads what Percept.AppendCanonical wrote. It does not ask whether the percept writes the same again.
func ReadPercept(text []byte) (Percept, error) {
	var w struct {
		Choice bool            `json:"choice"`
		Phase  string          `json:"phase"`
		Round  int             `json:"round"`
		View   json.RawMessage `json:"view"`
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return Percept{}, fmt.Errorf("environment: a percept: %w", err)
	}
	view, err := journal.ReadPayload(w.View)
	return Percept{View: view, Phase: w.Phase, Round: w.Round, Choice: w.Choice}, err
}

// ReadOutcome reads what Outcome.AppendCanonical wrote. It does not ask whether the outcome writes the same again.
func ReadOutcome(text []byte) (Outcome, error) {
	var w struct {
		Action string          `json:"action"`
		Detail string          `json:"detail"`
		Reason string          `json:"reason"`
		Value  json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return Outcome{}, fmt.Errorf("environment: an outcome: %w", err)
	}
	out := Outcome{Action: w.Action, Detail: w.Detail, Reason: w.Reason}
	if w.Value == nil {
		return out, nil
	}
	var err error
	out.Value, err = journal.ReadPayload(w.Value)
	return out, err
}
