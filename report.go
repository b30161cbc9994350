package polis

import (
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// Report is what became of a run.
type Report struct {
	Hash         string         // of configuration and all turns of world and agents; "" when Undigested
	Reproducible bool           // nothing that depends on the clock or on load entered as an event
	Rounds       int            // played
	World        any            // as it was at the end: a pointer to the type given to environment.Define
	DecidedBy    map[string]int // actions that reached the world in phases with a choice, by who decided
	Marks        map[string]int // decisions that were not made as the agent usually makes them, by actors.Mark
	Faults       Faults
	Messages     Account
	Models       map[string]llmadapter.Account // of each adapter, by its name
	Wall         time.Duration
	NotStopped   error // actors and jobs that did not end and were left behind; nil: none
}

// Faults counts what failed, and what became of it.
type Faults struct {
	Crashes     int `json:"crashes"`     // attempts at a turn that failed
	Restarts    int `json:"restarts"`    // new lives
	Quarantined int `json:"quarantined"` // events set aside
	Missed      int `json:"missed"`      // (agent, phase) pairs that ended without a decision
	Abandoned   int `json:"abandoned"`   // minds and workers that ignored the end of their context
	Forgot      int `json:"forgot"`      // new lives that began empty
	Clocked     int `json:"clocked"`     // events that depended on the clock or on load
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
