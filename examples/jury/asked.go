package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/experiment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/scenarios/jury"
)

// ask has all arms decided by the one that is asked, in the hidden profile alone, and settles how many voters cost as much as
// the society: a clue is no token. The first run of each arm is played for it.
func (y *try) ask(ctx context.Context, file *experiment.File) error {
	file.Parameters[0].Values = []string{jury.HiddenProfile}
	for i := range file.Arms {
		file.Arms[i].Minds = []string{"model"}
	}
	file.Arms = slices.DeleteFunc(file.Arms, func(a experiment.Arm) bool { return a.Name == "opinions" }) // what it tells is up to it
	file.Study.Hypotheses = slices.DeleteFunc(file.Study.Hypotheses, func(h experiment.Hypothesis) bool { return h.Arm == "opinions" })
	tokens := map[string]float64{}
	for spec := range file.Specs() {
		if spec.Seed != file.Seeds.First || spec.Null != "" {
			continue
		}
		played, err := y.play(ctx, spec, nil)
		if err != nil {
			return err
		}
		tokens[spec.Arm] = played.Metrics[jury.Tokens]
	}
	if tokens["society"] <= 0 || tokens["votes"] <= 0 {
		return fmt.Errorf("jury: it does not say how many tokens were used; accepted is an endpoint that does")
	}
	voters := int(tokens["society"]*jurors/tokens["votes"]) + 1
	voters += 1 - voters%2
	for i := range file.Arms {
		if a := &file.Arms[i]; a.Name == "ensemble" {
			a.Settings = maps.Clone(a.Settings)
			a.Settings["voters"] = fmt.Sprint(voters)
		}
	}
	return nil
}

// making is held while a world is made: that registers its types.
var making sync.Mutex

// play plays a run in which all are asked.
func (y *try) play(ctx context.Context, s experiment.Spec, observe func(any)) (*experiment.Played, error) {
	minds, err := polis.ParseMinds(s.Minds, s.Agents, jury.Scenario.StandardFor(s.Settings).Agents)
	if err != nil {
		return nil, err
	}
	making.Lock()
	society, err := jury.Scenario.Make(polis.Order{Minds: minds, Settings: maps.Clone(s.Settings), Null: polis.Null(s.Null)})
	making.Unlock()
	if err != nil {
		return nil, err
	}
	society.Models = map[string]llmadapter.Config{"model": *y.asked}
	rep, err := polis.Run(ctx, society, polis.Config{Seed: s.Seed, Observe: observe})
	if err != nil {
		return nil, err
	}
	return &experiment.Played{Report: rep, Metrics: jury.Measure(rep)}, nil
}

func sorted(by map[string]int) []string { return slices.Sorted(maps.Keys(by)) }
