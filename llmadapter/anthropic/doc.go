// Package anthropic is a client for the messages of the Anthropic wire form (POST /v1/messages, version 2023-06-01), which
// Anthropic, several gateways, some servers of local models and the stand-in in package builtin speak. It is to that form
// what package openai is to the other: a Client makes exactly one attempt per call, always asks for a stream, and says of
// every failure what kind it is and whether it may have been billed; queues, limits and retries are the adapter's.
//
// # An endpoint
//
// An endpoint is a base URL and the name of a model there, such as https://api.anthropic.com/v1. The paths /messages and
// /models are appended. It needs a key, from ANTHROPIC_API_KEY, unless it is on loopback; a key is sent to that URL and to
// nobody else, since redirects are not followed, and it is taken out of whatever a server says. Proxies of the
// environment are used, never for loopback.
//
// # A request
//
// What the wire form wants otherwise than llmadapter.Request has it is made so. Messages of the system stand before the
// conversation. Users and assistants take turns, so neighbours become one message, and pieces of text with nothing in them
// are left out. Every call of the assistant gets an answer in the message after it, without content where nobody gave
// one. A conversation with calls needs tools; without, they stand in the text. An answer needs a limit: Config.MaxTokens
// where the request has none. A Schema is narrowed to what the wire form takes, and what it cannot say moves to
// descriptions. The wire form has no seed: the same request may be answered otherwise.
//
// # An answer
//
// An answer is complete when its stop_reason was seen, or message_stop. The stop_reason comes after all of the content,
// so what goes wrong after it does no harm. A stream that ends without either is Truncated. A stream that stays silent is
// Stalled: FirstToken is the patience until the first piece of the answer, Idle that between two, and only a piece with
// something in it counts, no ping. A deadline of the caller that passes is Stalled too; only a caller who goes away is
// Cancelled. Either closes the socket at once.
//
// The wire is HTTP/1.1: one call is one connection, so that closing it ends that call and no other.
package anthropic
