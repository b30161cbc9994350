package polis_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/journal"
)

// bumped is text with its k-th digit raised; ok: there is one, and it may be.
func bumped(text []byte, k int) (out []byte, ok bool) {
	for i, c := range text {
		if c < '1' || c > '8' {
			continue
		}
		if k--; k < 0 {
			out = bytes.Clone(text)
			out[i]++
			return out, true
		}
	}
	return nil, false
}

// rechain sums all turns of an actor again, as somebody would who alters a journal and knows how it is made.
func rechain(all []journal.Entry, actor string) {
	var prev journal.Digest
	for i := range all {
		if all[i].Actor == actor {
			all[i].Digest = all[i].Sum(prev)
			prev = all[i].Digest
		}
	}
}

// "With one byte of one payload altered it names that turn; altered and re-chained, it still names the turn whose recomputed
// effects differ."
func TestReplayNamesWhatWasAltered(t *testing.T) {
	cfg := polis.Config{Seed: 3, Rounds: 4, Journal: journal.NewMemory()}
	want := run(t, crowded(t), cfg)
	all := entriesOf(t, cfg.Journal)
	tried, given := 0, 0
	for i := range all {
		if all[i].Actor == "society" || i%some(len(all), 60) != 0 {
			continue // the society is outside of the hash, and nothing follows from it
		}
		for _, alter := range []func(*journal.Entry, int) bool{
			func(e *journal.Entry, k int) (ok bool) {
				b, ok := bumped(e.Payload, k)
				if ok {
					e.Payload = b
				}
				return ok
			},
			func(e *journal.Entry, k int) (ok bool) {
				b, ok := bumped(e.Effects, k)
				if ok {
					e.Effects = b
				}
				return ok
			},
			func(e *journal.Entry, k int) bool { e.Cause.N++; return k == 0 },
			func(e *journal.Entry, k int) bool { e.Kind = "tick"; return k == 0 && all[i].Kind != "tick" },
			func(e *journal.Entry, k int) bool { e.Logical++; return k == 0 },
		} {
			for k := range 2 {
				for _, chained := range []bool{false, true} {
					got := slices.Clone(all)
					if !alter(&got[i], k) {
						continue
					}
					if chained {
						rechain(got, got[i].Actor)
					}
					tried++
					if chained && takenAsGiven(&all[i]) {
						given++
					}
					if r, err := polis.Replay(t.Context(), prefix(t, got, len(got)), polis.Epoch{Society: crowded(t), Config: cfg}); !names(err, &all[i]) &&
						!(chained && takenAsGiven(&all[i]) && (err != nil || r.Hash != want.Hash)) {
						t.Fatalf("altered, chained again %t, %s:\nnow %s\n%v", chained, show(&all[i]), show(&got[i]), err)
					}
				}
			}
		}
	}
	t.Logf("%d alterations, %d of what is taken as given", tried, given)
}

// takenAsGiven says whether what reached the actor follows from no other turn.
func takenAsGiven(e *journal.Entry) bool {
	return slices.Contains([]string{"answer", "result"}, e.Kind)
}

// names says whether an error names a turn.
func names(err error, e *journal.Entry) bool {
	if d, ok := errors.AsType[*journal.Differs](err); ok {
		return d.Actor == e.Actor && d.N == e.N
	}
	b, ok := errors.AsType[*journal.Broken](err)
	return ok && b.Actor == e.Actor && b.N == e.N
}
