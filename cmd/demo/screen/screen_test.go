package screen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/cmd/demo/screen/screentest"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
)

// patience is how long something may take to be seen on a machine that is busy.
const patience = 10 * time.Second

// double is a society that notes what is done to it.
type double struct {
	mu     sync.Mutex
	did    []string
	paused bool
	fails  error
	sick   bool // its loads cannot be told
}

func (d *double) does(what string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.did = append(d.did, what)
	return d.fails
}
func (d *double) Pause()                   { d.does("pause"); d.paused = true }
func (d *double) Resume()                  { d.does("resume"); d.paused = false }
func (d *double) Paused() bool             { return d.paused }
func (d *double) Silence(quiet bool)       { d.does(fmt.Sprint("silence ", quiet)) }
func (d *double) Join(a polis.Agent) error { return d.does("join " + a.Name) }
func (d *double) Loads() map[string]llmadapter.Load {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sick {
		panic("no load")
	}
	return map[string]llmadapter.Load{"model": {InFlight: 3, Limit: 8, Queued: 2}}
}
func (d *double) Accounts() map[string]llmadapter.Account {
	return map[string]llmadapter.Account{"model": {Answered: 17, Server429: 4}}
}
func (d *double) Crash(agent string) error { return d.does("crash " + agent) }

// watched is a screen on a terminal in memory.
type watched struct {
	*Screen
	t        *testing.T
	terminal *screentest.Terminal
	keys     *io.PipeWriter
	changed  chan struct{}
	society  *double
	left     chan struct{} // the process was to end
	quits    chan struct{} // the run was to end
}

// Write lets the terminal take what is drawn, as a line discipline passes it on to a terminal that is not raw.
func (w *watched) Write(data []byte) (int, error) {
	w.terminal.Write(bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")))
	select {
	case w.changed <- struct{}{}:
	default:
	}
	return len(data), nil
}

func watch(t *testing.T, change func(*Config), more ...tea.ProgramOption) *watched {
	t.Helper()
	in, keys := io.Pipe()
	w := &watched{t: t, terminal: screentest.New(100, 24), keys: keys, changed: make(chan struct{}, 1), society: &double{},
		left: make(chan struct{}, 8), quits: make(chan struct{}, 8)}
	n := 0
	c := Config{
		Plan: Plan{Name: "commons", Look: Looks["commons"], Rounds: 12, Models: map[string]string{"model": "stand-in"}, Agents: []Agent{{Name: "John", Mind: "covenant"}, {Name: "Kate", Mind: "covenant"}}},
		In:   in, Out: w, Env: []string{"TERM=xterm-256color"}, Interrupt: func() { w.quits <- struct{}{} }, Leave: func() { w.left <- struct{}{} },
		Newcomer: func() (polis.Agent, error) { n++; return polis.Agent{Name: fmt.Sprint("Mia", n), Mind: "greedy"}, nil },
	}
	if change != nil {
		change(&c)
	}
	w.Screen = open(c, append(more, tea.WithWindowSize(100, 24))...)
	t.Cleanup(func() {
		keys.Close() // what reads keys that come from no terminal ends with them
		w.Close()
	})
	return w
}

// sees waits for a text on the terminal.
func (w *watched) sees(text string) {
	w.t.Helper()
	late := time.After(patience)
	for !strings.Contains(w.terminal.Text(), text) {
		select {
		case <-w.changed:
		case <-late:
			w.t.Fatalf("no %q:\n%s", text, w.terminal.Text())
		}
	}
}

func (w *watched) types(keys string) {
	w.t.Helper()
	if _, err := io.WriteString(w.keys, keys); err != nil {
		w.t.Fatal(err)
	}
}

// ends closes the screen and holds the terminal against how it was.
func (w *watched) ends() {
	w.t.Helper()
	w.keys.Close()
	if err := w.Close(); err != nil {
		w.t.Error(err)
	}
	if left := w.terminal.Restored(); left != "" {
		w.t.Errorf("not as it was: %s", left)
	}
	if err := w.terminal.Err(); err != nil {
		w.t.Error(err)
	}
}

// Each key is carried out, in order, and its effect is told at once.
func TestKeysChangeTheSociety(t *testing.T) {
	w := watch(t, nil)
	w.sees("Lake Village")
	w.types(" ")
	w.sees("it has not begun yet")
	w.Control(w.society)
	w.sees("stand-in   3 of 8 busy")
	w.sees("answered 17   429: 4")
	w.types(" ")
	w.sees("you paused it")
	w.sees(" pausing   seed") // the present month has to end
	w.Observe(environment.Intervened{What: environment.DidPause})
	w.sees(" paused   seed")
	w.types(" ")
	w.sees("you let it go on")
	w.Observe(environment.Intervened{What: environment.DidResume})
	w.types(" ")
	w.sees(" pausing   seed")
	w.types(" ")
	w.types("t")
	w.sees("you cut the talk")
	w.sees(" talk cut ")
	w.types("t")
	w.sees("you let them talk again")
	w.types("g")
	w.sees("you added Mia1, who is greedy")
	w.types("\x1b[B")
	w.sees("c crash Kate")
	w.types("c")
	w.sees("you crashed Kate")
	w.types("\x1b[B")
	w.sees("c crash Mia1")
	w.society.mu.Lock()
	w.society.fails = errors.New("no such \x1b[31magent")
	w.society.mu.Unlock()
	w.types("c")
	w.sees("Mia1 was not crashed: no such [31magent")
	w.types("g")
	w.sees("nobody came: no such")
	w.ends()
	want := "pause resume pause resume silence true silence false join Mia1 crash Kate crash Mia1 join Mia2"
	if got := strings.Join(w.society.did, " "); got != want {
		t.Errorf("it was told to %s, want %s", got, want)
	}
}

func TestNoGreedyNewcomerIsOffered(t *testing.T) {
	w := watch(t, func(c *Config) { c.Newcomer = nil })
	w.Control(w.society)
	w.types("g")
	w.sees("this scenario offers no greedy newcomer")
	w.ends()
}

// The first q ends the run, which is kept; the second gives the terminal back and ends the process.
func TestQuitTwice(t *testing.T) {
	w := watch(t, nil)
	w.types("q")
	w.sees(" ending ")
	<-w.quits
	if w.terminal.Restored() == "" {
		t.Error("the terminal is given back before the end")
	}
	w.types("\x03")
	<-w.left
	if left := w.terminal.Restored(); left != "" {
		t.Errorf("not as it was: %s", left)
	}
	w.keys.Close()
	w.Close()
	if len(w.quits) > 0 {
		t.Error("the run is ended twice")
	}
}

// Questions wait for a line; one is put at a time; a deadline takes it away; nobody waits for a screen that is closed.
func TestAsk(t *testing.T) {
	w := watch(t, nil)
	w.Control(w.society)
	type said struct {
		line string
		err  error
	}
	ask := func(ctx context.Context, question string) chan said {
		c := make(chan said, 1)
		go func() {
			line, err := w.Ask(ctx, question)
			c <- said{line, err}
		}()
		return c
	}
	first := ask(t.Context(), "Kate, round 1\n  \x1b]0;title\aharvest TONS")
	w.sees("harvest TONS")
	w.sees("? thinking")
	second := ask(t.Context(), "John, round 1")
	w.types("harvest 6q ?\r")
	if got := <-first; got != (said{"harvest 6q ?", nil}) {
		t.Errorf("%+v", got)
	}
	w.sees("John, round 1")
	ctx, cancel := context.WithCancel(t.Context())
	third := ask(ctx, "Kate, round 2")
	cancel()
	if got := <-third; !errors.Is(got.err, context.Canceled) {
		t.Errorf("%+v", got)
	}
	w.types("\x1b[200~pass\x1b[201~\r")
	if got := <-second; got != (said{"pass", nil}) {
		t.Errorf("%+v", got)
	}
	w.sees("space pause")
	ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if got := <-ask(ctx, "Kate, round 3"); !errors.Is(got.err, context.DeadlineExceeded) {
		t.Errorf("%+v", got)
	}
	w.sees("space pause")
	ctx, cancel = context.WithTimeout(t.Context(), time.Hour-5*time.Second)
	defer cancel()
	fourth := ask(ctx, "Kate, round 4")
	w.sees("round 4")
	w.sees(" 359") // seconds are left
	w.ends()
	if got := <-fourth; !errors.Is(got.err, ErrClosed) {
		t.Errorf("%+v", got)
	}
	if got := <-ask(t.Context(), "Kate, round 5"); !errors.Is(got.err, ErrClosed) {
		t.Errorf("%+v", got)
	}
	if len(w.society.did) > 0 {
		t.Errorf("typing did %q", w.society.did)
	}
}

func TestWithoutAKeyboardNobodyAnswers(t *testing.T) {
	w := watch(t, func(c *Config) { c.In = nil })
	w.sees("no keyboard")
	if _, err := w.Ask(t.Context(), "Kate?"); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	w.ends()
}

// stuck is a terminal that takes nothing until it is let go.
type stuck struct {
	on   chan struct{}
	once sync.Once
	in   chan struct{} // closed when something waits to be written
}

func (s *stuck) Write(data []byte) (int, error) {
	s.once.Do(func() { close(s.in) })
	<-s.on
	return len(data), nil
}

// "Output never holds up the society": with a terminal that takes nothing, events are taken all the same, and the
// second interrupt ends the process.
func TestStuckTerminal(t *testing.T) {
	out := &stuck{on: make(chan struct{}), in: make(chan struct{})}
	w := watch(t, func(c *Config) { c.Out = out })
	w.Control(w.society)
	<-out.in
	for i := range 5000 {
		w.Observe(environment.RoundEnded{Round: i + 1, Agents: []environment.AgentRow{{Name: "John"}}})
	}
	w.interrupt()
	<-w.quits
	w.interrupt()
	<-w.left
	close(out.on)
}

// However many events there are, few pictures are asked for, and the last one is of the newest state.
func TestFewPicturesOfManyEvents(t *testing.T) {
	var pictures atomic.Int64
	w := watch(t, nil, tea.WithFilter(func(_ tea.Model, msg tea.Msg) tea.Msg {
		if _, ok := msg.(redraw); ok {
			pictures.Add(1)
		}
		return msg
	}))
	began := time.Now()
	for i := range 10000 {
		w.Observe(environment.RoundEnded{Round: i + 1, Agents: []environment.AgentRow{{Name: "John"}}})
	}
	w.sees("month 10000/12")
	if n, most := pictures.Load(), 3+int64(time.Since(began)/frame); n > most {
		t.Errorf("%d pictures in %v, at most %d are due", n, time.Since(began), most)
	}
	w.ends()
}

// Whatever goes wrong with the drawing: the terminal is given back, and the error says so.
func TestPanicGivesTheTerminalBack(t *testing.T) {
	t.Run("of the program", func(t *testing.T) {
		w := watch(t, nil, tea.WithFilter(func(_ tea.Model, msg tea.Msg) tea.Msg {
			if k, ok := msg.(tea.KeyPressMsg); ok && k.String() == "x" {
				panic("no paper")
			}
			return msg
		}))
		w.sees("Lake Village")
		w.types("x")
		w.fails("panic")
	})
	t.Run("beside it", func(t *testing.T) {
		w := watch(t, nil)
		w.sees("Lake Village")
		w.society.sick = true
		w.Control(w.society)
		w.fails("internal error")
	})
}

// fails waits until the screen has given up.
func (w *watched) fails(why string) {
	w.t.Helper()
	select {
	case <-w.closed:
	case <-time.After(patience):
		w.t.Fatal("it goes on")
	}
	w.keys.Close()
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), why) {
		w.t.Errorf("%v", err)
	}
	if left := w.terminal.Restored(); left != "" {
		w.t.Errorf("not as it was: %s", left)
	}
	w.Observe(environment.RoundEnded{Round: 1}) // nobody minds
	if _, err := w.Ask(w.t.Context(), "John?"); !errors.Is(err, ErrClosed) {
		w.t.Error(err)
	}
}

// The line of a model says what holds it back, and what it has cost, when it does.
func TestModelLine(t *testing.T) {
	for _, c := range []struct {
		load    llmadapter.Load
		account llmadapter.Account
		has     string
		lacks   []string
	}{
		{llmadapter.Load{InFlight: 2, Limit: 4, Breaker: llmadapter.BreakerClosed}, llmadapter.Account{PossiblyBilled: 2}, "2 of 4 busy   queue ▁ 0   answered 0",
			[]string{"breaker", "pauses", "next", "tokens", "$", "billed", "rejected"}},
		{llmadapter.Load{Limit: 4, Queued: 3, Breaker: llmadapter.BreakerOpen}, llmadapter.Account{Answered: 5, Rejected: 2}, "queue ▇ 3   breaker open   answered 5   rejected: 2", nil},
		{llmadapter.Load{Breaker: llmadapter.BreakerHalfOpen, Cooldown: 1500 * time.Millisecond, Rate: 20 * time.Second}, llmadapter.Account{}, "breaker half-open   pauses 1.5 s   next in 20.0 s", nil},
		{llmadapter.Load{InFlight: 1}, llmadapter.Account{InputTokens: 900, OutputTokens: 50, CostUSD: 0.01234, PossiblyBilled: 3}, "perhaps billed: 2   950 tokens   $0.01234", nil},
		{llmadapter.Load{}, llmadapter.Account{InputTokens: 4_440_000, OutputTokens: 60_000}, "4.5M tokens", []string{"$"}},
	} {
		b := newBoard(Plan{Models: map[string]string{"model": llmadapter.StandIn}})
		b.service("model").sample(c.load, c.account)
		line := ""
		for _, l := range drawn(b, 200, 10, nil) {
			if strings.HasPrefix(l, " stand-in") {
				line = l
			}
		}
		if !strings.Contains(line, c.has) {
			t.Errorf("%+v, %+v: %q lacks %q", c.load, c.account, line, c.has)
		}
		for _, not := range c.lacks {
			if strings.Contains(line, not) {
				t.Errorf("%+v, %+v: %q has %q", c.load, c.account, line, not)
			}
		}
	}
}
