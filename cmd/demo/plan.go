package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/bridge/telemetry"
	"github.com/polis-agents/polis/emergence/stream"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/report"
)

// plan is what is to be run, when all that was typed has turned out to be possible.
type plan struct {
	scenario    *polis.Scenario
	order       polis.Order
	config      polis.Config // of every run, but for seed, journal and observer
	runs        int
	seed        uint64                                                              // of the first run; the others follow
	society     polis.Society                                                       // as the first run has it
	agents      int                                                                 // as ordered: newcomers are not counted
	minds       []string                                                            // theirs: "5*fixed:10"
	repeat      string                                                              // the command line that runs the same again
	run         int                                                                 // the number of the first, as tables have it
	hurried     bool                                                                // the deadline was given, and is not what it is by default
	elsewhere   func(ctx context.Context, observe func(any)) (*polis.Report, error) // lets the run live on a cluster; nil: here
	journal     keeping                                                             // where turns are kept
	events      bool                                                                // events.jsonl is written
	past        []epoch                                                             // of a run that goes on, its own last; nil: it begins
	hushed      bool                                                                // nobody may speak, although there is time for it
	forked      *report.Forked                                                      // what it shares with another run; nil: it is no fork
	fork        *forking                                                            // how it begins as a fork; nil: it does not, or not any more
	began       time.Time                                                           // when the run did that goes on
	resumes     int                                                                 // how often it has been taken up again, with this time
	chaos       string                                                              // as it was typed
	second      *endpoint                                                           // asked by them when that could not decide; nil: nobody is
	endpoint    *endpoint                                                           // asked by agents that a model decides for
	ask         func(ctx context.Context, question string) (string, error)          // the person at the terminal
	lives       func()                                                              // called when it has begun, or one of several has, before anything is seen of it; nil: nobody is told
	instruments *telemetry.Telemetry                                                // that show it; nil: there are none
	content     bool                                                                // they show what models are asked, and answer
	watches     []stream.Watch                                                      // measured while it runs; nil: what the scenario recommends, where it is drawn
	building    *sync.Mutex                                                         // worlds are made one at a time: making one registers its types
}

// plan checks what was typed. Nothing is written yet.
func (c *runCommand) plan(p *process) (*plan, error) {
	scenario, err := p.scenario(c.Scenario)
	if err != nil {
		return nil, err
	}
	pl := &plan{scenario: scenario, runs: int(c.Runs), seed: uint64(c.Seed), run: 1, events: c.Events, building: &sync.Mutex{}}
	if pl.seed > math.MaxUint64-uint64(pl.runs-1) {
		return nil, badUsage("--seed %d with --runs %d goes beyond the greatest seed, %d", pl.seed, pl.runs, uint64(math.MaxUint64))
	}
	if pl.watches, err = c.watched(); err != nil {
		return nil, err
	}
	if err := c.readOrder(pl); err != nil {
		return nil, err
	}
	if pl.society, err = scenario.Make(pl.order); err != nil {
		return nil, usageError{plainly(err, scenario.Name)}
	}
	pl.hushed = c.hushed
	pl.hush(&pl.society)
	if err := c.readConfig(p, pl); err != nil {
		return nil, err
	}
	if err := c.readDeciders(p, pl); err != nil {
		return nil, err
	}
	if pl.journal, err = c.keeping(); err != nil {
		return nil, err
	}
	if err := errors.Join(c.checkChaos(pl), c.readCluster(p, pl)); err != nil {
		return nil, err
	}
	pl.agents = cmp.Or(len(pl.order.Minds), pl.order.Agents, scenario.StandardFor(pl.order.Settings).Agents)
	pl.minds = mindsOf(pl.society.Agents[:min(pl.agents, len(pl.society.Agents))]) // newcomers come after those ordered
	pl.repeat = pl.command(p.program)
	return pl, nil
}

func (p *process) scenario(name string) (*polis.Scenario, error) {
	names := make([]string, len(p.scenarios))
	for i := range p.scenarios {
		if names[i] = p.scenarios[i].Name; names[i] == name {
			return &p.scenarios[i], nil
		}
	}
	return nil, unknown("scenario", name, names)
}

// readOrder reads which society is wanted.
func (c *runCommand) readOrder(pl *plan) error {
	s := pl.scenario
	pl.order = polis.Order{Agents: int(c.Agents.count), Null: polis.Null(c.Null)}
	if c.SecondModel != "" {
		pl.order.Then = []string{secondName}
	}
	if err := c.readSettings(pl); err != nil {
		return err
	}
	standard := s.StandardFor(pl.order.Settings)
	pl.order.Rounds = cmp.Or(int(c.Rounds), standard.Rounds)
	if len(c.Mind) == 0 {
		return nil
	}
	minds, err := polis.ParseMinds(c.Mind, int(c.Agents.count), standard.Agents)
	if err != nil {
		return usageError{"--mind: " + plainly(err)}
	}
	pl.order.Minds, pl.order.Agents = minds, len(minds)
	var kinds []string
	for _, k := range s.Minds {
		kinds = append(kinds, k.Usage())
	}
	for _, m := range minds {
		if !slices.ContainsFunc(s.Minds, func(k polis.MindKind) bool { return k.Name == m.Name }) {
			return unknown("mind", m.Name, kinds)
		}
	}
	return nil
}

// readSettings reads the parameters of the scenario.
func (c *runCommand) readSettings(pl *plan) error {
	names := make([]string, len(pl.scenario.Parameters))
	for i, p := range pl.scenario.Parameters {
		names[i] = p.Name
	}
	for _, set := range c.Set {
		name, value, ok := strings.Cut(set, "=")
		switch {
		case !ok || name == "":
			return badUsage("--set %q; accepted is NAME=VALUE, with a NAME of %s", set, listed(names))
		case !slices.Contains(names, name):
			return unknown("parameter", name, names)
		case pl.order.Settings == nil:
			pl.order.Settings = map[string]string{}
		}
		pl.order.Settings[name] = value
	}
	return nil
}

// standardDeadline of a phase, where nobody is hurried by a clock.
const standardDeadline = time.Minute

// readConfig reads how it is to be run.
func (c *runCommand) readConfig(p *process, pl *plan) error {
	cfg := &pl.config
	cfg.Rounds, cfg.Pace = pl.order.Rounds, pl.scenario.StandardFor(pl.order.Settings).Pace
	if c.Pace != nil {
		var err error
		if cfg.Pace, err = environment.ParsePace(*c.Pace); err != nil {
			return usageError{"--pace: " + plainly(err)}
		}
		if can := pl.scenario.Paces; can != nil && !slices.Contains(can, cfg.Pace) {
			return badUsage("--pace %s: in %s accepted is %s", cfg.Pace, pl.scenario.Name, can[0])
		}
	}
	cfg.Tick, cfg.Deadline = time.Duration(c.Tick), standardDeadline
	switch {
	case c.Deadline != nil:
		cfg.Deadline = time.Duration(*c.Deadline)
		pl.hurried = cfg.Deadline != standardDeadline || cfg.Pace == environment.Realtime
	case cfg.Pace == environment.Realtime && pl.society.World != nil: // later it would be about what is long over
		cfg.Deadline = cfg.Tick * time.Duration(len(pl.society.World.Phases()))
	}
	cfg.Delay = c.delay(p)
	if c.Chaos == nil {
		return nil
	}
	pl.chaos = *c.Chaos
	society, _ := splitChaos(pl.chaos)
	if society == "" && pl.chaos != "" {
		return nil
	}
	var err error
	if cfg.Chaos, err = polis.ParseChaos(society); err != nil {
		return usageError{"--chaos: " + plainly(err) + "; of the stand-in, model:FAULT=P% each"}
	}
	names := make([]string, len(pl.society.Agents))
	for i, a := range pl.society.Agents {
		names[i] = a.Name
	}
	for _, name := range cfg.Chaos.Always {
		if !slices.Contains(names, name) {
			return unknown("agent in --chaos", name, names)
		}
	}
	return nil
}

// delay is the pause between rounds.
func (c *runCommand) delay(p *process) time.Duration {
	switch {
	case c.Delay != nil:
		return time.Duration(*c.Delay)
	case p.watched && c.tells():
		return 500 * time.Millisecond
	}
	return 0
}

// plainly is an error without the name of the package that found it.
func plainly(err error, prefixes ...string) string {
	text := err.Error()
	for _, prefix := range append(prefixes, "polis", "environment") {
		text = strings.TrimPrefix(text, prefix+": ")
	}
	return text
}

// mindsOf writes the minds of agents as on the command line.
func mindsOf(agents []polis.Agent) (minds []string) {
	for len(agents) > 0 {
		same := slices.IndexFunc(agents, func(a polis.Agent) bool { return a.Mind != agents[0].Mind })
		if same < 0 {
			same = len(agents)
		}
		minds = append(minds, fmt.Sprintf("%d*%s", same, agents[0].Mind))
		agents = agents[same:]
	}
	return minds
}

// build makes the society of one run: its own, for worlds and behaviors belong to one run.
func (pl *plan) build() (polis.Society, error) {
	pl.building.Lock()
	defer pl.building.Unlock()
	s, err := pl.scenario.Make(pl.order)
	if err == nil {
		pl.decide(&s)
		pl.hush(&s)
		s.Again = pl.again
	}
	return s, err
}

// hush lets nobody speak, where that was wanted of a fork. The phases of talk stay, for the past had them.
func (pl *plan) hush(s *polis.Society) {
	if !pl.hushed {
		return
	}
	s.Settings = maps.Clone(s.Settings)
	if s.Settings == nil {
		s.Settings = map[string]string{}
	}
	s.Settings[talkParameter] = "cut"
	s.MaySpeak = func(string, string) bool { return false }
}

// talkParameter is, in every scenario that has it, whether people may speak to each other.
const talkParameter = "talk"

// again makes an agent that has joined a run while it lived.
func (pl *plan) again(name, mind string) (polis.Agent, error) {
	m, err := polis.ParseMind(mind)
	if err != nil || pl.scenario.Newcomer == nil {
		return polis.Agent{}, errors.Join(err, fmt.Errorf("nobody can join %s", pl.scenario.Name))
	}
	for n := range polis.MostNewcomers {
		if a, err := pl.scenario.Join(pl.order, m, n+1); err != nil || a.Name == name {
			return a, err
		}
	}
	return polis.Agent{}, fmt.Errorf("none of the newcomers of %s is named %q", pl.scenario.Name, name)
}

// one is the plan of one of several runs.
func (pl *plan) one(program string, run int) *plan {
	one := *pl
	one.runs, one.run, one.seed = 1, run, pl.seed+uint64(run-1)
	one.repeat = one.command(program)
	return &one
}

// configure makes the configuration of one run.
func (pl *plan) configure(store journal.Store, observe func(any)) polis.Config {
	cfg := pl.config
	cfg.Seed, cfg.Observe = pl.seed, observe
	cfg.Logger = cfg.Logger.With().Uint64("seed", pl.seed).Logger()
	cfg.Journal = store
	if store != nil {
		cfg.Origin = pl.spec().text()
	}
	return cfg
}

// phases of a round.
func (pl *plan) phases() []string {
	if pl.society.World == nil {
		return nil
	}
	return pl.society.World.Phases()
}

// pace by its name.
func (pl *plan) pace() string {
	if pl.config.Pace == "" {
		return string(environment.Rounds)
	}
	return string(pl.config.Pace)
}

// command is the command line that runs the same again, whatever the defaults are by then.
func (pl *plan) command(program string) string {
	args := []string{"run", pl.scenario.Name, "--agents", fmt.Sprint(pl.agents)}
	add := func(flag string, value any) { args = append(args, flag, fmt.Sprint(value)) }
	if pl.order.Rounds > 0 {
		add("--rounds", pl.order.Rounds)
	}
	add("--seed", pl.seed)
	if pl.runs > 1 {
		add("--runs", pl.runs)
	}
	add("--pace", pl.pace())
	for _, m := range pl.minds {
		add("--mind", m)
	}
	for _, k := range sortedKeys(pl.order.Settings) {
		add("--set", k+"="+pl.order.Settings[k])
	}
	if pl.order.Null != "" {
		add("--null", pl.order.Null)
	}
	if pl.config.Pace == environment.Realtime {
		add("--tick", pl.config.Tick)
	}
	if pl.hurried {
		add("--deadline", pl.config.Deadline)
	}
	if pl.chaos != "" {
		add("--chaos", pl.chaos)
	}
	if asks(&pl.society, modelName) {
		if pl.endpoint.spec != builtinSpec {
			add("--model", pl.endpoint.spec)
		}
		if pl.endpoint.limited != "" {
			add("--model-limit", pl.endpoint.limited)
		}
		pl.endpoint.money.flags(add)
		if pl.second != nil {
			add("--second-model", pl.second.spec)
			if pl.second.limited != "" {
				add("--second-model-limit", pl.second.limited)
			}
		}
	}
	for i, a := range args {
		args[i] = quoted(a)
	}
	return program + " " + strings.Join(args, " ")
}

// quoted is an argument as a shell takes it.
func quoted(arg string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,@%+", r)
	}
	if arg != "" && strings.IndexFunc(arg, func(r rune) bool { return !plain(r) }) < 0 {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}
