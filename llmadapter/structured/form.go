package structured

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/polis-agents/polis/llmadapter"
)

// Form is an answer whose content is a T. It may be used by many at once.
type Form[T any] struct {
	tool     llmadapter.Tool
	strict   bool
	shape    *Shape
	resolved *jsonschema.Resolved
}

// Checker is what a type declares that has bounds beyond its schema. The error is a complaint that the model is told.
type Checker interface{ Check() error }

// toolName is what endpoints accept as the name of a tool.
var toolName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// For makes the form of answers of a struct type: the name of its tool and a sentence about it for the model. The schema
// follows from the type as package jsonschema infers it: names by json tags, a description by a jsonschema tag, fields
// with omitempty or omitzero may be left out. Where T or *T is a Checker, its Check has the last word. The error says
// what of the type, or of the name, cannot be asked for.
func For[T any](name, doc string) (*Form[T], error) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("structured: form %q of %v; accepted is a struct", name, t)
	}
	if !toolName.MatchString(name) {
		return nil, fmt.Errorf("structured: form %q; accepted are 1 to 64 letters, digits, _ and - as a name", name)
	}
	inferred, err := jsonschema.ForType(t, nil)
	if err != nil {
		return nil, fmt.Errorf("structured: form %q: %w", name, err)
	}
	if err := foreignTags(t); err != nil {
		return nil, fmt.Errorf("structured: form %q: %w", name, err)
	}
	f := &Form[T]{}
	if f.resolved, err = inferred.Resolve(nil); err != nil {
		return nil, fmt.Errorf("structured: form %q: %w", name, err)
	}
	schema, err := Plain(inferred)
	if err != nil {
		return nil, fmt.Errorf("structured: form %q: %w", name, err)
	}
	f.tool = llmadapter.Tool{Name: name, Doc: doc, Schema: schema}
	if f.shape, err = ShapeOf(f.tool); err != nil {
		return nil, err
	}
	if exact, ok := Strict(schema); ok {
		f.tool.Schema, f.strict = exact, true
	}
	return f, nil
}

// foreignTags finds a tag that environment.AddAction would read and that says nothing here: who wrote it believes in a
// bound that there is not. The type has no cycle: a schema was inferred of it.
func foreignTags(t reflect.Type) error {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return foreignTags(t.Elem())
	case reflect.Struct:
	default:
		return nil
	}
	for i := range t.NumField() {
		field := t.Field(i)
		for _, tag := range []string{"doc", "min", "max", "maxlen", "enum"} {
			if _, has := field.Tag.Lookup(tag); has {
				return fmt.Errorf("field %s has a tag %s, as actions have; accepted are jsonschema for a description, and a method Check for bounds", field.Name, tag)
			}
		}
		if field.IsExported() || field.Anonymous {
			if err := foreignTags(field.Type); err != nil {
				return err
			}
		}
	}
	return nil
}

// Tool is what the model is to call: its arguments are the answer. Its schema is a strict one where T allows that, see
// Strict.
func (f *Form[T]) Tool() llmadapter.Tool { return f.tool }

// Strict says whether endpoints can hold the model to the letter of the schema. Otherwise it is a wish: T has a map, or
// a field of any type.
func (f *Form[T]) Strict() bool { return f.strict }

// Schema is the schema for an endpoint that is asked for text of that form rather than for calls: for who calls a Model
// itself. An adapter sees to that by its own Form.
func (f *Form[T]) Schema() *llmadapter.Schema {
	return &llmadapter.Schema{Name: f.tool.Name, Schema: f.tool.Schema}
}

// Request gives r with the tool of the form as its only one.
func (f *Form[T]) Request(r llmadapter.Request) llmadapter.Request {
	r.Tools = []llmadapter.Tool{f.tool}
	return r
}

// Read reads an answer: one call of the tool, or a text that is such a call or the value itself. mended says that it was
// no JSON and could be made so without guessing, which callers count. The error is a complaint for the model, see Again.
func (f *Form[T]) Read(r llmadapter.Reply) (v T, mended bool, err error) {
	calls, mended, err := Calls(r)
	if err != nil {
		if len(r.Calls) == 0 && !errors.Is(err, ErrCut) {
			return f.bare(r, err)
		}
		return v, false, err
	}
	if len(calls) > 1 {
		return v, false, fmt.Errorf("the answer makes %d calls, accepted is one of %s", len(calls), f.tool.Name)
	}
	if calls[0].Name != f.tool.Name {
		return v, false, fmt.Errorf("there is no tool %q; call %s", calls[0].Name, f.tool.Name)
	}
	value, repaired, err := f.shape.Read(calls[0].Arguments, r, f.decode)
	if err != nil {
		return v, false, err
	}
	return value.(T), mended || repaired, nil
}

// bare reads a text that is the value, without a call around it. otherwise is the complaint when it is no object at all.
func (f *Form[T]) bare(r llmadapter.Reply, otherwise error) (v T, mended bool, err error) {
	if strings.TrimSpace(r.Text) == "" {
		return v, false, otherwise
	}
	value, mended, err := f.shape.Read(r.Text, r, f.decode)
	if err != nil {
		if !isWritten(r.Text) {
			err = otherwise
		}
		return v, false, err
	}
	return value.(T), mended, nil
}

// decode makes a value of an object of JSON that nobody has checked.
func (f *Form[T]) decode(object []byte) (any, error) {
	name := f.tool.Name
	var instance any
	if err := json.Unmarshal(object, &instance); err != nil {
		return nil, fmt.Errorf("%s: not JSON: %w", name, err)
	}
	if err := f.resolved.Validate(instance); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var v T
	if err := json.Unmarshal(object, &v); err != nil { // the schema knows no fields but those of T
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, fmt.Errorf("%s: %s is a %s; accepted is a value of %s", name, wrong.Field, wrong.Value, wrong.Type)
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if c, ok := any(&v).(Checker); ok { // the methods of T are among those of *T
		if err := c.Check(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return v, nil
}
