package episode_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/episode"
)

// over gives entries as a store would.
func over(all []journal.Entry) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// play is a small run, written by hand: kate perceives twice, and acts in the second round with what a model could not say.
func play() []journal.Entry {
	kate := "agents/kate"
	percept := func(round int) []byte {
		return fmt.Appendf(nil, `{"choice":true,"phase":"day","round":%d,"view":{"type":"level","value":%d}}`, round, 10*round)
	}
	said := `{"act":"inform","content":null,"conversation":"","receivers":["ben"],"sender":"kate"}`
	return []journal.Entry{
		{Actor: "society", N: 1, Kind: "begun", Payload: []byte(`{"config":{"scenario":"well","seed":18446744073709551615},"deciders":{"kate":"a model"}}`)},
		{Actor: kate, N: 1, Kind: "started", Payload: []byte("null"), Digest: journal.Digest{1}},
		{Actor: kate, N: 2, Kind: "percept", Payload: percept(1), Effects: []byte(`[{"send":` + said + `}]`), Digest: journal.Digest{2}},
		{Actor: "society", N: 2, Kind: "round-ended", Payload: []byte(`{"agents":[{"name":"kate","reward":0.5}],"round":1}`)},
		{Actor: kate, N: 3, Kind: "message", Payload: []byte(said), Digest: journal.Digest{3}},
		{Actor: kate, N: 4, Kind: "percept", Payload: percept(2), Effects: []byte(`[{"ask":{}}]`), Digest: journal.Digest{4}},
		{Actor: kate, N: 5, Kind: "answer", Payload: []byte(`{}`), Effects: []byte(`[{"act":{"type":"draw","value":1},"mark":"fallback","why":"gone"},{"act":{"type":"draw","value":2}}]`)},
		{Actor: "world", N: 1, Kind: "action", Cause: journal.Cause{Actor: kate, N: 5}, Payload: []byte(`{"action":"draw"}`), Effects: []byte(`[{"outcome":{"action":"draw","value":null},"to":"kate"}]`)},
		{Actor: "world", N: 2, Kind: "quarantined", Cause: journal.Cause{Actor: kate, N: 5, Index: 1}, Payload: []byte(`{"event":{"action":"draw"},"kind":"action"}`), Effects: []byte(`[{"outcome":{"action":"draw","reason":"world-failed"},"to":"kate"}]`)},
		{Actor: "society", N: 3, Kind: "round-ended", Payload: []byte(`{"agents":[{"name":"kate","reward":"NaN"}],"round":2}`)},
		{Actor: kate, N: 6, Kind: "stopping", Payload: []byte("null"), Effects: []byte(`[{"act":{"type":"draw","value":9}}]`)},
		{Actor: "society", N: 4, Kind: "ended", Payload: []byte(`{}`)},
	}
}

// Two decisions, as they should be written.
func TestSmallRun(t *testing.T) {
	var out bytes.Buffer
	n, err := episode.Write(&out, episode.Read(t.Context(), over(play()), "r<1>"))
	if err != nil || n != 2 {
		t.Fatal(n, err)
	}
	zeros := strings.Repeat("0", 62)
	said := `{"act":"inform","content":null,"conversation":"","receivers":["ben"],"sender":"kate"}`
	want := `{"schema":"polis.episode/1","run":"r<1>","scenario":"well","seed":18446744073709551615,"agent":"kate","step":0,"turn":2,"state":"01` + zeros +
		`","round":1,"phase":"day","time_ns":0,"choice":true,"percept":{"type":"level","value":10},"messages":[],"outcomes":[],"action":null,"said":[` + said +
		`],"decided_by":"a model","reward":0.5,"done":false}
{"schema":"polis.episode/1","run":"r<1>","scenario":"well","seed":18446744073709551615,"agent":"kate","step":1,"turn":4,"state":"03` + zeros +
		`","round":2,"phase":"day","time_ns":0,"choice":true,"percept":{"type":"level","value":20},"messages":[` + said +
		`],"outcomes":[],"action":{"name":"draw","value":{"type":"draw","value":1},"mark":"fallback","why":"gone","outcome":{"action":"draw","value":null}},` +
		`"further":[{"name":"draw","value":{"type":"draw","value":2},"outcome":{"action":"draw","reason":"world-failed"}}],"said":[],"decided_by":"rules","reward":null,"done":true}
`
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", out.String(), want)
	}
}

// The end of who is stopped by supervision, of whom nobody has heard again, and of a reader that has enough.
func TestEnds(t *testing.T) {
	all := play()
	stopped := append(all[:6:6], journal.Entry{Actor: "society", N: 9, Kind: "failed", Payload: []byte(`{"actor":"agents/kate","decision":"stop"}`)})
	for name, c := range map[string]struct {
		entries   []journal.Entry
		done, cut bool
	}{"stopped": {stopped, true, false}, "killed": {all[:6], false, true}, "ended": {append(all[:6:6], all[11]), true, false}} {
		var last *episode.Decision
		for d, err := range episode.Read(t.Context(), over(c.entries), "") {
			if err != nil {
				t.Fatal(err)
			}
			last = d
		}
		if last == nil || last.Done != c.done || last.Cut != c.cut {
			t.Errorf("%s: %+v", name, last)
		}
	}
	for range episode.Read(t.Context(), over(all), "") {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := episode.Write(&bytes.Buffer{}, episode.Read(ctx, over(all), "")); err == nil {
		t.Error("nobody waits any more, and it goes on")
	}
	torn := all
	torn[2].Payload = []byte(`{"choice":`)
	if _, err := episode.Write(&bytes.Buffer{}, episode.Read(t.Context(), over(torn), "")); err == nil || !strings.Contains(err.Error(), "turn 2 of agents/kate") {
		t.Error(err)
	}
}

// A reward is of its round: one that comes when the agent is in another is nobody's.
func TestRewardOfAnotherRound(t *testing.T) {
	all := append(play()[:3:3], journal.Entry{Actor: "society", N: 2, Kind: "round-ended", Payload: []byte(`{"agents":[{"name":"kate","reward":9},{"name":"zoe","reward":9}],"round":7}`)})
	for d, err := range episode.Read(t.Context(), over(all), "") {
		if err != nil || d.Reward != nil {
			t.Errorf("%+v, %v", d, err)
		}
	}
}

// Whatever a journal says, there are lines, or an error that names the turn.
func FuzzRead(f *testing.F) {
	text, _ := json.Marshal(play())
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		var all []journal.Entry
		if json.Unmarshal(text, &all) != nil {
			return
		}
		var out bytes.Buffer
		n, err := episode.Write(&out, episode.Read(t.Context(), over(all), "run"))
		if lines := bytes.Count(out.Bytes(), []byte("\n")); err == nil && lines != n {
			t.Errorf("%d lines, %d are said to be", lines, n)
		}
	})
}
