package commons

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/protocol"
)

// period is what a round is called.
const period = "month"

// plots are what a report draws.
var plots = []polis.Plot{
	{Title: "The lake", Of: "world", Variables: []string{varStock, varLeft}, Unit: "tons", Limits: []string{"collapse"}},
	{Title: "Catches", Of: "agents", Variables: []string{varCatch}, Unit: "tons a month"},
}

// Headline says how long the lake lasted, and of the first run what was agreed on and whether that was kept. An
// agreement is a typed proposal of a cap and a typed agreement to it in the same month: what is said in plain language
// binds nobody here.
func Headline(c *polis.Chronicle) string {
	if len(c.Runs) == 0 {
		return ""
	}
	text, of := lasted(c), ""
	if len(c.Runs) > 1 {
		of = fmt.Sprintf("in the run of seed %d ", c.Runs[0].Seed)
	}
	words := talked(c)
	if words == "" {
		return text
	}
	if of != "" {
		return text + ". " + strings.ToUpper(of[:1]) + of[1:] + words
	}
	return text + "; " + words
}

// lasted tells how long the lake lasted.
func lasted(c *polis.Chronicle) string {
	survived, months, least, most, known := 0, 0, c.Runs[0].Rounds, 0, true
	for _, run := range c.Runs {
		rate, is := run.Metrics[SurvivalRate]
		if known = known && is && (rate == 0 || rate == 1); rate == 1 {
			survived++
		}
		months += run.Rounds
		least, most = min(least, run.Rounds), max(most, run.Rounds)
	}
	n := len(c.Runs)
	switch {
	case !known:
		return played(c, least, most)
	case n == 1 && survived == 0:
		return fmt.Sprintf("The lake collapsed in month %d of %d", months, c.Rounds)
	case n == 1 && collapsedAtLast(c):
		return fmt.Sprintf("The lake lasted %d of %d months and collapsed in the last", months, c.Rounds)
	case n == 1:
		return fmt.Sprintf("The lake lasted %d of %d months", months, c.Rounds)
	case survived == n:
		return fmt.Sprintf("The lake lasted %d of %d months in all %d runs", c.Rounds, c.Rounds, n)
	case survived == 0 && least == most:
		return fmt.Sprintf("The lake collapsed in month %d in all %d runs", least, n)
	case survived == 0:
		return fmt.Sprintf("The lake collapsed in all %d runs, in month %d to %d, on average %.1f", n, least, most, float64(months)/float64(n))
	}
	return fmt.Sprintf("The lake lasted %d of %d months in %d of %d runs, on average %.1f months", c.Rounds, c.Rounds, survived, n, float64(months)/float64(n))
}

// played tells how long people fished, where it is not known what became of the lake.
func played(c *polis.Chronicle, least, most int) string {
	text := fmt.Sprintf("People fished for %d of %d months", most, c.Rounds)
	if least < most {
		text = fmt.Sprintf("People fished for %d to %d of %d months", least, most, c.Rounds)
	}
	if n := len(c.Runs); n > 1 {
		text += fmt.Sprintf(" in %d runs", n)
	}
	return text + "; what became of the lake is not known"
}

// collapsedAtLast says whether what is known of the last month is that the lake collapsed in it.
func collapsedAtLast(c *polis.Chronicle) bool {
	n := len(c.Rows)
	return n > 0 && c.Rows[n-1].World[varCollapsed] > 0
}

// talked tells what came of talk in the first run.
func talked(c *polis.Chronicle) string {
	given, made := readWords(c), readLawbook(c).String()
	switch {
	case made != "" && given.month > 0:
		made = "; " + made
	case made != "":
		return made
	}
	switch {
	case given.month > 0:
		text := fmt.Sprintf("%s agreed on a cap of %d in month %d", peopleText(given.who), given.tons, given.month)
		if kept := kept(c, given); kept != "" {
			text += ", " + kept
		}
		return text + made
	case given.proposed > 0:
		return fmt.Sprintf("a cap was proposed in month %d, and none was ever agreed on", given.proposed)
	case len(c.Said) > 0:
		return "people spoke, and no cap was proposed"
	}
	return "nothing was said"
}

// peopleText names a few people, and counts many.
func peopleText(names []string) string {
	n := len(names)
	if n > 6 {
		return fmt.Sprintf("%d people", n)
	}
	return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
}

// words are the caps that people have agreed on.
type words struct {
	month, tons int      // of the first agreement, that of most people; month 0: there was none
	who         []string // who made it, by name
	proposed    int      // month of the first proposal; 0: there was none
	caps        map[word]int
}

// word is somebody's in one month.
type word struct {
	month int
	name  string
}

// pact is two people's agreement.
type pact struct {
	month, tons int
	one, other  string
}

// readWords looks for typed proposals, and typed agreements to them.
func readWords(c *polis.Chronicle) words {
	g := words{caps: map[word]int{}}
	type offer struct {
		month, tons int
		by, to      string
	}
	offers := map[offer]bool{}
	var pacts []pact
	for _, s := range c.Said {
		tons, ok := capOf(s)
		switch {
		case !ok:
		case s.Act == string(protocol.Propose):
			if g.proposed == 0 {
				g.proposed = s.Round
			}
			for _, to := range s.Receivers {
				offers[offer{s.Round, tons, s.Sender, to}] = true
			}
		case s.Act == string(protocol.Agree):
			for _, by := range s.Receivers {
				if offers[offer{s.Round, tons, by, s.Sender}] {
					pacts = append(pacts, pact{s.Round, tons, by, s.Sender})
				}
			}
		}
	}
	for _, p := range pacts {
		for _, name := range []string{p.one, p.other} {
			w := word{p.month, name}
			if tons, given := g.caps[w]; !given || p.tons < tons {
				g.caps[w] = p.tons
			}
		}
	}
	if len(pacts) > 0 {
		g.month = slices.MinFunc(pacts, func(a, b pact) int { return a.month - b.month }).month
		g.tons, g.who = largest(pacts, g.month)
	}
	return g
}

// capOf is the cap that a saying is about: a typed one that was heard.
func capOf(s polis.Saying) (tons int, ok bool) {
	text, ok := strings.CutPrefix(s.Text, "cap ")
	if !ok || s.Language != "" || s.Unheard || s.More > 0 {
		return 0, false
	}
	tons, err := strconv.Atoi(text)
	return tons, err == nil && tons >= 0
}

// largest finds, among the agreements of a month, the cap that connects most people, and whom it connects.
func largest(pacts []pact, month int) (tons int, who []string) {
	caps := map[int]bool{}
	for _, p := range pacts {
		if p.month == month {
			caps[p.tons] = true
		}
	}
	for _, t := range slices.Sorted(maps.Keys(caps)) {
		group := map[string]string{} // everybody's root
		root := func(name string) string {
			for group[name] != "" && group[name] != name {
				name = group[name]
			}
			return name
		}
		for _, p := range pacts {
			if p.month == month && p.tons == t {
				a, b := root(p.one), root(p.other)
				group[a], group[b] = a, a
			}
		}
		of := map[string][]string{}
		for _, name := range slices.Sorted(maps.Keys(group)) {
			of[root(name)] = append(of[root(name)], name)
		}
		for _, r := range slices.Sorted(maps.Keys(of)) {
			if len(of[r]) > len(who) {
				tons, who = t, of[r]
			}
		}
	}
	return tons, who
}

// kept tells whether words were kept, where all of them and all catches are known; "": they are not.
func kept(c *polis.Chronicle, g words) string {
	if c.LeftOut > 0 || c.Rows == nil {
		return ""
	}
	given, broken := 0, 0
	first := word{}
	for _, row := range c.Rows {
		for _, name := range slices.Sorted(maps.Keys(row.Agents)) {
			w := word{row.Round, name}
			tons, has := g.caps[w]
			if !has {
				continue
			}
			if given++; row.Agents[name][varCatch] > float64(tons) {
				if broken++; broken == 1 {
					first = w
				}
			}
		}
	}
	switch {
	case given == 0:
		return ""
	case broken == 0:
		return "and every cap agreed on was kept"
	case broken == 1:
		return fmt.Sprintf("and 1 of %d promises was broken, by %s in month %d", given, first.name, first.month)
	}
	return fmt.Sprintf("and %d of %d promises were broken, the first by %s in month %d", broken, given, first.name, first.month)
}
