//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/polis-agents/polis/cmd/demo/screen/screentest"
)

// seat is a person before a terminal in which the binary runs.
type seat struct {
	t       *testing.T
	cmd     *exec.Cmd
	pty     *os.File
	screen  *screentest.Terminal
	changed chan struct{} // something was written
	ended   chan struct{} // nothing more will be

	mu  sync.Mutex
	all bytes.Buffer // what was written
}

// patience is how long a text may take to appear on a machine that is busy.
const patience = 30 * time.Second

// sit starts the binary in a terminal and in a directory of its own.
func sit(t *testing.T, columns, lines int, env []string, args ...string) *seat {
	t.Helper()
	path, err := exec.LookPath("demo")
	must(t, err)
	s := &seat{t: t, cmd: exec.CommandContext(t.Context(), path, args...), screen: screentest.New(columns, lines),
		changed: make(chan struct{}, 1), ended: make(chan struct{})}
	s.cmd.Dir = t.TempDir()
	s.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "NO_COLOR=", "SSH_TTY=", "TERM_PROGRAM=")
	s.cmd.Env = append(s.cmd.Env, env...)
	s.pty, err = pty.StartWithSize(s.cmd, &pty.Winsize{Cols: uint16(columns), Rows: uint16(lines)})
	must(t, err)
	go s.read()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // if it has not ended
		s.pty.Close()
		<-s.ended
	})
	return s
}

// read takes what the binary writes until it has ended.
func (s *seat) read() {
	defer close(s.ended)
	buf := make([]byte, 32<<10)
	for {
		n, err := s.pty.Read(buf)
		s.mu.Lock()
		s.all.Write(buf[:n])
		s.mu.Unlock()
		s.screen.Write(buf[:n])
		select {
		case s.changed <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// until waits until something holds on the screen.
func (s *seat) until(what string, holds func(text string) bool) string {
	s.t.Helper()
	late := time.After(patience)
	for {
		text := s.screen.Text()
		if holds(text) {
			return text
		}
		select {
		case <-s.changed:
		case <-s.ended:
			if text = s.screen.Text(); !holds(text) {
				s.t.Fatalf("it ended before %s:\n%s", what, text)
			}
		case <-late:
			s.t.Fatalf("no %s:\n%s", what, text)
		}
	}
}

// sees waits for a text.
func (s *seat) sees(text string) string {
	s.t.Helper()
	return s.until(text, func(all string) bool { return strings.Contains(all, text) })
}

func (s *seat) types(keys string) {
	s.t.Helper()
	_, err := s.pty.WriteString(keys)
	must(s.t, err)
}

func (s *seat) resizes(columns, lines int) {
	s.t.Helper()
	s.screen.Resize(columns, lines)
	must(s.t, pty.Setsize(s.pty, &pty.Winsize{Cols: uint16(columns), Rows: uint16(lines)}))
}

// exits waits for the end, holds the terminal against how it was, and gives what stands on it and the exit code.
func (s *seat) exits() (text string, code int) {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatalf("it does not end:\n%s", s.screen.Text())
	}
	err := s.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	if left := s.screen.Restored(); left != "" {
		s.t.Errorf("the terminal is not as it was: %s", left)
	}
	if err := s.screen.Err(); err != nil {
		s.t.Error(err)
	}
	return s.screen.Text(), s.cmd.ProcessState.ExitCode()
}

// written is everything the binary wrote, in the order it did.
func (s *seat) written() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

var month = regexp.MustCompile(`month +(\d+)/`)

func TestPicture(t *testing.T) {
	dir := os.Getenv("PICTURES")
	if dir == "" {
		t.Skip("PICTURES names no directory")
	}
	s := sit(t, 110, 30, nil, "--mind", "3*covenant", "--mind", "1*fixed:12", "--mind", "sustainable", "--delay", "100ms", "--rounds", "40", "--chaos", "agent:10%")
	s.until("month 7", func(text string) bool { m := month.FindStringSubmatch(text); return m != nil && m[1] == "7" })
	must(t, os.WriteFile(filepath.Join(dir, "dark.html"), []byte(s.screen.HTML(false)), 0o666), os.WriteFile(filepath.Join(dir, "light.html"), []byte(s.screen.HTML(true)), 0o666))
	t.Log("\n" + s.screen.Text())
	s.types("q")
	text, code := s.exits()
	t.Log(code, "\n"+text)
}
