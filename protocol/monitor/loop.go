package monitor

import (
	"encoding/json"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// longestCycle is how many messages an exchange may have to be known as one when it comes again.
const longestCycle = 4

// trail is what is known of the last messages of a session, so that one that goes round is found: by their labels first, and
// when these go round by what is said as well.
type trail struct {
	marks [longestCycle]mark   // the latest first
	runs  [longestCycle]uint16 // how many messages in turn have had the label of the one 1, 2, … before
	same  [longestCycle]uint16 // how many have said the same too
}

// mark tells messages apart.
type mark struct {
	label   uint64
	content uint64 // 0: not looked at
}

// next is the trail with one more message.
func (t *trail) next(k mark) trail {
	n := trail{marks: [longestCycle]mark{k, t.marks[0], t.marks[1], t.marks[2]}}
	for p := range longestCycle {
		if t.marks[p].label == k.label {
			n.runs[p] = t.runs[p] + min(1, ^t.runs[p])
			if k.content != 0 && t.marks[p].content == k.content {
				n.same[p] = t.same[p] + min(1, ^t.same[p])
			}
		}
	}
	return n
}

// unmarked is how many messages of a session are not looked at: most sessions have no more.
const unmarked = 3

// marked gives the mark of a message, and whether with it a session goes round without progress: an exchange of up to four
// messages has come again Config.Repeats times, with the same acts and the same contents.
func (m *Monitor) marked(s *session, msg *protocol.Message, l interaction.Label, heard bool) (k mark, loops bool) {
	if s.messages < unmarked {
		return mark{}, false
	}
	k.label = digestLabel(l, heard)
	if s.more == nil {
		return k, false
	}
	t := &s.more.trail
	for p, n := range t.next(k).runs {
		if int(n) > p {
			k.content = digestContent(msg.Content)
		}
	}
	for p, n := range t.next(k).same {
		loops = loops || int(n) >= (p+1)*m.c.Repeats
	}
	return k, loops
}

// spent says whether a session is at its budget, and a move would go on with it. A move that the protocol bounds is within its
// own bound, and with each come up to longestCycle messages that count for nothing: what is answered to it, and what to that.
func (m *Monitor) spent(s *session, mv *move) bool {
	if mv.most != 0 || s.machine.states[mv.to].final {
		return false
	}
	free := 0
	if s.more != nil {
		for _, n := range s.more.made {
			free += longestCycle * int(n)
		}
	}
	return int(s.messages)-free >= m.c.Messages
}

// follow notes a message. What the protocol bounds cannot go on for ever: nor can what goes round with it.
func (s *session) follow(k mark, mv *move) {
	if mv.most != 0 && s.more != nil {
		s.more.trail = trail{}
	}
	if k.label != 0 {
		e := s.extra()
		e.trail = e.trail.next(k)
	}
}

// pair is what is known of the openings between the agent and one peer, of those that led to nothing.
type pair struct {
	label   uint64
	content uint64 // 0: not looked at
	heard   bool   // the last one was the peer's
	echoes  uint16 // how often one side has opened what the other opened before
}

// echo says what the pair is with one more opening, and whether the two send the same thing to and fro: each has opened what
// the other had opened Config.Repeats times, and no session of theirs has ended by anything but a refusal meanwhile.
func (m *Monitor) echo(p *party, token string, msg *protocol.Message, l interaction.Label, heard bool) (next pair, loops bool) {
	next = pair{label: (digestLabel(l, false) ^ digestText(token)) | 1, heard: heard}
	last := pair{}
	if p != nil {
		last = p.pair
	}
	if last.label != next.label {
		return next, false
	}
	if last.heard == heard && last.content == 0 { // one side asks again and again: what it says is not looked at
		return next, false
	}
	if next.content = digestContent(msg.Content); last.content == next.content {
		next.echoes = last.echoes
		if last.heard != heard {
			next.echoes++
		}
	}
	return next, int(next.echoes) >= m.c.Repeats
}

// FNV-1a, 64 bits.
const (
	fnvOffset uint64 = 14695981039346656037
	fnvPrime  uint64 = 1099511628211
)

func digestText[T ~string | ~[]byte](text T) uint64 {
	d := fnvOffset
	for i := range len(text) {
		d = (d ^ uint64(text[i])) * fnvPrime
	}
	return d
}

func digestLabel(l interaction.Label, heard bool) uint64 {
	d := digestText(l.Act) * fnvPrime
	if heard {
		d++
	}
	return (d ^ digestText(l.Kind)) | 1
}

// digestContent is over the recorded form of a content, which is what it says. 0: it has none, and is like no other.
func digestContent(content any) uint64 {
	switch c := content.(type) {
	case nil:
		return 1
	case protocol.Text:
		return digestText(c) | 1
	case protocol.Reason:
		return digestText(c.Code) ^ digestText(c.Detail)*fnvPrime | 1
	}
	text, err := json.Marshal(content)
	if err != nil {
		return 0
	}
	return digestText(text) | 1
}
