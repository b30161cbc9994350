package check

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/polis-agents/polis/protocol/interaction"
)

// faults are those found on the way, and those that only the whole shows.
func (e *exploration) faults() []Fault {
	e.livelocks()
	e.noEnds()
	if e.in == anything && e.whole {
		e.unreached()
	}
	return e.found
}

// noEnds finds the first situation from which the two sides cannot both end, though something can go on happening.
func (e *exploration) noEnds() {
	ok := make([]bool, e.known.len())
	var c situation
	var todo []uint32
	for n := range uint32(len(ok)) {
		c.read(e.known.at(n), e.in.sessions(), len(e.bounds))
		if e.blocked[n] || e.allOver(&c) {
			ok[n], todo = true, append(todo, n)
		}
	}
	before, first := e.reversed()
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, p := range before[first[n]:first[n+1]] {
			if !ok[p] {
				ok[p], todo = true, append(todo, p)
			}
		}
	}
	n := slices.Index(ok, false)
	if n < 0 {
		return
	}
	c.read(e.known.at(uint32(n)), e.in.sessions(), len(e.bounds))
	i, p := c.sessions[0][0].at, c.sessions[0][1].at
	e.report(faultKey{NoEnd, interaction.Initiator, 0, none}, Fault{State: e.name(0, i),
		Text: fmt.Sprintf("from the initiator in %s and the participant in %s on, the two cannot both end", e.name(0, i), e.name(1, p))}, e.path(uint32(n)))
}

// reversed gives for each situation those that it follows on, as far as nothing fails in between and nobody gives up.
func (e *exploration) reversed() (before []uint32, first []uint64) {
	first = make([]uint64, e.known.len()+2)
	for i, to := range e.next {
		if e.kind[i]&goesToEnd != 0 {
			first[to+2]++
		}
	}
	for i := 2; i < len(first); i++ {
		first[i] += first[i-1]
	}
	before = make([]uint32, len(e.next))
	for n := range uint32(e.known.len()) {
		for i := e.first[n]; i < e.first[n+1]; i++ {
			if to := e.next[i]; e.kind[i]&goesToEnd != 0 {
				before[first[to+1]] = n
				first[to+1]++
			}
		}
	}
	return before, first[:e.known.len()+1]
}

// livelocks finds moves that nobody decides on and that go round for ever.
func (e *exploration) livelocks() {
	round := e.rounds()
	n := slices.Index(round, true)
	if n < 0 {
		return
	}
	cycle := e.roundFrom(uint32(n))
	var c situation
	c.read(e.known.at(uint32(n)), e.in.sessions(), len(e.bounds))
	i, p := c.sessions[0][0].at, c.sessions[0][1].at
	e.report(faultKey{Livelock, interaction.Initiator, 0, none}, Fault{State: e.name(0, i), Cycle: len(cycle),
		Text: fmt.Sprintf("with the initiator in %s and the participant in %s, moves that no agent decides on go round for ever", e.name(0, i), e.name(1, p))},
		append(e.path(uint32(n)), cycle...))
}

// rounds says of each situation whether it follows on itself by automatic actions alone. Tarjan's algorithm (1972), without
// recursion.
func (e *exploration) rounds() []bool {
	total := e.known.len()
	in := make([]bool, total)
	index, low := make([]uint32, total), make([]uint32, total) // index + 1; MaxUint32: its component is closed
	type frame struct {
		n    uint32
		edge uint64
	}
	var stack []uint32
	var calls []frame
	count := uint32(0)
	for root := range uint32(total) {
		if index[root] != 0 {
			continue
		}
		calls = append(calls, frame{root, e.first[root]})
		for len(calls) > 0 {
			f := &calls[len(calls)-1]
			if f.edge == e.first[f.n] && index[f.n] == 0 {
				count++
				index[f.n], low[f.n] = count, count
				stack = append(stack, f.n)
			}
			if f.edge < e.first[f.n+1] {
				to := e.next[f.edge]
				auto := e.kind[f.edge]&goesByItself != 0
				f.edge++
				switch {
				case !auto:
				case index[to] == 0:
					calls = append(calls, frame{to, e.first[to]})
				case index[to] != math.MaxUint32:
					low[f.n] = min(low[f.n], index[to])
					in[f.n] = in[f.n] || to == f.n
				}
				continue
			}
			n := f.n
			calls = calls[:len(calls)-1]
			if len(calls) > 0 {
				parent := calls[len(calls)-1].n
				low[parent] = min(low[parent], low[n])
			}
			if low[n] != index[n] {
				continue
			}
			many := stack[len(stack)-1] != n
			for {
				top := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				index[top], in[top] = math.MaxUint32, in[top] || many
				if top == n {
					break
				}
			}
		}
	}
	return in
}

// roundFrom gives the shortest way of automatic actions from a situation back to it.
func (e *exploration) roundFrom(n uint32) (cycle []action) {
	from := map[uint32]uint32{}
	todo := []uint32{n}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		for i := e.first[at]; i < e.first[at+1]; i++ {
			to := e.next[i]
			if _, is := from[to]; is || e.kind[i]&goesByItself == 0 {
				continue
			}
			from[to] = at
			if to != n {
				todo = append(todo, to)
				continue
			}
			for way := at; ; way, to = from[way], way {
				cycle = append(cycle, e.between(way, to))
				if way == n {
					slices.Reverse(cycle)
					return cycle
				}
			}
		}
	}
	return nil
}

// between is an automatic action that leads from one situation to another.
func (e *exploration) between(from, to uint32) (found action) {
	var c situation
	c.read(e.known.at(from), e.in.sessions(), len(e.bounds))
	e.actions(&c, e.in, e.queue, func(a action) {
		if !a.over && e.automatic(&c, a) {
			if k, fresh := e.known.add(e.apply(&c, a, false).key(nil)); k == to && !fresh {
				found = a
			}
		}
	})
	return found
}

// unreached notes the ends that no side comes to.
func (e *exploration) unreached() {
	for r := range e.entered {
		for i, is := range e.entered[r] {
			if s := e.sides[r].machine[i]; !is && s.Final && !e.laid(s.Name) {
				e.report(faultKey{Unreached, interaction.Role(r), uint16(i), none}, Fault{State: s.Name,
					Text: fmt.Sprintf("the %s never comes to %s, for there is never %s", interaction.Role(r), s.Name, e.waysTo(r, s.Name))}, nil)
			}
		}
	}
}

// laid says whether an end may be one that was laid over the protocol.
func (e *exploration) laid(end string) bool {
	return end == "[NU]" || e.p.CancelLaid() && slices.Contains([]string{"[CANCELLED]", "[CANCEL_FAILED]", "[CANCEL_TIMEOUT]"}, end)
}

// waysTo names the moves that lead to a state.
func (e *exploration) waysTo(r int, name string) string {
	var ways []string
	for _, s := range e.sides[r].machine {
		for i := range s.Moves {
			if s.Moves[i].To == name && under(s.Name) == "" {
				ways = append(ways, s.Moves[i].String()+" in "+s.Name)
			}
		}
	}
	return strings.Join(ways, ", nor ")
}

// under is the state over which one was laid; "": over none.
func under(state string) string {
	_, of, _ := strings.Cut(state, "/")
	return of
}

// warnings are what may be on purpose.
func (e *exploration) warnings() (all []string) {
	for r := range e.entered {
		for i, is := range e.entered[r] {
			s, st := &e.sides[r].machine[i], &e.sides[r].states[i]
			switch {
			case !is && e.whole && (e.laid(s.Name) || !s.Final && under(s.Name) == ""):
				all = append(all, fmt.Sprintf("the %s never comes to %s", interaction.Role(r), s.Name))
			case is && st.never && !st.waits:
				all = append(all, fmt.Sprintf("the %s may stay in %s for ever, as the file says", interaction.Role(r), s.Name))
			}
		}
	}
	return all
}
