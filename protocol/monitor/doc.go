// Package monitor keeps the conversations of one agent, in both roles, and judges every message of an interaction protocol
// before it has an effect: one that is out of sequence changes nothing, and is reported. Each session (what the agent and one
// other say to each other in a conversation) runs on the machine of package interaction; what a session waits for, it waits
// for until a deadline. What the runtime answers by itself, such as reject-proposal(late), comes back as messages to send.
//
// Pure: no clock, no goroutine. Time is an argument, and messages are returned, not sent. A Monitor is not safe for
// concurrent use: it is part of its agent's memory.
package monitor
