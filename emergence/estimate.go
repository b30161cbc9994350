package emergence

import (
	"bytes"
	"encoding/json"
	"math"
)

// Estimate is a number about a society, with what it has to be held against.
type Estimate struct {
	Question  string    `json:"question,omitempty"`  // that it answers, where one was named before the data were there; "": it was looked at
	Measure   string    `json:"measure"`             // its name in the catalogue
	Of        string    `json:"of,omitempty"`        // what it was applied to, such as "source=a target=b"
	Unit      string    `json:"unit"`                // bit, nat, rounds, games, 1
	N         int       `json:"n"`                   // samples
	Runs      int       `json:"runs,omitempty"`      // replicates, where the sample is one of runs
	Value     float64   `json:"value"`               // as the data have it: plug-in. NaN, null in JSON: there is none, a warning says why
	Values    Values    `json:"values"`              // Value and what belongs to it, by name
	Corrected *float64  `json:"corrected,omitempty"` // for bias; may be negative, and is never cut off at 0. nil: no correction is known
	Interval  *Interval `json:"-"`                   // in JSON the pair ci, and its method; nil: the data allow none, a warning says why
	Null      *Null     `json:"null,omitempty"`      // nil: descriptive only
	P         *float64  `json:"p,omitempty"`         // (b+1)/(S+1), of Null
	Q         *float64  `json:"q,omitempty"`         // P corrected for all that was asked together
	Effect    *float64  `json:"effect,omitempty"`    // (Value - Null.Mean) / Null.SD
	Seed      uint64    `json:"seed,omitempty"`      // of surrogates and resamples
	Warnings  []string  `json:"warnings"`
}

// Interval aims to cover the true number in 95 of 100 samples such as this one; of few samples, and next to a bound, it covers less.
type Interval struct {
	Low, High float64
	Method    string // how it was made, such as "block bootstrap"
}

// Kinds of nulls: a surrogate is made from what was recorded, a simulation is run again without what it takes away.
const (
	Surrogate  = "surrogate"
	Simulation = "simulation"
)

// Null is what the number would be without what the null breaks.
type Null struct {
	Name string  `json:"name"`         // "circular", "isolated"
	Of   string  `json:"of,omitempty"` // which of Values was held against it; "": the first
	Tail string  `json:"tail"`         // which values count as extreme: upper, lower, two-sided
	Kind string  `json:"kind"`         // Surrogate or Simulation
	N    int     `json:"n"`            // surrogates, or runs
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"`
	Low  float64 `json:"low"`  // its 2.5 % quantile
	High float64 `json:"high"` // its 97.5 % quantile
}

// Value is one number by its name.
type Value struct {
	Name  string
	Value float64
}

// Values are an object in JSON, in their own order; what is not a number is null.
type Values []Value

// MarshalJSON writes the object.
func (v Values) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, one := range v {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(one.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(number(one.Value))
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads the object in its own order.
func (v *Values) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil { // the brace: json has made sure that it is there, or null
		return err
	}
	*v = Values{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var x *float64
		if err := d.Decode(&x); err != nil {
			return err
		}
		one := Value{Value: math.NaN()}
		one.Name, _ = name.(string)
		if x != nil {
			one.Value = *x
		}
		*v = append(*v, one)
	}
	return nil
}

// estimateJSON is an estimate as JSON has it: a number that is missing is null, and an interval a pair.
type estimateJSON struct {
	*plainEstimate
	Value    *float64    `json:"value"`
	CI       *[2]float64 `json:"ci,omitempty"`
	Method   string      `json:"ci_method,omitempty"`
	Warnings []string    `json:"warnings"` // never null
}

type plainEstimate Estimate

// MarshalJSON writes the object that the guide to measures shows.
func (e Estimate) MarshalJSON() ([]byte, error) {
	doc := estimateJSON{plainEstimate: (*plainEstimate)(&e), Value: number(e.Value), Warnings: append([]string{}, e.Warnings...)}
	if e.Interval != nil {
		doc.CI, doc.Method = &[2]float64{e.Interval.Low, e.Interval.High}, e.Interval.Method
	}
	return json.Marshal(doc)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (e *Estimate) UnmarshalJSON(text []byte) error {
	doc := estimateJSON{plainEstimate: (*plainEstimate)(e)}
	if err := json.Unmarshal(text, &doc); err != nil {
		return err
	}
	e.Value, e.Warnings = math.NaN(), doc.Warnings
	if doc.Value != nil {
		e.Value = *doc.Value
	}
	if doc.CI != nil {
		e.Interval = &Interval{doc.CI[0], doc.CI[1], doc.Method}
	}
	return nil
}

// number is x for JSON, which knows no NaN and no infinity.
func number(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
