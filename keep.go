package polis

import (
	"context"
	"errors"

	"github.com/polis-agents/polis/journal"
)

// openJournal decides how turns are kept.
func (r *Running) openJournal() {
	r.recorder = &journal.Recorder{Digest: !r.cfg.Undigested}
	if r.cfg.Journal != nil {
		r.recorder = journal.NewRecorder(r.cfg.Journal, journal.Options{Failed: func(err error) { r.unkept <- err }})
	}
	r.recorder.Log = r.cfg.Log
}

// await waits until the beginning of the record is kept, so that whatever then happens can be taken up again: also when the
// process is killed before anybody has had a turn. A store that does not keep it ends the run by itself.
func (r *Running) await() {
	if r.recorder.Writer == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.patience())
	defer cancel()
	_ = r.recorder.Writer.Settle(ctx)
}

// closeJournal waits, after the last turn, until all turns are kept. The store stays open: it is the caller's.
func (r *Running) closeJournal() error {
	if r.recorder == nil || r.recorder.Writer == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.patience())
	defer cancel()
	return r.recorder.Writer.Close(ctx)
}

// halt makes the end of the record the end of the run, instead of the failures of turns that came of it.
func (r *Running) halt(ctx context.Context, err error) {
	var halted *journal.Halted
	switch {
	case err == nil:
	case errors.As(r.err, &halted):
		r.err = errors.Join(ctx.Err(), err)
	default:
		r.err = errors.Join(r.err, err)
	}
}
