package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/builtin"
)

// Names under which agents ask, as scenarios give them to polis.Agent.Model.
const (
	modelName  = "model"
	secondName = "second" // asked when the model could not decide
	personName = "person"
)

// splitChaos parts the faults of the society from those of the stand-in, which begin with "model:".
func splitChaos(spec string) (society, model string) {
	var of [2][]string
	for part := range strings.SplitSeq(spec, ",") {
		if fault, ok := strings.CutPrefix(strings.TrimSpace(part), "model:"); ok {
			of[1] = append(of[1], fault)
		} else {
			of[0] = append(of[0], part)
		}
	}
	return strings.Join(of[0], ","), strings.Join(of[1], ",")
}

// readDeciders reads who answers the agents that are not decided by rules.
func (c *runCommand) readDeciders(p *process, pl *plan) (err error) {
	if pl.endpoint, err = readEndpoint(c.Model, c.ModelLimit, c.modelOf, p.env); err != nil {
		return err
	}
	if err := c.readRecord(pl); err != nil {
		return err
	}
	if pl.endpoint.money, err = readMoney(c.Prices, c.prices, c.Budget); err != nil {
		return err
	}
	switch {
	case pl.endpoint.tape != "": // what is played was paid for, if at all, when it was recorded
		pl.endpoint.money = money{}
	case asks(&pl.society, modelName):
		if err := pl.endpoint.money.check(pl.endpoint.served(pl.scenario)); err != nil {
			return err
		}
	}
	if _, faults := splitChaos(pl.chaos); faults != "" {
		if pl.endpoint.spec != builtinSpec {
			return badUsage("--chaos %q with --model %q; accepted is model:… with --model builtin only", pl.chaos, pl.endpoint.shown())
		}
		if pl.endpoint.faults, err = builtin.ParseFaults(faults); err != nil {
			return usageError{"--chaos: model: " + plainly(err, "builtin")}
		}
	}
	if err := c.readSecond(p, pl); err != nil {
		return err
	}
	if asks(&pl.society, personName) && pl.runs > 1 {
		return badUsage("--runs %d with a person among the minds; accepted is 1", pl.runs)
	}
	pl.decide(&pl.society)
	return nil
}

// readRecord reads where what is asked and answered is recorded.
func (c *runCommand) readRecord(pl *plan) error {
	switch pl.endpoint.record = c.Record; {
	case c.Record == "":
	case pl.endpoint.tape != "":
		return badUsage("--record %q with --model %q: it would be a copy; accepted is a model that is asked", c.Record, pl.endpoint.spec)
	case c.Cluster != "":
		return badUsage("--record %q with --cluster; accepted is a run in one process", c.Record)
	case !asks(&pl.society, modelName):
		return badUsage("--record %q: no agent asks a model; accepted is with --mind model", c.Record)
	}
	return nil
}

// checkAsked refuses what is about models where no agent asks one: it would change nothing. What is "" was not typed.
func (pl *plan) checkAsked(model, limit, prices, budget string) error {
	if asks(&pl.society, modelName) {
		return nil
	}
	if model == builtinSpec {
		model = "" // that is who would answer, if anybody asked
	}
	if model != "" {
		model = pl.endpoint.shown()
	}
	for _, flag := range [][2]string{{"--model", model}, {"--model-limit", limit}, {"--prices", prices}, {"--budget", budget}} {
		if flag[1] != "" {
			return badUsage("%s %q: no agent asks a model; accepted is with --mind model", flag[0], flag[1])
		}
	}
	return nil
}

// asks says whether an agent of a society is decided by what is named so.
func asks(s *polis.Society, name string) bool {
	for i := range s.Agents {
		if s.Agents[i].Model == name {
			return true
		}
	}
	return false
}

// decide gives a society who answers its agents.
func (pl *plan) decide(s *polis.Society) {
	s.Models = map[string]llmadapter.Config{}
	if asks(s, modelName) {
		c := pl.endpoint.config(pl.scenario)
		c.Content = pl.content
		if pl.second != nil {
			second := pl.second.config(pl.scenario)
			second.Content = pl.content
			s.Models[secondName] = second
			c.AttemptLimit = pl.config.Deadline / 2 // else one that is silent leaves nothing for the other
		}
		s.Models[modelName] = c
	}
	if asks(s, personName) {
		s.Models[personName] = llmadapter.Config{Model: asked{pl.ask}, Label: llmadapter.Person, Form: llmadapter.FormTools,
			InFlight: 1, Attempts: 1}
	}
}

// decided says who decided, when it is over: it need not be who was to. Where nobody did, it is.
func (pl *plan) decided(res *result) string {
	by := maps.Clone(res.Deciders)
	maps.DeleteFunc(by, func(_ string, n int) bool { return n == 0 })
	if len(by) == 0 {
		return decides(&pl.society)
	}
	return decidedText(slices.Collect(maps.Keys(by)), pl.endpoint.of)
}

// decides says who is to decide.
func decides(s *polis.Society) string {
	by, of := map[string]bool{}, ""
	for _, m := range s.Models {
		of += m.Of // one of them may be a cassette
	}
	for _, a := range s.Agents {
		by[s.Decider(a)] = true
	}
	return decidedText(slices.Collect(maps.Keys(by)), of)
}

// decidedText says who decides, in every output. Who is none of the others is a model, by its name. of is whose answers a
// cassette gives back.
func decidedText(by []string, of string) string {
	model := false
	for i, who := range by {
		switch who {
		case llmadapter.StandIn, llmadapter.Person:
			by[i] = "a " + who
		case llmadapter.Cassette:
			switch of {
			case "":
			case llmadapter.StandIn:
				by[i] = "a cassette of the stand-in"
			default:
				by[i], model = "a cassette of "+of, true // it did, then
			}
		case environment.Rules:
		default:
			model = true
		}
	}
	slices.Sort(by)
	text := "decided by " + strings.Join(by, ", ")
	if !model {
		text += ", no language model"
	}
	return text
}
