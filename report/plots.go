package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/polis-agents/polis"
)

const (
	manyPlots  = 8  // of variables, when the scenario does not say which
	manyValues = 12 // that a metric may have over runs to be counted one by one; of more, ranges are counted
)

// plots chooses what is drawn: of the world, of several runs how long they lasted, of the agents, and of several runs how
// their metrics are distributed.
func plots(d *Document, r *Run, s *polis.Scenario) []Plot {
	all := []Plot{}
	chosen := s.Plots
	if chosen == nil {
		for _, name := range r.seen.names[:min(len(r.seen.names), manyPlots)] {
			chosen = append(chosen, polis.Plot{Title: sentenceCase(plain(name)), Of: "world", Variables: []string{name}})
		}
		if len(r.seen.shares) > 0 {
			name := r.seen.shares[0]
			chosen = append(chosen, polis.Plot{Title: sentenceCase(plain(name)) + " of each agent", Of: "agents", Variables: []string{name}})
		}
	}
	draw := func(agents bool, plot func(*Document, *Run, polis.Plot) (Plot, bool)) {
		for _, c := range chosen {
			if p, drawn := plot(d, r, c); drawn && agents == (c.Of == "agents") {
				all = append(all, p)
			}
		}
	}
	draw(false, worldPlot)
	if d.Whole > 1 {
		all = append(all, survival(d, r))
	}
	draw(true, agentsPlot)
	if d.Whole > 1 {
		if p, drawn := distributions(d, r); drawn {
			all = append(all, p)
		}
	}
	for i := range all {
		all[i].Caption = sentence(all[i].Caption) + " " + d.Decided
	}
	return all
}

func sentenceCase(text string) string {
	text = sentence(text)
	if text != "" {
		text = text[:len(text)-1]
	}
	return text
}

// over says what a point of a curve is.
func over(d *Document, r *Run) string {
	text := ""
	if r.seen.each > 1 {
		text = fmt.Sprintf(" Each point is the mean of %d %ss.", r.seen.each, d.Period)
	}
	return text
}

// worldPlot draws variables of the world over rounds; of several runs the mean and the deviation of the first.
func worldPlot(d *Document, r *Run, c polis.Plot) (Plot, bool) {
	p := Plot{Title: c.Title, Kind: "lines", X: d.Period, Y: c.Unit}
	panel := Panel{}
	for _, name := range c.Variables {
		at := slices.Index(r.seen.names, name)
		if at < 0 || len(r.seen.world[at].points) == 0 {
			continue
		}
		h, s := &r.seen.world[at], none
		if d.Whole > 1 {
			s = byDeviation
		} else if h.each > 1 {
			s = byRange
		}
		if l := h.curve(plain(name), s); len(l.X) > 0 {
			panel.Lines = append(panel.Lines, l)
		}
		if d.Whole > 1 && len(panel.Lines) > 0 {
			break
		}
	}
	if len(panel.Lines) == 0 {
		return p, false
	}
	panel.Limits = limits(r.Manifest.Parameters, c.Limits)
	var names []string
	for _, l := range panel.Lines {
		names = append(names, l.Name)
	}
	panel.Lines = r.besides(panel.Lines, c.Variables)
	p.Panels = []Panel{panel}
	p.Caption = fmt.Sprintf("%s in each %s.", and(names), d.Period)
	if d.Whole > 1 {
		p.Caption = fmt.Sprintf("%s in each %s: mean of the runs that were still going, and one standard deviation on either side%s.",
			names[0], d.Period, going(panel.Lines[0].N))
	}
	if d.Fork != nil {
		p.Caption += fmt.Sprintf(" Up to %s %d both runs are one.", d.Period, d.Fork.At)
	}
	p.Caption += over(d, r)
	return p, true
}

// going says how many runs a mean is of.
func going(n []int) string {
	if len(n) == 0 {
		return ""
	}
	least, most := slices.Min(n), slices.Max(n)
	switch {
	case least == most:
		return fmt.Sprintf(" (n = %d)", most)
	case least == 1:
		return fmt.Sprintf(" (n falls from %d to 1, of which there is no deviation)", most)
	}
	return fmt.Sprintf(" (n falls from %d to %d)", most, least)
}

// limits are level lines at the values of parameters that are numbers.
func limits(parameters map[string]string, names []string) (all []Limit) {
	for _, name := range names {
		if x, err := strconv.ParseFloat(parameters[name], 64); err == nil && !math.IsInf(x, 0) && !math.IsNaN(x) {
			all = append(all, Limit{plain(name) + " " + short(x), x})
		}
	}
	return all
}

// agentsPlot draws one variable of each agent over rounds; of many agents the quartiles.
func agentsPlot(d *Document, r *Run, c polis.Plot) (Plot, bool) {
	p := Plot{Title: c.Title, Kind: "lines", X: d.Period, Y: c.Unit}
	at := slices.Index(r.seen.shares, slices.Concat(c.Variables, []string{""})[0])
	if at < 0 {
		return p, false
	}
	name, s := plain(r.seen.shares[at]), none
	if d.Whole > 1 {
		s = byDeviation
	}
	for _, agent := range r.seen.order {
		mine := r.seen.agents[agent]
		if at >= len(mine) {
			continue
		}
		if l := mine[at].curve("", s); len(l.X) > 0 {
			p.Panels = append(p.Panels, Panel{Name: agent, Note: "mean " + rough(mean(l)), Lines: []Line{l}})
		}
	}
	p.Caption = fmt.Sprintf("%s of each agent in each %s, all on one scale.", name, d.Period)
	if d.Whole > 1 {
		p.Caption = fmt.Sprintf("%s of each agent in each %s: mean of the runs that were still going, and one standard deviation on either side.", name, d.Period)
	}
	if len(p.Panels) == 0 {
		p.Panels, p.Caption = crowdPanels(r.seen.crowd[at]), fmt.Sprintf("%s in each %s over all agents: median, quartiles, least and most.", name, d.Period)
	} else if d.Whole <= 1 && r.seen.each == 1 {
		p.Kind = "columns"
	}
	p.Caption += over(d, r)
	return p, len(p.Panels) > 0
}

// crowdPanels is one panel with the middle of many agents, the half around it, and the outermost.
func crowdPanels(crowd [5]history) []Panel {
	var q [5]Line
	for i := range crowd {
		if q[i] = crowd[i].curve("", none); len(q[i].X) == 0 {
			return nil
		}
		q[i].N = nil
	}
	q[0].Name, q[2].Name, q[4].Name = "least", "median", "most"
	q[2].Low, q[2].High = q[1].Y, q[3].Y
	return []Panel{{Lines: []Line{q[2], q[0], q[4]}}}
}

func mean(l Line) float64 {
	var s span
	for _, y := range l.Y {
		s.add(y)
	}
	return s.mean
}

// survival is how many of several runs were still going after each round. A run that played all rounds that were ordered
// was not ended by its world: it counts as going to the last (Kaplan and Meier's estimate, for none is censored before).
func survival(d *Document, r *Run) Plot {
	_, most := lengths(r)
	last := max(d.Rounds, most)
	l := Line{Name: "share of runs", X: []float64{0}, Y: []float64{1}}
	ends := map[int]int{}
	for _, e := range r.runs {
		if e.Status == "done" && (d.Rounds == 0 || e.Rounds < d.Rounds) {
			ends[e.Rounds]++
		}
	}
	left := d.Whole
	for _, round := range slices.Sorted(maps.Keys(ends)) {
		left -= ends[round]
		l.X, l.Y = append(l.X, float64(round)), append(l.Y, float64(left)/float64(d.Whole))
	}
	if l.X[len(l.X)-1] < float64(last) {
		l.X, l.Y = append(l.X, float64(last)), append(l.Y, l.Y[len(l.Y)-1])
	}
	p := Plot{Title: "How long the runs lasted", Kind: "steps", X: d.Period, Y: "share of runs", Panels: []Panel{{Lines: []Line{l}}}}
	p.Caption = fmt.Sprintf("Share of %s still going after each %s.", plural(d.Whole, "run"), d.Period)
	if d.Rounds > 0 {
		p.Caption = fmt.Sprintf("Share of %s still going after each %s; %d played all %d.", plural(d.Whole, "run"), d.Period, left, d.Rounds)
	}
	return p
}

// distributions shows how often each metric had which value, over runs.
func distributions(d *Document, r *Run) (Plot, bool) {
	p := Plot{Title: "Metrics over runs", Kind: "bars", Y: "runs", Caption: fmt.Sprintf("How many of %s had which value.", plural(d.Whole, "run"))}
	for _, m := range d.Metrics {
		var values []float64
		for _, e := range r.runs {
			if x, ok := e.Metrics[m.Name]; ok && e.Status == "done" && math.Abs(x) <= drawable {
				values = append(values, x)
			}
		}
		if len(values) > 0 {
			p.Panels = append(p.Panels, Panel{Name: plain(m.Name), Note: meanText(m), Bars: bars(values)})
		}
	}
	return p, len(p.Panels) > 0
}

func meanText(m Statistic) string {
	text := "mean " + rough(m.Mean)
	if m.SD != nil {
		text += ", sd " + rough(*m.SD)
	}
	return text
}

// bars counts values: each one when they are few and whole, else equal ranges, as many as Sturges would.
func bars(values []float64) []Bar {
	slices.Sort(values)
	low, high := values[0], values[len(values)-1]
	distinct := slices.Compact(slices.Clone(values))
	whole := !slices.ContainsFunc(distinct, func(x float64) bool { return x != math.Round(x) })
	if len(distinct) == 1 || whole && high-low <= 2*manyValues || high-low <= 1e-12*max(math.Abs(low), math.Abs(high)) {
		var all []Bar
		for _, x := range values {
			if n := len(all); n > 0 && all[n-1].Low == x {
				all[n-1].N++
			} else {
				all = append(all, Bar{x, x, 1})
			}
		}
		return all
	}
	n := cmp.Or(min(manyValues, 1+int(math.Ceil(math.Log2(float64(len(values)))))), 1)
	all := make([]Bar, n)
	width := (high - low) / float64(n)
	for i := range all {
		all[i].Low, all[i].High = low+float64(i)*width, low+float64(i+1)*width
	}
	all[n-1].High = high
	for _, x := range values {
		all[min(int((x-low)/width), n-1)].N++
	}
	return all
}
