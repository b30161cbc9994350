// Package elfarol is two games of going where the others are not. In the bar everybody wants to go when at most 60 of 100
// do (Arthur, "Inductive reasoning and bounded rationality", American Economic Review 84, 1994; the agents are those of the
// NetLogo model El Farol, Rand and Wilensky 2007). In the minority game who is on the smaller side wins (Challet and Zhang,
// "Emergence of cooperation and organization in an evolutionary game", Physica A 246, 1997).
//
// Town is the world of both: it counts who goes, and shows everybody what has become of the newest weeks. That public
// signal is all that connects the agents: each draws strategies of its own at the start, and uses the one that would have
// done best.
package elfarol
