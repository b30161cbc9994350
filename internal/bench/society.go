package bench

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strconv"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
)

// water is the world of the cycle as a society has it: the same pond, with its state in exported fields.
type water struct {
	Stock, Share float64
	Round        uint64
	Wants        []float32
}

// wish is the action of the cycle: 12 bytes.
type wish struct {
	Agent, Round uint32
	Wants        float32
}

// sight is the percept of the cycle: 24 bytes.
type sight struct {
	Stock, Granted float64
	Round          uint64
}

// Perceive shows an agent the pond and what it was granted.
func (w *water) Perceive(agent string) sight {
	i, _ := strconv.Atoi(agent)
	return sight{w.Stock, w.Share * float64(w.Wants[i]), w.Round}
}

// Want notes what an agent wants.
func (w *water) Want(_ string, x wish) (float32, error) {
	w.Wants[x.Agent] = x.Wants
	return x.Wants, nil
}

// Tick ends the round as pond.apply does.
func (w *water) Tick(string, *rand.Rand) {
	p := pond{stock: w.Stock, round: w.Round, wants: w.Wants}
	w.Share = p.share()
	w.Stock, w.Round = p.stock, p.round
}

// Snapshot is the state.
func (w *water) Snapshot() ([]byte, error) { return json.Marshal(*w) }

// Restore takes it back.
func (w *water) Restore(state []byte) error { return json.Unmarshal(state, w) }

// openCycles is the cycle in a society: one actor per agent, whole turns. hashed chains digests, as with --journal none.
func openCycles(hashed bool) opener { return openPaced(hashed, environment.Rounds) }

// openPaced is openCycles in any pace. In the simulated one, agents that are late make it a little less than a cycle.
func openPaced(hashed bool, pace environment.Pace) opener {
	return func(o Options) (rig, error) {
		g := &gate{open: make(chan *start), end: make(chan struct{})}
		society, cfg := cycleSociety(o.Agents)
		cfg.Undigested, cfg.Pace = !hashed, pace
		cfg.Observe = g.pass
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() {
			_, err := polis.Run(ctx, society, cfg)
			ended <- err
		}()
		return rig{
			run: func(cycles int) (sample, error) {
				rounds := inRounds(cycles, o.Agents)
				msg := &start{rounds: rounds, done: make(chan error, 1)}
				return measure(rounds*o.Agents, func() error {
					select {
					case g.open <- msg:
						return await(msg.done)
					case err := <-ended:
						return errors.Join(errors.New("the society has ended"), err)
					}
				})
			},
			close: func() error {
				cancel()
				close(g.end)
				if err := <-ended; !errors.Is(err, context.Canceled) {
					return err
				}
				return nil
			},
		}, nil
	}
}

// cycleSociety is that many fishers at the water.
func cycleSociety(agents int) (polis.Society, polis.Config) {
	world := environment.Define(func() *water {
		return &water{Stock: float64(agents), Wants: make([]float32, agents)}
	}, (*water).Perceive)
	environment.AddAction(world, "want", "Want a share.", (*water).Want)
	s := polis.Society{Name: "water", World: world}
	for i := range agents {
		name := strconv.Itoa(1_000_000 + i)[1:] // so that their order by name is that by number
		s.Agents = append(s.Agents, polis.Agent{Name: name, Behavior: func() actors.Behavior {
			f := &fisher{agent: uint32(i), luck: uint32(i) + 1}
			return actors.FromRule(actors.RuleFunc[sight, wish](func(_ *actors.Turn, s actors.Situation[sight]) (wish, error) {
				a := f.decide(&percept{stock: s.Percept.Stock, granted: s.Percept.Granted, round: s.Percept.Round}, agents)
				return wish{a.agent, a.round, a.wants}, nil
			}))
		}})
	}
	return s, polis.Config{}
}

// gate lets a society go on for as many rounds as are asked for. It holds the world's turn meanwhile.
type gate struct {
	now  *start
	open chan *start
	end  chan struct{}
}

// pass sees every event of the society.
func (g *gate) pass(event any) {
	if _, ok := event.(environment.RoundEnded); !ok {
		return
	}
	if g.now != nil {
		if g.now.rounds--; g.now.rounds > 0 {
			return
		}
		g.now.done <- nil
	}
	select {
	case g.now = <-g.open:
	case <-g.end:
		g.now = nil
	}
}
