package naming

import "github.com/polis-agents/polis/environment"

// properties of both worlds: chance decides who meets whom, and agents see their own games alone.
var properties = environment.Properties{Discrete: true, Closed: true}

// DefineTalk makes the minimal rule an environment.
func DefineTalk(laws TalkLaws) *environment.Definition {
	d := environment.Define(func() *Talk { return NewTalk(laws) }, (*Talk).Perceive)
	environment.AddAction(d, "say", "Say a word to the other, when it is your part to speak.", (*Talk).Say)
	environment.AddAction(d, "answer", "Say whether you knew the word, when it is your part to hear.", (*Talk).Answer)
	d.Properties = properties
	return d
}

// DefineMatch makes the memory rule an environment.
func DefineMatch(laws MatchLaws) *environment.Definition {
	d := environment.Define(func() *Match { return NewMatch(laws) }, (*Match).Perceive)
	environment.AddAction(d, "name", "Choose a name. The other chooses too, and neither sees it before.", (*Match).Name)
	d.Properties = properties
	return d
}
