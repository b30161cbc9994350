package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// database is where the tests keep journals, with a password that must be shown nowhere: the server asks for none.
func database(t *testing.T) string {
	t.Helper()
	dsn := os.Getenv("POLIS_TEST_POSTGRES")
	if dsn == "" {
		t.Skip("POLIS_TEST_POSTGRES is not set: no database")
	}
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme == "" {
		return dsn + " password=verysecret"
	}
	u.User = url.UserPassword(u.User.Username(), "verysecret")
	return u.String()
}

// A run whose turns are in a database goes on after a kill, is done again and forked as one with a file; and its password
// is nowhere.
func TestRunInADatabase(t *testing.T) {
	where := "postgres:" + database(t)
	s := start(t, "run", "well", "--rounds", "30", "--mind", "3*random", "--plain", "--out", "whole")
	want, code := s.exit(t)
	if code != exitDone {
		t.Fatal(s.stderr.String())
	}
	k := startIn(t, s.dir, "run", "well", "--rounds", "30", "--mind", "3*random", "--plain", "--delay", "5ms", "--out", "kept", "--journal", where)
	k.until(t, "round 5 ")
	must(t, k.Process.Kill())
	k.exit(t)
	t.Chdir(s.dir)
	if got := strings.Join(tree(t, "kept"), " "); !strings.Contains(got, "kept/run.postgres") || strings.Contains(got, "run.db") || strings.Contains(got, "manifest") {
		t.Errorf("%s", got)
	}
	try(t, "run", "--resume", "kept").oneLine(t, exitUsage, `"kept": its turns are in a database, as run "kept-`, "accepted is --journal postgres:DSN")
	try(t, "run", "--resume", "whole", "--journal", where, "--quiet").ok(t) // it is over
	try(t, "inspect", "whole", "--journal", where).oneLine(t, exitUsage, `--journal postgres: the turns of "whole" are in its run.db`)
	if out := try(t, "inspect", "kept", "--journal", where).ok(t); !strings.HasPrefix(out, "kept: killed, ") {
		t.Errorf("%s", out)
	}
	name := fileOf(t, "kept/run.postgres")
	got := try(t, "run", "--resume", "kept", "--journal", where, "--plain").ok(t)
	if line := parting(got, strings.ReplaceAll(strings.ReplaceAll(want, "whole", "kept"), filepath.Base(os.Args[0]), "demo")); line != "" && !strings.Contains(line, "again ") {
		t.Errorf("it says %s", line)
	}
	if line := parting(fileOf(t, "kept/rounds.csv"), fileOf(t, "whole/rounds.csv")); line != "" {
		t.Error(line)
	}
	hash := shown(got, "hash")
	if fileOf(t, "kept/run.postgres") != name {
		t.Errorf("it was %q, now %q", name, fileOf(t, "kept/run.postgres"))
	}
	if out := try(t, "replay", "kept", "--journal", where).ok(t); hash != shown(want, "hash") || !strings.HasSuffix(out, "hash "+hash+"\n") {
		t.Errorf("%s", out)
	}
	if out := try(t, "fork", "kept", "--at", "6", "--journal", where, "--out", "fork", "--plain").ok(t); shown(out, "hash") != hash {
		t.Errorf("%s", out)
	}
	try(t, "fork", "kept", "--at", "6", "--out", "none2").oneLine(t, exitUsage, "accepted is --journal postgres:DSN")
	if all := contents(t, "."); strings.Contains(all, "verysecret") || strings.Contains(got, "verysecret") {
		t.Error("the password is kept")
	}
}

// A database that is not there, or has not heard of the run: one line, without the password.
func TestDatabaseThatIsNotThere(t *testing.T) {
	t.Chdir(t.TempDir())
	out := try(t, "run", "well", "--out", "kept", "--journal", "postgres:postgres://user:verysecret@127.0.0.1:1/none?connect_timeout=1")
	if out.code != exitFailed || strings.Count(out.stderr, "\n") != 1 || strings.Contains(out.stderr, "verysecret") || !strings.Contains(out.stderr, "127.0.0.1") {
		t.Errorf("exit %d, %q", out.code, out.stderr)
	}
	if out.stdout != "" || strings.Contains(out.stderr, "seed 1") {
		t.Errorf("it began with %q, %q", out.stdout, out.stderr)
	}
	if got := tree(t, "."); len(got) > 0 {
		t.Errorf("left behind: %s", got)
	}
	must(t, os.MkdirAll("other", 0o777), os.WriteFile("other/run.postgres", []byte("nobody-00000000\n"), 0o666), os.MkdirAll("bad", 0o777), os.WriteFile("bad/run.postgres", []byte("a\nb\n"), 0o666))
	try(t, "inspect", "bad").oneLine(t, exitFailed, "bad/run.postgres: ", "accepted is the name of a run in one line")
	try(t, "inspect", "other", "--journal", "postgres:"+database(t)).oneLine(t, exitFailed, "nobody-00000000")
}
