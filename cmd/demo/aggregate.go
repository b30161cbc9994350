package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/experiment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/report"
)

// metrics of one run, by name.
type metrics map[string]float64

// measure gives the metrics of a run that is whole.
func measure(s *polis.Scenario, r *polis.Report) metrics {
	if s.Measure == nil {
		return nil
	}
	return s.Measure(r)
}

// statistic is a metric over runs.
type statistic struct {
	name string
	Mean float64  `json:"mean"`
	SD   *float64 `json:"sd,omitempty"` // of the sample, n-1; nil for n = 1
	N    int      `json:"n"`            // runs in which the metric is a number
}

// statistics is an object in JSON, in its own order.
type statistics []statistic

// MarshalJSON writes an object whose names are those of the metrics.
func (s statistics) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads the object in its own order.
func (s *statistics) UnmarshalJSON(text []byte) error {
	var named report.Statistics
	if err := json.Unmarshal(text, &named); err != nil {
		return err
	}
	*s = statistics{}
	for _, m := range named {
		*s = append(*s, statistic{m.Name, m.Mean, m.SD, m.N})
	}
	return nil
}

// aggregateMetrics gives each metric's mean and deviation over runs: those that are named first, in that order.
func aggregateMetrics(named []string, runs []metrics) statistics {
	present := map[string]bool{}
	for _, m := range runs {
		for name := range m {
			present[name] = true
		}
	}
	order := slices.Clone(named)
	for _, name := range sortedKeys(present) {
		if !slices.Contains(named, name) {
			order = append(order, name)
		}
	}
	all := statistics{}
	for _, name := range order {
		var values []float64
		for _, m := range runs {
			if v, ok := m[name]; ok && !math.IsNaN(v) && !math.IsInf(v, 0) {
				values = append(values, v)
			}
		}
		if len(values) > 0 {
			all = append(all, newStatistic(name, values))
		}
	}
	return all
}

func newStatistic(name string, values []float64) statistic {
	n := float64(len(values))
	s := statistic{name: name, N: len(values)}
	for _, v := range values {
		s.Mean += v
	}
	s.Mean /= n
	if len(values) > 1 {
		squares := 0.0
		for _, v := range values {
			squares += (v - s.Mean) * (v - s.Mean)
		}
		sd := math.Sqrt(squares / (n - 1))
		s.SD = &sd
	}
	return s
}

// hashOf names several runs: the SHA-256 of their hashes in hexadecimal, in order of seeds, each followed by a newline.
// That of one run is its own; of none there is none.
func hashOf(hashes []string) string {
	switch len(hashes) {
	case 0:
		return ""
	case 1:
		return hashes[0]
	}
	sum := sha256.New()
	for _, h := range hashes {
		fmt.Fprintln(sum, h)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// aggregate puts runs together, in order of seeds. Of several runs those count that are whole; of a single one what
// there is, but no metrics of a run that did not come to its end: they would read as if it had.
func (pl *plan) aggregate(outcomes []outcome) *result {
	res := &result{Scenario: pl.scenario.Name, Runs: pl.runs, Agents: pl.agents, Rounds: pl.order.Rounds, Seed: pl.seed,
		Pace: pl.pace(), Minds: pl.minds, Null: string(pl.order.Null), Emergence: []emergence.Estimate{}}
	var runs []metrics
	var hashes []string
	var answers [][]emergence.Estimate
	for i := range outcomes {
		o := &outcomes[i]
		if o.err != nil && res.Error == "" {
			res.Error = o.err.Error()
		}
		res.Interrupted = res.Interrupted || o.interrupted || o.rep == nil
		if o.rep == nil || pl.runs > 1 && !o.whole() {
			continue
		}
		res.Played += o.rep.Rounds
		runs = append(runs, o.metrics)
		hashes = append(hashes, o.rep.Hash)
		if o.answers != nil {
			answers = append(answers, o.answers)
		}
		res.Reproducible = (res.Reproducible || len(runs) == 1) && o.rep.Reproducible
		res.add(o.rep)
	}
	res.Counted = len(runs)
	res.Interrupted = res.Interrupted && res.Error == ""
	res.Metrics = aggregateMetrics(pl.scenario.Metrics, runs)
	res.Hash = hashOf(hashes)
	res.Emergence = append(res.Emergence, experiment.Together(answers, pl.seed)...)
	res.Commitments = promised(outcomes)
	res.Rejections = map[string]map[string]int{}
	for name, of := range recordOfRuns(outcomes).Resources {
		res.Rejections[name] = of.Rejections
	}
	if res.Rounds == 0 && pl.runs == 1 {
		res.Rounds = res.Played
	}
	return res
}

// add counts a run's decisions, faults and messages.
func (res *result) add(r *polis.Report) {
	if res.Deciders == nil {
		res.Deciders, res.Asked = map[string]int{}, map[string]llmadapter.Account{}
	}
	for by, n := range r.DecidedBy {
		res.DecidedBy.add(by, n)
		res.Deciders[by] += n
	}
	f := &res.Faults
	f.Crashes += r.Faults.Crashes
	f.Restarts += r.Faults.Restarts
	f.Quarantined += r.Faults.Quarantined
	f.Missed += r.Faults.Missed
	f.Abandoned += r.Faults.Abandoned
	res.Forgot += r.Faults.Forgot
	res.Clocked += r.Faults.Clocked
	m := &res.Messages
	m.Sent += r.Messages.Sent
	m.Handled += r.Messages.Handled
	m.Refused += r.Messages.Refused
	m.Dead += r.Messages.Dead
	m.Quarantined += r.Messages.Quarantined
	res.Interventions += len(r.Interventions)
	for _, name := range []string{modelName, secondName} {
		asked := res.Asked[name]
		asked.Add(r.Models[name])
		res.Asked[name] = asked
		res.ModelUsage.Add(r.Models[name])
	}
	for mark, n := range r.Marks {
		if res.Marks == nil {
			res.Marks = map[string]int{}
		}
		res.Marks[mark] += n
	}
	if r.NotStopped != nil {
		res.NotStopped = append(res.NotStopped, strings.Split(r.NotStopped.Error(), "\n")...)
	}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
