package screen

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/supervision"
)

// Plan is what is known before the society starts.
type Plan struct {
	Name   string // of the scenario
	Look   Look
	Rounds int // 0: until the world is done
	Seed   uint64
	Agents []Agent
	Models map[string]string // who answers at the adapters, by their names: "stand-in"
}

// Agent is a member of the society that is watched.
type Agent struct {
	Name    string
	Mind    string // "greedy"
	Decides string // who decides for it, as in environment.AgentRow; "": rules
	From    int    // the round in which it joins; 0: the first
}

// maxHistory is how many rounds of the gauge are remembered.
const maxHistory = 512

// board is what is known about a society: a fold of its events, bounded, of clean texts only.
type board struct {
	plan    Plan
	metrics func(environment.RoundEnded) []Metric

	round    int // the last that ended
	gauge    Gauge
	history  []float64 // of the gauge
	rows     []row
	index    map[string]int // of rows, by the agent's true name
	top      float64        // the greatest value of an agent so far
	talked   bool
	news     news
	shown    []Metric
	models   []*service // by name
	watches  []measured // in the order they were asked for
	paused   bool       // it was asked to stand still
	still    bool       // it does
	silent   bool
	ending   bool
	over     bool
	deciders []string // last, sorted
}

func newBoard(p Plan) *board {
	b := &board{plan: p, index: map[string]int{}}
	b.plan.Name, b.plan.Look.Title, b.plan.Look.Period = clean(p.Name), clean(cmp.Or(p.Look.Title, p.Name)), clean(cmp.Or(p.Look.Period, "round"))
	if p.Look.Metrics != nil {
		b.metrics = p.Look.Metrics()
	}
	for _, a := range p.Agents {
		b.settle(a)
	}
	b.decide()
	return b
}

// settle gives an agent a row.
func (b *board) settle(a Agent) *row {
	i, known := b.index[a.Name]
	if !known {
		i = len(b.rows)
		b.index[a.Name] = i
		b.rows = append(b.rows, row{id: a.Name, name: clean(a.Name), from: max(a.From, 1)})
	}
	r := &b.rows[i]
	r.decides = cmp.Or(clean(a.Decides), environment.Rules)
	if r.mind = clean(a.Mind); r.decides != environment.Rules {
		r.mind = r.decides // a stand-in is not to be shown as the model it stands in for
	}
	return r
}

// row finds an agent's row by its name; nil: there is none.
func (b *board) row(name string) *row {
	if i, known := b.index[name]; known {
		return &b.rows[i]
	}
	return nil
}

// see takes in one event.
func (b *board) see(event any) {
	switch e := event.(type) {
	case environment.RoundEnded:
		b.endRound(e)
	case actors.Said:
		b.said(e)
	case environment.Missed:
		why := "percept set aside"
		if e.Late {
			why = "too late"
		}
		b.fares(e.Agent, state{lapse, "missed " + e.Phase + ": " + why, e.Round})
	case actors.Marked:
		b.marked(e)
	case actors.Forgot:
		b.fares(e.Agent, state{loss, "restarted without its memory", b.round + 1})
	case actors.Unkept:
		b.fares(e.Agent, state{lapse, "its memory could not be kept: " + e.Why, b.round + 1})
	case actors.Unruled:
		b.fares(e.From, state{lapse, "was not let speak to " + e.To + ": " + e.Why, b.round + 1})
	case environment.Unkept:
		b.fares(environment.Name, state{lapse, "its state could not be kept: " + e.Why, e.Round})
	case environment.Intervened:
		switch e.What {
		case environment.DidPause:
			b.still = true
		case environment.DidResume:
			b.still = false
		}
	case polis.Failed:
		b.failed(e.Decision)
	case polis.Blocked:
		b.fares(agentOf(e.Actor), state{lapse, fmt.Sprintf("has held its turn for %.1f s", e.Held.Seconds()), b.round + 1})
	case polis.Abandoned:
		b.fares(agentOf(e.Actor), state{loss, fmt.Sprintf("its %s does not end and is left behind", e.Job), b.round + 1})
	case llmadapter.Asked:
		if r := b.row(agentOf(e.Asker)); r != nil {
			r.thinks = askID{e.Turn, e.Index}
		}
	case llmadapter.Ended:
		b.service(e.Service).see(e)
		if r := b.row(agentOf(e.Asker)); r != nil && r.thinks == (askID{e.Turn, e.Index}) {
			r.thinks = askID{}
		}
	}
}

// agentOf is the name of the agent that an actor is; actors that are none keep their own.
func agentOf(actor string) string { return strings.TrimPrefix(actor, "agents/") }

// endRound takes in the numbers of a round.
func (b *board) endRound(e environment.RoundEnded) {
	first := b.round == 0
	b.round = e.Round
	b.measure(e)
	for i := range b.rows {
		b.rows[i].present = false
	}
	for _, a := range e.Agents {
		r := b.row(a.Name)
		if r == nil {
			r = b.settle(Agent{Name: a.Name, Decides: a.Decides, From: e.Round})
		}
		if !first && r.n == 0 && r.from >= e.Round {
			b.news.tell(e.Round, change, r.name, "joined")
		}
		r.present, r.decides = true, cmp.Or(clean(a.Decides), r.decides)
		value, ok := valueOf(a.Variables, b.plan.Look.Value)
		if !ok {
			continue
		}
		if value > b.top && !math.IsInf(value, 0) { // not so of a NaN
			b.top = value
		}
		if limit, broken := r.ends(value, e.Round); broken {
			b.news.tell(e.Round, breach, r.name, fmt.Sprintf("broke a promise of %s: %s", number(limit), number(value)))
		}
	}
	b.decide()
}

// measure takes in what the world shows.
func (b *board) measure(e environment.RoundEnded) {
	if b.plan.Look.Gauge != nil {
		b.gauge = b.plan.Look.Gauge(e)
		b.gauge.Name, b.gauge.Aside = clean(b.gauge.Name), clean(b.gauge.Aside)
	} else if len(e.World) > 0 {
		v := e.World[0]
		b.gauge = Gauge{Name: clean(v.Name), Value: v.Value, Left: v.Value, Full: b.gauge.Full}
		if v.Value > b.gauge.Full {
			b.gauge.Full = v.Value
		}
	}
	if len(b.history) == maxHistory {
		b.history = slices.Delete(b.history, 0, 1)
	}
	b.history = append(b.history, b.gauge.Value)
	if b.gauge.Over {
		b.news.tell(e.Round, breach, "", b.gauge.Name+": "+cmp.Or(b.gauge.Aside, "the end"))
	}
	b.shown = nil
	if b.metrics != nil {
		for _, m := range b.metrics(e) {
			b.shown = append(b.shown, Metric{clean(m.Name), clean(m.Value)})
		}
		return
	}
	for i, v := range e.World {
		if i > 0 {
			b.shown = append(b.shown, Metric{clean(v.Name), number(v.Value)})
		}
	}
}

// said takes in a message.
func (b *board) said(e actors.Said) {
	m := e.Message
	r := b.row(m.Sender)
	if r == nil {
		return // not one of ours
	}
	b.talked = true
	if e.Unheard {
		r.says("(nobody hears it say anything)", false, e.Round)
		return
	}
	if text, ok := m.Content.(protocol.Text); ok {
		words := clean(string(text))
		r.says(words, true, e.Round)
		b.news.tell(e.Round, quote, r.name, words)
		return
	}
	text := b.plan.Look.words(m)
	r.says(text, false, e.Round)
	if m.Act != protocol.Agree { // of those there are as many as pairs
		b.news.tell(e.Round, speech, r.name, text)
	}
	if b.plan.Look.Limit == nil {
		return
	}
	limit, ok := b.plan.Look.Limit(m.Content)
	if !ok {
		return
	}
	switch m.Act {
	case protocol.Propose:
		r.word.proposes(limit, e.Round)
	case protocol.Agree, protocol.AcceptProposal:
		for _, to := range m.Receivers {
			other := b.row(to)
			if other != nil && other.word.offeredIn == e.Round && other.word.offer == limit {
				other.word.binds(limit, e.Round)
				r.word.binds(limit, e.Round)
			}
		}
	}
}

// fares notes how somebody fares, an agent or another actor.
func (b *board) fares(who string, s state) {
	s.text = clean(s.text)
	if r := b.row(who); r != nil {
		r.state = s
	}
	b.news.tell(s.round, s.kind, clean(who), s.text)
}

func (b *board) marked(e actors.Marked) {
	why := ""
	if e.Why != "" {
		why = ": " + e.Why
	}
	switch e.Mark {
	case actors.Fallback:
		b.fares(e.Agent, state{ruled, "a rule decided" + why, e.Round})
	case actors.Unusable:
		b.fares(e.Agent, state{lapse, "passed" + why, e.Round})
	case actors.Repaired:
		if r := b.row(e.Agent); r != nil { // it was nothing in the end: no news
			r.state = state{mended, clean("answer mended" + why), e.Round}
		}
	}
}

func (b *board) failed(d supervision.Decision) {
	f := d.Cause()
	at := "a " + f.Event
	switch {
	case f.Event == "started":
		at = "its start"
	case strings.HasPrefix(f.Event, "o") || strings.HasPrefix(f.Event, "a") || strings.HasPrefix(f.Event, "u"):
		at = "an " + f.Event
	}
	s := state{restart, "restarted: crashed on " + at, b.round + 1}
	switch d.(type) {
	case supervision.Restart:
		if r := b.row(agentOf(f.Actor)); r != nil { // on which event, is told in its row: the news are that it was restarted
			r.state = s
			b.news.tell(s.round, restart, r.name, "restarted")
			return
		}
	case supervision.Quarantine:
		s.kind, s.text = loss, fmt.Sprintf("%s was set aside after %d attempts: %v", at, f.Attempt, f.Err)
	case supervision.Stop:
		s.kind, s.text = loss, fmt.Sprintf("stopped: crashed on %s: %v", at, f.Err)
	default:
		s.kind, s.text = loss, fmt.Sprintf("crashed on %s, for its parent to decide: %v", at, f.Err)
	}
	b.fares(agentOf(f.Actor), s)
}

// does notes what the watcher did, as it took effect.
func (b *board) does(text string) { b.news.tell(b.round+1, change, "", clean(text)) }

// decide notes who decided last, sorted.
func (b *board) decide() {
	var all []string
	for i := range b.rows {
		if d := b.rows[i].decides; !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	slices.Sort(all)
	b.deciders = all
}
