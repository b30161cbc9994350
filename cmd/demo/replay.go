package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/journal"
)

// replayCommand does a kept run again from its journal.
type replayCommand struct {
	source
	JSON bool `name:"json" help:"Print one JSON document."`
}

// replayedForm is the document of replay --json.
type replayedForm struct {
	Hash       string       `json:"hash"`                // of the run, from its turns as they are recorded; "": they do not hold
	Same       bool         `json:"same"`                // every turn came out as it is recorded, and the hash is the one that was kept
	Turns      int          `json:"turns"`               // of the world and of the agents
	Recomputed int          `json:"recomputed"`          // turns whose events follow from others
	Given      int          `json:"given"`               // turns whose events were taken as recorded: answers, results, what was set aside
	Wall       float64      `json:"wall"`                // seconds
	Kept       string       `json:"hash_kept,omitempty"` // what the manifest says of a run that came to its end; absent: there is none
	CutOff     bool         `json:"cut_off,omitempty"`   // it did not come to its end: there may have been turns that were not kept
	Differs    *differsForm `json:"differs,omitempty"`   // the first turn that came out otherwise
}

// differsForm is a turn that is not the one recorded.
type differsForm struct {
	Actor      string `json:"actor"`
	Turn       uint64 `json:"turn"`
	What       string `json:"what"` // kind, time, cause, event, effects, place; or torn, altered, missing, repeated
	Recorded   string `json:"recorded,omitempty"`
	Recomputed string `json:"recomputed,omitempty"`
}

// String says it in one line.
func (d *differsForm) String() string {
	at := fmt.Sprintf("%s turn %d", oneLine(d.Actor, 80), d.Turn)
	if d.Recorded == "" && d.Recomputed == "" {
		return fmt.Sprintf("%s is %s", at, d.What)
	}
	return fmt.Sprintf("%s: %s differ: recorded %s, recomputed %s", at, d.What, oneLine(d.Recorded, 160), oneLine(d.Recomputed, 160))
}

// Run carries out the command.
func (c *replayCommand) Run(ctx context.Context, p *process) (err error) {
	k, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	began := time.Now()
	form, err := k.replay(ctx, p)
	if err != nil {
		return err
	}
	form.Wall = time.Since(began).Seconds()
	if c.JSON {
		err = writeJSON(p.stdout, form)
	} else if form.Same {
		same := "the same, turn by turn"
		if form.CutOff {
			same = "it was cut off; up to there every turn is the same"
		}
		_, err = fmt.Fprintf(p.stdout, "%s: %s\n%s: %d recomputed, %d given; %.2f s, nobody was asked\nhash %s\n",
			c.Dir, same, plural(form.Turns, "turn"), form.Recomputed, form.Given, form.Wall, form.Hash)
	}
	if err == nil && !form.Same {
		err = differing(c.Dir, form)
	}
	return err
}

// differing says in one line what did not come out as it is recorded.
func differing(dir string, form *replayedForm) error {
	if d := form.Differs; d != nil {
		return fmt.Errorf("%s: %v", dir, d)
	}
	return fmt.Errorf("%s: every turn is the same, but their hash is %s, and the manifest says %s", dir, form.Hash, oneLine(form.Kept, 80))
}

// replay does all turns again. What differs is no error.
func (k *keptRun) replay(ctx context.Context, p *process) (*replayedForm, error) {
	form := &replayedForm{CutOff: k.state != stateDone && k.state != stateRunning}
	if k.state == stateDone { // else the hash is that of turns which may never have been kept
		form.Kept = k.told.Hash
	}
	epochs, err := p.epochs(ctx, k.store)
	if err != nil {
		return form, k.notFound(form, err)
	}
	all, err := rebuilt(epochs)
	if err != nil {
		return nil, err
	}
	r, err := polis.Replay(ctx, k.store, all...)
	if err != nil {
		return form, k.notFound(form, err)
	}
	form.Hash, form.Turns, form.Recomputed, form.Given = r.Hash, r.Turns, r.Recomputed, r.Given
	form.Same = form.Kept == "" || form.Kept == form.Hash
	return form, nil
}

// notFound notes an error that is about a turn; any other it gives back.
func (k *keptRun) notFound(form *replayedForm, err error) error {
	var differs *journal.Differs
	var broken *journal.Broken
	switch {
	case errors.As(err, &differs):
		form.Differs = &differsForm{differs.Actor, differs.N, differs.What, differs.Recorded, differs.Again}
	case errors.As(err, &broken):
		form.Differs = &differsForm{Actor: broken.Actor, Turn: broken.N, What: broken.Fault.Error()}
	default:
		return fmt.Errorf("%s: %s", k.dir, plainly(err, inFile, inDatabase))
	}
	return nil
}
