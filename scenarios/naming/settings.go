package naming

import (
	"fmt"
	"math"
	"strconv"

	"github.com/polis-agents/polis"
)

// The two rules, and the two kinds of vocabulary.
const (
	minimalRule = "minimal"
	memoryRule  = "memory"
	open        = "open"
	closed      = "closed"
)

const (
	mostAgents = 100_000
	mostMemory = 100
	mostRounds = 1_000_000
)

var parameters = []polis.Parameter{
	{Name: "vocabulary", Doc: "words are invented, or come from a fixed list", Default: "", Range: "open|closed; by default open, with rule=memory or a committed minority closed"},
	{Name: "rule", Doc: "one speaks and one hears, or both choose at once and remember", Default: minimalRule, Range: "minimal|memory"},
	{Name: "words", Doc: "closed: names in the vocabulary", Default: "10", Range: fmt.Sprintf("2..%d", mostWords)},
	{Name: "memory", Doc: "memory: newest games that an agent remembers", Default: "5", Range: fmt.Sprintf("0..%d", mostMemory)},
	{Name: "committed", Doc: "closed: share of the agents that always say the first name; the others begin with the second", Default: "0", Range: "0..1"},
	{Name: "max_rounds", Doc: "it ends then, if nobody agrees before", Default: "500", Range: "1..1000000"},
}

// settings are the parameters of one order, read and checked.
type settings struct {
	rule      string
	names     []string // nil: the vocabulary is open
	memory    int
	committed float64
	maxRounds int
	text      map[string]string
}

// read checks what was set and fills in what was not.
func read(set map[string]string) (*settings, error) {
	text, err := polis.ReadSettings(parameters, set)
	if err != nil {
		return nil, fmt.Errorf("naming: %w", err)
	}
	s := &settings{text: text, rule: text["rule"]}
	if s.rule != minimalRule && s.rule != memoryRule {
		return nil, s.wrong("rule", "minimal or memory")
	}
	s.committed, err = strconv.ParseFloat(text["committed"], 64)
	if err != nil || !(s.committed >= 0 && s.committed <= 1) {
		return nil, s.wrong("committed", "a share from 0 to 1")
	}
	fixed := s.rule == memoryRule || s.committed > 0
	if text["vocabulary"] == "" {
		text["vocabulary"] = map[bool]string{false: open, true: closed}[fixed]
	}
	switch v := text["vocabulary"]; {
	case v != open && v != closed:
		return nil, s.wrong("vocabulary", "open or closed")
	case v == open && fixed:
		return nil, s.wrong("vocabulary", "closed with rule=memory or a committed minority: nobody can remember, or be committed to, what is not invented yet")
	}
	words, ok := polis.Whole(text["words"], 2, mostWords)
	switch {
	case !ok:
		return nil, s.wrong("words", fmt.Sprintf("a number from 2 to %d", mostWords))
	case text["vocabulary"] == closed:
		s.names = vocabulary(words)
	case text["words"] != "10":
		return nil, s.wrong("words", "10, the default, with vocabulary=open, which has no list")
	}
	if s.memory, ok = polis.Whole(text["memory"], 0, mostMemory); !ok {
		return nil, s.wrong("memory", fmt.Sprintf("a number from 0 to %d", mostMemory))
	}
	if s.rule != memoryRule && text["memory"] != "5" {
		return nil, s.wrong("memory", "5, the default, with rule=minimal, where agents remember words and no games")
	}
	if s.maxRounds, ok = polis.Whole(text["max_rounds"], 1, mostRounds); !ok {
		return nil, s.wrong("max_rounds", fmt.Sprintf("a number from 1 to %d", mostRounds))
	}
	return s, nil
}

func (s *settings) wrong(name, accepted string) error {
	return fmt.Errorf("naming: parameter %s is %q; accepted is %s", name, s.text[name], accepted)
}

// firm is how many of the agents are committed.
func (s *settings) firm(agents int) int { return int(math.Round(s.committed * float64(agents))) }

// standardFor is what holds by default under these parameters. What is wrong with them is told by Build.
func standardFor(set map[string]string) polis.Standard {
	if set["rule"] == memoryRule {
		return polis.Standard{Minds: []string{memoryRule}}
	}
	return polis.Standard{}
}
