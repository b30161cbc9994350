// Package builtin is a stand-in for a language model: a server of the wire forms of OpenAI and Anthropic on loopback, with streaming,
// latency, limits, rate-limit headers and faults, so that everything runs, on the same path as with a real endpoint,
// without a key and without a network. It decides by a rule that the scenario gives it. It is never evidence about
// language models.
package builtin
