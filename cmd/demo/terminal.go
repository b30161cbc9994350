package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/mattn/go-isatty"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/cmd/demo/screen"
	"github.com/polis-agents/polis/llmadapter"
)

// terminal is where a screen can be drawn.
type terminal struct {
	in  io.Reader // nil: what is typed comes from elsewhere
	out io.Writer
	env []string
}

// thisTerminal is the terminal of this process; nil: there is none, or none that is to be drawn on.
func thisTerminal() *terminal {
	kind := os.Getenv("TERM")
	if !isatty.IsTerminal(os.Stdout.Fd()) || os.Getenv("NO_COLOR") != "" || kind == "dumb" || kind == "" && runtime.GOOS != "windows" {
		return nil
	}
	t := &terminal{out: os.Stdout, env: os.Environ()}
	if isatty.IsTerminal(os.Stdin.Fd()) {
		t.in = os.Stdin
	}
	return t
}

// draws says whether the run is drawn, rather than told line by line.
func (c *runCommand) draws(p *process) bool {
	return c.tells() && !c.Plain && p.terminal != nil && c.Cluster == ""
}

// draw takes the terminal for a run. Whoever quits there interrupts it.
func (pl *plan) draw(p *process, cancel context.CancelCauseFunc) *screen.Screen {
	look := screen.Looks[pl.scenario.Name]
	look.Period = cmp.Or(pl.scenario.Period, look.Period)
	c := screen.Config{
		Plan: screen.Plan{Name: pl.scenario.Name, Look: look, Rounds: pl.order.Rounds, Seed: pl.seed, Models: map[string]string{}},
		In:   p.terminal.in, Out: p.terminal.out, Env: p.terminal.env,
		Interrupt: func() { cancel(errInterrupted) },
	}
	for name, m := range pl.society.Models {
		c.Plan.Models[name] = cmp.Or(m.Label, llmadapter.AnyModel)
	}
	for _, a := range pl.society.Agents {
		c.Plan.Agents = append(c.Plan.Agents, screen.Agent{Name: a.Name, Mind: a.Mind, Decides: pl.society.Decider(a), From: a.From})
	}
	greedy := polis.Mind{Name: "greedy"}
	offered := slices.ContainsFunc(pl.scenario.Minds, func(m polis.MindKind) bool { return m.Name == greedy.Name && m.Arg == "" })
	if pl.scenario.Newcomer != nil && offered {
		n := 0 // the screen invites one at a time
		c.Newcomer = func() (polis.Agent, error) {
			n++
			return pl.scenario.Join(pl.order, greedy, n)
		}
	}
	return screen.Open(c)
}

// held keeps what is written while the terminal is drawn on, and writes it when that is over.
type held struct {
	mu   sync.Mutex
	w    io.Writer
	text bytes.Buffer
	lost int // bytes beyond the bound
	open bool
}

// maxHeld bounds what is kept, in bytes.
const maxHeld = 1 << 20

// hold keeps stderr back if it is the terminal that is drawn on. The function gives it free.
func (p *process) hold() func() {
	if !p.redraws {
		return func() {}
	}
	h := &held{w: p.stderr}
	p.stderr = h
	return h.release
}

// Write keeps or writes.
func (h *held) Write(text []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.open:
		return h.w.Write(text)
	case h.text.Len()+len(text) > maxHeld:
		h.lost += len(text)
	default:
		h.text.Write(text)
	}
	return len(text), nil
}

func (h *held) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open {
		return
	}
	h.open = true
	_, _ = h.text.WriteTo(h.w) // nobody could act on the error
	if h.lost > 0 {
		fmt.Fprintf(h.w, "demo: %d bytes more were left out\n", h.lost)
	}
}
