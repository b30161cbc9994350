package audit

import (
	"encoding/json"
	"strings"

	"github.com/polis-agents/polis/journal"
)

// worldTurn reads a turn of the world.
func (b *books) worldTurn(e *journal.Entry) {
	kind, event := e.Kind, []byte(e.Payload)
	setAside := kind == "quarantined"
	if setAside {
		var w aside
		if err := json.Unmarshal(e.Payload, &w); err != nil {
			b.wrong(e, "what was set aside: %v", err)
			return
		}
		kind, event = w.Kind, w.Event
		b.audit.Quarantine++
	}
	all, err := effects(e.Effects)
	if err != nil {
		b.wrong(e, "its effects: %v", err)
		return
	}
	b.course(e, kind, event, setAside)
	var opened at
	if kind == "opened" {
		b.opened = max(b.opened, e.Step)
		_ = json.Unmarshal(event, &opened) // read before
	}
	for i := range all {
		switch w := &all[i]; {
		case w.Percept != nil && kind == "opened":
			b.want(e, i, w.To, &open{what: aPercept, text: w.Percept})
			var in at
			if err := json.Unmarshal(w.Percept, &in); err != nil || in != opened {
				b.find(e.Actor, e.N, i, "the percept is of phase %q of round %d, the turn of %q of %d", in.Phase, in.Round, opened.Phase, opened.Round)
			}
		case w.Outcome != nil && kind == "action":
			b.want(e, i, w.To, &open{what: anOutcome, text: w.Outcome})
		default:
			b.find(e.Actor, e.N, i, "the world cannot want that in a turn about %s", kind)
		}
	}
	if kind == "action" {
		b.action(e, event, all, setAside)
	}
}

// course reads what a turn of the world is about, when it is not about an action: it follows its own former turn.
func (b *books) course(e *journal.Entry, kind string, event []byte, setAside bool) {
	former := journal.Cause{Actor: world, N: e.N - 1}
	switch kind {
	case "started":
		if e.N != 1 || string(event) != "null" || e.Cause != (journal.Cause{}) {
			b.wrong(e, "the world starts once, with nothing")
		}
	case "activated":
		if e.Cause != former || string(event) != "null" {
			b.wrong(e, "who perceives is asked of the world after its turn %d, and of nothing else", e.N-1)
		}
	case "opened", "tick":
		var w at
		if err := json.Unmarshal(event, &w); err != nil || w.Round < b.audit.Rounds || w.Round < 1 || e.Cause != former {
			b.wrong(e, "it is about phase %q of round %d, and the world was in round %d", w.Phase, w.Round, b.audit.Rounds+1)
		}
	case "entered", "left":
		var name string
		if err := json.Unmarshal(event, &name); err != nil || e.Cause != (journal.Cause{Actor: agents + name}) {
			b.wrong(e, "%s of %q, caused by %s", kind, name, e.Cause.Actor)
		}
	case "action":
	default:
		b.wrong(e, "the world has no turns about %q", kind)
	}
}

// action reads the turn of the world about an action: it names its agent, says what it tried, and has one outcome.
func (b *books) action(e *journal.Entry, event []byte, all []effect, setAside bool) {
	var w tried
	if err := json.Unmarshal(event, &w); err != nil && !(setAside && string(event) == "null") {
		b.wrong(e, "an action: %v", err)
		return
	}
	if w.Value == nil && !setAside {
		w.Value = []byte("null") // which no action is
	}
	o := b.meet(e, anAct, "", w.Value)
	if o == nil {
		return
	}
	agent := strings.TrimPrefix(e.Cause.Actor, agents)
	if w.Agent != agent && w.Value != nil {
		b.wrong(e, "it applies as %q what %s has tried", w.Agent, e.Cause.Actor)
	}
	b.handled(anAct, setAside)
	b.tried(e.Cause)
	if len(all) != 1 || all[0].To != agent {
		b.wrong(e, "an action has one outcome, for the agent that tried it; it has %d effects", len(all))
		return
	}
	var out struct{ Action, Reason string }
	if err := json.Unmarshal(all[0].Outcome, &out); err != nil || out.Action != w.Action && w.Value != nil {
		b.find(e.Actor, e.N, 0, "the outcome is of %q, and %q was tried", out.Action, w.Action)
	}
	switch {
	case setAside:
	case out.Reason == "":
		b.audit.Actions.Applied++
	default:
		b.audit.Actions.Barred++
	}
}

// tried takes an action off those that its agent waits for.
func (b *books) tried(c journal.Cause) {
	p := b.actors[c.Actor]
	for i, at := range p.acts {
		if at.n == c.N && at.index == c.Index {
			p.acts = append(p.acts[:i], p.acts[i+1:]...)
			return
		}
	}
}

// agentTurn reads a turn of an agent.
func (b *books) agentTurn(e *journal.Entry, p *person) {
	if p.left > 0 || p.stopping > 0 {
		b.wrong(e, "it comes after the agent has ended")
	}
	kind, event := e.Kind, []byte(e.Payload)
	setAside := kind == "quarantined"
	if setAside {
		var w aside
		if err := json.Unmarshal(e.Payload, &w); err != nil {
			b.wrong(e, "what was set aside: %v", err)
			return
		}
		b.audit.Quarantine++
		if kind, event = w.Kind, w.Event; string(event) == "null" {
			event = nil // it could not even be written down
		}
		if string(e.Effects) != "[]" {
			b.wrong(e, "what was set aside has effects")
		}
	}
	b.reached(e, p, kind, event, setAside)
	if kind == "stopping" { // what it then wants is not carried out
		return
	}
	all, err := effects(e.Effects)
	if err != nil {
		b.wrong(e, "its effects: %v", err)
		return
	}
	for i := range all {
		b.wants(e, p, i, &all[i])
	}
}

// reached reads what an agent's turn is about.
func (b *books) reached(e *journal.Entry, p *person, kind string, event []byte, setAside bool) {
	own := strings.TrimPrefix(e.Actor, agents)
	switch kind {
	case "started":
		if p.started {
			b.wrong(e, "it starts again")
		}
		b.uncaused(e, event)
		p.started = true
	case "stopping":
		p.stopping, p.now = max(e.Step, 1), e.Logical
		b.uncaused(e, event)
	case "percept", "outcome":
		of := aPercept
		if kind == "outcome" {
			of = anOutcome
		}
		if b.meet(e, of, own, event) != nil {
			b.handled(of, setAside)
		}
		if of == aPercept {
			b.perceived(p)
			p.saw, p.now = e.Step, e.Logical
		}
	case "message":
		if b.meet(e, aMessage, own, event) != nil {
			b.handled(aMessage, setAside)
		}
	case "undelivered":
		b.cameBack(e, event)
	case "timer", "answer", "result":
		b.own(e, kind, event, setAside)
	default:
		b.wrong(e, "there are no events of kind %q", kind)
	}
	if !p.started {
		b.wrong(e, "it comes before the agent has started")
		p.started = true
	}
}

// uncaused reads an event that nothing in the record makes.
func (b *books) uncaused(e *journal.Entry, event []byte) {
	if e.Cause != (journal.Cause{}) || event != nil && string(event) != "null" {
		b.wrong(e, "it says %.80q and is caused by %s; it has neither content nor cause", event, e.Cause.Actor)
	}
}

// perceived counts, for actions of which nothing is known yet, that their agent has perceived again: the world has long
// gone on without them.
func (b *books) perceived(p *person) {
	kept := p.acts[:0]
	for _, at := range p.acts {
		o := b.open[at]
		if o == nil {
			continue
		}
		if o.after++; o.after == 2 {
			b.find(at.actor, at.n, at.index, "the world has never had a turn about this action, and went on")
		}
		kept = append(kept, at)
	}
	p.acts = kept
}

// cameBack reads that a message did not reach a receiver.
func (b *books) cameBack(e *journal.Entry, event []byte) {
	var w returned
	if event != nil {
		if err := json.Unmarshal(event, &w); err != nil {
			b.wrong(e, "a message that came back: %v", err)
			return
		}
	}
	if e.Cause.Actor != e.Actor {
		b.wrong(e, "what came back is a message of %s", e.Cause.Actor)
		return
	}
	if event == nil {
		return
	}
	if b.meet(e, aMessage, w.To, w.Message) != nil {
		b.audit.Messages.Refused++
	}
}

// own reads what an agent had asked for, started, or set.
func (b *books) own(e *journal.Entry, kind string, event []byte, setAside bool) {
	var w answered
	if event != nil {
		if err := json.Unmarshal(event, &w); err != nil {
			b.wrong(e, "%s: %v", kind, err)
			return
		}
		if w.ID != id(e.Cause.N, e.Cause.Index) {
			b.wrong(e, "it names %s, and its cause is %s", w.ID, id(e.Cause.N, e.Cause.Index))
		}
	}
	if e.Cause.Actor != e.Actor {
		b.wrong(e, "it is about what %s has wanted", e.Cause.Actor)
		return
	}
	of, name := aTimer, ""
	switch kind {
	case "answer":
		of, name = anAsk, w.Service
	case "result":
		of, name = aJob, w.Job
	}
	o := b.meet(e, of, "", nil)
	if o == nil {
		return
	}
	if event != nil && o.name != name {
		b.wrong(e, "it comes from %q, and %q was asked", name, o.name)
	}
	if of == aTimer && e.Logical < o.due {
		b.wrong(e, "the timer was set for %v, and it is %v", o.due, e.Logical)
	}
	if of != anAsk {
		return
	}
	switch {
	case !w.Unserved:
		b.audit.Asks.Handled++
		b.audit.Answers.Sent++
		if b.audit.Answers.Handled++; setAside {
			b.audit.Answers.Handled--
			b.audit.Answers.Quarantined++
		}
	case w.Unanswered == late: // the service has had it
		b.audit.Asks.Handled++
	default:
		b.audit.Asks.Refused++
	}
}

// wants keeps in mind what an agent's turn wants.
func (b *books) wants(e *journal.Entry, p *person, i int, w *effect) {
	switch {
	case w.Act != nil:
		b.want(e, i, "", &open{what: anAct, text: w.Act})
		p.acts = append(p.acts, place{e.Actor, e.N, i, ""})
	case w.Send != nil:
		to, err := receivers(w.Send)
		if err != nil || len(to) == 0 {
			b.find(e.Actor, e.N, i, "a message to nobody: %v", err)
		}
		for _, r := range to {
			b.want(e, i, r, &open{what: aMessage, text: w.Send})
		}
	case w.Ask != nil:
		b.wantsBack(e, i, w.Ask, &open{what: anAsk, name: w.Ask.Service})
	case w.Do != nil:
		b.wantsBack(e, i, w.Do, &open{what: aJob, name: w.Do.Job})
	case w.After != nil:
		b.wantsBack(e, i, w.After, &open{what: aTimer, due: e.Logical + max(w.After.Delay, 0)})
	case w.Cancel != "":
		b.cancel(e, w.Cancel)
	case w.Stop:
		p.left = e.N
	}
}

func (b *books) wantsBack(e *journal.Entry, i int, w *wanted, o *open) {
	if w.ID != id(e.N, i) {
		b.find(e.Actor, e.N, i, "it is named %q; accepted is %q", w.ID, id(e.N, i))
	}
	b.want(e, i, "", o)
}

// cancel forgets an ask, a job or a timer. That nothing was left to cancel is no fault.
func (b *books) cancel(e *journal.Entry, of string) {
	for at, o := range b.cancelled(e.Actor, of) {
		if o.what == anAsk {
			b.asked(o, &b.audit.Asks)
		}
		delete(b.open, at)
	}
}
