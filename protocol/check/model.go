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
	bounds  []uint8
	sides   [2]side
	guarded bool // a move depends on other sessions
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
	m := &model{p: p, labels: []interaction.Label{lateProposal, alreadyEnded, lateAccept}}
	for _, b := range p.Bounds {
		m.bounds = append(m.bounds, uint8(min(b.Most, most, 200)))
	}
	var variants [2][][][]uint16
	for _, r := range []interaction.Role{interaction.Initiator, interaction.Participant} {
		for _, s := range p.Machine(r) {
			var of [][]uint16
			for i := range s.Moves {
				of = append(of, m.variants(r, s, &s.Moves[i]))
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
// does not name: here for those that the other side tells apart, and for some other.
func (m *model) variants(r interaction.Role, s interaction.State, mv *interaction.Move) []uint16 {
	if mv.Send.Act == "" {
		return nil
	}
	all := []uint16{m.label(mv.Send)}
	if mv.Send.Kind != "" || mv.Receive.Act != "" || mv.After != "" || mv.On != "" {
		return all
	}
	for _, other := range m.p.Machine(r.Other()) {
		for i := range other.Moves {
			l, ok := variant(s, mv, &other.Moves[i])
			if !ok {
				continue
			}
			if l := m.label(l); !slices.Contains(all, l) {
				all = append(all, l)
			}
		}
	}
	return all
}

// variant is the label with which what one move sends is what another takes.
func variant(s interaction.State, mv, heard *interaction.Move) (interaction.Label, bool) {
	l := interaction.Label{Act: mv.Send.Act, Kind: heard.Receive.Kind}
	if mv.Send.Act == interaction.Any {
		return heard.Receive, heard.When.Origin && heard.Receive.Act != "" && heard.Receive != mv.Send
	}
	return l, l.Kind != "" && (heard.Receive.Act == l.Act || heard.Receive.Act == interaction.Any) &&
		!slices.ContainsFunc(s.Moves, func(o interaction.Move) bool { return o.Send == l })
}

func (m *model) label(l interaction.Label) uint16 {
	i := slices.Index(m.labels, l)
	if i < 0 {
		i = len(m.labels)
		m.labels = append(m.labels, l)
	}
	return uint16(i)
}

// compileMove does so for a move; the labels of the model must all be known.
func (m *model) compileMove(r interaction.Role, w *interaction.Move) move {
	machine := m.p.Machine(r)
	mv := move{answer: answerOf(w.When.Answer), origin: w.When.Origin, most: -1, round: w.Round, to: uint16(machine.Index(w.To)), guarded: len(w.When.None) > 0 || w.When.Fewer != nil || w.When.Level}
	switch {
	case w.Receive.Act != "":
		mv.by = byMessage
		for _, l := range m.labels {
			mv.takes = append(mv.takes, w.Receive.Covers(l))
		}
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
