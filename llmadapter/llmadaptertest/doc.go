// Package llmadaptertest holds a model against the contract of llmadapter.Model, in one line of a test:
//
//	llmadaptertest.Check(t, llmadaptertest.Maker{Model: func(t *testing.T) llmadapter.Model { return open(t) }})
//
// Its Server is a stand-in for an endpoint of the OpenAI wire form that does, on a socket of its own and as it is told,
// what servers and networks do to clients: it cuts answers off, resets, stalls, keeps alive what is dead, and counts on
// its own side what it was asked.
package llmadaptertest
