package report

import (
	"cmp"
	"maps"
	"slices"
)

// Bounds of what is kept of a model.
const (
	mostNamed   = 20  // askers on the page
	mostReasons = 20  // of rejections, and kinds of failures
	mostSlots   = 120 // of a course
)

// Resource is a model as what it is to a society: shared, and rationed.
type Resource struct {
	Label      string                    `json:"label,omitempty"`      // who answers
	Rejections map[string]int            `json:"rejections,omitempty"` // requests that its adapter did not take, by reason
	Failures   map[string]int            `json:"failures,omitempty"`   // requests that failed, by the kind of the last failure
	Marks      map[string]map[string]int `json:"marks,omitempty"`      // by agent, of those who asked: decisions that were not made as usual
	Course     *Course                   `json:"course,omitempty"`     // how busy it was; nil: of several runs, or of a past that was not seen
}

// Slot is how busy an adapter was for a while: as it was when each request ended that did then.
type Slot struct {
	N        int     `json:"n,omitempty"`         // requests that ended; 0: nothing is known
	Queued   int     `json:"queued,omitempty"`    // that waited, at most
	InFlight int     `json:"in_flight,omitempty"` // calls that were out, at most
	Limit    int     `json:"limit,omitempty"`     // how many might be, at the end
	Wait     float64 `json:"wait,omitempty"`      // that they had waited, on average, in seconds
	Longest  float64 `json:"longest,omitempty"`   // and at most
}

// Course is how busy an adapter was over a run, in at most 120 slots: when they do not suffice, they grow.
type Course struct {
	Each  float64 `json:"each_seconds"`
	Slots []Slot  `json:"slots"`
}

// firstSlot is how long a slot is at first, in seconds.
const firstSlot = 0.01

// Add takes in the end of a request: so many seconds after the first was asked, and how busy it was then.
func (c *Course) Add(at float64, s Slot) {
	if c.Each == 0 {
		c.Each = firstSlot
	}
	if at = min(at, 1e9); !(at > 0) { // decades; what is no time is none
		at = 0
	}
	for int(at/c.Each) >= mostSlots {
		c.double()
	}
	i := int(at / c.Each)
	for len(c.Slots) <= i {
		c.Slots = append(c.Slots, Slot{})
	}
	c.Slots[i] = c.Slots[i].with(s)
}

// double puts every two slots together.
func (c *Course) double() {
	c.Each *= 2
	for i := range (len(c.Slots) + 1) / 2 {
		s := c.Slots[2*i]
		if 2*i+1 < len(c.Slots) {
			s = s.with(c.Slots[2*i+1])
		}
		c.Slots[i] = s
	}
	c.Slots = c.Slots[:(len(c.Slots)+1)/2]
}

// with is a slot and what came later in it.
func (s Slot) with(o Slot) Slot {
	switch {
	case o.N == 0:
		return s
	case s.N == 0:
		return o
	}
	n := s.N + o.N
	return Slot{N: n, Queued: max(s.Queued, o.Queued), InFlight: max(s.InFlight, o.InFlight), Limit: o.Limit,
		Wait: (s.Wait*float64(s.N) + o.Wait*float64(o.N)) / float64(n), Longest: max(s.Longest, o.Longest)}
}

// courses draws how busy the models of one run were, and how long requests waited.
func courses(d *Document, r *Run) []Plot {
	all := []Plot{}
	resources := r.first.Record.Resources
	if d.Runs > 1 {
		return all
	}
	for _, name := range slices.Sorted(maps.Keys(resources)) {
		c := resources[name].Course
		if c == nil || len(c.Slots) == 0 {
			continue
		}
		unit, scale := "second", 1.0
		if c.Each*float64(len(c.Slots)) < 5 {
			unit, scale = "millisecond", 1000
		}
		lines := [5]Line{{Name: "waiting"}, {Name: "out"}, {Name: "limit"}, {Name: "mean"}, {Name: "longest"}}
		for i, s := range c.Slots {
			if s.N == 0 {
				continue
			}
			for j, y := range []float64{float64(s.Queued), float64(s.InFlight), float64(s.Limit), s.Wait, s.Longest} {
				lines[j].X, lines[j].Y = append(lines[j].X, (float64(i)+0.5)*c.Each*scale), append(lines[j].Y, y)
			}
		}
		if len(lines[0].X) == 0 {
			continue
		}
		title := sentenceCase(plain(name))
		all = append(all,
			Plot{Title: title + ": requests that wait, and calls that are out", Kind: "lines", X: unit, Y: "requests", Panels: []Panel{{Lines: lines[:3]}},
				Caption: "The most of them in each " + short(c.Each) + " s in which a request ended, and how many might be out."},
			Plot{Title: title + ": how long requests waited", Kind: "lines", X: unit, Y: "seconds", Panels: []Panel{{Lines: lines[3:]}},
				Caption: "Until the first attempt, or until the end where there was none; by when requests ended."})
	}
	for i := range all {
		all[i].Caption += " " + d.Decided
	}
	return all
}

// cut bounds what is read of a resource.
func (r *Resource) cut() {
	r.Label, _ = Cut(r.Label)
	kept := map[string]map[string]int{}
	for _, agent := range slices.Sorted(maps.Keys(r.Marks)) {
		if len(kept) < Kept {
			name, _ := Cut(agent)
			kept[name] = fewest(r.Marks[agent])
		}
	}
	r.Marks = kept
	r.Rejections, r.Failures = fewest(r.Rejections), fewest(r.Failures)
	if r.Course != nil && !(r.Course.Each > 0 && r.Course.Each < 1e9 && len(r.Course.Slots) <= mostSlots) {
		r.Course = nil
	}
}

// fewest are the first of a map, by name, with names that are cut.
func fewest(m map[string]int) map[string]int {
	few := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if len(few) < mostReasons {
			short, _ := Cut(name)
			few[short] = m[name]
		}
	}
	return few
}

// sums is a resource without its course: what can be added up over runs.
func (r *Resource) sums() Resource {
	s := *r
	s.Course = nil
	return s
}

// merge counts another in.
func (r *Resource) merge(o *Resource) {
	r.Label = cmp.Or(r.Label, o.Label)
	r.Rejections, r.Failures = together(r.Rejections, o.Rejections), together(r.Failures, o.Failures)
	sum := maps.Clone(r.Marks)
	if sum == nil {
		sum = map[string]map[string]int{}
	}
	for agent, marks := range o.Marks {
		sum[agent] = together(sum[agent], marks)
	}
	r.Marks = sum
}

func together(a, b map[string]int) map[string]int {
	sum := maps.Clone(a)
	if sum == nil {
		sum = map[string]int{}
	}
	for name, n := range b {
		sum[name] += n
	}
	return sum
}

// marked says of those who asked how often they decided otherwise.
func marked(askers []Spent, marks map[string]map[string]int) []Spent {
	for i := range askers {
		askers[i].Marks = marks[askers[i].Name]
	}
	return askers
}

// Named are the askers that a page names, and Unnamed is how many there are besides.
func (m *Model) Named() []Spent { return m.Askers[:min(len(m.Askers), mostNamed)] }

// Unnamed counts those whom Named leaves out, as far as a manifest has them.
func (m *Model) Unnamed() int { return len(m.Askers) - len(m.Named()) }
