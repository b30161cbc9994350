package main

import "github.com/polis-agents/polis/journal"

// keeping is where turns are recorded, as --journal names it.
type keeping struct {
	kind string // memory or none
}

// Kinds of keeping.
const (
	inMemory = "memory"
	unkept   = "none"
)

// keeping reads where turns are recorded.
func (c *runCommand) keeping(func(string) string) (keeping, error) {
	switch {
	case c.Journal == nil && c.Out != nil && *c.Out == nowhere:
		return keeping{unkept}, nil
	case c.Journal == nil:
		return keeping{inMemory}, nil
	case *c.Journal == inMemory || *c.Journal == unkept:
		return keeping{*c.Journal}, nil
	}
	return keeping{}, unknown("journal", *c.Journal, []string{inMemory, unkept})
}

// inDirectory says whether the journal stands in the directory of its run.
func (k keeping) inDirectory() bool { return false }

// open gives the store of one run; nil: turns are not kept.
func (k keeping) open() journal.Store {
	if k.kind == unkept {
		return nil
	}
	return journal.NewMemory()
}
