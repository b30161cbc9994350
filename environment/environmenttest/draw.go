package environmenttest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/chance"
)

// unknown is an action of no world.
type unknown struct{}

// actions is what an agent tries when it is asked in a phase: mostly one good action, sometimes none, several or a bad
// one. It depends on nothing that has happened.
func (p *play) actions(phase, name string, visit int) []any {
	r := chance.New(p.seed, "acts/"+phase+"/"+name, uint64(p.round)<<16+uint64(visit))
	var now, other []*environment.Action
	for _, a := range p.def.Actions() {
		if a.In(phase) {
			now = append(now, a)
		} else {
			other = append(other, a)
		}
	}
	one := func(from []*environment.Action, wrong bool) []any {
		if len(from) > 0 {
			if v, err := drawAction(r, from[r.IntN(len(from))], p.cfg.Agents, wrong); err == nil {
				return []any{v}
			}
		}
		return []any{environment.Pass{}}
	}
	switch u := r.IntN(100); {
	case u < 70:
		return one(now, false)
	case u < 78:
		return nil
	case u < 83:
		return []any{environment.Pass{}}
	case u < 90:
		return append(one(now, false), one(now, false)...)
	case u < 94:
		return one(other, false)
	case u < 98:
		return one(now, true)
	default:
		return []any{unknown{}}
	}
}

// drawAction draws an action from its schema. wrong: one field of it is out of bounds, if there are bounds.
func drawAction(r *rand.Rand, a *environment.Action, names []string, wrong bool) (action any, err error) {
	for range 20 { // a type may be narrower than its schema says
		value := draw(r, a.Schema, names)
		var text []byte
		if text, err = json.Marshal(value); err != nil {
			return nil, err
		}
		if action, err = a.Decode(text); err != nil {
			continue
		}
		if wrong {
			return spoil(r, a, value, action), nil
		}
		return action, nil
	}
	return nil, fmt.Errorf("20 actions drawn from the schema are not what Decode accepts: %w", err)
}

// spoil puts one field out of its bounds. It gives the good action when it cannot.
func spoil(r *rand.Rand, a *environment.Action, value, good any) any {
	fields, _ := value.(map[string]any)
	names := slices.Clone(a.Schema.PropertyOrder)
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names {
		s := a.Schema.Properties[name]
		switch {
		case s.Minimum != nil && r.IntN(2) == 0, s.Minimum != nil && s.Maximum == nil:
			fields[name] = *s.Minimum - 1
		case s.Maximum != nil:
			fields[name] = *s.Maximum + 1
		case s.MaxLength != nil:
			fields[name] = string(slices.Repeat([]rune{'ä'}, *s.MaxLength+1))
		case s.Enum != nil:
			fields[name] = "none of these"
		default:
			continue
		}
		text, err := json.Marshal(fields)
		v := reflect.New(reflect.TypeOf(good))
		if err == nil && json.Unmarshal(text, v.Interface()) == nil {
			return v.Elem().Interface()
		}
		return good
	}
	return good
}

// draw draws a value that a schema accepts, as encoding/json would read it.
func draw(r *rand.Rand, s *jsonschema.Schema, names []string) any {
	if s.Const != nil {
		return *s.Const
	}
	if len(s.Enum) > 0 {
		return s.Enum[r.IntN(len(s.Enum))]
	}
	if isType(s, "null") && r.IntN(6) == 0 {
		return nil
	}
	switch {
	case isType(s, "integer"):
		return drawInteger(r, s)
	case isType(s, "number"):
		return drawNumber(r, s)
	case isType(s, "string"):
		return drawString(r, s, names)
	case isType(s, "boolean"):
		return r.IntN(2) == 0
	case isType(s, "array"):
		return drawArray(r, s, names)
	case isType(s, "object"):
		return drawObject(r, s, names)
	}
	return []any{nil, true, 1, "text", []any{}, map[string]any{"a": 0.5}}[r.IntN(6)]
}

// isType says whether the schema accepts a type.
func isType(s *jsonschema.Schema, name string) bool {
	return s.Type == name || slices.Contains(s.Types, name)
}

// drawInteger draws between the bounds, often at them. Where there is none it may be large.
func drawInteger(r *rand.Rand, s *jsonschema.Schema) any {
	const most = 1 << 53 // beyond it JSON's numbers have gaps
	low, high := int64(-most), int64(most)
	if s.Minimum != nil {
		low = int64(max(*s.Minimum, -most))
	}
	if s.Maximum != nil {
		high = int64(min(*s.Maximum, most))
	}
	if high <= low {
		return low
	}
	near := []int64{0, 1, 2, 3, 5, 10, 100, -1, low, low + 1, high, high - 1}
	near = slices.DeleteFunc(near, func(x int64) bool { return x < low || x > high })
	if high-low > 1_000_000 || r.IntN(3) == 0 {
		return near[r.IntN(len(near))]
	}
	return low + r.Int64N(high-low+1)
}

func drawNumber(r *rand.Rand, s *jsonschema.Schema) any {
	low, high := -1e9, 1e9
	if s.Minimum != nil {
		low = *s.Minimum
		high = max(high, low)
	}
	if s.Maximum != nil {
		high = *s.Maximum
		low = min(low, high)
	}
	near := []float64{0, 1, 0.5, -1, 10, low, high, (low + high) / 2}
	near = slices.DeleteFunc(near, func(x float64) bool { return x < low || x > high })
	if high-low > 1e6 || r.IntN(3) == 0 {
		return near[r.IntN(len(near))]
	}
	return low + r.Float64()*(high-low)
}

// drawString draws names of agents, known and unknown, and texts.
func drawString(r *rand.Rand, s *jsonschema.Schema, names []string) any {
	all := append([]string{"", "a", "fish", "ÄÖ", "with \"quotes\"\n", stranger, "a longer text, of which nobody knows what it says"}, names...)
	text := []rune(all[r.IntN(len(all))])
	if r.IntN(2) == 0 {
		text = []rune(names[r.IntN(len(names))])
	}
	if s.MaxLength != nil && len(text) > *s.MaxLength {
		text = text[:*s.MaxLength]
	}
	return string(text)
}

func drawArray(r *rand.Rand, s *jsonschema.Schema, names []string) any {
	low, high := 0, 4
	if s.MinItems != nil {
		low = *s.MinItems
		high = max(high, low)
	}
	if s.MaxItems != nil {
		high = min(high, *s.MaxItems)
	}
	items := []any{}
	for range low + r.IntN(high-low+1) {
		items = append(items, draw(r, s.Items, names))
	}
	return items
}

func drawObject(r *rand.Rand, s *jsonschema.Schema, names []string) any {
	fields := map[string]any{}
	for _, name := range s.PropertyOrder {
		if slices.Contains(s.Required, name) || r.IntN(2) == 0 {
			fields[name] = draw(r, s.Properties[name], names)
		}
	}
	if len(s.Properties) == 0 && s.AdditionalProperties != nil && s.AdditionalProperties.Not == nil { // a map
		for _, name := range names[:r.IntN(len(names)+1)] {
			fields[name] = draw(r, s.AdditionalProperties, names)
		}
	}
	return fields
}
