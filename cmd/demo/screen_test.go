//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
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
	return sitBefore(t, columns, lines, env, &syscall.SysProcAttr{Setsid: true, Setctty: true}, args...)
}

// sitBefore starts it with attributes of its process; nil: the terminal is not its keyboard.
func sitBefore(t *testing.T, columns, lines int, env []string, attributes *syscall.SysProcAttr, args ...string) *seat {
	t.Helper()
	path, err := exec.LookPath("demo")
	must(t, err)
	s := &seat{t: t, cmd: exec.CommandContext(t.Context(), path, args...), screen: screentest.New(columns, lines),
		changed: make(chan struct{}, 1), ended: make(chan struct{})}
	s.cmd.Dir = t.TempDir()
	s.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "NO_COLOR=", "SSH_TTY=", "TERM_PROGRAM=")
	s.cmd.Env = append(s.cmd.Env, env...)
	if attributes == nil {
		nothing, err := os.Open(os.DevNull)
		must(t, err)
		defer nothing.Close()
		s.cmd.Stdin, attributes = nothing, &syscall.SysProcAttr{Setsid: true}
	}
	s.pty, err = pty.StartWithAttrs(s.cmd, &pty.Winsize{Cols: uint16(columns), Rows: uint16(lines)}, attributes)
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

var monthShown = regexp.MustCompile(`month +(\d+)/`)

// month is the one that the title shows; -1: none.
func month(text string) int {
	m := monthShown.FindStringSubmatch(text)
	if m == nil {
		return -1
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// lives waits until some months more are over.
func (s *seat) lives(months int) {
	s.t.Helper()
	after := month(s.screen.Text()) + months
	s.until(fmt.Sprint("month ", after), func(text string) bool { return month(text) >= after })
}

// The keys, on the binary itself: pause stops the months, talk is cut, an agent crashes and comes back, the screen
// follows the size of the terminal, and q keeps what ran and gives the terminal back.
func TestScreen(t *testing.T) {
	s := sit(t, 110, 30, nil, "--mind", "covenant", "--rounds", "100000", "--delay", "20ms", "--out", "kept")
	s.sees("Lake Village")
	s.sees("decided by rules, no language model")
	s.lives(3)
	if !s.screen.Mode(1049) || s.screen.Mode(25) {
		t.Error("the alternate screen is not used, or the cursor blinks in it")
	}
	s.sees("kept ")
	s.types(" ")
	s.sees("you paused it")
	text := s.sees(" paused   seed")
	stands := month(text)
	s.types("t")
	s.sees("you cut the talk")
	s.types("\x1b[B\x1bOB")
	if text = s.sees("c crash Jack"); month(text) != stands {
		t.Errorf("paused in month %d, now it is %d", stands, month(text))
	}
	s.types("c")
	s.sees("you crashed Jack")
	s.types(" ")
	s.sees("you let it go on")
	s.sees("↻ Jack restarted") // its row says so for a month only
	s.sees("nobody hears it")
	s.lives(1)
	s.types("t")
	s.sees("you let them talk again")
	s.sees("agrees to a cap")
	for _, size := range [][2]int{{40, 10}, {1, 1}, {20, 5}, {130, 40}} {
		s.resizes(size[0], size[1])
		if size[0] >= 40 {
			s.until(fmt.Sprint(size), func(text string) bool { return month(text) > 0 && strings.Contains(text, "q quit") })
			s.lives(1)
		}
	}
	s.sees("Lake Village")
	s.types("?")
	s.sees("add a greedy newcomer")
	s.types("q")
	text, code := s.exits()
	if code != exitInterrupted || !strings.Contains(text, "interrupted after") || !strings.Contains(text, "demo: interrupted") || strings.Contains(text, "Lake Village") {
		t.Errorf("exit %d:\n%s", code, text)
	}
	var m kept
	read(t, filepath.Join(s.cmd.Dir, "kept", "manifest.json"), &m)
	if m.Status != "interrupted" || m.RoundsPlayed < 5 {
		t.Errorf("%+v", m)
	}
	if shown := s.written(); min(strings.Index(shown, "commons: a lake"), strings.Index(shown, "hash  ")) < strings.LastIndex(shown, "\x1b[?1049l") {
		t.Error("header and summary do not stand outside of the alternate screen")
	}
}

// A greedy newcomer comes, and takes what there is; a run that ends by itself is told as ever.
func TestGreedyNewcomerOnTheScreen(t *testing.T) {
	s := sit(t, 110, 30, nil, "--rounds", "100000", "--delay", "200ms", "--out", "none")
	s.lives(2)
	s.types(" ")
	s.sees(" paused   seed")
	s.types("g")
	s.sees("you added Mia, who is greedy")
	s.sees("joins in month")
	s.types("g")
	s.sees("you added Noah, who is greedy")
	s.types(" ")
	s.until("a greedy catch", func(text string) bool { return regexp.MustCompile(`(Mia|Noah) +greedy +[1-9]`).MatchString(text) })
	s.sees("✗ collapsed")
	s.sees(" ended ") // the last picture stays as long as any other
	text, code := s.exits()
	if code != exitDone || !strings.Contains(text, "commons, seed 1: ended after") || !strings.Contains(text, "survival time") {
		t.Errorf("exit %d:\n%s", code, text)
	}
}

// Agents that a stand-in decides for: who thinks, what they say, how busy the adapter is; and never that it is a model.
func TestStandInOnTheScreen(t *testing.T) {
	s := sit(t, 120, 32, nil, "--mind", "model", "--rounds", "100000", "--delay", "30ms", "--out", "none")
	text := s.until("talk, busy adapter and answers", func(text string) bool {
		return strings.Contains(text, "“") && regexp.MustCompile(`of [1-9][0-9]* busy`).MatchString(text) && regexp.MustCompile(`answered [1-9]`).MatchString(text)
	})
	if !regexp.MustCompile(`John +stand-in`).MatchString(text) || !strings.Contains(text, "decided by a stand-in") {
		t.Errorf("%s", text)
	}
	if strings.Contains(strings.ReplaceAll(text, "no language model", ""), "model") {
		t.Errorf("the stand-in is called a model:\n%s", text)
	}
	s.types("q")
	if text, code := s.exits(); code != exitInterrupted || !strings.Contains(text, "stand-in") {
		t.Errorf("exit %d:\n%s", code, text)
	}
}

// A person decides for one agent, among rules: is asked, types a line, and what it takes is seen.
func TestPersonOnTheScreen(t *testing.T) {
	s := sit(t, 120, 50, nil, "--mind", "4*sustainable", "--mind", "person", "--rounds", "2", "--set", "talk=false", "--delay", "200ms", "--out", "none")
	s.sees("harvest TONS")
	s.sees("? thinking, at the keyboard")
	s.types("harvest q\r")
	s.sees("that will not do")
	s.types("harvest 3\r")
	s.until("Luke's catch", func(text string) bool { return regexp.MustCompile(`Luke +person +3`).MatchString(text) })
	if text := s.sees("harvest TONS"); strings.Contains(text, " busy") { // of the next month
		t.Errorf("a person is shown as an adapter:\n%s", text)
	}
	s.types("pass\r")
	if text, code := s.exits(); code != exitDone || !strings.Contains(text, "ended after 2 rounds") || !strings.Contains(text, "a person") {
		t.Errorf("exit %d:\n%s", code, text)
	}
}

// Who is to decide without a keyboard is asked in lines, which may come from elsewhere.
func TestPersonWithoutKeyboard(t *testing.T) {
	s := sitBefore(t, 100, 60, nil, nil, "--mind", "person", "--agents", "1", "--rounds", "1", "--delay", "0s", "--set", "talk=false", "--out", "none")
	if text, _ := s.exits(); !strings.Contains(text, "harvest TONS") || strings.Contains(s.written(), "\x1b") {
		t.Errorf("%s", text)
	}
}

// What ends a run from outside gives the terminal back too: ctrl-c is a key there, a signal is not.
func TestInterruptOnTheScreen(t *testing.T) {
	for name, interrupt := range map[string]func(*seat){
		"ctrl-c":  func(s *seat) { s.types("\x03") },
		"SIGINT":  func(s *seat) { must(s.t, s.cmd.Process.Signal(syscall.SIGINT)) },
		"SIGTERM": func(s *seat) { must(s.t, s.cmd.Process.Signal(syscall.SIGTERM)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := sit(t, 80, 24, nil, "run", "well", "--rounds", "100000", "--delay", "10ms", "--out", "none")
			s.sees("litres")
			interrupt(s)
			if text, code := s.exits(); code != exitInterrupted || !strings.Contains(text, "well, seed 1: interrupted") {
				t.Errorf("exit %d:\n%s", code, text)
			}
		})
	}
}

// The second interrupt ends the process, whatever still runs, and gives the terminal back.
func TestSecondInterruptLeaves(t *testing.T) {
	for name, interrupt := range map[string]func(*seat){
		"q":      func(s *seat) { s.types("q") },
		"SIGINT": func(s *seat) { must(s.t, s.cmd.Process.Signal(syscall.SIGINT)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := sit(t, 80, 24, nil, "run", "well", "--mind", "stubborn", "--rounds", "100", "--out", "none")
			s.sees("q quit")
			interrupt(s)
			s.sees(" ending ")
			interrupt(s)
			if text, code := s.exits(); code != exitInterrupted || strings.Contains(text, "interrupted after") {
				t.Errorf("exit %d:\n%s", code, text)
			}
		})
	}
}

// "A pipe, NO_COLOR, --plain get plain lines", and so does a terminal that cannot be drawn on.
func TestPlainOnATerminal(t *testing.T) {
	for name, c := range map[string]struct {
		env, args []string
		says      string
	}{
		"NO_COLOR":  {[]string{"NO_COLOR=1"}, nil, "month  2"},
		"dumb":      {[]string{"TERM=dumb"}, nil, "month  2"},
		"no TERM":   {[]string{"TERM="}, nil, "month  2"},
		"--plain":   {nil, []string{"--plain"}, "month  2"},
		"--quiet":   {nil, []string{"--quiet"}, "commons, seed 1: ended"},
		"--json":    {nil, []string{"--json"}, `"scenario":"commons"`},
		"many runs": {nil, []string{"--runs", "2", "--plain"}, "survival time"},
	} {
		t.Run(name, func(t *testing.T) {
			s := sit(t, 200, 70, c.env, append([]string{"--rounds", "2", "--delay", "0s", "--out", "none"}, c.args...)...)
			if text, code := s.exits(); code != exitDone || !strings.Contains(text, c.says) || strings.Contains(s.written(), "\x1b") {
				t.Errorf("exit %d:\n%q", code, s.written())
			}
		})
	}
}

// Without a keyboard it is drawn all the same, and asks the terminal nothing that nobody would read the answer of.
func TestScreenWithoutKeyboard(t *testing.T) {
	s := sitBefore(t, 80, 24, nil, nil, "--rounds", "4", "--delay", "30ms", "--out", "none")
	s.sees("no keyboard")
	if text, code := s.exits(); code != exitDone || !strings.Contains(text, "ended after 4 rounds") {
		t.Errorf("exit %d:\n%s", code, text)
	}
	if shown := s.written(); strings.Contains(shown, "$p") || strings.Contains(shown, "\x1b[?u") {
		t.Errorf("it asks: %q", shown)
	}
}

// What is logged while the terminal is drawn on, is written when that is over.
func TestLogWaitsForTheScreen(t *testing.T) {
	s := sit(t, 110, 30, nil, "--chaos", "agent:50%", "--log-level", "debug", "--rounds", "100000", "--delay", "10ms", "--out", "none")
	s.lives(2)
	if text := s.screen.Text(); !strings.Contains(text, "Lake Village") || strings.Contains(text, "DBG") || strings.Contains(text, "WRN") {
		t.Errorf("%s", text)
	}
	s.types("q")
	_, code := s.exits()
	shown := s.written()
	drawn, after, _ := strings.Cut(shown, "\x1b[?1049l")
	if code != exitInterrupted || strings.Contains(drawn, "agents/") || !strings.Contains(after, "agents/") {
		t.Errorf("exit %d; the log is not after the screen: %q", code, after)
	}
}

// What is written to nobody in time is bounded.
func TestHeldIsBounded(t *testing.T) {
	var out bytes.Buffer
	p := &process{stderr: &out, redraws: true}
	release := p.hold()
	line := strings.Repeat("x", 999) + "\n"
	for range 2 * maxHeld / len(line) {
		fmt.Fprint(p.stderr, line)
	}
	if out.Len() > 0 {
		t.Error("it is written at once")
	}
	release()
	release()
	fmt.Fprint(p.stderr, "later\n")
	if text := out.String(); len(text) > maxHeld+100 || !strings.Contains(text, "bytes more were left out\nlater\n") {
		t.Errorf("%d bytes, the end is %q", len(text), text[len(text)-80:])
	}
	file := &process{stderr: &out}
	file.hold()()
	if file.stderr != &out {
		t.Error("a file is held back too")
	}
}

// TestPicture makes pages of the screen, to be looked at.
func TestPicture(t *testing.T) {
	dir := os.Getenv("PICTURES")
	if dir == "" {
		t.Skip("PICTURES names no directory")
	}
	args := strings.Fields(os.Getenv("PICTURED"))
	if len(args) == 0 {
		args = strings.Fields("--mind 3*covenant --mind 1*fixed:14 --mind sustainable --rounds 24 --chaos agent:3%")
	}
	s := sit(t, 110, 30, nil, append(args, "--delay", "100ms", "--out", "none")...)
	s.lives(8)
	must(t, os.WriteFile(filepath.Join(dir, "dark.html"), []byte(s.screen.HTML(false)), 0o666),
		os.WriteFile(filepath.Join(dir, "light.html"), []byte(s.screen.HTML(true)), 0o666))
	t.Log("\n" + s.screen.Text())
	s.types("q")
	s.exits()
}
