package polis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
)

// Report is what became of a run.
type Report struct {
	Hash         string         // of configuration and all turns of world and agents; "" when Undigested
	Reproducible bool           // nothing that a seed does not decide entered as an event: no deadline, no error of a model, no intervention
	Rounds       int            // played
	World        any            // as it was at the end: a pointer to the type given to environment.Define
	DecidedBy    map[string]int // actions that reached the world in phases with a choice, by who decided
	Marks        map[string]int // decisions that were not made as the agent usually makes them, by actors.Mark
	Said         map[string]int // what agents said to each other, by act: once for every receiver
	Judged       map[string]int // messages that a protocol did not accept, by verdict
	Faults       Faults
	Messages     Account
	Models       map[string]llmadapter.Account // of each adapter, by its name
	Spending     map[string]Spending           // likewise
	Wall         time.Duration

	Resumes    int // how often the run was taken up again
	AskedAgain int // requests that were out when it was cut off, and were sent once more: they may have been paid for twice

	Interventions []Intervened // what was done to the society from outside, in the order in which it took effect

	Kept       journal.Kept // what a store that takes its time has of the run; zero for one that is immediate, such as journal.Memory
	NotStopped error        // actors and jobs that did not end and were left behind; nil: none
}

// Faults counts what failed, and what became of it.
type Faults struct {
	Crashes     int `json:"crashes"`     // attempts at a turn that failed
	Restarts    int `json:"restarts"`    // new lives
	Quarantined int `json:"quarantined"` // events set aside
	Missed      int `json:"missed"`      // (agent, phase) pairs that ended without a decision; in realtime, without a look
	Abandoned   int `json:"abandoned"`   // minds and workers that ignored the end of their context
	Forgot      int `json:"forgot"`      // new lives that began empty
	Clocked     int `json:"clocked"`     // events that a seed does not decide: see actors.Clocked
}

// Account is what was addressed to world, agents and services, and what became of it: percepts, actions, outcomes,
// messages, asks and answers. Sent is counted by senders, the rest by receivers;
// Sent = Handled + Refused + Dead + Quarantined.
type Account struct {
	Sent        int64 `json:"sent"`
	Handled     int64 `json:"handled"`
	Refused     int64 `json:"refused"`
	Dead        int64 `json:"dead"`
	Quarantined int64 `json:"quarantined"`
}

// Balanced says whether nothing is unaccounted for.
func (a Account) Balanced() bool { return a.Sent == a.Handled+a.Refused+a.Dead+a.Quarantined }

func accountOf(a engine.Account) Account {
	return Account{Sent: a.Sent, Handled: a.Handled, Refused: a.Refused, Dead: a.Dead, Quarantined: a.Quarantined}
}

// report puts the run into numbers.
func (r *Running) report(result environment.Result, left error, others []Share) *Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.engine.Account()
	if r.onWorld() == nil {
		r.faults.Missed += result.Missed // to those that only the agents know of
	}
	rep := &Report{
		Rounds: result.Rounds, World: result.World, DecidedBy: result.Decided, Marks: r.marks, Said: r.said, Judged: r.judged, Faults: r.faults, NotStopped: left,
		Messages: accountOf(a),
		Wall:     time.Since(r.began),
		Reproducible: r.cfg.Pace != environment.Realtime && !result.Late && !r.recalled.hurried && r.faults.Clocked == 0 &&
			r.faults.Abandoned == 0 && left == nil && result.World != nil && !r.control.changed,
		Interventions: r.control.done,
	}
	for name, adapter := range r.adapters {
		if rep.Models == nil {
			rep.Models, rep.Spending = map[string]llmadapter.Account{}, map[string]Spending{}
		}
		account := r.recalled.models[name]
		account.Add(adapter.Account())
		rep.Models[name] = account
		rep.Spending[name] = r.recalled.spending[name].and(adapter.Accounts(), adapter.ByModel())
		if label := r.society.Models[name].Label; rep.Models[name].Answered > 0 && label != llmadapter.StandIn && label != llmadapter.Cassette {
			rep.Reproducible = false // nothing binds a model or a person to answer the same again
		}
	}
	rep.Resumes, rep.AskedAgain = r.recalled.resumes, r.recalled.again
	if rep.DecidedBy == nil {
		rep.DecidedBy = map[string]int{}
	}
	heads := append([]journal.Head{result.Head}, r.heads()...)
	for i := range others {
		rep.add(&others[i])
		heads = append(heads, others[i].Heads...)
	}
	if !r.cfg.Undigested && r.here(environment.Name) {
		rep.Hash = journal.RunHash(r.document, heads).String()
	}
	return rep
}

// latencies are those of the society, as they are used, and of the agents that have their own.
func (s *Society) latencies(c *Config, phase time.Duration) map[string]environment.Latencies {
	all := c.Latency.Filled(phase, environment.Latencies{})
	of := map[string]environment.Latencies{"": all}
	for _, a := range s.Agents {
		if own := a.Latency.Filled(phase, all); own != all {
			of[a.Name] = own
		}
	}
	return of
}

// configuration is what of the configuration matters for what happens, in canonical JSON.
func (s *Society) configuration(c *Config) []byte {
	type agent struct {
		From int    `json:"from"`
		Mind string `json:"mind"`
		Name string `json:"name"`
	}
	agents := make([]agent, len(s.Agents))
	for i, a := range s.Agents {
		agents[i] = agent{max(a.From, 1), a.Mind, a.Name}
	}
	slices.SortFunc(agents, func(a, b agent) int { return strings.Compare(a.Name, b.Name) })
	pace, phase := c.Pace, c.Phase
	if pace == "" {
		pace = environment.Rounds
	}
	if phase == 0 {
		phase = time.Second
	}
	models := map[string]string{}
	for name, cfg := range s.Models {
		models[name] = cmp.Or(cfg.Of, cfg.Label) // what a cassette gives back is what was answered
	}
	fields := map[string]any{
		"agents": agents, "models": models, "pace": string(pace), "phase": int64(phase), "rounds": c.Rounds, "scenario": s.Name,
		"seed": c.Seed, "settings": s.Settings, "shuffle": c.Shuffle,
	}
	if s.Null != "" {
		fields["null"] = string(s.Null)
	}
	if pace == environment.Simulated {
		fields["latency"] = s.latencies(c, phase)
	}
	doc, err := journal.Canonical(fields)
	if err != nil {
		panic(fmt.Sprintf("polis: the configuration has no canonical form: %v", err)) // strings and numbers always have
	}
	return doc
}
