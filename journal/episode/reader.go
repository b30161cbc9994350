package episode

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/polis-agents/polis/journal"
)

// Names of actors, see docs/journal.md.
const (
	world    = "world"
	annalist = "society"
	agents   = "agents/"
)

// reader turns entries into decisions.
type reader struct {
	run      string
	scenario string
	seed     json.Number
	deciders map[string]string
	models   map[string]string // labels, by the service's name
	agents   map[string]*agent // by name
	over     []*Decision
	ended    bool
}

// agent is what is known of one agent, since its last decision.
type agent struct {
	digest   journal.Digest // of its newest turn
	step     int
	open     *Decision     // its last one
	acts     map[place]int // of the open one: 0 is Action, others are in Further
	messages []json.RawMessage
	outcomes []json.RawMessage
	gone     bool
}

// place is an effect of the agent.
type place struct {
	n     uint64
	index int
}

func (r *reader) take(e *journal.Entry) error {
	name, isAgent := strings.CutPrefix(e.Actor, agents)
	switch {
	case isAgent:
		a := r.agents[name]
		if a == nil {
			a = &agent{}
			r.agents[name] = a
		}
		err := r.agentTurn(name, a, e)
		a.digest = e.Digest
		return err
	case e.Actor == world:
		return r.worldTurn(e)
	case e.Actor == annalist:
		return r.societyTurn(e)
	}
	return nil
}

// agentTurn reads a turn of an agent.
func (r *reader) agentTurn(name string, a *agent, e *journal.Entry) error {
	switch e.Kind {
	case "percept":
		if err := r.perceived(name, a, e); err != nil {
			return err
		}
	case "message":
		a.messages = append(a.messages, e.Payload)
	case "outcome":
		a.outcomes = append(a.outcomes, e.Payload)
	case "stopping":
		r.last(a)
		return nil
	case "quarantined":
		return r.setAside(name, a, e)
	}
	return a.wants(r, e)
}

// perceived begins a decision.
func (r *reader) perceived(name string, a *agent, e *journal.Entry) error {
	var w struct {
		Choice bool
		Phase  string
		Round  int
		View   json.RawMessage
	}
	if err := json.Unmarshal(e.Payload, &w); err != nil {
		return err
	}
	r.finish(a)
	a.open = &Decision{Schema: Schema, Run: r.run, Scenario: r.scenario, Seed: r.seed, Agent: name, Step: a.step, Turn: e.N, State: a.digest.String(),
		Round: w.Round, Phase: w.Phase, Time: e.Logical, Choice: w.Choice, Percept: w.View, DecidedBy: r.deciders[name],
		Messages: orEmpty(a.messages), Outcomes: orEmpty(a.outcomes), Said: []json.RawMessage{}}
	a.messages, a.outcomes, a.acts = nil, nil, nil
	a.step++
	return nil
}

// orEmpty is a list that is never null.
func orEmpty(list []json.RawMessage) []json.RawMessage {
	if list == nil {
		return []json.RawMessage{}
	}
	return list
}

// setAside reads an event that its agent failed at: of a percept nothing was made.
func (r *reader) setAside(name string, a *agent, e *journal.Entry) error {
	var w struct {
		Event json.RawMessage
		Kind  string
	}
	if err := json.Unmarshal(e.Payload, &w); err != nil {
		return err
	}
	switch {
	case w.Kind == "stopping":
		r.last(a)
	case w.Kind == "percept" && string(w.Event) != "null":
		of := *e
		of.Payload = w.Event
		if err := r.perceived(name, a, &of); err != nil {
			return err
		}
		a.open.Missed = true
	}
	return nil
}

// wants reads what an agent did and said.
func (a *agent) wants(r *reader, e *journal.Entry) error {
	if len(e.Effects) <= len("[]") {
		return nil
	}
	var effects []struct {
		Act  json.RawMessage
		Mark string
		By   string
		Why  string
		Send json.RawMessage
		Stop bool
	}
	if err := json.Unmarshal(e.Effects, &effects); err != nil {
		return err
	}
	for i := range effects {
		w := &effects[i]
		switch {
		case w.Stop:
			defer r.last(a) // when the world has answered, if it does
		case a.open == nil: // it has perceived nothing yet
		case w.Act != nil:
			a.tried(place{e.N, i}, Action{Value: w.Act, Mark: w.Mark, Why: w.Why})
			switch w.Mark {
			case "fallback":
				a.open.DecidedBy = "rules"
			case "substitute":
				a.open.DecidedBy = cmp.Or(r.models[w.By], w.By, a.open.DecidedBy)
			}
		case w.Send != nil:
			a.open.Said = append(a.open.Said, w.Send)
		}
	}
	return nil
}

// tried notes an action of the decision.
func (a *agent) tried(at place, did Action) {
	if a.acts == nil {
		a.acts = map[place]int{}
	}
	d := a.open
	if d.Action == nil {
		d.Action = &did
	} else {
		d.Further = append(d.Further, did)
	}
	a.acts[at] = len(d.Further)
}

// did finds an action of the open decision; nil: it is of no decision, or of one that is over.
func (a *agent) did(c journal.Cause) *Action {
	i, ok := a.acts[place{c.N, c.Index}]
	switch {
	case !ok:
		return nil
	case i == 0:
		return a.open.Action
	}
	return &a.open.Further[i-1]
}

// worldTurn reads what came of an action.
func (r *reader) worldTurn(e *journal.Entry) error {
	var event struct {
		Action string
		Event  json.RawMessage
	}
	if e.Kind != "action" && e.Kind != "quarantined" {
		return nil
	}
	a := r.agents[strings.TrimPrefix(e.Cause.Actor, agents)]
	if a == nil {
		return nil
	}
	did := a.did(e.Cause)
	if did == nil {
		return nil
	}
	if err := json.Unmarshal(e.Payload, &event); err != nil {
		return err
	}
	if event.Event != nil {
		if err := json.Unmarshal(event.Event, &event); err != nil {
			return err
		}
	}
	var effects []struct{ Outcome json.RawMessage }
	if err := json.Unmarshal(e.Effects, &effects); err != nil {
		return err
	}
	if did.Name = event.Action; len(effects) > 0 {
		did.Outcome = effects[0].Outcome
	}
	return nil
}

// societyTurn reads what the run is, who decides, and what a round was worth.
func (r *reader) societyTurn(e *journal.Entry) error {
	switch e.Kind {
	case "begun", "forked":
		var w struct {
			Config struct {
				Scenario string
				Seed     json.Number
				Models   map[string]string
			}
			Deciders map[string]string
		}
		if err := json.Unmarshal(e.Payload, &w); err != nil {
			return err
		}
		r.scenario, r.seed, r.deciders, r.models, r.ended = w.Config.Scenario, w.Config.Seed, w.Deciders, w.Config.Models, false
	case "intervened":
		var w struct{ What, Agent, Decides string }
		if err := json.Unmarshal(e.Payload, &w); err != nil {
			return err
		}
		if w.What == "join" {
			if r.deciders == nil {
				r.deciders = map[string]string{}
			}
			r.deciders[w.Agent] = w.Decides
		}
	case "round-ended":
		return r.rewarded(e)
	case "failed":
		var w struct{ Actor, Decision string }
		if err := json.Unmarshal(e.Payload, &w); err != nil {
			return err
		}
		if a := r.agents[strings.TrimPrefix(w.Actor, agents)]; a != nil && w.Decision == "stop" {
			r.last(a)
		}
	case "ended":
		r.ended = true
	}
	return nil
}

// rewarded gives the reward of a round to the last decision in it.
func (r *reader) rewarded(e *journal.Entry) error {
	var w struct {
		Round  int
		Agents []struct {
			Name   string
			Reward json.RawMessage
		}
	}
	if err := json.Unmarshal(e.Payload, &w); err != nil {
		return err
	}
	for _, row := range w.Agents {
		a := r.agents[row.Name]
		if a == nil || a.open == nil || a.open.Round != w.Round || row.Reward == nil || row.Reward[0] == '"' { // not a number
			continue
		}
		if err := json.Unmarshal(row.Reward, &a.open.Reward); err != nil {
			return err
		}
	}
	return nil
}

// last notes that an agent has decided for the last time. Its decision stays open: something may still come of it.
func (r *reader) last(a *agent) {
	if a.gone = true; a.open != nil {
		a.open.Done = true
	}
}

// finish ends the decision of an agent.
func (r *reader) finish(a *agent) {
	if a.open != nil {
		r.over = append(r.over, a.open)
		a.open, a.acts = nil, nil
	}
}

// close ends all decisions.
func (r *reader) close() {
	for _, name := range slices.Sorted(maps.Keys(r.agents)) {
		a := r.agents[name]
		if a.open != nil && !a.open.Done {
			a.open.Done = r.ended
			a.open.Cut = !r.ended
		}
		r.finish(a)
	}
}
