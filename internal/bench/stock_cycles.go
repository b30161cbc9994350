package bench

import (
	"github.com/asynkron/protoactor-go/actor"
)

// openStockCycles is the cycle with one protoactor actor per agent and one for the environment, all with the default
// mailbox and dispatcher. PIDs are kept, messages are pointers, the percepts of a round lie in one slice.
func openStockCycles(o Options) (rig, error) {
	s := newStock()
	world := stockSociety(s, o.Agents)
	return rig{close: ended(s), run: func(cycles int) (sample, error) {
		rounds := inRounds(cycles, o.Agents)
		msg := &start{rounds: rounds, done: make(chan error, 1)}
		return measure(rounds*o.Agents, func() error {
			s.Root.Send(world, msg)
			return await(msg.done)
		})
	}}, nil
}

// stockSociety starts the environment, which starts its agents.
func stockSociety(s *actor.ActorSystem, agents int) (world *actor.PID) {
	return s.Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return &stockWorld{agents: agents} }))
}

// stockWorld is the environment.
type stockWorld struct {
	*pond
	agents int
	pids   []*actor.PID
	start  *start
}

// Receive collects the actions of a round.
func (w *stockWorld) Receive(c actor.Context) {
	switch msg := c.Message().(type) {
	case *actor.Started:
		w.pond = newPond(w.agents)
		world := c.Self()
		for i := range uint32(w.agents) {
			w.pids = append(w.pids, c.Spawn(actor.PropsFromProducer(func() actor.Actor {
				return &stockFisher{fisher{agent: i, luck: i + 1}, w.agents, world}
			})))
		}
	case *start:
		w.start = msg
		w.perceive(c)
	case *action:
		if !w.take(msg) {
			return
		}
		if w.start.over(w.pond) {
			w.start.done <- nil
			return
		}
		w.perceive(c)
	}
}

func (w *stockWorld) perceive(c actor.Context) {
	for i, pid := range w.pids {
		c.Send(pid, &w.percepts[i])
	}
}

// stockFisher is an agent.
type stockFisher struct {
	fisher
	agents int
	world  *actor.PID
}

// Receive answers a percept with an action.
func (f *stockFisher) Receive(c actor.Context) {
	if p, ok := c.Message().(*percept); ok {
		c.Send(f.world, f.decide(p, f.agents))
	}
}
