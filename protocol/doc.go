// Package protocol is how agents speak: by communicative acts, never by bare strings. A Message says what its sender
// does by sending it (it proposes, agrees, refuses, informs), so that a receiver, and an observer, can hold the sender
// to it. The acts and the parameters are those of FIPA-ACL (FIPA SC00037J and SC00061G).
//
// Pure: a message is a value, and nothing in here knows how it travels.
package protocol
