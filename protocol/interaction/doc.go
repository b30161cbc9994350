// Package interaction describes interaction protocols: who may say what when in a conversation, as data. A Protocol has one
// state machine for each of its two roles; a machine describes one session, that is what one initiator and one participant
// say to each other. A conversation with many participants has a session for each of them.
//
// The protocols of FIPA are in the folder fipa, in the form in which users write their own: see docs/protocols.md.
//
// Pure: there is no clock, and nothing is sent. What a state waits for has a name, and who runs a machine says how long that is.
package interaction
