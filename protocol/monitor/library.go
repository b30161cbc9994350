package monitor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// Library holds protocols in the form in which monitors run them. One serves all agents of a society: it never changes.
type Library struct{ programs map[string]*program }

// FIPA are the protocols of FIPA.
var FIPA = sync.OnceValue(func() *Library {
	l := &Library{map[string]*program{}}
	for _, name := range interaction.Names() {
		p, err := interaction.FIPA(name)
		if err == nil {
			err = l.add(p)
		}
		if err != nil {
			panic(err) // they are part of the program
		}
	}
	return l
})

// NewLibrary makes a library of the protocols given, as they are read: what is laid over them (interaction.Expand) is laid
// here. It fails when one of them is no protocol, or when two have one token.
func NewLibrary(protocols ...*interaction.Protocol) (*Library, error) {
	l := &Library{map[string]*program{}}
	for _, p := range protocols {
		if err := l.add(p); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *Library) add(p *interaction.Protocol) error {
	if l.programs[p.Name] != nil {
		return fmt.Errorf("monitor: protocol %q is there twice; accepted are protocols with different tokens", p.Name)
	}
	e := interaction.Expand(p)
	if err := e.Check(); err != nil {
		return fmt.Errorf("monitor: protocol %.80q: %w", p.Name, err)
	}
	g := &program{data: e}
	for _, r := range []interaction.Role{interaction.Initiator, interaction.Participant} {
		g.machines[r] = compile(g, r)
	}
	l.programs[p.Name] = g
	return nil
}

// Protocol gives the protocol of a token in its expanded form, or nil. It must not be changed.
func (l *Library) Protocol(token string) *interaction.Protocol {
	if g := l.programs[token]; g != nil {
		return g.data
	}
	return nil
}

// Tokens are those of its protocols, sorted.
func (l *Library) Tokens() []string { return slices.Sorted(maps.Keys(l.programs)) }

// program is a protocol with numbers for names.
type program struct {
	data     *interaction.Protocol
	machines [2]*machine
}

// machine is one role of it.
type machine struct {
	*program
	role    interaction.Role
	states  []state
	origin  bool      // messages with and without X-origin are told apart
	many    bool      // there may be several sessions in a conversation, and they are counted
	guarded []guarded // waits that depend on other sessions
}

// guarded is a wait of a state.
type guarded struct {
	state uint16
	wait  int
}

type state struct {
	name   string
	final  bool
	place  int    // the state over which this one is laid, else itself: the clock of S goes on in CANCELLING/S
	hears  []move // set off by a message, the narrowest labels first
	says   []move // set off by the agent's wish, in the same order
	rounds bool   // one of them begins a round
	waits  []move
	events []move
}

type move struct {
	rank    int               // of label: the narrowest is 0
	label   interaction.Label // of the message that sets it off, or that is sent on the agent's wish
	answer  string
	origin  bool
	send    interaction.Label // said at once
	event   string            // on
	wait    string            // after
	span    time.Duration     // how long wait is; never: for ever
	none    []uint16
	fewer   []uint16
	than    uint32
	level   bool
	most    int // 1 + the index of the bound; 0: there is none
	round   bool
	to      uint16
	by      string // for Change.By
	guarded bool   // by other sessions
	limit   uint32 // the bound
}

func compile(g *program, r interaction.Role) *machine {
	data := g.data.Machine(r)
	m := &machine{program: g, role: r, many: g.data.Many && r == interaction.Initiator}
	for i, s := range data {
		st := state{name: s.Name, final: s.Final, place: i}
		if _, base, laid := strings.Cut(s.Name, "/"); laid {
			st.place = max(data.Index(base), 0)
		}
		for j := range s.Moves {
			mv := m.move(data, &s.Moves[j])
			switch w := &s.Moves[j]; {
			case w.Receive.Act != "":
				st.hears = append(st.hears, mv)
			case w.After != "":
				st.waits = append(st.waits, mv)
			case w.On != "":
				st.events = append(st.events, mv)
			default:
				st.says, st.rounds = append(st.says, mv), st.rounds || mv.round
			}
			m.origin = m.origin || mv.origin
		}
		slices.SortStableFunc(st.hears, narrower)
		slices.SortStableFunc(st.says, narrower)
		m.states = append(m.states, st)
		for k := range st.waits {
			if st.waits[k].guarded {
				m.guarded = append(m.guarded, guarded{uint16(i), k})
			}
		}
	}
	return m
}

// narrower orders moves by how closely their labels name messages.
func narrower(a, b move) int { return a.rank - b.rank }

func rank(l interaction.Label) int {
	n := 0
	if l.Act == interaction.Any {
		n += 2
	}
	if l.Kind == "" {
		n++
	}
	return n
}

func (m *machine) move(data interaction.Machine, w *interaction.Move) move {
	mv := move{label: w.Receive, answer: w.When.Answer, origin: w.When.Origin, send: w.Send, event: w.On, wait: w.After, span: never,
		level: w.When.Level, round: w.Round, to: uint16(data.Index(w.To)), guarded: len(w.When.None) > 0 || w.When.Fewer != nil || w.When.Level}
	switch {
	case w.After != "":
		mv.by = "after " + w.After
		for _, wait := range m.data.Waits {
			if wait.Name == w.After && wait.For != interaction.Never {
				mv.span = max(wait.For, 1)
			}
		}
	case w.On != "":
		mv.by = "on " + w.On
	case w.Receive.Act == "":
		mv.label, mv.send, mv.by = w.Send, interaction.Label{}, w.Send.String()
	default:
		mv.by = w.Receive.String()
	}
	mv.rank = rank(mv.label)
	for _, s := range w.When.None {
		mv.none = append(mv.none, uint16(data.Index(s)))
	}
	if f := w.When.Fewer; f != nil {
		for _, s := range f.In {
			mv.fewer = append(mv.fewer, uint16(data.Index(s)))
		}
		_, mv.than = m.bound(f.Than)
	}
	if w.When.Most != "" {
		mv.most, mv.limit = m.bound(w.When.Most)
	}
	return mv
}

// bound gives 1 + the index of a bound, and what it is.
func (m *machine) bound(name string) (index int, most uint32) {
	i := slices.IndexFunc(m.data.Bounds, func(b interaction.Bound) bool { return b.Name == name })
	return i + 1, uint32(m.data.Bounds[i].Most)
}

// find gives the index of a state; false: there is none of that name.
func (m *machine) find(name string) (uint16, bool) {
	i := slices.IndexFunc(m.states, func(s state) bool { return s.name == name })
	return uint16(i), i >= 0
}

// opening gives the move with which a label begins a session in this role, or nil.
func (m *machine) opening(l interaction.Label) *move {
	first := &m.states[0]
	moves := first.hears
	if m.role == interaction.Initiator {
		moves = first.says
	}
	for i := range moves {
		if moves[i].label.Covers(l) {
			return &moves[i]
		}
	}
	return nil
}

// refusable says whether a participant may answer what a label opens by a refuse.
func (g *program) refusable(l interaction.Label) bool {
	mv := g.machines[interaction.Participant].opening(l)
	return mv != nil && slices.ContainsFunc(g.machines[interaction.Participant].states[mv.to].says, func(o move) bool { return o.label.Act == protocol.Refuse })
}
