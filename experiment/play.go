package experiment

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

// Player plays one run. observe sees its events, as polis.Config.Observe does; nil: nobody looks.
type Player func(ctx context.Context, s Spec, observe func(any)) (*Played, error)

// Played is a run that has come to its end.
type Played struct {
	*polis.Report
	Metrics map[string]float64 // by the scenario's names; what is no number is left out
}

// Of makes the player of a scenario whose agents decide themselves: minds that ask a model are refused. Worlds are made one at
// a time: making one registers its types.
func Of(scenario polis.Scenario) Player {
	var making sync.Mutex
	return func(ctx context.Context, s Spec, observe func(any)) (*Played, error) {
		making.Lock()
		society, cfg, err := s.society(&scenario)
		making.Unlock()
		if err != nil {
			return nil, err
		}
		cfg.Observe = observe
		rep, err := polis.Run(ctx, society, cfg)
		if err != nil {
			return nil, err
		}
		played := &Played{Report: rep}
		if scenario.Measure != nil {
			played.Metrics = scenario.Measure(rep)
		}
		return played, nil
	}
}

// society makes what a spec orders of a scenario.
func (s *Spec) society(scenario *polis.Scenario) (polis.Society, polis.Config, error) {
	standard := scenario.StandardFor(s.Settings)
	cfg := polis.Config{Seed: s.Seed, Pace: standard.Pace}
	if s.Scenario != scenario.Name {
		return polis.Society{}, cfg, fmt.Errorf("experiment: scenario %q; accepted is %s", s.Scenario, scenario.Name)
	}
	if s.Pace != "" {
		var err error
		if cfg.Pace, err = environment.ParsePace(s.Pace); err != nil {
			return polis.Society{}, cfg, fmt.Errorf("experiment: %w", err)
		}
	}
	if scenario.Paces != nil && !slices.Contains(scenario.Paces, cfg.Pace) {
		return polis.Society{}, cfg, fmt.Errorf("experiment: pace %s; in %s accepted is %s", cfg.Pace, scenario.Name, scenario.Paces[0])
	}
	if cfg.Rounds = s.Rounds; s.Rounds == 0 {
		cfg.Rounds = standard.Rounds
	}
	order := polis.Order{Agents: s.Agents, Rounds: cfg.Rounds, Settings: maps.Clone(s.Settings), Null: polis.Null(s.Null)}
	if len(s.Minds) > 0 {
		minds, err := polis.ParseMinds(s.Minds, s.Agents, standard.Agents)
		if err != nil {
			return polis.Society{}, cfg, fmt.Errorf("experiment: %w", err)
		}
		order.Minds, order.Agents = minds, len(minds)
	}
	society, err := scenario.Make(order)
	if err != nil {
		return society, cfg, err
	}
	for _, a := range society.Agents {
		if a.Model != "" {
			return society, cfg, fmt.Errorf("experiment: arm %q: agent %s asks model %q, and there is none here", s.Arm, a.Name, a.Model)
		}
	}
	return society, cfg, nil
}
