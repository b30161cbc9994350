package check

import (
	"slices"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// apply gives the situation after an action. With plain, ends keep their names; without, those that make no difference
// become one.
func (m *model) apply(c *situation, a action, plain bool) *situation {
	n := &situation{}
	m.applyTo(n, c, a, plain)
	return n
}

// applyTo puts it into n, whose memory is used again.
func (m *model) applyTo(n, c *situation, a action, plain bool) {
	c.copyTo(n)
	me, peer := &n.sessions[a.session][a.role], &n.sessions[a.session][1-a.role]
	var head msg
	if a.does != moves && a.does != stops {
		head = peer.out[0]
		peer.out = slices.Delete(peer.out, 0, 1)
	}
	switch a.does {
	case moves, takes:
		m.make(n, a, m.move(c, a), head)
		if !plain && m.final(int(a.role), me.at) && me.at < unheard && !m.sides[a.role].named[me.at] {
			me.at = ended
		}
	case misses, loses:
		n.broken = true
	case lets:
		m.tellLate(me, head, interaction.Role(a.role))
	case bounces:
		n.broken, peer.at = true, returned
	case stops:
		n.broken, me.at = true, gone
	}
	if !plain {
		for i := range n.sessions {
			m.forget(&n.sessions[i])
		}
		n.level()
	}
}

// make makes a move.
func (m *model) make(n *situation, a action, mv *move, head msg) {
	me, peer := &n.sessions[a.session][a.role], &n.sessions[a.session][1-a.role]
	// What is said next answers what was heard last in this round: no cancel, and nothing that was late for a former one.
	heard := mv.by == byMessage && peer.at != unheard && m.labels[head.label].Act != protocol.Cancel && head.answer != answersOlder
	if heard {
		me.heard, me.fresh = true, head.fresh
	}
	if mv.most >= 0 {
		me.counts[mv.most]++
	}
	me.at = mv.to
	if mv.round {
		me.heard = heard
		me.round++
		peer.fresh = false
		for i := range me.out {
			me.out[i].fresh = false
		}
		for i := range peer.out {
			if peer.out[i].answer == answersLast { // what names nothing goes on doing so
				peer.out[i].answer = answersOlder
			}
		}
	}
	if a.label == none || peer.at == unheard {
		return
	}
	sent := msg{label: a.label, fresh: true, origin: mv.origin && mv.by != byMessage}
	switch at := mv.by == byMessage; {
	case m.labels[a.label].Act == protocol.Cancel: // it is about what this side said itself
		sent.answer = answersNothing
	case at && m.labels[head.label].Act == protocol.Cancel, !at && mv.answer == answersCancel:
		sent.answer = answersCancel
	case at && !head.fresh, !at && mv.answer == answersOlder, !at && me.heard && !me.fresh:
		sent.answer = answersOlder
	case !at && !me.heard:
		sent.answer = answersNothing
	}
	me.out = append(me.out, sent)
}

// tellLate is what the monitor answers for a session that has ended. No such answer is answered.
func (m *model) tellLate(me *half, head msg, r interaction.Role) {
	if me.at == gone || head.auto {
		return
	}
	said := msg{fresh: true, auto: true}
	switch act := m.labels[head.label].Act; {
	case act == protocol.Propose && r == interaction.Initiator:
		said.label = m.label(lateProposal)
	case act == protocol.Cancel:
		said.label, said.answer = m.label(alreadyEnded), answersCancel
	case act == protocol.AcceptProposal && r == interaction.Participant:
		said.label = m.label(lateAccept)
	default:
		return
	}
	if !head.fresh && said.answer == answersLast {
		said.answer = answersOlder
	}
	me.out = append(me.out, said)
}

// forget makes one of what makes no difference any more once a side has ended.
func (m *model) forget(s *session) {
	for r := range s {
		me, peer := &s[r], &s[1-r]
		if !m.final(r, me.at) {
			continue
		}
		me.heard, me.fresh = false, false
		clear(me.counts)
		for i := range peer.out {
			peer.out[i].answer = answersLast
		}
		if m.final(1-r, peer.at) { // what is on the way changes nothing
			me.out, peer.out = me.out[:0], peer.out[:0]
		}
	}
}

// level counts rounds from the one that is furthest behind.
func (c *situation) level() {
	const furthest = 3
	for r := range 2 {
		least := c.sessions[0][r].round
		for i := range c.sessions {
			least = min(least, c.sessions[i][r].round)
		}
		for i := range c.sessions {
			c.sessions[i][r].round = min(c.sessions[i][r].round-least, furthest)
		}
	}
}
