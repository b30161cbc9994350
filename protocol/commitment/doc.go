// Package commitment keeps account of what agents owe each other by what they have said. A social commitment, C(debtor,
// creditor, antecedent, consequent), is public (Singh 1999; its life cycle after Telang and Singh 2011): it is part of no
// agent's memory but follows from the messages that were sent, the facts of the world and the clock. An Observer that is
// told these, and nothing else, knows at every moment who owes what to whom, and of every broken promise whose it was and
// when it was broken.
//
// Where the sources leave a choice, a comment that begins with "choice:" says which was made.
//
// Pure: an Observer has no clock and no goroutine, and must be told one thing at a time.
package commitment
