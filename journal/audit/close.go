package audit

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// cancelled finds the ask, job or timer of that name.
func (b *books) cancelled(actor, of string) iter.Seq2[place, *open] {
	return func(yield func(place, *open) bool) {
		turn, index, _ := strings.Cut(of, ".")
		n, err := strconv.ParseUint(turn, 10, 64)
		i, err2 := strconv.Atoi(index)
		if err != nil || err2 != nil {
			return
		}
		at := place{actor, n, i, ""}
		if o := b.open[at]; o != nil && (o.what == anAsk || o.what == aJob || o.what == aTimer) {
			yield(at, o)
		}
	}
}

// close says what became of all that is still open.
func (b *books) close() *Audit {
	a := &b.audit
	names := slices.Sorted(maps.Keys(b.actors))
	for _, name := range names {
		if strings.HasPrefix(name, agents) && b.actors[name].head.Count > 0 {
			a.Agents++
		}
	}
	places := make([]place, 0, len(b.open))
	for at := range b.open {
		places = append(places, at)
	}
	slices.SortFunc(places, place.compare)
	for _, at := range places {
		o := b.open[at]
		switch f := b.flow(o.what); o.what {
		case anAct:
			b.unapplied(at, o)
		case aPercept, anOutcome:
			b.unperceived(at, o, f)
		case aMessage:
			b.unheard(at, o)
		case anAsk: // its answer came to nobody
			b.asked(o, f)
			b.unanswered(at, o)
		case aJob, aTimer:
			b.unanswered(at, o)
		}
	}
	b.ended(names)
	for _, f := range []Flow{a.Actions.Flow, a.Percepts, a.Outcomes, a.Messages, a.Asks, a.Answers} {
		a.Account.add(f)
	}
	return a
}

// asked counts an ask of which its asker has not heard again: a service that there is has had it.
func (b *books) asked(o *open, f *Flow) {
	if b.said.services != nil && !slices.Contains(b.said.services, o.name) {
		f.Refused++
	} else {
		f.Handled++
	}
}

// unperceived is a percept or an outcome that its agent never handled. Who lived on without it had no room for it, or was
// given the next one before: the clock decides that, never the society itself, and it is noted.
func (b *books) unperceived(at place, o *open, f *Flow) {
	p := b.actors[agents+at.to]
	if p == nil || !later(p, o.step) {
		f.Dead++
		return
	}
	f.Refused++
	if !b.said.hurried && b.said.pace != "" && (o.what == anOutcome || b.said.pace != "realtime") {
		b.find(at.actor, at.n, at.index, "the %s never reached %s, which lived on", o.what, at.to)
	}
}

// maxActs is how many actions of one agent the world keeps: those beyond it are refused.
const maxActs = 1024

// unapplied is an action about which the world has had no turn. Where rounds are played, the last round of a society that
// has come to its end has applied all of them, except those that its agents tried when they were told of the end.
func (b *books) unapplied(at place, o *open) {
	f, p := &b.audit.Actions.Flow, b.actors[at.actor]
	switch {
	case o.after < 2 && len(p.acts) > maxActs:
		f.Refused++
		return
	case o.after < 2 && b.rounds() && b.audit.Ended && o.step <= b.opened:
		b.find(at.actor, at.n, at.index, "the society has ended, and the world has never had a turn about this action")
	}
	f.Dead++
}

// rounds says whether an agent is done with a phase before the next one opens.
func (b *books) rounds() bool { return b.said.pace == "rounds" || b.said.pace == "sequential" }

// later says whether somebody has lived on after a step, and been given what was there for him by then.
func later(p *person, step uint64) bool { return p.saw > step || p.stopping > step }

// unheard is a message that its receiver never handled and that did not come back. It is lost only if both lived on.
func (b *books) unheard(at place, o *open) {
	b.audit.Messages.Dead++
	to := b.actors[agents+at.to]
	if b.rounds() && later(b.actors[at.actor], o.step) && (to == nil || later(to, o.step)) {
		b.find(at.actor, at.n, at.index, "the message never reached %s, and did not come back", at.to)
	}
}

// unanswered is an ask, a job or a timer of which its agent has not heard, although it has lived on since.
func (b *books) unanswered(at place, o *open) {
	p := b.actors[at.actor]
	went := p.saw > o.step || b.audit.Ended && p.stopping > o.step
	if !b.rounds() || b.said.hurried || !went || o.what == aTimer && p.now < o.due {
		return
	}
	b.find(at.actor, at.n, at.index, "nothing came of the %s, and its agent went on", o.what)
}
