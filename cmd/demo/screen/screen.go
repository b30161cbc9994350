package screen

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/llmadapter"
)

// Society is what keys need of a society that runs; *polis.Running is one.
type Society interface {
	Pause()
	Resume()
	Paused() bool
	Silence(quiet bool)
	Join(a polis.Agent) error
	Crash(agent string) error
	Loads() map[string]llmadapter.Load
	Accounts() map[string]llmadapter.Account
}

// Config says where to draw, and what keys can do.
type Config struct {
	Plan      Plan
	In        io.Reader // nil: there is no keyboard
	Out       io.Writer
	Env       []string                    // such as TERM=xterm; nil: that of the process
	Interrupt func()                      // ends the run, which is kept
	Leave     func()                      // ends the process, after a second interrupt; nil: exit code 130
	Newcomer  func() (polis.Agent, error) // one more agent, greedy; nil: the scenario offers none
	Clock     func() time.Time            // nil: time.Now
}

// Limits of the drawing.
const (
	frame   = time.Second / 30       // between two pictures, at least
	pulse   = 250 * time.Millisecond // between two looks at queues and at the time that is left
	patient = time.Second            // for the terminal, when the process is to end at once
)

// Screen draws a society while it runs. All methods are safe from any goroutine.
type Screen struct {
	cfg     Config
	noKeys  bool
	program *tea.Program
	wake    chan struct{} // something has changed
	orders  chan order
	turn    chan struct{} // taken by the question that is put
	closed  chan struct{}
	once    sync.Once
	owned   sync.WaitGroup

	mu         sync.Mutex // guards what follows
	board      *board
	society    Society
	question   *asked
	interrupts int
	err        error  // the first
	window     [2]int // first agent and number of lines of the next picture
}

// Open takes the terminal. Close gives it back; so does whatever goes wrong with the drawing.
func Open(c Config) *Screen { return open(c) }

func open(c Config, more ...tea.ProgramOption) *Screen {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Leave == nil {
		c.Leave = func() { os.Exit(130) }
	}
	s := &Screen{cfg: c, noKeys: c.In == nil, wake: make(chan struct{}, 1), orders: make(chan order, 16),
		turn: make(chan struct{}, 1), closed: make(chan struct{}), board: newBoard(c.Plan), window: [2]int{0, 1}}
	options := []tea.ProgramOption{tea.WithInput(c.In), tea.WithOutput(c.Out), tea.WithEnvironment(c.Env),
		tea.WithFPS(int(time.Second / frame)), tea.WithoutSignalHandler()}
	s.program = tea.NewProgram(program{newUI(), s}, append(options, more...)...)
	// Signals come here as long as the terminal is ours: the default would end the process and leave it as it is.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	s.owned.Go(func() {
		defer s.shut()
		if _, err := s.program.Run(); err != nil {
			s.failed(fmt.Errorf("screen: %w", err))
		}
	})
	s.run(s.frames)
	s.run(s.work)
	s.run(func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-signals:
				s.interrupt()
			case <-s.closed:
				return
			}
		}
	})
	return s
}

// run runs what goes on beside the program. If that fails, the terminal is given back, and the society goes on unseen.
func (s *Screen) run(f func()) {
	s.owned.Go(func() {
		defer func() {
			if v := recover(); v != nil {
				s.failed(fmt.Errorf("screen: internal error: %v", v))
				s.program.Kill()
			}
		}()
		f()
	})
}

// failed keeps the first error.
func (s *Screen) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

// shut tells everybody that the terminal is no more ours.
func (s *Screen) shut() { s.once.Do(func() { close(s.closed) }) }

// Close gives the terminal back as it was. The error says why that had to be done before.
func (s *Screen) Close() error {
	s.shut()
	s.program.Quit()
	s.owned.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Rest shows how it ended, for as long as said, unless ctx ends or whoever watches quits.
func (s *Screen) Rest(ctx context.Context, long time.Duration) {
	s.set(func(b *board) { b.over = true })
	s.stir()
	enough := time.NewTimer(long)
	defer enough.Stop()
	select {
	case <-enough.C:
	case <-ctx.Done():
	case <-s.closed:
	}
}

// Control hands over the society that keys are to change.
func (s *Screen) Control(society Society) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.society = society
}

// Observe sees one event of polis.Config.Observe. It does not wait for the terminal.
func (s *Screen) Observe(event any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.board.see(event)
	s.stir()
}

// stir asks for a new picture.
func (s *Screen) stir() {
	select {
	case s.wake <- struct{}{}:
	default: // asked for already
	}
}

// put shows a question, or none.
func (s *Screen) put(q *asked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.question = q
	for i := range s.board.rows {
		s.board.rows[i].asked = q != nil && len(q.lines) > 0 && isAbout(q.lines[0], s.board.rows[i].name)
	}
	s.stir()
}

// isAbout says whether a question begins with an agent's name.
func isAbout(line, name string) bool {
	rest, ok := strings.CutPrefix(line, name)
	return ok && name != "" && (rest == "" || strings.ContainsAny(rest[:1], " ,:"))
}

// picture takes a copy of the board for the window that is open.
func (s *Screen) picture() picture {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.board.picture(s.window[0], s.window[1])
	p.keys = !s.noKeys
	if s.question != nil {
		q := *s.question
		if !q.until.IsZero() {
			q.left = max(q.until.Sub(s.cfg.Clock()), 0)
		}
		p.question = &q
	}
	return p
}

// see says which agents are in view, for the next picture.
func (s *Screen) see(first, lines int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.window = [2]int{first, lines}
}

// redraw tells the program that there is a new picture.
type redraw struct{}

// frames asks for pictures when something has changed, and not too often.
func (s *Screen) frames() {
	beat := time.NewTicker(pulse)
	defer beat.Stop()
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case <-s.wake:
		case <-beat.C:
			if !s.sample() {
				continue
			}
		case <-s.closed:
			return
		}
		s.program.Send(redraw{})
		rest.Reset(frame)
		select {
		case <-rest.C:
		case <-s.closed:
			return
		}
	}
}

// sample looks at what changes by itself, and says whether there is any of it.
func (s *Screen) sample() bool {
	s.mu.Lock()
	society := s.society
	s.mu.Unlock()
	var loads map[string]llmadapter.Load
	var accounts map[string]llmadapter.Account
	if society != nil {
		loads, accounts = society.Loads(), society.Accounts()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, load := range loads {
		s.board.service(name).sample(load, accounts[name])
	}
	return len(s.board.models) > 0 || s.question != nil
}

// interrupt ends the run, and when it comes again the process.
func (s *Screen) interrupt() {
	s.mu.Lock()
	s.interrupts++
	again := s.interrupts > 1
	s.board.ending = true
	if !again {
		s.board.does("you end it: what ran is kept")
	}
	s.mu.Unlock()
	s.stir()
	if !again {
		s.cfg.Interrupt()
		return
	}
	restored := make(chan struct{})
	go func() { // a terminal that does not take anything any more must not keep the process
		defer close(restored)
		s.program.Kill()
	}()
	select {
	case <-restored:
	case <-time.After(patient):
	}
	s.cfg.Leave()
}

// program is the screen as bubbletea runs it.
type program struct {
	ui     ui
	screen *Screen
}

// Init has nothing to begin with.
func (p program) Init() tea.Cmd { return nil }

// Update takes in a message, and shows the newest picture.
func (p program) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var orders []order
	p.ui, orders = p.ui.update(msg)
	for _, o := range orders {
		p.screen.send(o)
	}
	p.screen.see(p.ui.first, p.ui.lines)
	p.ui = p.ui.show(p.screen.picture())
	return p, nil
}

// View draws.
func (p program) View() tea.View {
	v := tea.NewView(strings.Join(p.ui.draw(&p.ui.picture), "\n"))
	v.AltScreen = true
	return v
}
