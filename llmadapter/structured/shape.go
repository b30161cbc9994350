package structured

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/polis-agents/polis/llmadapter"
)

// Shape is what the arguments of a tool look like. It reads what models write as such.
type Shape struct {
	name   string
	schema map[string]any
}

// ShapeOf is the shape of a tool's arguments, whose schema is as the tool's author meant it: see Strict for what
// endpoints may have been sent.
func ShapeOf(tool llmadapter.Tool) (*Shape, error) {
	s := &Shape{name: tool.Name}
	if err := json.Unmarshal(tool.Schema, &s.schema); err != nil {
		return nil, fmt.Errorf("structured: the schema of %q is no JSON object: %w", tool.Name, err)
	}
	return s, nil
}

// Read reads arguments: strictly and, if they are no object of JSON and the answer they are from is whole, mended. A null
// where something may be left out is as if it were left out. No arguments are none: {}. decode gets an object of JSON in
// which no key stands twice, and says whether it is accepted; or, to say what is wrong with it, the text as it is. The
// error is a complaint for the model.
func (s *Shape) Read(arguments string, from llmadapter.Reply, decode func(object []byte) (any, error)) (value any, repaired bool, err error) {
	if len(arguments) > maxAnswer {
		return nil, false, fmt.Errorf("the arguments of %s are %d bytes long, accepted are %d", s.name, len(arguments), maxAnswer)
	}
	if strings.TrimSpace(arguments) == "" { // so some endpoints write that there are none
		arguments = "{}"
	}
	if isWritten(arguments) {
		value, err = s.object(arguments, decode)
		return value, false, err
	}
	_, err = decode([]byte(arguments))
	if err == nil {
		err = errors.New("the arguments of " + s.name + " are no object of JSON")
	}
	if !whole(from) {
		return nil, false, err
	}
	var inner string // an object that was written as a string
	text, ok := arguments, json.Unmarshal([]byte(arguments), &inner) == nil
	if ok {
		text = inner
	}
	if !isWritten(text) {
		if text, ok = mended(text); !ok {
			return nil, false, err
		}
	}
	value, again := s.object(text, decode)
	if again != nil {
		return nil, false, err
	}
	return value, true, nil
}

// object reads what is an object of JSON.
func (s *Shape) object(text string, decode func([]byte) (any, error)) (any, error) {
	if err := unambiguous(text); err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	return decode(s.relaxed(text))
}

// relaxed leaves out what is null and may be left out.
func (s *Shape) relaxed(text string) []byte {
	if !strings.Contains(text, "null") {
		return []byte(text)
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber() // numbers stay as they were written
	var v any
	if d.Decode(&v) != nil || !relax(v, s.schema) {
		return []byte(text)
	}
	shorter, err := json.Marshal(v)
	if err != nil {
		return []byte(text)
	}
	return shorter
}

// relax is that, for a value of a schema; it says whether anything was left out.
func relax(v any, schema map[string]any) (changed bool) {
	if schema == nil {
		return false
	}
	switch v := v.(type) {
	case []any:
		items, _ := schema["items"].(map[string]any)
		for _, item := range v {
			changed = relax(item, items) || changed
		}
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		required, _ := schema["required"].([]any)
		others, _ := schema["additionalProperties"].(map[string]any)
		for name, value := range v {
			property, known := properties[name].(map[string]any)
			switch {
			case !known:
				changed = relax(value, others) || changed
			case value == nil && !slices.Contains(required, any(name)):
				delete(v, name)
				changed = true
			default:
				changed = relax(value, property) || changed
			}
		}
	}
	return changed
}
