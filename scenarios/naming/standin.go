package naming

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
)

// errNoPercept says that what it is shown is of another world.
var errNoPercept = errors.New("naming: the percept is none of this game")

// slips is how often the stand-in does something else than it would: it is not paying attention.
const slips = .02

// StandIn decides in place of a model, by rules and chance, from nothing but what the prompt says. It plays both rules as the
// scripted agents do, and now and then is absent-minded. It is no model, and no evidence about any.
func StandIn(observation json.RawMessage, tools []llmadapter.Tool, r *rand.Rand) ([]llmadapter.Call, error) {
	var o prompted.Observation
	if err := json.Unmarshal(observation, &o); err != nil {
		return nil, fmt.Errorf("naming: the observation: %w", err)
	}
	can := func(name string) bool {
		return slices.ContainsFunc(tools, func(t llmadapter.Tool) bool { return t.Name == name })
	}
	switch {
	case can("name"):
		return choose(o.Percept, r)
	case can("say") || can("answer"):
		return talk(o.Percept, r)
	}
	return call("pass", struct{}{}), nil
}

// talk speaks or hears.
func talk(percept json.RawMessage, r *rand.Rand) ([]llmadapter.Call, error) {
	var v TalkView
	if err := json.Unmarshal(percept, &v); err != nil {
		return nil, errors.Join(errNoPercept, err)
	}
	switch {
	case v.Part == Speak && len(v.Words) > 0:
		return call("say", Say{v.Words[r.IntN(len(v.Words))]}), nil
	case v.Part == Speak && len(v.Names) > 0:
		return call("say", Say{v.Names[r.IntN(len(v.Names))]}), nil
	case v.Part == Speak:
		return call("say", Say{coin(r)}), nil
	case v.Part == Hear && v.Heard != "":
		return call("answer", Answer{slices.Contains(v.Words, v.Heard) && r.Float64() >= slips}), nil
	}
	return call("pass", struct{}{}), nil
}

// choose chooses a name, mostly the one that would have brought the most.
func choose(percept json.RawMessage, r *rand.Rand) ([]llmadapter.Call, error) {
	var v MatchView
	if err := json.Unmarshal(percept, &v); err != nil {
		return nil, errors.Join(errNoPercept, err)
	}
	if v.Part != Choose || len(v.Names) == 0 {
		return call("pass", struct{}{}), nil
	}
	m := recall{games: v.Games, names: v.Names}
	best := m.best()
	if r.Float64() < slips {
		best = v.Names
	}
	return call("name", Name{best[r.IntN(len(best))]}), nil
}

// call calls a tool. Its arguments always have a JSON form.
func call(tool string, arguments any) []llmadapter.Call {
	text, _ := json.Marshal(arguments)
	return []llmadapter.Call{{Name: tool, Arguments: string(text)}}
}
