// Package jury holds a society that deliberates against an ensemble that only votes, on cases whose right answer is known
// and with no more to read for one than for the other.
//
// A case is decided by the majority of votes for one of two sides. In independent cases every juror has its own evidence
// (Condorcet, "Essai sur l'application de l'analyse à la probabilité des décisions", 1785): talk can add nothing that votes
// do not. In a hidden profile what all know points to the wrong side and what each knows alone to the right one (Stasser and
// Titus, "Pooling of unshared information in group decision making", JPSP 48, 1985): only who tells can find it. In a cascade
// jurors give their opinions one after the other, and talk hurts (Bikhchandani, Hirshleifer and Welch, "A theory of fads,
// fashion, custom, and cultural change as informational cascades", Journal of Political Economy 100, 1992).
//
// Court is the world: it draws the evidence, deals it out and counts votes. What jurors say to each other it never sees.
package jury
