package main

import (
	"context"
	"errors"
	"iter"
	"strings"
)

// readSecond reads who is asked when the model could not decide.
func (c *runCommand) readSecond(p *process, pl *plan) (err error) {
	if c.SecondModel == "" {
		if c.SecondModelLimit != "" {
			return badUsage("--second-model-limit %q without --second-model; accepted is with it", c.SecondModelLimit)
		}
		return nil
	}
	e, err := readEndpoint(c.SecondModel, c.SecondModelLimit, "", p.env)
	if usage, ok := errors.AsType[usageError](err); ok {
		return usageError{ofFlag(usage.text, "second-")}
	}
	switch {
	case err != nil:
		return err
	case e.tape != "":
		return badUsage("--second-model %q; accepted is a model that can be asked: what of two was recorded is not told apart", c.SecondModel)
	case c.Record != "" || pl.endpoint.tape != "":
		return badUsage("--second-model with a cassette; accepted is one model then: what of two is recorded is not told apart")
	case c.Budget != "":
		return badUsage("--second-model with --budget; accepted is one model under a budget")
	case !asks(&pl.society, modelName):
		return badUsage("--second-model %q: no agent asks a model; accepted is with --mind model", c.SecondModel)
	}
	e.money, pl.second = pl.endpoint.money, e
	return e.money.check(e.served(pl.scenario))
}

// orderSecond takes over what of it a fork changes.
func (c *forkCommand) orderSecond(run *runCommand, add func(flag string, value any)) {
	if c.SecondModel != nil {
		add("--second-model", *c.SecondModel)
		if run.SecondModel, run.SecondModelLimit = *c.SecondModel, ""; run.SecondModel == nowhere {
			run.SecondModel = ""
		}
	}
	if c.SecondModelLimit != nil {
		add("--second-model-limit", *c.SecondModelLimit)
		run.SecondModelLimit = *c.SecondModelLimit
	}
}

// endpoints are those that agents ask, by the names of their adapters, in the order in which they are asked.
func (pl *plan) endpoints() iter.Seq2[string, *endpoint] {
	return func(yield func(string, *endpoint) bool) {
		if yield(modelName, pl.endpoint) && pl.second != nil {
			yield(secondName, pl.second)
		}
	}
}

// openModels opens all of them. closing ends them.
func (pl *plan) openModels(ctx context.Context) (closing func() error, err error) {
	var closings []func() error
	closing = func() (err error) {
		for _, end := range closings {
			err = errors.Join(err, end())
		}
		return err
	}
	for name, e := range pl.endpoints() {
		end, err := e.open(ctx, pl)
		if usage, ok := errors.AsType[usageError](err); ok && name == secondName {
			err = usageError{ofFlag(usage.text, "second-")}
		}
		if err != nil {
			return nil, errors.Join(err, closing())
		}
		closings = append(closings, end)
	}
	return closing, nil
}

// ofFlag is a message about --model and --model-limit as one about the flags of another model.
func ofFlag(text, prefix string) string {
	return strings.NewReplacer("--model-limit", "--"+prefix+"model-limit", "--model", "--"+prefix+"model").Replace(text)
}
