package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis"
)

// manySeeds is how many of very many runs are listed one by one, from the start and from the end together.
const manySeeds = 2 * Kept

// New makes a document of what is kept. s is the scenario as this program knows it; nil: it does not.
func New(r *Run, s *polis.Scenario) *Document {
	m := r.Manifest
	if s == nil {
		s = &polis.Scenario{}
	}
	d := &Document{
		Schema: Schema, Scenario: m.Scenario, Summary: s.Summary, Period: cmp.Or(s.Period, "round"), Status: m.Status, Error: m.Error,
		Agents: m.Agents, Runs: m.Runs, Rounds: m.Ordered, Played: m.Played, Metrics: []Statistic{}, References: []Reference{},
		Told: r.first.Seed, Said: r.first.Record.Said, Marked: r.first.Record.Marked, Hands: r.first.Record.Interventions,
		Incidents: r.first.Record.Incidents, Messages: m.Messages, Models: []Model{}, Hash: m.Hash, HashIs: m.HashIs, Repeats: m.Reproducible,
		Command: m.Command, Started: m.Started, Wall: m.Wall,
		Versions: filled(Setting{"polis", m.Polis.Version}, Setting{"revision", m.Polis.Revision}, Setting{"Go", m.Polis.Go}),
	}
	d.Said.Items, d.Marked.Items = notNil(d.Said.Items), notNil(d.Marked.Items)
	d.Hands.Items, d.Incidents.Items = notNil(d.Hands.Items), notNil(d.Incidents.Items)
	for _, e := range r.runs {
		if e.Status == "done" {
			d.Whole++
		}
	}
	deciders := m.Record.Deciders
	d.Deciders, d.Marks = counts(deciders), counts(m.Record.Marks)
	asked := m.asked()
	d.Answered = aModel(deciders, asked)
	d.Decided = decidedBy(deciders, asked, strings.TrimPrefix(m.Decided, "decided by "))
	d.Metrics = append(d.Metrics, m.Metrics...)
	d.Faults = faults(m)
	d.Promises = promised(m.Record.Promises)
	d.Seeds = seedsOf(r.runs)
	d.World = sheet(m.Properties)
	d.Settings = settings(m)
	d.Why = why(m)
	for _, name := range slices.Sorted(maps.Keys(m.Record.Models)) {
		spent, of := m.Record.Spending[name], m.Record.Resources[name]
		d.Models = append(d.Models, Model{name, m.Record.Models[name], marked(spents(spent.Askers), of.Marks), spents(spent.Models),
			of.Label, counts(of.Rejections), counts(of.Failures)})
	}
	for _, ref := range s.References {
		if ref.Kind != "model" || d.Answered { // what is known of models is no measure for anything else
			d.References = append(d.References, Reference{ref.Name, ref.Kind, ref.Source, ref.Metrics})
		}
	}
	if shared := columns(d); len(shared) > 0 { // of a scenario with several games, those of another say nothing here
		d.References = slices.DeleteFunc(d.References, func(r Reference) bool {
			return !slices.ContainsFunc(shared, func(name string) bool { _, is := r.Metrics[name]; return is })
		})
	}
	d.Differs = differs(m, s)
	d.Emergence = answers(m.Emergence)
	d.Held = held(d, r)
	d.Fork = forkOf(r)
	d.Headline = headline(d, r, s)
	d.Plots = plots(d, r, s)
	d.Courses = courses(d, r)
	return d
}

func notNil[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// faults are those that happened, in the order of polis.Faults.
func faults(m *Manifest) []Count {
	all := []Count{}
	for _, name := range []string{"crashes", "restarts", "quarantined", "missed", "abandoned"} {
		if n := m.Faults[name]; n != 0 {
			all = append(all, Count{name, n})
		}
	}
	for _, c := range []Count{{"restarted without memory", m.Forgot}, {"events that depended on the clock or on load", m.Clocked}, {"left behind at the end", len(m.Left)}} {
		if c.N != 0 {
			all = append(all, c)
		}
	}
	return all
}

// seedsOf lists runs; of very many the first and the last.
func seedsOf(runs []Ended) List[Ended] {
	l := List[Ended]{Items: runs}
	if n := len(runs) - manySeeds; n > 0 {
		l = List[Ended]{Items: slices.Concat(runs[:Kept], runs[len(runs)-Kept:]), LeftOut: n, GapAt: Kept}
	}
	l.Items = notNil(l.Items)
	return l
}

// sheet is the environment's property sheet, in the order of Russell and Norvig (4th ed., section 2.3.2).
func sheet(properties map[string]bool) []Property {
	all := []Property{}
	for _, p := range []struct{ name, label, yes, says, no, saysNot string }{
		{"fully_observable", "observability", "fully observable", "a percept shows the whole state", "partially observable", "a percept shows a part of the state"},
		{"deterministic", "determinism", "deterministic", "the next state follows from state and actions", "stochastic", "the world draws chance"},
		{"episodic", "episodes", "episodic", "what is done now does not bear on later rounds", "sequential", "what is done now bears on later rounds"},
		{"static", "change", "static", "nothing changes unless an agent acts", "dynamic", "the world changes by itself too"},
		{"discrete", "states", "discrete", "states, percepts and actions can be counted", "continuous", "states, percepts or actions are continuous"},
		{"single_agent", "agents", "single-agent", "one agent acts", "multi-agent", "several agents act"},
		{"closed", "population", "closed", "nobody joins or leaves", "open", "agents may join or leave"},
	} {
		is, known := properties[p.name]
		switch {
		case !known:
		case is:
			all = append(all, Property{p.label, p.yes, p.says})
		default:
			all = append(all, Property{p.label, p.no, p.saysNot})
		}
	}
	return all
}

// settings is the configuration, as it bears on what happened.
func settings(m *Manifest) []Setting {
	all := []Setting{{"scenario", m.Scenario}, {"agents", strconv.Itoa(m.Agents)}, {"minds", strings.Join(m.Minds, ", ")}}
	rounds := "until the world is done"
	if m.Ordered > 0 {
		rounds = strconv.Itoa(m.Ordered)
	}
	if m.Null != "" {
		all = append(all, Setting{"null", strings.TrimSuffix(string(m.Null)+": "+m.Null.Doc(), ": ")})
	}
	all = append(all, Setting{"rounds", rounds}, Setting{"pace", m.Pace}, Setting{"seed", fmt.Sprint(m.Seed)})
	if m.Runs > 1 {
		all[len(all)-1] = Setting{"seeds", fmt.Sprintf("%d to %d", m.Seed, m.Seed+uint64(m.Runs)-1)}
		all = append(all, Setting{"runs", strconv.Itoa(m.Runs)})
	}
	parameters := maps.Clone(m.Parameters)
	if parameters == nil {
		parameters = map[string]string{}
	}
	maps.Copy(parameters, m.Settings)
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		value := cmp.Or(parameters[name], "none")
		if _, given := m.Settings[name]; !given {
			value += " (default)"
		}
		all = append(all, Setting{name, value})
	}
	tick := ""
	if m.Pace == "realtime" {
		tick = m.Tick
	}
	return append(all, filled(Setting{"chaos", m.Chaos}, Setting{"journal", m.Journal}, Setting{"deadline of a phase", m.Deadline},
		Setting{"length of a phase", tick})...)
}

// differs lists in what a run differs from how its scenario is played by default: known results are mostly of that.
func differs(m *Manifest, s *polis.Scenario) []string {
	all := []string{}
	standard := s.StandardFor(m.Settings)
	if standard.Agents > 0 && m.Agents != standard.Agents {
		all = append(all, plural(m.Agents, "agent"))
	}
	if m.Ordered != standard.Rounds {
		all = append(all, plural(m.Ordered, cmp.Or(s.Period, "round")))
	}
	if m.Null != "" {
		all = append(all, "null "+string(m.Null))
	}
	for _, p := range s.Parameters {
		if value, given := m.Settings[p.Name]; given && value != p.Default {
			all = append(all, p.Name+"="+value)
		}
	}
	return all
}

// filled are those settings that have a value.
func filled(all ...Setting) []Setting {
	return slices.DeleteFunc(all, func(s Setting) bool { return s.Value == "" })
}

// why says why a run can be repeated to the same hash, or cannot.
func why(m *Manifest) string {
	switch {
	case m.Reproducible:
		return "Nothing that depends on the clock or on load took part: the command above gives the same hash."
	case m.Status == "failed":
		return "It failed before its end."
	case m.Status == "interrupted":
		return "It was interrupted: where it ended depended on the clock."
	case len(m.Record.Interventions.Items) > 0:
		return "Somebody intervened while it ran."
	case m.Pace == "realtime":
		return "In the realtime pace what happens depends on the clock: the hash names this run, and another run has another."
	case m.Clocked > 0:
		return fmt.Sprintf("%s that depended on the clock or on load took part.", plural(m.Clocked, "event"))
	}
	for who, n := range m.Record.Deciders {
		if n > 0 && who != "rules" && who != "stand-in" && who != "cassette" {
			return "What a model or a person answers need not be the same again."
		}
	}
	return "Something that depends on the clock or on load took part."
}

// spents are parts of what was spent, the most first.
func spents(of map[string]Usage) []Spent {
	var all []Spent
	for name, u := range of {
		all = append(all, Spent{Name: name, Usage: u})
	}
	slices.SortFunc(all, func(a, b Spent) int {
		return cmp.Or(cmp.Compare(b.CostUSD, a.CostUSD), cmp.Compare(b.InputTokens+b.OutputTokens, a.InputTokens+a.OutputTokens), strings.Compare(a.Name, b.Name))
	})
	return all[:min(len(all), Kept)]
}
