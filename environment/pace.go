package environment

import (
	"fmt"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/journal"
)

// Pace is how time passes.
type Pace string

const (
	// Rounds lets all agents decide on the same state; the phase closes when all are done.
	Rounds Pace = "rounds"
	// Sequential lets one agent after the other perceive and act, in the order the world gives.
	Sequential Pace = "sequential"
	// Simulated lets a virtual clock close the phases: everybody perceives, thinks and speaks at times of their own, which
	// are drawn from the seed. Nobody is waited for in logical time, and everybody by the wall clock.
	Simulated Pace = "simulated"
	// Realtime lets the clock close the phases; nobody is waited for, actions apply when they arrive.
	Realtime Pace = "realtime"
)

// ParsePace reads the name of a pace.
func ParsePace(name string) (Pace, error) {
	switch p := Pace(name); p {
	case Rounds, Sequential, Simulated, Realtime:
		return p, nil
	}
	return "", fmt.Errorf("environment: pace %q; accepted are %s, %s, %s, %s", name, Rounds, Sequential, Simulated, Realtime)
}

// Config of the environment actor. The zero value runs in rounds until the world is Done.
type Config struct {
	Pace     Pace                 // "": Rounds
	Seed     uint64               // everything random derives from it
	Rounds   int                  // how many; 0: until the world is Done
	Phase    time.Duration        // what a phase lasts in logical time; 0: 1 s
	Deadline time.Duration        // wall time after which a phase (simulated: a moment) closes without those that are not done; 0: 60 s
	Tick     time.Duration        // what a phase lasts in the realtime pace; 0: 1 s
	Delay    time.Duration        // pause between rounds, for people who watch
	Shuffle  bool                 // actions of a phase apply in a seeded order, not by name
	Actions  int                  // that count per agent and phase; 0: 1. In the simulated pace also how often it perceives in one
	Latency  Latencies            // simulated: what thinking, speaking and perceiving take
	Clock    func() time.Duration // realtime: since the start; nil: since Begin
	Services []string             // labels of the services whose answers may decide in place of who decides for an agent, as wire.By counts them
	Recorder *journal.Recorder
	Observe  func(event any) // sees RoundEnded, Missed, Hurried, Unkept and Restored; nil: nobody. Must not block

	Intervened func(Intervened) // told when wishes take effect; nil: nobody is. Must not block

	Chaos func(round, attempt, attempts int) (before, after bool) // asked at every attempt at a turn: whether it is to panic on purpose, before or after the world's code ran; nil: none

	Finished func(Result) // called once, when the last agent is done
}

func (c *Config) fill() {
	if c.Pace == "" {
		c.Pace = Rounds
	}
	if c.Phase == 0 {
		c.Phase = time.Second
	}
	if c.Deadline == 0 {
		c.Deadline = time.Minute
	}
	if c.Tick == 0 {
		c.Tick = time.Second
	}
	if c.Actions == 0 {
		c.Actions = 1
	}
	if c.Recorder == nil {
		c.Recorder = &journal.Recorder{}
	}
}

// Seat is an agent's place in the world, as whoever assembles the society gives it.
type Seat struct {
	Name    string // the agent's name, as the world and other agents know it
	Ref     *engine.Ref
	From    int    // round in which it enters; 0 or 1: from the start
	Decides string // who decides for it: Rules, a model's name, …

	Latency Latencies // simulated: its own; what is zero is as for all
}

// Rules is who decides for an agent that no mind decides for.
const Rules = "rules"

// Begin seats the agents and starts the first round. It is sent once.
type Begin struct {
	Seats  []Seat
	Wishes Wishes // as of the start
}

// End lets the society end now: the open phase is dropped, last outcomes are sent, and Finished is called.
type End struct{}

// Result is what became of the society.
type Result struct {
	World   any            // as it was at the end; nobody changes it any more
	Rounds  int            // played
	Missed  int            // (agent, phase) pairs that ended without a decision
	Late    bool           // a deadline, an End or a full mailbox cut a phase short: what followed depends on the clock
	Decided map[string]int // actions that reached the world in phases with a choice, by who decided
	Head    journal.Head   // of the world's turns
}

// RoundEnded tells observers that a round is over, and what the world then shows.
type RoundEnded struct {
	Round  int
	Now    time.Duration
	World  []Variable
	Agents []AgentRow
}

// AgentRow is one agent's share in a round.
type AgentRow struct {
	Name      string
	Decides   string // who decided last in this round; "": nothing it decided reached the world
	Variables []Variable
	Reward    *float64 // what the round has brought it, where the world says so; nil: it does not
}

// Missed tells observers that an agent ended a phase without a decision.
type Missed struct {
	Round int
	Phase string
	Agent string
	Late  bool // by the deadline, or in simulated pace and realtime by thinking on; else its percept was quarantined, or its mailbox was full
}

// Hurried tells observers that the clock or load has cut a phase short, for the first time: what follows may be different
// when the run is repeated.
type Hurried struct {
	Round int
	Phase string
}

// Unkept tells observers that no snapshot of the world could be made. It goes on; should it fail before the next one,
// it may be lost.
type Unkept struct {
	Round int
	Why   string
}

// Restored tells observers that the world, which had failed, stands again as it was after its last turn, and that the
// society, which stood still meanwhile, goes on.
type Restored struct {
	Round  int
	Phase  string
	Turn   uint64        // its last one
	Redone int           // turns that were done again, since the last snapshot
	Stood  time.Duration // how long the society stood still; 0: not measured
}
