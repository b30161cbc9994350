package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/experiment"
)

// batch runs several seeds, as many at once as there are threads. A run that fails ends the others.
func (c *runCommand) batch(ctx context.Context, cancel context.CancelCauseFunc, p *process, pl *plan, dir *directory) []outcome {
	outcomes := make([]outcome, pl.runs)
	progress := &progress{total: pl.runs, redraws: p.redraws && !c.Plain, now: p.now, last: p.now()}
	if !c.Quiet {
		progress.w = p.stderr
	}
	todo := make(chan int)
	var workers sync.WaitGroup
	for range min(pl.threads(), pl.runs) {
		workers.Go(func() {
			for i := range todo {
				if ctx.Err() != nil {
					continue // it has not run
				}
				o := c.seed(ctx, cancel, p, pl, dir, i+1)
				if o.rep != nil {
					o.rep.World = nil // measured; a thousand of them would stay in memory
				}
				if outcomes[i] = o; o.err != nil {
					cancel(o.err)
				}
				progress.step()
			}
		})
	}
	for i := range outcomes {
		todo <- i
	}
	close(todo)
	workers.Wait()
	progress.end()
	return outcomes
}

// threads is how many runs live at once. Those that ask the same endpoint do so one after the other: its limit is for
// all of them.
func (pl *plan) threads() int {
	if asks(&pl.society, modelName) {
		return 1
	}
	return runtime.GOMAXPROCS(0)
}

// seed runs one of several seeds, and keeps it.
func (c *runCommand) seed(ctx context.Context, cancel context.CancelCauseFunc, p *process, pl *plan, dir *directory, run int) outcome {
	w := &watcher{fail: cancel, judge: pl.judge(), phases: pl.phases(), society: &pl.society, pace: pl.config.Pace, asks: experiment.NewWatch(pl.scenario.Questions),
		test: emergence.Test{Surrogates: 199, Resamples: -1}} // each run is one sample, whose own interval nobody reads
	one := pl.one(p.program, run)
	sub, err := dir.seed(one.seed, pl.journal.durable())
	defer sub.discard() // what is not kept by then
	if err == nil {
		err = w.record(sub, pl.events, run, one.seed)
	}
	if err != nil {
		return outcome{run: run, seed: one.seed, err: err}
	}
	o := one.once(ctx, p, sub, w)
	if o.rep == nil {
		return o
	}
	res := one.aggregate([]outcome{o})
	res.Dir = sub.path()
	failure := o.err
	if failure == nil && o.interrupted {
		failure = errInterrupted
	}
	o.err = errors.Join(o.err, sub.keep(one.manifest(res, []outcome{o}, p.now(), failure)))
	o.record = o.record.Sums() // the rest is in its own manifest: that of a thousand runs would stay in memory
	return o
}

// progress tells on stderr how many runs are done.
type progress struct {
	mu      sync.Mutex
	w       io.Writer // nil: nobody is told
	redraws bool      // one line that changes; else a line every few seconds
	total   int
	done    int
	last    time.Time
	width   int // of what stands on the line
	now     func() time.Time
}

// step counts a run.
func (p *progress) step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	pause := 5 * time.Second
	if p.redraws {
		pause = 100 * time.Millisecond
	}
	now := p.now()
	if p.w == nil || now.Sub(p.last) < pause {
		return
	}
	p.last = now
	text := fmt.Sprintf("%d of %d runs", p.done, p.total)
	if p.redraws {
		fmt.Fprintf(p.w, "\r%s", text)
		p.width = len(text)
		return
	}
	fmt.Fprintln(p.w, text)
}

// end clears the line.
func (p *progress) end() {
	if p.width > 0 {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.width))
	}
}
