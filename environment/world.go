package environment

import (
	"math/rand/v2"

	"github.com/polis-agents/polis/journal"
)

// A world is any type. The interfaces below are found by assertion; a world has those it needs.

// Phased is a world whose rounds have several phases. Without it a round is one phase named "round".
type Phased interface {
	// Phases are the names of a round's phases, in order: always the same.
	Phases() []string
}

// Ticker is a world with joint effects or dynamics of its own.
type Ticker interface {
	// Tick runs after the actions of a phase. Chance comes from r alone.
	Tick(phase string, r *rand.Rand)
}

// Ender is a world that can come to its end.
type Ender interface {
	// Done is asked after every round.
	Done() bool
}

// Activator is a world that decides who perceives, and so may act, in the sequential pace. Without it all do, by name.
type Activator interface {
	// Next names the agents to be activated in this phase, in order; a name may come twice.
	Next(r *rand.Rand) []string
}

// Caller is a world that needs to know whose turn it is in the sequential pace, also of agents that then do nothing.
type Caller interface {
	// Call tells whose turn it is, before that agent's Perceive.
	Call(agent string)
}

// Population is a world that needs to know who lives in it.
type Population interface {
	// Enter is called before an agent's first percept.
	Enter(agent string)
	// Leave is called when an agent has stopped.
	Leave(agent string)
}

// Observed is a world that can be looked at from outside: what it shows goes to observers, never to agents.
type Observed interface {
	// Variables describe the world at the end of a round.
	Variables() []Variable
	// AgentVariables describe one agent's share in the round that ended.
	AgentVariables(agent string) []Variable
}

// Rewarder is a world in which agents fare well or badly: for those who learn from a record.
type Rewarder interface {
	// Reward is what the round that ends has brought an agent, when its last phase is over. It is recorded, and agents never
	// see it.
	Reward(agent string) float64
}

// Variable is a named number about the world or an agent.
type Variable struct {
	Name  string
	Value float64
}

// Keeper is a world that hands over its state itself. Without it the state is the exported fields, as JSON.
type Keeper = journal.Keeper
