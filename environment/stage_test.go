package environment_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// TestMain fails when a goroutine is left after all tests: every goroutine has an owner.
func TestMain(m *testing.M) {
	code := m.Run()
	if left := leftGoroutines(); code == 0 && left != "" {
		fmt.Fprintln(os.Stderr, "goroutines left behind:\n"+left)
		code = 1
	}
	os.Exit(code)
}

// leftGoroutines gives the stacks of goroutines that run code of this module, once no more of them end.
func leftGoroutines() (left string) {
	for deadline := time.Now().Add(2 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		b := make([]byte, 1<<20)
		var found []string
		for _, stack := range strings.Split(string(b[:runtime.Stack(b, true)]), "\n\n")[1:] { // the first is this one
			if strings.Contains(stack, "polis-agents") {
				found = append(found, stack)
			}
		}
		if left = strings.Join(found, "\n\n"); left == "" {
			return ""
		}
	}
	return left
}

// move is what an agent of a test does about a percept.
type move struct {
	acts   []any
	after  time.Duration // it thinks so long
	early  bool          // the actions come at once, and only being done takes the time
	never  bool          // it says nothing at all
	missed bool          // its percept was quarantined
	leaves bool          // it stops when it has said so
	forge  string        // it reports in the seat of this agent
	twice  bool          // it sends everything twice
}

// player is an agent made for tests: an actor that answers deliveries by a script and keeps a diary.
type player struct {
	name  string
	from  int
	joins bool                  // it is not there when the society begins
	takes environment.Latencies // simulated
	sim   bool                  // it is told when something has come due, and says that it is done with every delivery
	moves func(p environment.Percept) move

	seats map[string]int // of all
	world *engine.Ref
	n     uint64 // turns
	mu    sync.Mutex
	diary []string
	last  wire.Delivery
}

type thought struct {
	d *wire.Delivery
	m move
}

func (p *player) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.diary = append(p.diary, fmt.Sprintf(format, args...))
}

// Receive answers a delivery.
func (p *player) Receive(c *engine.Context, msg any) error {
	switch m := msg.(type) {
	case *wire.Delivery:
		p.world, p.last = c.Sender(), *m
		for _, o := range m.Outcomes {
			at := ""
			if p.sim {
				at = fmt.Sprint(m.Now, " ")
			}
			p.note("%s%s", at, shownOutcome(o.Event.(environment.Outcome)))
		}
		if m.Last {
			p.note("the end")
			p.report(c, m, move{})
			return nil
		}
		if m.Percept.Event == nil {
			if p.sim {
				p.report(c, m, move{})
			}
			return nil
		}
		percept := m.Percept.Event.(environment.Percept)
		if m.Quiet {
			p.note("hush")
		}
		p.note("%v round %d %s: %s", m.Now, percept.Round, percept.Phase, inJSON(percept.View))
		mv := p.moves(percept)
		switch {
		case mv.never:
		case mv.after > 0 && mv.early:
			p.report(c, nil, move{acts: mv.acts})
			mv.acts = nil
			c.After(mv.after, thought{m, mv})
		case mv.after > 0:
			c.After(mv.after, thought{m, mv})
		default:
			p.report(c, m, mv)
		}
	case thought:
		p.report(c, m.d, m.m)
	case engine.Stopping:
		if p.world != nil {
			_ = c.Send(p.world, &wire.Report{Seat: p.last.Seat, Left: true}, 0)
		}
	}
	return nil
}

// report tells the world what the agent did. d is the delivery it is done with; nil: it is not.
func (p *player) report(c *engine.Context, d *wire.Delivery, m move) {
	p.n++
	r := &wire.Report{}
	if d != nil {
		r = &d.Slip
	}
	*r = wire.Report{Seat: p.last.Seat, Step: p.last.Step, Done: d != nil, Missed: m.missed, Left: m.leaves}
	if d != nil {
		r.Seat, r.Step = d.Seat, d.Step
	}
	for i, a := range m.acts {
		act := wire.Act{Value: a, N: p.n, Index: i}
		if i == 0 {
			r.Act = act
		} else {
			r.More = append(r.More, act)
		}
	}
	if m.forge != "" {
		forged := *r
		forged.Seat = p.seats[m.forge]
		_ = c.Send(p.world, &forged, forged.Weight())
		r.Act, r.More = wire.Act{}, nil
	}
	twin := *r
	_ = c.Send(p.world, r, r.Weight())
	if m.twice {
		_ = c.Send(p.world, &twin, 0) // duplicates are dropped before counting
	}
	if m.leaves {
		c.Stop()
	}
}

// society is a world and its players, in an engine of their own. It is run inside a synctest bubble.
type society struct {
	def     *environment.Definition
	cfg     environment.Config
	players []*player
	endAt   time.Duration // when it is sent End; 0: never
	wishes  []wish

	unkept bool // nothing is kept in a journal
	store  *journal.Memory
	events []string // seen by observers
	mu     sync.Mutex
	result *environment.Result
	fatal  error
	fails  []string // decisions of the world's supervision
	wished environment.Wishes
	round  func(int) // called when one is over
	engine.Account
}

// wish is something asked of the society from outside.
type wish struct {
	at    time.Duration // when
	round int           // else: as soon as this round is over
	what  string        // pause, resume, quiet, speech, join
	who   string
}

// steer carries a wish out.
func (s *society) steer(e *engine.Engine, world *engine.Ref, w wish) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch w.what {
	case "pause", "resume":
		s.wished.Pause = w.what == "pause"
	case "quiet", "speech":
		s.wished.Quiet = w.what == "quiet"
	case "join":
		for _, p := range s.players {
			if p.name == w.who {
				s.wished.Join = append(s.wished.Join, environment.Join{Seat: environment.Seat{Name: p.name, Decides: "test", From: 99, Latency: p.takes},
					Spawn: func() (*engine.Ref, error) {
						return e.Spawn(engine.Spec{Name: "agents/" + p.name, New: func() engine.Actor { return p }})
					}})
			}
		}
	}
	e.Signal(world, environment.Steer{Take: func() environment.Wishes {
		s.mu.Lock()
		defer s.mu.Unlock()
		w := s.wished
		s.wished.Join = nil
		return w
	}})
}

// run plays the society to its end. It runs inside a synctest bubble.
func (s *society) run(t *testing.T) {
	t.Helper()
	s.store = journal.NewMemory()
	if s.cfg.Recorder == nil {
		s.cfg.Recorder = &journal.Recorder{Digest: true}
	}
	if !s.unkept {
		s.cfg.Recorder.Store = s.store
	}
	finished := make(chan environment.Result, 1)
	s.cfg.Finished = func(r environment.Result) { finished <- r }
	s.cfg.Observe = s.observe
	s.cfg.Intervened = s.intervened
	e := engine.New(engine.Config{Workers: 2, Observe: func(ev engine.Event) {
		if d, ok := ev.(engine.Decided); ok {
			s.mu.Lock()
			defer s.mu.Unlock()
			f := d.Decision.Cause()
			s.fails = append(s.fails, fmt.Sprintf("%T turn %d (%s) attempt %d", d.Decision, f.Turn, f.Event, f.Attempt))
		}
	}})
	world, err := e.Spawn(engine.Spec{Name: environment.Name, Host: environment.NewHost(s.def, s.cfg)})
	if err != nil {
		t.Fatal(err)
	}
	var begin environment.Begin
	seats := map[string]int{}
	s.round = func(n int) {
		for _, w := range s.wishes {
			if w.round == n {
				s.steer(e, world, w)
			}
		}
	}
	for i, p := range s.players {
		p.sim = s.cfg.Pace == environment.Simulated
		if p.joins {
			continue
		}
		ref, err := e.Spawn(engine.Spec{Name: "agents/" + p.name, New: func() engine.Actor { return p }})
		if err != nil {
			t.Fatal(err)
		}
		seats[p.name], p.seats = i, seats
		begin.Seats = append(begin.Seats, environment.Seat{Name: p.name, Ref: ref, From: p.from, Decides: "test", Latency: p.takes})
	}
	tell := func(msg any) {
		if err := e.Tell(world, msg, 0); err != nil {
			t.Fatal(err)
		}
	}
	begin.Wishes = s.wished
	tell(&begin)
	for _, w := range s.wishes {
		if w.round == 0 {
			asked := time.AfterFunc(w.at, func() { s.steer(e, world, w) })
			defer asked.Stop()
		}
	}
	if s.endAt > 0 {
		stop := time.AfterFunc(s.endAt, func() { tell(environment.End{}) })
		defer stop.Stop()
	}
	select {
	case r := <-finished:
		s.result = &r
	case s.fatal = <-e.Fatal():
	case <-time.After(24 * time.Hour):
		t.Error("the society did not end within a day")
	}
	synctest.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := e.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if s.Account = e.Account(); !s.Balanced() {
		t.Errorf("the account does not hold: %+v", s.Account)
	}
	if err := journal.Check(s.store.Read(context.Background(), 0)); err != nil {
		t.Error(err)
	}
}

func (s *society) observe(event any) {
	if r, ok := event.(environment.RoundEnded); ok {
		s.round(r.Round)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := event.(type) {
	case environment.RoundEnded:
		line := fmt.Sprintf("%v round %d ended", e.Now, e.Round)
		for _, v := range e.World {
			line += fmt.Sprintf(", %s=%v", v.Name, v.Value)
		}
		for _, a := range e.Agents {
			line += ", " + a.Name
			for _, v := range a.Variables {
				line += fmt.Sprintf(" %s=%v", v.Name, v.Value)
			}
		}
		s.events = append(s.events, line)
	case environment.Missed:
		why := "its percept was quarantined"
		if e.Late {
			why = "the deadline passed"
		}
		s.events = append(s.events, fmt.Sprintf("%s missed %s of round %d: %s", e.Agent, e.Phase, e.Round, why))
	}
}

func (s *society) intervened(e environment.Intervened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := fmt.Sprintf("%s in round %d", e.What, e.Round)
	if e.Agent != "" {
		line += " of " + e.Agent
	}
	if e.Phase != "" {
		line += ", " + e.Phase
	}
	s.events = append(s.events, line)
}

// trace is the world's record, a line for each turn.
func (s *society) trace(t *testing.T) (lines []string) {
	t.Helper()
	for e, err := range s.store.Turns(context.Background(), environment.Name, 0) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%d %s", e.N, shownEntry(t, e)))
	}
	return lines
}

// written are the recorded forms of events and effects, as far as traces show them.
type written struct {
	Action, Agent, Kind, Error, Phase, To string
	Round, Attempts                       int
	Value                                 *struct{ Value json.RawMessage }
	Event                                 json.RawMessage
	Percept                               *struct {
		Choice bool
		View   struct{ Value json.RawMessage }
	}
	Outcome *struct {
		Action, Reason, Detail string
		Value                  *struct{ Value json.RawMessage }
	}
}

func (w *written) action() string {
	if w.Value == nil {
		return w.Agent + ": " + w.Action
	}
	return fmt.Sprintf("%s: %s %s", w.Agent, w.Action, w.Value.Value)
}

func shownEntry(t *testing.T, e journal.Entry) string {
	t.Helper()
	var w written
	var effects []written
	if e.Kind == "entered" || e.Kind == "left" {
		return e.Kind + " " + string(e.Payload)
	}
	if e.Kind == "activated" {
		return "activated " + string(e.Effects)
	}
	if err := errors.Join(json.Unmarshal(e.Payload, &w), json.Unmarshal(e.Effects, &effects)); err != nil {
		t.Fatalf("%s: %v", e.Payload, err)
	}
	line := e.Kind
	switch e.Kind {
	case "opened", "tick":
		line += fmt.Sprintf(" %s of round %d at %v", w.Phase, w.Round, e.Logical)
	case "action":
		line += " of " + w.action()
	case "quarantined":
		var event written
		line += fmt.Sprintf(" %s after %d attempts", w.Kind, w.Attempts)
		if json.Unmarshal(w.Event, &event) == nil && event.Agent != "" {
			line += " of " + event.action()
		}
	}
	for _, x := range effects {
		switch {
		case x.Percept != nil:
			line += fmt.Sprintf("\n      %s perceives %s", x.To, x.Percept.View.Value)
			if !x.Percept.Choice {
				line += " and can do nothing"
			}
		case x.Outcome.Reason != "":
			line += fmt.Sprintf(" -> refused, %s: %s", x.Outcome.Reason, x.Outcome.Detail)
		case x.Outcome.Value != nil:
			line += fmt.Sprintf(" -> %s", x.Outcome.Value.Value)
		}
	}
	return line
}

func shownOutcome(o environment.Outcome) string {
	if o.Refused() {
		return fmt.Sprintf("%s -> refused, %s", o.Action, o.Reason)
	}
	return fmt.Sprintf("%s -> %s", o.Action, inJSON(o.Value))
}

func inJSON(v any) string {
	b, err := journal.Canonical(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
