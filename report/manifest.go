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

	"github.com/polis-agents/polis"
)

// Manifest is what a report reads of manifest.json.
type Manifest struct {
	Polis struct {
		Version  string `json:"version"`
		Go       string `json:"go"`
		Revision string `json:"revision"`
	} `json:"polis"`
	Status       string            `json:"status"` // done, interrupted or failed
	Error        string            `json:"error"`
	Command      string            `json:"command"`
	Decided      string            `json:"decided"`
	Started      string            `json:"started"`
	Wall         float64           `json:"wall_seconds"`
	Seeds        []uint64          `json:"seeds"`
	Played       int               `json:"rounds_played"`
	Scenario     string            `json:"scenario"`
	Runs         int               `json:"runs"`
	Agents       int               `json:"agents"`
	Rounds       int               `json:"rounds"`
	Ordered      int               `json:"rounds_ordered"`
	Seed         uint64            `json:"seed"`
	Pace         string            `json:"pace"`
	Minds        []string          `json:"minds"`
	Hash         string            `json:"hash"`
	HashIs       string            `json:"hash_is"`
	Reproducible bool              `json:"reproducible"`
	Faults       map[string]int    `json:"faults"`
	Forgot       int               `json:"forgot"`
	Clocked      int               `json:"clocked"`
	Left         []string          `json:"not_stopped"`
	Messages     polis.Account     `json:"messages"`
	Metrics      Statistics        `json:"metrics"`
	Settings     map[string]string `json:"settings"`
	Parameters   map[string]string `json:"parameters"`
	Properties   map[string]bool   `json:"properties"`
	Journal      string            `json:"journal"`
	Chaos        string            `json:"chaos"`
	Tick         string            `json:"tick"`
	Deadline     string            `json:"deadline"`
	Record       Record            `json:"record"`
	Emergence    []json.RawMessage `json:"emergence"`
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
		var one Statistic
		if err := d.Decode(&one); err != nil {
			return err
		}
		one.Name, _ = name.(string)
		*s = append(*s, one)
	}
	return nil
}

// largest is how many bytes a manifest may have: the bounded lists at their longest fit several times over.
const largest = 32 << 20

// ErrNoRun says that a directory holds no kept run.
var ErrNoRun = errors.New("accepted is the directory of a kept run, which holds a manifest.json")

// readManifest reads and checks a manifest. Errors name its file.
func readManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, manifestFile)
	f, err := os.Open(path)
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
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	return m, m.check()
}

// check says what of a manifest cannot be.
func (m *Manifest) check() error {
	wrong := func(field string, value any, accepted string) error {
		return fmt.Errorf("%s %#v; accepted is %s", field, value, accepted)
	}
	switch {
	case m.Scenario == "":
		return wrong("scenario", m.Scenario, "the name of one")
	case !slices.Contains([]string{"done", "interrupted", "failed"}, m.Status):
		return wrong("status", m.Status, "done, interrupted or failed")
	case m.Runs < 1:
		return wrong("runs", m.Runs, "1 or more")
	case m.Agents < 0 || m.Rounds < 0 || m.Played < 0 || m.Ordered < 0:
		return wrong("agents, rounds", []int{m.Agents, m.Rounds, m.Played, m.Ordered}, "0 or more of each")
	case len(m.Seeds) > m.Runs:
		return wrong("seeds", len(m.Seeds), fmt.Sprintf("at most one for each of %d runs", m.Runs))
	case m.Hash != "" && (len(m.Hash) != 64 || strings.Trim(m.Hash, "0123456789abcdef") != ""):
		return wrong("hash", m.Hash, "64 hexadecimal digits")
	}
	for _, s := range m.Metrics {
		if s.N < 0 || s.N > m.Runs || s.SD != nil && *s.SD < 0 {
			return wrong("metric "+s.Name, s.N, fmt.Sprintf("a number of runs up to %d, and a deviation from 0", m.Runs))
		}
	}
	r := &m.Record
	for _, gap := range [][3]int{
		{len(r.Said.Items), r.Said.LeftOut, r.Said.GapAt}, {len(r.Incidents.Items), r.Incidents.LeftOut, r.Incidents.GapAt},
		{len(r.Marked.Items), r.Marked.LeftOut, r.Marked.GapAt}, {len(r.Interventions.Items), r.Interventions.LeftOut, r.Interventions.GapAt},
	} {
		if gap[0] > 2*Kept || gap[1] < 0 || gap[2] < 0 || gap[2] > gap[0] {
			return wrong("record", gap, fmt.Sprintf("lists of at most %d entries, with a gap within", 2*Kept))
		}
	}
	return nil
}
