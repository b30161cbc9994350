package emergence

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// Data come from files that anybody wrote: what cannot be used is named with its place.
func TestReading(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "the file is empty"},
		{"x,y\n", "there are no rows"},
		{"x,x\n1,2\n", `column 2 is named "x"`},
		{"x,\n1,2\n", `column 2 is named ""`},
		{"x,y\n1,2\n3\n", "line 3 has 1 fields, the header has 2"},
		{"x,y\n1,2\n3,4,5\n", "line 3 has 3 fields"},
		{"x,y\n1,NaN\n", `column "y", line 2 is NaN; accepted are finite numbers`},
		{"x\ninf\n", `column "x", line 2 is inf`},
		{"x\n1e999\n", `column "x", line 2 is 1e999`},
		{"x,y\n1,\n", `column "y", line 2 is empty`},
		{"x,weight\n1,many\n", `column "weight" holds words`},
		{"x\n\"1\n", "quote"},
		{"{", "EOF"},
		{`{"x":[1],"y":[1,2]}`, `"y" has 2 values, "x" has 1`},
		{`{"x":[1,null]}`, `"x", value 2 is <nil>`},
		{`{"x":[1,[2]]}`, `"x", value 2 is [`},
		{`{"x":1}`, `an array for "x"`},
		{`{"x":[1]} {}`, "there is more after the object"},
		{`{"x":[1],"x":[2]}`, `column 2 is named "x"`},
		{`{"x":["NaN"]}`, `"x", value 1 is NaN`},
		{`{}`, "there are no columns"},
	} {
		read := ReadCSV
		if strings.HasPrefix(c.text, "{") {
			read = ReadJSON
		}
		if _, err := read(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

// CSV and JSON of the same data are the same table; words are numbered as they come, weights stand apart.
func TestCSVAndJSONAreOneTable(t *testing.T) {
	a, err := ReadCSV(strings.NewReader("\ufeffagent, x ,weight\nann,1,2\nben,0.5,3\nann,-2e3,1\n"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := ReadJSON(strings.NewReader(`{"agent":["ann","ben","ann"],"weight":[2,3,1],"x":[1,0.5,-2e3]}`))
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(*a) != fmt.Sprint(*b) || fmt.Sprint(*a) != "{[agent x] [[0 1 0] [1 0.5 -2000]] map[agent:[ann ben]] [2 3 1]}" {
		t.Errorf("CSV %v, JSON %v", *a, *b)
	}
	mixed, err := ReadCSV(strings.NewReader("x\n1\nnone\n1\n"))
	if err != nil || !slices.Equal(mixed.Words["x"], []string{"1", "none"}) || !slices.Equal(mixed.Columns[0], []float64{0, 1, 0}) {
		t.Errorf("%v, %v", mixed, err)
	}
}

func TestNewTable(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		names   []string
		columns [][]float64
		weights []float64
		want    string
	}{
		{[]string{"a"}, nil, nil, "1 names for 0 columns"},
		{[]string{"a", "a"}, [][]float64{{1}, {1}}, nil, `named "a"`},
		{[]string{"a", "b"}, [][]float64{{1}, {1, 2}}, nil, `column "b" has 2 rows, "a" has 1`},
		{[]string{"a"}, [][]float64{{inf}}, nil, "row 1 is +Inf"},
		{[]string{"a"}, [][]float64{{1}}, []float64{1, 2}, "2 weights for 1 rows"},
		{[]string{"a"}, [][]float64{{1}}, []float64{-1}, "weight of row 1 is -1"},
	} {
		if _, err := NewTable(c.names, c.columns, c.weights); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %s", c, err, c.want)
		}
	}
}

// FuzzMeasures: whatever a file holds, every measure answers with an error or with JSON.
func FuzzMeasures(f *testing.F) {
	f.Add("x,y,z\n1,2,3\n2,3,1\n1,2,2\n0,0,0\n", uint8(0))
	f.Add("from,to,weight\na,b,1\nb,c,2\nc,a,0\n", uint8(20))
	f.Add(`{"time":[1,2,3],"event":[1,0,1]}`, uint8(23))
	f.Add("x,y\n0,1e308\n-1e308,5e-324\n1,1\n1,1\n", uint8(13))
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		if len(text) > 2000 {
			t.Skip()
		}
		read := ReadCSV
		if strings.HasPrefix(strings.TrimSpace(text), "{") {
			read = ReadJSON
		}
		table, err := read(strings.NewReader(text))
		in := Input{Table: table}
		if err != nil {
			if in.Matrix, err = ReadMatrix(strings.NewReader(text)); err != nil {
				return
			}
			in.Table = nil
		}
		m := catalogue[int(which)%len(catalogue)]
		null := ""
		if len(m.Nulls) > 0 && which%2 == 0 {
			null = m.Nulls[0]
		}
		e, err := m.Estimate(in, nil, Test{Null: null, Surrogates: 3, Resamples: 3})
		if err != nil {
			return
		}
		if doc, err := json.Marshal(e); err != nil {
			t.Errorf("%s: %+v is no JSON: %v", m.Name, e, err)
		} else if !json.Valid(doc) {
			t.Errorf("%s: %s", m.Name, doc)
		}
	})
}
