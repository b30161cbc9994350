package environment

import (
	"errors"
	"slices"

	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
)

// maxActs bounds the actions of one agent that wait to be applied. Those beyond it count as refused, without an outcome.
const maxActs = 1024

// seat is an agent's place, as the conductor sees it.
type seat struct {
	Seat
	actor    string     // name of its actor
	at       int        // its number
	present  bool       // has entered
	gone     bool       // has stopped
	open     bool       // perceives in this step and is not done
	away     bool       // its delivery is still with it, so the object may not be used again
	acts     []wire.Act // taken, not yet applied
	acted    int        // applied in this step
	lastN    uint64     // newest action taken: older ones are duplicates
	lastI    int
	outcomes []wire.Caused     // for the next delivery
	letters  uint64            // promised to it since the start
	later    uint64            // of a past: letters that it sees in a later step
	delivery *wire.Delivery    // newest
	told     int               // how many of those who have left it knows, where not all live in one process
	act      [1]wire.Act       // room for acts: most agents act once
	outcome  [2][1]wire.Caused // and for outcomes, here and with the delivery
	decided  int               // its actions that reached the world in phases with a choice
	ruled    int               // of which a rule decided in place of who decides for it
	by       wire.By           // who decided the last
	chose    int               // round in which that was
	doings   *doings           // simulated
	slip     wire.Delivery     // used again and again, as long as it comes back
}

// lateAct is an action that came when its phase was closed.
type lateAct struct {
	seat *seat
	act  wire.Act
}

// choose picks the seats of the next step.
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
	for _, i := range k.roll {
		if s := k.seats[i]; s.present && !s.gone {
			k.order = append(k.order, i)
		}
	}
	if k.cfg.Shuffle {
		r := chance.New(k.cfg.Seed, Name+"/order", k.step)
		r.Shuffle(len(k.order), func(i, j int) { k.order[i], k.order[j] = k.order[j], k.order[i] })
	}
}

// deliver sends a seat what is due to it. When its mailbox refuses, it misses the phase; when it is no more, it has
// left.
func (k *conductor) deliver(c *engine.Context, i int, percept wire.Caused, last bool) {
	s := k.seats[i]
	d := &s.slip
	if s.away || k.cfg.Pace == Realtime {
		d = &wire.Delivery{}
	}
	s.delivery = d
	d.Seat, d.Step, d.Round, d.Phase, d.Now, d.Last = i, k.step, k.round, k.phaseName(), k.now(), last
	d.Percept, d.Letters, d.Quiet = percept, s.letters, k.quiet
	d.Gone = k.gone[min(s.told, len(k.gone)):len(k.gone):len(k.gone)]
	d.Outcomes, s.outcomes = s.outcomes, d.Outcomes[:0]
	if s.doings != nil {
		d.Due, s.doings.due = s.doings.due, d.Due[:0]
	}
	s.open, s.away = true, true
	k.waiting++
	if err := c.Send(s.Ref, d, d.Weight()); err != nil {
		stopped := errors.Is(err, engine.ErrStopped)
		if stopped { // it is with one who is gone, whether it came in time or not
			c.Refused(-d.Weight())
			c.Dead(d.Weight())
		}
		k.refused(s, stopped)
		return
	}
	s.told = len(k.gone)
}

// refused closes the phase for a seat whose mailbox has not taken its delivery.
func (k *conductor) refused(s *seat, stopped bool) {
	s.open, s.away = false, false
	k.waiting--
	s.delivery.Outcomes = nil
	if stopped {
		k.leave(s)
		return
	}
	k.hurry() // another run need not meet a full mailbox
	if s.delivery.Percept.Event != nil {
		k.miss(s, false)
	}
}

// returned is refused, from another process: later, when the phase may have been closed without it.
func (k *conductor) returned(m *wire.Returned) {
	of, _ := m.Of.(*wire.Delivery)
	at := slices.IndexFunc(k.seats, func(s *seat) bool { return s.actor == m.From })
	if of == nil || at < 0 {
		return
	}
	if s := k.seats[at]; s.open && s.delivery != nil && s.delivery.Step == of.Step {
		k.refused(s, m.Reason == wire.Stopped)
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

// take collects what an agent reports, and gives its seat. It reports only for itself: the engine names the sender;
// nil: it did not.
func (k *conductor) take(c *engine.Context, r *wire.Report) *seat {
	if r.Left && r.Seat < 0 { // it never learned its number
		r.Seat = slices.IndexFunc(k.seats, func(s *seat) bool { return s.Ref == c.Sender() })
	}
	if r.Seat < 0 || r.Seat >= len(k.seats) || k.seats[r.Seat].Ref != c.Sender() {
		c.Refused(r.Weight())
		return nil
	}
	s := k.seats[r.Seat]
	k.promise(r.Wrote)
	if r.Act.Value != nil {
		k.takeAct(c, s, r.Step, r.Act)
		r.Act = wire.Act{} // it may be a slip, to be used again
		for _, a := range r.More {
			k.takeAct(c, s, r.Step, a)
		}
	}
	if s.away && k.stage != closing {
		for _, w := range r.Wants {
			k.want(s, w)
		}
		r.Wants = nil // it may be a slip, too
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
		if k.sim != nil && k.stage != closing {
			k.reached(s)
		}
	}
	if r.Left && k.apart {
		k.gone = append(k.gone, wire.Gone{Name: s.Name, Step: r.Step})
	}
	if r.Left && !s.gone {
		k.leave(s)
		if s.open {
			s.open = false
			k.waiting--
		}
	}
	return s
}

func (k *conductor) takeAct(c *engine.Context, s *seat, step uint64, a wire.Act) {
	if a.N < s.lastN || a.N == s.lastN && a.Index <= s.lastI {
		return // seen before
	}
	s.lastN, s.lastI = a.N, a.Index
	switch {
	case k.stage == closing || k.stage == over:
		c.Dead(1)
		return
	case len(s.acts) >= maxActs || len(k.late) >= maxActs+len(k.seats):
		c.Refused(1)
		return
	case k.sim != nil:
		if s.doings.thinking >= 2*maxActs {
			c.Refused(1)
			return
		}
		k.plan(s, a)
	case k.stage == collecting && step == k.step,
		k.cfg.Pace == Realtime && (k.stage == collecting || k.stage == pausing): // which waits for nobody's decision
		s.acts = append(s.acts, a)
	default:
		k.late = append(k.late, lateAct{s, a})
	}
	c.Handled(1)
}

// leave notes that an agent has stopped.
func (k *conductor) leave(s *seat) {
	if !s.gone {
		s.gone = true
		k.departed++
	}
}

// miss counts an agent that ended a phase without a decision.
func (k *conductor) miss(s *seat, late bool) {
	k.result.Missed++
	if k.cfg.Observe != nil {
		k.cfg.Observe(Missed{Round: k.round, Phase: k.phaseName(), Agent: s.Name, Late: late})
	}
}

// hurry notes that a phase was cut short by the clock or by load.
func (k *conductor) hurry() {
	if k.result.Late {
		return
	}
	k.result.Late = true
	if k.cfg.Observe != nil {
		k.cfg.Observe(Hurried{Round: k.round, Phase: k.phaseName()})
	}
}
