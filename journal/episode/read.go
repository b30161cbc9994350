package episode

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/polis-agents/polis/journal"
)

// Read makes decisions of a journal, as Store.Read gives it from the beginning: those of one agent in their order, each as
// soon as it is over. What it holds grows with the agents, not with the run. An error ends it: that of the reading, of ctx,
// or of an entry that is not as docs/journal.md has it, which is named.
func Read(ctx context.Context, entries iter.Seq2[journal.Entry, error], run string) iter.Seq2[*Decision, error] {
	return func(yield func(*Decision, error) bool) {
		r := &reader{run: run, agents: map[string]*agent{}}
		for e, err := range entries {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil {
				if err = r.take(&e); err != nil {
					err = fmt.Errorf("turn %d of %s: %w", e.N, e.Actor, err)
				}
			}
			if err != nil {
				yield(nil, fmt.Errorf("episode: %w", err))
				return
			}
			if !r.give(yield) {
				return
			}
		}
		r.close()
		r.give(yield)
	}
}

// give hands over what is over.
func (r *reader) give(yield func(*Decision, error) bool) bool {
	for _, d := range r.over {
		if !yield(d, nil) {
			return false
		}
	}
	clear(r.over)
	r.over = r.over[:0]
	return true
}

// Write writes decisions, one a line, and says how many.
func Write(w io.Writer, decisions iter.Seq2[*Decision, error]) (n int, err error) {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for d, err := range decisions {
		if err == nil {
			err = out.Encode(d)
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
