package llmadapter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// mostPrices is how many bytes a file of prices may have.
const mostPrices = 1 << 20

// ReadPrices reads a file of prices: {"prices":{"NAME":{"input":2.5,"output":10,"cached":1.25}}}, in US dollars for a million
// tokens. What it does not know is an error, and errors name the line.
func ReadPrices(text []byte) (Prices, error) {
	if len(text) > mostPrices {
		return nil, fmt.Errorf("llmadapter: prices of %d bytes; accepted are at most %d", len(text), mostPrices)
	}
	r := priceReader{text: text, d: json.NewDecoder(bytes.NewReader(text))}
	prices, err := r.file()
	if err != nil {
		return nil, fmt.Errorf("llmadapter: prices: line %d: %w", r.line(err), err)
	}
	if err := prices.Check(); err != nil {
		return nil, fmt.Errorf("llmadapter: prices: line %d: %s", r.lineOf(err), strings.TrimPrefix(err.Error(), "llmadapter: "))
	}
	return prices, nil
}

// priceReader reads token by token, so that nothing is said twice and every error has its line.
type priceReader struct {
	text []byte
	d    *json.Decoder
	at   map[string]int64 // where each price ends, by name
}

func (r *priceReader) file() (Prices, error) {
	var prices Prices
	err := r.object(func(field string) (err error) {
		if field != "prices" {
			return fmt.Errorf("%q; accepted is prices", field)
		}
		prices, r.at = Prices{}, map[string]int64{}
		return r.object(func(name string) error {
			prices[name], err = r.price(name)
			r.at[name] = r.d.InputOffset()
			return err
		})
	})
	switch _, end := r.d.Token(); {
	case err != nil:
		return nil, err
	case prices == nil:
		return nil, errors.New(`no "prices"; accepted is {"prices":{"NAME":{"input":2.5,"output":10}}}`)
	case !errors.Is(end, io.EOF):
		return nil, errors.New("something follows the prices; accepted is one object")
	}
	return prices, nil
}

// price reads one, whose input and output must be there: what is forgotten must not be taken for free.
func (r *priceReader) price(name string) (p Price, err error) {
	into := map[string]*float64{"input": &p.Input, "output": &p.Output, "cached": &p.Cached}
	err = r.object(func(field string) error {
		to := into[field]
		if to == nil {
			return fmt.Errorf("%q of %q; accepted are input, output, cached", field, name)
		}
		delete(into, field)
		token, err := r.d.Token()
		n, ok := token.(float64)
		if *to = n; err == nil && !ok {
			err = fmt.Errorf("%s of %q is %v; accepted is a number of US dollars for a million tokens", field, name, token)
		}
		return err
	})
	for _, field := range []string{"input", "output"} {
		if err == nil && into[field] != nil {
			err = fmt.Errorf("%q has no %s; accepted is 0 where nothing is to be paid", name, field)
		}
	}
	return p, err
}

// object reads an object field by field, each once.
func (r *priceReader) object(field func(name string) error) error {
	open, err := r.d.Token()
	if err != nil {
		return err
	}
	if open != json.Delim('{') {
		return fmt.Errorf("%v; accepted is an object", open)
	}
	seen := map[string]bool{}
	for r.d.More() {
		token, err := r.d.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // of an object it always is
		if seen[name] {
			return fmt.Errorf("%q twice; accepted is each once", name)
		}
		seen[name] = true
		if err := field(name); err != nil {
			return err
		}
	}
	_, err = r.d.Token()
	return err
}

// line of an error.
func (r *priceReader) line(err error) int {
	at := r.d.InputOffset()
	if bad, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = bad.Offset
	}
	return r.lineAt(at)
}

// lineOf is the line of a price that makes no sense.
func (r *priceReader) lineOf(err error) int {
	for name, at := range r.at { // one is named
		if strings.Contains(err.Error(), fmt.Sprintf("of model %q", name)) {
			return r.lineAt(at)
		}
	}
	return 1
}

func (r *priceReader) lineAt(at int64) int {
	return 1 + bytes.Count(r.text[:min(max(0, int(at)), len(r.text))], []byte("\n"))
}
