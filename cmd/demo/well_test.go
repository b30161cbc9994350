package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/bench"
	"github.com/polis-agents/polis/protocol"
)

// Well is a world for the tests of the binary: three draw water from a well, and say so to each other.
type Well struct {
	Litres int
	Drawn  map[string]int
	Seen   int
}

// Draw is what an agent can try.
type Draw struct {
	Litres int `min:"0" max:"10"`
}

func init() { actors.Payload[Draw]("well.Draw") }

func (w *Well) Perceive(string) int { return w.Litres }

func (w *Well) Draw(agent string, d Draw) (int, error) {
	w.Litres -= d.Litres
	w.Drawn[agent] += d.Litres
	return d.Litres, nil
}

func (w *Well) Tick(string, *rand.Rand) { w.Litres += 5 }

func (w *Well) Variables() []environment.Variable {
	return []environment.Variable{{Name: "litres", Value: float64(w.Litres)}}
}

func (w *Well) AgentVariables(agent string) []environment.Variable {
	return []environment.Variable{{Name: "drawn", Value: float64(w.Drawn[agent])}}
}

// drawer draws as its mind says.
type drawer struct {
	mind polis.Mind
	rest []string
}

func (d drawer) Receive(t *actors.Turn, event any) error {
	p, ok := event.(actors.Percept)
	if !ok {
		return nil
	}
	draw := Draw{Litres: 1}
	switch d.mind.Name {
	case "steady":
		draw.Litres, _ = strconv.Atoi(d.mind.Arg)
	case "random":
		draw.Litres = t.Rand().IntN(10)
	case "stubborn":
		select {} // until the process ends
	case "deadly": // the process dies, once, as by kill -9
		if os.Remove("armed") == nil {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill()
			select {}
		}
	case "broken":
		return errors.New("it cannot")
	}
	t.Act(draw)
	if p.Round == 1 && len(d.rest) > 0 {
		t.Send(protocol.Message{Act: protocol.Inform, Receivers: d.rest, Content: draw})
	}
	return nil
}

// Stateless says that nothing is kept for recovery.
func (drawer) Stateless() {}

var well = polis.Scenario{
	Name: "well", Summary: "three draw water", Agents: 3, Rounds: 4,
	Minds:      []polis.MindKind{{Name: "steady", Arg: "N", Doc: "draws N litres"}, {Name: "random", Doc: "draws what it likes"}, {Name: "broken", Doc: "fails"}, {Name: "deadly", Doc: "kills the process when it is armed"}, {Name: "stubborn", Doc: "never ends its turn"}},
	Default:    []string{"steady:2"},
	Parameters: []polis.Parameter{{Name: "litres", Doc: "at the start", Default: "60", Range: "0..1000"}, {Name: "talk", Doc: "they speak", Default: "true", Range: "true|false"}},
	Metrics:    []string{"level", "defined_for_odd_seeds"},
	Build:      buildWell,
	Measure: func(r *polis.Report) map[string]float64 {
		w := r.World.(*Well)
		odd := 1.0
		if w.Litres%2 == 0 {
			odd = 0 / (odd - 1) // NaN
		}
		return map[string]float64{"extra": 3, "level": float64(w.Litres), "defined_for_odd_seeds": odd}
	},
}

func buildWell(o polis.Order) (polis.Society, error) {
	litres := 60
	if text, ok := o.Settings["litres"]; ok {
		var err error
		if litres, err = strconv.Atoi(text); err != nil || litres < 0 || litres > 1000 {
			return polis.Society{}, fmt.Errorf("well: parameter litres is %q; accepted is a number from 0 to 1000", text)
		}
	}
	if o.Minds == nil {
		o.Minds, _ = polis.ParseMinds([]string{"steady:2"}, o.Agents, 3)
	}
	world := environment.Define(func() *Well { return &Well{Litres: litres, Drawn: map[string]int{}} }, (*Well).Perceive)
	environment.AddAction(world, "draw", "Draw water.", (*Well).Draw)
	s := polis.Society{Name: "well", World: world, Settings: map[string]string{"litres": strconv.Itoa(litres)}}
	names := []string{"ada", "ben", "cleo", "dan", "eve"}
	if len(o.Minds) > len(names) {
		return s, fmt.Errorf("well: %d agents; accepted are %d at most", len(o.Minds), len(names))
	}
	for i, mind := range o.Minds {
		d := drawer{mind: mind}
		for j := range o.Minds {
			if j != i && o.Settings["talk"] != "false" {
				d.rest = append(d.rest, names[j])
			}
		}
		s.Agents = append(s.Agents, polis.Agent{Name: names[i], Mind: mind.String(), Behavior: func() actors.Behavior { return d }})
	}
	return s, nil
}

// TestMain lets a test start the binary itself: it is the test binary under another name, with the well beside the
// scenarios there are.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"demo": func() {
		p := thisProcess()
		p.scenarios = append([]polis.Scenario{well}, p.scenarios...)
		p.bench = quickBench
		os.Exit(p.main())
	}, "counting": countingMain})
}

// quickBench measures next to nothing: it is the form that is tested.
func quickBench(ctx context.Context, name string, o bench.Options) (*bench.Report, error) {
	o.Reps, o.Least, o.Agents = 1, time.Millisecond, 200
	return bench.Run(ctx, name, o)
}

// trial is the binary in-process.
type trial struct {
	code   int
	stdout string
	stderr string
}

// try runs a command line in a directory of its own unless the test is in one already.
func try(t *testing.T, args ...string) trial {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := newProcess(&stdout, &stderr, args...).run(t.Context())
	return trial{code, stdout.String(), stderr.String()}
}

func newProcess(stdout, stderr io.Writer, args ...string) *process {
	start := time.Date(2026, 11, 22, 14, 30, 12, 0, time.UTC)
	return &process{program: "demo", args: args, env: func(string) string { return "" }, stdin: strings.NewReader(""), stdout: stdout, stderr: stderr, now: func() time.Time { return start },
		scenarios: append([]polis.Scenario{well}, scenarios...), bench: quickBench}
}

// ok fails the test unless the command went well, and gives its output.
func (r trial) ok(t *testing.T) string {
	t.Helper()
	if r.code != exitDone || r.stderr != "" {
		t.Fatalf("exit %d, stderr %q", r.code, r.stderr)
	}
	return r.stdout
}

// oneLine fails the test unless the command said one line on stderr, nothing on stdout, and ended with the code.
func (r trial) oneLine(t *testing.T, code int, parts ...string) {
	t.Helper()
	if r.code != code || r.stdout != "" || strings.Count(r.stderr, "\n") != 1 || !strings.HasPrefix(r.stderr, "demo: ") {
		t.Errorf("exit %d, want %d with one line on stderr; stdout %q, stderr %q", r.code, code, r.stdout, r.stderr)
	}
	for _, part := range parts {
		if !strings.Contains(r.stderr, part) {
			t.Errorf("stderr %q does not contain %q", r.stderr, part)
		}
	}
}

// shown is what the summary says under a name.
func shown(out, name string) string {
	for line := range strings.Lines(out) {
		if value, ok := strings.CutPrefix(line, name+"  "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// newClock is a clock that goes on by a step whenever it is read.
func newClock(step time.Duration) func() time.Time {
	var reads atomic.Int64
	return func() time.Time { return time.Unix(0, 0).Add(time.Duration(reads.Add(1)) * step) }
}
