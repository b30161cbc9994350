package llmadapter

import (
	"math"
	"strings"
	"testing"
)

// "A name that ends in * is that of all models that begin so; the longest wins", and an exact name before them; "the name
// the answer gives first, else the asked one".
func TestPricesAreFoundByName(t *testing.T) {
	p := Prices{"gpt-4o": {Input: 1}, "gpt-4o*": {Input: 2}, "gpt-4o-mini*": {Input: 3}, "*": {Input: 9}, "exact": {Input: 5}}
	for _, c := range []struct {
		names string
		want  float64
	}{
		{"gpt-4o", 1}, {"gpt-4o-2024-08-06", 2}, {"gpt-4o-mini", 3}, {"gpt-4o-mini-2024", 3}, {"exact", 5}, {"exactly", 9},
		{"llama gpt-4o", 9}, {" gpt-4o", 1},
	} {
		if got, ok := p.Of(strings.Split(c.names, " ")...); !ok || got.Input != c.want {
			t.Errorf("%q: %v, %v; want %v", c.names, got, ok, c.want)
		}
	}
	delete(p, "*")
	if got, ok := p.Of("llama", "gpt-4o"); !ok || got.Input != 1 {
		t.Errorf("the asked one: %v, %v", got, ok)
	}
	for _, name := range []string{"", "llama", "gpt-4"} {
		if got, ok := p.Of(name); ok {
			t.Errorf("%q: %v", name, got)
		}
	}
	if _, ok := (Prices{"*": {}}).Of(""); ok {
		t.Error("what has no name has a price")
	}
}

func TestPricesAreChecked(t *testing.T) {
	for _, bad := range []Prices{
		{"": {}}, {" ": {}}, {"a*b": {}}, {"**": {}}, {"\xff": {}}, {"a": {Input: -1}}, {"a": {Output: math.NaN()}},
		{"a": {Cached: math.Inf(1)}}, {"a": {Input: mostPrice * 1.01}},
	} {
		if err := bad.Check(); err == nil || !strings.HasPrefix(err.Error(), "llmadapter: ") || !strings.Contains(err.Error(), "accepted is") {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if err := (Prices{"a": {}, "b*": {Input: mostPrice, Output: 0.15}, "*": {Cached: 0.075}}).Check(); err != nil {
		t.Error(err)
	}
}

func TestTokensCost(t *testing.T) {
	for _, c := range []struct {
		price  Price
		tokens Tokens
		want   float64
	}{
		{Price{Input: 2.5, Output: 10}, Tokens{Input: 1_000_000, Output: 1_000_000}, 12.5},
		{Price{Input: 2.5, Output: 10, Cached: 1.25}, Tokens{Input: 1_000_000, Cached: 400_000}, 2},
		{Price{Input: 2.5, Output: 10}, Tokens{Input: 1_000_000, Cached: 400_000}, 2.5}, // cached: as input
		{Price{Input: 0.15, Output: 0.6}, Tokens{Input: 1, Output: 1}, 0.00000075},
		{Price{Input: 0.0375}, Tokens{Input: 2}, 0.000000075},
		{Price{Input: 0.0005}, Tokens{Input: 1}, 0.000000001}, // up
		{Price{}, Tokens{Input: 1 << 30, Output: 1 << 30}, 0},
		{Price{Input: mostPrice, Output: mostPrice}, Tokens{Input: math.MaxInt, Output: math.MaxInt}, mostNano.dollars()},
	} {
		if got := c.price.Cost(c.tokens); got != c.want {
			t.Errorf("%v of %+v: %v, want %v", c.tokens, c.price, got, c.want)
		}
	}
}

// Sums of money are those of whole nano-dollars: adding a cent a million times gives ten thousand dollars.
func TestMoneyAddsUp(t *testing.T) {
	sum := 0.0
	for range 1_000_000 {
		sum = addUSD(sum, 0.01)
	}
	if sum != 10_000 {
		t.Error(sum)
	}
	for _, n := range []float64{math.NaN(), -1, math.Inf(-1)} {
		if nanos(n) != 0 {
			t.Errorf("%v: %v", n, nanos(n))
		}
	}
	if nanos(math.Inf(1)) != mostNano || mostNano.plus(mostNano) != mostNano {
		t.Error("sums have an end")
	}
}

func TestPricesAreRead(t *testing.T) {
	p, err := ReadPrices([]byte("{\"prices\": {\n\t\"gpt-4o*\": {\"input\": 2.5, \"output\": 10, \"cached\": 1.25},\n\t\"free\": {\"input\": 0, \"output\": 0}\n}}\n"))
	if err != nil || len(p) != 2 || p["gpt-4o*"] != (Price{2.5, 10, 1.25}) || p["free"] != (Price{}) {
		t.Errorf("%v, %v", p, err)
	}
	if p, err := ReadPrices([]byte(`{"prices":{}}`)); err != nil || p == nil || len(p) != 0 {
		t.Errorf("%v, %v", p, err)
	}
	for text, want := range map[string]string{
		"": "line 1: EOF", "[]": "line 1: [; accepted is an object", "{}": `line 1: no "prices"`, "{\n\"price\":1}": `line 2: "price"; accepted is prices`,
		"{\"prices\":\n{\"a\":\n{\"input\":1,\"output\":2,\n\"each\":3}}}":                   `line 4: "each" of "a"; accepted are input, output, cached`,
		`{"prices":{"a":{"output":2}}}`:                                                      `"a" has no input; accepted is 0`,
		`{"prices":{"a":{"input":2}}}`:                                                       `"a" has no output; accepted is 0`,
		`{"prices":{"a":{"input":"2","output":1}}}`:                                          "input of \"a\" is 2; accepted is a number",
		`{"prices":{"a":{"input":null,"output":1}}}`:                                         "input of \"a\" is <nil>; accepted is a number",
		`{"prices":{"a":{"input":[1],"output":1}}}`:                                          "input of \"a\" is [; accepted is a number",
		`{"prices":{"a":{"input":1,"input":1,"output":1}}}`:                                  `"input" twice; accepted is each once`,
		"{\"prices\":{\"a\":{\"input\":1,\"output\":1},\n\"a\":{\"input\":1,\"output\":1}}}": `line 2: "a" twice; accepted is each once`,
		`{"prices":{},"prices":{}}`:                                                          `"prices" twice`,
		`{"prices":{}} {}`:                                                                   "something follows",
		"{\"prices\":{\n\"a\":1}}":                                                           "line 2: 1; accepted is an object",
		"{\"prices\":{\n\"a\":{\"input\":1,,}}}":                                             "line 2: invalid character",
		"{\"prices\":{\"a\":{\"input\":1,\"output\":1}":                                      "EOF",
		"{\"prices\":{\n\n\"a\":{\"input\":-1,\"output\":1}}}":                               `line 3: price of model "a": input is -1; accepted is 0 to 1000000`,
		`{"prices":{"a*b":{"input":1,"output":1}}}`:                                          "accepted is * at the end only",
		`{"prices":{"a":{"input":1e999,"output":1}}}`:                                        "line 1: ",
		strings.Repeat(" ", mostPrices+1):                                                    "accepted are at most",
	} {
		p, err := ReadPrices([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "llmadapter: ") {
			t.Errorf("%.80q: %v, %v; want %s", text, p, err, want)
		}
	}
}

// Whatever a file says, it is read or refused, and what is read makes sense.
func FuzzReadPrices(f *testing.F) {
	for _, seed := range []string{`{"prices":{"gpt-4o*":{"input":2.5,"output":10,"cached":1.25}}}`, `{"prices":{}}`, `{`, `{"prices":{"a":{"input":1e-7,"output":0}}}`, "[1]", `{"prices":{"\ud800":{"input":1,"output":1}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ReadPrices(text)
		if err == nil && p.Check() != nil {
			t.Errorf("%q: %v", text, p.Check())
		}
		if err != nil && (strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "llmadapter: prices")) {
			t.Errorf("%q: %v", text, err)
		}
		for _, price := range p {
			if cost := price.Cost(Tokens{Input: 1000, Output: 1000}); !(cost >= 0) {
				t.Errorf("%q: %v", text, cost)
			}
		}
	})
}
