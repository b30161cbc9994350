package experiment

// Document is a result as JSON has it: what `demo sweep --json` prints.
type Document struct {
	Scenario    string         `json:"scenario"`
	Runs        int            `json:"runs"` // that were ordered
	Done        int            `json:"done"` // that came to their own end
	Failed      int            `json:"failed"`
	Interrupted bool           `json:"interrupted,omitempty"`
	Seeds       Seeds          `json:"seeds"`
	Hash        string         `json:"hash,omitempty"` // of the hashes of all runs; "": one has none, or has failed
	Repeats     bool           `json:"reproducible"`   // nothing that a seed does not decide took part in any run
	Decided     map[string]int `json:"decided"`        // actions by who decided
	Dir         string         `json:"dir,omitempty"`
	Cells       []CellDocument `json:"cells"`
	Hypotheses  []Finding      `json:"hypotheses"`
	Failures    []Failure      `json:"failures"` // the first Failures of them
}

// Failures is how many failed runs a document names; failed.csv has all.
const Failures = 20

// CellDocument is a cell: an arm with one combination of parameters.
type CellDocument struct {
	Title      string              `json:"title"`
	Arm        string              `json:"arm"`
	Parameters map[string]string   `json:"parameters"`
	Runs       int                 `json:"runs"`
	Failed     int                 `json:"failed"`
	Metrics    []StatisticDocument `json:"metrics"`
}

// StatisticDocument is a metric over the runs of a cell.
type StatisticDocument struct {
	Name     string      `json:"name"`
	Mean     float64     `json:"mean"`
	SD       *float64    `json:"sd,omitempty"`
	N        int         `json:"n"`
	CI       *[2]float64 `json:"ci,omitempty"` // 95 %, over runs
	Method   string      `json:"ci_method,omitempty"`
	Warnings []string    `json:"warnings,omitempty"`
}

// Failure is a run that failed.
type Failure struct {
	Run   int    `json:"run"`
	Title string `json:"title"`
	Seed  uint64 `json:"seed"`
	Error string `json:"error"`
}

// Document puts a result into the form that is printed and kept.
func (r *Result) Document() *Document {
	d := &Document{Scenario: r.File.Scenario, Runs: r.File.Runs(), Done: len(r.Rows), Failed: len(r.Failed), Seeds: r.File.Seeds, Hash: r.Hash(),
		Repeats: len(r.Rows) > 0, Decided: map[string]int{}, Cells: []CellDocument{}, Hypotheses: append([]Finding{}, r.Findings...), Failures: []Failure{}}
	d.Interrupted = d.Done+d.Failed < d.Runs
	for _, row := range r.Rows {
		d.Repeats = d.Repeats && row.Repeats
		for by, n := range row.Decided {
			d.Decided[by] += n
		}
	}
	for _, s := range r.Cells {
		c := CellDocument{Title: r.File.Title(s.Cell), Arm: s.Arm.Name, Parameters: map[string]string{}, Runs: s.Runs, Failed: s.Failed, Metrics: []StatisticDocument{}}
		for i, axis := range r.File.Parameters {
			c.Parameters[axis.Name] = s.Values[i]
		}
		for _, m := range s.Metrics {
			one := StatisticDocument{Name: m.Name, Mean: m.Mean, SD: m.SD, N: m.N}
			if m.Interval != nil {
				one.CI, one.Method, one.Warnings = &[2]float64{m.Interval.Low, m.Interval.High}, m.Interval.Method, m.Interval.Warnings
			}
			c.Metrics = append(c.Metrics, one)
		}
		d.Cells = append(d.Cells, c)
	}
	cells := r.File.Cells()
	for _, row := range r.Failed[:min(len(r.Failed), Failures)] {
		d.Failures = append(d.Failures, Failure{row.Run, r.File.Title(cells[r.cell(row.Run)]), r.seed(row.Run), row.Error})
	}
	return d
}
