package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polis-agents/polis/journal/sqlite"
)

// A run that was killed before anything of it was committed: every command says so, and the directory can be taken.
func TestRunKilledBeforeItBegan(t *testing.T) {
	for name, leave := range map[string]func(t *testing.T){
		"without a journal": func(*testing.T) {},
		"an empty file":     func(t *testing.T) { must(t, os.WriteFile("kept/run.db", nil, 0o666)) },
		"without tables": func(t *testing.T) {
			must(t, os.WriteFile("kept/run.db", nil, 0o666))
			execute(t, "kept", "PRAGMA journal_mode = wal")
		},
		"without a turn": func(t *testing.T) {
			s, err := sqlite.Open(t.Context(), "kept/run.db", sqlite.Options{})
			must(t, err, s.Close())
		},
		"of a fork": func(t *testing.T) {
			must(t, os.Mkdir("kept/original", 0o777), os.WriteFile("kept/original/manifest.json", []byte("{}"), 0o666))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			must(t, os.MkdirAll("kept/.partial", 0o777), os.WriteFile("kept/.partial/lock", nil, 0o666), os.WriteFile("kept/.partial/rounds.csv", []byte("half"), 0o666))
			leave(t)
			for _, command := range []string{"run --resume kept", "inspect kept", "replay kept", "fork kept --at 1", "quarantine kept", "episodes kept"} {
				try(t, strings.Fields(command)...).oneLine(t, exitUsage, `"kept": it was killed before it began; run it again: --out kept takes it`)
			}
			try(t, "run", "well", "--quiet", "--out", "kept").ok(t)
			try(t, "run", "well", "--quiet", "--out", "new").ok(t)
			if got, want := strings.Join(tree(t, "kept"), " "), strings.ReplaceAll(strings.Join(tree(t, "new"), " "), "new", "kept"); got != want {
				t.Errorf("there is %s, want %s", got, want)
			}
			if got, want := fileOf(t, "kept/rounds.csv"), fileOf(t, "new/rounds.csv"); got != want {
				t.Error(parting(got, want))
			}
		})
	}
}

// What holds a turn, or anything else, is never taken.
func TestDirectoryThatIsNotTaken(t *testing.T) {
	for name, leave := range map[string]func(t *testing.T){
		"a turn":         func(t *testing.T) {},
		"another file":   func(t *testing.T) { must(t, os.Remove("kept/run.db"), os.WriteFile("kept/notes", nil, 0o666)) },
		"a damaged file": func(t *testing.T) { must(t, os.Truncate("kept/run.db", 5000)) },
		"no database":    func(t *testing.T) { must(t, os.WriteFile("kept/run.db", []byte("my diary"), 0o666)) },
		"without a stage": func(t *testing.T) {
			must(t, os.Remove("kept/.partial"), os.WriteFile("kept/run.db", nil, 0o666))
		},
		"a log of writes": func(t *testing.T) {
			must(t, os.WriteFile("kept/run.db", nil, 0o666), os.WriteFile("kept/run.db-wal", []byte("turns"), 0o666))
		},
		"a finished seed": func(t *testing.T) { must(t, os.Remove("kept/run.db"), os.Mkdir("kept/seed-1", 0o777)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			try(t, "run", "well", "--quiet", "--out", "done").ok(t)
			must(t, os.MkdirAll("kept/.partial", 0o777), os.Rename("done/run.db", "kept/run.db"))
			leave(t)
			before := contents(t, "kept")
			try(t, "run", "well", "--quiet", "--out", "kept").oneLine(t, exitUsage, `--out "kept": it is not empty`)
			if contents(t, "kept") != before {
				t.Errorf("it was changed: %q", tree(t, "kept"))
			}
		})
	}
	t.Run("held", func(t *testing.T) {
		t.Chdir(t.TempDir())
		must(t, os.Mkdir("kept", 0o777))
		d, err := reopenDirectory("kept")
		must(t, err)
		defer d.discard()
		try(t, "run", "well", "--quiet", "--out", "kept").oneLine(t, exitUsage, `--out "kept": another process is running it`)
		try(t, "inspect", "kept").oneLine(t, exitUsage, `"kept": another process is running it, and it has not begun yet`)
		if !there(d.lock.Path()) {
			t.Error("the lock was taken away")
		}
	})
}

// Of several runs that were killed each is resumed by itself, and the directories that can be are named.
func TestSeveralRunsThatWereKilled(t *testing.T) {
	t.Chdir(t.TempDir())
	try(t, "run", "well", "--runs", "3", "--journal", "sqlite", "--quiet", "--out", "kept").ok(t)
	must(t, os.Remove("kept/manifest.json"), os.Mkdir("kept/.partial", 0o777), os.Remove("kept/seed-2/manifest.json"))
	for _, command := range []string{"run --resume kept", "inspect kept", "replay kept", "fork kept --at 1"} {
		try(t, strings.Fields(command)...).oneLine(t, exitUsage, `"kept" holds several runs, and each seed is resumed by itself; accepted: kept/seed-2, kept/seed-1, kept/seed-3`)
	}
	try(t, "run", "--resume", "kept/seed-2", "--quiet").ok(t)
	try(t, "run", "well", "--runs", "7", "--journal", "sqlite", "--quiet", "--out", "[many]").ok(t)
	must(t, os.Remove("[many]/manifest.json"))
	try(t, "run", "--resume", "[many]").oneLine(t, exitUsage, `[many]/seed-4 and 3 more`)
	// Without journals nothing can be resumed.
	must(t, os.MkdirAll("memory/.partial/seed-1", 0o777), os.WriteFile("memory/.partial/seed-1/rounds.csv", nil, 0o666))
	try(t, "run", "--resume", "memory").oneLine(t, exitUsage, `"memory" holds several runs without journals, none of them whole; run them again: --out memory takes it`)
	must(t, os.MkdirAll("memory/seed-1", 0o777))
	try(t, "run", "--resume", "memory").oneLine(t, exitUsage, `"memory" holds several runs, and no journal of any that is not whole; run them again with another --out`)
	must(t, os.Remove("memory/seed-1"))
	try(t, "run", "well", "--quiet", "--runs", "2", "--out", "memory").ok(t)
	if got := filepath.Join("memory", unfinished); there(got) {
		t.Errorf("left behind: %s", got)
	}
}
