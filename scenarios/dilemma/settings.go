package dilemma

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis"
)

// The two games.
const (
	ipd = "ipd" // the iterated prisoner's dilemma
	pgg = "pgg" // the public good
)

var parameters = []polis.Parameter{
	{Name: "game", Doc: "the iterated prisoner's dilemma, everybody against everybody, or the public good, all in one group", Default: ipd, Range: "ipd|pgg"},
	{Name: "players", Doc: "who plays, such as TFT,AllD,2*Random:0.5; they are called by these names", Default: "", Range: "MIND,…"},
	{Name: "names", Doc: "what the players are called instead, in this order", Default: "", Range: "NAME,…"},
	{Name: "turns", Doc: "how long it lasts", Default: "", Range: "1..1000000; ipd 200, pgg 10"},
	{Name: "punishment", Doc: "pgg: when all have given, members may punish each other", Default: "false", Range: "true|false"},
	{Name: "endowment", Doc: "pgg: units that each gets every turn", Default: "20", Range: "1..1000"},
	{Name: "return", Doc: "pgg: units that each gets back for each unit given", Default: "0.4", Range: "0.01..10, two decimals"},
}

// What holds by default in each game.
var standards = map[string]struct {
	turns, crowd int // crowd: players at most
	minds        []string
}{
	ipd: {turns: 200, crowd: 100, minds: []string{"1*AllC", "1*AllD", "1*TFT", "1*Grudger", "1*WSLS",
		"1*Alternator", "1*TF2T", "1*SuspTFT", "1*AntiTFT", "1*Bully"}},
	pgg: {turns: 10, crowd: 200, minds: []string{"2*conditional", "1*punisher", "1*wary"}},
}

const (
	mostTurns     = 1_000_000
	mostEndowment = 1000
	mostReturn    = 10
)

// settings are the parameters of one order, read and checked.
type settings struct {
	game       string
	players    []polis.Mind // nil: they are not set
	names      []string     // likewise
	turns      int
	punishment bool
	endowment  int // units
	back       int // return, in hundredths
	text       map[string]string
}

// read checks what was set and fills in what was not. rounds are those ordered; 0: none are.
func read(set map[string]string, rounds int) (*settings, error) {
	text, err := polis.ReadSettings(parameters, set)
	if err != nil {
		return nil, fmt.Errorf("dilemma: %w", err)
	}
	s := &settings{text: text}
	if s.game = s.text["game"]; s.game != ipd && s.game != pgg {
		return nil, s.wrong("game", "ipd or pgg")
	}
	s.punishment = s.text["punishment"] == "true"
	if !s.punishment && s.text["punishment"] != "false" {
		return nil, s.wrong("punishment", "true or false")
	}
	ok := false
	if s.endowment, ok = polis.Whole(s.text["endowment"], 1, mostEndowment); !ok {
		return nil, s.wrong("endowment", fmt.Sprintf("a number from 1 to %d", mostEndowment))
	}
	if s.back, ok = hundredths(s.text["return"]); !ok {
		return nil, s.wrong("return", "a number from 0.01 to 10 with at most two decimals")
	}
	for _, p := range parameters {
		if strings.HasPrefix(p.Doc, pgg) && s.game != pgg && s.text[p.Name] != p.Default {
			return nil, s.wrong(p.Name, fmt.Sprintf("%s with game=%s, which has none", p.Default, s.game))
		}
	}
	if err := s.readTurns(rounds); err != nil {
		return nil, err
	}
	if err := s.readPlayers(); err != nil {
		return nil, err
	}
	delete(s.text, "players") // who plays and how they are called is said by the agents
	delete(s.text, "names")
	return s, nil
}

// readTurns settles how long it lasts: turns and rounds are two words for one thing.
func (s *settings) readTurns(rounds int) error {
	if s.text["turns"] == "" {
		if rounds < 0 || rounds > mostTurns {
			return fmt.Errorf("dilemma: %d rounds; accepted are 1 to %d", rounds, mostTurns)
		}
		if s.turns = rounds; rounds == 0 {
			s.turns = standards[s.game].turns
		}
		s.text["turns"] = strconv.Itoa(s.turns)
		return nil
	}
	n, ok := polis.Whole(s.text["turns"], 1, mostTurns)
	switch {
	case !ok:
		return s.wrong("turns", fmt.Sprintf("a number from 1 to %d", mostTurns))
	case rounds != 0 && rounds != n:
		return s.wrong("turns", fmt.Sprintf("%d, the rounds that are ordered: a turn is a round", rounds))
	}
	s.turns = n
	return nil
}

// readPlayers reads who plays and how they are called, where that is set.
func (s *settings) readPlayers() (err error) {
	if s.players, err = readMinds(s.text["players"]); err != nil {
		return fmt.Errorf("dilemma: parameter players is %q: %w", s.text["players"], err)
	}
	if s.text["names"] == "" {
		return nil
	}
	s.names = strings.Split(s.text["names"], ",")
	for i, name := range s.names {
		if !nameable.MatchString(name) || name == everybody || slices.Contains(s.names[:i], name) {
			return s.wrong("names", "names of 1 to 32 letters, digits, _ and -, each once, none of them all")
		}
	}
	return nil
}

// readMinds reads a list of [N*]NAME[:ARG]; here one without a count is one. nil: it is empty.
func readMinds(text string) (minds []polis.Mind, err error) {
	if text == "" {
		return nil, nil
	}
	for piece := range strings.SplitSeq(text, ",") {
		if !strings.Contains(piece, "*") {
			piece = "1*" + piece
		}
		some, err := polis.ParseMinds([]string{piece}, 0, 1)
		if err != nil {
			return nil, err
		}
		if minds = append(minds, some...); len(minds) > standards[pgg].crowd {
			return nil, fmt.Errorf("more than %d players; accepted are fewer", standards[pgg].crowd)
		}
	}
	return minds, nil
}

// hundredths reads a number with at most two decimals.
func hundredths(text string) (int, bool) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !(x >= .01 && x <= mostReturn) {
		return 0, false
	}
	n := int(x*unit + .5)
	return n, strconv.FormatFloat(x, 'f', -1, 64) == strconv.FormatFloat(float64(n)/unit, 'f', -1, 64)
}

func (s *settings) wrong(name, accepted string) error {
	return fmt.Errorf("dilemma: parameter %s is %q; accepted is %s", name, s.text[name], accepted)
}

// standardFor is what holds by default under these parameters. What is wrong with them is told by Build.
func standardFor(set map[string]string) polis.Standard {
	of, known := standards[set["game"]]
	if !known {
		of = standards[ipd]
	}
	d := polis.Standard{Rounds: of.turns, Minds: of.minds}
	if n, ok := polis.Whole(set["turns"], 1, mostTurns); ok {
		d.Rounds = n
	}
	if minds, err := readMinds(set["players"]); err == nil && minds != nil {
		d.Minds = nil
		for _, m := range minds {
			d.Minds = append(d.Minds, "1*"+m.String())
		}
	}
	if minds, err := polis.ParseMinds(d.Minds, 0, 1); err == nil {
		d.Agents = len(minds)
	}
	return d
}
