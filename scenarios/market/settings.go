package market

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/polis-agents/polis"
	"github.com/polis-agents/polis/environment"
)

const (
	plain    = "contract-net"
	iterated = "iterated"
	drawn    = "exp" // costs are drawn
)

var parameters = []polis.Parameter{
	{Name: "protocol", Doc: "whether bids may be bettered before the award", Default: plain, Range: plain + "|" + iterated},
	{Name: "costs", Doc: "what each task costs each contractor: drawn, Exp(1), or rows such as 9,2;6,4, or a file of CSV; a row for each contractor", Default: drawn, Range: drawn + "|ROWS|FILE"},
	{Name: "tasks", Doc: "how many tasks there are; 0: as many as contractors, or as the file says", Default: "0", Range: "0..1000"},
	{Name: "each", Doc: "how many tasks a contractor has time for; 0: as few as suffice for all", Default: "0", Range: "0..1000"},
	{Name: "bids", Doc: "iterated: rounds of bids for a task, at most", Default: "3", Range: "2..5"},
}

const (
	mostTasks   = 1000
	mostTraders = 200
	mostFile    = 1 << 20 // bytes
)

// settings are the parameters of one order, read and checked.
type settings struct {
	protocol string
	costs    [][]float64 // nil: drawn
	tasks    int         // 0: as many as contractors
	each     int         // 0: as few as suffice
	bids     int
	text     map[string]string
	world    *environment.Definition // once it is known what it is made from
}

// read checks what was set and fills in what was not.
func read(set map[string]string) (*settings, error) {
	text, err := polis.ReadSettings(parameters, set)
	if err != nil {
		return nil, fmt.Errorf("market: %w", err)
	}
	s := &settings{text: text}
	if s.protocol = s.text["protocol"]; s.protocol != plain && s.protocol != iterated {
		return nil, s.wrong("protocol", plain+" or "+iterated)
	}
	var ok bool
	if s.tasks, ok = polis.Whole(s.text["tasks"], 0, mostTasks); !ok {
		return nil, s.wrong("tasks", fmt.Sprintf("a number from 0 to %d", mostTasks))
	}
	if s.each, ok = polis.Whole(s.text["each"], 0, mostTasks); !ok {
		return nil, s.wrong("each", fmt.Sprintf("a number from 0 to %d", mostTasks))
	}
	if s.bids, ok = polis.Whole(s.text["bids"], 2, 5); !ok {
		return nil, s.wrong("bids", "a number from 2 to 5")
	}
	if s.text["costs"] == drawn {
		return s, nil
	}
	if rows := s.text["costs"]; strings.Contains(rows, ";") {
		if s.costs, err = parseCosts(strings.ReplaceAll(rows, ";", "\n")); err != nil {
			return nil, fmt.Errorf("market: parameter costs: %w", err)
		}
	} else if err := s.readCosts(rows); err != nil {
		return nil, err
	}
	if s.tasks == 0 {
		s.tasks = len(s.costs[0])
	}
	if s.tasks != len(s.costs[0]) {
		return nil, s.wrong("tasks", fmt.Sprintf("%d, the columns of costs %q, or 0", len(s.costs[0]), s.text["costs"]))
	}
	return s, nil
}

// readCosts reads a file: a row for each contractor, a column for each task, no header.
func (s *settings) readCosts(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("market: parameter costs: %w; accepted is %s, rows such as 9,2;6,4, or a file of CSV", err, drawn)
	case !info.Mode().IsRegular() || info.Size() > mostFile:
		return s.wrong("costs", fmt.Sprintf("a file of CSV of at most %d bytes", mostFile))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("market: parameter costs: %w", err)
	}
	s.costs, err = parseCosts(string(text))
	if err != nil {
		return fmt.Errorf("market: costs in %s: %w", path, err)
	}
	return nil
}

// parseCosts reads costs.
func parseCosts(text string) (costs [][]float64, err error) {
	rows := csv.NewReader(strings.NewReader(text))
	rows.TrimLeadingSpace = true
	all, err := rows.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 || len(all) > mostTraders || len(all[0]) > mostTasks {
		return nil, fmt.Errorf("%d rows; accepted are 1 to %d, of at most %d columns", len(all), mostTraders, mostTasks)
	}
	for i, row := range all {
		var own []float64
		for j, cell := range row {
			c, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
			if err != nil || math.IsNaN(c) || c < 0 || c > 1e9 {
				return nil, fmt.Errorf("row %d, column %d is %.40q; accepted is a number from 0 to 1e9", i+1, j+1, cell)
			}
			own = append(own, c)
		}
		costs = append(costs, own)
	}
	return costs, nil
}

func (s *settings) wrong(name, accepted string) error {
	return fmt.Errorf("market: parameter %s is %q; accepted is %s", name, s.text[name], accepted)
}
