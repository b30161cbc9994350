package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
)

// epoch is a stretch of a kept run, under one order.
type epoch struct {
	from int // the round it begins with
	plan *plan
}

// epochs reads what a journal is the record of: an epoch, and one more for every fork on the way to it.
func (p *process) epochs(ctx context.Context, store journal.Store) ([]epoch, error) {
	origins, err := polis.Origins(ctx, store)
	if err != nil {
		return nil, err
	}
	epochs := make([]epoch, len(origins))
	for i, o := range origins {
		s, err := readSpec(o.Spec)
		if err != nil {
			return nil, err
		}
		pl, err := s.plan(p)
		if err != nil {
			return nil, fmt.Errorf("what it was ordered with cannot be done here: %w", err)
		}
		epochs[i] = epoch{o.From, pl}
	}
	return epochs, nil
}

// rebuilt makes the societies and configurations that a run is rebuilt with. Nobody is asked.
func rebuilt(epochs []epoch) ([]polis.Epoch, error) {
	all := make([]polis.Epoch, len(epochs))
	for i, e := range epochs {
		society, err := e.plan.build()
		if err != nil {
			return nil, err
		}
		for name, m := range society.Models {
			if m.Model == nil || name == personName {
				m.Model = silent{}
				society.Models[name] = m
			}
		}
		cfg := e.plan.configure(nil, nil)
		cfg.Chaos = polis.Chaos{}
		all[i] = polis.Epoch{From: e.from, Society: society, Config: cfg}
	}
	return all, nil
}

// silent stands where a model was, in a run that is rebuilt: what was answered is in the journal.
type silent struct{}

// Complete implements llmadapter.Model.
func (silent) Complete(context.Context, llmadapter.Request) (llmadapter.Reply, error) {
	return llmadapter.Reply{}, errors.New("a run that is rebuilt asks nobody")
}
