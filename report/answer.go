package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/polis-agents/polis/emergence"
)

const (
	manyAnswers  = 400 // to questions: more in a manifest are refused
	manyWarnings = 20  // of an answer, and of its other numbers, that are kept
	manyMarks    = 400 // runs whose values are drawn beside the null
	threshold    = 0.05
)

// answers are what a manifest says to the questions of a scenario, as they may be shown: no number stands without what it
// is held against, without its sample, and without its interval or the reason why there is none. One that lacks it loses its
// number and says so.
func answers(all []emergence.Estimate) []emergence.Estimate {
	shown := make([]emergence.Estimate, 0, len(all))
	for _, e := range all {
		if why := withheld(&e); why != "" {
			e.Value, e.Values, e.Corrected, e.Interval, e.P, e.Q, e.Effect = math.NaN(), emergence.Values{}, nil, nil, nil, nil, nil
			e.Warnings = append(slices.Clone(e.Warnings), "no number is given: "+why)
		}
		e.Warnings, e.Values = notNil(e.Warnings), notNil(e.Values)
		shown = append(shown, e)
	}
	return shown
}

// withheld says why a number is not shown; "": it is.
func withheld(e *emergence.Estimate) string {
	switch {
	case math.IsNaN(e.Value):
		return "there is none"
	case e.Null == nil || e.P == nil || e.Null.N < 1:
		return "it was held against no null"
	case e.N < 1 && e.Runs < 1:
		return "of how many samples it is was not said"
	case e.Interval == nil && len(e.Warnings) == 0:
		return "it has no interval, and nothing says why"
	}
	return ""
}

// tested is the number that was held against the null: of several the one that the null names.
func tested(e *emergence.Estimate) float64 {
	if e.Null != nil && e.Null.Of != "" {
		for _, v := range e.Values {
			if v.Name == e.Null.Of {
				return v.Value
			}
		}
	}
	return e.Value
}

// answer is a row of the table of answers.
type answer struct {
	*emergence.Estimate
	Title   string // the question
	Remarks []string
	Tested  float64
}

// rows of the table of answers.
func answerRows(all []emergence.Estimate) []answer {
	rows := make([]answer, 0, len(all))
	for i := range all {
		e := &all[i]
		a := answer{Estimate: e, Title: e.Question, Tested: tested(e), Remarks: []string{"named before the run"}}
		if e.Question == "" {
			a.Title, a.Remarks[0] = "A look at "+plain(e.Measure), "looked at after the run"
		}
		rows = append(rows, a)
	}
	return rows
}

// Shown says whether there is a number.
func (a answer) Shown() bool { return !math.IsNaN(a.Value) }

// What is the measure, and of which number the row is.
func (a answer) What() string {
	text := a.Measure
	if a.Null != nil && a.Null.Of != "" {
		text += ", " + plain(a.Null.Of)
	}
	return strings.TrimSpace(text + " " + a.Of)
}

// Number is the value with its unit.
func (a answer) Number() string {
	if a.Null != nil && a.Null.Of != "" { // the unit is that of the first number
		return short(a.Tested)
	}
	return strings.TrimSpace(short(a.Value) + " " + unit(a.Unit))
}

// unit is a unit behind a number; that of a share is none.
func unit(u string) string {
	if u == "1" {
		return ""
	}
	return u
}

// Sample is of what the number is.
func (a answer) Sample() string {
	if a.Runs > 0 {
		return plural(a.Runs, "run")
	}
	return plural(a.N, "sample")
}

// Against is the null and of what kind it is.
func (a answer) Against() string {
	what := "surrogate"
	if a.Null.Kind == emergence.Simulation {
		what = "run"
	}
	return fmt.Sprintf("%s null %s, %s", a.Null.Kind, a.Null.Name, plural(a.Null.N, what))
}

// asked says in a sentence how many questions have an answer that their null does not give.
func asked(all []emergence.Estimate) string {
	before, beyond := 0, 0
	for i := range all {
		if e := &all[i]; e.Question != "" {
			before++
			if e.Q != nil && *e.Q <= threshold && e.Interval != nil {
				beyond++
			}
		}
	}
	text := fmt.Sprintf("Of %s named before the run %d %s beyond its null, at a corrected p of at most %s.", plural(before, "question"), beyond,
		map[bool]string{true: "goes", false: "go"}[beyond == 1], short(threshold))
	if before == 0 {
		return "Nothing was named before the run: what follows was looked at after."
	}
	return text + " No other word is used for it: a null is one explanation that was ruled out, not all."
}

// Held is a number beside what it is held against.
type Held struct {
	Value    float64     `json:"value"`
	Interval *[2]float64 `json:"ci,omitempty"` // 95 %
	Mean     float64     `json:"null_mean"`
	Low      float64     `json:"null_low"`  // 2.5 % quantile under the null
	High     float64     `json:"null_high"` // and the 97.5 % one
	Runs     []float64   `json:"runs,omitempty"`
}

// held draws each answer beside its null. runs are the answers of several runs, one by one.
func held(d *Document, r *Run) []Plot {
	p := Plot{Title: "Each number beside its null", Kind: "held"}
	for i := range d.Emergence {
		e := &d.Emergence[i]
		h, ok := heldOf(e)
		if !ok {
			continue
		}
		if d.Whole > 1 {
			h.Runs = r.values(e.Question, e.Measure)
		}
		a := answer{Estimate: e, Tested: h.Value}
		p.Panels = append(p.Panels, Panel{Name: cmp.Or(e.Question, a.What()), Note: a.Number(), Held: h})
	}
	if len(p.Panels) == 0 {
		return []Plot{}
	}
	p.Caption = "Point and line: the number and its 95 % interval. Hatched box: where 95 % of the null's values are, with their mean."
	if d.Whole > 1 {
		p.Caption += " Short strokes below: the number of each run."
	}
	p.Caption += " " + d.Decided
	return []Plot{p}
}

// heldOf is an answer as it is drawn; false: it cannot be.
func heldOf(e *emergence.Estimate) (*Held, bool) {
	if e.Null == nil || math.IsNaN(e.Value) {
		return nil, false
	}
	h := &Held{Value: tested(e), Mean: e.Null.Mean, Low: e.Null.Low, High: e.Null.High}
	if e.Interval != nil {
		h.Interval = &[2]float64{e.Interval.Low, e.Interval.High}
	}
	s := h.span()
	return h, s.low >= -drawable && s.high <= drawable
}

// values are what single runs answered to a question.
func (r *Run) values(question, measure string) (all []float64) {
	for i := range r.runs {
		for k := range r.runs[i].answers {
			e := &r.runs[i].answers[k]
			x := tested(e)
			if e.Question == question && e.Measure == measure && e.Null != nil && math.Abs(x) <= drawable && len(all) < manyMarks {
				all = append(all, x)
			}
		}
	}
	return all
}

// span is the range of all that is drawn.
func (h *Held) span() scale {
	s := scale{min(h.Value, h.Mean, h.Low), max(h.Value, h.Mean, h.High)}
	if h.Interval != nil {
		s.low, s.high = min(s.low, h.Interval[0]), max(s.high, h.Interval[1])
	}
	for _, x := range h.Runs {
		s.low, s.high = min(s.low, x), max(s.high, x)
	}
	return s
}

// checkAnswers says what of answers cannot be.
func checkAnswers(all []emergence.Estimate) error {
	if len(all) > manyAnswers {
		return fmt.Errorf("emergence: %d answers; accepted are at most %d", len(all), manyAnswers)
	}
	for i := range all {
		e := &all[i]
		share := func(x *float64) bool { return x == nil || *x >= 0 && *x <= 1 }
		switch {
		case e.N < 0 || e.Runs < 0 || !share(e.P) || !share(e.Q):
			return fmt.Errorf("emergence: answer %d to %.100q: n %d of %d runs, or its p; accepted are counts from 0, and p and q from 0 to 1", i+1, e.Question, e.N, e.Runs)
		case e.Interval != nil && !(e.Interval.Low <= e.Interval.High):
			return fmt.Errorf("emergence: answer %d to %.100q: its interval ends before it begins", i+1, e.Question)
		case e.Null != nil && (e.Null.N < 0 || !(e.Null.SD >= 0) || !(e.Null.Low <= e.Null.High) || e.Null.Kind != emergence.Surrogate && e.Null.Kind != emergence.Simulation):
			return fmt.Errorf("emergence: answer %d to %.100q: its null has n %d, sd %v, from %v to %v, of kind %.40q; accepted are counts and deviations from 0, and a surrogate or simulation", i+1, e.Question,
				e.Null.N, e.Null.SD, e.Null.Low, e.Null.High, e.Null.Kind)
		}
	}
	return nil
}

// cutAnswers bounds the texts of answers.
func cutAnswers(all []emergence.Estimate) {
	cut := func(texts ...*string) {
		for _, text := range texts {
			*text, _ = Cut(*text)
		}
	}
	for i := range all {
		e := &all[i]
		cut(&e.Question, &e.Measure, &e.Of, &e.Unit)
		if e.Interval != nil {
			cut(&e.Interval.Method)
		}
		if e.Null != nil {
			cut(&e.Null.Name, &e.Null.Of, &e.Null.Tail)
		}
		e.Warnings, e.Values = e.Warnings[:min(len(e.Warnings), manyWarnings)], e.Values[:min(len(e.Values), manyWarnings)]
		for k := range e.Warnings {
			cut(&e.Warnings[k])
		}
		for k := range e.Values {
			cut(&e.Values[k].Name)
		}
	}
}
