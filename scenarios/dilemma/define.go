package dilemma

import (
	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

// properties of both games: no chance is drawn, and players see neither what others do now nor the games of others.
var properties = environment.Properties{Deterministic: true, Discrete: true, Closed: true}

// DefineTournament makes the iterated prisoner's dilemma an environment.
func DefineTournament(laws TournamentLaws) *environment.Definition {
	d := environment.Define(func() *Tournament { return NewTournament(laws) }, (*Tournament).Perceive)
	environment.AddAction(d, "play", "Move in your games. All move at the same time.", (*Tournament).Play)
	d.Properties = properties
	return d
}

// DefineGroup makes the public good an environment.
func DefineGroup(laws GroupLaws) *environment.Definition {
	d := environment.Define(func() *Group { return NewGroup(laws) }, (*Group).Perceive)
	environment.AddAction(d, "contribute", "Give to the pool. All give at the same time.", (*Group).Contribute, phaseContribute)
	if laws.Punish {
		environment.AddAction(d, "punish", "Punish others, at a cost of your own.", (*Group).Punish, phasePunish)
	}
	d.Properties = properties
	return d
}

// define makes the world of these settings. masked: its agents know each other by numbers.
func (s *settings) define(masked bool, null polis.Null) *environment.Definition {
	alone, past := null == polis.Isolated, null == polis.MemoryOff
	if s.game == ipd {
		return DefineTournament(TournamentLaws{Turns: s.turns, Masked: masked, Alone: alone, NoPast: past})
	}
	return DefineGroup(GroupLaws{Turns: s.turns, Endowment: s.endowment, Return: s.back, Punish: s.punishment, Masked: masked, Alone: alone, NoPast: past})
}
