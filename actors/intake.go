package actors

import (
	"slices"
	"strings"

	"github.com/polis-agents/polis/internal/engine"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/protocol"
)

// messages of an agent to itself
type (
	finished struct { // a job has
		id     ID
		value  any
		err    string
		late   bool // its limit ended it
		passed bool // the error is ErrPass
	}
	unasked struct { // an ask could not begin: told through the mailbox, so that asking again is no endless turn
		id    ID
		value any // that says why in a form for programs; nil: none
		why   string
	}
	overdue  struct{ id ID } // an ask is
	rings    struct{ id ID } // a timer does, in realtime
	returned struct{}        // a message was, in realtime
	late     struct {        // a letter is that was sent before the agent went on from its past, in realtime
		letter *wire.Letter
	}
)

// takeIn puts a message on the agenda; false: there is nothing to handle yet.
func (l *life) takeIn(c *engine.Context, msg any) bool {
	if l.agenda.last {
		return l.tooLate(c, msg)
	}
	switch m := msg.(type) {
	case *wire.Delivery:
		l.world, l.owed = c.Sender(), false
		for _, g := range m.Gone {
			l.setting.left.LoadOrStore(g.Name, g.Step)
		}
		if l.realtime() && !m.Last {
			return l.takeNow(c, m)
		}
		return l.takeDelivery(c, m)
	case *wire.Letter:
		return l.takeLetter(c, m)
	case *wire.Answer:
		id := ID{m.N, m.Index}
		if m.Error != "" && l.awaited(id) != nil { // services are outside of what a seed decides, and so are their faults
			l.clocked("ask " + id.String() + " was answered with an error: " + m.Error)
		}
		return l.takeAnswer(c, id, m.Value, m.Error, 1)
	case *finished:
		if l.awaited(m.id) != nil {
			switch {
			case m.late:
				l.clocked("job " + m.id.String() + " ran into its limit")
			case m.err != "" && !m.passed: // what works off the mailbox is outside of what a seed decides, and so are its faults
				l.clocked("job " + m.id.String() + " ended with an error: " + m.err)
			}
		}
		return l.takeAnswer(c, m.id, m.value, m.err, 0)
	case unasked:
		return l.takeAnswer(c, m.id, m.value, m.why, 0)
	case tired:
		return l.giveOver(c, m.step)
	case overdue:
		if w := l.awaited(m.id); w != nil {
			l.clocked("ask " + m.id.String() + " ran into its limit")
			l.withdraw(c, w)
		}
		return l.takeAnswer(c, m.id, nil, "no answer within the limit", 0)
	case rings:
		return l.takeRing(m.id)
	case returned:
		return l.takeReturned(c)
	case *wire.Returned:
		return l.takeBack(c, m)
	case *wire.Unheard:
		d := l.ownDesk()
		if l.simulated() {
			d.virtual.lost = append(d.virtual.lost, wire.Due{Kind: wire.Word, Sender: m.Sender, N: m.N, Index: m.Index})
		} else {
			d.unheard = append(d.unheard, m.Step)
		}
		return l.openHeld(c)
	case late:
		return l.takeSingle(letterEvent(m.letter))
	case Crash:
		l.crash = true
	case engine.Stopping:
		l.bury(c)
	}
	return false
}

// tooLate counts what comes when the agent's last phase has opened: Stopping is its last event.
func (l *life) tooLate(c *engine.Context, msg any) bool {
	switch m := msg.(type) {
	case *wire.Delivery:
		c.Dead(m.Weight())
	case *wire.Letter, *wire.Answer:
		c.Dead(1)
	case engine.Stopping:
		l.bury(c)
	}
	return false
}

// takeSingle puts an event on the agenda that came by itself, as they do in realtime.
func (l *life) takeSingle(q queued) bool {
	l.agenda.single, l.agenda.now = &q, l.setting.Clock()
	return true
}

// takeLetter keeps a letter for the next phase, and opens that if it has waited for this letter.
func (l *life) takeLetter(c *engine.Context, m *wire.Letter) bool {
	d := l.ownDesk()
	if !d.fresh(m) {
		return false
	}
	if l.realtime() {
		return l.takeSingle(letterEvent(m))
	}
	d.early = append(d.early, m)
	return l.openHeld(c)
}

// openHeld opens the phase that has waited for letters, if they are all there.
func (l *life) openHeld(c *engine.Context) bool {
	d := l.desk
	if d.held == nil || !d.complete(d.held) {
		return false
	}
	held := d.held
	d.held = nil
	l.open(c, held)
	return true
}

// takeBack handles what another process did not take, as perform does what a mailbox here refuses.
func (l *life) takeBack(c *engine.Context, m *wire.Returned) bool {
	switch of := m.Of.(type) {
	case *wire.Letter:
		to, _ := strings.CutPrefix(m.From, agentPrefix)
		letter, _ := of.Message.(*protocol.Message)
		u := Undelivered{Message: letter, To: to, Reason: ReasonBusy}
		if m.Reason == wire.Stopped {
			u.Reason = ""
			if l.realtime() {
				u.Reason = ReasonStopped
			}
		} else {
			l.clocked("a message to " + to + " was refused: busy")
		}
		l.undelivered(c, u, ID{of.N, of.Index})
	case *wire.Report:
		if m.Reason == wire.Busy {
			l.clocked("a report to the world was refused: busy")
		}
	case *wire.Ask:
		id := ID{of.N, of.Index}
		if l.awaited(id) != nil {
			l.clocked("an ask was refused: " + m.Error)
		}
		return l.takeAnswer(c, id, m.Value, m.Error, 0)
	}
	return false
}

// takeRing puts a timer on the agenda, unless it was cancelled meanwhile.
func (l *life) takeRing(id ID) bool {
	d := l.ownDesk()
	i := slices.IndexFunc(d.timers, func(t timer) bool { return t.id == id })
	if i < 0 {
		return false
	}
	d.timers = slices.Delete(d.timers, i, i+1)
	return l.takeSingle(timerEvent(l.agent, id))
}

// takeReturned puts the first message that could not be delivered on the agenda. It comes through the mailbox, so that
// an agent that sends it again is no endless turn.
func (l *life) takeReturned(c *engine.Context) bool {
	d := l.ownDesk()
	u := d.undelivered[0]
	if d.undelivered = d.undelivered[1:]; len(d.undelivered) == 0 {
		d.undelivered = nil
	} else {
		c.After(0, returned{})
	}
	return l.takeSingle(undeliveredEvent(l.agent, u.comeback))
}

// takeDelivery opens a phase, if the letters it announces are there.
func (l *life) takeDelivery(c *engine.Context, m *wire.Delivery) bool {
	if m.Step <= l.agenda.step && !m.Last {
		return false // seen before
	}
	if d := l.desk; d != nil {
		if d.held != nil { // its phase was closed without it
			c.Refused(d.held.Weight())
			d.held = nil
		}
		if d.waiting != nil {
			l.overtaken(c, d)
			d.waiting = nil
		}
	}
	if m.Letters+uint64(len(m.Due)) > 0 && !m.Last && !l.ownDesk().complete(m) {
		l.hold(c, m)
		return false
	}
	l.open(c, m)
	return true
}

// open begins a phase.
func (l *life) open(c *engine.Context, m *wire.Delivery) {
	l.begin(m)
	d := l.desk
	if d == nil {
		return
	}
	if l.simulated() {
		l.reach(m)
	} else {
		l.comeDue(m)
	}
	if m.Last { // nobody waits for what is still being thought about
		c.Dead(l.giveUp(c))
	}
}

// comeDue puts on the agenda what was written, set or returned before the phase.
func (l *life) comeDue(m *wire.Delivery) {
	d := l.desk
	x := &extra{undelivered: d.returned(m.Step), letters: d.letters(m.Step), timers: d.due(m.Now, m.Step)}
	if len(x.undelivered)+len(x.letters)+len(x.timers) > 0 {
		l.agenda.extra = x
	}
}

// begin puts a delivery on the agenda.
func (l *life) begin(m *wire.Delivery) {
	if l.report.missed = false; !l.simulated() || l.agenda.round != m.Round || l.agenda.phase != m.Phase {
		l.report.said = 0
	}
	l.agenda.begin(m)
	if l.realtime() {
		l.agenda.now = l.setting.Clock()
	}
}

// takeNow handles a delivery of the realtime pace: outcomes always, a percept unless the agent is thinking.
func (l *life) takeNow(c *engine.Context, m *wire.Delivery) bool {
	l.agenda.quiet = m.Quiet // also while it thinks about another phase
	if m.Percept.Event != nil && l.thinking() && !l.setting.Overtake {
		d := l.ownDesk()
		if d.waiting != nil {
			l.overtaken(c, d)
		}
		later := *m
		later.Outcomes = nil
		d.waiting = &later
		if len(m.Outcomes) == 0 {
			return false
		}
		m.Percept = wire.Caused{}
	}
	l.begin(m)
	return true
}

// overtaken drops the percept that has waited until its phase was over: the agent has missed that.
func (l *life) overtaken(c *engine.Context, d *desk) {
	c.Refused(d.waiting.Weight())
	l.missed(d.waiting.Round, d.waiting.Phase, true)
}

// takeAnswer notes an answer or a result; false: nobody waits for it, or others come first.
func (l *life) takeAnswer(c *engine.Context, id ID, value any, err string, weight int) bool {
	w := l.awaited(id)
	if w == nil {
		c.Refused(weight)
		return false
	}
	w.ready, w.value, w.err, w.weight = true, value, err, weight
	w.end()
	if l.simulated() {
		return l.openHeld(c) // the world says when it is heard
	}
	if l.realtime() { // it is handled at once, before those that are still awaited
		l.desk.advance(w)
		l.agenda.now = l.setting.Clock()
	}
	return true
}
