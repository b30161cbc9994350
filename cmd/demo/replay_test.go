package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/journal/sqlite"
)

// "Are every turn and the run hash the same?"
func TestReplay(t *testing.T) {
	t.Chdir(t.TempDir())
	for i, args := range []string{
		"well --mind 2*steady:1 --mind random", "well --pace sequential", "commons --mind 3*covenant --mind 2*random:0-20 --chaos agent:20%",
		"commons --mind 4*model --mind 1*greedy --rounds 5", "commons --set newcomer=greedy@3", "well --mind 2*steady:1 --mind broken --log-level off",
		"commons --pace realtime --tick 5ms --rounds 4", "commons --pace simulated --rounds 4",
	} {
		dir := fmt.Sprint("kept", i)
		out := try(t, append([]string{"run", "--out", dir, "--plain"}, strings.Fields(args)...)...)
		if out.code != exitDone {
			t.Fatalf("%s: %s", args, out.stderr)
		}
		before := contents(t, dir)
		text := try(t, "replay", dir).ok(t)
		if !strings.HasPrefix(text, dir+": the same, turn by turn\n") || !strings.HasSuffix(text, "hash "+shown(out.stdout, "hash")+"\n") {
			t.Errorf("%s: %s", args, text)
		}
		var form replayedForm
		strict(t, try(t, "replay", dir, "--json").ok(t), &form)
		if !form.Same || form.Hash != shown(out.stdout, "hash") || form.Turns != form.Recomputed+form.Given || form.Recomputed == 0 || form.Differs != nil {
			t.Errorf("%s: %+v", args, form)
		}
		if strings.Contains(args, "model") != (form.Given > 0) && !strings.Contains(args, "broken") && !strings.Contains(args, "realtime") {
			t.Errorf("%s: %d given", args, form.Given)
		}
		if contents(t, dir) != before {
			t.Errorf("%s: replay changed something", args)
		}
	}
}

// "No model call, no network; works without the model endpoint and without a key."
func TestReplayAsksNobody(t *testing.T) {
	t.Chdir(t.TempDir())
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"choices":[{"message":{"role":"assistant","content":"I do not know."},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":4}}`)
	}))
	out := try(t, "run", "commons", "--rounds", "2", "--mind", "2*model:greedy", "--model", "openai:some@"+server.URL+"/v1", "--out", "kept", "--plain", "--log-level", "off")
	hash, asked := shown(out.stdout, "hash"), calls.Load()
	server.Close()
	if out.code != exitDone || asked == 0 {
		t.Fatalf("exit %d, %d calls, %s", out.code, asked, out.stderr)
	}
	if text := try(t, "replay", "kept").ok(t); !strings.Contains(text, hash) || calls.Load() != asked {
		t.Errorf("%d calls, then %d; %s", asked, calls.Load(), text)
	}
}

// tamper changes a turn of a kept run, as somebody might who has a shell of SQLite, and sums it and all after it again
// where that is asked for.
func tamper(t *testing.T, dir, actor string, n uint64, from, to string, chained bool) {
	t.Helper()
	db, err := sql.Open("sqlite", dir+"/run.db")
	must(t, err)
	defer db.Close()
	res, err := db.Exec(`UPDATE entries SET payload = replace(payload, ?, ?), effects = replace(effects, ?, ?) WHERE actor = ? AND n = ?`, from, to, from, to, actor, n)
	must(t, err)
	if rows, err := res.RowsAffected(); err != nil || rows != 1 {
		t.Fatalf("%d turns altered, %v", rows, err)
	}
	if !chained {
		return
	}
	store, err := sqlite.Open(context.Background(), dir+"/run.db", sqlite.Options{ReadOnly: true})
	must(t, err)
	var turns []journal.Entry
	for e, err := range store.Turns(t.Context(), actor, 0) {
		must(t, err)
		turns = append(turns, e)
	}
	must(t, store.Close())
	prev := journal.Digest{}
	for _, e := range turns {
		prev = e.Sum(prev)
		_, err := db.Exec(`UPDATE entries SET digest = ? WHERE actor = ? AND n = ?`, prev[:], actor, e.N)
		must(t, err)
	}
}

// "With one byte of one payload altered it names that turn; altered and re-chained, it still names the turn whose recomputed
// effects differ."
func TestReplayFindsWhatWasAltered(t *testing.T) {
	for _, c := range []struct {
		actor    string
		n        uint64
		from, to string
		chained  bool
		names    string
	}{
		{"agents/Kate", 12, `"tons":10`, `"tons":11`, false, "agents/Kate turn 12"},
		{"agents/Kate", 12, `"tons":10`, `"tons":11`, true, "agents/Kate turn 12: effects differ: recorded "},
		{"world", 12, `"tons":10`, `"tons":90`, false, "world turn 12"},
		{"world", 12, `"tons":10`, `"tons":90`, true, "world turn 12: "},
		{"agents/Kate", 2, `"stock":100`, `"stock":101`, true, "agents/Kate turn 2: "},
	} {
		t.Run(fmt.Sprint(c.actor, c.n, c.chained), func(t *testing.T) {
			t.Chdir(t.TempDir())
			try(t, "run", "commons", "--mind", "5*covenant", "--rounds", "3", "--quiet", "--out", "kept").ok(t)
			tamper(t, "kept", c.actor, c.n, c.from, c.to, c.chained)
			before := contents(t, "kept")
			try(t, "replay", "kept").oneLine(t, exitFailed, "kept: "+c.names)
			out := try(t, "replay", "kept", "--json")
			var form replayedForm
			strict(t, out.stdout, &form)
			if out.code != exitFailed || form.Same || form.Differs == nil || form.Differs.Actor != c.actor || form.Differs.Turn != c.n {
				t.Errorf("exit %d, %s", out.code, out.stdout)
			}
			if contents(t, "kept") != before {
				t.Error("it was changed")
			}
		})
	}
}

// Turns that are all right, and another hash than was kept.
func TestReplayOfACutJournal(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "well", "--quiet", "--out", "kept").ok(t)
	db, err := sql.Open("sqlite", "kept/run.db")
	must(t, err)
	_, err = db.Exec(`DELETE FROM entries WHERE actor = 'agents/ada' AND n = (SELECT max(n) FROM entries WHERE actor = 'agents/ada')`)
	must(t, err, db.Close())
	try(t, "replay", "kept").oneLine(t, exitFailed, "kept: every turn is the same, but their hash is ", "and the manifest says ")
}

// The hash of a run that failed is that of what was lived through, which is more than was kept: nothing is wrong with what was.
func TestReplayOfARunThatFailed(t *testing.T) {
	t.Chdir(t.TempDir())
	if out := try(t, "run", "commons", "--chaos", "journal:error", "--quiet", "--log-level", "off", "--out", "kept"); out.code != exitFailed {
		t.Fatalf("exit %d", out.code)
	}
	if out := try(t, "replay", "kept").ok(t); !strings.HasPrefix(out, "kept: it was cut off; up to there every turn is the same\n") {
		t.Error(out)
	}
	var form replayedForm
	if strict(t, try(t, "replay", "kept", "--json").ok(t), &form); !form.Same || !form.CutOff || form.Kept != "" {
		t.Errorf("%+v", form)
	}
	execute(t, "kept", "UPDATE entries SET digest = zeroblob(32) WHERE actor = 'society' AND n = 1")
	try(t, "replay", "kept").oneLine(t, exitFailed, "kept: society turn 1 is altered")
}

// A run whose order cannot be read: of a newer polis, of a scenario that is not known, or of something else.
func TestJournalsOfOthers(t *testing.T) {
	for _, c := range []struct{ from, to, names string }{
		{`"spec":1`, `"spec":9`, "kept: it was made by a newer polis: its spec has form 9; known here are forms up to 1"},
		{`"scenario":"well"`, `"scenario":"wall"`, `kept: what it was ordered with cannot be done here: unknown scenario "wall", did you mean "well"?`},
		{`"run":1`, `"runs":1`, `kept: its spec is damaged: unknown field "runs"`},
	} {
		t.Chdir(t.TempDir())
		try(t, "run", "well", "--quiet", "--out", "kept").ok(t)
		tamper(t, "kept", society, 1, c.from, c.to, true)
		must(t, os.Remove("kept/manifest.json"))
		before := contents(t, "kept")
		try(t, "replay", "kept").oneLine(t, exitFailed, c.names)
		try(t, "run", "--resume", "kept").oneLine(t, exitFailed, c.names)
		if contents(t, "kept") != before {
			t.Errorf("%s: it was changed", c.to)
		}
	}
	t.Chdir(t.TempDir())
	must(t, os.Mkdir("kept", 0o777))
	store, err := sqlite.Open(t.Context(), "kept/run.db", sqlite.Options{})
	must(t, err)
	e := journal.Entry{Actor: "world", N: 1, Kind: "started", Payload: json.RawMessage("null"), Effects: json.RawMessage("[]")}
	e.Digest = e.Sum(journal.Digest{})
	must(t, store.Append(t.Context(), []journal.Entry{e}), store.Close())
	try(t, "replay", "kept").oneLine(t, exitFailed, "kept: the journal holds no run")
	try(t, "run", "--resume", "kept").oneLine(t, exitFailed, "kept: the journal holds no run")
}
