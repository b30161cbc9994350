package commons

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
	"github.com/polis-agents/polis/protocol"
)

// StandIn decides in place of a model, by rules and chance, from nothing but what the prompt says. It proposes caps near
// the fair share, agrees to what is fair, says why it refuses, mostly keeps its word, and remarks on who did not. It is
// no model, and no evidence about any.
func StandIn(observation json.RawMessage, tools []llmadapter.Tool, r *rand.Rand) ([]llmadapter.Call, error) {
	s := standIn{r: r, can: map[string]bool{}}
	if err := json.Unmarshal(observation, &s.o); err != nil {
		return nil, fmt.Errorf("commons: the observation: %w", err)
	}
	if err := json.Unmarshal(s.o.Percept, &s.v); err != nil {
		return nil, fmt.Errorf("commons: the percept: %w", err)
	}
	if s.o.Agent == "" || s.v.Month < 1 {
		return nil, errors.New("commons: the observation is none of a month at the lake")
	}
	for _, t := range tools {
		s.can[t.Name] = true
	}
	s.nature = natureOf(s.o.Agent)
	s.now, s.last = readPromises(&s.o, s.v.Month), readPromises(&s.o, s.v.Month-1)
	s.broke = s.breakers()
	switch {
	case s.can["harvest"]:
		s.call("harvest", Harvest{s.tons()})
	case s.can["agree"]:
		s.answer()
	case s.can["propose"]:
		s.open()
	}
	if len(s.calls) == 0 {
		s.call("pass", struct{}{})
	}
	return s.calls, nil
}

// standIn is one decision.
type standIn struct {
	o         prompted.Observation
	v         View
	r         *rand.Rand
	can       map[string]bool // by name of the tool
	nature    nature
	now, last promises // of this month and the last
	broke     []breach // by the others, last month, the worst first
	calls     []llmadapter.Call
}

// nature is how somebody is: it follows from the name, so that people stay who they are.
type nature struct {
	greed   int     // tons above the fair share that it proposes at most, and still agrees to
	tempted float64 // how often it takes more than it said
	bitter  float64 // how often it answers a broken word by taking as much
	talks   float64 // how often it says something when it need not
}

var natures = []nature{
	{greed: 0, tempted: .03, bitter: .10, talks: .45}, // careful
	{greed: 1, tempted: .08, bitter: .35, talks: .30}, // fair, and proud of it
	{greed: 3, tempted: .20, bitter: .30, talks: .35}, // bold
}

func natureOf(name string) nature {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return natures[h.Sum32()%uint32(len(natures))]
}

// promises are what was promised in one month, as far as somebody knows: the lowest cap of each.
type promises struct {
	words    map[string]int // by name
	proposed bool           // oneself, to anybody
}

// readPromises finds the agreements of a month that one was part of.
func readPromises(o *prompted.Observation, month int) promises {
	p := promises{words: map[string]int{}}
	bind := func(name string, tons int) {
		if word, given := p.words[name]; !given || tons < word {
			p.words[name] = tons
		}
	}
	for _, h := range heardCaps(o, month) {
		switch {
		case h.act == protocol.Propose && h.from == o.Agent:
			p.proposed = true
		case h.act == protocol.Agree && h.from == o.Agent:
			bind(o.Agent, h.cap.Tons)
			for _, to := range h.to {
				bind(to, h.cap.Tons)
			}
		case h.act == protocol.Agree:
			bind(o.Agent, h.cap.Tons)
			bind(h.from, h.cap.Tons)
		}
	}
	return p
}

// breach is a broken word.
type breach struct {
	who          string
	caught, word int
}

// breakers are the others who caught more last month than they had promised.
func (s *standIn) breakers() (all []breach) {
	for _, c := range s.v.Catches {
		if word, given := s.last.words[c.Name]; given && c.Tons > word && c.Name != s.o.Agent {
			all = append(all, breach{c.Name, c.Tons, word})
		}
	}
	slices.SortFunc(all, func(a, b breach) int {
		return cmp.Or(cmp.Compare(b.caught-b.word, a.caught-a.word), cmp.Compare(a.who, b.who))
	})
	return all
}

// guilty says whether one broke one's own word last month.
func (s *standIn) guilty() bool {
	word, given := s.last.words[s.o.Agent]
	return given && s.v.Caught > word
}

// kept says whether there were promises last month, and everybody has stayed within them.
func (s *standIn) kept() bool {
	word, given := s.last.words[s.o.Agent]
	return given && !slices.ContainsFunc(s.v.Catches, func(c Catch) bool { return c.Tons > word })
}

func (s *standIn) chance(p float64) bool { return s.r.Float64() < p }

// call calls a tool. Its arguments always have a JSON form.
func (s *standIn) call(tool string, arguments any) {
	text, _ := json.Marshal(arguments)
	s.calls = append(s.calls, llmadapter.Call{Name: tool, Arguments: string(text)})
}

// tons is what it asks for.
func (s *standIn) tons() int {
	word, given := s.now.words[s.o.Agent]
	if !given {
		word = s.v.Share
		if 2*s.v.Stock < s.v.Capacity && s.nature.greed == 0 {
			word -= word / 4 // let it grow
		}
	}
	word = min(max(word, 0), most)
	tons := word
	switch {
	case len(s.broke) > 0 && !s.guilty() && s.chance(s.nature.bitter):
		tons = max(tons, s.broke[0].caught)
	case s.chance(s.nature.tempted) && !s.guilty():
		tons += 1 + s.r.IntN(2+word)
	}
	return max(min(tons, s.v.Stock), 0)
}

// open begins the talk of a month.
func (s *standIn) open() {
	switch {
	case s.guilty():
		s.say(sorry)
	case len(s.broke) > 0 && s.chance(.65):
		s.say(blame)
	case s.kept() && s.chance(s.nature.talks):
		s.say(thanks)
	case s.chance(s.nature.talks):
		s.say(s.mood())
	}
	if len(others(s.v)) > 0 && s.chance(.5) {
		s.propose(max(s.v.Share+s.r.IntN(s.nature.greed+2)-1, 0))
	}
}

// propose proposes a cap, and says why, unless it has said something already.
func (s *standIn) propose(tons int) {
	s.call("propose", proposing{Tons: tons})
	if len(s.calls) == 1 {
		s.sayAbout(nil, offers, tons)
	}
}

// answer replies to what was proposed, in a later phase of the talk.
func (s *standIn) answer() {
	open := openCaps(&s.o, s.v.Month)
	slices.SortStableFunc(open, func(a, b heardCap) int { return cmp.Compare(a.cap.Tons, b.cap.Tons) })
	var agreed, broken, much, little []heardCap
	for _, p := range open {
		switch breaker := slices.ContainsFunc(s.broke, func(b breach) bool { return b.who == p.from }); {
		case breaker && s.chance(.5):
			broken = append(broken, p)
		case p.cap.Tons > s.v.Share+s.nature.greed:
			much = append(much, p)
		case 2*p.cap.Tons < s.v.Share:
			little = append(little, p)
		default:
			agreed = append(agreed, p)
		}
	}
	if len(agreed) > 0 {
		s.call("agree", agreeing{fromOf(agreed)})
	}
	s.refuse(broken, BrokenWord)
	s.refuse(much, TooMuch)
	s.refuse(little, TooLittle)
	mayPropose := s.can["propose"] && !s.now.proposed
	switch {
	case len(much) > 0:
		most := much[len(much)-1]
		s.sayAbout([]string{most.from}, refusal, most.cap.Tons)
		if mayPropose && len(agreed) == 0 {
			s.call("propose", proposing{Tons: s.v.Share})
		}
	case len(broken) > 0:
		s.sayAbout([]string{broken[0].from}, distrust, broken[0].cap.Tons)
	case len(agreed) > 0 && s.chance(s.nature.talks):
		s.sayAbout([]string{agreed[0].from}, assent, agreed[0].cap.Tons)
	case len(open) == 0 && mayPropose && len(s.now.words) == 0 && s.chance(.4):
		s.propose(s.v.Share)
	case len(open) == 0 && s.chance(s.nature.talks/3):
		s.say(s.mood())
	}
}

// refuse refuses proposals, as long as there is room for words: the rest is answered in the next phase, or never.
func (s *standIn) refuse(all []heardCap, reason string) {
	if len(all) > 0 && len(s.calls) < 2 {
		s.call("refuse", refusing{fromOf(all), reason})
	}
}

// fromOf names who made proposals.
func fromOf(all []heardCap) (names []string) {
	for _, p := range all {
		names = append(names, p.from)
	}
	return names
}

// mood is what there is to say about the lake.
func (s *standIn) mood() []string {
	if 3*s.v.Stock < 2*s.v.Capacity {
		return worry
	}
	return calm
}
