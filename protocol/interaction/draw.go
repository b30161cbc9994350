package interaction

import (
	"fmt"
	"slices"
	"strings"
)

// String names what sets the move off and what it sends, in short: "?agree" is received, "!agree" sent, "@reply" a wait,
// "(skip)" an event. "?failure/cancel" answers the cancel, "?any/origin" is passed on for another.
func (m *Move) String() string {
	of := ""
	if m.When.Answer != "" {
		of += "/" + m.When.Answer
	}
	if m.When.Origin {
		of += "/origin"
	}
	switch {
	case m.set() == 0:
		return "!" + m.Send.String() + of
	case m.Receive.Act != "":
		of = "?" + m.Receive.String() + of
	case m.After != "":
		of = "@" + m.After + of
	default:
		of = "(" + m.On + ")" + of
	}
	if m.Send.Act != "" {
		of += " !" + m.Send.String()
	}
	return of
}

// String says in words what the guard asks for besides what the message is: of the other sessions, and of how often.
func (g *Guard) String() string {
	var parts []string
	if len(g.None) > 0 {
		parts = append(parts, "none is "+strings.Join(g.None, ", "))
	}
	if g.Fewer != nil {
		parts = append(parts, fmt.Sprintf("fewer than %s are %s", g.Fewer.Than, strings.Join(g.Fewer.In, ", ")))
	}
	if g.Level {
		parts = append(parts, "none is a round ahead")
	}
	if g.Most != "" {
		parts = append(parts, "at most "+g.Most)
	}
	return strings.Join(parts, " and ")
}

// Draw draws the machine of a role as a state diagram of Mermaid, which GitHub shows. Guards are in brackets: they speak of the
// other sessions of the conversation. Draw the protocol as it was read: with cancel laid over it the picture has twice the states.
func Draw(p *Protocol, r Role) string {
	var b strings.Builder
	m := p.Machine(r)
	b.WriteString("stateDiagram-v2\n")
	drawn := map[string]bool{}
	name := func(state string) {
		if id := drawnName(state); !drawn[id] && id != state {
			fmt.Fprintf(&b, "    state \"%s\" as %s\n", state, id)
		}
		drawn[drawnName(state)] = true
	}
	for _, s := range m {
		name(s.Name)
		for i := range s.Moves {
			name(s.Moves[i].To)
		}
	}
	fmt.Fprintf(&b, "    [*] --> %s\n", drawnName(m[0].Name))
	for _, s := range m {
		for i := range s.Moves {
			fmt.Fprintf(&b, "    %s --> %s : %s\n", drawnName(s.Name), drawnName(s.Moves[i].To), drawnMove(&s.Moves[i]))
		}
		if s.Final {
			fmt.Fprintf(&b, "    %s --> [*]\n", drawnName(s.Name))
		}
	}
	return b.String()
}

// Text writes the machine of a role as lines for a terminal: each state, and below it its moves and where they lead.
func Text(p *Protocol, r Role) string {
	var b strings.Builder
	for _, s := range p.Machine(r) {
		if s.Final {
			continue
		}
		b.WriteString(s.Name + "\n")
		for i := range s.Moves {
			m := &s.Moves[i]
			line := fmt.Sprintf("  %-34s %s", m, m.To)
			if m.Round {
				line += ", a new round"
			}
			if g := m.When.String(); g != "" {
				line += ", when " + g
			}
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// reserved are words of Mermaid, which does not tell capitals apart.
var reserved = []string{"ACCDESCR", "ACCTITLE", "AS", "CLASS", "CLASSDEF", "CLICK", "DEFAULT", "DIRECTION", "END", "HIDE", "HREF", "NOTE", "SCALE", "STATE", "STYLE"}

// drawnName is a state's name as Mermaid can read it: of letters, digits and underscores.
func drawnName(state string) string {
	if slices.Contains(reserved, state) {
		return "state_" + state
	}
	if end, is := strings.CutPrefix(state, "["); is {
		return "end_" + strings.TrimSuffix(end, "]")
	}
	return strings.ReplaceAll(state, "/", "_of_")
}

// drawnMove is what stands at an arrow. Mermaid has no colon there.
func drawnMove(m *Move) string {
	words := strings.Fields(m.String())
	for i, w := range words {
		if act, kind, has := strings.Cut(w, ":"); has {
			kind, of, has := strings.Cut(kind, "/")
			words[i] = act + "(" + kind + ")"
			if has {
				words[i] += "/" + of
			}
		}
	}
	text := strings.Join(words, " ")
	if g := m.When.String(); g != "" {
		text += " [" + g + "]"
	}
	return text
}
