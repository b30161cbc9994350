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
	maxNames  = 64  // of waits, of bounds
	maxBound  = 1_000_000_000
)

// Check says what is wrong with the data of a protocol, all of it. Whether the two machines fit each other is another
// question: see package check.
func (p *Protocol) Check() error {
	var errs []error
	for _, f := range p.faults() {
		errs = append(errs, f)
	}
	return errors.Join(errs...)
}

// fault is one thing that is wrong, and where.
type fault struct {
	place
	what string
}

// Error names the place and what is wrong there.
func (f fault) Error() string {
	switch {
	case f.state == "":
		return f.what
	case f.move < 0:
		return fmt.Sprintf("state %.80q of the %s: %s", f.state, f.role, f.what)
	}
	return fmt.Sprintf("state %.80q of the %s, move %d: %s", f.state, f.role, f.move+1, f.what)
}

// faults are all that is wrong.
func (p *Protocol) faults() []fault {
	c := checking{p: p}
	if p.meta {
		return nil
	}
	if !tokenName.MatchString(p.Name) {
		c.add("protocol %.80q; accepted are lower-case words with hyphens, at most 64 characters", p.Name)
	}
	c.oneLine("doc", p.Doc)
	c.oneLine("source", p.Source)
	if n := max(len(p.Waits), len(p.Bounds)); n > maxNames {
		c.add("%d waits or bounds; accepted are at most %d", n, maxNames)
	}
	seen := map[string]bool{}
	for _, w := range p.Waits {
		if !tokenName.MatchString(w.Name) || seen[w.Name] {
			c.add("wait %.80q; accepted are different lower-case words with hyphens", w.Name)
		}
		seen[w.Name] = true
	}
	for _, b := range p.Bounds {
		if !tokenName.MatchString(b.Name) || seen[b.Name] || b.Most < 1 || b.Most > maxBound {
			c.add("bound %.80q of %d; accepted are names that nothing else has, and 1 to %d", b.Name, b.Most, maxBound)
		}
		seen[b.Name] = true
	}
	c.machine(Initiator)
	c.machine(Participant)
	return c.faults
}

// checking collects what is wrong with a protocol.
type checking struct {
	p      *Protocol
	place  place // being looked at
	faults []fault
}

func (c *checking) add(format string, args ...any) {
	c.faults = append(c.faults, fault{c.place, fmt.Sprintf(format, args...)})
}

// oneLine sees to it that a text can stand in a table.
func (c *checking) oneLine(what, text string) {
	if len(text) > maxText || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		c.add("%s of %d bytes, %.40q; accepted is one line of at most %d", what, len(text), text, maxText)
	}
}

func (c *checking) machine(r Role) {
	m := c.p.Machine(r)
	c.place = place{}
	if len(m) == 0 || len(m) > maxStates {
		c.add("%s: %d states; accepted are 1 to %d", r, len(m), maxStates)
		return
	}
	for i, s := range m {
		c.place = place{r, s.Name, -1}
		if !stateName.MatchString(s.Name) || m.Index(s.Name) != i {
			c.add("its name; accepted are different words of capitals, in brackets where the session ends")
		}
		if s.Final != strings.HasPrefix(s.Name, "[") || s.Final && len(s.Moves) > 0 || len(s.Moves) > maxMoves {
			c.add("%d moves; accepted are at most %d, and none of an end", len(s.Moves), maxMoves)
			continue
		}
		for j := range s.Moves {
			c.place.move = j
			c.move(m, &s.Moves[j])
			if k := slices.IndexFunc(s.Moves[:j], func(o Move) bool { return o.same(&s.Moves[j]) }); k >= 0 {
				c.add("set off by the same as move %d; accepted are moves that a message, a wait or an event tells apart", k+1)
			}
		}
	}
	c.place = place{r, m[0].Name, -1}
	if m[0].Final || !c.p.opens(r, m[0]) {
		c.add("as the first it can do more, or less, than %s messages; accepted is that alone", [...]string{"send", "receive"}[r])
	}
	for _, s := range m.unreached() {
		c.place = place{r, s, -1}
		c.add("no move leads there; accepted are states that can be reached")
	}
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

func (c *checking) move(m Machine, move *Move) {
	if n := move.set(); n > 1 || n == 0 && move.Send.Act == "" {
		c.add("set off by several things, or by none; accepted is one of receive, after, on, or send alone")
	}
	if move.Send.Act == Any && (!move.When.Origin || move.set() > 0) {
		c.add("sends any; accepted is an act, or any by the agent's wish where it passes messages on (origin: true)")
	}
	if move.After != "" && !slices.ContainsFunc(c.p.Waits, func(w Wait) bool { return w.Name == move.After }) {
		c.add("after %.80q; accepted is a wait that the protocol names", move.After)
	}
	if move.On != "" && !tokenName.MatchString(move.On) {
		c.add("on %.80q; accepted is a lower-case word", move.On)
	}
	if m.Index(move.To) < 0 && !c.p.shadowed(m, move.To) {
		c.add("to %.80q; accepted is one of the %d states of this machine, or an end in brackets", move.To, len(m))
	}
	if move.Round && (strings.HasPrefix(move.To, "[") || move.Receive.Act == "" && move.Send.Act == "") {
		c.add("round; accepted is it with a message that does not end the session")
	}
	c.oneLine("clause", move.Clause)
	c.guard(m, &move.When)
}

func (c *checking) guard(m Machine, g *Guard) {
	states, bounds := g.None, []string{}
	if g.Most != "" {
		bounds = append(bounds, g.Most)
	}
	if g.Fewer != nil {
		states, bounds = slices.Concat(states, g.Fewer.In), append(bounds, g.Fewer.Than)
	}
	for _, s := range states {
		if m.Index(s) < 0 {
			c.add("state %.80q in a guard; accepted is one of this machine", s)
		}
	}
	for _, b := range bounds {
		if !slices.ContainsFunc(c.p.Bounds, func(o Bound) bool { return o.Name == b }) {
			c.add("bound %.80q in a guard; accepted is one that the protocol names", b)
		}
	}
	if !c.p.Many && (len(states) > 0 || g.Level) {
		c.add("a guard about other sessions; accepted is it in a protocol that says many: true")
	}
	if !slices.Contains([]string{"", AnswerCancel, AnswerOlder}, g.Answer) {
		c.add("answer %.80q; accepted are %s and %s", g.Answer, AnswerCancel, AnswerOlder)
	}
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
