// Package network measures who interacted with whom: density, reciprocity, clustering, paths, centrality and communities
// of a [Graph]. Pure functions; what draws by chance takes its source.
//
// A function that can fail returns its value with an error, read in one way. Nil: the value stands. A [Warning]: the
// value stands by a convention that the warning names (paths of a graph in pieces are those that exist), and whoever
// prints the value prints the warning beside it. Anything else: there is no value; the error names what was given and
// what is accepted.
//
// A number of a graph says little alone: a random graph with the same degrees clusters and has communities too. Hold
// it against graphs rewired with all degrees kept. Louvain's method and betweenness are gonum's; density, reciprocity,
// clustering, assortativity, centralisation and paths without weights, which it lacks or buries in all-pairs tables, are
// ours.
package network
