package jury

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
)

// slips is how often the stand-in votes for the other side: it is not paying attention.
const slips = .02

// StandIn decides in place of a model, by rules and chance, from nothing but what the prompt says. It tells its clues and
// votes by all that it knows, and now and then is absent-minded. It is no model, and no evidence about any.
func StandIn(observation json.RawMessage, tools []llmadapter.Tool, r *rand.Rand) ([]llmadapter.Call, error) {
	var o prompted.Observation
	if err := json.Unmarshal(observation, &o); err != nil {
		return nil, fmt.Errorf("jury: the observation: %w", err)
	}
	var v View
	if err := json.Unmarshal(o.Percept, &v); err != nil {
		return nil, errors.Join(errors.New("jury: the percept is none of a jury"), err)
	}
	can := func(name string) bool {
		return slices.ContainsFunc(tools, func(t llmadapter.Tool) bool { return t.Name == name })
	}
	switch {
	case can("vote") && len(v.Clues) > 0:
		return call("vote", Vote{weigh(&o, v, r)}), nil
	case can("tell") && mayTalk(v, o.Phase) == nil && !told(&o, v.Case):
		return call("tell", telling{}), nil
	}
	return call("pass", struct{}{}), nil
}

// told says whether it has told its clues in this case.
func told(o *prompted.Observation, number int) bool {
	return slices.ContainsFunc(o.Memory, func(m prompted.Remark) bool {
		return m.From == o.Agent && m.Type == evidenceName && caseOf(m) == number
	})
}

func caseOf(m prompted.Remark) int {
	var said Evidence
	if json.Unmarshal(m.Content, &said) != nil {
		return 0
	}
	return said.Case
}

// weigh is the side to which most clues point, each taken once.
func weigh(o *prompted.Observation, v View, r *rand.Rand) string {
	known := map[int]string{}
	for _, c := range v.Clues {
		known[c.Fact] = c.For
	}
	for _, m := range slices.Concat(o.Memory, o.Heard) {
		var said Evidence
		if m.Type != evidenceName || json.Unmarshal(m.Content, &said) != nil || said.Case != v.Case {
			continue
		}
		for _, c := range said.Clues {
			if _, is := known[c.Fact]; !is {
				known[c.Fact] = c.For
			}
		}
	}
	sum := 0
	for _, side := range known {
		sum += sign(side)
	}
	if sum == 0 {
		sum = 2*r.IntN(2) - 1
	}
	if r.Float64() < slips {
		sum = -sum
	}
	if sum > 0 {
		return SideA
	}
	return SideB
}

// call calls a tool. Its arguments always have a JSON form.
func call(tool string, arguments any) []llmadapter.Call {
	text, _ := json.Marshal(arguments)
	return []llmadapter.Call{{Name: tool, Arguments: string(text)}}
}
