package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/polis-agents/polis/supervision"
)

// patience is how long a test waits for what must come soon.
const patience = 20 * time.Second

// TestMain fails when a goroutine is left after all tests: every goroutine has an owner.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open starts an engine that the test closes: everything stops, and the account holds.
func open(t *testing.T, cfg Config) *Engine {
	t.Helper()
	e := New(cfg)
	t.Cleanup(func() { shut(t, e) })
	return e
}

// shut ends an engine and checks its account.
func shut(t *testing.T, e *Engine) Account {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := e.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	a := e.Account()
	if !a.Balanced() {
		t.Errorf("the account does not hold: %+v", a)
	}
	return a
}

// spawn starts an actor that has no right to fail to be started.
func spawn(t *testing.T, e *Engine, s Spec) *Ref {
	t.Helper()
	r, err := e.Spawn(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// tell sends what must be taken.
func tell(t *testing.T, e *Engine, to *Ref, msgs ...any) {
	t.Helper()
	for _, msg := range msgs {
		if err := e.Tell(to, msg, 1); err != nil {
			t.Fatal(err)
		}
	}
}

// each makes actors, without state, that handle what is sent to them by f; Started and Stopping pass unseen.
func each(f func(c *Context, msg any) error) func() Actor {
	return func() Actor {
		return ActorFunc(func(c *Context, msg any) error {
			switch msg.(type) {
			case Started, Stopping:
				return nil
			}
			return f(c, msg)
		})
	}
}

// idle makes actors that take everything and do nothing.
var idle = each(func(*Context, any) error { return nil })

// echo makes actors that answer a request with what was asked.
var echo = each(func(c *Context, msg any) error {
	c.Reply(msg)
	return nil
})

// want waits for what must come soon.
func want[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatal("waited in vain")
	}
	return v
}

// pass lets time go by in a synctest bubble, and waits until all is quiet then.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// diary notes, from any goroutine.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

// expect compares what was noted.
func (d *diary) expect(t *testing.T, lines ...string) {
	t.Helper()
	if got := d.all(); !slices.Equal(got, lines) {
		t.Errorf("noted\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(lines, "\n\t"))
	}
}

// observer keeps what the engine tells.
type observer struct {
	mu     sync.Mutex
	events []Event
}

func (o *observer) see(ev Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, ev)
}

// seen gives the events of one type.
func seen[T Event](o *observer) (all []T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, ev := range o.events {
		if ev, ok := ev.(T); ok {
			all = append(all, ev)
		}
	}
	return all
}

// decisions gives what was decided, in short.
func (o *observer) decisions() (all []string) {
	for _, ev := range seen[Decided](o) {
		f := ev.Decision.Cause()
		all = append(all, fmt.Sprintf("%s %s turn %d attempt %d", ev.Decision.Name(), f.Actor, f.Turn, f.Attempt))
	}
	return all
}

// atOnce is a policy without pauses.
func atOnce(p supervision.Policy) *supervision.Policy {
	p.Backoff = supervision.Backoff{Min: -1}
	return &p
}

// pausing is a policy with pauses of exactly first, twice as long, and so on.
func pausing(first time.Duration, p supervision.Policy) *supervision.Policy {
	p.Backoff = supervision.Backoff{Min: first, Max: time.Hour, Jitter: -1}
	return &p
}

// lines is a writer that a log may use from several goroutines.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
