package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/bridge/telemetry"
	"github.com/polis-agents/polis/cmd/demo/lookout"
	"github.com/polis-agents/polis/cmd/demo/screen"
	"github.com/polis-agents/polis/emergence"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/experiment"
	"github.com/polis-agents/polis/llmadapter"
)

// watcher sees what happens in one run: it tells people and fills the files. It is called for one event at a time.
type watcher struct {
	story   *story         // nil: nobody is told
	lines   *lines         // where the story goes
	tables  *tables        // nil: nothing is kept
	notes   *notebook      // likewise
	owed    *owed          // likewise
	phases  []string       // of a round
	society *polis.Society // nil: what its agents owe each other is not followed
	pace    environment.Pace
	events  *eventLog               // nil: not asked for
	screen  *screen.Screen          // nil: nothing is drawn
	asks    *experiment.Watch       // what the scenario asks of the run; nil: nothing
	test    emergence.Test          // how that is tested
	lookout *lookout.Lookout        // nil: nothing is measured meanwhile
	judge   *judge                  // of the model; nil: none is asked
	shown   *telemetry.Run          // to instruments; nil: there are none
	fail    context.CancelCauseFunc // ends the run when files cannot be written; nil: it goes on
	err     error                   // the first
}

// record opens the files of one run.
func (w *watcher) record(dir *directory, events bool, run int, seed uint64) error {
	if dir == nil {
		return nil
	}
	var err error
	w.notes = newNotebook(w.phases)
	if w.tables, err = newTables(dir, run, seed); err == nil && events {
		w.events, err = newEventLog(dir)
	}
	if err == nil && w.society != nil {
		w.owed, err = newOwed(dir, w.society, w.pace, run, seed)
	}
	return err
}

// watches says whether there is anybody to tell.
func (w *watcher) watches() bool {
	return w.story != nil || w.tables != nil || w.events != nil || w.screen != nil || w.judge != nil || w.asks != nil
}

// observe sees one event. It runs inside a turn of the world or of an agent, so its own failures are kept from them.
func (w *watcher) observe(event any) {
	defer func() {
		if v := recover(); v != nil {
			w.failed(fmt.Errorf("internal error: %v", v))
		}
	}()
	if w.err != nil {
		return
	}
	if w.screen != nil {
		w.screen.Observe(event)
	}
	if w.story != nil {
		w.lines.print(w.story.see(event))
	}
	if w.lookout != nil {
		w.lookout.Observe(event)
	}
	if ended, ok := event.(environment.RoundEnded); ok && w.tables != nil {
		w.failed(w.tables.see(ended))
	}
	if w.notes != nil {
		w.notes.see(event)
	}
	if w.owed != nil {
		w.failed(w.owed.see(event))
	}
	if w.asks != nil {
		w.asks.See(event)
	}
	if w.events != nil {
		w.failed(w.events.see(event))
	}
	switch e := event.(type) {
	case llmadapter.Ended:
		w.failed(w.judge.see(e))
	case polis.Resumed:
		if w.judge != nil {
			w.judge.past = false
		}
	}
}

func (w *watcher) failed(err error) {
	if err == nil || w.err != nil {
		return
	}
	if w.err = err; w.fail != nil {
		w.fail(err)
	}
}

// close ends the story and the files.
func (w *watcher) close() error {
	if w.story != nil {
		w.lines.print(w.story.rest())
	}
	if w.lookout != nil {
		w.lookout.Close()
	}
	err := w.err
	if w.screen != nil {
		err = errors.Join(err, w.screen.Close())
	}
	if w.tables != nil {
		err = errors.Join(err, w.tables.close())
	}
	if w.owed != nil {
		err = errors.Join(err, w.owed.close())
	}
	if w.events != nil {
		err = errors.Join(err, w.events.close())
	}
	return err
}

// run lets a society live. Where it is drawn, keys can change it.
func (w *watcher) run(ctx context.Context, pl *plan, s polis.Society, c polis.Config) (*polis.Report, error) {
	running, err := pl.start(ctx, s, c)
	if err != nil {
		return nil, err
	}
	if pl.lives != nil {
		pl.lives()
	}
	if w.screen != nil {
		w.screen.Control(running)
	}
	if w.shown != nil {
		w.shown.Watch(running)
	}
	rep, err := running.Wait()
	if w.screen != nil && err == nil {
		w.screen.Rest(ctx, c.Delay) // the last round is seen as long as any other
	}
	return rep, err
}
