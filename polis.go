package polis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/rs/zerolog"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/supervision"
)

// Society is who lives in which world.
type Society struct {
	Name     string // of the scenario; part of the hash
	World    *environment.Definition
	Agents   []Agent
	Services map[string]actors.Service    // by the name agents ask for; nil: none
	Models   map[string]llmadapter.Config // likewise: each becomes an adapter; nil: none
	MaySpeak func(from, to string) bool   // nil: all may speak to all
	// May says why a message must not go to one of its receivers; nil: it may. It is asked about what MaySpeak allows, when
	// the message is sent: what it forbids never arrives, and comes back as actors.Undelivered with ReasonForbidden and
	// what the error says. Like MaySpeak it must be pure, is called concurrently, and forbids where it panics; the sender
	// of the message is the true one. A nil May allows everything. See norm.Rights.
	May      func(m *protocol.Message, to string) error
	Settings map[string]string // parameters of the world; part of the hash
	Null     Null              // what was taken away from it, see Scenario.Make; part of the hash. "": nothing

	// Again makes an agent that has joined a run while it lived, by its name and mind, when the run is taken up again or
	// replayed. nil: a run that somebody has joined cannot be.
	Again func(name, mind string) (Agent, error)
}

// Decider is who decides for an agent, for people: what it says of itself, the label of its model, or rules.
func (s *Society) Decider(a Agent) string {
	switch {
	case a.Decides != "":
		return a.Decides
	case a.Model != "":
		return cmp.Or(s.Models[a.Model].Label, llmadapter.AnyModel)
	}
	return environment.Rules
}

// Agent is one member of a society.
type Agent struct {
	Name     string                 // unique in the society
	Behavior func() actors.Behavior // called for every life: must give a new value each time
	Mind     string                 // how its decider is written, such as "fixed:10"; part of the hash
	Model    string                 // name of the adapter whose model decides for it; "": none does
	Decides  string                 // who decides for it, for people; "": the label of its model, or rules
	From     int                    // the round in which it joins; 0 or 1: from the start
	Policy   *supervision.Policy    // nil: the zero Policy
	Latency  environment.Latencies  // simulated pace: its own; what is zero is as for all. Part of the hash
}

// Config says how a run goes. The zero value runs in rounds until the world is done.
type Config struct {
	Seed     uint64           // everything random derives from it
	Rounds   int              // 0: until the world is done
	Pace     environment.Pace // "": rounds
	Phase    time.Duration    // what a phase lasts in logical time; 0: 1 s
	Deadline time.Duration    // wall time after which a phase (simulated: a moment) closes without those that are not done; 0: 60 s. In realtime, what a thought may take
	Tick     time.Duration    // what a phase lasts in the realtime pace; 0: 1 s
	Delay    time.Duration    // pause between rounds
	Paused   bool             // it begins with a pause, which Running.Resume ends: not for Run
	Shuffle  bool             // actions of a phase apply in a seeded order, not by name
	Overtake bool             // realtime: a new percept ends the decision an agent is making

	Latency environment.Latencies // simulated pace: what thinking, speaking and perceiving take. Part of the hash

	Host Host // joins the processes in which the society lives; nil: there is this one only

	Journal    journal.Store   // where turns are kept; nil: they are digested and not kept
	Origin     []byte          // JSON that the caller wants to find in the journal again, see Origins; nil: none
	Log        int             // events an agent keeps for its recovery; 0: 64
	Undigested bool            // no digests and no hash: for crowds of which only the numbers matter
	Mailbox    int             // messages that may wait for one agent; 0: twice as many as there are agents, at least 1024
	Chaos      Chaos           // faults on purpose
	Stop       time.Duration   // how long the end may take before what blocks is left behind and named; 0: 10 s
	Logger     zerolog.Logger  // zero: silent
	Observe    func(event any) // sees every event of the closed set below, one at a time; must not block
}

// The events that observers see, a closed set: environment.RoundEnded, environment.Missed, environment.Hurried,
// environment.Unkept, environment.Restored, actors.Said, actors.Marked, actors.Judged, actors.Forgot, actors.Clocked, actors.Unkept,
// actors.Unruled, llmadapter.Asked,
// llmadapter.Ended, and Failed, Blocked, Abandoned, Intervened and Resumed.

// Failed tells observers what supervision decided about a failed turn.
type Failed struct{ Decision supervision.Decision }

// Blocked tells observers that an actor has held its turn for over a second.
type Blocked struct {
	Actor string
	Held  time.Duration
	Stack string
}

// Abandoned tells observers that a mind or a worker did not end although its context has.
type Abandoned struct {
	Actor string
	Job   string
}

// check says what of a configuration makes no sense.
func (c *Config) check() error {
	for _, d := range []struct {
		name  string
		value int64
	}{
		{"Rounds", int64(c.Rounds)}, {"Phase", int64(c.Phase)}, {"Deadline", int64(c.Deadline)}, {"Tick", int64(c.Tick)},
		{"Delay", int64(c.Delay)}, {"Log", int64(c.Log)}, {"Mailbox", int64(c.Mailbox)}, {"Stop", int64(c.Stop)},
	} {
		if d.value < 0 {
			return fmt.Errorf("polis: Config.%s is %d; accepted is 0 or more", d.name, d.value)
		}
	}
	if err := c.Latency.Check(); err != nil {
		return fmt.Errorf("polis: Config.Latency: %w", err)
	}
	if _, err := journal.Normalize(nil, c.Origin); err != nil && c.Origin != nil {
		return fmt.Errorf("polis: Config.Origin: %w; accepted is JSON", err)
	}
	if c.Pace == "" {
		return nil
	}
	_, err := environment.ParsePace(string(c.Pace))
	return err
}

// check says what a society lacks to be run.
func (s *Society) check() error {
	if s.World == nil {
		return fmt.Errorf("polis: society %q has no world", s.Name)
	}
	if len(s.Agents) == 0 {
		return fmt.Errorf("polis: society %q has no agents", s.Name)
	}
	for name, cfg := range s.Models {
		if err := cfg.Check(); err != nil {
			return fmt.Errorf("polis: model %q: %w", name, err)
		}
		if s.Services[name] != nil {
			return fmt.Errorf("polis: %q is the name of a service and of a model", name)
		}
	}
	seen := make(map[string]bool, len(s.Agents))
	for i := range s.Agents {
		a := &s.Agents[i]
		if err := s.checkAgent(a, i); err != nil {
			return err
		}
		if seen[a.Name] {
			return fmt.Errorf("polis: two agents are named %q", a.Name)
		}
		seen[a.Name] = true
	}
	return nil
}

// checkAgent says what the i-th agent lacks to live in this society.
func (s *Society) checkAgent(a *Agent, i int) error {
	switch {
	case a.Name == "" || !utf8.ValidString(a.Name):
		return fmt.Errorf("polis: agent %d is named %q; accepted is a name in UTF-8", i, a.Name)
	case a.Latency.Check() != nil:
		return fmt.Errorf("polis: agent %q: %w", a.Name, a.Latency.Check())
	case a.Behavior == nil:
		return fmt.Errorf("polis: agent %q has no behavior", a.Name)
	case a.Model != "" && s.Models[a.Model].Model == nil:
		return fmt.Errorf("polis: agent %q is decided by model %q; there are %q", a.Name, a.Model, slices.Sorted(maps.Keys(s.Models)))
	}
	return nil
}

// world is what of a configuration the environment actor needs, also when its past is rebuilt.
func (s *Society) world(c *Config) environment.Config {
	_, labels := s.services()
	return environment.Config{Services: labels, Pace: c.Pace, Seed: c.Seed, Rounds: c.Rounds, Phase: c.Phase, Deadline: c.Deadline,
		Tick: c.Tick, Delay: c.Delay, Shuffle: c.Shuffle, Latency: c.Latency}
}

// setting is what the agents share, also when their past is rebuilt.
func (s *Society) setting(c *Config) *actors.Setting {
	names, _ := s.services()
	return &actors.Setting{Services: names, Seed: c.Seed, Definition: s.World, Pace: c.Pace, Limit: c.limit(), MaySpeak: s.MaySpeak, May: s.May, Overtake: c.Overtake}
}

// services are those that may decide, by name and by label, in one order wherever the society is put together.
func (s *Society) services() (names, labels []string) {
	names = slices.Sorted(maps.Keys(s.Models))
	for _, name := range names {
		labels = append(labels, cmp.Or(s.Models[name].Label, llmadapter.AnyModel))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Services)) {
		if _, model := s.Models[name]; !model {
			names, labels = append(names, name), append(labels, name)
		}
	}
	return names, labels
}

// limit for asks and jobs without one of their own: a little less than a phase, so that an agent hears that nothing has
// come while it can still decide otherwise.
func (c *Config) limit() time.Duration {
	deadline := c.Deadline
	if deadline <= 0 {
		deadline = time.Minute
	}
	return deadline - deadline/10
}
