package journal

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"

	"google.golang.org/protobuf/proto"
)

// form is how values of a type are written.
type form uint8

const (
	formUnsupported form = iota
	formBool
	formInt
	formUint
	formFloat
	formString
	formNumber // json.Number
	formRaw    // json.RawMessage
	formBytes
	formList
	formMap
	formStruct
	formPointer
	formInterface
	formMarshaler
	formText
	formMessage // a protobuf message
)

// plan says how values of one type are written. It is made once per type and never changed after.
type plan struct {
	typ    reflect.Type
	form   form
	elem   *plan   // of lists, maps and pointers
	fields []field // of structs, in the order of their names
	// byPointer: the method that writes the value has a pointer receiver.
	byPointer bool
}

var (
	marshalerType     = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
	messageType       = reflect.TypeFor[proto.Message]()
	numberType        = reflect.TypeFor[json.Number]()
	rawType           = reflect.TypeFor[json.RawMessage]()
)

var plans sync.Map // reflect.Type to *plan

// planOf returns the plan of t.
func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	made := map[reflect.Type]*plan{}
	makePlan(t, made)
	for t, p := range made { // only now: a plan in the cache is complete, and so are those it leads to
		plans.LoadOrStore(t, p)
	}
	return made[t]
}

// makePlan makes the plan of t and of every type it leads to. Types may contain themselves, so a plan is in made
// before it is complete.
func makePlan(t reflect.Type, made map[reflect.Type]*plan) *plan {
	if p, ok := made[t]; ok {
		return p
	}
	p := &plan{typ: t}
	made[t] = p
	if p.form = methodForm(t); p.form != formUnsupported {
		p.byPointer = t.Kind() != reflect.Pointer && !t.Implements(methodType(p.form))
		return p
	}
	switch t.Kind() {
	case reflect.Bool:
		p.form = formBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.form = formInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		p.form = formUint
	case reflect.Float32, reflect.Float64:
		p.form = formFloat
	case reflect.String:
		p.form = formString
		if t == numberType {
			p.form = formNumber
		}
	case reflect.Slice:
		if e := t.Elem(); e.Kind() == reflect.Uint8 && methodForm(e) == formUnsupported {
			p.form = formBytes
			break
		}
		p.form, p.elem = formList, makePlan(t.Elem(), made)
	case reflect.Array:
		p.form, p.elem = formList, makePlan(t.Elem(), made)
	case reflect.Map:
		if k := t.Key(); k.Implements(textMarshalerType) || k.Kind() == reflect.String || isInteger(k.Kind()) {
			p.form, p.elem = formMap, makePlan(t.Elem(), made)
		}
	case reflect.Pointer:
		p.form, p.elem = formPointer, makePlan(t.Elem(), made)
	case reflect.Interface:
		p.form = formInterface
	case reflect.Struct:
		p.form, p.fields = formStruct, fieldsOf(t, made)
	}
	return p
}

// methodForm returns the form that a method of t, or of *t, gives it; formUnsupported if there is none.
func methodForm(t reflect.Type) form {
	switch {
	case t == rawType:
		return formRaw
	case t.Kind() == reflect.Interface: // the value inside has its own
		return formUnsupported
	}
	for _, f := range [...]form{formMessage, formMarshaler, formText} {
		m := methodType(f)
		if t.Implements(m) || t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(m) {
			return f
		}
	}
	return formUnsupported
}

func methodType(f form) reflect.Type {
	switch f {
	case formMessage:
		return messageType
	case formMarshaler:
		return marshalerType
	default:
		return textMarshalerType
	}
}

func isInteger(k reflect.Kind) bool { return reflect.Int <= k && k <= reflect.Uintptr }

// check returns an error when values of the plan's type cannot be written and read back: a channel, function or
// complex number anywhere in it, or a protobuf message below the top, which encoding/json would read wrongly.
func (p *plan) check(top bool, seen map[*plan]bool) error {
	if seen[p] {
		return nil
	}
	seen[p] = true
	switch {
	case p.form == formUnsupported:
		return fmt.Errorf("%s has no JSON form", p.typ)
	case p.form == formMessage && p.byPointer:
		return fmt.Errorf("a protobuf message is passed by pointer, *%s", p.typ)
	case p.form == formMessage && !top:
		return fmt.Errorf("protobuf message %s inside another type cannot be read back: register the message itself", p.typ)
	}
	if p.elem != nil {
		return p.elem.check(false, seen)
	}
	for i := range p.fields {
		if err := p.fields[i].plan.check(false, seen); err != nil {
			return fmt.Errorf("%s: %w", p.fields[i].name, err)
		}
	}
	return nil
}
