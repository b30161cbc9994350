package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/cmd/demo/lookout"
	"github.com/polis-agents/polis/emergence/stream"
)

// readWatches reads MEASURE[:VARIABLE],…
func readWatches(text string) (all []stream.Watch, err error) {
	for one := range strings.SplitSeq(text, ",") {
		w, err := stream.Parse(strings.TrimSpace(one))
		if err != nil {
			return nil, badUsage("--watch: %s", plainly(err, "stream"))
		}
		if slices.Contains(all, w) {
			return nil, badUsage("--watch: %s twice; accepted is each once", w)
		}
		all = append(all, w)
	}
	if len(all) > stream.MaxWatches {
		return nil, badUsage("--watch: %d measures; accepted are up to %d", len(all), stream.MaxWatches)
	}
	return all, nil
}

// watched is what is to be measured while the run goes on; nil: nobody said.
func (c *runCommand) watched() ([]stream.Watch, error) {
	if c.Watch == "" {
		return nil, nil
	}
	if !c.tells() {
		return nil, badUsage("--watch is shown while a run goes on; accepted is one run without --json and --quiet")
	}
	return readWatches(c.Watch)
}

// watchLines tells readings, a line for each.
func watchLines(readings []stream.Reading) (lines []string) {
	for _, r := range readings {
		lines = append(lines, indented(fmt.Sprintf("watch, round %d: %s", r.Round, cleaned(r.String()))))
	}
	return lines
}

// watchLinesEvery is how many rounds there are between two lines of what is watched.
const watchLinesEvery = 10

// look starts to measure what is watched: that which was asked for, and on a screen else what the scenario recommends.
func (w *watcher) look(pl *plan) error {
	if w.screen == nil && (w.story == nil || pl.watches == nil) {
		return nil
	}
	watches, every := pl.watches, 1
	show := func(readings []stream.Reading) { w.screen.Watch(readings) }
	if watches == nil {
		for _, text := range pl.scenario.Watch {
			one, err := stream.Parse(text)
			if err != nil {
				return err
			}
			watches = append(watches, one)
		}
	}
	if w.screen == nil {
		every = watchLinesEvery
		show = func(readings []stream.Reading) { w.lines.print(watchLines(readings)) }
	}
	if len(watches) == 0 {
		return nil
	}
	var err error
	w.lookout, err = lookout.Open(watches, every, pl.seed, show)
	return err
}
