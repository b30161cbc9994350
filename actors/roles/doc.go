// Package roles lets agents take part in interaction protocols. A Desk keeps an agent's conversations: it judges what the
// agent hears and says by the protocol's machine, answers for it what the protocol answers by itself, and asks small questions
// where a decision is the agent's: what do you bid for this, whom do you award, is it done. No answer waits: work that takes
// time is reported when it is done.
//
// A desk is a layer beside the agent's deliberation, and its last norm: a message that would break a protocol is not sent.
//
//	desk := roles.New()
//	roles.AddContractor(desk, bid, perform)
//	behavior := actors.Compose(actors.Layers{Deliberation: d, Roles: []actors.Behavior{desk}, Norms: []actors.Norm{desk}})
package roles
