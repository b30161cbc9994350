// Package polis runs societies of agents: one world, its agents and services under one supervision tree.
//
// A Society says who lives in which world, a Config how the run goes, and Run gives a Report: what became of them, by
// whom it was decided, what failed on the way, and a hash that anyone gets who runs the same again. Everything else is
// in the packages below: actors for what an agent is, environment for what a world is, supervision for what happens
// when something fails.
package polis
