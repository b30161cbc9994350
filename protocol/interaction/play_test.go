package interaction_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// beside is another session of the same conversation.
type beside struct {
	state string
	round int
}

// play is a session of one role, run by nothing but the meaning that the doc comments of the package give to the data: what the
// tests hold against the machines is what is seen of them here.
type play struct {
	p      *interaction.Protocol
	m      interaction.Machine
	state  int
	round  int
	asked  bool            // something that may ask for a reply was sent in a former round
	sent   bool            // or in this one
	made   map[string]int  // moves under each bound
	goesOn map[string]bool // waits that the last move did not begin anew
}

func newPlay(p *interaction.Protocol, r interaction.Role) *play {
	return &play{p: p, m: p.Machine(r), made: map[string]int{}}
}

// symbol is a move as it is seen.
func symbol(m *interaction.Move) string { return strings.ReplaceAll(m.String(), " ", "") }

// may says whether the guard of a move holds.
func (s *play) may(m *interaction.Move, others []beside) bool {
	fewer := 0
	for _, o := range others {
		if slices.Contains(m.When.None, o.state) && o.round <= s.round || m.When.Level && o.round > s.round {
			return false
		}
		if m.When.Fewer != nil && slices.Contains(m.When.Fewer.In, o.state) {
			fewer++
		}
	}
	return (m.When.Most == "" || s.made[m.When.Most] < s.most(m.When.Most)) && (m.When.Fewer == nil || fewer < s.most(m.When.Fewer.Than)) &&
		(m.When.Answer != interaction.AnswerOlder || s.asked)
}

func (s *play) most(bound string) int {
	for _, b := range s.p.Bounds {
		if b.Name == bound {
			return b.Most
		}
	}
	return 0
}

// next is what is seen that may come next, sorted; or the name of the end.
func (s *play) next(others []beside) (symbols []string, end string) {
	if s.m[s.state].Final {
		return nil, s.m[s.state].Name
	}
	for i := range s.m[s.state].Moves {
		m := &s.m[s.state].Moves[i]
		if !s.may(m, others) {
			continue
		}
		seen := symbol(m)
		if s.goesOn[m.After] {
			seen += "~"
		}
		symbols = append(symbols, seen)
	}
	slices.Sort(symbols)
	return slices.Compact(symbols), ""
}

// move makes the first move that is seen as the symbol and can be made.
func (s *play) move(seen string, others []beside) error {
	from := s.m[s.state]
	i := slices.IndexFunc(from.Moves, func(m interaction.Move) bool { return symbol(&m) == seen && s.may(&m, others) })
	if i < 0 {
		return fmt.Errorf("%s is not possible in %s", seen, from.Name)
	}
	m := &from.Moves[i]
	if m.When.Most != "" {
		s.made[m.When.Most]++
	}
	if s.state = s.m.Index(m.To); s.state < 0 {
		return fmt.Errorf("no state %s", m.To)
	}
	if m.Round {
		s.round++
		s.asked = s.asked || s.sent
		s.sent = false
	}
	s.sent = s.sent || m.Send.Act != "" && m.Send.Act != protocol.NotUnderstood
	s.goesOn = map[string]bool{}
	if message := m.Receive.Act != "" || m.Send.Act != "" && m.After == "" && m.On == ""; message && !m.Round && of(from.Name) == of(m.To) {
		for _, o := range from.Moves {
			s.goesOn[o.After] = o.After != ""
		}
	}
	return nil
}

// of is the state S of PREFIX/S, and any other itself.
func of(state string) string { return state[strings.IndexByte(state, '/')+1:] }

// after plays what was seen and says what may come next.
func after(p *interaction.Protocol, r interaction.Role, seen []string, others []beside, alone int) (symbols []string, end string, round int, err error) {
	s := newPlay(p, r)
	for i, one := range seen {
		var there []beside
		if i >= alone {
			there = others
		}
		if err := s.move(one, there); err != nil {
			return nil, "", 0, fmt.Errorf("after %s: %w", strings.Join(seen, " "), err)
		}
	}
	symbols, end = s.next(others)
	return symbols, end, s.round, nil
}
