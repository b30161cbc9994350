package journal_test

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/journal"
)

// play is a small journal: a world and two agents, three rounds, every percept caused by the world's last turn.
func play() []journal.Entry {
	var entries []journal.Entry
	heads := map[string]journal.Head{}
	add := func(actor, kind, payload string, cause journal.Cause) {
		h := heads[actor]
		e := journal.Entry{Actor: actor, N: h.Count + 1, Kind: kind, Cause: cause, Payload: []byte(payload), Effects: []byte(`[{"n":1}]`)}
		e.Digest = e.Sum(h.Digest)
		heads[actor] = journal.Head{Actor: actor, Digest: e.Digest, Count: e.N}
		entries = append(entries, e)
	}
	add("world", "started", `null`, journal.Cause{})
	for n := uint64(1); n <= 3; n++ {
		for i, agent := range []string{"agents/kate", "agents/jack"} {
			add(agent, "percept", `{"stock":100}`, journal.Cause{Actor: "world", N: n, Index: i})
		}
		add("world", "action", `{"tons":10}`, journal.Cause{Actor: "agents/kate", N: n})
	}
	return entries
}

func all(entries []journal.Entry) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// TestCheck: a whole journal passes, and so does one actor's part; whatever is done to it is found and named.
func TestCheck(t *testing.T) {
	if err := journal.Check(all(play())); err != nil {
		t.Fatal(err)
	}
	if err := journal.Check(all(nil)); err != nil {
		t.Fatal(err)
	}
	alone := slices.DeleteFunc(play(), func(e journal.Entry) bool { return e.Actor != "agents/kate" })
	if err := journal.Check(all(alone)); err != nil {
		t.Errorf("one actor's turns: %v", err)
	}
	at := func(entries []journal.Entry, actor string, n uint64) int {
		return slices.IndexFunc(entries, func(e journal.Entry) bool { return e.Actor == actor && e.N == n })
	}
	for _, c := range []struct {
		what   string
		damage func(entries []journal.Entry, kate2 int) []journal.Entry
		actor  string
		n      uint64
		fault  error
	}{
		{"a byte of the payload", func(es []journal.Entry, i int) []journal.Entry { es[i].Payload = []byte(`{"stock":101}`); return es }, "agents/kate", 2, journal.ErrAltered},
		{"the effects", func(es []journal.Entry, i int) []journal.Entry { es[i].Effects = []byte(`[]`); return es }, "agents/kate", 2, journal.ErrAltered},
		{"the kind", func(es []journal.Entry, i int) []journal.Entry { es[i].Kind = "outcome"; return es }, "agents/kate", 2, journal.ErrAltered},
		{"the cause", func(es []journal.Entry, i int) []journal.Entry { es[i].Cause.Index++; return es }, "agents/kate", 2, journal.ErrAltered},
		{"the digest", func(es []journal.Entry, i int) []journal.Entry { es[i].Digest[7]++; return es }, "agents/kate", 2, journal.ErrAltered},
		{"altered and summed again", func(es []journal.Entry, i int) []journal.Entry {
			es[i].Payload = []byte(`{"stock":101}`)
			es[i].Digest = es[i].Sum(es[at(es, "agents/kate", 1)].Digest)
			return es
		}, "agents/kate", 3, journal.ErrAltered},
		{"half a payload", func(es []journal.Entry, i int) []journal.Entry { es[i].Payload = es[i].Payload[:5]; return es }, "agents/kate", 2, journal.ErrTorn},
		{"half the effects", func(es []journal.Entry, i int) []journal.Entry { es[i].Effects = es[i].Effects[:5]; return es }, "agents/kate", 2, journal.ErrTorn},
		{"a turn taken out", func(es []journal.Entry, i int) []journal.Entry { return slices.Delete(es, i, i+1) }, "agents/kate", 2, journal.ErrMissing},
		{"a first turn taken out", func(es []journal.Entry, _ int) []journal.Entry { return es[1:] }, "world", 1, journal.ErrMissing},
		{"a last turn, which caused another", func(es []journal.Entry, _ int) []journal.Entry {
			i := at(es, "agents/kate", 3)
			return slices.Delete(es, i, i+1)
		}, "agents/kate", 3, journal.ErrMissing},
		{"a turn twice", func(es []journal.Entry, i int) []journal.Entry { return slices.Insert(es, i, es[i]) }, "agents/kate", 2, journal.ErrRepeated},
		{"two turns exchanged", func(es []journal.Entry, i int) []journal.Entry {
			j := at(es, "agents/kate", 3)
			es[i], es[j] = es[j], es[i]
			return es
		}, "agents/kate", 2, journal.ErrMissing},
		{"two damages: the first is named", func(es []journal.Entry, i int) []journal.Entry {
			es[i].Kind, es[i-1].Kind = "x", "x"
			return es
		}, "world", 2, journal.ErrAltered},
	} {
		entries := play()
		err := journal.Check(all(c.damage(entries, at(entries, "agents/kate", 2))))
		var broken *journal.Broken
		if !errors.As(err, &broken) || broken.Actor != c.actor || broken.N != c.n || !errors.Is(err, c.fault) {
			t.Errorf("%s: got %v, want turn %d of %q %v", c.what, err, c.n, c.actor, c.fault)
			continue
		}
		if !strings.Contains(err.Error(), c.actor) {
			t.Errorf("%s: %q does not name the actor", c.what, err)
		}
	}
}

// TestCheckReturnsTheReadersError: what stops the reading is not taken for damage.
func TestCheckReturnsTheReadersError(t *testing.T) {
	failure := errors.New("disk")
	err := journal.Check(func(yield func(journal.Entry, error) bool) {
		_ = yield(play()[0], nil) && yield(journal.Entry{}, failure)
	})
	if !errors.Is(err, failure) || errors.Is(err, journal.ErrTorn) {
		t.Errorf("got %v", err)
	}
}
