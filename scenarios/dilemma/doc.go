// Package dilemma is the two games in which what is best for each is not best for all. In the iterated prisoner's
// dilemma (game ipd) everybody plays everybody, turn after turn, and either cooperates or defects: Axelrod's tournament,
// whose pair scores are known exactly. In the linear public good (game pgg) the members of a group give to a common
// pool, which pays everybody alike; they may be able to punish each other, at a cost of their own (Fehr and Gächter,
// "Altruistic punishment in humans", Nature 415, 2002).
//
// Tournament and Group are the worlds. The minds are the strategies of the literature, and a few members of groups who
// are as simple. What comes of them is known, and is the test of this package.
package dilemma
