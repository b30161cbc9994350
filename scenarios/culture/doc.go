// Package culture is the model of Axelrod ("The dissemination of culture", Journal of Conflict Resolution 41, 1997): agents
// on a grid are the more likely to take a trait over from a neighbour the more they have in common already, and differences
// last all the same.
//
// Land is the world: it says who meets whom, shows the two cultures, and carries traits over. Whether an agent takes one,
// and which, is the agent's.
package culture
