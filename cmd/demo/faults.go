package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/polis-agents/polis"
)

// checkChaos says which of the faults that were asked for cannot happen in this run.
func (c *runCommand) checkChaos(pl *plan) error {
	switch f := &pl.config.Chaos; {
	case f.Adapters > 0 && len(pl.society.Models) == 0:
		return badUsage("--chaos %q: nobody is asked; accepted is adapter:P%% with --mind model or person", pl.chaos)
	case f.Journal != "" && pl.journal.kind == unkept:
		return badUsage("--chaos %q: the run keeps no journal; accepted is journal:… with --journal memory", pl.chaos)
	case f.Journal == polis.JournalFull && pl.journal.kind == inMemory:
		return badUsage("--chaos %q: the journal is in memory; accepted is journal:full with a journal on a disk", pl.chaos)
	case f.Process > 0 && (pl.journal.kind == inMemory || pl.journal.kind == unkept):
		return badUsage("--chaos %q: nothing would be left to go on with; accepted is process:N with a journal on a disk", pl.chaos)
	}
	return nil
}

// tellLeft names on stderr, one in a line, what did not end when its run did.
func tellLeft(w io.Writer, outcomes []outcome) {
	for i := range outcomes {
		if o := &outcomes[i]; o.rep != nil && o.rep.NotStopped != nil {
			for line := range strings.SplitSeq(o.rep.NotStopped.Error(), "\n") {
				fmt.Fprintf(w, "demo: seed %d: left behind: %s\n", o.seed, strings.TrimPrefix(line, "engine: "))
			}
		}
	}
}
