package main

import (
	"errors"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/report"
)

// manifest.json says what was run, with what, and how to run it again.
type manifest struct {
	Polis   build    `json:"polis"`
	Status  string   `json:"status"`            // done, interrupted or failed
	Command string   `json:"command"`           // runs the same again
	Decided string   `json:"decided"`           // by whom, in words
	Started string   `json:"started"`           // RFC 3339
	Wall    float64  `json:"wall_seconds"`      // since it was started, or taken up again for the last time
	Resumed int      `json:"resumed,omitempty"` // how often it was taken up again
	Seeds   []uint64 `json:"seeds"`             // of the runs that ran, whole or not
	Played  int      `json:"rounds_played"`

	result

	Settings map[string]string `json:"settings"` // parameters that were given
	NullDoc  string            `json:"null_is,omitempty"`
	Journal  string            `json:"journal"`
	Chaos    string            `json:"chaos,omitempty"`
	Model    string            `json:"model,omitempty"` // that agents ask, as --model names it
	Limits   string            `json:"model_limit,omitempty"`
	Prices   llmadapter.Prices `json:"prices,omitempty"` // that it counted with
	Budget   string            `json:"budget,omitempty"`
	Tick     string            `json:"tick"`
	Deadline string            `json:"deadline"`
	Forgot   int               `json:"forgot"`  // new lives that began empty
	Clocked  int               `json:"clocked"` // events that depended on the clock or on load
	Left     []string          `json:"not_stopped,omitempty"`
	HashIs   string            `json:"hash_is"`

	Ordered    int               `json:"rounds_ordered"` // 0: until the world is done
	Parameters map[string]string `json:"parameters"`     // all, those not given with their defaults
	Properties listedProperties  `json:"properties"`     // of the environment as it was ordered
	Fork       *report.Forked    `json:"fork,omitempty"` // the past it shares with another run
	Spec       *spec             `json:"spec,omitempty"` // of one run: from it the same society is built again
	Record     report.Record     `json:"record"`         // of one run; of several only what can be added up
}

// manifest of one run or of several together.
func (pl *plan) manifest(res *result, outcomes []outcome, now time.Time, failure error) manifest {
	m := manifest{
		Resumed: pl.resumes, Fork: pl.forked,
		Polis: thisBuild(), Status: "done", Command: pl.repeat, Decided: pl.decided(res), Seeds: []uint64{},
		Played: res.Played, result: *res, Settings: map[string]string{}, NullDoc: pl.order.Null.Doc(), Journal: pl.journal.kind, Chaos: pl.chaos,
		Tick: pl.config.Tick.String(), Deadline: pl.config.Deadline.String(),
		Forgot: res.Forgot, Clocked: res.Clocked, Left: res.NotStopped,
		HashIs:  "of the configuration and of all turns of world and agents",
		Ordered: pl.order.Rounds, Parameters: pl.society.Settings, Properties: listedProperties(pl.society.World.Properties),
		Record: recordOfRuns(outcomes),
	}
	if asks(&pl.society, modelName) {
		m.Prices, m.Budget = pl.endpoint.money.prices, pl.endpoint.money.budget
		m.Model, m.Limits = pl.endpoint.spec, pl.endpoint.limited
	}
	if pl.runs == 1 {
		m.Spec = pl.spec()
	} else {
		m.HashIs = "SHA-256 of the hashes of the runs, in order of seeds, each followed by a newline"
	}
	switch {
	case errors.Is(failure, errInterrupted):
		m.Status = "interrupted"
	case failure != nil:
		m.Status, m.Error = "failed", failure.Error() // what the embedded result has may be less
	}
	for k, v := range pl.order.Settings {
		m.Settings[k] = v
	}
	for i := range outcomes {
		o := &outcomes[i]
		if o.rep == nil {
			continue
		}
		if m.Started == "" {
			m.Started, m.Wall = o.began.Format(time.RFC3339), now.Sub(o.began).Seconds()
			if !pl.began.IsZero() {
				m.Started = pl.began.UTC().Format(time.RFC3339)
			}
		}
		m.Seeds = append(m.Seeds, o.seed)
	}
	return m
}
