package environment

import (
	"fmt"
	"sort"
	"time"

	"github.com/polis-agents/polis/internal/chance"
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
	pausing                 // between rounds
	closing                 // last outcomes are sent
	over
)

// conductor is what outlives the lives of the world: whose turn it is, who has been heard, what is still to be
// applied. It is the engine.Host of the environment actor.
type conductor struct {
	def      *Definition
	cfg      Config
	stage    stage
	seats    []*seat // by name
	byName   map[string]*seat
	round    int // from 1
	phase    int // of the round
	passed   int // phases closed since the start: logical time
	step     uint64
	order    []int // seats of this step
	queue    []int // sequential: seats still to be activated in this phase
	chosen   bool  // order is that of the step to be opened
	waiting  int   // seats of this step that are not done
	at, act  int   // next to be applied: order[at], and which of its actions
	late     []lateAct
	began    time.Time
	timer    engine.Timer
	percepts []any // of the step being opened
	history  journal.History[change]
	result   Result
	world    any // of the present life
}

// seat is an agent's place, as the conductor sees it.
type seat struct {
	Seat
	at       int        // its number
	present  bool       // has entered
	gone     bool       // has stopped
	open     bool       // perceives in this step and is not done
	away     bool       // its delivery is still with it, so the object may not be used again
	acts     []wire.Act // taken, not yet applied
	acted    int        // applied in this step
	lastN    uint64     // newest action taken: older ones are duplicates
	lastI    int
	outcomes []wire.Caused  // for the next delivery
	letters  uint64         // promised to it since the start
	delivery *wire.Delivery // newest
	slip     wire.Delivery  // used again and again, as long as it comes back
}

type lateAct struct {
	seat *seat
	act  wire.Act
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
	return &conductor{def: def, cfg: cfg, byName: make(map[string]*seat), result: Result{Decided: map[string]int{}}}
}

// NewLife makes the world's next life.
func (k *conductor) NewLife() engine.Actor { return &life{conductor: k} }

// seat takes the agents in.
func (k *conductor) seatAll(b *Begin) {
	k.began = time.Now()
	all := make([]seat, len(b.Seats)) // side by side: the world goes through them in every phase
	for i, s := range b.Seats {
		all[i].Seat = s
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	for i := range all {
		s := &all[i]
		s.at = i
		k.seats = append(k.seats, s)
		k.byName[s.Name] = s
	}
	k.stage, k.round = starting, 1
}

// advance goes from stage to stage until it has to wait for the agents.
func (l *life) advance(c *engine.Context) error {
	k := l.conductor
	for {
		var err error
		switch k.stage {
		case starting:
			if err = l.start(c); err == nil {
				k.to(entering)
			}
		case entering:
			if err = l.enter(c); err == nil {
				k.to(activating)
			}
		case activating:
			if err = l.activate(c); err == nil {
				k.to(opening)
			}
		case opening:
			if err = l.open(c); err == nil && k.stage == opening { // it may have been sent on: nobody is there
				k.stage = collecting
			}
		case collecting:
			if k.cfg.Pace == Realtime || k.waiting > 0 {
				return nil
			}
			k.close(c)
		case applying:
			if err = l.applyAll(c); err == nil {
				k.to(ticking)
				if len(k.queue) > 0 {
					k.to(opening)
				}
			}
		case ticking:
			if err = l.tick(c); err == nil {
				k.nextPhase(c)
			}
		case closing:
			if k.waiting == 0 {
				k.finish()
			}
			return nil
		default: // seating, pausing, over
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// to enters a stage whose turns are counted by at and act.
func (k *conductor) to(s stage) { k.stage, k.at, k.act = s, 0, 0 }

// phaseName of the present phase.
func (k *conductor) phaseName() string { return k.def.phases[k.phase] }

// now is logical time; in realtime, wall time since the start.
func (k *conductor) now() time.Duration {
	if k.cfg.Pace == Realtime {
		return time.Since(k.began)
	}
	return time.Duration(k.passed) * k.cfg.Phase
}

// nextPhase goes on when the actions of a phase are applied and time has passed.
func (k *conductor) nextPhase(c *engine.Context) {
	k.passed++
	k.phase++
	if k.phase < len(k.def.phases) {
		k.to(activating)
		return
	}
	k.phase = 0
	k.result.Rounds = k.round
	k.endRound()
	if e, ok := k.world.(Ender); k.cfg.Rounds > 0 && k.round >= k.cfg.Rounds || ok && e.Done() {
		k.closeAll(c)
		return
	}
	k.round++
	k.to(entering)
	if k.cfg.Delay > 0 && k.cfg.Pace != Realtime {
		k.stage = pausing
		c.After(k.cfg.Delay, resume{})
	}
}

// endRound shows observers the round.
func (k *conductor) endRound() {
	if k.cfg.Observe == nil {
		return
	}
	ended := RoundEnded{Round: k.round, Now: k.now()}
	if o, ok := k.world.(Observed); ok {
		ended.World = o.Variables()
		for _, s := range k.seats {
			if s.present {
				ended.Agents = append(ended.Agents, AgentRow{s.Name, s.Decides, o.AgentVariables(s.Name)})
			}
		}
	}
	k.cfg.Observe(ended)
}

// select picks the seats of the next step.
func (k *conductor) choose() {
	k.order = k.order[:0]
	if k.cfg.Pace == Sequential {
		for len(k.queue) > 0 && len(k.order) == 0 {
			if s := k.seats[k.queue[0]]; s.present && !s.gone {
				k.order = append(k.order, k.queue[0])
			}
			k.queue = k.queue[1:]
		}
		return
	}
	for i, s := range k.seats {
		if s.present && !s.gone {
			k.order = append(k.order, i)
		}
	}
	if k.cfg.Shuffle {
		r := chance.New(k.cfg.Seed, Name+"/order", k.step)
		r.Shuffle(len(k.order), func(i, j int) { k.order[i], k.order[j] = k.order[j], k.order[i] })
	}
}

// deliver sends a seat what is due to it. When its mailbox refuses, it misses the phase.
func (k *conductor) deliver(c *engine.Context, i int, percept wire.Caused, last bool) {
	s := k.seats[i]
	d := &s.slip
	if s.away || k.cfg.Pace == Realtime {
		d = &wire.Delivery{}
	}
	s.delivery = d
	d.Seat, d.Step, d.Round, d.Phase, d.Now, d.Last = i, k.step, k.round, k.phaseName(), k.now(), last
	d.Percept, d.Letters = percept, s.letters
	d.Outcomes, s.outcomes = s.outcomes, d.Outcomes[:0]
	s.acts = s.acts[:0]
	s.open, s.away = true, true
	k.waiting++
	if err := c.Send(s.Ref, d, d.Weight()); err != nil {
		s.open, s.away = false, false
		k.waiting--
		d.Outcomes = nil
		if !last {
			k.miss(s, false)
		}
	}
}

// promise notes how many letters the next deliveries have to wait for.
func (k *conductor) promise(wrote []wire.Count) {
	for _, w := range wrote {
		if s := k.byName[w.To]; s != nil {
			s.letters += uint64(w.N)
		}
	}
}

// take collects what an agent reports. It reports only for itself: the engine names the sender.
func (k *conductor) take(c *engine.Context, r *wire.Report) error {
	if r.Seat < 0 || r.Seat >= len(k.seats) || k.seats[r.Seat].Ref != c.Sender() {
		c.Refused(r.Weight())
		return nil
	}
	s := k.seats[r.Seat]
	k.promise(r.Wrote)
	if r.Act.Value != nil {
		k.takeAct(c, s, r.Step, r.Act)
		for _, a := range r.More {
			k.takeAct(c, s, r.Step, a)
		}
	}
	if s.delivery != nil && r.Step == s.delivery.Step && r.Done {
		s.away = false
		if s.open && r.Step == k.step {
			s.open = false
			k.waiting--
			if r.Missed && len(s.acts) == 0 {
				k.miss(s, false)
			}
		}
	}
	if r.Left && !s.gone {
		s.gone = true
		if s.open {
			s.open = false
			k.waiting--
		}
	}
	return nil
}

func (k *conductor) takeAct(c *engine.Context, s *seat, step uint64, a wire.Act) {
	if a.N < s.lastN || a.N == s.lastN && a.Index <= s.lastI {
		return // seen before
	}
	s.lastN, s.lastI = a.N, a.Index
	if k.stage == closing || k.stage == over {
		c.Refused(1)
		return
	}
	c.Handled(1)
	if k.stage == collecting && step == k.step {
		s.acts = append(s.acts, a)
		return
	}
	k.late = append(k.late, lateAct{s, a})
}

// miss counts an agent that ended a phase without a decision.
func (k *conductor) miss(s *seat, late bool) {
	k.result.Missed++
	if k.cfg.Observe != nil {
		k.cfg.Observe(Missed{Round: k.round, Phase: k.phaseName(), Agent: s.Name, Late: late})
	}
}

// close ends a step: what was collected is to be applied.
func (k *conductor) close(c *engine.Context) {
	k.timer.Stop()
	k.to(applying)
}

// expire closes a step whose deadline has passed.
func (k *conductor) expire(c *engine.Context) {
	for _, i := range k.order {
		s := k.seats[i]
		if !s.open {
			continue
		}
		s.open = false
		k.result.Late = true
		if len(s.acts) == 0 && k.stage == collecting {
			k.miss(s, true)
		}
	}
	k.waiting = 0
}

// closeAll sends everybody the last outcomes.
func (k *conductor) closeAll(c *engine.Context) {
	k.stage, k.waiting = closing, 0
	k.step++
	k.order = k.order[:0]
	for i, s := range k.seats {
		if s.present && !s.gone {
			k.order = append(k.order, i)
			k.deliver(c, i, wire.Caused{}, true)
		}
	}
	k.timer = c.After(k.cfg.Deadline, deadline{k.step})
}

// finish tells whoever assembled the society.
func (k *conductor) finish() {
	k.timer.Stop()
	k.stage = over
	k.result.World = k.world
	k.result.Head = k.history.Head(Name)
	if k.cfg.Finished != nil {
		k.cfg.Finished(k.result)
	}
}

// Quarantine sets aside the turn of the world that failed to its last attempt, so that the society can go on. Without
// percepts it cannot.
func (k *conductor) Quarantine(c *engine.Context, f *engine.Failure) (skipped bool) {
	switch k.stage {
	case applying:
		s, a := k.current()
		c.Handled(-1) // counted when it was taken
		c.Quarantined(1)
		s.outcomes = append(s.outcomes, wire.Caused{N: k.history.N(),
			Event: Outcome{Action: k.nameOf(a.Value), Reason: ReasonWorldFailed, Detail: fmt.Sprint(f.Err)}})
		k.act++
	case entering, ticking:
		k.at++ // an agent that cannot enter stays outside; time passes without the tick
	default:
		return false
	}
	return true
}
