package prompted

import (
	"fmt"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/internal/plain"
	"github.com/polis-agents/polis/llmadapter/structured"
	"github.com/polis-agents/polis/protocol"
)

// mind is a behavior that asks a model: one thought at a time.
type mind struct {
	cfg      Config // filled in
	offers   []offer
	fallback actors.Behavior // nil: none
	memory   memory
}

// maxDropped is how often the thought about one percept may be dropped for a message: else whoever talks fast enough
// keeps the agent from ever deciding.
const maxDropped = 8

// Receive asks on a percept, reads what is answered, and notes all else.
func (m *mind) Receive(t *actors.Turn, event any) error {
	switch e := event.(type) {
	case actors.Percept:
		return m.perceive(t, e)
	case *protocol.Message:
		return m.hear(t, e)
	case actors.Outcome:
		return m.learn(t, e)
	case actors.Undelivered:
		m.memory.outcomes(Outcome{Action: "message to " + e.To, Reason: e.Reason})
	case actors.Answer:
		if th := m.memory.Thought; th != nil && th.ID == e.ID { // else nobody waits for it any more
			return m.answered(t, th, e)
		}
	case actors.Result:
		if th := m.memory.Thought; th != nil && th.ID == e.ID {
			return m.waited(t, th, e)
		}
	}
	return nil
}

// perceive begins a thought, unless nothing is possible in the phase. One that is open is about what is no longer so: it
// ends, or, if the mind is patient, the percept waits for its end.
func (m *mind) perceive(t *actors.Turn, p actors.Percept) error {
	open := m.memory.Thought
	if open != nil && !m.cfg.Patient {
		t.Cancel(open.ID)
		m.memory.takeBack(open)
		open = nil
	}
	m.memory.Round, m.memory.Phase, m.memory.Next = p.Round, p.Phase, nil
	th, err := newThought(p)
	if err != nil {
		return err
	}
	if m.cfg.Wakes {
		m.memory.Seen = &seen{th.Round, th.Phase, th.Type, th.Percept}
	}
	if !m.possible(p.Phase) {
		if talks, err := m.conversations(t); !talks {
			return err
		}
	}
	if open != nil {
		m.memory.Next = th
		return nil
	}
	return m.begin(t, th)
}

// begin thinks about a percept, and all that has come since the last decision.
func (m *mind) begin(t *actors.Turn, th *thought) error {
	th.Heard, th.Outcomes = m.memory.Heard, m.memory.Outcomes
	m.memory.Thought, m.memory.Heard, m.memory.Outcomes = th, nil, nil
	m.memory.Moved = false
	return m.ask(t, th)
}

// possible says whether there is anything to do or to say in a phase.
func (m *mind) possible(phase string) bool {
	for i := range m.offers {
		if o := &m.offers[i]; (o.action != nil || o.utterance != nil) && o.possible(phase) {
			return true
		}
	}
	return false
}

// hear notes a message, and lets it end the thought if it is one of those that do.
func (m *mind) hear(t *actors.Turn, said *protocol.Message) error {
	r, err := remarkOf(said, m.memory.Round, m.memory.Phase)
	if err != nil {
		return err
	}
	m.memory.Heard = newest(append(m.memory.Heard, r), maxHeard)
	m.moved(said)
	th := m.memory.Thought
	if th == nil || m.cfg.Drop == nil || th.Dropped >= maxDropped || !m.cfg.Drop(said) {
		return nil
	}
	t.Cancel(th.ID)
	if next := m.memory.Next; next != nil { // what it perceived meanwhile is what it thinks about now
		next.Dropped = th.Dropped + 1
		m.memory.takeBack(th)
		m.memory.Next = nil
		return m.begin(t, next)
	}
	th.Dropped++
	th.Heard = newest(append(th.Heard, m.memory.Heard...), maxHeard)
	th.Outcomes = newest(append(th.Outcomes, m.memory.Outcomes...), maxOutcomes)
	m.memory.Heard, m.memory.Outcomes = nil, nil
	th.afresh()
	th.At, th.Vain, th.Back, th.Waited = 0, nil, nil, 0
	return m.ask(t, th)
}

// learn notes an outcome, beside the decision it is of.
func (m *mind) learn(t *actors.Turn, o actors.Outcome) error {
	if o.Action == passName && !o.Refused() {
		return nil
	}
	out, err := outcomeOf(o)
	if err != nil {
		return err
	}
	m.memory.outcomes(out)
	m.memory.outcomeOf(t.Self(), out)
	return nil
}

// ask asks the model about the thought, in the words of the present.
func (m *mind) ask(t *actors.Turn, th *thought) error {
	if err := m.look(t, th); err != nil {
		return err
	}
	r, err := m.request(t.Self(), th)
	if err != nil {
		return err
	}
	th.ID = t.Ask(m.service(th), r)
	return nil
}

// answered carries out what the model wants, or tells it what is wrong with that.
func (m *mind) answered(t *actors.Turn, th *thought, e actors.Answer) error {
	t.Continue() // whatever is asked now belongs to the same thought
	if e.Error != "" {
		return m.inVain(t, th, e.Error, e.Value)
	}
	reply, ok := e.Value.(llmadapter.Reply)
	if !ok {
		return m.inVain(t, th, fmt.Sprintf("service %s answered with a %T", e.Service, e.Value), nil)
	}
	a, err := m.read(t, th, m.observation(t.Self(), th), reply)
	if err == nil {
		return m.carryOut(t, th, a)
	}
	complaint := structured.Complaint(err)
	if th.Complaint == "" {
		th.Complaint = complaint
	}
	if th.Repairs >= m.cfg.Repairs {
		return m.inVain(t, th, complaint, nil)
	}
	th.Repairs++
	th.Exchange = append(th.Exchange, structured.Exchange(reply, complaint)...)
	return m.ask(t, th)
}

// carryOut says and does what was decided.
func (m *mind) carryOut(t *actors.Turn, th *thought, a answer) error {
	first := len(t.Effects())
	for _, said := range a.said {
		t.Send(said)
	}
	m.take(t, a.told)
	if a.action != nil {
		t.Act(a.action)
	}
	why := a.mended
	if th.Complaint != "" {
		why = th.Complaint
	}
	switch {
	case th.At > 0:
		pass(t, first)
		t.Substitute(m.service(th), th.because(why))
	case why != "":
		mark(t, first, actors.Repaired, why)
	}
	return m.close(t, th, first, "")
}

// giveUp lets the fallback decide on what the model was asked about; without one the agent passes.
func (m *mind) giveUp(t *actors.Turn, th *thought, why string) error {
	why = plain.Part(why)
	first := len(t.Effects())
	if m.fallback == nil || th.Talk {
		as := actors.Unusable
		if said, err := m.standIn(t, th); err != nil {
			return err
		} else if said {
			as = actors.Fallback
		}
		if th.Talk { // the fallback is told when it is next asked what to do
			m.memory.takeBack(th)
			th.Heard, th.Outcomes = nil, nil
		}
		mark(t, first, as, why)
		return m.close(t, th, first, why)
	}
	events, err := th.events()
	if err != nil {
		return err
	}
	for _, e := range events {
		if err := m.fallback.Receive(t, e); err != nil {
			return err
		}
	}
	if _, err := m.standIn(t, th); err != nil {
		return err
	}
	mark(t, first, actors.Fallback, why)
	return m.close(t, th, first, why)
}

// mark marks what was tried in this turn from an effect on. Where nothing was, such as in a phase of talk, the agent
// passes, so that the mark is counted and seen.
func mark(t *actors.Turn, first int, as actors.Mark, why string) {
	pass(t, first)
	t.Mark(as, why)
}

// pass passes, unless something was tried in this turn from an effect on.
func pass(t *actors.Turn, first int) {
	acted := false
	for _, e := range t.Effects()[first:] {
		acted = acted || e.Kind == actors.Act
	}
	if !acted {
		t.Pass()
	}
}

// close ends a thought: what it was told, and what came of it, is remembered. Then the percept is thought about that has
// waited for it.
func (m *mind) close(t *actors.Turn, th *thought, first int, why string) error {
	kept, sent := th.Heard, false
	for _, e := range t.Effects()[first:] {
		r := Remark{Round: th.Round, Phase: th.Phase, From: t.Self(), Why: why}
		switch e.Kind {
		case actors.Act:
			if _, pass := e.Value.(environment.Pass); pass && !th.Choice && (sent || why == "") {
				continue // it only carries a mark
			}
			r.Act = passName
			if a := m.cfg.Definition.ActionOf(e.Value); a != nil {
				r.Act = a.Name
				_, r.Content, _ = written(e.Value) // what it cannot be written as, fails the turn anyway
			}
		case actors.Send:
			said, err := remarkOf(e.Value.(*protocol.Message), th.Round, th.Phase)
			if err != nil {
				continue // likewise
			}
			r, sent = said, true
			r.Why = why
		default:
			continue
		}
		kept = append(kept, r)
	}
	m.memory.Thought = nil
	m.memory.remember(kept, m.cfg.Memory)
	if next := m.memory.Next; next != nil {
		m.memory.Next = nil
		return m.begin(t, next)
	}
	return nil
}
