package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/protocol"
	"github.com/polis-agents/polis/report"
)

// notebook gathers what a manifest keeps of a run beside its numbers. Agents run side by side, so what they did within a
// round comes in any order; it is kept in one that does not depend on that.
type notebook struct {
	phases    []string
	round     int // the one in progress
	seen      int // events so far: of one who speaks twice, the first comes first
	said      report.Ends[noted[actors.Said]]
	incidents report.Ends[noted[report.Incident]]
	marked    report.Ends[noted[actors.Marked]]
	hands     report.Ends[noted[polis.Intervened]]
	models    map[string]*ration        // by the name of the adapter
	marks     map[string]map[string]int // by agent: decisions that were not made as usual
}

// noted is something with its place in the order.
type noted[T any] struct {
	round, phase int
	who          string
	seen         int
	what         T
}

func byPlace[T any](a, b noted[T]) int {
	return cmp.Or(cmp.Compare(a.round, b.round), cmp.Compare(a.phase, b.phase), strings.Compare(a.who, b.who), cmp.Compare(a.seen, b.seen))
}

func newNotebook(phases []string) *notebook {
	n := &notebook{phases: phases, round: 1, models: map[string]*ration{}, marks: map[string]map[string]int{}}
	n.said.Compare, n.incidents.Compare = byPlace, byPlace
	n.marked.Compare, n.hands.Compare = byPlace, byPlace
	return n
}

// see takes an event.
func (n *notebook) see(event any) {
	n.seen++
	switch e := event.(type) {
	case environment.RoundEnded:
		n.round = e.Round + 1
	case actors.Said:
		n.said.Add(at(n, e.Round, e.Phase, e.Message.Sender, e))
	case actors.Marked:
		n.marked.Add(at(n, e.Round, e.Phase, e.Agent, e))
		n.mark(e)
	case llmadapter.Ended:
		n.ration(e.Service).see(&e)
	case polis.Intervened:
		n.hands.Add(noted[polis.Intervened]{round: e.Round, seen: n.seen, what: e}) // in the order in which it was done
	default:
		if in, ok := n.incident(event); ok {
			n.incidents.Add(at(n, in.Round, "", in.Who, in))
		}
	}
}

func at[T any](n *notebook, round int, phase, who string, what T) noted[T] {
	return noted[T]{round, slices.Index(n.phases, phase), who, n.seen, what}
}

// incident is an event that tells of something that went wrong.
func (n *notebook) incident(event any) (in report.Incident, ok bool) {
	in.Round = n.round
	switch e := event.(type) {
	case polis.Failed:
		f := e.Decision.Cause()
		in.Who, in.What, in.At, in.Then = person(f.Actor), "failed", f.Event, e.Decision.Name()
		in.Why = shortened(fmt.Sprint(f.Err), 160)
	case environment.Missed:
		in.Round, in.Who, in.What, in.At, in.Why = e.Round, e.Agent, "missed", e.Phase, "its percept was set aside"
		if e.Late {
			in.Why = "it was too late"
		}
	case actors.Forgot:
		in.Who, in.What = e.Agent, "restarted without its memory"
	case actors.Unkept:
		in.Who, in.What, in.Why = e.Agent, "had no snapshot made of it", shortened(e.Why, 160)
	case environment.Unkept:
		in.Round, in.Who, in.What, in.Why = e.Round, environment.Name, "had no snapshot made of it", shortened(e.Why, 160)
	case actors.Unruled:
		in.Who, in.What, in.At, in.Why = e.From, "was not let speak to", e.To, shortened(e.Why, 160)
	case actors.Clocked:
		in.Who, in.What, in.At = e.Agent, "depended on the clock or on load", shortened(e.What, 80)
	case polis.Blocked:
		in.Who, in.What, in.Why = person(e.Actor), "held its turn", fmt.Sprintf("%.1f s", e.Held.Seconds())
	case polis.Abandoned:
		in.Who, in.What, in.At = person(e.Actor), "was left behind in its", e.Job
	default:
		return in, false
	}
	return in, true
}

// record is what the manifest of the run keeps. deciders are who answers at adapters.
func (n *notebook) record(rep *polis.Report, deciders map[string]llmadapter.Config) report.Record {
	r := report.Record{Deciders: rep.DecidedBy, Marks: rep.Marks, Models: map[string]report.Usage{}, Spending: map[string]report.Spending{},
		Resources: map[string]report.Resource{}}
	for name, account := range rep.Models {
		r.Models[name] = report.Usage(account)
		r.Spending[name] = report.SpendingOf(rep.Spending[name])
		r.Resources[name] = n.resource(name, deciders[name].Label, r.Spending[name])
	}
	r.Said = report.Listed(&n.said, saying)
	r.Incidents = report.Listed(&n.incidents, func(x noted[report.Incident]) report.Incident { return x.what })
	r.Marked = report.Listed(&n.marked, func(x noted[actors.Marked]) report.Mark {
		e := x.what
		return report.Mark{Round: e.Round, Phase: e.Phase, Who: e.Agent, Mark: e.Mark.String(), Why: shortened(e.Why, 240)}
	})
	r.Interventions = report.Listed(&n.hands, func(x noted[polis.Intervened]) report.Intervention {
		return report.Intervention{Round: x.what.Round, What: x.what.What, Who: x.what.Agent}
	})
	return r
}

// saying is a message as people read it.
func saying(x noted[actors.Said]) polis.Saying {
	m := x.what.Message
	s := polis.Saying{Round: x.what.Round, Phase: x.what.Phase, Sender: m.Sender, Receivers: m.Receivers, Act: string(m.Act),
		Language: m.Language, Unheard: x.what.Unheard}
	switch content := m.Content.(type) {
	case nil:
	case protocol.Text:
		s.Text, s.More = report.Cut(string(content))
	default:
		s.Text, s.More = report.Cut(fmt.Sprintf("%+v", content))
	}
	return s
}

// recordOfRuns is the record of one run, or the sums of several that count.
func recordOfRuns(outcomes []outcome) report.Record {
	if len(outcomes) == 1 {
		return outcomes[0].record
	}
	sum := report.Record{Deciders: map[string]int{}, Marks: map[string]int{}, Models: map[string]report.Usage{}}
	for i := range outcomes {
		if o := &outcomes[i]; o.whole() {
			sum.Add(o.record)
		}
	}
	return sum
}
