package environment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// The schema of an action comes from its Go type. Beside the names of encoding/json, fields of a struct may carry
//
//	doc:"how many tons to ask for"   a description
//	min:"0" max:"100"                bounds of a number, both included
//	maxlen:"200"                     the longest string or slice
//	enum:"red,green"                 the only values of a string

// describe infers schema and bounds of the action's type.
func (a *Action) describe() (err error) {
	if a.goType.Kind() != reflect.Struct {
		return fmt.Errorf("an action is a struct")
	}
	if a.Schema, err = jsonschema.ForType(a.goType, nil); err != nil {
		return err
	}
	var checks []check
	for _, f := range reflect.VisibleFields(a.goType) {
		property := a.Schema.Properties[jsonName(f)]
		if property == nil {
			continue
		}
		property.Description = f.Tag.Get("doc")
		c, err := bound(f, property)
		if err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
		if c != nil {
			checks = append(checks, c)
		}
	}
	if a.resolved, err = a.Schema.Resolve(nil); err != nil {
		return err
	}
	if len(checks) > 0 {
		a.check = func(v reflect.Value) error {
			for _, c := range checks {
				if err := c(v); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return nil
}

// check is one bound of one field of an action.
type check func(action reflect.Value) error

// bound reads a field's tags into its schema, and gives the check of a Go value: nil without tags.
func bound(f reflect.StructField, s *jsonschema.Schema) (check, error) {
	var checks []check
	field := jsonName(f)
	for _, tag := range []string{"min", "max"} {
		text, ok := f.Tag.Lookup(tag)
		if !ok {
			continue
		}
		limit, err := strconv.ParseFloat(text, 64)
		if err != nil || !isNumber(f.Type) {
			return nil, fmt.Errorf("%s:%q: want a number on a number", tag, text)
		}
		if tag == "min" {
			s.Minimum = &limit
			checks = append(checks, func(v reflect.Value) error {
				if x := number(v.FieldByIndex(f.Index)); !(x >= limit) { // not x < limit: NaN is no number
					return Refuse(ReasonOutOfBounds, "%s is %v, accepted is at least %v", field, x, limit)
				}
				return nil
			})
			continue
		}
		s.Maximum = &limit
		checks = append(checks, func(v reflect.Value) error {
			if x := number(v.FieldByIndex(f.Index)); !(x <= limit) {
				return Refuse(ReasonOutOfBounds, "%s is %v, accepted is at most %v", field, x, limit)
			}
			return nil
		})
	}
	if text, ok := f.Tag.Lookup("maxlen"); ok {
		limit, err := strconv.Atoi(text)
		if err != nil || f.Type.Kind() != reflect.String && f.Type.Kind() != reflect.Slice {
			return nil, fmt.Errorf("maxlen:%q: want a number on a string or slice", text)
		}
		if f.Type.Kind() == reflect.String {
			s.MaxLength = &limit
		} else {
			s.MaxItems = &limit
		}
		checks = append(checks, func(v reflect.Value) error {
			if n := length(v.FieldByIndex(f.Index)); n > limit {
				return Refuse(ReasonOutOfBounds, "%s has length %d, accepted is at most %d", field, n, limit)
			}
			return nil
		})
	}
	if text, ok := f.Tag.Lookup("enum"); ok {
		if f.Type.Kind() != reflect.String {
			return nil, fmt.Errorf("enum:%q: want a string", text)
		}
		accepted := strings.Split(text, ",")
		for _, x := range accepted {
			s.Enum = append(s.Enum, x)
		}
		checks = append(checks, func(v reflect.Value) error {
			x := v.FieldByIndex(f.Index).String()
			for _, y := range accepted {
				if x == y {
					return nil
				}
			}
			return Refuse(ReasonOutOfBounds, "%s is %q, accepted are %s", field, x, text)
		})
	}
	if len(checks) == 0 {
		return nil, nil
	}
	return func(v reflect.Value) error {
		for _, c := range checks {
			if err := c(v); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// Check says whether a Go value of the action's type is within the bounds; the error is a refusal.
func (a *Action) Check(action any) error {
	if a.check == nil {
		return nil
	}
	return a.check(reflect.ValueOf(action))
}

// Decode reads an action from JSON that nobody has checked: from a model, a person, a file. Unknown and missing
// fields, wrong types and broken bounds are refusals that say what is accepted.
func (a *Action) Decode(data []byte) (any, error) {
	var instance any
	if err := json.Unmarshal(data, &instance); err != nil {
		return nil, Refuse(ReasonOutOfBounds, "%s: not JSON: %v", a.Name, err)
	}
	if err := a.resolved.Validate(instance); err != nil {
		return nil, Refuse(ReasonOutOfBounds, "%s: %v", a.Name, err)
	}
	v := reflect.New(a.goType)
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v.Interface()); err != nil {
		return nil, Refuse(ReasonOutOfBounds, "%s: %v", a.Name, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, Refuse(ReasonOutOfBounds, "%s: more than one JSON value", a.Name)
	}
	action := v.Elem().Interface()
	return action, a.Check(action)
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" {
		return f.Name
	}
	return name
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
		return len([]rune(v.String()))
	}
	return v.Len()
}
