// Package episode makes training data of a run: one line of JSON for every decision of every agent, with what it perceived
// and heard, what it did and said, what came of it, and what it was worth where the world says so. It reads nothing but the
// journal, and knows its form (docs/journal.md), not the Go types of a scenario.
package episode
