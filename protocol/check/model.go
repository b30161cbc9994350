package check

import (
	"slices"

	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/protocol/interaction"
)

// model is a protocol with numbers for names.
type model struct {
	p       *interaction.Protocol
	labels  []interaction.Label // of the messages that can be on the way
	numbers map[interaction.Label]uint16
	bounds  []uint8
	sides   [2]side
	guarded bool                         // a move depends on other sessions
	covered map[interaction.Label][]bool // by label as a move has it: see move.takes
}

type side struct {
	machine interaction.Machine
	states  []state
	idle    bool   // the first state is one before the session: no move leads back there
	named   []bool // by state: a guard names it
}

type state struct {
	final bool
	moves []move
	never bool // that it may last for ever is said, and why
	waits bool // it has a wait with an end
}

// What sets a move off.
type trigger uint8

const (
	byWish trigger = iota
	byMessage
	byWait
	byEvent
)

type move struct {
	by      trigger
	never   bool
	takes   []bool // by label
	answer  uint8
	origin  bool
	rank    int      // how closely its label names messages
	sends   []uint16 // labels, of which it sends one; nil: nothing
	most    int      // index of the bound; -1: none
	guarded bool     // it depends on other sessions
	none    []bool   // by state
	few     []bool   // by state; nil: no such guard
	than    int
	level   bool
	round   bool
	to      uint16
}

// What a message answers.
const (
	answersLast uint8 = iota
	answersCancel
	answersOlder
	answersNothing
)

func answerOf(text string) uint8 {
	return uint8(max(0, slices.Index([]string{"", interaction.AnswerCancel, interaction.AnswerOlder}, text)))
}

// What the monitor answers to messages for a session that has ended.
var (
	lateProposal = interaction.Label{Act: protocol.RejectProposal, Kind: "late"}
	alreadyEnded = interaction.Label{Act: protocol.Failure, Kind: "already-ended"}
	lateAccept   = interaction.Label{Act: protocol.Failure, Kind: "expired"}
)

func compile(p *interaction.Protocol, most int) *model {
	m := &model{p: p, numbers: map[interaction.Label]uint16{}, covered: map[interaction.Label][]bool{}}
	for _, l := range []interaction.Label{lateProposal, alreadyEnded, lateAccept} {
		m.label(l)
	}
	for _, b := range p.Bounds {
		m.bounds = append(m.bounds, uint8(min(b.Most, most, 200)))
	}
	var variants [2][][][]uint16
	for _, r := range []interaction.Role{interaction.Initiator, interaction.Participant} {
		takes := heard(p.Machine(r.Other()))
		for _, s := range p.Machine(r) {
			var of [][]uint16
			for i := range s.Moves {
				of = append(of, m.variants(s, &s.Moves[i], takes))
			}
			variants[r] = append(variants[r], of)
		}
	}
	for _, r := range []interaction.Role{interaction.Initiator, interaction.Participant} {
		machine := p.Machine(r)
		sd := side{machine: machine, idle: true}
		for i, s := range machine {
			st := state{final: s.Final}
			for j := range s.Moves {
				mv := m.compileMove(r, &s.Moves[j])
				mv.sends = variants[r][i][j]
				sd.idle = sd.idle && mv.to != 0
				m.guarded = m.guarded || mv.guarded
				st.waits = st.waits || mv.by == byWait && !mv.never
				st.never = st.never || mv.by == byWait && mv.never && s.Moves[j].Clause != ""
				st.moves = append(st.moves, mv)
			}
			sd.states = append(sd.states, st)
		}
		sd.named = make([]bool, len(machine))
		for _, st := range sd.states {
			for _, mv := range st.moves {
				for i := range machine {
					sd.named[i] = sd.named[i] || mv.none != nil && mv.none[i] || mv.few != nil && mv.few[i]
				}
			}
		}
		m.sides[r] = sd
	}
	return m
}

// variants are the labels that what a move sends may have. A label without a kind stands for every kind that the state
// does not name: here for those that the other side tells apart, and for some other. Any, of what is passed on, stands for
// what the other side can be passed, and for something else. heard is what the other side takes, each once.
func (m *model) variants(s interaction.State, mv *interaction.Move, heard []interaction.Move) []uint16 {
	if mv.Send.Act == "" {
		return nil
	}
	all := []uint16{m.label(mv.Send)}
	if mv.Send.Kind != "" || mv.Receive.Act != "" || mv.After != "" || mv.On != "" {
		return all
	}
	for i := range heard {
		of := heard[i].Receive
		l := interaction.Label{Act: mv.Send.Act, Kind: of.Kind}
		if mv.Send.Act == interaction.Any {
			if l = of; !heard[i].When.Origin {
				continue
			}
		} else if l.Kind == "" || of.Act != l.Act && of.Act != interaction.Any || slices.ContainsFunc(s.Moves, func(o interaction.Move) bool { return o.Send == l }) {
			continue
		}
		if l := m.label(l); !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	return all
}

// heard are the moves of a machine that take different messages.
func heard(machine interaction.Machine) (all []interaction.Move) {
	type taken struct {
		label  interaction.Label
		origin bool
	}
	seen := map[taken]bool{}
	for _, s := range machine {
		for _, mv := range s.Moves {
			if k := (taken{mv.Receive, mv.When.Origin}); mv.Receive.Act != "" && !seen[k] {
				seen[k] = true
				all = append(all, mv)
			}
		}
	}
	return all
}

// label gives the number of a label.
func (m *model) label(l interaction.Label) uint16 {
	n, known := m.numbers[l]
	if !known {
		n = uint16(len(m.labels))
		m.numbers[l] = n
		m.labels = append(m.labels, l)
	}
	return n
}

// compileMove does so for a move; the labels of the model must all be known.
func (m *model) compileMove(r interaction.Role, w *interaction.Move) move {
	machine := m.p.Machine(r)
	mv := move{answer: answerOf(w.When.Answer), origin: w.When.Origin, most: -1, round: w.Round, to: uint16(machine.Index(w.To))}
	switch {
	case w.Receive.Act != "":
		mv.by = byMessage
		mv.takes = m.covers(w.Receive)
		if w.Receive.Act != interaction.Any {
			mv.rank += 2
		}
		if w.Receive.Kind != "" {
			mv.rank++
		}
	case w.After != "":
		mv.by = byWait
		i := slices.IndexFunc(m.p.Waits, func(o interaction.Wait) bool { return o.Name == w.After })
		mv.never = i >= 0 && m.p.Waits[i].For == interaction.Never
	case w.On != "":
		mv.by = byEvent
	}
	if w.When.Most != "" {
		mv.most = m.bound(w.When.Most)
	}
	if r == interaction.Participant {
		return mv // it has no other session in the conversation
	}
	mv.level, mv.guarded = w.When.Level, len(w.When.None) > 0 || w.When.Fewer != nil || w.When.Level
	if len(w.When.None) > 0 {
		mv.none = among(machine, w.When.None)
	}
	if f := w.When.Fewer; f != nil {
		mv.few, mv.than = among(machine, f.In), m.bound(f.Than)
	}
	return mv
}

// covers says of each label whether another one covers it.
func (m *model) covers(l interaction.Label) []bool {
	takes, known := m.covered[l]
	if !known {
		for _, o := range m.labels {
			takes = append(takes, l.Covers(o))
		}
		m.covered[l] = takes
	}
	return takes
}

func (m *model) bound(name string) int {
	return slices.IndexFunc(m.p.Bounds, func(b interaction.Bound) bool { return b.Name == name })
}

func among(machine interaction.Machine, names []string) []bool {
	in := make([]bool, len(machine))
	for _, n := range names {
		if i := machine.Index(n); i >= 0 {
			in[i] = true
		}
	}
	return in
}
