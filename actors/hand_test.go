package actors_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// hand is a world whose every word a test gives by hand, to one agent: what a real one says only when threads, or a
// network, are at their worst.
type hand struct {
	t       *testing.T
	engine  *engine.Engine
	world   *engine.Ref
	agent   *engine.Ref
	said    diary
	reports []string
	step    uint64
}

// lead starts an agent inside a synctest bubble and leads it by hand.
func lead(t *testing.T, s *actors.Setting, f func(t *actors.Turn, event any) error) *hand {
	t.Helper()
	h := &hand{t: t, engine: engine.New(engine.Config{Workers: 2})}
	spawn := func(spec engine.Spec) *engine.Ref {
		r, err := h.engine.Spawn(spec)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	h.world = spawn(engine.Spec{Name: "world", New: func() engine.Actor {
		return engine.ActorFunc(func(c *engine.Context, msg any) error {
			switch m := msg.(type) {
			case func(*engine.Context):
				m(c)
			case *wire.Report:
				said := fmt.Sprintf("step %d: done %v", m.Step, m.Done)
				if m.Left {
					said = "it left"
				}
				h.reports = append(h.reports, said)
			}
			return nil
		})
	}})
	s.Recorder = &journal.Recorder{}
	h.agent = spawn(engine.Spec{Name: actors.ActorName("ann"), Host: actors.NewHost("ann", s, func() actors.Behavior {
		return actors.BehaviorFunc(func(t *actors.Turn, event any) error {
			h.said.note(t, event)
			return f(t, event)
		})
	})})
	return h
}

// send says something to the agent in the world's name, and lets it do what it does about it.
func (h *hand) send(msg any, weight int) {
	h.t.Helper()
	if err := h.engine.Tell(h.world, func(c *engine.Context) { _ = c.Send(h.agent, msg, weight) }, 0); err != nil {
		h.t.Fatal(err)
	}
	synctest.Wait()
}

// opens opens the next phase, for which so many letters were promised since the start.
func (h *hand) opens(letters uint64, outcomes ...wire.Caused) {
	h.t.Helper()
	h.step++
	d := &wire.Delivery{Step: h.step, Round: int(h.step), Phase: "day", Letters: letters, Outcomes: outcomes,
		Percept: wire.Caused{Event: environment.Percept{Round: int(h.step), Phase: "day"}}}
	h.send(d, d.Weight())
}

// ends is the last delivery.
func (h *hand) ends() {
	h.t.Helper()
	h.step++
	h.send(&wire.Delivery{Step: h.step, Last: true}, 0)
}

// letter is a message that somebody wrote in a step.
func (h *hand) letter(sender string, n uint64, index int, step uint64) {
	h.t.Helper()
	h.send(&wire.Letter{Message: &protocol.Message{Act: protocol.Inform, Sender: sender, Content: note{fmt.Sprint(n, ".", index)}},
		Sender: sender, N: n, Index: index, Step: step}, 1)
}

// expect ends the story: this was told to the agent, and this to the world; so much was counted.
func (h *hand) expect(diary, reports string, want engine.Account) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := h.engine.Shutdown(ctx); err != nil {
		h.t.Error(err)
	}
	h.said.expect(h.t, "ann", diary)
	var lines []string
	for line := range strings.Lines(reports) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if !slices.Equal(h.reports, lines) {
		h.t.Errorf("the world was told\n%s\n\nand should have been told\n%s", strings.Join(h.reports, "\n"), strings.Join(lines, "\n"))
	}
	if a := h.engine.Account(); a != want {
		h.t.Errorf("the account is %+v, want %+v", a, want)
	}
}

func silent(*actors.Turn, any) error { return nil }
