package monitor

import (
	"math"
	"slices"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// never is a deadline that there is not.
const never time.Duration = math.MaxInt64

// session is one of the agent's, with one peer. There may be 100,000, so it is small: what few of them need is in more.
type session struct {
	conversation *conversation
	party        *party
	machine      *machine
	answer       string          // the reply-with of the last message heard that was no cancel
	due          time.Duration   // the earliest of the deadlines of the state
	dues         []time.Duration // one for each wait of the state, when there are several
	names        []name          // what either side said that can be replied to
	more         *more
	at           int32 // place in the queue of deadlines; -1: none
	messages     uint32
	round        uint32
	state        uint16
	ended        bool
	expired      bool  // it ended by a deadline
	settled      bool  // what comes after its end has been said
	target       bool  // opened by what a target of a recruiter said, who answers the recruiter's message
	order        int32 // of its end among those remembered, as a snapshot counts them
	endedAt      time.Duration
	attached     any // see Monitor.Attach
}

// more is what few sessions have.
type more struct {
	cancel string   // the reply-with of the cancel heard
	opener string   // who has opened it, when that is another than the peer
	made   []uint32 // how often a bounded move was made, by bound
	trail  trail
}

// Ends that are not among the states of the machine.
const (
	stateUndeliverable = math.MaxUint16 - iota
	stateCut
	stateNotUnderstood
)

func (s *session) name(state uint16) string {
	switch state {
	case stateUndeliverable:
		return EndUndeliverable
	case stateCut:
		return EndCut
	case stateNotUnderstood:
		return EndNotUnderstood
	}
	return s.machine.states[state].name
}

// name is a reply-with that was said, by its digest.
type name struct {
	digest uint64
	round  uint32
	heard  bool // else said by the agent itself
	cancel bool
}

// maxNames is how many names of each side are kept, the latest ones: what answers an older one is out of sequence. All but
// a session that goes on without rounds (a subscription) have far fewer, and there the not-understood that names an old one
// is taken as naming none.
const maxNames = 8

// remember notes that a message can be replied to.
func (s *session) remember(m *protocol.Message, heard bool) {
	if heard && m.Act != protocol.Cancel {
		s.answer = m.ReplyWith
	}
	if m.Act == protocol.Cancel {
		if heard {
			s.extra().cancel = m.ReplyWith
		}
		s.names = slices.DeleteFunc(s.names, func(n name) bool { return n.cancel && n.heard == heard })
	}
	if m.ReplyWith == "" {
		return
	}
	n, first := 0, -1
	for i := range s.names {
		if s.names[i].heard == heard && !s.names[i].cancel {
			if n++; first < 0 {
				first = i
			}
		}
	}
	if n >= maxNames && m.Act != protocol.Cancel {
		s.names = slices.Delete(s.names, first, first+1)
	}
	s.names = append(s.names, name{digestText(m.ReplyWith), s.round, heard, m.Act == protocol.Cancel})
}

// by is the peer that has opened a session; "": the agent itself has.
func (s *session) by() string {
	switch {
	case s.more != nil && s.more.opener != "":
		return s.more.opener
	case s.machine.role == interaction.Participant || s.target:
		return s.party.name
	}
	return ""
}

func (s *session) extra() *more {
	if s.more == nil {
		s.more = &more{}
	}
	return s.more
}

// refers says what a message refers to by its in-reply-to.
type refers uint8

const (
	toLast   refers = iota // what was said last, in this round
	toCancel               // the cancel
	toOlder                // what was said in a former round
	toAny                  // it names nothing: what was said last, or the cancel
	toNone                 // it names what was not said
)

// reference says what a message refers to that was heard, or that the agent wants to send.
func (s *session) reference(m *protocol.Message, heard bool) refers {
	if m.InReplyTo == "" || s.target && heard {
		return toAny
	}
	d := digestText(m.InReplyTo)
	for i := len(s.names) - 1; i >= 0; i-- {
		switch n := &s.names[i]; {
		case n.digest != d || n.heard == heard:
		case n.cancel:
			return toCancel
		case n.round < s.round:
			return toOlder
		default:
			return toLast
		}
	}
	if m.Act == protocol.NotUnderstood {
		return toAny
	}
	return toNone
}

// answers says whether a move is for a message with this reference.
func (mv *move) answers(r refers) bool {
	switch mv.answer {
	case interaction.AnswerCancel:
		return r == toCancel || r == toAny
	case interaction.AnswerOlder:
		return r == toOlder
	}
	return r == toLast || r == toAny
}

// choose finds the move that a message sets off; nil: it is out of sequence. moves are sorted: the narrowest label that fits
// and whose guard holds is the first. Messages passed on for another are told apart only where the protocol does so.
func (m *Monitor) choose(s *session, moves []move, msg *protocol.Message, l interaction.Label, heard bool) *move {
	r := s.reference(msg, heard)
	passed := s.machine.origin && msg.Extra[origin] != ""
	for i := range moves {
		if mv := &moves[i]; mv.label.Covers(l) && mv.answers(r) && mv.origin == passed && m.holds(s, mv) {
			return mv
		}
	}
	return nil
}

// origin is the parameter in which a message names for whom it is passed on.
const origin = "X-origin"

// holds says whether the guard of a move holds, as far as it does not depend on a message.
func (m *Monitor) holds(s *session, mv *move) bool {
	if mv.most != 0 && s.more != nil && len(s.more.made) >= mv.most && s.more.made[mv.most-1] >= mv.limit {
		return false
	}
	return !mv.guarded || s.conversation.holds(s, mv)
}

// made counts a bounded move.
func (s *session) made(mv *move) {
	if mv.most == 0 {
		return
	}
	e := s.extra()
	for len(e.made) < mv.most {
		e.made = append(e.made, 0)
	}
	e.made[mv.most-1]++
}
