// Package builtin is a stand-in for a language model: a server of the OpenAI wire form on loopback, with streaming,
// latency, limits, rate-limit headers and faults, so that everything runs, on the same path as with a real endpoint,
// without a key and without a network. It decides by a rule that the scenario gives it. It is never evidence about
// language models.
package builtin

import (
	"encoding/json"
	"math/rand/v2"

	"github.com/polis-agents/polis/llmadapter"
)

// Policy decides in place of a model: from what the prompt lets the agent observe (nil: the prompt has no observation),
// the tools that may be called, and chance that is drawn from the request alone. It has no memory, so that an answer is
// a function of its request.
type Policy func(observation json.RawMessage, tools []llmadapter.Tool, r *rand.Rand) ([]llmadapter.Call, error)
