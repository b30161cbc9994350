package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// besieged runs demo chaos with the binary that TestMain knows, and gives its rows.
func besieged(t *testing.T, args ...string) (rows []verdict, code int, stderr string) {
	t.Helper()
	self, err := exec.LookPath("demo")
	must(t, err)
	var stdout, errs strings.Builder
	p := newProcess(&stdout, &errs, append([]string{"chaos", "--json"}, args...)...)
	p.self, p.env, p.ordeals = self, os.Getenv, ordeals()
	code = p.run(t.Context())
	if stdout.Len() > 0 {
		var doc chaosReport
		must(t, json.Unmarshal([]byte(stdout.String()), &doc))
		rows = doc.Results
	}
	return rows, code, errs.String()
}

// holds fails the test unless a fault was met and the promises held.
func (v *verdict) holds(t *testing.T, times int) {
	t.Helper()
	if v.Skipped != "" {
		t.Logf("%s: skipped: %s", v.Fault, v.Skipped)
		return
	}
	if !v.OK || !v.Same || v.Lost+v.Twice > 0 || v.Injected < times || v.Turns == 0 {
		t.Errorf("%+v", v)
	}
}

// "kill -9 at random moments after the journal has begun, resumed each time: final hash equals the undisturbed run's; a
// checker that reads only the journal finds no action lost, none applied twice. The same with model minds and the stand-in
// as another process: its own counter shows no call during replay, and after a resume none for an answer that was already
// committed." The short form: the long one is TestLongSiege.
func TestShortSiege(t *testing.T) {
	t.Parallel()
	rows, code, stderr := besieged(t, "--agents", "20", "--rounds", "40", "--delay", "30ms", "--kills", "5", "--only", "kill -9,kill -9 with a model")
	if code != exitDone || len(rows) != 2 {
		t.Fatalf("exit %d, %+v, %s", code, rows, stderr)
	}
	for i := range rows {
		rows[i].holds(t, 3) // a machine under load may have played the rounds before all kills have come
	}
}

// Every fault there is, upon a small society.
func TestEveryFault(t *testing.T) {
	t.Parallel()
	rows, code, stderr := besieged(t, "--agents", "8", "--rounds", "24", "--delay", "10ms", "--kills", "1")
	if code != exitDone || len(rows) != len(ordeals()) {
		t.Fatalf("exit %d, %+v, %s", code, rows, stderr)
	}
	for i := range rows {
		rows[i].holds(t, 1)
	}
}

// "100 agents, a run of at least 30 s, kill -9 at 20 random moments; SQLite and PostgreSQL, the database server killed
// too." It takes some minutes: POLIS_TEST_LONG=1 asks for it.
func TestLongSiege(t *testing.T) {
	if os.Getenv("POLIS_TEST_LONG") == "" {
		t.Skip("POLIS_TEST_LONG is not set")
	}
	rows, code, stderr := besieged(t, "--agents", "100", "--rounds", "300", "--delay", "100ms", "--kills", "20",
		"--only", "kill -9,kill -9 with a model,kill -9 on PostgreSQL,PostgreSQL killed")
	if code != exitDone || len(rows) != 4 {
		t.Fatalf("exit %d, %+v, %s", code, rows, stderr)
	}
	for i := range rows {
		rows[i].holds(t, 3)
		t.Logf("%+v", rows[i])
	}
	if rows[0].Injected < 20 {
		t.Errorf("killed %d times", rows[0].Injected)
	}
}

// What an ordeal finds is told, and makes the command fail; what cannot be tried here says why and does not.
func TestChaosTellsWhatItFound(t *testing.T) {
	of := func(name string, bring func(v *verdict) error) ordeal {
		return ordeal{name: name, bring: func(_ context.Context, _ *siege, v *verdict) error { return bring(v) }}
	}
	whole := of("whole", func(v *verdict) error {
		*v = verdict{Fault: v.Fault, Injected: 3, Recovery: []float64{30, 2.5, 7}, Turns: 9, Same: true, Note: "a | b"}
		return nil
	})
	skipped := of("skipped", nil)
	skipped.needs = func(*siege) string { return "no server" }
	for _, c := range []struct {
		of   ordeal
		ok   bool
		says string
	}{
		{whole, true, "| whole | 3     | 7.0 ms           | 30 ms   | 9          | 0    | 0     | same | a / b |"},
		{skipped, true, "skipped: no server"},
		{of("another hash", func(v *verdict) error { return nil }), false, "**different**"},
		{of("lost", func(v *verdict) error { v.Same, v.Lost = true, 1; return nil }), false, "| 1    | 0     | same |"},
		{of("twice", func(v *verdict) error { v.Same, v.Twice = true, 1; return nil }), false, "| 0    | 1     | same |"},
		{of("broken", func(v *verdict) error { v.Same = true; return errors.New("no\nway") }), false, "**failed**: no way"},
	} {
		var stdout, stderr strings.Builder
		p := newProcess(&stdout, &stderr, "chaos")
		p.ordeals = []ordeal{c.of}
		code := p.run(t.Context())
		if (code == exitDone) != c.ok || !strings.Contains(stdout.String(), c.says) || !strings.Contains(stdout.String(), "no language model") {
			t.Errorf("%s: exit %d\n%s%s", c.of.name, code, stdout.String(), stderr.String())
		}
		if !c.ok && !strings.Contains(stderr.String(), "demo: 1 fault did not leave the promises whole") {
			t.Errorf("%s: %s", c.of.name, stderr.String())
		}
	}
}

// A finding of the audit is something lost, something done twice, or a journal that is wrong.
func TestBlame(t *testing.T) {
	var v verdict
	for finding, want := range map[string]string{
		"agents/kate turn 3, effect 0: the world has never had a turn about this action, and went on":                           "lost",
		"agents/kate turn 9: nothing came of the percept, and its agent went on":                                                "lost",
		"world turn 3: it is about effect 0 of turn 2 of agents/kate, which is no action for the world that nobody has handled": "twice",
		"world turn 3: it is there twice": "twice",
		"world turn 3: it is altered: its digest is not that of its content and of the turn before": "wrong",
	} {
		v = verdict{}
		err := v.blame(finding)
		if got := map[bool]string{v.Lost == 1: "lost", v.Twice == 1: "twice", err != nil: "wrong"}[true]; got != want {
			t.Errorf("%s: %s, %v", finding, got, err)
		}
	}
}

// A fault that there is not is refused before anything runs.
func TestChaosUsage(t *testing.T) {
	_, code, stderr := besieged(t, "--only", "kill -8")
	if code != exitUsage || !strings.Contains(stderr, `unknown fault "kill -8", did you mean "kill -9"?`) {
		t.Errorf("exit %d, %s", code, stderr)
	}
	var names []string
	for _, o := range ordeals() {
		if strings.Contains(o.name, ",") || slices.Contains(names, o.name) {
			t.Errorf("%q cannot be named in a list", o.name)
		}
		names = append(names, o.name)
	}
}
