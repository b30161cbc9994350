// Package openai is a client for the chat completions of the OpenAI wire form, which OpenAI, vLLM, llama.cpp, Ollama,
// most gateways and the stand-in in package builtin speak. A Client makes exactly one attempt per call, always asks for a
// stream, and says of every failure what kind it is and whether it may have been billed; queues, limits and retries are
// the adapter's.
//
// # An endpoint
//
// An endpoint is a base URL and the name of a model there, such as https://api.openai.com/v1, or
// http://127.0.0.1:11434/v1 for an Ollama on this machine. The paths /chat/completions, /embeddings and /models are
// appended. It needs a key, from OPENAI_API_KEY, unless it is on loopback; a key is sent to that URL and to nobody else,
// since redirects are not followed, and it is taken out of whatever a server says. Proxies of the environment are used,
// never for loopback.
//
// An answer is complete when its finish_reason was seen. A stream that ends without one is Truncated, [DONE] or not; what
// goes wrong after it does no harm. A stream that stays silent is Stalled: FirstToken is the patience until the first
// piece of the answer, Idle that between two, and only a piece with something in it counts, no keep-alive. A deadline of
// the caller that passes is Stalled too; only a caller who goes away is Cancelled. Either closes the socket at once.
//
// The wire is HTTP/1.1: one call is one connection, so that closing it ends that call and no other.
package openai
