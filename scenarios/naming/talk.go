package naming

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"unicode/utf8"

	"github.com/polis-agents/polis/environment"
)

// TalkLaws are the parameters of a Talk. They are not part of its state.
type TalkLaws struct {
	Names     []string // the closed vocabulary; nil: it is open, words are invented
	Committed []string // agents that say the first of the names and never change; the others then begin with the second
	Noted     []string // agents without a memory of their own, who are shown what they know
	MaxRounds int      // after which it ends

	Deaf      bool // a null: nobody hears what is said
	Forgetful bool // a null: agents know after each game what they knew at the beginning
}

// Talk is the world of the minimal rule: in each game a speaker says a word and a hearer knows it or not. If it does, both
// forget all others; else the hearer learns it. Its exported fields are its state.
type Talk struct {
	Course
	Ledger
	Said   int   // the word of the present game; -1: none yet
	Heard  bool  // the hearer has answered
	Agreed []int // by agent: the word of the last game in which it spoke, while it has not been told that the hearer knew it; else -1
	Told   int   // what the agent whose turn it is is told of that; -1: nothing

	laws      TalkLaws
	committed map[string]bool
	noted     map[string]bool
}

// NewTalk makes a talk before its first round.
func NewTalk(laws TalkLaws) *Talk {
	t := &Talk{Said: -1, Told: -1, laws: laws, committed: setOf(laws.Committed), noted: setOf(laws.Noted)}
	t.At = -1
	for _, name := range laws.Names { // a fixed vocabulary has the numbers of its names
		t.word(name)
	}
	return t
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// Snapshot is the state. JSON in the order of the fields will do, and costs less than the canonical one.
func (t *Talk) Snapshot() ([]byte, error) { return json.Marshal(t) }

// Restore takes it back.
func (t *Talk) Restore(state []byte) error {
	again := Talk{laws: t.laws, committed: t.committed, noted: t.noted}
	if err := json.Unmarshal(state, &again); err != nil {
		return err
	}
	*t = again
	return nil
}

// Enter lets an agent take part.
func (t *Talk) Enter(agent string) {
	i := t.join(agent)
	if i < len(t.Known) {
		return // it has been here before
	}
	t.Known, t.Agreed = append(t.Known, []int{}), append(t.Agreed, -1)
	t.start(i)
}

// start lets an agent know what all know at the beginning: nothing, or where some are committed one of two names.
func (t *Talk) start(i int) {
	t.forget(i)
	switch {
	case len(t.laws.Committed) == 0:
	case t.committed[t.Agents[i]]:
		t.learn(i, 0)
	default:
		t.learn(i, 1)
	}
}

// part ends the present game for both, when its turns are over.
func (t *Talk) part() {
	if first, second := t.pair(); t.laws.Forgetful && first >= 0 {
		t.start(first)
		t.start(second)
	}
}

// Leave lets an agent go, with all it knows.
func (t *Talk) Leave(agent string) {
	if i, known := t.find(agent); known {
		t.leave(agent)
		t.forget(i)
	}
}

// Next draws who meets whom in a round.
func (t *Talk) Next(r *rand.Rand) []string {
	t.Said, t.Heard, t.Told = -1, false, -1
	return t.draw(r)
}

// Call goes on to an agent's turn. What did not come to an end before has failed.
func (t *Talk) Call(agent string) {
	if t.second() {
		t.part()
	}
	who, begins := t.turn(agent)
	if begins {
		t.skip(t.game())
		t.note(t.Games)
		t.Said, t.Heard = -1, false
	}
	t.Told = -1
	if who >= 0 {
		t.Told, t.Agreed[who] = t.Agreed[who], -1
	}
}

// Say is the speaker's action.
type Say struct {
	Word string `json:"word" maxlen:"32" doc:"the word for the thing: one that you know, or where words are invented and you know none, a new one"`
}

// Answer is the hearer's action.
type Answer struct {
	Known bool `json:"known" doc:"whether you knew the word that you have heard"`
}

// Noted is what comes of an action at once: nothing to be seen.
type Noted struct{}

// Say notes the speaker's word, for the hearer to hear.
func (t *Talk) Say(agent string, s Say) (Noted, error) {
	switch {
	case !t.turnOf(agent) || t.second() || t.Said >= 0:
		return Noted{}, notNow(agent, "say a word")
	case t.laws.Names != nil && !slices.Contains(t.laws.Names, s.Word):
		return Noted{}, unknownName(s.Word, t.laws.Names)
	case s.Word == "" || !utf8.ValidString(s.Word):
		return Noted{}, environment.Refuse("no-word", "a word has 1 to %d characters", longest)
	}
	t.Said = t.word(s.Word)
	if speaker, _ := t.pair(); t.laws.Names == nil {
		t.learn(speaker, t.Said) // who knows none of a fixed vocabulary says any, and does not learn it
	}
	return Noted{}, nil
}

// Answer ends the game.
func (t *Talk) Answer(agent string, a Answer) (Noted, error) {
	if !t.turnOf(agent) || !t.second() || t.Said < 0 || t.Heard {
		return Noted{}, notNow(agent, "answer")
	}
	t.Heard = true
	speaker, hearer := t.pair()
	switch {
	case a.Known:
		t.keep(speaker, t.Said) // of who is committed that is what it knew before
		t.keep(hearer, t.Said)
		if !t.laws.Forgetful {
			t.Agreed[speaker] = t.Said
		}
	case !t.committed[agent]:
		t.learn(hearer, t.Said)
	}
	t.over(a.Known)
	t.note(t.Games)
	if t.Ended == 0 && !t.laws.Forgetful && t.agreed() {
		t.Ended = t.Games
	}
	return Noted{}, nil
}

// agreed says that all know one word, and the same: where some are committed, theirs.
func (t *Talk) agreed() bool {
	return t.Distinct == 1 && t.Total == t.there() && (len(t.laws.Committed) == 0 || t.Holders[0] > 0)
}

// Tick ends a round.
func (t *Talk) Tick(string, *rand.Rand) {
	t.part()
	t.close()
	t.note(t.Games)
	t.Said, t.Heard, t.Told = -1, false, -1
}

// Done says that all agree, or that there is no more time, or nobody to talk to.
func (t *Talk) Done() bool {
	return t.Ended > 0 || t.Rounds >= t.laws.MaxRounds || len(t.Meets) == 0
}

func notNow(agent, what string) error {
	return environment.Refuse("not-now", "it is not for %s to %s now", agent, what)
}

func unknownName(name string, names []string) error {
	return environment.Refuse("unknown-name", "%q is none of the names; accepted are %q", name, names)
}
