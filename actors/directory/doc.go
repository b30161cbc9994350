// Package directory is how agents find one another: the white pages of a society (the AMS: who lives) and its yellow pages (the
// DF: who does what), after FIPA00023. Both are agents of the society, named "ams" and "df" by convention, that serve by
// fipa-request and tell of changes by fipa-subscribe; AddClient is the other side.
//
// An entry belongs to the agent whose name it has: nobody else changes it, unless Config.Permit allows it. It is there until its
// lease is over. What is asked comes from agents and is checked: every size is bounded, and what is wrong is answered with the
// exception of the standard.
package directory
