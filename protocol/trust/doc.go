// Package trust is how far an agent relies on others, from the commitments that they kept and broke, and from what
// witnesses tell. The opinion on somebody in a service is a beta distribution (Jøsang and Ismail 2002, The Beta Reputation
// System): one more success for every commitment that was kept, one more failure for every one that was broken, old ones
// counting less. What a witness tells counts as much as the witness is believed, and it is believed as far as what it told
// has agreed with one's own experience (after FIRE: Huynh, Jennings and Shadbolt 2006).
//
// Pure: a Ledger is the memory of one agent, without a clock, and can be kept in a snapshot.
package trust
