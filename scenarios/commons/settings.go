package commons

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/polis-agents/polis"
)

var parameters = []polis.Parameter{
	{Name: "talk", Doc: "people may speak to each other before the harvest", Default: "true", Range: "true|false"},
	{Name: "utterances", Doc: "phases of talk in a month: propose, reply, discuss-3, …", Default: "2", Range: "2..10"},
	{Name: "split", Doc: "who gets the last fish when more is asked for than is there", Default: string(Random), Range: "random|round-robin"},
	{Name: "newcomer", Doc: "one more agent from a month on, such as greedy@4", Default: "", Range: "MIND@MONTH"},
	{Name: "initial", Doc: "tons of fish in the first month", Default: "100", Range: "2..cap"},
	{Name: "cap", Doc: "tons of fish that the lake can hold", Default: "100", Range: "2..1000000"},
	{Name: "collapse", Doc: "fewer tons left after a harvest are the end", Default: "5", Range: "1..initial"},
}

// mostUtterances is how many utterances the discussion of a month has in the original, at most.
const mostUtterances = 10

// settings are the parameters of one order, read and checked.
type settings struct {
	laws     Laws
	newcomer polis.Mind
	joins    int // month of the newcomer; 0: there is none
	text     map[string]string
}

// read checks what was set and fills in what was not.
func read(set map[string]string, months int) (settings, error) {
	text, err := polis.ReadSettings(parameters, set)
	if err != nil {
		return settings{}, fmt.Errorf("commons: %w", err)
	}
	s := settings{text: text}
	s.laws.Months = months
	s.laws.Split = Split(s.text["split"])
	if s.laws.Split != Random && s.laws.Split != RoundRobin {
		return s, s.wrong("split", "random or round-robin")
	}
	s.laws.Talk = s.text["talk"] == "true"
	if !s.laws.Talk && s.text["talk"] != "false" {
		return s, s.wrong("talk", "true or false")
	}
	for _, n := range []struct {
		name        string
		into        *int
		least, most func() int
		why         string
	}{
		{"cap", &s.laws.Cap, func() int { return 2 }, func() int { return most }, ""},
		{"initial", &s.laws.Initial, func() int { return 2 }, func() int { return s.laws.Cap }, ", the cap"},
		{"collapse", &s.laws.Collapse, func() int { return 1 }, func() int { return s.laws.Initial }, ", the initial stock"},
		{"utterances", &s.laws.Utterances, func() int { return 2 }, func() int { return mostUtterances }, ""},
	} {
		value, ok := tons(s.text[n.name])
		if !ok || value < n.least() || value > n.most() {
			return s, s.wrong(n.name, fmt.Sprintf("a number from %d to %d%s", n.least(), n.most(), n.why))
		}
		*n.into = value
	}
	return s, s.readNewcomer()
}

// readNewcomer reads MIND@MONTH.
func (s *settings) readNewcomer() error {
	text := s.text["newcomer"]
	if text == "" {
		return nil
	}
	who, when, _ := strings.Cut(text, "@")
	month, err := strconv.Atoi(when)
	if err != nil || month < 1 || month > s.laws.Months {
		return s.wrong("newcomer", fmt.Sprintf("MIND@MONTH with MONTH from 1 to %d", s.laws.Months))
	}
	if s.newcomer, err = polis.ParseMind(who); err != nil {
		return fmt.Errorf("commons: parameter newcomer is %q: %w", text, err)
	}
	s.joins = month
	return nil
}

func (s *settings) wrong(name, accepted string) error {
	return fmt.Errorf("commons: parameter %s is %q; accepted is %s", name, s.text[name], accepted)
}
