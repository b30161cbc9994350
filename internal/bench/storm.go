package bench

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/llmadapter"
)

// storm is many askers, each an actor that asks one question after the other, cancels some of its questions, and may
// stop before it has its answers. It counts on its own what becomes of every question.
type storm struct {
	office  *office
	askers  int
	each    int // questions of one
	leavers int // askers that stop when they have asked half of theirs, without a word
	label   string
	asked   atomic.Int64
	over    sync.WaitGroup // askers that still ask
	mu      sync.Mutex
	of      []*query // by asker and number
	strays  int      // answers to what was not asked
}

// query is what became of one. Its answers are those that its asker got.
type query struct {
	asked, withdrawn, orphaned bool // by an asker that has cancelled it, or is gone
	answers, ends              int
	attempts                   int
}

func newStorm(askers, calls, leavers int, label string) *storm {
	s := &storm{askers: askers, each: max(2, calls/askers), leavers: leavers, label: label}
	s.of = make([]*query, s.askers*s.each)
	for i := range s.of {
		s.of[i] = &query{}
	}
	return s
}

// find gives a question; nil: there is none.
func (s *storm) find(asker string, n uint64) *query {
	var i int
	if _, err := fmt.Sscanf(asker, "asker-%d", &i); err != nil || i < 0 || i >= s.askers || n < 1 || n > uint64(s.each) {
		s.strays++
		return &query{}
	}
	return s.of[i*s.each+int(n)-1]
}

// with does something to a question.
func (s *storm) with(asker string, n uint64, do func(q *query)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(s.find(asker, n))
}

// Observe counts the ends that the adapter tells of.
func (s *storm) Observe(event any) {
	if e, ok := event.(llmadapter.Ended); ok {
		s.with(e.Asker, e.Turn, func(q *query) {
			q.ends++
			q.attempts += e.Attempts
		})
	}
}

// start lets them ask. over is done when they have no more to ask, and what is open is answered.
func (s *storm) start(seed uint64) error {
	for i := range s.askers {
		s.over.Add(1)
		a := &asker{storm: s, name: fmt.Sprint("asker-", i), rand: rand.New(rand.NewPCG(seed, uint64(i))), most: s.each}
		if i < s.leavers {
			a.most, a.leaves = s.each/2, true
		}
		if _, err := s.office.spawn("agents/"+a.name, a.receive); err != nil {
			return err
		}
	}
	return nil
}

// asker is one of them.
type asker struct {
	storm  *storm
	name   string
	rand   *rand.Rand
	n      uint64 // of the question that is open, or was last
	most   int
	leaves bool // it stops with its last question open
	ended  bool
}

// Words of an asker to itself.
type (
	askNext  struct{}
	withdraw struct{ n uint64 }
)

func (a *asker) receive(c *engine.Context, msg any) error {
	switch m := msg.(type) {
	case engine.Started, askNext:
		a.ask(c)
	case *wire.Answer:
		mine := m.N == a.n
		a.storm.with(a.name, m.N, func(q *query) {
			q.answers++
			mine = mine && !q.withdrawn
		})
		if mine {
			a.next(c, m.Value)
		}
	case withdraw:
		if m.n == a.n && a.open() {
			a.storm.with(a.name, m.n, func(q *query) { q.withdrawn = true })
			_ = c.Send(a.storm.office.ref, &wire.CancelAsk{Asker: a.name, N: m.n}, 0) // it may have stopped
			a.next(c, nil)
		}
	}
	return nil
}

// open says whether it waits for an answer.
func (a *asker) open() (open bool) {
	a.storm.with(a.name, a.n, func(q *query) { open = q.answers == 0 && !q.withdrawn })
	return open
}

// next asks the next question, at once or when it is welcome.
func (a *asker) next(c *engine.Context, answer any) {
	wait := time.Duration(0)
	if answer != nil {
		wait = backIn(answer)
	}
	if wait > 0 {
		c.After(wait, askNext{})
		return
	}
	a.ask(c)
}

// ask asks a question, and may mean to cancel it.
func (a *asker) ask(c *engine.Context) {
	if int(a.n) >= a.most {
		a.end()
		return
	}
	a.n++
	a.storm.asked.Add(1)
	a.storm.with(a.name, a.n, func(q *query) { q.asked, q.orphaned = true, a.leaves && int(a.n) == a.most })
	r := prompt(fmt.Sprint(a.storm.label, "/", a.name, "/", a.n))
	r.Repeatable = a.rand.IntN(2) == 0
	err := c.Send(a.storm.office.ref, &wire.Ask{Asker: a.name, N: a.n, Seed: a.rand.Uint64(), Limit: time.Duration(1+a.rand.IntN(20)) * time.Second, Request: r}, 1)
	no, rejected := errors.AsType[llmadapter.Rejected](err)
	switch {
	case rejected: // at the gate: that is its answer
		a.storm.with(a.name, a.n, func(q *query) { q.answers++ })
		c.After(backIn(no), askNext{})
	case err != nil: // no answer will come, and none is counted: it is lost
		a.end()
	case a.leaves && int(a.n) == a.most:
		a.end()
		c.Stop()
	case a.rand.IntN(50) == 0:
		c.After(time.Duration(a.rand.IntN(20))*time.Millisecond, withdraw{a.n})
	}
}

func (a *asker) end() {
	if !a.ended {
		a.ended = true
		a.storm.over.Done()
	}
}

// verdict of a storm: how many questions have no answer, and how many have more than one.
func (s *storm) verdict() (asked, lost, twice int, odd []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, q := range s.of {
		if !q.asked {
			continue
		}
		asked++
		owed := !q.withdrawn && !q.orphaned
		switch {
		case q.ends == 0 || owed && q.answers == 0:
			lost++
		case q.ends > 1 || q.answers > 1:
			twice++
		default:
			continue
		}
		odd = append(odd, fmt.Sprintf("%d/%d: %+v", i/s.each, i%s.each+1, *q))
	}
	return asked, lost, twice + s.strays, odd
}

// roll is what a server has said on stderr about every request, as soon as it had read its head: what it has counted
// survives its kill.
type roll struct {
	mu       sync.Mutex
	came     int
	answered map[string]int // by id: wholly
}

func (r *roll) hear(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case strings.Contains(line, " came "):
		r.came++
	case strings.Contains(line, " outcome=answered"):
		if r.answered == nil {
			r.answered = map[string]int{}
		}
		_, id, _ := strings.Cut(line, " id=")
		id, _, _ = strings.Cut(id, " ")
		r.answered[id]++
	}
}

// counted gives how many requests came, and the ids of those answered more than once.
func (r *roll) counted() (came int, twice []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, n := range r.answered {
		if n > 1 {
			twice = append(twice, id)
		}
	}
	slices.Sort(twice)
	return r.came, twice
}
