// Package llmadapter puts language models behind actors that push back. A Model is a client with one method. An Adapter
// is the service in front of it that owns every policy: who waits and for how long, how many calls are out at once, who
// tries again and when, and what was spent. Too much to do is an answer, Rejected, which an agent can act upon.
//
// Sub-packages: openai is a client for the OpenAI wire form; builtin is a server of that form which stands in for a
// model and needs no key; prompted lets a model decide for an agent; llmadaptertest is the contract of a Model.
package llmadapter
