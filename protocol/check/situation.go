package check

import "slices"

// situation is where a conversation stands: of one session or of two, both sides and what is on the way between them.
type situation struct {
	sessions []session
	broken   bool // something was lost or could not be taken: from then on messages may meet a side that does not expect them
}

// session has the two sides, by role.
type session [2]half

// half is one side of a session, and what it has sent that has not arrived.
type half struct {
	at     uint16 // the state, or one of the ends below
	heard  bool   // something has been received in this side's current round
	fresh  bool   // what was received last was sent in the other side's current round
	round  uint8  // how many it has begun; only counted where sessions are compared
	counts []uint8
	out    []msg
}

// Ends that no machine has.
const (
	unheard  = 0xFFFC // whatever is said to this side is not kept, and it says anything at any time
	ended    = 0xFFFD // some state that is final, and that no guard tells from others
	returned = 0xFFFE // R12: a message came back, so the session ended
	gone     = 0xFFFF // the side has stopped
)

// msg is a message on the way.
type msg struct {
	label  uint16
	answer uint8
	fresh  bool // sent in the sender's current round
	origin bool
	auto   bool // said by the monitor of a session that has ended, not by the protocol
}

// copyTo makes another situation the same, in the memory it has.
func (c *situation) copyTo(n *situation) {
	n.broken = c.broken
	for len(n.sessions) < len(c.sessions) {
		n.sessions = append(n.sessions, session{})
	}
	for i := range c.sessions {
		for r := range c.sessions[i] {
			from, to := &c.sessions[i][r], &n.sessions[i][r]
			counts, out := append(to.counts[:0], from.counts...), append(to.out[:0], from.out...)
			*to = *from
			to.counts, to.out = counts, out
		}
	}
}

// key appends the form in which situations are kept and compared.
func (c *situation) key(b []byte) []byte {
	b = append(b, bits(c.broken))
	for i := range c.sessions {
		for r := range c.sessions[i] {
			h := &c.sessions[i][r]
			b = append(b, byte(h.at>>8), byte(h.at), bits(h.heard, h.fresh), h.round, byte(len(h.out)))
			b = append(b, h.counts...)
			for _, m := range h.out {
				b = append(b, byte(m.label>>8), byte(m.label), bits(m.fresh, m.origin, m.auto)|m.answer<<4)
			}
		}
	}
	return b
}

// read is the inverse of key.
func (c *situation) read(b []byte, sessions, bounds int) {
	c.broken = b[0] != 0
	b = b[1:]
	c.sessions = make([]session, sessions)
	for i := range c.sessions {
		for r := range c.sessions[i] {
			h := &c.sessions[i][r]
			h.at, h.heard, h.fresh, h.round = uint16(b[0])<<8|uint16(b[1]), b[2]&1 != 0, b[2]&2 != 0, b[3]
			n := int(b[4])
			h.counts, b = slices.Clone(b[5:5+bounds]), b[5+bounds:]
			for range n {
				h.out = append(h.out, msg{label: uint16(b[0])<<8 | uint16(b[1]), fresh: b[2]&1 != 0, origin: b[2]&2 != 0, auto: b[2]&4 != 0, answer: b[2] >> 4})
				b = b[3:]
			}
		}
	}
}

func bits(of ...bool) (b byte) {
	for i, is := range of {
		if is {
			b |= 1 << i
		}
	}
	return b
}

// start is the situation before the first message.
func (m *model) start(in scope) *situation {
	c := &situation{sessions: make([]session, in.sessions())}
	for i := range c.sessions {
		for r := range c.sessions[i] {
			c.sessions[i][r] = half{fresh: true, counts: make([]uint8, len(m.bounds))}
		}
		if in == guards {
			c.sessions[i][1].at = unheard
		}
	}
	return c
}

// over says whether a side has ended, or not begun.
func (m *model) over(r int, at uint16) bool {
	return m.final(r, at) || at == 0 && m.sides[r].idle
}

// final says whether a side has ended.
func (m *model) final(r int, at uint16) bool {
	return at >= unheard || m.sides[r].states[at].final
}

// allOver says whether every side has ended, or not begun, and nothing is on the way.
func (m *model) allOver(c *situation) bool {
	for i := range c.sessions {
		for r := range c.sessions[i] {
			if h := &c.sessions[i][r]; len(h.out) > 0 || !m.over(r, h.at) {
				return false
			}
		}
	}
	return true
}
