package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/supervision"
)

func said(phase, sender, act string, content any, to ...string) actors.Said {
	return actors.Said{Phase: phase, Message: &protocol.Message{Act: protocol.Act(act), Sender: sender, Receivers: to, Content: content}}
}

func present(round int, names ...string) environment.RoundEnded {
	e := environment.RoundEnded{Round: round, World: []environment.Variable{{Name: "level", Value: 1.5}}}
	for _, n := range names {
		e.Agents = append(e.Agents, environment.AgentRow{Name: n, Decides: "rules"})
	}
	return e
}

func failed(decide func(*supervision.Failure) supervision.Decision, actor, event string) polis.Failed {
	return polis.Failed{Decision: decide(&supervision.Failure{Actor: actor, Turn: 3, Attempt: 5, Event: event, Err: errors.New("it\ncannot")})}
}

func restart(f *supervision.Failure) supervision.Decision { return supervision.Restart{Failure: f} }
func quarantine(f *supervision.Failure) supervision.Decision {
	return supervision.Quarantine{Failure: f}
}
func stop(f *supervision.Failure) supervision.Decision { return supervision.Stop{Failure: f} }

// One line per round, and below it what was notable: what was said in short form, crashes and restarts, quarantines,
// missed phases, newcomers. Whatever the order in which threads reported it, it is told in the same order.
func TestStory(t *testing.T) {
	s := &story{line: variablesLine, agents: 4, phases: []string{"talk", "act"}}
	events := []any{
		said("act", "eve", "inform", nil, "ada"),
		said("talk", "ben", "propose", Draw{4}, "ada", "cleo", "eve"),
		said("talk", "ada", "propose", Draw{4}, "ben", "cleo", "eve"),
		said("talk", "cleo", "refuse", strings.Repeat("long ", 40), "ada", "ben"),
		environment.Missed{Phase: "act", Agent: "eve", Late: true},
		environment.Missed{Phase: "talk", Agent: "cleo"},
		failed(restart, "agents/ada", "percept"), failed(restart, "agents/ben", "percept"), failed(restart, "agents/ada", "percept"),
		failed(restart, "world", "tick"), failed(quarantine, "agents/ben", "started"), failed(stop, "agents/cleo", "message"),
		actors.Forgot{Agent: "ada"}, actors.Clocked{Agent: "ada"},
	}
	tell := func(events []any) string {
		for _, e := range events {
			if lines := s.see(e); len(lines) > 0 {
				t.Errorf("%T is told before its round is over: %q", e, lines)
			}
		}
		return strings.Join(s.see(present(2, "ada", "ben", "cleo", "eve")), "\n")
	}
	s.see(present(1, "ada", "ben", "cleo"))
	want := `round 2  level 1.5
    eve joined
    cleo missed phase talk: its percept was set aside
    cleo → ada, ben: refuse long long long long long long long long long long long long long long l…
    ada, ben → all: propose {Litres:4}
    eve missed phase act: it was too late
    eve → ada: inform
    cleo crashed on its message and was stopped: it cannot
    ada ×2, ben crashed on its percept and was restarted
    world crashed on its tick and was restarted
    ben quarantined its start, which failed 5 times: it cannot
    ada restarted without its memory`
	if got := tell(events); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for i, j := 0, len(events)-1; i < j; i, j = i+1, j-1 {
		events[i], events[j] = events[j], events[i]
	}
	want = strings.Replace(want, "    eve joined\n", "", 1)
	if got := tell(events); got != want {
		t.Errorf("in the opposite order\n%s\nwant\n%s", got, want)
	}
	if got := s.rest(); len(got) != 0 {
		t.Errorf("told twice: %q", got)
	}
}

// What holds a society up is told at once: nobody waits without a word.
func TestStoryTellsAtOnceWhatHoldsUp(t *testing.T) {
	s := &story{line: variablesLine}
	got := s.see(polis.Blocked{Actor: "agents/ada", Held: 1500 * time.Millisecond, Stack: "goroutine 7\nmain.think()\n" + strings.Repeat("more\n", 40)})
	if len(got) != 13 || got[0] != "    ada has held its turn for 1.5 s:" || got[2] != "        main.think()" {
		t.Errorf("%q", got)
	}
	got = s.see(polis.Abandoned{Actor: "agents/ada", Job: "decide"})
	if len(got) != 1 || got[0] != "    ada: its decide ignores the end of its context and is left behind" {
		t.Errorf("%q", got)
	}
}

// A round of a crowd stays readable.
func TestStoryOfACrowdIsShort(t *testing.T) {
	s := &story{line: variablesLine, agents: 1000, phases: []string{""}}
	for i := range 1000 {
		s.see(said("", fmt.Sprintf("a%03d", i), "inform", i, "ada"))
		s.see(failed(restart, fmt.Sprintf("agents/a%03d", i), "percept"))
	}
	s.see(said("", "a000", "a-greeting", nil, "ada", "ben", "cleo")) // three are not all, also before anyone was counted
	lines := s.see(present(1))
	if lines[1] != "    a000 → ada, ben, cleo: a-greeting" && lines[2] != "    a000 → ada, ben, cleo: a-greeting" {
		t.Errorf("%q", lines[:3])
	}
	if len(lines) != 2+notableLines || lines[len(lines)-1] != "    and 1985 more" {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
	for range 1000 {
		s.see(failed(restart, "agents/ada", "percept"))
	}
	for i := range 1000 {
		s.see(failed(restart, fmt.Sprintf("agents/a%03d", i), "percept"))
	}
	if lines := s.see(present(2)); len(lines) != 2 || len(lines[1]) > 160 || !strings.Contains(lines[1], "and 989 more crashed") {
		t.Errorf("%q", lines)
	}
}

// A reader that has stopped reading does not hold up who prints.
func TestLinesDoNotWaitForTheReader(t *testing.T) {
	var out bytes.Buffer
	gate := make(chan struct{})
	l := printTo(&gated{w: &out, gate: gate})
	for i := range 1000 {
		l.print([]string{fmt.Sprint(i)})
	}
	close(gate) // nothing was read so far
	l.close()
	if got := strings.Count(out.String(), "\n"); got != 1000 {
		t.Errorf("%d lines", got)
	}
}

type gated struct {
	w    *bytes.Buffer
	gate chan struct{}
}

func (g *gated) Write(b []byte) (int, error) {
	<-g.gate
	return g.w.Write(b)
}

// Who decided is in every output; a model is named.
func TestDecides(t *testing.T) {
	for _, c := range []struct {
		by   []string
		want string
	}{
		{[]string{"", "rules"}, "decided by rules, no language model"},
		{[]string{"", "stand-in"}, "decided by a stand-in, rules, no language model"},
		{[]string{"model small", "person", "person"}, "decided by a person, model small"},
		{[]string{"person", "stand-in"}, "decided by a person, a stand-in, no language model"},
	} {
		var agents []polis.Agent
		for _, by := range c.by {
			agents = append(agents, polis.Agent{Decides: by})
		}
		if got := decides(&polis.Society{Agents: agents}); got != c.want {
			t.Errorf("%q: %s, want %s", c.by, got, c.want)
		}
	}
	var d decidedBy
	for i, by := range []string{"rules", "stand-in", "cassette", "small-model", "person"} {
		d.add(by, i+1)
	}
	if d != (decidedBy{1, 2, 3, 4, 5}) {
		t.Errorf("%+v", d)
	}
}

func TestSummaryOfWhatWentWrong(t *testing.T) {
	res := &result{Faults: faults{Crashes: 3, Missed: 1}, Forgot: 2}
	if got := faultsText(res); got != "3 crashes, 1 decision missed, 2 restarts without memory" {
		t.Errorf("%q", got)
	}
	if got := accountText(polis.Account{Sent: 3, Handled: 2}); got != "DO NOT ADD UP: 3 sent ≠ 2 handled + 0 refused + 0 dead + 0 quarantined" {
		t.Errorf("%q", got)
	}
	if got := reproducibleText(&result{}); !strings.HasPrefix(got, "no: something") {
		t.Errorf("%q", got)
	}
	if got := reproducibleText(&result{Interventions: 2}); got != "no: somebody touched it while it ran" {
		t.Errorf("%q", got)
	}
	res.add(&polis.Report{Interventions: make([]polis.Intervened, 2)})
	if res.Interventions != 2 {
		t.Errorf("%d interventions", res.Interventions)
	}
}

func TestShort(t *testing.T) {
	for x, want := range map[float64]string{12: "12", 0: "0", 1. / 6: "0.1667", -2.5: "-2.5", 123456.789: "123456.789", 0.00001234: "1.23e-05"} {
		if got := short(x); got != want {
			t.Errorf("%v is %q, want %q", x, got, want)
		}
	}
}

// The pause between rounds: on a terminal, for people who watch; none in a pipe or with --json.
func TestDelay(t *testing.T) {
	for _, c := range []struct {
		args     string
		terminal bool
		want     time.Duration
	}{
		{"", true, 500 * time.Millisecond}, {"--plain", true, 500 * time.Millisecond}, {"", false, 0}, {"--json", true, 0},
		{"--quiet", true, 0}, {"--runs 2", true, 0}, {"--delay 0s", true, 0}, {"--delay 20ms", false, 20 * time.Millisecond},
	} {
		p := newProcess(nil, nil, append([]string{"run", "well"}, strings.Fields(c.args)...)...)
		p.watched = c.terminal
		line, _, err := p.parse(t.Context())
		must(t, err)
		pl, err := line.Run.plan(p)
		must(t, err)
		if got := pl.config.Delay; got != c.want {
			t.Errorf("%q, terminal %v: %v, want %v", c.args, c.terminal, got, c.want)
		}
	}
}

// Numbers are written so that they are read back as the same; what is none is an empty cell, and null.
func TestNumbers(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 1. / 3: "0.3333333333333333", 1e9: "1000000000", math.Inf(-1): ""} {
		if got := number(x); got != want {
			t.Errorf("%v is %q, want %q", x, got, want)
		}
	}
	vs := variablesOf([]environment.Variable{{Name: "a", Value: math.NaN()}, {Name: "b", Value: 2}})
	if got, err := json.Marshal(vs); err != nil || string(got) != `{"a":null,"b":2}` || number(math.NaN()) != "" {
		t.Errorf("%s, %v", got, err)
	}
}

// A table whose columns would change is refused rather than written wrong.
func TestTableRefusesNewColumns(t *testing.T) {
	t.Chdir(t.TempDir())
	out := "kept"
	d, err := openDirectory(t.Context(), &out, "", time.Time{})
	must(t, err)
	var cause error
	w := &watcher{fail: func(err error) { cause = err }}
	must(t, w.record(d, false, 1, 2))
	w.observe(present(1, "ada"))
	w.observe(environment.RoundEnded{Round: 2}) // lacks a variable: an empty cell
	w.observe(environment.RoundEnded{Round: 3, World: []environment.Variable{{Name: "depth", Value: 1}}})
	w.observe(present(4, "ada")) // not written: it has failed
	if cause == nil || !strings.Contains(cause.Error(), `rounds.csv: the variable "depth" was not in the first row`) {
		t.Errorf("%v", cause)
	}
	if err := w.close(); !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
	must(t, d.keep(struct{}{}))
	rows := rowsOf(t, "kept/rounds.csv", "run", "seed", "round", "level")
	if len(rows) != 2 || rows[0][3] != "1.5" || rows[1][3] != "" {
		t.Errorf("%q", rows)
	}
}
