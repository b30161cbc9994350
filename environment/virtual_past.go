package environment

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/journal"
)

// virtualPast is what a Past keeps of virtual time: the queue of what is to come is filled by what turns wanted, and
// emptied by the turns about it.
type virtualPast struct {
	now   time.Duration // of the newest turn
	step  uint64        // the newest in which something was brought to agents
	since time.Duration // when that was
	words map[word][]*coming
	acts  map[*seat][]*coming
}

// word names a letter to one receiver, or one that comes back to its sender.
type word struct {
	to *seat
	of wire.Due
}

// passedBy is how many phases had passed when a turn was. An action and a tick at the end of a phase are of that phase;
// so are, as far as one can tell, the turns of agents.
func (k *conductor) passedBy(e *journal.Entry) int {
	at := e.Logical
	kind := e.Kind
	if e.Actor == Name && kind == quarantined.String() {
		var w struct{ Kind string }
		if json.Unmarshal(e.Payload, &w) == nil {
			kind = w.Kind
		}
	}
	if k.sim != nil && at > 0 && (e.Actor != Name || kind == acted.String() || kind == ticked.String()) {
		at--
	}
	return int(at / k.cfg.Phase)
}

// pass goes to the phase of a turn.
func (p *Past) pass(passed int) {
	k := p.k
	if k.sim != nil && p.begun {
		for at := k.passed + 1; at <= passed; at++ {
			for _, s := range k.seats {
				d := s.doings
				if !s.present || d.looks >= k.cfg.Actions { // else it is about to look
					d.may = time.Duration(at) * k.cfg.Phase
				}
				d.looks = 0
			}
		}
	}
	phases := len(k.def.phases)
	if round := passed/phases + 1; round != k.round || !p.begun {
		k.round, k.peopled = round, false
		k.result.Rounds = round - 1
		if _, told := k.world.(Population); !told { // who comes and goes has no turns
			for _, s := range k.seats {
				s.present = !s.gone && (s.present || s.From <= round)
			}
		}
	}
	if k.sim != nil && (passed != k.passed || !p.begun) {
		k.sim.end = time.Duration(passed+1) * k.cfg.Phase
		k.choice = k.def.Choice(k.def.phases[passed%phases])
		for _, s := range k.seats {
			s.acted = 0
		}
		p.last = opened // whatever the world had begun before that phase is done
	}
	k.passed, k.phase = passed, passed%phases
}

// moment puts virtual time to a turn.
func (p *Past) moment(e *journal.Entry) {
	k := p.k
	k.sim.now = e.Logical
	p.virtual.now = max(p.virtual.now, e.Logical)
	if e.Step > p.virtual.step && (e.Actor != Name || e.Kind == opened.String()) {
		p.virtual.step, p.virtual.since = e.Step, e.Logical
	}
}

// saw notes who perceived in the simulated pace.
func (p *Past) saw() {
	k := p.k
	for i, at := range k.order {
		s := k.seats[at]
		if s.doings.look != nil {
			k.sim.queue.drop(s.doings.look)
		}
		s.doings.saw(k.sim.now)
		p.due[s] = append(p.due[s], wire.Caused{Event: k.percepts[i], N: k.history.N(), Index: i})
	}
}

// applied takes an action out of the queue.
func (p *Past) applied(s *seat, a wire.Act) {
	if p.k.sim == nil {
		return
	}
	acts := p.virtual.acts[s]
	if i := slices.IndexFunc(acts, func(e *coming) bool { return e.due.N == a.N && e.due.Index == a.Index }); i >= 0 {
		p.k.sim.queue.drop(acts[i])
		p.virtual.acts[s] = slices.Delete(acts, i, i+1)
		p.k.rest(s.doings)
	}
}

// Did tells, in the simulated pace, of a turn of an agent: what had come due and was handled in it (a kind of 0: nothing
// that is looked after), what it tried, and what it wanted.
func (p *Past) Did(agent string, e *journal.Entry, handled wire.Due, acts []wire.Act, wants []wire.Want) {
	k, s := p.k, p.k.byName[agent]
	if k.sim == nil || s == nil {
		return
	}
	p.moment(e)
	if passed := k.passedBy(e); passed > k.passed {
		p.pass(passed)
	}
	if (p.last == entered || p.last == left) && e.Logical > time.Duration(k.passed)*k.cfg.Phase {
		p.last = opened // who came and went at the beginning of the phase has done so
	}
	p.handled(s, handled)
	for _, a := range acts {
		p.virtual.acts[s] = append(p.virtual.acts[s], k.plan(s, a))
	}
	for _, w := range wants {
		if of := k.want(s, w); of != nil && (w.Kind == wire.Word || w.Kind == wire.Return) {
			at := word{of.seat, of.due}
			p.virtual.words[at] = append(p.virtual.words[at], of)
		}
	}
}

// handled takes what has reached an agent out of the queue.
func (p *Past) handled(s *seat, of wire.Due) {
	k, d := p.k, s.doings
	switch of.Kind {
	case wire.Word, wire.Return:
		at := word{s, of}
		if waits := p.virtual.words[at]; len(waits) > 0 {
			k.sim.queue.drop(waits[0])
			p.virtual.words[at] = waits[1:]
			if len(waits) == 1 {
				delete(p.virtual.words, at)
			}
		}
	case wire.Ring, wire.Reply:
		i := slices.IndexFunc(d.open, func(e *coming) bool { return e.due == of })
		if i < 0 {
			return
		}
		k.sim.queue.drop(d.open[i])
		d.open = slices.Delete(d.open, i, i+1)
		if of.Kind == wire.Reply {
			k.rest(d)
		}
	}
}

// Fresh tells that an agent begins anew: what it waited for is nobody's any more.
func (p *Past) Fresh(agent string) {
	k, s := p.k, p.k.byName[agent]
	if k.sim == nil || s == nil {
		return
	}
	for _, e := range slices.Clone(s.doings.open) {
		k.withdraw(s, wire.Want{N: e.due.N, Index: e.due.Index})
	}
}

// takeUpSimulated goes on with the moment in which the record ended: for what was not done, and whom it had not reached.
func (l *life) takeUpSimulated(c *engine.Context, p *Past) error {
	k, m := l.conductor, l.sim
	if m.now, k.step = p.virtual.now, p.virtual.step; k.step > 0 && p.virtual.since == m.now {
		k.step-- // it is brought to the others under the same number
	}
	for _, s := range k.seats {
		s.acts = s.acts[:0]
		for _, d := range p.due[s] {
			if _, outcome := d.Event.(Outcome); outcome {
				s.outcomes = append(s.outcomes, d)
			} else {
				s.doings.percept = d
			}
		}
		if !s.gone && (len(s.outcomes) > 0 || s.doings.percept.Event != nil) {
			k.wake(s)
		}
		k.consider(s)
	}
	k.sortOut()
	k.late = nil
	switch p.last {
	case started:
		k.to(pausing)
	case entered, left:
		k.to(entering)
	case ticked:
		k.to(passing)
	default:
		k.to(applying)
	}
	return l.advance(c)
}
