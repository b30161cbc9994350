package environment

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// describe infers schema and bounds of the action's type.
func (a *Action) describe() (err error) {
	if a.goType.Kind() != reflect.Struct {
		return fmt.Errorf("an action is a struct")
	}
	if a.Schema, err = jsonschema.ForType(a.goType, nil); err != nil {
		return err
	}
	if a.check, err = boundsOf(a.goType, a.Schema, ""); err != nil {
		return err
	}
	a.resolved, err = a.Schema.Resolve(nil)
	return err
}

// Check says whether a Go value of the action's type is within the bounds; the error is a refusal. The bounds are tags
// of the type's fields, also of structs in it, on which the schema is built too:
//
//	doc:"how many tons to ask for"   a description
//	min:"0" max:"100"                bounds of a number, both included
//	maxlen:"200"                     the longest string, in characters, or slice
//	enum:"red,green"                 the only values of a string
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
	if err := json.Unmarshal(data, v.Interface()); err != nil {
		return nil, Refuse(ReasonOutOfBounds, "%s: %v", a.Name, err)
	}
	action := v.Elem().Interface()
	if err := a.Check(action); err != nil {
		return nil, err
	}
	return action, nil
}

// jsonName of a field; "" when JSON does not have it.
func jsonName(f reflect.StructField) string {
	tag := f.Tag.Get("json")
	name, _, _ := strings.Cut(tag, ",")
	switch {
	case tag == "-" || !f.IsExported():
		return ""
	case name == "":
		return f.Name
	}
	return name
}
