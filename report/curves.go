package report

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/polis-agents/polis/emergence/statistics"
)

// axis is the parameter that curves go over: the first whose values are numbers, two or more; "": there is none.
func (s *Sweep) axis() string {
	values := map[string]map[string]bool{}
	var names []string
	for i := range s.Cells {
		for name, value := range s.Cells[i].Parameters {
			if values[name] == nil {
				values[name] = map[string]bool{}
				names = append(names, name)
			}
			values[name][value] = true
		}
	}
	slices.Sort(names)
	for _, name := range names {
		numbers := len(values[name]) > 1
		for value := range values[name] {
			x, err := strconv.ParseFloat(value, 64)
			numbers = numbers && err == nil && math.Abs(x) <= drawable
		}
		if numbers {
			return name
		}
	}
	return ""
}

// beside are the other parameters of a cell in words.
func (c *Cell) beside(axis string) string {
	var parts []string
	for name, value := range c.Parameters {
		if name != axis {
			parts = append(parts, name+"="+value)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// curves draw every metric over a parameter: a panel for each combination of the others, a line for each arm.
func (s *Sweep) curves() []Plot {
	all := []Plot{}
	x := s.axis()
	if x == "" {
		return all
	}
	var metrics []string
	for i := range s.Cells {
		for _, m := range s.Cells[i].Metrics {
			if !slices.Contains(metrics, m.Name) && len(metrics) < manyPlots {
				metrics = append(metrics, m.Name)
			}
		}
	}
	for _, metric := range metrics {
		p := Plot{Title: sentenceCase(plain(metric)), Kind: "curves", X: plain(x),
			Caption: fmt.Sprintf("Mean of %s over runs, by %s, with its 95 %% interval; a line for each arm. %s", plain(metric), plain(x), s.Decided)}
		for i := range s.Cells {
			s.Cells[i].draw(&p, metric, x)
		}
		for i := range p.Panels {
			for k := range p.Panels[i].Lines {
				p.Panels[i].Lines[k].sort()
			}
		}
		if len(p.Panels) > 0 {
			all = append(all, p)
		}
	}
	return all
}

// draw puts the mean of a cell on its line.
func (c *Cell) draw(p *Plot, metric, axis string) {
	at := slices.IndexFunc(c.Metrics, func(m CellMetric) bool { return m.Name == metric })
	if at < 0 || c.Metrics[at].N < 1 || !(math.Abs(c.Metrics[at].Mean) <= drawable) {
		return
	}
	m := &c.Metrics[at]
	l := p.line(c.beside(axis), c.Arm)
	if l == nil {
		return
	}
	x, _ := strconv.ParseFloat(c.Parameters[axis], 64)
	low, high, n := m.Mean, m.Mean, 1 // a single number has no spread
	if m.Interval != nil && m.Interval[0] >= -drawable && m.Interval[1] <= drawable {
		low, high, n = m.Interval[0], m.Interval[1], m.N
	}
	l.X, l.Y, l.Low, l.High, l.N = append(l.X, x), append(l.Y, m.Mean), append(l.Low, low), append(l.High, high), append(l.N, n)
}

// line finds a panel's line by their names, or makes them; nil: there are too many.
func (p *Plot) line(panel, name string) *Line {
	at := slices.IndexFunc(p.Panels, func(x Panel) bool { return x.Name == panel })
	if at < 0 {
		if at = len(p.Panels); at == manyLines {
			return nil
		}
		p.Panels = append(p.Panels, Panel{Name: panel})
	}
	of := &p.Panels[at]
	k := slices.IndexFunc(of.Lines, func(x Line) bool { return x.Name == name })
	if k < 0 {
		if k = len(of.Lines); k == manyLines {
			return nil
		}
		of.Lines = append(of.Lines, Line{Name: name})
	}
	return &of.Lines[k]
}

// sort puts the points of a curve in the order of x.
func (l *Line) sort() {
	order := make([]int, len(l.X))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if l.X[a] == l.X[b] {
			return 0
		}
		return cmpFloat(l.X[a], l.X[b])
	})
	for _, of := range []*[]float64{&l.X, &l.Y, &l.Low, &l.High} {
		*of = picked(*of, order)
	}
	l.N = picked(l.N, order)
}

func picked[T any](of []T, order []int) []T {
	all := make([]T, len(order))
	for i, at := range order {
		all[i] = of[at]
	}
	return all
}

// readRuns reads runs.csv for the times of milestones, and draws the share of runs that had not come to each.
func (s *Sweep) readRuns(dir string) error {
	path := filepath.Join(dir, runsFile)
	f, err := openFile(path)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	defer f.Close()
	if s.Survival, err = s.survival(f); err != nil {
		return fmt.Errorf("report: %s: %w", path, err)
	}
	return nil
}

const milestone = "milestone " // begins the name of a column

// survival draws a plot for each milestone: a panel for each combination of parameters, a line for each arm. A run that did not
// come to it in its rounds is censored at its last one.
func (s *Sweep) survival(text io.Reader) ([]Plot, error) {
	r := csv.NewReader(text)
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("its header: %w", err)
	}
	head = slices.Clone(head)
	seed, rounds := slices.Index(head, "seed"), slices.Index(head, "rounds")
	if seed < 2 || rounds < seed || head[1] != "arm" {
		return nil, fmt.Errorf("line 1: the columns are %.200q; accepted are run, arm, parameters, seed, hash, rounds and more", head)
	}
	type group struct{ panel, arm string }
	times, order := map[string]map[group][]statistics.Duration{}, []group(nil)
	for n := 2; ; n++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		c := Cell{Parameters: map[string]string{}}
		for i := 2; i < seed; i++ {
			c.Parameters[head[i]] = row[i]
		}
		g := group{c.beside(""), row[1]}
		if !slices.Contains(order, g) {
			if len(order) == manyLines*manyLines {
				continue
			}
			order = append(order, g)
		}
		for i := rounds; i < len(head); i++ {
			name, is := strings.CutPrefix(head[i], milestone)
			if !is {
				continue
			}
			cell, censored := row[i], row[i] == ""
			if censored {
				cell = row[rounds]
			}
			time, err := strconv.ParseFloat(cell, 64)
			if err != nil || !(time >= 0 && time <= drawable) {
				return nil, fmt.Errorf("line %d: %q is %.40q; accepted is a round", n, head[i], cell)
			}
			if times[name] == nil {
				times[name] = map[group][]statistics.Duration{}
			}
			times[name][g] = append(times[name][g], statistics.Duration{Time: time, Censored: censored})
		}
	}
	all := []Plot{}
	for _, column := range head {
		name, is := strings.CutPrefix(column, milestone)
		if !is || times[name] == nil || len(all) == manyPlots {
			continue
		}
		p := Plot{Title: "Not yet: " + name, Kind: "steps", X: "round", Y: "share of runs",
			Caption: "Share of runs that had not come to it by each round, by Kaplan and Meier: runs that ended before are censored there. A line for each arm. " + s.Decided}
		for _, g := range order {
			curve, err := statistics.KaplanMeier(times[name][g], 0.95)
			if err != nil {
				continue
			}
			if l := p.line(g.panel, g.arm); l != nil {
				l.survive(curve, times[name][g])
			}
		}
		all = append(all, p)
		delete(times, name)
	}
	return all, nil
}

// survive makes a line of a survival curve, up to the last time that is known.
func (l *Line) survive(c statistics.Curve, of []statistics.Duration) {
	l.X, l.Y, l.Low, l.High = []float64{0}, []float64{1}, []float64{1}, []float64{1}
	for _, step := range c.Steps {
		l.X, l.Y, l.Low, l.High = append(l.X, step.Time), append(l.Y, step.Surviving), append(l.Low, step.Low), append(l.High, step.High)
	}
	last := l.X[len(l.X)-1]
	for _, d := range of {
		last = max(last, d.Time)
	}
	if end := len(l.X) - 1; last > l.X[end] {
		l.X, l.Y, l.Low, l.High = append(l.X, last), append(l.Y, l.Y[end]), append(l.Low, l.Low[end]), append(l.High, l.High[end])
	}
}
