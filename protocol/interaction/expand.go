package interaction

import (
	"slices"
	"strings"

	"github.com/polis-agents/polis/protocol"
)

// What is laid over every protocol, and the patterns in which it names the states of that.
const (
	everyState = "*"      // after the first message and before an end
	heardState = "*heard" // of these, one in which the last message may be one received
	saidState  = "*said"  // of these, one in which the last message may be one sent
	ends       = "[CANCELLED]"
	cancelling = "CANCELLING/"
)

// Expand gives the protocol with the meta-protocols laid over it: not-understood, and cancel unless the protocol has a
// cancel of its own, which shows in a state [CANCELLED]. What runs, checks or draws a protocol takes its expanded form.
func Expand(p *Protocol) *Protocol {
	e := *p
	e.lay(notUnderstood)
	if p.Initiator.Index(ends) < 0 {
		e.lay(cancel)
		e.cancels = true
	}
	return &e
}

// CancelLaid says whether the cancel meta-protocol has been laid over the protocol, which says nothing about cancel itself.
func (p *Protocol) CancelLaid() bool { return p.cancels }

// lay lays a meta-protocol over a protocol.
func (p *Protocol) lay(meta *Protocol) {
	for _, w := range meta.Waits {
		if !slices.ContainsFunc(p.Waits, func(o Wait) bool { return o.Name == w.Name }) {
			p.Waits = append(slices.Clip(p.Waits), w)
		}
	}
	p.Initiator = overlay(p.Initiator, meta.Initiator, false)
	p.Participant = overlay(p.Participant, meta.Participant, true)
}

// overlay gives a machine with the moves and states of another laid over it. A pattern PREFIX/* makes of each state one more,
// in which what the state could receive still can be, and ends where it would end; with on, the role also goes on to do
// what it could do there.
func overlay(m, over Machine, on bool) Machine {
	laid := make(Machine, len(m))
	for i, s := range m {
		laid[i] = State{Name: s.Name, Final: s.Final, Moves: slices.Clone(s.Moves)}
	}
	heard, said := m.last(false), m.last(true)
	for _, pattern := range over {
		prefix, shadow := strings.CutSuffix(pattern.Name, everyState)
		for i, s := range m {
			if s.Final || i == 0 {
				continue
			}
			switch {
			case shadow && prefix != "":
				laid = append(laid, shade(m, s, prefix, pattern.Moves, on))
			case pattern.Name == everyState, pattern.Name == heardState && heard[s.Name], pattern.Name == saidState && said[s.Name]:
				laid[i].Moves = add(laid[i].Moves, pattern.Moves, s.Name)
			}
		}
	}
	laid.addEnds()
	return laid
}

// addEnds adds the final states that moves lead to.
func (m *Machine) addEnds() {
	for _, s := range *m {
		for _, move := range s.Moves {
			if strings.HasPrefix(move.To, "[") && m.Index(move.To) < 0 {
				*m = append(*m, State{Name: move.To, Final: true})
			}
		}
	}
}

// shade makes the further state PREFIX/S of a state S.
func shade(m Machine, s State, prefix string, own []Move, on bool) State {
	shaded := State{Name: prefix + s.Name, Moves: add(nil, own, s.Name)}
	for _, move := range s.Moves {
		if move.Receive.Act == "" && !on {
			continue
		}
		if to := m.Index(move.To); to >= 0 && !m[to].Final {
			move.To = prefix + move.To
		}
		shaded.Moves = add(shaded.Moves, []Move{move}, s.Name)
	}
	return shaded
}

// add adds the moves of a pattern to those of a state, unless it has such a move of its own.
func add(moves, more []Move, state string) []Move {
	for _, move := range more {
		move.To = strings.Replace(move.To, everyState, state, 1)
		if !slices.ContainsFunc(moves, func(o Move) bool { return o.same(&move) }) {
			moves = append(slices.Clip(moves), move)
		}
	}
	return moves
}

// last are the names of the states in which the last message of the session may be one that this role sent, or one that it
// received and has not answered. A not-understood does not count: none answers it.
func (m Machine) last(sent bool) map[string]bool {
	in := map[string]bool{}
	for range m { // as often as it can spread
		for _, s := range m {
			for _, move := range s.Moves {
				received := move.Receive.Act != "" && move.Send.Act == "" && move.Receive.Act != protocol.NotUnderstood
				said := move.Send.Act != "" && move.Send.Act != protocol.NotUnderstood
				silent := move.Receive.Act == "" && move.Send.Act == ""
				if sent && said || !sent && received || silent && in[s.Name] {
					in[move.To] = true
				}
			}
		}
	}
	return in
}
