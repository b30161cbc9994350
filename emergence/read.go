package emergence

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ReadCSV reads a table with a header. A column that holds nothing but numbers is one of numbers; of any other, the words
// are symbols. A column named weight holds the weights of the rows. The error names the line and the column.
func ReadCSV(r io.Reader) (*Table, error) {
	c := csv.NewReader(r)
	c.ReuseRecord, c.FieldsPerRecord = true, -1 // ragged rows are told in our words
	header, err := c.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty; accepted is a header and rows")
		}
		return nil, fmt.Errorf("emergence: %w", err)
	}
	b, err := newBuilder(header)
	if err != nil {
		return nil, err
	}
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return b.table()
		}
		if err != nil {
			return nil, fmt.Errorf("emergence: %w", err)
		}
		line, _ := c.FieldPos(0)
		if len(record) != len(b.columns) {
			return nil, fmt.Errorf("emergence: line %d has %d fields, the header has %d", line, len(record), len(b.columns))
		}
		for i, text := range record {
			if err := b.add(i, text, fmt.Sprintf("line %d", line)); err != nil {
				return nil, err
			}
		}
		if err := b.full(); err != nil {
			return nil, err
		}
	}
}

// ReadJSON reads an object of arrays of one length: of numbers, of words or of both.
func ReadJSON(r io.Reader) (*Table, error) {
	d := json.NewDecoder(r)
	d.UseNumber()
	if err := expect(d, json.Delim('{'), "an object of arrays"); err != nil {
		return nil, err
	}
	b, err := newBuilder(nil)
	if err != nil {
		return nil, err
	}
	for d.More() {
		if err := b.readArray(d); err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("emergence: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("emergence: there is more after the object; accepted is one object")
	}
	for _, c := range b.columns {
		if c.len() != b.columns[0].len() {
			return nil, fmt.Errorf("emergence: %q has %d values, %q has %d; accepted are arrays of one length", c.name, c.len(), b.columns[0].name, b.columns[0].len())
		}
	}
	return b.table()
}

func expect(d *json.Decoder, want json.Delim, accepted string) error {
	if token, err := d.Token(); err != nil {
		return fmt.Errorf("emergence: %w; accepted is %s", err, accepted)
	} else if token != want {
		return fmt.Errorf("emergence: JSON begins with %v; accepted is %s", token, accepted)
	}
	return nil
}

func (b *builder) readArray(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return fmt.Errorf("emergence: %w", err)
	}
	name, _ := token.(string)
	if err := b.column(name); err != nil {
		return err
	}
	i := len(b.columns) - 1
	if err := expect(d, json.Delim('['), fmt.Sprintf("an array for %q", name)); err != nil {
		return err
	}
	for row := 1; d.More(); row++ {
		token, err := d.Token()
		if err != nil {
			return fmt.Errorf("emergence: %q: %w", name, err)
		}
		text := ""
		switch v := token.(type) {
		case json.Number:
			text = v.String()
		case string:
			text = v
		default:
			return fmt.Errorf("emergence: %q, value %d is %v; accepted are numbers and words", name, row, token)
		}
		if err := b.add(i, text, fmt.Sprintf("value %d", row)); err != nil {
			return err
		}
		if err := b.full(); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("emergence: %q: %w", name, err)
	}
	return nil
}

// ReadMatrix reads rows of numbers without a header: probabilities of going from the row's state to the column's.
func ReadMatrix(r io.Reader) ([][]float64, error) {
	c := csv.NewReader(r)
	c.ReuseRecord, c.TrimLeadingSpace, c.FieldsPerRecord = true, true, -1
	var m [][]float64
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return nil, fmt.Errorf("emergence: %w", err)
		}
		if (len(m)+1)*len(record) > mostCells {
			return nil, fmt.Errorf("emergence: a matrix of more than %d numbers", mostCells)
		}
		row := make([]float64, len(record))
		for j, text := range record {
			x, err := strconv.ParseFloat(text, 64)
			if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fmt.Errorf("emergence: row %d, column %d is %q; accepted are finite numbers", len(m)+1, j+1, short(text))
			}
			row[j] = x
		}
		if m = append(m, row); len(row) != len(m[0]) {
			return nil, fmt.Errorf("emergence: row %d has %d numbers, the first has %d", len(m), len(row), len(m[0]))
		}
	}
}

// builder grows a table value by value.
type builder struct {
	columns []*reading
	cells   int
}

// reading is a column that is not known to be one of numbers or of words before its end.
type reading struct {
	name    string
	numbers []float64 // as long as all are
	words   []string  // as they stand
	wordy   bool
}

func (c *reading) len() int { return len(c.words) }

func newBuilder(header []string) (*builder, error) {
	b := &builder{}
	for _, name := range header {
		if err := b.column(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *builder) column(name string) error {
	taken := slices.ContainsFunc(b.columns, func(c *reading) bool { return c.name == name })
	if name == "" || taken || !utf8.ValidString(name) {
		return fmt.Errorf("emergence: column %d is named %q; accepted is a name that no other has", len(b.columns)+1, short(name))
	}
	if len(b.columns) == MaxColumns {
		return fmt.Errorf("emergence: more than %d columns", MaxColumns)
	}
	b.columns = append(b.columns, &reading{name: name, wordy: name == "from" || name == "to"}) // of edges: names, as they stand
	return nil
}

func (b *builder) add(i int, text, where string) error {
	c := b.columns[i]
	text = strings.TrimSpace(text)
	if text == "" {
		return fmt.Errorf("emergence: column %q, %s is empty; accepted are numbers and words", c.name, where)
	}
	x, err := strconv.ParseFloat(text, 64)
	if err == nil && (math.IsNaN(x) || math.IsInf(x, 0)) || errors.Is(err, strconv.ErrRange) {
		return fmt.Errorf("emergence: column %q, %s is %s; accepted are finite numbers", c.name, where, short(text))
	}
	c.wordy = c.wordy || err != nil || math.Abs(x) >= 1<<53 && x == math.Trunc(x) && !strings.ContainsAny(text, ".eE") // an id that a float64 would round
	if !c.wordy {
		c.numbers = append(c.numbers, x)
	}
	c.words = append(c.words, strings.Clone(text))
	b.cells++
	return nil
}

func (b *builder) full() error {
	if b.cells > MaxCells || len(b.columns) > 0 && b.columns[0].len() > MaxRows {
		return fmt.Errorf("emergence: more than %d rows or %d values", MaxRows, MaxCells)
	}
	return nil
}

func (b *builder) table() (*Table, error) {
	t := &Table{}
	for _, c := range b.columns {
		switch {
		case c.len() == 0:
			return nil, errors.New("emergence: there are no rows; accepted is one or more")
		case c.name == Weight && c.wordy:
			return nil, fmt.Errorf("emergence: column %q holds words; accepted are counts or probabilities", c.name)
		case c.name == Weight:
			t.Weights = c.numbers
			continue
		case c.wordy:
			if t.Words == nil {
				t.Words = map[string][]string{}
			}
			c.numbers, t.Words[c.name] = symbols(c.words)
		}
		t.Names, t.Columns = append(t.Names, c.name), append(t.Columns, c.numbers)
	}
	if len(t.Columns) == 0 && t.Weights == nil {
		return nil, errors.New("emergence: there are no columns")
	}
	return t, t.checkWeights()
}

// symbols numbers words in the order of first sight.
func symbols(words []string) (numbers []float64, known []string) {
	at := map[string]int{}
	for _, w := range words {
		n, seen := at[w]
		if !seen {
			n = len(known)
			at[w], known = n, append(known, w)
		}
		numbers = append(numbers, float64(n))
	}
	return numbers, known
}

// short is text that fits into an error.
func short(text string) string {
	if len(text) > 40 {
		return strings.ToValidUTF8(text[:40], "") + "…"
	}
	return text
}
