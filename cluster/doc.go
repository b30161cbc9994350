// Package cluster lets one society live in several processes, on one machine or on many. Nobody in the society knows
// where anybody lives: an actor is its name, and the same seed gives the same hash as in one process.
//
// The members of a cluster are fixed: each is told the same list when it starts. From the list alone follows where every
// actor lives. Agents are placed in shards by their names; the world and the services live on the first member. Nodes
// talk over protoactor's remote, always with mutual TLS 1.3. Since that loses messages in silence, a link stands above
// it for each pair of nodes: it numbers, acknowledges, sends again, and refuses what it has no room for. What is lost
// with a node is answered with an error. There is no failover yet: a run that loses a node ends, and says which.
package cluster
