package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

// "`--runs R`: seeds S..S+R-1 … aggregated metrics mean/sd/n; run directories DIR/seed-S; hash = the hash of the list
// of hashes": each checked against the runs one by one.
func TestRunsAreThoseOfTheSeeds(t *testing.T) {
	t.Chdir(t.TempDir())
	const runs, first = 9, 4
	args := []string{"well", "--mind", "random", "--runs", fmt.Sprint(runs), "--seed", fmt.Sprint(first)}
	all := ordered(t, append(args, "--out", "kept")...)
	if all.Runs != runs || all.Seed != first || all.Agents != 3 || all.Dir != "kept" || !all.Reproducible {
		t.Errorf("%+v", all)
	}
	var levels, odds []float64
	hashes, decided, sent := "", 0, 0
	for seed := first; seed < first+runs; seed++ {
		one := ordered(t, "well", "--mind", "random", "--seed", fmt.Sprint(seed), "--out", "none")
		level, err := one.Metrics["level"]["mean"].Float64()
		must(t, err)
		levels = append(levels, level)
		if m, ok := one.Metrics["defined_for_odd_seeds"]; ok {
			odd, _ := m["mean"].Float64()
			odds = append(odds, odd)
		}
		hashes += one.Hash + "\n"
		decided += one.DecidedBy["rules"]
		sent += one.Messages["sent"]
		var m kept
		dir := fmt.Sprintf("kept/seed-%d", seed)
		read(t, dir+"/manifest.json", &m)
		if m.Hash != one.Hash || m.Dir != dir || len(m.Seeds) != 1 || m.Status != "done" || m.Metrics["level"].Mean != level {
			t.Errorf("seed %d is kept as %+v, alone it is %+v", seed, m, one)
		}
		rows := rowsOf(t, dir+"/rounds.csv", "run", "seed", "round", "litres")
		if len(rows) != 4 || rows[0][0] != fmt.Sprint(seed-first+1) || rows[0][1] != fmt.Sprint(seed) {
			t.Errorf("seed %d: %q", seed, rows)
		}
	}
	if want := fmt.Sprintf("%x", sha256.Sum256([]byte(hashes))); all.Hash != want {
		t.Errorf("hash %s, the list's is %s", all.Hash, want)
	}
	if all.DecidedBy["rules"] != decided || all.Messages["sent"] != sent {
		t.Errorf("decided %v, sent %v; one by one %d and %d", all.DecidedBy, all.Messages, decided, sent)
	}
	check := func(name string, values []float64) {
		mean, sd := independently(values)
		m := all.Metrics[name]
		gotMean, _ := m["mean"].Float64()
		gotSD, _ := m["sd"].Float64()
		if math.Abs(gotMean-mean) > 1e-12 || math.Abs(gotSD-sd) > 1e-12 || m["n"].String() != fmt.Sprint(len(values)) {
			t.Errorf("%s is %v ± %v (n %v), want %v ± %v (n %d)", name, gotMean, gotSD, m["n"], mean, sd, len(values))
		}
	}
	check("level", levels)
	check("defined_for_odd_seeds", odds)
	if len(odds) < 2 || len(odds) == runs {
		t.Errorf("%d of %d levels are odd: nothing is tested", len(odds), runs)
	}
}

// independently gives mean and standard deviation in another way than the code: by the sums of values and squares.
func independently(values []float64) (mean, sd float64) {
	var sum, squares float64
	for _, v := range values {
		sum += v
		squares += v * v
	}
	n := float64(len(values))
	return sum / n, math.Sqrt((squares - sum*sum/n) / (n - 1))
}

func TestStatistics(t *testing.T) {
	got, err := json.Marshal(aggregateMetrics([]string{"b", "missing", "a"}, []metrics{
		{"a": 1, "b": math.NaN(), "z": 2, "c": 1}, {"a": 2, "b": math.Inf(1), "z": 4}, {"a": 4, "b": 3, "z": 6}, nil,
	}))
	must(t, err)
	want := `{"b":{"mean":3,"n":1},"a":{"mean":2.3333333333333335,"sd":1.5275252316519465,"n":3},"c":{"mean":1,"n":1},"z":{"mean":4,"sd":2,"n":3}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, err := json.Marshal(aggregateMetrics([]string{"a"}, nil)); err != nil || string(got) != "{}" {
		t.Errorf("%s, %v", got, err)
	}
}

// One run in a list of one is itself: "sd is absent for n = 1".
func TestOneRunIsNotAList(t *testing.T) {
	one := ordered(t, "well", "--out", "none")
	if _, ok := one.Metrics["level"]["sd"]; ok || one.Runs != 1 {
		t.Errorf("%+v", one)
	}
	if got := hashOf([]string{"abc"}); got != "abc" {
		t.Errorf("hash %s", got)
	}
}

// "progress line on stderr when a terminal (plain counts every so often in a pipe)"
func TestProgress(t *testing.T) {
	clock := time.Unix(0, 0)
	for _, c := range []struct {
		terminal bool
		every    time.Duration // per run
		want     string
	}{
		{false, time.Second, "5 of 12 runs\n10 of 12 runs\n"},
		{false, time.Millisecond, ""},
		{true, 50 * time.Millisecond, "\r2 of 12 runs\r4 of 12 runs\r6 of 12 runs\r8 of 12 runs\r10 of 12 runs\r12 of 12 runs\r             \r"},
	} {
		var out bytes.Buffer
		p := progress{w: &out, redraws: c.terminal, total: 12, last: clock, now: func() time.Time { return clock }}
		for range 12 {
			clock = clock.Add(c.every)
			p.step()
		}
		if p.end(); out.String() != c.want {
			t.Errorf("terminal %v, every %v: %q, want %q", c.terminal, c.every, out.String(), c.want)
		}
	}
}

// With --json or in a pipe, progress is on stderr; --quiet has none.
func TestProgressIsOnStderr(t *testing.T) {
	for _, c := range []struct {
		args string
		want bool
	}{{"--json", true}, {"", true}, {"--quiet", false}} {
		var stdout, stderr bytes.Buffer
		p := newProcess(&stdout, &stderr, append([]string{"run", "well", "--runs", "20", "--out", "none"}, strings.Fields(c.args)...)...)
		p.redraws, p.now = true, newClock(time.Second)
		if code := p.run(t.Context()); code != exitDone {
			t.Fatalf("exit %d: %s", code, stderr.String())
		}
		if got := strings.Contains(stderr.String(), " of 20 runs"); got != c.want || strings.Contains(stdout.String(), " of 20 ") {
			t.Errorf("%q: stderr %q, stdout %q", c.args, stderr.String(), stdout.String())
		}
	}
}

// A directory that cannot be written any more is a failure while running.
func TestDirectoryThatVanishes(t *testing.T) {
	t.Chdir(t.TempDir())
	var stdout, stderr bytes.Buffer
	p := newProcess(&stdout, &stderr, "run", "well", "--runs", "3", "--out", "kept")
	p.now = func() time.Time {
		os.RemoveAll("kept") // the time is asked for when a run begins and ends
		return time.Unix(0, 0)
	}
	if code := p.run(t.Context()); code != exitFailed || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("exit %d, stderr %q", code, stderr.String())
	}
}
