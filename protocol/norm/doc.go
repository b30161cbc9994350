// Package norm is who may and must do what in a society, and what follows when it is not done: roles in groups, schemes of
// goals, obligations, permissions and prohibitions, sanctions. Organisation is what is declared, after the three parts of
// Moise (Hübner, Sichman, Boissier: "Developing organised multiagent systems using the MOISE+ model", 2007): structure,
// functions, norms. Entity is what becomes of it: who plays what, which goals stand, which norms are in force for whom. The
// life of a norm, and the names of its signals, are those of NPL (Hübner, Boissier, Bordini: "A normative programming language
// for multi-agent organisations", 2011). Assembly is for norms that agents make themselves: proposed, voted on and repealed by
// messages.
//
// Pure: an Entity is told what was said, what happened and how late it is, and answers with signals. Where the sources are
// silent a comment says "choice:".
package norm
