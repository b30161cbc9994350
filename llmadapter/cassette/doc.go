// Package cassette records what a client of a language model sends and hears, and plays it back: to the client the same
// bytes, cut in the same places, the same failures and the same silence. A Recorder stands below a client as its transport and
// writes a tape; a Player stands there instead of a network, and reaches nobody. What is played goes through the same
// decoding as what was heard.
//
// # A tape
//
// A tape is a file of JSON lines. The first says what was recorded (Info), each other is one exchange: the request, and what
// came of it. A request is found again by its key, a digest of its method, its path and the canonical JSON of its body, and
// by how often it came before, so that what was tried again gets its answers in the order in which they came. A request that
// is not on the tape is an error, ErrMiss, never a call.
//
// Of a request nothing is kept but its method, path and body; of an answer its status, those headers that say what it is and
// what limits there are, and its body. The key that a client sends is taken out wherever an answer repeats it. Prompts and
// answers are kept as they are: a tape is as private as they.
//
// A line is written when its exchange ends, before the client hears of the end: what a client has used is on the tape, even if
// the process is killed then. A last line that was cut is left out when the tape is read, with a word about it.
package cassette
