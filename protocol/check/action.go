package check

import (
	"math"

	"github.com/polis-agents/polis/protocol"
)

// action is one thing that can happen in a situation.
type action struct {
	does    deed
	session uint8
	role    uint8
	move    uint8
	label   uint16 // what is sent; none: nothing
	over    bool   // that would be more than may be on the way: it does not happen
}

const none = math.MaxUint16

type deed uint8

const (
	moves   deed = iota // of the machine, by wish, wait or event
	takes               // a message, by a move
	misses              // a message that the state says nothing about: it is dropped
	lets                // a message go that comes after the end
	bounces             // the message comes back to its sender, to whom role is the receiver
	loses               // the message vanishes
	stops               // for good
)

// automatic says whether the action goes ahead by itself, sooner or later: nobody decides on it, and nothing goes wrong.
func (m *model) automatic(c *situation, a action) bool {
	switch a.does {
	case takes, lets:
		return true
	case moves:
		return m.move(c, a).by == byWait
	}
	return false
}

// goesOn says whether the action is one by which a session comes to its end: nothing fails, and nobody gives up.
func (m *model) goesOn(c *situation, a action) bool {
	switch a.does {
	case moves:
		return !m.gives(m.move(c, a))
	case loses, stops:
		return false
	case bounces:
		return c.sessions[a.session][a.role].at == gone
	}
	return true
}

// move is that of an action which makes one.
func (m *model) move(c *situation, a action) *move {
	return &m.sides[a.role].states[c.sessions[a.session][a.role].at].moves[a.move]
}

// scope is what is taken into account.
type scope uint8

const (
	anything scope = iota // in one session: waits end, messages are lost, a side stops
	untimed               // in one session: messages arrive long before any wait ends, and nobody gives up
	guards                // in two sessions: the moves of the initiator alone, whatever the participants say
	siblings              // in two sessions: waits end
)

func (s scope) sessions() int {
	if s >= guards {
		return 2
	}
	return 1
}

// gives says whether a move is to give up: to cancel, where the protocol itself says nothing about that, or not to
// understand. Such moves are always there, so what only they end is not right yet.
func (m *model) gives(mv *move) bool {
	if mv.by != byWish || mv.sends == nil || mv.origin {
		return false
	}
	act := m.labels[mv.sends[0]].Act
	return act == protocol.NotUnderstood || act == protocol.Cancel && m.p.CancelLaid()
}

// actions calls do for all that can happen.
func (m *model) actions(c *situation, in scope, queue int, do func(action)) {
	for s := range c.sessions {
		for r := range c.sessions[s] {
			me, peer := &c.sessions[s][r], &c.sessions[s][1-r]
			a := action{session: uint8(s), role: uint8(r), label: none}
			if !m.final(r, me.at) {
				for i := range m.sides[r].states[me.at].moves {
					mv := &m.sides[r].states[me.at].moves[i]
					if (mv.by != byMessage || in == guards) && !mv.never && m.holds(c, s, r, mv) && (in != untimed || mv.by != byWait && !m.gives(mv)) {
						a.does, a.move = moves, uint8(i)
						m.each(a, mv, me, queue, do)
					}
				}
			}
			a = action{session: uint8(s), role: uint8(r), label: none}
			if len(peer.out) > 0 {
				m.arrivals(c, a, queue, do)
				if in == anything && !m.final(r, me.at) {
					do(a.as(loses))
					if !m.final(1-r, peer.at) {
						do(a.as(bounces))
					}
				}
			}
			if in == anything && !m.over(r, me.at) && peer.at != gone {
				do(a.as(stops))
			}
		}
	}
}

func (a action) as(d deed) action {
	a.does = d
	return a
}

// each does so for all that the move may send.
func (m *model) each(a action, mv *move, me *half, queue int, do func(action)) {
	if mv.sends == nil {
		do(a)
		return
	}
	a.over = len(me.out) >= queue
	for _, l := range mv.sends {
		a.label = l
		do(a)
	}
}

// arrivals are what can happen to the first message on its way to a side.
func (m *model) arrivals(c *situation, a action, queue int, do func(action)) {
	r := int(a.role)
	me, head := &c.sessions[a.session][r], &c.sessions[a.session][1-r].out[0]
	switch {
	case me.at == gone && !m.final(1-r, c.sessions[a.session][1-r].at):
		do(a.as(bounces))
		return
	case m.final(r, me.at):
		do(a.as(lets))
		return
	}
	for _, answer := range meant[head.answer] {
		if m.taken(c, a, head, answer, queue, do) {
			return
		}
	}
	a.does, a.label = misses, none
	do(a)
}

// meant is what a message may answer, as moves ask for it; one that names nothing answers the cancel where there is one.
var meant = [][]uint8{answersLast: {answersLast}, answersCancel: {answersCancel}, answersOlder: {answersOlder}, answersNothing: {answersCancel, answersLast}}

// taken calls do for the moves that a message sets off, among those that ask for this answer: of those with the narrowest
// label that covers it the first whose guard holds. It says whether there is one.
func (m *model) taken(c *situation, a action, head *msg, answer uint8, queue int, do func(action)) (is bool) {
	me := &c.sessions[a.session][a.role]
	st := &m.sides[a.role].states[me.at]
	for rank, covered := 3, false; rank >= 0 && !covered; rank-- {
		for i := range st.moves {
			mv := &st.moves[i]
			if mv.by != byMessage || mv.rank != rank || !mv.takes[head.label] || mv.answer != answer || mv.origin != head.origin {
				continue
			}
			covered = true
			if !m.holds(c, int(a.session), int(a.role), mv) {
				continue
			}
			a.does, a.move, a.label, is = takes, uint8(i), none, true
			m.each(a, mv, me, queue, do)
			if !mv.guarded || len(c.sessions) > 1 {
				return true
			} // else another session may stand in the way, and the next is asked too
		}
	}
	return is
}

// holds says whether the guard of a move does, as far as it is not about the message. What it says about other sessions
// may hold when there are none.
func (m *model) holds(c *situation, s, r int, mv *move) bool {
	me := &c.sessions[s][r]
	if mv.most >= 0 && me.counts[mv.most] >= m.bounds[mv.most] {
		return false
	}
	if !mv.guarded {
		return true
	}
	few := 0
	for i := range c.sessions {
		o := &c.sessions[i][r]
		if i == s {
			continue
		}
		if mv.level && o.round > me.round || mv.none != nil && o.round <= me.round && o.at < unheard && mv.none[o.at] {
			return false
		}
		if mv.few != nil && o.at < unheard && mv.few[o.at] {
			few++
		}
	}
	return mv.few == nil || few < int(m.bounds[mv.than])
}
