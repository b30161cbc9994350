package experiment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

const small = `
scenario: toy
seeds: {first: 5, count: 4}
rounds: 6
parameters:
  size: [1, 2.50, big]
  twice: [false, true]
arms:
  - name: plain
  - name: cut
    null: channel-cut
    minds: [2*calm, bold]
    settings: {depth: 9}
settings:
  width: 7
`

func readFile(t *testing.T, text string) *File {
	t.Helper()
	f, err := Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// toy plays a run that depends on all of its spec, without a society.
func toy(ctx context.Context, s Spec, observe func(any)) (*Played, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	x := float64(s.Seed%7) + float64(len(s.Settings["size"]))
	if s.Null != "" {
		x += 10
	}
	for round := 1; observe != nil && round <= 6; round++ {
		observe(environment.RoundEnded{Round: round, World: []environment.Variable{{Name: "share", Value: float64(round) * x / 60}}})
	}
	return &Played{Report: &polis.Report{Hash: s.Hash()[:8], Rounds: 6}, Metrics: map[string]float64{"x": x, "y": 2 * x, "none": 0 / (x - x)}}, nil
}

func sweepOf(t *testing.T, text string) *Sweep {
	t.Helper()
	return &Sweep{File: readFile(t, text), Play: toy, Metrics: []string{"y", "absent"}}
}

func carryOut(t *testing.T, s *Sweep) *Result {
	t.Helper()
	r, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// written is a table as text.
func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// "parameters (lists → full factorial), seeds (first, count), arms (named)"
func TestFullFactorial(t *testing.T) {
	r := carryOut(t, sweepOf(t, small))
	lines := strings.Split(strings.TrimSpace(written(t, r.WriteRuns)), "\n")
	if len(lines) != 1+2*3*2*4 || r.File.Runs() != 48 {
		t.Fatalf("%d lines, %d runs", len(lines), r.File.Runs())
	}
	seen := map[string]bool{}
	for _, line := range lines[1:] {
		cells := strings.Split(line, ",")
		seen[strings.Join(cells[1:5], " ")] = true
	}
	for _, arm := range []string{"plain", "cut"} {
		for _, size := range []string{"1", "2.50", "big"} {
			for _, twice := range []string{"false", "true"} {
				for _, seed := range []string{"5", "6", "7", "8"} {
					if key := strings.Join([]string{arm, size, twice, seed}, " "); !seen[key] {
						t.Errorf("there is no run of %s", key)
					}
				}
			}
		}
	}
	if want := "run,arm,size,twice,seed,hash,rounds,y,x"; lines[0] != want {
		t.Errorf("%s, want %s", lines[0], want)
	}
	var specs []Spec
	for s := range r.File.Specs() {
		specs = append(specs, s)
	}
	if got, want := fmt.Sprint(specs[24]), "{25 6 toy 0 6  cut [2*calm bold] channel-cut  map[depth:9 size:1 twice:false width:7] 5}"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if want := "25,cut,1,false,5," + specs[24].Hash()[:8] + ",6,32,16"; lines[25] != want {
		t.Errorf("%s, want %s", lines[25], want)
	}
	summary := strings.Split(written(t, r.WriteSummary), "\n")
	if summary[0] != "arm,size,twice,metric,n,mean,sd,low,high,interval" || !strings.HasPrefix(summary[1], "plain,1,false,y,4,8,5.887840577551898,3,13,\"bca; 4 runs: ") {
		t.Errorf("%q", summary[:2])
	}
}

// "same result with 1, 2, 8 in parallel"
func TestResultDoesNotDependOnThreads(t *testing.T) {
	tables := func(parallel int) string {
		s := sweepOf(t, small)
		s.Parallel = parallel
		r := carryOut(t, s)
		return written(t, r.WriteRuns) + written(t, r.WriteSummary) + r.Hash()
	}
	want := tables(1)
	for _, n := range []int{2, 8, 100} {
		if got := tables(n); got != want {
			t.Errorf("%d at once:\n%s\nwant\n%s", n, got, want)
		}
	}
}

// "failed runs kept apart (failed.csv with the error; the sweep goes on)"
func TestFailedRunsAreKeptApart(t *testing.T) {
	s := sweepOf(t, small)
	s.Play = func(ctx context.Context, spec Spec, observe func(any)) (*Played, error) {
		switch spec.Run {
		case 3:
			return nil, errors.New("the lake is on fire")
		case 5:
			panic("no paper")
		case 6:
			return nil, nil
		}
		return toy(ctx, spec, observe)
	}
	var last Progress
	told := 0
	s.Observe = func(p Progress) {
		if told++; p.Done != told || (p.Left > 0) != (p.Done < p.Total) {
			t.Errorf("%d: %+v", told, p)
		}
		last = p
	}
	r := carryOut(t, s)
	want := "run,arm,size,twice,seed,error\n3,plain,1,false,7,the lake is on fire\n5,plain,1,true,5,internal error: no paper\n6,plain,1,true,6,experiment: the player gave no report\n"
	if got := written(t, r.WriteFailed); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if len(r.Rows) != 45 || last != (Progress{Done: 48, Failed: 3, Total: 48}) || r.Hash() != "" {
		t.Errorf("%d rows, %+v, hash %q", len(r.Rows), last, r.Hash())
	}
	if c := r.Cells[0]; c.Runs != 3 || c.Failed != 1 || c.Metrics[0].N != 3 {
		t.Errorf("%+v", c)
	}
}

// "resumable (what is finished is not run again; finished means its row is written whole and its spec's hash is the same)", and
// "the same summary as an undisturbed sweep".
func TestResume(t *testing.T) {
	want := carryOut(t, sweepOf(t, small))
	dir := filepath.Join(t.TempDir(), "kept")
	d, err := Create(dir, []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := sweepOf(t, small)
	s.Kept, s.Parallel = d, 1
	s.Play = func(ctx context.Context, spec Spec, observe func(any)) (*Played, error) {
		if spec.Run == 4 {
			return nil, errors.New("for once")
		}
		if spec.Run == 20 {
			cancel()
		}
		return toy(ctx, spec, observe)
	}
	r, err := s.Run(ctx)
	if !errors.Is(err, context.Canceled) || len(r.Rows) != 18 || len(r.Failed) != 1 {
		t.Fatalf("%v, %d rows, %d failed", err, len(r.Rows), len(r.Failed))
	}
	if _, err := Reopen(dir, []byte(small)); !errors.Is(err, ErrHeld) {
		t.Errorf("what another holds was given away: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(dir, rowsFile)
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	// Killed in the middle of a row.
	if err := os.WriteFile(log, []byte(strings.Join(lines[:10], "")+lines[10][:30]), 0o666); err != nil {
		t.Fatal(err)
	}
	if d, err = Reopen(dir, []byte("# the same\n"+small)); err != nil {
		t.Fatal(err)
	}
	var played []int
	s = sweepOf(t, small)
	s.Kept, s.Parallel = d, 1
	s.Play = func(ctx context.Context, spec Spec, observe func(any)) (*Played, error) {
		played = append(played, spec.Run)
		return toy(ctx, spec, observe)
	}
	got := carryOut(t, s)
	if fmt.Sprint(played[:4]) != "[4 11 12 13]" || len(played) != 39 {
		t.Errorf("played again: %v", played)
	}
	for _, name := range []func(*Result) string{
		func(r *Result) string { return written(t, r.WriteRuns) }, func(r *Result) string { return written(t, r.WriteSummary) },
		func(r *Result) string { return written(t, r.WriteFailed) }, (*Result).Hash,
	} {
		if name(got) != name(want) {
			t.Errorf("after a resume:\n%s\nundisturbed:\n%s", name(got), name(want))
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if d, err = Reopen(dir, []byte(small)); err != nil {
		t.Fatal(err)
	}
	s.Kept, played = d, nil
	if carryOut(t, s); len(played) > 0 {
		t.Errorf("what is finished was played again: %v", played)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

// What was interrupted has no hash: it would be taken for that of the whole.
func TestInterruptedSweepHasNoHash(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := sweepOf(t, small)
	s.Observe = func(Progress) { cancel() }
	r, err := s.Run(ctx)
	if !errors.Is(err, context.Canceled) || len(r.Rows) == 0 || len(r.Failed) > 0 || r.Hash() != "" || !r.Document().Interrupted {
		t.Errorf("%v, %d rows, hash %q", err, len(r.Rows), r.Hash())
	}
}

// "a changed file is refused with what changed"
func TestChangedFileIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	d, err := Create(dir, []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, now, want string }{
		{"count: 4", "count: 5", "seeds was {5 4} and is {5 5}"},
		{"scenario: toy", "scenario: joy", "scenario was toy and is joy"},
		{"rounds: 6", "rounds: 7", "rounds was 6 and is 7"},
		{"2.50", "2.5", "parameters was [{size [1 2.50 big]} {twice [false true]}] and is [{size [1 2.5 big]}"},
		{"depth: 9", "depth: 8", "arm 2 was {Name:cut"},
		{"width: 7", "width: 8", "settings was map[width:7] and is map[width:8]"},
		{"channel-cut", "memory-off", "Null:memory-off"},
	} {
		_, err := Reopen(dir, []byte(strings.Replace(small, c.old, c.now, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "has changed since") {
			t.Errorf("%s: %v, want %s", c.now, err, c.want)
		}
	}
	if _, err := Create(dir, []byte(small)); err == nil || !strings.Contains(err.Error(), "is not empty: there is runs.jsonl") {
		t.Error(err)
	}
	if _, err := Reopen(t.TempDir(), []byte(small)); !errors.Is(err, ErrNoSweep) {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"{}\n":                          "run 0 was not ordered",
		"{\"run\":1,\"spec\":\"00\"}\n": "run 1 was not ordered",
		"{\"run\":\n{}\n":               "line 1: unexpected end of JSON input",
		"{\"spec\":1}\n":                "line 1: json:",
	} {
		if err := os.WriteFile(filepath.Join(dir, rowsFile), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		d, err := Reopen(dir, []byte(small))
		if err != nil {
			t.Fatal(err)
		}
		s := sweepOf(t, small)
		s.Kept = d
		if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A row that cannot be kept ends the sweep: what is reported as done is.
func TestRowThatCannotBeKept(t *testing.T) {
	d, err := Create(t.TempDir(), []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	s := sweepOf(t, small)
	s.Kept = d
	if err := d.log.Close(); err != nil {
		t.Fatal(err)
	}
	if d.log, err = os.Open(filepath.Join(d.path, rowsFile)); err != nil { // to read only
		t.Fatal(err)
	}
	r, err := s.Run(t.Context())
	if err == nil || len(r.Rows) > 0 {
		t.Errorf("%v, %d rows", err, len(r.Rows))
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}
