// Package rumour is a rumour that goes from mouth to mouth: push gossip (Pittel, "On spreading a rumor", SIAM Journal on
// Applied Mathematics 47, 1987), the rumour of Maki and Thompson that bores who tells it to those who know (Maki and Thompson,
// "Mathematical Models and Applications", 1973), and the Markov epidemic SIR, each with a result that is known exactly.
//
// What is told is a message, an inform to one agent, and whether an agent has heard it is in the agent. Town is the world: it
// keeps the list an onlooker would keep, of who has heard and who still tells, and lets tellers know whether they were first.
package rumour
