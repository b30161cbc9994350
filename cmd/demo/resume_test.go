package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

// outcomeOf is what is kept of a run in a directory, without what differs from run to run: times, directories, and how
// often it was taken up again.
func outcomeOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	kept := map[string]string{}
	for _, name := range []string{"rounds.csv", "agents.csv"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		kept[name] = string(text)
	}
	for _, name := range []string{"manifest.json", "report.json"} {
		var doc map[string]any
		read(t, filepath.Join(dir, name), &doc)
		for _, varies := range []string{"started", "wall_seconds", "dir", "resumed", "courses"} {
			delete(doc, varies)
		}
		for field, value := range doc {
			text, err := json.Marshal(value)
			must(t, err)
			kept[name+" "+field] = string(text)
		}
	}
	return kept
}

// parting is where two texts begin to differ; "": nowhere.
func parting(got, want string) string {
	uncounted := regexp.MustCompile(`(?m)^requests .*$`)
	got, want = uncounted.ReplaceAllString(got, ""), uncounted.ReplaceAllString(want, "")
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return fmt.Sprintf("nothing in line %d, want %q", i+1, b[i])
		case i >= len(b):
			return fmt.Sprintf("%q in line %d, want nothing", a[i], i+1)
		case a[i] != b[i]:
			return fmt.Sprintf("%.300q in line %d, want %.300q", a[i], i+1, b[i])
		}
	}
	return ""
}

// same fails the test where what was kept of two runs differs.
func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s: %s is %s", what, name, parting(got[name], want[name]))
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: there are %q, want %q", what, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

// "kill -9 at several moments then --resume gives the same hash and the same rounds.csv as undisturbed"; and the same
// output, report and manifest, also of the rounds before the kill.
func TestKilledRunGoesOn(t *testing.T) {
	for _, args := range []string{
		"well --rounds 30 --mind 2*steady:1 --mind 1*random --seed 3",
		"well --rounds 30 --pace sequential --mind 3*random",
		"commons --rounds 20 --mind 3*covenant --mind 2*random:0-9 --chaos agent:20% --seed 5",
		"commons --rounds 8 --mind 3*model --mind 2*sustainable",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			words := append(strings.Fields(args), "--plain")
			s := start(t, append([]string{"run", "--out", "whole"}, words...)...)
			story, code := s.exit(t)
			if code != exitDone {
				t.Fatalf("exit %d, %s", code, s.stderr.String())
			}
			want := outcomeOf(t, filepath.Join(s.dir, "whole"))
			unit := "round %d "
			if strings.HasPrefix(args, "commons") {
				unit = "month %2d "
			}
			for _, at := range []int{1, 3, 6} {
				dir := fmt.Sprint("killed", at)
				k := startIn(t, s.dir, append([]string{"run", "--delay", "5ms", "--out", dir}, words...)...)
				k.until(t, fmt.Sprintf(unit, at))
				must(t, k.Process.Kill())
				k.exit(t)
				r := startIn(t, s.dir, "run", "--resume", dir, "--plain")
				got, code := r.exit(t)
				if code != exitDone || r.stderr.Len() > 0 {
					t.Fatalf("killed at %d, resumed: exit %d, %s", at, code, r.stderr.String())
				}
				if line := parting(got, strings.ReplaceAll(story, "whole", dir)); line != "" {
					t.Errorf("killed at %d: it says %s", at, line)
				}
				outcome := outcomeOf(t, filepath.Join(s.dir, dir))
				if strings.Contains(args, "model") { // an answer that was on its way is asked for, and paid for, twice
					for _, name := range []string{"manifest.json model_usage", "manifest.json record", "report.json models"} {
						outcome[name] = want[name]
					}
				}
				same(t, dir, outcome, want)
				if _, err := os.Stat(filepath.Join(s.dir, dir, unfinished)); err == nil {
					t.Error("something unfinished is left")
				}
			}
		})
	}
}

// startIn is start in a directory that is there.
func startIn(t *testing.T, dir string, args ...string) *started {
	t.Helper()
	return startProgram(t, dir, "demo", args...)
}

// A run that is killed again and again comes to its end all the same.
func TestRunThatIsKilledManyTimes(t *testing.T) {
	s := start(t, "run", "well", "--rounds", "40", "--mind", "3*random", "--quiet", "--out", "whole")
	if _, code := s.exit(t); code != exitDone {
		t.Fatal(s.stderr.String())
	}
	k := startIn(t, s.dir, "run", "well", "--rounds", "40", "--mind", "3*random", "--plain", "--delay", "5ms", "--out", "killed")
	for at := range 4 {
		k.until(t, fmt.Sprintf("round %d ", 2+8*at))
		must(t, k.Process.Kill())
		k.exit(t)
		k = startIn(t, s.dir, "run", "--resume", "killed", "--plain", "--delay", "5ms")
	}
	if _, code := k.exit(t); code != exitDone {
		t.Fatal(k.stderr.String())
	}
	same(t, "killed four times", outcomeOf(t, filepath.Join(s.dir, "killed")), outcomeOf(t, filepath.Join(s.dir, "whole")))
	var m manifest
	read(t, filepath.Join(s.dir, "killed", "manifest.json"), &m)
	if m.Resumed != 4 {
		t.Errorf("resumed %d times", m.Resumed)
	}
}

// "Interrupted runs (SIGINT) are resumable too", with the events that were asked for.
func TestInterruptedRunGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "well", "--rounds", "40", "--mind", "3*random", "--out", "whole", "--events", "--quiet").ok(t)
	ctx, cancel := context.WithCancel(t.Context())
	stdout, stderr := &trigger{text: "round 3 ", call: cancel}, &bytes.Buffer{}
	p := newProcess(stdout, stderr, "run", "well", "--rounds", "40", "--mind", "3*random", "--delay", "2ms", "--events", "--out", "kept")
	if code := p.run(ctx); code != exitInterrupted {
		t.Fatalf("exit %d, stderr %q", code, stderr)
	}
	var doc, want result
	strict(t, try(t, "run", "--resume", "kept", "--json").ok(t), &doc)
	same(t, "interrupted", outcomeOf(t, "kept"), outcomeOf(t, "whole"))
	if res, err := resultOf("whole"); err != nil || doc.Hash != res.Hash || doc.Interrupted {
		t.Errorf("%+v, %v", doc, err)
	}
	if text, err := os.ReadFile("kept/events.jsonl"); err != nil || strings.Count(string(text), `"round-ended"`) != 40 {
		t.Errorf("%d rounds in events.jsonl, %v", strings.Count(string(text), `"round-ended"`), err)
	}
	// A run that is over: nothing is left to do, and its result is told again.
	strict(t, try(t, "run", "--resume", "kept", "--json").ok(t), &want)
	if want.Hash != doc.Hash || len(want.Metrics) != len(doc.Metrics) || want.Metrics[0] != doc.Metrics[0] {
		t.Errorf("%+v, want %+v", want, doc)
	}
	before := contents(t, "kept")
	if out := try(t, "run", "--resume", "kept").ok(t); out != "kept: it has come to its end already, nothing is left to do\nhash "+doc.Hash+"\n" {
		t.Errorf("%s", out)
	}
	if contents(t, "kept") != before {
		t.Error("it was touched")
	}
}

// "Two resumes at once: the second is refused before it writes", as is one beside the run itself.
func TestOneWriterAtATime(t *testing.T) {
	s := start(t, "run", "well", "--rounds", "1000000", "--delay", "1ms", "--out", "kept")
	s.until(t, "round 3 ")
	t.Chdir(s.dir)
	try(t, "run", "--resume", "kept").oneLine(t, exitUsage, `--resume "kept": another process is running it`)
	must(t, s.Process.Kill())
	s.exit(t)
	r := startIn(t, s.dir, "run", "--resume", "kept", "--plain", "--delay", "1ms")
	r.until(t, "round 4 ")
	try(t, "run", "--resume", "kept").oneLine(t, exitUsage, `--resume "kept": another process is running it`)
	must(t, r.Process.Signal(os.Interrupt))
	if _, code := r.exit(t); code != exitInterrupted {
		t.Errorf("exit %d, %s", code, r.stderr.String())
	}
}

// What a run does was ordered when it began.
func TestFlagsBesideResume(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "well", "--quiet", "--out", "kept").ok(t)
	before := contents(t, ".")
	for _, flag := range []string{"--agents 3", "--rounds 9", "--seed 1", "--runs 1", "--pace rounds", "--mind random", "--set litres=3", "--model builtin", "--model-limit queue=3",
		"--chaos agent:3%", "--tick 1s", "--deadline 1s", "--out none", "--out other"} {
		name, _, _ := strings.Cut(flag, " ")
		try(t, append([]string{"run", "--resume", "kept"}, strings.Fields(flag)...)...).oneLine(t, exitUsage, name+" beside --resume: the run has what it was ordered with; accepted are --journal, --delay, --events, --watch, --json, --plain, --quiet, --metrics, --otel, --otel-content, --log-level")
	}
	try(t, "run", "well", "--resume", "kept").oneLine(t, exitUsage, "a scenario beside --resume")
	if contents(t, ".") != before {
		t.Error("something was changed")
	}
}

// Of two who take a run at once, one gets it.
func TestOneTakesARun(t *testing.T) {
	dir := t.TempDir()
	first, err := reopenDirectory(dir)
	must(t, err)
	if _, err := reopenDirectory(dir); !errors.Is(err, errHeld) {
		t.Errorf("the second got it too: %v", err)
	}
	first.discard()
	second, err := reopenDirectory(dir)
	must(t, err)
	second.discard()
	if got := tree(t, dir); len(got) > 0 {
		t.Errorf("left behind: %q", got)
	}
}

// "Full disk: … exit 1; the directory can be resumed when the disk has room again."
func TestFullDiskHasRoomAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	args := []string{"run", "commons", "--rounds", "40", "--mind", "5*sustainable", "--plain", "--log-level", "off"}
	hash := shown(try(t, append(args, "--out", "whole")...).ok(t), "hash")
	out := try(t, append(args, "--out", "kept", "--chaos", "journal:full")...)
	var m kept
	if read(t, "kept/manifest.json", &m); out.code != exitFailed || m.Status != "failed" || !strings.Contains(out.stderr, "full") {
		t.Fatalf("exit %d, %s, %s", out.code, m.Status, out.stderr)
	}
	if got := try(t, "run", "--resume", "kept", "--plain").ok(t); shown(got, "hash") != hash {
		t.Errorf("%s", got)
	}
}

// A run that could not even begin leaves no journal.
func TestRunsThatCannotBegin(t *testing.T) {
	t.Chdir(t.TempDir())
	s := well
	s.Build = func(o polis.Order) (polis.Society, error) {
		society, err := buildWell(o)
		society.Agents[0].Behavior = nil
		return society, err
	}
	var stdout, stderr bytes.Buffer
	p := newProcess(&stdout, &stderr, "run", "well", "--runs", "2", "--journal", "sqlite", "--out", "kept", "--quiet")
	p.scenarios = []polis.Scenario{s}
	if code := p.run(t.Context()); code != exitFailed || !strings.Contains(stderr.String(), `agent "ada" has no behavior`) {
		t.Errorf("exit %d, %s", code, stderr.String())
	}
	if got := strings.Join(tree(t, "kept"), " "); strings.Contains(got, "run.db") || strings.Contains(got, "seed-") {
		t.Errorf("left behind: %s", got)
	}
}

// Who joined a run while it lived is there again when it is replayed, taken up or forked.
func TestWhoJoinedIsThereAgain(t *testing.T) {
	p := newProcess(io.Discard, io.Discard)
	pl := planned(t, "commons", "--rounds", "6", "--mind", "5*sustainable")
	store := journal.NewMemory()
	society, err := pl.build()
	must(t, err)
	var running *polis.Running
	ready := make(chan struct{})
	cfg := pl.configure(store, func(event any) {
		<-ready
		if e, ok := event.(environment.RoundEnded); ok && e.Round == 2 {
			a, err := pl.scenario.Newcomer(pl.order, polis.Mind{Name: "greedy"}, 2)
			if err = errors.Join(err, running.Join(a)); err != nil {
				t.Error(err)
			}
		}
	})
	running, err = polis.Start(t.Context(), society, cfg)
	must(t, err)
	close(ready)
	rep, err := running.Wait()
	must(t, err)
	epochs, err := p.epochs(t.Context(), store)
	must(t, err)
	all, err := rebuilt(epochs)
	must(t, err)
	r, err := polis.Replay(t.Context(), store, all...)
	must(t, err)
	if r.Hash != rep.Hash || len(rep.Interventions) != 1 {
		t.Errorf("%+v, want %+v", r, rep)
	}
	if _, err := pl.again("Nobody", "greedy"); err == nil {
		t.Error("Nobody came")
	}
	if _, err := planned(t, "well").again("dan", "steady:1"); err == nil {
		t.Error("somebody came to a scenario that nobody can join")
	}
}

// A run is over when its journal says so too: a manifest alone is not believed.
func TestRunThatOnlyItsManifestCallsDone(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T)
		names  string
	}{
		"cut off": {func(t *testing.T) { must(t, os.Truncate("kept/run.db", 5000)) }, "not a journal: it is cut off: 5000 bytes"},
		"newer": {func(t *testing.T) {
			execute(t, "kept", "INSERT INTO goose_db_version(version_id, is_applied) VALUES (999, 1)")
		}, "version 999"},
		"without its end": {func(t *testing.T) {
			execute(t, "kept", "DELETE FROM entries WHERE actor = 'society' AND kind = 'ended'")
		},
			`kept: its manifest says that it came to its end, its journal does not: the last that the society did is "round-ended"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			try(t, "run", "well", "--quiet", "--out", "kept").ok(t)
			c.change(t)
			before := contents(t, "kept")
			try(t, "run", "--resume", "kept").oneLine(t, exitFailed, c.names)
			if contents(t, "kept") != before {
				t.Error("it was changed")
			}
		})
	}
}

// execute changes the journal of a kept run.
func execute(t *testing.T, dir, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, journalFile))
	must(t, err)
	_, err = db.Exec(statement)
	must(t, err, db.Close())
}

// A process that is killed between manifest and report leaves a run that is over, and no report: it is written.
func TestReportThatWasNotWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "well", "--quiet", "--out", "kept").ok(t)
	before := contents(t, "kept")
	for _, missing := range []string{"report.html", "report.json"} {
		must(t, os.Rename("kept/"+missing, "kept/"+missing+".partial"), os.Mkdir("kept/.partial", 0o777), os.WriteFile("kept/.partial/lock", nil, 0o666))
		if out := try(t, "run", "--resume", "kept").ok(t); !strings.HasSuffix(out, "\nits report was not whole, and has been written: kept/report.html\n") {
			t.Error(out)
		}
		if contents(t, "kept") != before {
			t.Errorf("without %s: %q", missing, tree(t, "kept"))
		}
	}
	must(t, os.WriteFile("kept/report.html.partial", nil, 0o666))
	try(t, "run", "--resume", "kept", "--json").ok(t)
	must(t, os.Mkdir("kept/.partial", 0o777))
	if out := try(t, "run", "--resume", "kept").ok(t); strings.Contains(out, "report") || contents(t, "kept") != before {
		t.Errorf("%s, %q", out, tree(t, "kept"))
	}
}

// What stands in a manifest is shown, and steers no terminal.
func TestManifestOfSomebodyElse(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "well", "--quiet", "--out", "kept").ok(t)
	const escape = `\u001b]0;owned\u0007\u009b2J\n`
	for _, c := range []struct{ field, with string }{{"hash", `"` + escape + `"`}, {"status", `"` + escape + `"`}} {
		text := regexp.MustCompile(`(?m)^  "`+c.field+`": .*,$`).ReplaceAllLiteralString(fileOf(t, "kept/manifest.json"), `  "`+c.field+`": `+c.with+`,`)
		must(t, os.WriteFile("kept/manifest.json", []byte(text), 0o666))
		for _, command := range []string{"inspect kept", "replay kept", "run --resume kept"} {
			if out := try(t, strings.Fields(command)...); strings.ContainsAny(out.stdout+out.stderr, "\x1b\x07\u009b") || out.stdout+out.stderr == "" {
				t.Errorf("%s with such a %s: %q, %q", command, c.field, out.stdout, out.stderr)
			}
		}
	}
	must(t, os.Mkdir("unkept", 0o777), os.WriteFile("unkept/manifest.json", []byte(`{"journal":"`+escape+`"}`), 0o666))
	if out := try(t, "inspect", "unkept"); out.code != exitUsage || strings.ContainsAny(out.stderr, "\x1b\x07\u009b") || strings.Count(out.stderr, "\n") != 1 {
		t.Errorf("%d, %q", out.code, out.stderr)
	}
}

// What cannot be written is found out before anything is done, and named.
func TestResumeWhereNothingCanBeWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "well", "--quiet", "--out", "kept").ok(t)
	must(t, os.Remove("kept/manifest.json"), os.WriteFile("kept/.partial", nil, 0o666))
	before := contents(t, "kept")
	try(t, "run", "--resume", "kept").oneLine(t, exitUsage, `--resume "kept": not a directory; accepted is the directory of a run that can be written`)
	if contents(t, "kept") != before {
		t.Error("it was changed")
	}
	must(t, os.Remove("kept/.partial"))
	if os.Geteuid() == 0 {
		t.Skip("to root every directory can be written")
	}
	must(t, os.Chmod("kept", 0o555))
	defer os.Chmod("kept", 0o777)
	try(t, "run", "--resume", "kept").oneLine(t, exitUsage, `--resume "kept": permission denied; accepted is the directory of a run that can be written`)
}
