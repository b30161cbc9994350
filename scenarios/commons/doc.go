// Package commons is a lake that a few people fish in, month after month: the fishery of GovSim (Piatti et al.,
// "Cooperate or Collapse", NeurIPS 2024, arXiv 2404.16698) by its published rules. What is left in the lake at the end
// of a month doubles, up to what the lake can hold; when too little is left, the lake collapses and all is over. Who
// takes no more than a fair share can do so for ever. Nobody has to.
//
// Lake is the world: plain Go, and a model of how to write one. The minds are rules, from those that never look up
// (fixed, random) to those that remember what others did (reciprocal) or agreed to (covenant). The results of the
// simple ones are known exactly and are the tests of this package.
package commons
