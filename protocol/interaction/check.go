package interaction

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	tokenName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)
	stateName = regexp.MustCompile(`^([A-Z][A-Z0-9_]{0,63}/)?[A-Z][A-Z0-9_]{0,63}$|^\[[A-Z][A-Z0-9_]{0,63}\]$`)
)

// How large a machine may be.
const (
	maxStates = 256
	maxMoves  = 64  // of one state
	maxText   = 500 // bytes of a clause or another text for readers
)

// Check says what is wrong with the data of a protocol, all of it. Whether the two machines fit each other is another
// question: see package check.
func (p *Protocol) Check() error {
	if p.meta {
		return nil
	}
	var errs []error
	if !tokenName.MatchString(p.Name) {
		errs = append(errs, fmt.Errorf("name %.80q; accepted are lower-case words with hyphens, at most 64 characters", p.Name))
	}
	errs = append(errs, oneLine("doc", p.Doc), oneLine("source", p.Source))
	seen := map[string]bool{}
	for _, w := range p.Waits {
		if !tokenName.MatchString(w.Name) || seen[w.Name] {
			errs = append(errs, fmt.Errorf("wait %.80q; accepted are different lower-case words with hyphens", w.Name))
		}
		seen[w.Name] = true
	}
	for _, b := range p.Bounds {
		if !tokenName.MatchString(b.Name) || seen[b.Name] || b.Most < 1 {
			errs = append(errs, fmt.Errorf("bound %.80q of %d; accepted are names that nothing else has, and at least 1", b.Name, b.Most))
		}
		seen[b.Name] = true
	}
	for _, r := range []Role{Initiator, Participant} {
		if err := p.checkMachine(r); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r, err))
		}
	}
	return errors.Join(errs...)
}

// oneLine says whether a text can stand in a table.
func oneLine(what, text string) error {
	if len(text) > maxText || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return fmt.Errorf("%s of %d bytes, %.40q; accepted is one line of at most %d", what, len(text), text, maxText)
	}
	return nil
}

func (p *Protocol) checkMachine(r Role) error {
	m := p.Machine(r)
	if len(m) == 0 || len(m) > maxStates {
		return fmt.Errorf("%d states; accepted are 1 to %d", len(m), maxStates)
	}
	var errs []error
	for i, s := range m {
		if !stateName.MatchString(s.Name) || m.Index(s.Name) != i {
			errs = append(errs, fmt.Errorf("state %.80q; accepted are different words of capitals, in brackets where the session ends", s.Name))
		}
		if s.Final != strings.HasPrefix(s.Name, "[") || s.Final && len(s.Moves) > 0 || len(s.Moves) > maxMoves {
			errs = append(errs, fmt.Errorf("state %s: %d moves; accepted are at most %d, and none of an end", s.Name, len(s.Moves), maxMoves))
		}
		for j := range s.Moves {
			if err := p.checkMove(m, &s.Moves[j]); err != nil {
				errs = append(errs, fmt.Errorf("state %s, move %d: %w", s.Name, j+1, err))
			}
			if k := slices.IndexFunc(s.Moves[:j], func(o Move) bool { return o.same(&s.Moves[j]) }); k >= 0 {
				errs = append(errs, fmt.Errorf("state %s: moves %d and %d are set off by the same", s.Name, k+1, j+1))
			}
		}
	}
	if first := m[0]; first.Final || !p.opens(r, first) {
		errs = append(errs, fmt.Errorf("state %s: as the first it can only %s messages", m[0].Name, [...]string{"send", "receive"}[r]))
	}
	for _, s := range m.unreached() {
		errs = append(errs, fmt.Errorf("state %s: no move leads there", s))
	}
	return errors.Join(errs...)
}

// opens says whether the moves of a role's first state are such as begin a conversation.
func (p *Protocol) opens(r Role, s State) bool {
	for _, m := range s.Moves {
		if r == Initiator && (m.Send.Act == "" || m.set() != 0) || r == Participant && m.Receive.Act == "" {
			return false
		}
	}
	return len(s.Moves) > 0
}

// set counts what sets the move off, besides the agent's wish.
func (m *Move) set() (n int) {
	for _, is := range []bool{m.Receive.Act != "", m.After != "", m.On != ""} {
		if is {
			n++
		}
	}
	return n
}

// same says whether two moves are set off by the same thing, in the same circumstances.
func (m *Move) same(o *Move) bool {
	return m.Receive == o.Receive && m.After == o.After && m.On == o.On && (m.set() > 0 || m.Send == o.Send) &&
		m.When.Answer == o.When.Answer && m.When.Origin == o.When.Origin && m.When.free() && o.When.free()
}

// free says whether the guard depends on nothing but the message.
func (g *Guard) free() bool { return len(g.None) == 0 && g.Fewer == nil && !g.Level && g.Most == "" }

func (p *Protocol) checkMove(m Machine, move *Move) error {
	var errs []error
	if n := move.set(); n > 1 || n == 0 && move.Send.Act == "" {
		errs = append(errs, errors.New("set off by several things, or by none; accepted is one of receive, after, on, or send alone"))
	}
	if move.Send.Act == Any && (!move.When.Origin || move.set() > 0) {
		errs = append(errs, errors.New("sends any; accepted is an act, or any by the agent's wish where it passes messages on (origin: true)"))
	}
	if move.After != "" && !slices.ContainsFunc(p.Waits, func(w Wait) bool { return w.Name == move.After }) {
		errs = append(errs, fmt.Errorf("after %q; accepted is a wait that the protocol names", move.After))
	}
	if move.On != "" && !tokenName.MatchString(move.On) {
		errs = append(errs, fmt.Errorf("on %.80q; accepted is a lower-case word", move.On))
	}
	if m.Index(move.To) < 0 && !p.shadowed(m, move.To) {
		errs = append(errs, fmt.Errorf("to %.80q; accepted is a state of the %d", move.To, len(m)))
	}
	return errors.Join(append(errs, oneLine("clause", move.Clause), p.checkGuard(m, &move.When))...)
}

func (p *Protocol) checkGuard(m Machine, g *Guard) error {
	var errs []error
	states, bounds := g.None, []string{}
	if g.Most != "" {
		bounds = append(bounds, g.Most)
	}
	if g.Fewer != nil {
		states, bounds = slices.Concat(states, g.Fewer.In), append(bounds, g.Fewer.Than)
	}
	for _, s := range states {
		if m.Index(s) < 0 {
			errs = append(errs, fmt.Errorf("state %.80q in a guard; accepted is one of this machine", s))
		}
	}
	for _, b := range bounds {
		if !slices.ContainsFunc(p.Bounds, func(o Bound) bool { return o.Name == b }) {
			errs = append(errs, fmt.Errorf("bound %.80q in a guard; accepted is one that the protocol names", b))
		}
	}
	if !p.Many && (len(states) > 0 || g.Level) {
		errs = append(errs, errors.New("a guard about other sessions; a protocol has them where it says many: true"))
	}
	if !slices.Contains([]string{"", AnswerCancel, AnswerOlder}, g.Answer) {
		errs = append(errs, fmt.Errorf("answer %.80q; accepted are %s and %s", g.Answer, AnswerCancel, AnswerOlder))
	}
	return errors.Join(errs...)
}

// shadowed says whether a state is one that will be there when cancel is laid over the protocol.
func (p *Protocol) shadowed(m Machine, name string) bool {
	of, is := strings.CutPrefix(name, cancelling)
	return is && m.Index(ends) < 0 && m.Index(of) > 0
}

// Index is that of the state of a name; -1: there is none.
func (m Machine) Index(name string) int {
	return slices.IndexFunc(m, func(s State) bool { return s.Name == name })
}

// unreached are the states that cannot be entered.
func (m Machine) unreached() (names []string) {
	reached := make([]bool, len(m))
	var visit func(i int)
	visit = func(i int) {
		if i < 0 || reached[i] {
			return
		}
		reached[i] = true
		for _, move := range m[i].Moves {
			visit(m.Index(move.To))
		}
	}
	visit(0)
	for i, s := range m {
		if !reached[i] {
			names = append(names, s.Name)
		}
	}
	return names
}
