package environment

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/jsonschema-go/jsonschema"
)

// check is one bound, or several, of values of one type. Its error is a refusal.
type check func(v reflect.Value) error

// boundTags are those that limit a field; doc only describes it.
var boundTags = []string{"min", "max", "maxlen", "enum"}

// boundsOf reads the tags in a type into its schema, and gives the check of its values: nil without tags. path is what
// people know the value by.
func boundsOf(t reflect.Type, s *jsonschema.Schema, path string) (check, error) {
	switch {
	case t.Kind() == reflect.Pointer:
		c, err := boundsOf(t.Elem(), s, path)
		if c == nil || err != nil {
			return nil, err
		}
		return func(v reflect.Value) error {
			if v.IsNil() {
				return nil
			}
			return c(v.Elem())
		}, nil
	case (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && s.Items != nil:
		c, err := boundsOf(t.Elem(), s.Items, path+"[]")
		if c == nil || err != nil {
			return nil, err
		}
		return func(v reflect.Value) error {
			for i := range v.Len() {
				if err := c(v.Index(i)); err != nil {
					return err
				}
			}
			return nil
		}, nil
	case t.Kind() == reflect.Map && s.AdditionalProperties != nil:
		c, err := boundsOf(t.Elem(), s.AdditionalProperties, path+"{}")
		if c != nil { // the values have no order, so which one is refused would be chance
			err = fmt.Errorf("%s: the values of a map have no bounds: use a slice", path)
		}
		return nil, err
	case t.Kind() == reflect.Struct && s.Properties != nil:
		return boundsOfFields(t, s, path)
	}
	return nil, nil
}

func boundsOfFields(t reflect.Type, s *jsonschema.Schema, path string) (check, error) {
	var checks []check
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous {
			continue // its fields are among them
		}
		name, bounded := jsonName(f), slices.ContainsFunc(boundTags, func(tag string) bool { _, ok := f.Tag.Lookup(tag); return ok })
		property := s.Properties[name]
		if name == "" || property == nil {
			if bounded {
				return nil, fmt.Errorf("field %s has bounds, and is not part of the action's JSON", f.Name)
			}
			continue
		}
		if path != "" {
			name = path + "." + name
		}
		if doc, ok := f.Tag.Lookup("doc"); ok {
			property.Description = doc
		}
		own, err := boundsOfField(f, property, name)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		inner, err := boundsOf(f.Type, property, name)
		if err != nil {
			return nil, err
		}
		if inner != nil {
			own = append(own, inner)
		}
		if c := all(own); c != nil {
			checks = append(checks, ofField(f.Index, c))
		}
	}
	return all(checks), nil
}

// ofField checks a field of a struct.
func ofField(index []int, c check) check {
	if len(index) == 1 {
		i := index[0]
		return func(v reflect.Value) error { return c(v.Field(i)) }
	}
	return func(v reflect.Value) error {
		field, err := v.FieldByIndexErr(index)
		if err != nil {
			return nil // of an embedded pointer that is nil: there is no such field
		}
		return c(field)
	}
}

// all is one check made of several; nil: of none.
func all(checks []check) check {
	switch len(checks) {
	case 0:
		return nil
	case 1:
		return checks[0]
	}
	return func(v reflect.Value) error {
		for _, c := range checks {
			if err := c(v); err != nil {
				return err
			}
		}
		return nil
	}
}

// boundsOfField reads a field's own tags into its schema.
func boundsOfField(f reflect.StructField, s *jsonschema.Schema, name string) (checks []check, err error) {
	for _, tag := range boundTags {
		text, ok := f.Tag.Lookup(tag)
		if !ok {
			continue
		}
		var c check
		switch tag {
		case "min", "max":
			c, err = boundOfNumber(f, s, name, tag, text)
		case "maxlen":
			c, err = boundOfLength(f, s, name, text)
		case "enum":
			c, err = choices(f, s, name, text)
		}
		if err != nil {
			return nil, err
		}
		checks = append(checks, c)
	}
	if s.Minimum != nil && s.Maximum != nil && *s.Minimum > *s.Maximum {
		return nil, fmt.Errorf("min %v is above max %v", *s.Minimum, *s.Maximum)
	}
	return checks, nil
}

func boundOfNumber(f reflect.StructField, s *jsonschema.Schema, name, tag, text string) (check, error) {
	limit, err := strconv.ParseFloat(text, 64)
	if err != nil || limit != limit || !isNumber(f.Type) {
		return nil, fmt.Errorf("%s:%q: want a number on a number", tag, text)
	}
	if tag == "min" {
		s.Minimum = &limit
		return func(v reflect.Value) error {
			if x := number(v); !(x >= limit) { // not x < limit: NaN is no number
				return Refuse(ReasonOutOfBounds, "%s is %v, accepted is at least %v", name, v, text)
			}
			return nil
		}, nil
	}
	s.Maximum = &limit
	return func(v reflect.Value) error {
		if x := number(v); !(x <= limit) {
			return Refuse(ReasonOutOfBounds, "%s is %v, accepted is at most %v", name, v, text)
		}
		return nil
	}, nil
}

func boundOfLength(f reflect.StructField, s *jsonschema.Schema, name, text string) (check, error) {
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 0 || f.Type.Kind() != reflect.String && f.Type.Kind() != reflect.Slice {
		return nil, fmt.Errorf("maxlen:%q: want a number on a string or slice", text)
	}
	if f.Type.Kind() == reflect.String {
		s.MaxLength = &limit
	} else {
		s.MaxItems = &limit
	}
	return func(v reflect.Value) error {
		if n := length(v); n > limit {
			return Refuse(ReasonOutOfBounds, "%s has length %d, accepted is at most %d", name, n, limit)
		}
		return nil
	}, nil
}

func choices(f reflect.StructField, s *jsonschema.Schema, name, text string) (check, error) {
	if f.Type.Kind() != reflect.String {
		return nil, fmt.Errorf("enum:%q: want a string", text)
	}
	accepted := strings.Split(text, ",")
	for _, x := range accepted {
		s.Enum = append(s.Enum, x)
	}
	return func(v reflect.Value) error {
		if x := v.String(); !slices.Contains(accepted, x) {
			return Refuse(ReasonOutOfBounds, "%s is %q, accepted are %s", name, x, text)
		}
		return nil
	}, nil
}

func isNumber(t reflect.Type) bool {
	k := t.Kind()
	return k >= reflect.Int && k <= reflect.Float64 && k != reflect.Uintptr
}

func number(v reflect.Value) float64 {
	switch {
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	default:
		return v.Float()
	}
}

// length of a string is counted in characters, as in JSON Schema.
func length(v reflect.Value) int {
	if v.Kind() == reflect.String {
		return utf8.RuneCountInString(v.String())
	}
	return v.Len()
}
