package builtin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// How much a drawn value may hold: a schema may be hostile, and may refer to itself.
const (
	mostDepth  = 24
	mostValues = 4096
	mostLength = 4096 // of a string that must be long
	mostNested = 64   // depth of the schema itself: reading it costs the square of that
)

// drawing draws values that follow a JSON Schema. It heeds type, const, enum, bounds of numbers, strings and arrays,
// required and optional properties, anyOf, oneOf, allOf and references within the schema; not pattern, format, not,
// if, and what depends on what. A schema that nothing follows gets what is near.
type drawing struct {
	root *jsonschema.Schema
	r    *rand.Rand
	left int // values that may still be drawn
}

// drawFrom draws a value that follows the schema.
func drawFrom(schema json.RawMessage, r *rand.Rand) (any, error) {
	s, err := readSchema(schema)
	if err != nil {
		return nil, err
	}
	return (&drawing{s, r, mostValues}).value(s, 0), nil
}

func readSchema(text json.RawMessage) (*jsonschema.Schema, error) {
	depth := 0
	inString, escaped := false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case inString:
			inString, escaped = c != '"', c == '\\'
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			if depth++; depth > mostNested {
				return nil, fmt.Errorf("a schema that is nested more than %d deep", mostNested)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	s := &jsonschema.Schema{}
	return s, json.Unmarshal(text, s)
}

func (d *drawing) value(s *jsonschema.Schema, depth int) any {
	if d.left--; s == nil || depth > mostDepth || d.left < 0 {
		return nil
	}
	c := d.resolve(s, depth)
	switch {
	case c.Const != nil:
		return *c.Const
	case len(c.Enum) > 0:
		return c.Enum[d.r.IntN(len(c.Enum))]
	}
	switch d.kind(c) {
	case "object":
		return d.object(c, depth)
	case "array":
		return d.array(c, depth)
	case "integer":
		return d.integer(c)
	case "number":
		return d.number(c)
	case "boolean":
		return d.r.IntN(2) == 1
	case "null":
		return nil
	}
	return d.text(c)
}

// kind chooses a type: what is said, else what the other words are about, else a string.
func (d *drawing) kind(c *jsonschema.Schema) string {
	switch {
	case len(c.Types) > 0:
		return c.Types[d.r.IntN(len(c.Types))]
	case c.Properties != nil || c.Required != nil:
		return "object"
	case c.Items != nil || c.PrefixItems != nil || c.MinItems != nil || c.MaxItems != nil:
		return "array"
	case cmp.Or(c.Minimum, c.Maximum, c.ExclusiveMinimum, c.ExclusiveMaximum, c.MultipleOf) != nil:
		return "number"
	}
	return "string"
}

// object has the properties that are required, and each other one half of the time.
func (d *drawing) object(c *jsonschema.Schema, depth int) map[string]any {
	names := slices.Sorted(maps.Keys(c.Properties))
	required := map[string]bool{}
	for _, name := range c.Required {
		if _, ok := c.Properties[name]; !ok && !required[name] {
			names = append(names, name)
		}
		required[name] = true
	}
	out := map[string]any{}
	for _, name := range names {
		if d.left <= 0 {
			break
		}
		if required[name] || depth < mostDepth/2 && d.r.IntN(2) == 1 {
			property := c.Properties[name]
			if property == nil {
				property = &jsonschema.Schema{}
			}
			out[name] = d.value(property, depth+1)
		}
	}
	return out
}

// array has at least as many items as it must, and up to three more if it may.
func (d *drawing) array(c *jsonschema.Schema, depth int) []any {
	least, most := max(value(c.MinItems, 0), 0), value(c.MaxItems, mostValues)
	n := least
	if more := min(most-least, 3); more > 0 && depth < mostDepth/2 {
		n += d.r.IntN(more + 1)
	}
	out := []any{}
	for i := 0; i < n && d.left > 0; i++ {
		item := c.Items
		switch {
		case i < len(c.PrefixItems):
			item = c.PrefixItems[i]
		case item == nil:
			item = &jsonschema.Schema{}
		}
		v := d.value(item, depth+1)
		for tries := 0; c.UniqueItems && tries < 20 && slices.ContainsFunc(out, func(o any) bool { return reflect.DeepEqual(o, v) }); tries++ {
			v = d.value(item, depth+1)
		}
		if c.UniqueItems && len(out) >= least && slices.ContainsFunc(out, func(o any) bool { return reflect.DeepEqual(o, v) }) {
			break
		}
		out = append(out, v)
	}
	return out
}

// bounds are those of a number, a hundred apart where they are open.
func bounds(c *jsonschema.Schema) (low, high float64) {
	low, high = value(c.Minimum, math.Inf(-1)), value(c.Maximum, math.Inf(1))
	low = max(low, value(c.ExclusiveMinimum, math.Inf(-1)))
	high = min(high, value(c.ExclusiveMaximum, math.Inf(1)))
	const most = 1 << 53 // what every reader of JSON can hold
	low, high = min(low, most), max(high, -most)
	switch {
	case math.IsInf(low, -1) && math.IsInf(high, 1):
		return 0, 100
	case math.IsInf(low, -1):
		low = min(0, high-100)
	case math.IsInf(high, 1):
		high = max(100, low+100)
	}
	return max(low, -most), min(high, most)
}

func (d *drawing) integer(c *jsonschema.Schema) int64 {
	low, high := bounds(c)
	step := max(math.Ceil(value(c.MultipleOf, 1)), 1)
	first, last := math.Ceil(low/step), math.Floor(high/step)
	if first*step == value(c.ExclusiveMinimum, math.Inf(-1)) {
		first++
	}
	if last*step == value(c.ExclusiveMaximum, math.Inf(1)) {
		last--
	}
	if last < first {
		return int64(first * step) // nothing follows it
	}
	return (int64(first) + d.r.Int64N(int64(last)-int64(first)+1)) * int64(step)
}

// number has two decimals where the bounds leave room.
func (d *drawing) number(c *jsonschema.Schema) float64 {
	low, high := bounds(c)
	if step := value(c.MultipleOf, 0); step > 1e-9 {
		n := math.Floor(high/step) - math.Ceil(low/step)
		return (math.Ceil(low/step) + math.Floor(d.r.Float64()*max(n+1, 1))) * step
	}
	v := low + d.r.Float64()*(high-low)
	inside := func(v float64) bool {
		return v >= low && v <= high && v != value(c.ExclusiveMinimum, math.Inf(-1)) && v != value(c.ExclusiveMaximum, math.Inf(1))
	}
	for _, candidate := range []float64{math.Round(v*100) / 100, v} {
		if inside(candidate) {
			return candidate
		}
	}
	return low + (high-low)/2
}

// vocabulary is what strings are made of.
var vocabulary = strings.Fields("we share the lake and wait for the fish to come back then each of us takes a fair part")

// text is a few words, as long as it may be and must be.
func (d *drawing) text(c *jsonschema.Schema) string {
	least, most := min(max(value(c.MinLength, 0), 0), mostLength), max(value(c.MaxLength, mostLength), 0)
	var b strings.Builder
	for i := range 1 + d.r.IntN(6) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(vocabulary[d.r.IntN(len(vocabulary))])
	}
	for b.Len() < least {
		b.WriteString(" " + vocabulary[d.r.IntN(len(vocabulary))])
	}
	return b.String()[:min(b.Len(), most)] // of ASCII: no letter is cut
}
