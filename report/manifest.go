package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"unicode"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/emergence"
)

// Manifest is what a report reads of manifest.json.
type Manifest struct {
	Polis struct {
		Version  string `json:"version"`
		Go       string `json:"go"`
		Revision string `json:"revision"`
	} `json:"polis"`
	Status       string               `json:"status"` // done, interrupted or failed
	Error        string               `json:"error"`
	Command      string               `json:"command"`
	Decided      string               `json:"decided"`
	Started      string               `json:"started"`
	Wall         float64              `json:"wall_seconds"`
	Seeds        []uint64             `json:"seeds"`
	Played       int                  `json:"rounds_played"`
	Scenario     string               `json:"scenario"`
	Runs         int                  `json:"runs"`
	Agents       int                  `json:"agents"`
	Rounds       int                  `json:"rounds"`
	Ordered      int                  `json:"rounds_ordered"`
	Seed         uint64               `json:"seed"`
	Pace         string               `json:"pace"`
	Minds        []string             `json:"minds"`
	Null         polis.Null           `json:"null"` // what was taken away from the society; "": nothing
	Hash         string               `json:"hash"`
	HashIs       string               `json:"hash_is"`
	Reproducible bool                 `json:"reproducible"`
	Faults       map[string]int       `json:"faults"`
	Forgot       int                  `json:"forgot"`
	Clocked      int                  `json:"clocked"`
	Left         []string             `json:"not_stopped"`
	Messages     polis.Account        `json:"messages"`
	Metrics      Statistics           `json:"metrics"`
	Settings     map[string]string    `json:"settings"`
	Parameters   map[string]string    `json:"parameters"`
	Properties   map[string]bool      `json:"properties"`
	Journal      string               `json:"journal"`
	Chaos        string               `json:"chaos"`
	Tick         string               `json:"tick"`
	Deadline     string               `json:"deadline"`
	Record       Record               `json:"record"`
	Fork         *Forked              `json:"fork"`        // nil: it shares its past with no other
	Emergence    []emergence.Estimate `json:"emergence"`   // answers to the questions of the scenario
	Usage        *Usage               `json:"model_usage"` // nil: it says nothing of it
}

// Statistic is a metric over runs.
type Statistic struct {
	Name string   `json:"name"`
	Mean float64  `json:"mean"`
	SD   *float64 `json:"sd,omitempty"` // of the sample, n-1; nil: there is none for less than two runs
	N    int      `json:"n"`            // runs in which the metric is a number
}

// Statistics is an object in JSON whose order is kept.
type Statistics []Statistic

// UnmarshalJSON reads an object of metrics in its own order.
func (s *Statistics) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	open, err := d.Token()
	if err != nil || open == nil {
		return err
	}
	if open != json.Delim('{') {
		return errors.New("metrics are not an object")
	}
	*s = nil
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var one struct {
			Mean *float64 `json:"mean"`
			SD   *float64 `json:"sd"`
			N    int      `json:"n"`
		}
		if err := d.Decode(&one); err != nil {
			return err
		}
		text, _ := name.(string)
		if one.Mean == nil { // what is absent must not be read as 0
			if one.N > 0 {
				return fmt.Errorf("metric %.200q has no mean", text)
			}
			one.Mean = new(float64)
		}
		*s = append(*s, Statistic{text, *one.Mean, one.SD, one.N})
	}
	return nil
}

// largest is how many bytes a manifest may have: the bounded lists at their longest fit several times over.
const largest = 64 << 20

// longScenario is how many bytes the name of a scenario may have.
const longScenario = 100

// ErrNoRun says that a directory holds no kept run.
var ErrNoRun = errors.New("accepted is the directory of a kept run, which holds a manifest.json")

// readManifest reads and checks a manifest. Errors name its file.
func readManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, manifestFile)
	f, err := openFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		return nil, fmt.Errorf("report: %q: %w", dir, ErrNoRun)
	case err != nil:
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largest+1))
	if err != nil {
		return nil, err
	}
	m, err := parseManifest(text)
	if err != nil {
		return nil, fmt.Errorf("report: %s: %w", path, err)
	}
	return m, nil
}

// parseManifest reads a manifest from its bytes.
func parseManifest(text []byte) (*Manifest, error) {
	if len(text) > largest {
		return nil, fmt.Errorf("it has more than %d bytes", largest)
	}
	m := &Manifest{}
	err := json.Unmarshal(text, m)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return nil, fmt.Errorf("damaged: %q is a %.40s, which cannot be", kind.Field, kind.Value)
	}
	if err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	m.cut()
	return m, nil
}

// openFile opens a file of a kept run. What is no regular file is refused: a pipe would be waited for without end.
func openFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // without waiting for whom a pipe is from
	if err != nil {
		return nil, err
	}
	s, err := f.Stat()
	if err == nil && !s.Mode().IsRegular() {
		err = fmt.Errorf("report: %s: it is not a regular file", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// asked is what was asked of all adapters, of the runs that deciders are counted of. Where the manifest says less
// elsewhere, that counts: nothing is to be taken for an answer that may have been none.
func (m *Manifest) asked() Usage {
	var sum Usage
	for _, u := range m.Record.Models {
		sum.add(u)
	}
	switch {
	case m.Usage == nil:
	case len(m.Record.Models) == 0:
		return *m.Usage
	default:
		sum.Answered = min(sum.Answered, m.Usage.Answered)
	}
	return sum
}

// cut keeps of each text of the record what MaxText allows, as a run does that writes one.
func (m *Manifest) cut() {
	cut := func(texts ...*string) {
		for _, text := range texts {
			*text, _ = Cut(*text)
		}
	}
	r := &m.Record
	for i := range r.Said.Items {
		s := &r.Said.Items[i]
		more := 0
		if s.Text, more = Cut(s.Text); more > 0 {
			s.More = max(more, s.More+more)
		}
		cut(&s.Phase, &s.Sender, &s.Act, &s.Language)
		for j := range s.Receivers {
			cut(&s.Receivers[j])
		}
	}
	for i := range r.Incidents.Items {
		in := &r.Incidents.Items[i]
		cut(&in.Who, &in.What, &in.At, &in.Then, &in.Why)
	}
	for i := range r.Marked.Items {
		mark := &r.Marked.Items[i]
		cut(&mark.Phase, &mark.Who, &mark.Mark, &mark.Why)
	}
	for i := range r.Interventions.Items {
		in := &r.Interventions.Items[i]
		cut(&in.What, &in.Who)
	}
	for name, of := range r.Resources {
		of.cut()
		r.Resources[name] = of
	}
	r.Promises.cut()
	cutAnswers(m.Emergence)
	cut(&m.Error)
	if m.Fork != nil {
		cut(&m.Fork.Of)
		for i := range m.Fork.Changed {
			cut(&m.Fork.Changed[i])
		}
	}
}

// check says what of a manifest cannot be.
func (m *Manifest) check() error {
	wrong := func(field string, value any, accepted string) error {
		text := fmt.Sprint(value)
		if s, ok := value.(string); ok {
			text = fmt.Sprintf("%.100q", s)
		}
		return fmt.Errorf("%s %s; accepted is %s", field, text, accepted)
	}
	for _, count := range []struct {
		field string
		n     int
	}{{"agents", m.Agents}, {"rounds", m.Rounds}, {"rounds_played", m.Played}, {"rounds_ordered", m.Ordered}} {
		if count.n < 0 {
			return wrong(count.field, count.n, "0 or more")
		}
	}
	switch {
	case m.Scenario == "":
		return wrong("scenario", m.Scenario, "the name of one")
	case len(m.Scenario) > longScenario || strings.ContainsFunc(m.Scenario, func(r rune) bool { return !unicode.IsPrint(r) }):
		return wrong("scenario", m.Scenario, fmt.Sprintf("a name of at most %d bytes that can all be printed", longScenario))
	case !slices.Contains([]string{"done", "interrupted", "failed"}, m.Status):
		return wrong("status", m.Status, "done, interrupted or failed")
	case m.Runs < 1:
		return wrong("runs", m.Runs, "1 or more")
	case len(m.Seeds) > m.Runs:
		return wrong("seeds", len(m.Seeds), fmt.Sprintf("at most one for each of %d runs", m.Runs))
	case m.Hash != "" && (len(m.Hash) != 64 || strings.Trim(m.Hash, "0123456789abcdef") != ""):
		return wrong("hash", m.Hash, "64 hexadecimal digits")
	}
	for _, s := range m.Metrics {
		if s.N < 0 || s.N > m.Runs || s.SD != nil && *s.SD < 0 {
			return wrong(fmt.Sprintf("metric %.100q:", s.Name), s.N, fmt.Sprintf("a number of runs up to %d, and a deviation from 0", m.Runs))
		}
	}
	if m.Fork != nil && m.Fork.At < 1 {
		return wrong("fork at", m.Fork.At, "a round from 1")
	}
	r := &m.Record
	for _, l := range []struct {
		name         string
		n, left, gap int
	}{
		{"said", len(r.Said.Items), r.Said.LeftOut, r.Said.GapAt}, {"incidents", len(r.Incidents.Items), r.Incidents.LeftOut, r.Incidents.GapAt},
		{"marked", len(r.Marked.Items), r.Marked.LeftOut, r.Marked.GapAt}, {"interventions", len(r.Interventions.Items), r.Interventions.LeftOut, r.Interventions.GapAt},
	} {
		if l.n > 2*Kept || l.left < 0 || l.gap < 0 || l.gap > l.n {
			return fmt.Errorf("record: of %s there are %d, %d left out at %d; accepted are lists of at most %d entries, with a gap within", l.name, l.n, l.left, l.gap, 2*Kept)
		}
	}
	return checkAnswers(m.Emergence)
}
