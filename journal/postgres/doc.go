// Package postgres keeps the journals of many runs in one PostgreSQL database, for societies that live on several nodes.
//
// Every node opens the same run and appends the turns of the actors it hosts. Appends of one run follow each other, in one
// order that every reader sees; if two nodes believe that they own the same actor, the first append wins, and the other gets
// a *journal.Conflict. A server that restarts is waited for; an append that was cut off is looked for before it is made again.
//
// The tables are in the schema polis, see docs/journal.md.
package postgres
