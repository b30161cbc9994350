package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/polis-agents/polis"
)

// started is the binary, as a process of its own, in a directory of its own, with pipes.
type started struct {
	*exec.Cmd
	dir    string
	stdout *bufio.Reader
	stderr bytes.Buffer
}

func start(t *testing.T, args ...string) *started {
	t.Helper()
	return startAs(t, "demo", args...)
}

// startAs starts one of the programs that TestMain knows.
func startAs(t *testing.T, program string, args ...string) *started {
	t.Helper()
	return startProgram(t, t.TempDir(), program, args...)
}

// startProgram starts it in a directory that is there.
func startProgram(t *testing.T, dir, program string, args ...string) *started {
	t.Helper()
	path, err := exec.LookPath(program) // where TestMain has put it
	must(t, err)
	s := &started{Cmd: exec.CommandContext(t.Context(), path, args...), dir: dir}
	s.Dir, s.Stderr = s.dir, &s.stderr
	pipe, err := s.StdoutPipe()
	must(t, err, s.Start())
	s.stdout = bufio.NewReader(pipe)
	return s
}

// until reads lines until one begins with a text.
func (s *started) until(t *testing.T, text string) {
	t.Helper()
	for {
		line, err := s.stdout.ReadString('\n')
		if err != nil {
			t.Fatalf("%v before %q; stderr %q", err, text, s.stderr.String())
		}
		if strings.HasPrefix(line, text) {
			return
		}
	}
}

// exit reads the rest and gives the exit code.
func (s *started) exit(t *testing.T) (rest string, code int) {
	t.Helper()
	text, err := io.ReadAll(s.stdout)
	must(t, err)
	err = s.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(text), s.ProcessState.ExitCode()
}

// "Exit code 130: interrupted (what ran is kept)", by a real signal to a real process.
func TestSignalInterrupts(t *testing.T) {
	for _, runs := range []string{"1", "100000"} {
		s := start(t, "run", "well", "--rounds", "1000000", "--delay", "1ms", "--runs", runs, "--out", "kept")
		if runs == "1" {
			s.until(t, "round 3 ")
		} else {
			s.until(t, "1000000 rounds")
		}
		must(t, s.Process.Signal(os.Interrupt))
		_, code := s.exit(t)
		if code != exitInterrupted || s.stderr.String() != "demo: interrupted\n" {
			t.Errorf("--runs %s: exit %d, stderr %q", runs, code, s.stderr.String())
		}
		var m kept
		read(t, filepath.Join(s.dir, "kept", "manifest.json"), &m)
		if m.Status != "interrupted" || m.Decided == "" {
			t.Errorf("--runs %s: %+v", runs, m)
		}
		if _, err := os.Stat(filepath.Join(s.dir, "kept", unfinished)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("--runs %s: something unfinished is left: %v", runs, err)
		}
		if runs == "1" {
			rows := rowsOf(t, filepath.Join(s.dir, "kept", "rounds.csv"), "run", "seed", "round", "litres")
			if len(rows) < 3 || len(rows) != m.RoundsPlayed {
				t.Errorf("%d rows, %d rounds played", len(rows), m.RoundsPlayed)
			}
		}
	}
}

// What an interrupt cannot end at once is being ended, and who waits is told how to hurry it: the second interrupt ends
// the process.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	path, err := exec.LookPath("demo")
	must(t, err)
	cmd := exec.CommandContext(t.Context(), path, "run", "well", "--mind", "stubborn", "--rounds", "3", "--deadline", "1h", "--out", "none")
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	stderr, err := cmd.StderrPipe()
	must(t, err, cmd.Start())
	_, err = bufio.NewReader(stdout).ReadString('\n') // it lives
	must(t, err, cmd.Process.Signal(os.Interrupt))
	lines := bufio.NewReader(stderr)
	if line, err := lines.ReadString('\n'); err != nil || line != "demo: ending what runs; interrupt again to end at once\n" {
		t.Fatalf("%q, %v", line, err)
	}
	must(t, cmd.Process.Signal(os.Interrupt))
	rest, err := io.ReadAll(lines)
	must(t, err)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != -1 || len(rest) > 0 { // a signal has ended it: to a shell that is 130
		t.Errorf("exit %d, %s", code, rest)
	}
}

// "Each is named by the demo on stderr": what did not stop.
func TestLeftBehindIsToldOnStderr(t *testing.T) {
	var text strings.Builder
	tellLeft(&text, []outcome{{seed: 1}, {seed: 2, rep: &polis.Report{}}, {seed: 3, rep: &polis.Report{
		NotStopped: errors.Join(errors.New("engine: stop agents/kate: deadline"), errors.New("engine: job decide 2.0 of agents/john has not ended"))}}})
	if got := text.String(); got != "demo: seed 3: left behind: stop agents/kate: deadline\ndemo: seed 3: left behind: job decide 2.0 of agents/john has not ended\n" {
		t.Error(got)
	}
}

// In a pipe the default run ends by itself; its first line comes before the society has lived.
func TestPipe(t *testing.T) {
	s := start(t)
	s.until(t, "commons: ")
	rest, code := s.exit(t)
	if code != exitDone || s.stderr.Len() > 0 || strings.Count(rest, "month ") != 12 || strings.Contains(rest, "\x1b") {
		t.Errorf("exit %d, stderr %q, stdout %q", code, s.stderr.String(), rest)
	}
	if !strings.Contains(rest, "decided by rules, no language model") || shown(rest, "hash") == "" {
		t.Errorf("%s", rest)
	}
	if got, err := os.ReadDir(filepath.Join(s.dir, "runs")); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

// A reader that goes away (demo | head -1) ends the run; what ran is kept, and no signal takes the process.
func TestReaderThatGoesAway(t *testing.T) {
	path, err := exec.LookPath("demo")
	must(t, err)
	dir := t.TempDir()
	r, w, err := os.Pipe()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), path, "run", "well", "--rounds", "1000000", "--delay", "1ms", "--out", "kept")
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, w, &stderr
	must(t, cmd.Start())
	w.Close()
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	r.Close()
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed || !strings.HasPrefix(stderr.String(), "demo: stdout: ") {
		t.Errorf("exit %d, stderr %q", code, stderr.String())
	}
	var m kept
	read(t, filepath.Join(dir, "kept", "manifest.json"), &m)
	if m.Status != "failed" {
		t.Errorf("%+v", m)
	}
}

func TestProgram(t *testing.T) {
	for path, want := range map[string]string{"/tmp/go-build123/b001/exe/demo": "go run ./cmd/demo", "/usr/bin/demo": "demo", "demo": "demo", "bin/demo": "bin/demo"} {
		if got := program(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

// The stories in testdata run the binary as one would type it.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", RequireExplicitExec: true, UpdateScripts: os.Getenv("UPDATE") != ""})
}
