package builtin

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// mostParts is how many schemas may have to hold at once: one that refers to itself and to nothing else ends there.
const mostParts = 64

// resolve gives one schema for all that must hold: it follows references and chooses among alternatives.
func (d *drawing) resolve(s *jsonschema.Schema, depth int) *jsonschema.Schema {
	out := &jsonschema.Schema{}
	pending := []*jsonschema.Schema{s}
	for parts := 0; len(pending) > 0 && parts < mostParts; parts++ {
		next := pending[0]
		if pending = pending[1:]; next == nil {
			continue
		}
		narrow(out, next)
		if next.Ref != "" {
			pending = append(pending, d.referred(next.Ref))
		}
		for _, alternatives := range [][]*jsonschema.Schema{next.AnyOf, next.OneOf} {
			if len(alternatives) > 0 {
				pending = append(pending, d.choose(alternatives, depth))
			}
		}
		pending = append(pending, next.AllOf...)
	}
	return out
}

// referred finds what a reference within the schema means; nil: nothing.
func (d *drawing) referred(ref string) *jsonschema.Schema {
	if ref == "#" {
		return d.root
	}
	if name, ok := strings.CutPrefix(ref, "#/$defs/"); ok {
		return d.root.Defs[name]
	}
	if name, ok := strings.CutPrefix(ref, "#/definitions/"); ok {
		return d.root.Definitions[name]
	}
	return nil
}

// choose takes one alternative. Far down it takes the last one, where schemas that refer to themselves usually end.
func (d *drawing) choose(all []*jsonschema.Schema, depth int) *jsonschema.Schema {
	if depth > mostDepth/2 {
		return all[len(all)-1]
	}
	return all[d.r.IntN(len(all))]
}

// narrow lets a schema hold besides what holds already.
func narrow(out, s *jsonschema.Schema) {
	out.Types = narrowTypes(out.Types, s)
	if s.Const != nil {
		out.Const = s.Const
	}
	if len(s.Enum) > 0 {
		out.Enum = s.Enum
	}
	tighten(&out.Minimum, s.Minimum, 1)
	tighten(&out.ExclusiveMinimum, s.ExclusiveMinimum, 1)
	tighten(&out.Maximum, s.Maximum, -1)
	tighten(&out.ExclusiveMaximum, s.ExclusiveMaximum, -1)
	tighten(&out.MinLength, s.MinLength, 1)
	tighten(&out.MaxLength, s.MaxLength, -1)
	tighten(&out.MinItems, s.MinItems, 1)
	tighten(&out.MaxItems, s.MaxItems, -1)
	if s.MultipleOf != nil {
		out.MultipleOf = s.MultipleOf
	}
	out.UniqueItems = out.UniqueItems || s.UniqueItems
	out.Required = append(out.Required, s.Required...)
	if s.PrefixItems != nil || s.ItemsArray != nil {
		out.PrefixItems = slices.Concat(s.PrefixItems, s.ItemsArray)
	}
	out.Items = together(out.Items, s.Items)
	if s.Properties != nil && out.Properties == nil {
		out.Properties = maps.Clone(s.Properties)
	} else {
		for name, property := range s.Properties {
			out.Properties[name] = together(out.Properties[name], property)
		}
	}
}

// together is a schema that holds when both do; nil says nothing.
func together(a, b *jsonschema.Schema) *jsonschema.Schema {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &jsonschema.Schema{AllOf: []*jsonschema.Schema{a, b}}
}

// narrowTypes gives the types that both allow; when there are none, the newer ones.
func narrowTypes(have []string, s *jsonschema.Schema) []string {
	more := s.Types
	if s.Type != "" {
		more = []string{s.Type}
	}
	if len(have) == 0 || len(more) == 0 {
		return slices.Concat(have, more)
	}
	var kept []string
	for _, a := range have {
		for _, b := range more {
			switch {
			case a == b || a == "integer" && b == "number":
				kept = append(kept, a)
			case a == "number" && b == "integer":
				kept = append(kept, b)
			}
		}
	}
	if kept == nil {
		return more
	}
	return kept
}

// tighten keeps the stricter bound: the greater one for direction 1, the smaller for -1.
func tighten[T int | float64](have **T, more *T, direction T) {
	if more != nil && (*have == nil || *more*direction > **have*direction) {
		*have = more
	}
}

// value is what p points to, or a default.
func value[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
