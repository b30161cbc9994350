package jury

import (
	"fmt"
	"strconv"

	"github.com/polis-agents/polis"
)

// The tasks.
const (
	Independent   = "independent"    // each has its own evidence: votes alone are enough
	HiddenProfile = "hidden-profile" // what all know is wrong, and what each knows alone is right: only talk finds it
	Cascade       = "cascade"        // evidence as in independent, opinions one after the other: talk hurts
)

// The arms.
const (
	Society  = "society"  // jurors talk, and vote then
	Ensemble = "ensemble" // voters vote at once, and read in all no less than that society
)

// The ways in which an ensemble spends what a society spends on talk.
const (
	OnVoters  = "voters"  // more of them vote, each with evidence of its own
	OnReading = "reading" // as many vote, and each has more evidence of its own
)

const (
	mostCases  = 100_000
	mostJurors = 100
	mostVoters = 10_000
	mostClues  = 100
	mostTalk   = 20
)

var parameters = []polis.Parameter{
	{Name: "task", Doc: "what the evidence is like", Default: HiddenProfile, Range: "hidden-profile|independent|cascade"},
	{Name: "arm", Doc: "jurors that talk before they vote, or voters that do not, and read no less in all", Default: Society, Range: "society|ensemble"},
	{Name: "jurors", Doc: "in the society; also of an ensemble, which is to spend as much as so many", Default: "5", Range: fmt.Sprintf("2..%d", mostJurors)},
	{Name: "voters", Doc: "ensemble: how many vote", Default: "", Range: fmt.Sprintf("1..%d; by default the least odd number that spends as much", mostVoters)},
	{Name: "spend", Doc: "ensemble: on what it spends what the society spends on talk", Default: OnVoters, Range: "voters|reading"},
	{Name: "shared", Doc: "clues that all have; they point to the wrong side", Default: "", Range: fmt.Sprintf("0..%d; by default 3 in a hidden profile, else 0", mostClues)},
	{Name: "own", Doc: "clues that one has alone", Default: "", Range: fmt.Sprintf("1..%d; by default 2 in a hidden profile, else 1", mostClues)},
	{Name: "reliability", Doc: "chance that one of these points to the right side", Default: "", Range: "0..1; by default 0.8 in a hidden profile, else 0.6"},
	{Name: "talk", Doc: "society: phases of talk in a case; in a cascade one for each juror", Default: "1", Range: fmt.Sprintf("1..%d", mostTalk)},
	{Name: "cases", Doc: "it ends after so many", Default: "20", Range: fmt.Sprintf("1..%d", mostCases)},
}

// standards are what a task has by default.
var standards = map[string]map[string]string{
	HiddenProfile: {"shared": "3", "own": "2", "reliability": "0.8"},
	Independent:   {"shared": "0", "own": "1", "reliability": "0.6"},
	Cascade:       {"shared": "0", "own": "1", "reliability": "0.6"},
}

// settings are the parameters of one order, read and checked.
type settings struct {
	laws   Laws
	agents int // that vote
	text   map[string]string
}

// read checks what was set and fills in what was not.
func read(set map[string]string) (*settings, error) {
	text, err := polis.ReadSettings(parameters, set)
	if err != nil {
		return nil, fmt.Errorf("jury: %w", err)
	}
	s := &settings{text: text}
	standard, known := standards[text["task"]]
	switch {
	case !known:
		return nil, s.wrong("task", "hidden-profile, independent or cascade")
	case text["arm"] != Society && text["arm"] != Ensemble:
		return nil, s.wrong("arm", "society or ensemble")
	case text["spend"] != OnVoters && text["spend"] != OnReading:
		return nil, s.wrong("spend", "voters or reading")
	}
	for name, value := range standard {
		if text[name] == "" {
			text[name] = value
		}
	}
	jurors, phases := 0, 0
	for _, p := range []struct {
		name        string
		into        *int
		least, most int
	}{
		{"jurors", &jurors, 2, mostJurors}, {"shared", &s.laws.Shared, 0, mostClues}, {"own", &s.laws.Own, 1, mostClues},
		{"talk", &phases, 1, mostTalk}, {"cases", &s.laws.Cases, 1, mostCases},
	} {
		n, ok := polis.Whole(text[p.name], p.least, p.most)
		if !ok {
			return nil, s.wrong(p.name, fmt.Sprintf("a number from %d to %d", p.least, p.most))
		}
		*p.into = n
	}
	if s.laws.Reliability, err = strconv.ParseFloat(text["reliability"], 64); err != nil || !(s.laws.Reliability >= 0 && s.laws.Reliability <= 1) {
		return nil, s.wrong("reliability", "a probability from 0 to 1")
	}
	return s, s.seat(jurors, phases)
}

// seat settles who votes, and what they have to read.
func (s *settings) seat(jurors, phases int) error {
	s.agents, s.laws.InTurn = jurors, s.text["task"] == Cascade
	floors := phases
	if s.laws.InTurn {
		if s.text["talk"] != "1" {
			return s.wrong("talk", "1, the default, with task=cascade, where each has the floor once")
		}
		phases = jurors
	}
	if s.text["arm"] == Society {
		if s.text["voters"] != "" || s.text["spend"] != OnVoters {
			return fmt.Errorf("jury: voters and spend are of an ensemble; accepted with them is arm=ensemble")
		}
		s.laws.Phases = phases
		return nil
	}
	budget := Budget(jurors, s.laws.Shared+s.laws.Own, floors)
	switch {
	case s.text["spend"] == OnReading && s.text["voters"] != "":
		return s.wrong("voters", "none with spend=reading, where as many vote as there are jurors")
	case s.text["spend"] == OnReading:
		s.laws.Own = (budget+jurors-1)/jurors - 1 - s.laws.Shared
		return nil
	case s.text["voters"] == "":
		if s.agents = Voters(budget, s.laws.Shared+s.laws.Own); s.agents > mostVoters {
			return s.wrong("jurors", fmt.Sprintf("fewer: what they spend would be %d voters, more than the %d that there can be", s.agents, mostVoters))
		}
		s.text["voters"] = strconv.Itoa(s.agents)
		return nil
	}
	n, ok := polis.Whole(s.text["voters"], 1, mostVoters)
	if s.agents = n; !ok {
		return s.wrong("voters", fmt.Sprintf("a number from 1 to %d", mostVoters))
	}
	return nil
}

func (s *settings) wrong(name, accepted string) error {
	return fmt.Errorf("jury: parameter %s is %q; accepted is %s", name, s.text[name], accepted)
}

// Budget is the most that a society can spend on a case, in clues: what each juror reads of its own evidence, a vote that it
// gives, and in each of its floors as many clues as it has, once as it says them and once for everybody who hears them.
func Budget(jurors, clues, floors int) int {
	return jurors*(clues+1) + floors*jurors*jurors*clues
}

// Voters is the least odd number of voters with so many clues each that spend no less than a budget, each on reading its
// clues and on its vote.
func Voters(budget, clues int) int {
	n := (budget + clues) / (clues + 1)
	return n + 1 - n%2
}

// standardFor is what holds by default under these parameters. What is wrong with them is told by Build.
func standardFor(set map[string]string) polis.Standard {
	s, err := read(set)
	if err != nil {
		return polis.Standard{}
	}
	return polis.Standard{Agents: s.agents}
}
