// Package opinion is how opinions move: the voter model (Holley and Liggett 1975), averaging (DeGroot 1974), and bounded
// confidence (Hegselmann and Krause 2002; Deffuant, Neau, Amblard and Weisbuch 2000), each with results that are known.
//
// An agent holds its own opinion, and decides how it moves. Forum is the world: it lets agents meet in the order that belongs
// to the model, and lets each hear what those it meets have said last.
package opinion
