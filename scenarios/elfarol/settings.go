package elfarol

import (
	"fmt"
	"strconv"

	"github.com/polis-agents/polis"
)

// The two games.
const (
	bar      = "bar"
	minority = "minority"
)

const mostWeeks = 1_000_000

// discarded are the bar's weeks that are not measured by default.
const discarded = 100

var parameters = []polis.Parameter{
	{Name: "model", Doc: "the bar that is crowded with more than threshold guests, or the game that the smaller side wins", Default: bar, Range: "bar|minority"},
	{Name: "memory", Doc: "weeks that a strategy looks at", Default: "5", Range: "1..12"},
	{Name: "strategies", Doc: "that an agent has; by default 5 in the bar, 2 in the minority game", Default: "", Range: "1..100"},
	{Name: "threshold", Doc: "bar: with more guests it is crowded", Default: "60", Range: "0..1000"},
	{Name: "measure_from", Doc: "weeks that are not measured; by default 100 in the bar, half of all in the minority game", Default: "", Range: "0..1000000"},
}

// settings are the parameters of one order, read and checked.
type settings struct {
	minority                                   bool
	memory, strategies, threshold, measureFrom int
	rounds                                     int
	text                                       map[string]string
}

// read checks what was set and fills in what was not.
func read(set map[string]string, rounds int) (*settings, error) {
	text, err := polis.ReadSettings(parameters, set)
	if err != nil {
		return nil, fmt.Errorf("elfarol: %w", err)
	}
	s, ok := &settings{text: text, minority: text["model"] == minority, rounds: rounds}, false
	if text["model"] != bar && !s.minority {
		return nil, s.wrong("model", "bar or minority")
	}
	if s.memory, ok = polis.Whole(text["memory"], 1, 12); !ok {
		return nil, s.wrong("memory", "a number from 1 to 12")
	}
	if s.rounds == 0 {
		s.rounds = s.standardRounds()
	}
	if text["strategies"] == "" {
		text["strategies"] = map[bool]string{false: "5", true: "2"}[s.minority]
	}
	if text["measure_from"] == "" {
		text["measure_from"] = strconv.Itoa(discarded)
		if s.minority {
			text["measure_from"] = strconv.Itoa((s.rounds - 1) / 2)
		}
	}
	if s.strategies, ok = polis.Whole(text["strategies"], 1, 100); !ok {
		return nil, s.wrong("strategies", "a number from 1 to 100")
	}
	if s.threshold, ok = polis.Whole(text["threshold"], 0, 1000); !ok || s.minority && s.threshold != 60 {
		return nil, s.wrong("threshold", "a number from 0 to 1000, and in the minority game 60, the default: the smaller side wins")
	}
	if s.measureFrom, ok = polis.Whole(text["measure_from"], 0, mostWeeks); !ok {
		return nil, s.wrong("measure_from", fmt.Sprintf("a number from 0 to %d", mostWeeks))
	}
	if s.measureFrom >= s.rounds-1 {
		return nil, s.wrong("measure_from", fmt.Sprintf("fewer than the %d weeks that there are: the first round is before them", s.rounds-1))
	}
	return s, nil
}

func (s *settings) wrong(name, accepted string) error {
	return fmt.Errorf("elfarol: parameter %s is %q; accepted is %s", name, s.text[name], accepted)
}

// standardRounds are as many weeks as the known numbers are about, and the round before the first.
func (s *settings) standardRounds() int {
	if s.minority {
		return max(20_000, min(400_000, 200<<s.memory)) + 1
	}
	return 601
}

// shown is how many weeks everybody sees: the bar's guests look back on what their strategies would have told.
func (s *settings) shown() int {
	if s.minority {
		return s.memory
	}
	return 2 * s.memory
}

// agents is how many there are by default.
func (s *settings) agents() int {
	if s.minority {
		return 101
	}
	return 100
}

// standardFor is what holds by default under these parameters. What is wrong with them is told by Build.
func standardFor(set map[string]string) polis.Standard {
	s, err := read(set, 0)
	if err != nil {
		return polis.Standard{}
	}
	if s.minority {
		return polis.Standard{Agents: s.agents(), Rounds: s.standardRounds(), Minds: []string{playerName}}
	}
	return polis.Standard{}
}
