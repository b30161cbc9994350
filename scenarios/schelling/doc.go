// Package schelling is the grid of Schelling ("Dynamic models of segregation", Journal of Mathematical Sociology 1, 1971):
// two kinds of agents, each content with being in the minority as long as it is not too small, come to live apart.
//
// Grid is the world: who lives where. It moves those that ask, and shows each agent its own neighbours and nothing else.
// What an agent wants is in the agent. The rules follow the NetLogo model Segregation (Wilensky 1997).
package schelling
