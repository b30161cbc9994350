package check

import (
	"github.com/polis-agents/polis/protocol/interaction"
)

// exploration is what was gone through, from the beginning and breadth first: so the way by which a situation was found is
// a shortest one.
type exploration struct {
	*model
	in    scope
	limit int // of situations
	queue int // of messages on the way in one direction
	fixed bool

	known    *table
	parent   []uint32 // of each situation that from which it was found, and by what
	by       []action
	next     []uint32 // the situations that follow on each
	kind     []uint8  // of each of these steps, the bits below
	first    []uint64 // where in next those of each situation begin
	longest  int
	whole    bool
	entered  [2][]bool
	found    []Fault
	seen     map[faultKey]bool
	grows    bool   // a queue without a bound was found
	suspect  bool   // a guard may leave a message without a move
	full     bool   // a message had to wait because too many were on the way
	blocked  []bool // of situations: what follows on it was not all looked at, or nothing does and that was said
	after    situation
	attempts [2]int // to find what makes a queue full, by the role that sends
}

// What is known of a step from one situation to another.
const (
	goesByItself = 1 << iota // see automatic
	goesToEnd                // see goesOn
)

type faultKey struct {
	kind  Kind
	role  interaction.Role
	state uint16
	label uint16
}

// explore goes through everything that can happen. The queue is made longer where that is needed.
func (m *model) explore(o Options, in scope) *exploration {
	queue := firstQueue
	if o.Queue > 0 {
		queue = min(o.Queue, LongestQueue)
	}
	for {
		e := &exploration{model: m, in: in, limit: o.States, queue: queue, fixed: o.Queue > 0, known: newTable(), seen: map[faultKey]bool{}}
		e.run()
		if !e.full || e.grows || e.fixed || !e.whole || queue >= LongestQueue {
			e.whole = e.whole && (!e.full || e.grows || e.fixed)
			return e
		}
		queue *= 2
	}
}

// run goes through the situations in the order in which they are found.
func (e *exploration) run() {
	for r := range e.entered {
		e.entered[r] = make([]bool, len(e.sides[r].states))
		e.entered[r][0] = true
	}
	key := e.start(e.in).key(nil)
	e.known.add(key)
	e.parent, e.by = append(e.parent, 0), append(e.by, action{})
	e.whole = true
	var c situation
	for n := uint32(0); int(n) < e.known.len(); n++ {
		c.read(e.known.at(n), e.in.sessions(), len(e.bounds))
		e.first = append(e.first, uint64(len(e.next)))
		e.blocked = append(e.blocked, false)
		e.actions(&c, e.in, e.queue, func(a action) { key = e.follow(n, &c, a, key) })
		e.examine(n, &c)
		if e.known.len() >= e.limit || len(e.next) > stepsPerState*e.limit {
			e.whole = false
			break
		}
	}
	for len(e.first) <= e.known.len() { // of those that were not looked at
		e.first = append(e.first, uint64(len(e.next)))
		e.blocked = append(e.blocked, true)
	}
}

// follow notes what comes of an action. It gives back key, to be used again.
func (e *exploration) follow(n uint32, c *situation, a action, key []byte) []byte {
	if a.over {
		e.blocked[n], e.full = true, true
		e.overflow(n, c, a)
		return key
	}
	switch a.does {
	case misses:
		e.missed(n, c, a)
	case takes, moves:
		at := &e.entered[a.role][e.move(c, a).to]
		*at = *at || !c.broken
	}
	after := &e.after
	e.applyTo(after, c, a, false)
	for i := range after.sessions {
		for r := range after.sessions[i] {
			said := 0
			for _, m := range after.sessions[i][r].out {
				said += int(bits(!m.auto))
			}
			e.longest = max(e.longest, said)
		}
	}
	key = after.key(key[:0])
	to, fresh := e.known.add(key)
	if fresh {
		e.parent, e.by = append(e.parent, n), append(e.by, a)
	}
	e.next, e.kind = append(e.next, to), append(e.kind, bits(e.automatic(c, a), e.goesOn(c, a)))
	return key
}

func (e *exploration) extent() Extent {
	return Extent{States: e.known.len(), Queue: e.longest, Whole: e.whole}
}
