package engine

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/polis-agents/polis/supervision"
)

func logTo(w io.Writer) zerolog.Logger { return zerolog.New(zerolog.SyncWriter(w)) }

// outputOf gives what f writes to stdout and stderr.
func outputOf(t *testing.T, f func()) string {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = write, write
	text := make(chan string)
	go func() {
		b, _ := io.ReadAll(read)
		text <- string(b)
	}()
	f()
	os.Stdout, os.Stderr = stdout, stderr
	write.Close()
	return <-text
}

// misfortunes runs what the library would log: a system that starts, crashes, dead letters, actors that stop.
func misfortunes(t *testing.T, cfg Config) {
	e := open(t, cfg)
	r := spawn(t, e, Spec{Name: "a", Policy: atOnce(supervision.Policy{}), New: each(func(*Context, any) error { panic("broken") })})
	tell(t, e, r, 1, 2, 3)
	e.system.Root.Send(e.system.NewLocalPID("nobody"), "hello")
	shut(t, e)
	e.system.Root.Send(e.system.NewLocalPID("a"), "hello")
}

// "Without a factory the module writes coloured text to stderr".
func TestZeroConfigIsSilent(t *testing.T) {
	if got := outputOf(t, func() { misfortunes(t, Config{}) }); got != "" {
		t.Errorf("written: %s", got)
	}
}

// "zerolog for all logging, the library's own included, at WARN."
func TestLibraryLogsThroughZerologFromWarnOn(t *testing.T) {
	var log lines
	stray := outputOf(t, func() {
		e := open(t, Config{Log: logTo(&log).With().Str("run", "r1").Logger()})
		e.system.Logger().Debug("small talk")
		e.system.Logger().Info("small talk")
		e.system.Logger().Warn("the library warns", "of", "fire")
		shut(t, e)
	})
	if stray != "" {
		t.Errorf("beside the log: %s", stray)
	}
	var line struct{ Level, Message, Of, Run string }
	if err := json.Unmarshal([]byte(log.String()), &line); err != nil {
		t.Fatalf("not the one line: %q: %v", log.String(), err)
	}
	if line.Level != "warn" || line.Message != "the library warns" || line.Of != "fire" || line.Run != "r1" {
		t.Errorf("%+v", line)
	}
}

func TestLevelAboveWarnIsKept(t *testing.T) {
	var log lines
	e := open(t, Config{Log: logTo(&log).Level(zerolog.ErrorLevel)})
	e.system.Logger().Warn("small talk")
	e.system.Logger().Error("the library fails")
	if got := log.String(); strings.Contains(got, "small talk") || !strings.Contains(got, "the library fails") {
		t.Error(got)
	}
}

// A retry is no news, a quarantine is; and who asks to stop has not failed.
func TestLogWarnsOfWhatIsLost(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string // decisions in the log at WARN
	}{
		{errors.New("broken"), "quarantine"},
		{supervision.ErrStop, ""},
		{supervision.ErrEscalate, "escalate"},
	} {
		var log lines
		e := open(t, Config{Log: logTo(&log).Level(zerolog.WarnLevel)})
		r := spawn(t, e, Spec{Name: "agents/kate", Policy: atOnce(supervision.Policy{}), New: each(func(*Context, any) error { return c.err })})
		tell(t, e, r, 1)
		shut(t, e)
		var got []string
		for line := range strings.Lines(log.String()) {
			var x struct{ Actor, Decision, Error string }
			if err := json.Unmarshal([]byte(line), &x); err != nil {
				t.Fatal(err)
			}
			if x.Actor != "agents/kate" || x.Error != c.err.Error() {
				t.Errorf("%s", line)
			}
			got = append(got, x.Decision)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v: logged %v, want %q", c.err, got, c.want)
		}
	}
}
