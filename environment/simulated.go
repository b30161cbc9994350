package environment

import (
	"container/heap"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/polis-agents/polis/internal/chance"
	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
)

// simulated is what the conductor keeps for the simulated pace: virtual time, and all that is to come.
//
// A moment is all that happens at one virtual time: what was due, then the agents' turns about it. When all of them have
// reported, the next one is taken. What they want is due later, by a grain at least.
type simulated struct {
	now     time.Duration
	end     time.Duration // of the phase
	grain   time.Duration
	queue   queue
	moment  []*coming
	lookers []int // seats that perceive in this moment, by name
	woken   []int // seats that something reaches in it, by name
	watched bool  // the deadline runs
}

// doings are what the conductor keeps of one agent in the simulated pace.
type doings struct {
	latency  Latencies
	thinking int           // asks, jobs and actions that are under way
	open     []*coming     // asks, jobs and timers
	look     *coming       // when it perceives next; nil: it need not, or thinks
	looked   uint64        // so often it has perceived
	looks    int           // in this phase
	free     time.Duration // since when it does not think; that of its newest look, if that was later
	may      time.Duration // when the phase began in which it may look
	heard    time.Duration // when its last words are
	spoke    [2]uint64     // turn and effect of those
	acts     time.Duration // when the actions of the turn below apply
	actN     uint64
	percept  wire.Caused // now; of a past, made before it ended
	due      []wire.Due  // now
	owed     []wire.Due  // came due when it could not be reached: before it entered, or when it held its turn too long
}

// simulate prepares for the simulated pace.
func (k *conductor) simulate() {
	if k.cfg.Pace == Simulated {
		k.sim = &simulated{grain: grainOf(k.cfg.Phase)}
	}
}

// beginPhase lets every agent look that is free.
func (k *conductor) beginPhase() {
	k.choice = k.def.Choice(k.phaseName())
	k.sim.end = k.sim.now + k.cfg.Phase
	for _, i := range k.roll {
		s := k.seats[i]
		s.acted, s.doings.looks, s.doings.may = 0, 0, k.sim.now // a look that is on its way stays as it is
		if s.present && !s.gone && !s.away {
			if d := s.doings; len(d.owed) > 0 { // it has just entered
				d.due = append(d.due, d.owed...)
				slices.SortFunc(d.due, inOrder)
				d.owed = nil
				k.wake(s)
			}
			k.consider(s)
		}
	}
}

// endPhase counts who has not perceived in it.
func (k *conductor) endPhase() {
	for _, i := range k.roll {
		if s := k.seats[i]; s.present && !s.gone && s.doings.looks == 0 {
			k.miss(s, true)
		}
	}
}

// consider lets an agent perceive that is free and has not done so in this phase.
func (k *conductor) consider(s *seat) {
	d := s.doings
	if !s.present || s.gone || s.away || d.thinking > 0 || d.look != nil || d.looks >= k.cfg.Actions {
		return
	}
	after := d.latency.Perceiving.draw(k.cfg.Seed, s.actor+"/perceiving", d.looked+1, k.sim.grain)
	d.look = k.sim.push(&coming{at: max(d.free, d.may) + max(after, k.sim.grain), seat: s, due: wire.Due{Kind: look}})
}

// think notes that an agent has begun to think: it does not look meanwhile.
func (k *conductor) think(d *doings) {
	d.thinking++
	if d.look != nil {
		k.sim.queue.drop(d.look)
		d.look = nil
	}
}

// rest notes that a thought has ended.
func (k *conductor) rest(d *doings) {
	d.thinking--
	d.free = k.sim.now
}

// push puts something into the queue. What is late, since its agent was, comes at once.
func (m *simulated) push(e *coming) *coming {
	e.at = max(e.at, m.now)
	heap.Push(&m.queue, e)
	return e
}

// move goes to the next moment: time passes, and what is due then is sorted out.
func (k *conductor) move() {
	m := k.sim
	m.now = m.end
	if len(m.queue) > 0 {
		m.now = min(m.queue[0].at, m.end)
	}
	k.sortOut()
}

// sortOut takes what is due now, and says whom it reaches.
func (k *conductor) sortOut() {
	m := k.sim
	k.order = k.order[:0]
	m.moment = m.queue.moment(m.now, m.moment[:0])
	for _, e := range m.moment {
		s, d := e.seat, e.seat.doings
		switch e.due.Kind {
		case look:
			if s.gone || s.away {
				d.look = nil // until it can be reached again
				continue
			}
			m.lookers = append(m.lookers, s.at)
			k.wake(s)
			continue
		case action:
			k.rest(d)
			if len(s.acts) == 0 {
				k.order = append(k.order, s.at)
			}
			s.acts = append(s.acts, *e.act)
			continue
		case wire.Reply:
			k.rest(d)
			d.close(e)
		case wire.Ring:
			d.close(e)
		}
		switch {
		case s.gone: // nobody is told
		case s.away || !s.present:
			d.owed = append(d.owed, e.due)
		default:
			d.due = append(d.due, e.due)
			k.wake(s)
		}
	}
	clear(m.moment)
	if k.cfg.Shuffle {
		r := chance.New(k.cfg.Seed, Name+"/order", uint64(m.now))
		r.Shuffle(len(k.order), func(i, j int) { k.order[i], k.order[j] = k.order[j], k.order[i] })
	}
}

// wake notes that something reaches an agent in this moment.
func (k *conductor) wake(s *seat) { k.sim.woken = append(k.sim.woken, s.at) }

// free lets those look whose actions have been applied, and has them told what came of it.
func (k *conductor) free() {
	for _, i := range k.order {
		if s := k.seats[i]; !s.gone && !s.away {
			k.wake(s)
			k.consider(s)
		}
	}
}

// waken makes the percepts of a moment, all in one turn, and sends everybody what has come due.
func (l *life) waken(c *engine.Context) error {
	k, m := l.conductor, l.sim
	if len(m.lookers) > 0 {
		k.order = append(k.order[:0], m.lookers...)
		if err := l.perceiveOnce(c); err != nil {
			return err
		}
	}
	slices.SortFunc(m.woken, func(x, y int) int { return strings.Compare(k.names[x], k.names[y]) })
	k.order = append(k.order[:0], slices.Compact(m.woken)...)
	n := k.history.N()
	k.waiting = 0
	if len(k.order) > 0 {
		k.step++
	}
	at := 0
	for _, i := range k.order {
		percept := wire.Caused{}
		if at < len(m.lookers) && m.lookers[at] == i {
			d := k.seats[i].doings
			d.saw(m.now)
			percept = wire.Caused{Event: k.percepts[at], N: n, Index: at}
			at++
		} else if d := k.seats[i].doings; d.percept.Event != nil {
			percept, d.percept = d.percept, wire.Caused{}
		}
		k.deliver(c, i, percept, false)
	}
	clear(k.percepts)
	m.lookers, m.woken, k.seen = m.lookers[:0], m.woken[:0], false
	k.guard(c)
	return nil
}

// saw notes that an agent perceives.
func (d *doings) saw(now time.Duration) {
	d.look, d.free = nil, now
	d.looks++
	d.looked++
}

// guard sees to it that a moment ends when an agent does not: between one and two deadlines after it began, so that most
// moments need no timer of their own.
func (k *conductor) guard(c *engine.Context) {
	if k.waiting > 0 && !k.sim.watched {
		k.sim.watched = true
		k.timer = c.After(k.cfg.Deadline, deadline{k.step})
	}
}

// overrun closes a moment whose deadline has passed. Who is late is reached again when it has reported.
func (k *conductor) overrun(c *engine.Context, step uint64) {
	k.sim.watched = false
	if step != k.step || k.waiting == 0 {
		k.guard(c)
		return
	}
	for _, i := range k.order {
		s := k.seats[i]
		if !s.open {
			continue
		}
		s.open = false
		k.result.Late = true
		if s.delivery.Percept.Event != nil {
			k.miss(s, true)
		}
	}
	k.waiting = 0
}

// since is the virtual time of the turns that an agent reports about: that of what was delivered to it.
func (k *conductor) since(s *seat) time.Duration {
	if s.delivery == nil {
		return k.sim.now
	}
	return s.delivery.Now
}

// thought is how long it takes from an effect of an agent's turn to what it has thought of.
func (k *conductor) thought(s *seat, n uint64, index int) time.Duration {
	return max(s.doings.latency.Thinking.draw(k.cfg.Seed, s.actor+"/thinking", numbered(n, index), k.sim.grain), k.sim.grain)
}

// numbered makes one number of a turn and an effect.
func numbered(n uint64, index int) uint64 { return n<<20 + uint64(index) }

// plan lets an action come when it is thought over. Those of one turn come together.
func (k *conductor) plan(s *seat, a wire.Act) *coming {
	d := s.doings
	switch {
	case d.actN == a.N:
	case a.Ready:
		d.actN, d.acts = a.N, k.since(s)+k.sim.grain
	default:
		d.actN, d.acts = a.N, k.since(s)+k.thought(s, a.N, a.Index)
	}
	k.think(d)
	return k.sim.push(&coming{at: d.acts, seat: s, due: wire.Due{Kind: action, N: a.N, Index: a.Index}, act: &a})
}

// want lets come what the turns of an agent want; nil: nothing is to come of it.
func (k *conductor) want(s *seat, w wire.Want) *coming {
	d, m := s.doings, k.sim
	e := &coming{at: k.since(s), seat: s, due: wire.Due{Kind: w.Kind, N: w.N, Index: w.Index}}
	switch w.Kind {
	case wire.Word, wire.Return:
		if w.Kind == wire.Word {
			if e.seat = k.byName[w.To]; e.seat == nil {
				return nil
			}
			e.due.Sender = s.Name
		}
		if said := [2]uint64{w.N, uint64(w.Index)}; d.spoke != said { // all hear it at the same time, and after what was said before
			after := d.latency.Speaking.draw(k.cfg.Seed, s.actor+"/speaking", numbered(w.N, w.Index), m.grain)
			d.spoke, d.heard = said, max(d.heard, e.at+max(after, m.grain))
		}
		e.at = d.heard
	case wire.Reply:
		e.at += k.thought(s, w.N, w.Index)
		k.think(d)
		d.open = append(d.open, e)
	case wire.Ring:
		if e.at += max(w.Delay, m.grain); e.at < 0 {
			e.at = math.MaxInt64
		}
		d.open = append(d.open, e)
	case wire.Withdrawal:
		k.withdraw(s, w)
		return nil
	default:
		return nil
	}
	return m.push(e)
}

// withdraw takes back what was cancelled.
func (k *conductor) withdraw(s *seat, w wire.Want) {
	for _, e := range s.doings.open {
		if e.due.N == w.N && e.due.Index == w.Index {
			if e.due.Kind == wire.Reply {
				k.rest(s.doings)
			}
			k.sim.queue.drop(e)
			s.doings.close(e)
			return
		}
	}
}

// close forgets an ask, a job or a timer.
func (d *doings) close(e *coming) {
	if i := slices.Index(d.open, e); i >= 0 {
		d.open = slices.Delete(d.open, i, i+1)
	}
}

// reached takes up, when an agent can be reached again, what has come due meanwhile.
func (k *conductor) reached(s *seat) {
	d := s.doings
	for _, due := range d.owed {
		if due.Kind == wire.Reply {
			k.think(d)
		}
		k.sim.push(&coming{at: k.sim.now, seat: s, due: due})
	}
	d.owed = nil
	k.consider(s)
}

// forget drops all that would still have come. Actions count as dead: they had been taken.
func (k *conductor) forget(c *engine.Context) {
	dropped := 0
	for _, e := range k.sim.queue {
		if e.due.Kind == action {
			dropped++
		}
	}
	k.sim.queue = nil
	c.Handled(-dropped)
	c.Dead(dropped)
}
