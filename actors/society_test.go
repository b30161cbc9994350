package actors_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wall is a scripted world: agents write numbers on it, and see how many there are.
type wall struct {
	Marks  []string // "ann 3"
	phases []string
}

type view struct{ Marks int }

// mark is the action of writing a number; what is below zero is refused.
type mark struct{ N int }

// note is what agents tell each other, and hand to services and jobs.
type note struct{ Text string }

func init() {
	actors.Payload[note]("actors_test.note")
	wallWith(nil) // declares its types
}

// wallWith defines a wall whose rounds have these phases.
func wallWith(phases []string) *environment.Definition {
	world := environment.Define(func() *wall { return &wall{phases: phases} }, (*wall).Perceive)
	environment.AddAction(world, "mark", "Write a number.", (*wall).Mark)
	return world
}

func (w *wall) Perceive(string) view { return view{len(w.Marks)} }

func (w *wall) Phases() []string {
	if w.phases == nil {
		return []string{"day"}
	}
	return w.phases
}

func (w *wall) Mark(agent string, m mark) (mark, error) {
	if m.N < 0 {
		return mark{}, environment.Refuse("negative", "%d is below zero", m.N)
	}
	w.Marks = append(w.Marks, fmt.Sprintf("%s %d", agent, m.N))
	return m, nil
}

// story is a small society and what is done to it.
type story struct {
	cfg      polis.Config
	phases   []string
	agents   []polis.Agent
	services map[string]actors.Service
	maySpeak func(from, to string) bool
}

// told is what came of a story.
type told struct {
	*polis.Report
	events []any
}

// run lets a story happen. Whatever it is about, its account is exact, and nothing of it is left behind.
func (s story) run(t *testing.T) told {
	t.Helper()
	r := s.runLeaving(t)
	if r.NotStopped != nil {
		t.Errorf("left behind: %v", r.NotStopped)
	}
	return r
}

// runLeaving is run for stories in which something ignores that it is to end.
func (s story) runLeaving(t *testing.T) told {
	t.Helper()
	r, err := s.start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if !r.Messages.Balanced() {
		t.Errorf("the account does not hold: %+v", r.Messages)
	}
	return r
}

// start lets a story happen until ctx ends.
func (s story) start(ctx context.Context) (r told, err error) {
	var mu sync.Mutex // the last to be told may be so after the end
	s.cfg.Observe = func(event any) {
		mu.Lock()
		defer mu.Unlock()
		r.events = append(r.events, event)
	}
	if s.cfg.Rounds == 0 {
		s.cfg.Rounds = 1
	}
	report, err := polis.Run(ctx, polis.Society{
		Name: "wall", World: wallWith(s.phases), Agents: s.agents, Services: s.services, MaySpeak: s.maySpeak,
	}, s.cfg)
	mu.Lock()
	defer mu.Unlock()
	return told{report, r.events}, err
}

// marks are the numbers on the wall.
func (r told) marks() string { return strings.Join(r.World.(*wall).Marks, ", ") }

// count says how many events of a kind observers saw.
func count[T any](r told) (n int) {
	for _, e := range r.events {
		if _, ok := e.(T); ok {
			n++
		}
	}
	return n
}

// first is the first event of a kind that observers saw.
func first[T any](t *testing.T, r told) (e T) {
	t.Helper()
	for _, e := range r.events {
		if e, ok := e.(T); ok {
			return e
		}
	}
	t.Fatalf("observers saw no %T", e)
	return e
}

// does is an agent without memory.
func does(name string, f actors.BehaviorFunc) polis.Agent {
	return polis.Agent{Name: name, Behavior: func() actors.Behavior { return f }}
}

// lives is an agent with one.
func lives(name string, behavior func() actors.Behavior) polis.Agent {
	return polis.Agent{Name: name, Behavior: behavior}
}

// idles is an agent that passes.
func idles(name string) polis.Agent {
	return does(name, func(t *actors.Turn, event any) error {
		if _, ok := event.(actors.Percept); ok {
			t.Pass()
		}
		return nil
	})
}

// diary is what agents were told, attempts that failed included.
type diary struct {
	mu    sync.Mutex
	lines map[string][]string
}

// note writes down the event of a turn.
func (d *diary) note(t *actors.Turn, event any) {
	d.add(t.Self(), "%d %s", t.N(), brief(event))
}

func (d *diary) add(agent, format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lines == nil {
		d.lines = map[string][]string{}
	}
	d.lines[agent] = append(d.lines[agent], fmt.Sprintf(format, args...))
}

// expect compares an agent's diary, line by line.
func (d *diary) expect(t *testing.T, agent, want string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	var lines []string
	for line := range strings.Lines(want) {
		if line = strings.Trim(line, "\t\n"); line != "" {
			lines = append(lines, line)
		}
	}
	if got, want := strings.Join(d.lines[agent], "\n"), strings.Join(lines, "\n"); got != want {
		t.Errorf("%s was told\n%s\n\nand should have been told\n%s", agent, got, want)
	}
}

// brief is an event in a few words.
func brief(event any) string {
	switch e := event.(type) {
	case actors.Percept:
		return fmt.Sprintf("percept %d %s", e.Round, e.Phase)
	case actors.Outcome:
		if e.Refused() {
			return "outcome " + e.Reason
		}
		return fmt.Sprintf("outcome %v", e.Value)
	case *protocol.Message:
		return fmt.Sprintf("%s of %s: %s", e.Act, e.Sender, text(e.Content))
	case actors.Undelivered:
		return fmt.Sprintf("undelivered to %s: %s", e.To, e.Reason)
	case actors.Answer:
		return fmt.Sprintf("answer %s of %s: %s%s", e.ID, e.Service, text(e.Value), e.Error)
	case actors.Result:
		return fmt.Sprintf("result %s of %s: %s%s", e.ID, e.Job, text(e.Value), e.Error)
	case actors.Timer:
		return "timer " + e.ID.String()
	case actors.Started:
		return "started"
	case actors.Stopping:
		return "stopping"
	default:
		return fmt.Sprintf("%T", event)
	}
}

func text(v any) string {
	if n, ok := v.(note); ok {
		return n.Text
	}
	return ""
}

// tell is a message.
func tell(words string, to ...string) protocol.Message {
	return protocol.Message{Act: protocol.Inform, Receivers: to, Content: note{words}}
}

// slowly waits inside a synctest bubble, or until ctx ends.
func slowly(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
