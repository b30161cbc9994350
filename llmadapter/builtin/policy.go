package builtin

import (
	"encoding/json"
	"math/rand/v2"

	"github.com/polis-agents/polis/llmadapter"
)

// Policy decides in place of a model: from what the prompt lets the agent observe (nil: the prompt has no observation),
// the tools that may be called, and chance that is drawn from the request alone. It has no memory, so that an answer is
// a function of its request. It is called concurrently, and must not block.
type Policy func(observation json.RawMessage, tools []llmadapter.Tool, r *rand.Rand) ([]llmadapter.Call, error)
