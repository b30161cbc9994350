// Package socket makes one attempt at an answer over HTTP, for every wire form. What the clients of models have in common
// is here: the base URL and the key that belongs to it alone, a transport sized to the calls that may be out, the patience
// until the first piece of an answer and between two, server-sent events with bounded lines, what the head of an answer
// says about limits and pauses, and, of every failure, what kind it is and whether it may have been billed. Texts are fit
// to be shown: one line, without the key.
//
// A wire form gives an Endpoint its Config, writes requests into a Buffer, and reads answers with a Form:
//
//	a := endpoint.Begin(ctx)
//	defer a.End()
//	return a.Answer(request, body, form)
//
// The wire is HTTP/1.1: one call is one connection, so that closing it ends that call and no other.
package socket
