package environment

import (
	"sort"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// Name of the environment actor.
const Name = "world"

// stage is where the conductor stands. Each leads to the next when its turns are committed, so that a life that
// failed half-way goes on exactly where the former one stopped.
type stage int

const (
	seating    stage = iota // waits for Begin
	starting                // the world's first turn
	entering                // agents that join this round
	activating              // sequential: the world names who perceives
	opening                 // percepts are made and sent
	collecting              // waits for the agents
	applying                // their actions, one turn each
	ticking                 // joint effects and own dynamics
	moving                  // simulated: time passes until something is due
	waking                  // simulated: it is brought to those whom it reaches
	passing                 // the phase is over, perhaps the round, perhaps the society
	pausing                 // between rounds; in realtime, before a phase is closed
	closing                 // last outcomes are sent
	over
)

// conductor is what outlives the lives of the world: whose turn it is, who has been heard, what is still to be
// applied. It is the engine.Host of the environment actor.
type conductor struct {
	def      *Definition
	cfg      Config
	stage    stage
	seats    []*seat // by number
	roll     []int   // numbers of the seats, by name
	byName   map[string]*seat
	round    int // from 1
	phase    int // of the round
	passed   int // phases closed since the start: logical time
	step     uint64
	order    []int       // seats of this step
	queue    []int       // sequential: seats still to be activated in this phase
	choice   bool        // something can be done in this phase
	chosen   bool        // order is that of the step to be opened
	seen     bool        // its percepts are made, and not yet sent
	peopled  bool        // somebody has perceived in this round
	departed int         // seats whose agents have stopped
	apart    bool        // not all agents live in this process
	gone     []wire.Gone // where they do not: who has stopped
	waiting  int         // seats of this step that are not done
	at, act  int         // next to be applied: order[at], and which of its actions
	late     []lateAct
	timer    engine.Timer
	names    []string // of the seats, side by side: making percepts touches nothing else
	percepts []any    // of the step being opened
	history  journal.History[change]
	wishes   Wishes     // newest; those of Join are in joining
	joining  []Join     // enter with the next round
	quiet    bool       // nobody may speak in this phase
	still    bool       // a pause is held
	delayed  bool       // the pause between rounds is not over
	unkept   error      // why the last snapshot failed
	lived    bool       // it has had a life
	sim      *simulated // nil in other paces
	result   Result
	world    any   // of the present life
	past     *Past // what it goes on from, until it does; nil: it begins
}

// messages of the conductor to itself
type (
	deadline struct{ step uint64 }
	tick     struct{ step uint64 }
	resume   struct{}
)

// NewHost makes the environment actor's host. Spawn it under Name, then send it Begin.
func NewHost(def *Definition, cfg Config) engine.Host {
	cfg.fill()
	k := &conductor{def: def, cfg: cfg, byName: make(map[string]*seat)}
	k.simulate()
	return k
}

// NewLife makes the world's next life.
func (k *conductor) NewLife() engine.Actor { return &life{conductor: k} }

// seatAll takes the agents in.
func (k *conductor) seatAll(b *Begin) {
	k.startClock()
	all := make([]seat, len(b.Seats)) // side by side: the world goes through them in every phase
	for i, s := range b.Seats {
		all[i].Seat = s
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	for i := range all {
		k.seat(&all[i])
		k.roll = append(k.roll, i)
	}
	k.stage, k.round, k.wishes = starting, 1, b.Wishes
}

func (k *conductor) startClock() {
	if k.cfg.Clock == nil {
		began := time.Now()
		k.cfg.Clock = func() time.Duration { return time.Since(began) }
	}
}

// place notes where an agent lives; nil: nowhere yet.
func (k *conductor) place(s *seat, ref *engine.Ref) {
	if s.Ref = ref; ref != nil {
		s.actor = ref.Name()
		k.apart = k.apart || ref.Away()
	}
}

// seat gives an agent the next number.
func (k *conductor) seat(s *seat) {
	s.at = len(k.seats)
	k.place(s, s.Ref)
	s.acts, s.outcomes, s.slip.Outcomes = s.act[:0], s.outcome[0][:0:1], s.outcome[1][:0:1]
	if k.sim != nil {
		s.doings = &doings{latency: s.Latency.Filled(k.cfg.Phase, k.cfg.Latency)}
	}
	k.seats = append(k.seats, s)
	k.names = append(k.names, s.Name)
	k.byName[s.Name] = s
}

// advance goes from stage to stage until it has to wait for the agents.
func (l *life) advance(c *engine.Context) error {
	k := l.conductor
	for {
		var err error
		switch k.stage {
		case starting:
			if err = l.start(c); err == nil {
				k.to(pausing)
			}
		case entering:
			k.seatJoined()
			if err = l.enter(c); err == nil {
				k.to(activating)
			}
		case activating:
			k.hush()
			if err = l.activate(c); err == nil {
				k.to(opening)
			}
		case opening:
			if k.sim != nil {
				k.beginPhase()
				k.to(waking)
			} else if err = l.open(c); err == nil {
				k.to(collecting)
			}
		case moving:
			k.move()
			k.to(applying)
		case waking:
			if err = l.waken(c); err == nil {
				k.to(collecting)
			}
		case collecting:
			if k.cfg.Pace == Realtime || k.waiting > 0 {
				return nil
			}
			if k.sim != nil {
				k.to(moving)
				continue
			}
			k.timer.Stop()
			k.to(applying)
		case applying:
			if err = l.applyAll(c); err == nil {
				k.applied()
			}
		case ticking:
			if err = l.tick(c); err == nil {
				k.to(passing)
			}
		case passing:
			err = l.pass(c)
		case closing:
			if k.waiting == 0 {
				k.finish()
			}
			return nil
		case pausing:
			if k.stands() {
				return nil
			}
			err = l.goOn(c)
		default: // seating, over
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// applied goes on when the actions of a step have been applied.
func (k *conductor) applied() {
	switch {
	case k.sim != nil && k.sim.now < k.sim.end:
		k.free()
		k.to(waking)
	case k.sim != nil:
		k.free()
		k.endPhase()
		k.to(ticking)
	case len(k.queue) > 0:
		k.to(opening)
	default:
		k.to(ticking)
	}
}

// to enters a stage whose turns are counted by at and act.
func (k *conductor) to(s stage) { k.stage, k.at, k.act = s, 0, 0 }

// phaseName of the present phase.
func (k *conductor) phaseName() string { return k.def.phases[k.phase] }

// now is logical time; in realtime, wall time since the start.
func (k *conductor) now() time.Duration {
	if k.cfg.Pace == Realtime {
		return k.cfg.Clock()
	}
	if k.sim != nil {
		return k.sim.now
	}
	return time.Duration(k.passed) * k.cfg.Phase
}

// pass goes on when the actions of a phase are applied and time has passed. After the last phase of a round the world
// is asked whether it is done, and what it shows, before anything changes here: when it fails it is asked again.
func (l *life) pass(c *engine.Context) (err error) {
	k := l.conductor
	if k.phase < len(k.def.phases)-1 {
		k.passed++
		k.phase++
		k.to(activating)
		return nil
	}
	defer l.orLose(c, "cannot tell whether it is done, or what it shows", &err)
	e, ok := k.world.(Ender)
	done := k.cfg.Rounds > 0 && k.round >= k.cfg.Rounds || ok && e.Done() ||
		k.cfg.Rounds == 0 && k.departed == len(k.seats) && len(k.joining) == 0 // nobody is left to end it
	ended := k.shown()
	k.passed++
	k.phase = 0
	k.result.Rounds = k.round
	ended.Now = k.now()
	if k.cfg.Observe != nil { // before anybody hears that it is the last
		k.cfg.Observe(ended)
	}
	switch {
	case done:
		k.closeAll(c)
	case k.cfg.Pace != Realtime && (k.cfg.Delay > 0 || !k.peopled): // nobody perceives: End must find a gap
		k.to(pausing)
		k.delayed = true
		c.After(k.cfg.Delay, resume{})
	case k.cfg.Pace != Realtime && k.wishes.Pause:
		k.to(pausing)
	default:
		k.to(entering)
	}
	k.peopled = false
	if !done {
		k.round++
	}
	return nil
}

// shown is the round that ends, as observers see it.
func (k *conductor) shown() RoundEnded {
	ended := RoundEnded{Round: k.round}
	o, observed := k.world.(Observed)
	w, rewarding := k.world.(Rewarder)
	if k.cfg.Observe == nil || !observed && !rewarding {
		return ended
	}
	if observed {
		ended.World = o.Variables()
	}
	for _, i := range k.roll {
		s := k.seats[i]
		if !s.present {
			continue
		}
		row := AgentRow{Name: s.Name}
		switch {
		case s.chose != k.round: // it missed the round, or nothing could be chosen
		case s.by == wire.ByRule:
			row.Decides = Rules
		case k.substitute(s.by) != "":
			row.Decides = k.substitute(s.by)
		default:
			row.Decides = s.Decides
		}
		if observed {
			row.Variables = o.AgentVariables(s.Name)
		}
		if rewarding {
			reward := w.Reward(s.Name)
			row.Reward = &reward
		}
		ended.Agents = append(ended.Agents, row)
	}
	return ended
}
