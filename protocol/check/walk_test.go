package check_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/check"
	"github.com/polis-agents/polis/protocol/interaction"
)

// walker runs two machines at random, in the most literal way: messages have numbers, and each names the one that it
// answers. It shares nothing with the checker.
type walker struct {
	p      *interaction.Protocol
	r      *rand.Rand
	sides  [2]walked
	said   []spoken // every message, by number from 1 on
	lossy  bool
	broken bool // something was lost
	trace  []string
}

type walked struct {
	state  string
	round  int
	heard  int // the number of the message that the next one answers; 0: none
	cancel int // of the cancel heard
	made   map[string]int
	queue  []int // on the way from here
}

type spoken struct {
	label   interaction.Label
	by      interaction.Role
	round   int // of who says it, at the time
	answers int
	origin  bool
}

func (w *walker) state(r interaction.Role) *interaction.State {
	m := w.p.Machine(r)
	return &m[m.Index(w.sides[r].state)]
}

// over says whether a side has ended, or not begun.
func (w *walker) over(r interaction.Role) bool {
	return w.state(r).Final || w.sides[r].state == w.p.Machine(r)[0].Name
}

func (w *walker) allowed(r interaction.Role, m *interaction.Move) bool {
	for _, b := range w.p.Bounds {
		if b.Name == m.When.Most && w.sides[r].made[b.Name] >= min(b.Most, 3) {
			return false
		}
	}
	if m.After != "" {
		i := slices.IndexFunc(w.p.Waits, func(o interaction.Wait) bool { return o.Name == m.After })
		return w.p.Waits[i].For != interaction.Never
	}
	return true
}

// refers says what a message answers, as its receiver sees it.
func (w *walker) refers(r interaction.Role, m *spoken) string {
	switch {
	case m.answers == 0:
		return ""
	case w.said[m.answers].label.Act == protocol.Cancel:
		return interaction.AnswerCancel
	case w.said[m.answers].round < w.sides[r].round:
		return interaction.AnswerOlder
	}
	return ""
}

// fits finds the move for a message: the narrowest label, the first that is allowed.
func (w *walker) fits(r interaction.Role, m *spoken) *interaction.Move {
	moves := w.state(r).Moves
	asks := []string{w.refers(r, m)}
	if m.answers == 0 {
		asks = []string{interaction.AnswerCancel, ""}
	}
	for _, ask := range asks {
		var narrowest *interaction.Label
		for i := range moves {
			o := &moves[i]
			if o.Receive.Act != "" && o.When.Answer == ask && o.When.Origin == m.origin && o.Receive.Covers(m.label) &&
				(narrowest == nil || o.Receive.Narrower(*narrowest)) {
				narrowest = &o.Receive
			}
		}
		for i := range moves {
			if o := &moves[i]; narrowest != nil && o.Receive == *narrowest && o.When.Answer == ask && o.When.Origin == m.origin && w.allowed(r, o) {
				return o
			}
		}
		if narrowest != nil {
			return nil
		}
	}
	return nil
}

func (w *walker) make(r interaction.Role, m *interaction.Move, n int) {
	me := &w.sides[r]
	me.state = m.To
	me.made[m.When.Most]++
	if m.Round {
		me.round++
	}
	cancels := n > 0 && w.said[n].label.Act == protocol.Cancel
	switch {
	case cancels:
		me.cancel = n
	case n > 0 && m.When.Answer != interaction.AnswerOlder:
		me.heard = n
	case m.Round:
		me.heard = 0
	}
	if m.Send.Act == "" {
		return
	}
	s := spoken{label: m.Send, by: r, round: me.round, answers: me.heard, origin: m.When.Origin && n == 0}
	switch {
	case s.label.Act == protocol.Cancel:
		s.answers = 0
	case n > 0:
		s.answers = n
	case m.When.Answer == interaction.AnswerCancel:
		s.answers = me.cancel
	}
	if s.label.Act == interaction.Any {
		s.label.Act = protocol.Acts[w.r.IntN(len(protocol.Acts))]
		for s.label.Act == protocol.Cancel {
			s.label.Act = protocol.Inform
		}
	}
	if kinds := []string{"", "done", "result", "whatever"}; s.label.Kind == "" && n == 0 && m.After == "" && m.On == "" {
		kind := interaction.Label{Act: s.label.Act, Kind: kinds[w.r.IntN(len(kinds))]}
		if !slices.ContainsFunc(w.p.Machine(r), func(st interaction.State) bool {
			return slices.ContainsFunc(st.Moves, func(o interaction.Move) bool { return o.Send == kind })
		}) {
			s.label = kind
		}
	}
	w.said = append(w.said, s)
	me.queue = append(me.queue, len(w.said)-1)
}

// step does one thing at random. It gives what is wrong, or that nothing more happens.
func (w *walker) step(idle bool) (wrong string, end bool) {
	var all []func() string
	for _, r := range []interaction.Role{interaction.Initiator, interaction.Participant} {
		if !w.state(r).Final {
			for i := range w.state(r).Moves {
				m := &w.state(r).Moves[i]
				if m.Receive.Act != "" || !w.allowed(r, m) || idle && m.After == "" {
					continue
				}
				all = append(all, func() string {
					w.trace = append(w.trace, fmt.Sprintf("%s: %s", r, m))
					w.make(r, m, 0)
					return ""
				})
			}
		}
		from := &w.sides[r.Other()]
		if len(from.queue) == 0 {
			continue
		}
		all = append(all, func() string {
			n := from.queue[0]
			from.queue = from.queue[1:]
			w.trace = append(w.trace, fmt.Sprintf("%s: ?%s", r, w.said[n].label))
			if w.lossy && w.r.IntN(4) == 0 {
				w.broken = true
				return ""
			}
			if w.state(r).Final {
				return ""
			}
			if m := w.fits(r, &w.said[n]); m != nil {
				w.make(r, m, n)
			} else if !w.broken {
				return fmt.Sprintf("the %s in %s cannot take %s", r, w.sides[r].state, w.said[n].label)
			}
			return ""
		})
	}
	if len(all) == 0 {
		if !w.over(interaction.Initiator) || !w.over(interaction.Participant) {
			return "nothing can happen", true
		}
		return "", true
	}
	return all[w.r.IntN(len(all))](), false
}

// walk walks once: so many steps at random, then agents and messages are idle, and the waits must bring both sides to an end.
func walk(p *interaction.Protocol, seed uint64, lossy bool) (wrong string, trace []string) {
	w := &walker{p: p, r: rand.New(rand.NewPCG(seed, 1)), said: make([]spoken, 1), lossy: lossy}
	for r := range w.sides {
		w.sides[r] = walked{state: p.Machine(interaction.Role(r))[0].Name, made: map[string]int{}}
	}
	busy := w.r.IntN(40)
	for i := range 400 {
		wrong, end := w.step(i >= busy)
		if wrong != "" {
			return wrong, w.trace
		}
		if end && i >= busy {
			return "", nil
		}
	}
	return "it goes on and on", w.trace
}

// What Check calls sound, 100,000 random walks (a tenth of them unless POLIS_TEST_LONG is set) find no fault in; in what it does
// not, they can find one.
func TestWalksFindNothingWhereTheCheckerDoesNot(t *testing.T) {
	each := 10_000 / len(interaction.Names())
	if os.Getenv("POLIS_TEST_LONG") != "" {
		each *= 10
	}
	for _, name := range interaction.Names() {
		p, err := interaction.FIPA(name)
		if err != nil {
			t.Fatal(err)
		}
		p = interaction.Expand(p)
		for n := range each {
			if wrong, trace := walk(p, uint64(n), n%2 == 1); wrong != "" {
				t.Fatalf("%s, walk %d: %s after %q", name, n, wrong, trace)
			}
		}
	}
	for _, name := range []string{"unspecified", "crossing", "stale"} {
		p := interaction.Expand(read(t, "testdata/"+name+".yaml"))
		if r := check.Check(p, check.Options{}); r.OK() {
			t.Errorf("%s: sound", name)
		}
		found := false
		for n := 0; n < 20_000 && !found; n++ {
			wrong, _ := walk(p, uint64(n), false)
			found = wrong != ""
		}
		if !found {
			t.Errorf("%s: no walk finds what is wrong", name)
		}
	}
}
