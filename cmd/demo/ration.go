package main

import (
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/report"
)

// ration gathers what a report tells of a model as a resource: what was rejected and why, and how busy it was.
type ration struct {
	rejections, failures map[string]int
	began                time.Time // when the first request was asked, of those whose time is known
	course               report.Course
}

func (n *notebook) ration(service string) *ration {
	r := n.models[service]
	if r == nil {
		r = &ration{rejections: map[string]int{}, failures: map[string]int{}}
		n.models[service] = r
	}
	return r
}

// see takes in the end of a request. One from before the run was taken up again has no time: how busy the adapter was then
// is not in the journal.
func (r *ration) see(e *llmadapter.Ended) {
	switch {
	case e.Reason != "":
		r.rejections[string(e.Reason)]++
	case e.Kind != "":
		r.failures[string(e.Kind)]++
	}
	if e.At.IsZero() {
		return
	}
	if r.began.IsZero() {
		r.began = e.At.Add(-e.Took - e.Wait)
	}
	out := e.Load.InFlight
	if e.Outcome == "answered" && !e.Shared {
		out++ // its own call, until then
	}
	r.course.Add(e.At.Sub(r.began).Seconds(), report.Slot{N: 1, Queued: e.Load.Queued, InFlight: out, Limit: e.Load.Limit,
		Wait: e.Wait.Seconds(), Longest: e.Wait.Seconds()})
}

// mark counts a decision that was not made as its agent usually makes it.
func (n *notebook) mark(e actors.Marked) {
	if n.marks[e.Agent] == nil {
		n.marks[e.Agent] = map[string]int{}
	}
	n.marks[e.Agent][e.Mark.String()]++
}

// resource is what the report tells of a model, when the run is over, besides what those have spent who asked it.
func (n *notebook) resource(name, label string, spent report.Spending) report.Resource {
	of := report.Resource{Label: label, Marks: map[string]map[string]int{}}
	if r := n.models[name]; r != nil {
		of.Rejections, of.Failures = r.rejections, r.failures
		if len(r.course.Slots) > 0 {
			of.Course = &r.course
		}
	}
	for asker := range spent.Askers {
		if marks := n.marks[asker]; marks != nil {
			of.Marks[asker] = marks
		}
	}
	return of
}
