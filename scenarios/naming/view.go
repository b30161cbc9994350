package naming

import "github.com/polis-agents/polis/environment"

// What an agent's turn can be about.
const (
	Speak  = "speak"  // say a word
	Hear   = "hear"   // say whether it knew the word
	Choose = "choose" // a name, while the other chooses too
)

// TalkView is what an agent can sense in a Talk: its own part in the present game.
type TalkView struct {
	Part   string   `json:"part"`             // speak or hear; empty: it has none
	Heard  string   `json:"heard,omitempty"`  // to hear: the word that was said
	Agreed string   `json:"agreed,omitempty"` // the word of the last game in which this agent spoke, if the hearer knew it
	Words  []string `json:"words,omitempty"`  // what it knows, for those who have no memory of their own
	Names  []string `json:"names,omitempty"`  // the vocabulary, where it is fixed, for the same
}

// Perceive gives what one agent can sense.
func (t *Talk) Perceive(agent string) TalkView {
	v := TalkView{}
	if !t.turnOf(agent) {
		return v
	}
	v.Part = Speak
	if t.second() {
		v.Part = Hear
		if t.Said >= 0 && !t.laws.Deaf {
			v.Heard = t.Words[t.Said]
		}
	}
	if t.Told >= 0 {
		v.Agreed = t.Words[t.Told]
	}
	if t.noted[agent] {
		i, _ := t.find(agent)
		for _, w := range t.Known[i] {
			v.Words = append(v.Words, t.Words[w])
		}
		v.Names = append(v.Names, t.laws.Names...)
	}
	return v
}

// Names of what a talk shows to observers.
const (
	varSuccess  = "success"  // share of the round's games
	varWords    = "words"    // that agents know, in all; of an agent: it knows
	varDistinct = "distinct" // words that somebody knows
	varLeader   = "leader"   // share of the agents that know the word that most do; of a match, of the choices that were of the commonest name
	varChoice   = "choice"   // the number of the name that it chose last, from 1
	varPayoff   = "payoff"   // points, in all
	varEntropy  = "entropy"  // of the names chosen in the round, in bits
)

// Variables describe the round that ended.
func (t *Talk) Variables() []environment.Variable {
	share := 0.0
	if w := t.leader(); w >= 0 {
		share = ratio(t.Holders[w], t.there())
	}
	return []environment.Variable{
		{Name: varSuccess, Value: t.rate()},
		{Name: varWords, Value: float64(t.Total)},
		{Name: varDistinct, Value: float64(t.Distinct)},
		{Name: varLeader, Value: share},
	}
}

// AgentVariables describe one agent.
func (t *Talk) AgentVariables(agent string) []environment.Variable {
	i, known := t.find(agent)
	if !known {
		return nil
	}
	return []environment.Variable{{Name: varWords, Value: float64(len(t.Known[i]))}}
}
