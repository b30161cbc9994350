package structured

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Plain gives a schema as endpoints take it: many of them refuse the null that a Go slice may be. schema is anything
// whose JSON is a JSON Schema.
func Plain(schema any) (json.RawMessage, error) {
	text, err := json.Marshal(schema)
	if err != nil {
		return nil, err
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, err
	}
	return json.Marshal(withoutNull(v))
}

// withoutNull takes null out of types that allow something else.
func withoutNull(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			types, ok := value.([]any)
			if key == "type" && ok && len(types) == 2 && types[0] == "null" {
				v[key] = types[1]
			} else {
				v[key] = withoutNull(value)
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutNull(v[i])
		}
	}
	return v
}

// strictWords are the keywords that endpoints take in a schema that is followed to the letter.
var strictWords = []string{
	"$defs", "$ref", "additionalProperties", "anyOf", "const", "description", "enum", "exclusiveMaximum", "exclusiveMinimum",
	"format", "items", "maxItems", "maximum", "minItems", "minimum", "multipleOf", "pattern", "properties", "required", "title", "type",
}

// silentWords say nothing about what is accepted, or nothing that is not checked when the answer is read: a schema can
// do without them.
var silentWords = []string{
	"$comment", "$id", "$schema", "default", "deprecated", "examples", "maxLength", "maxProperties", "minLength", "minProperties",
	"readOnly", "uniqueItems", "writeOnly",
}

// deepest is how many schemas may lie within each other.
const deepest = 32

// Strict gives a schema in the form in which endpoints hold a model to the letter of it: every object is closed and all
// of its properties are required, where one that may be left out may be null instead; see Shape.Read, which undoes that.
// Lengths of strings, which that form has no word for, are said in the description. false: it has no such form, since
// it has an open object, a value of any type, or words that are not taken.
func Strict(schema json.RawMessage) (json.RawMessage, bool) {
	var s map[string]any
	if json.Unmarshal(schema, &s) != nil || s["type"] != "object" || !strict(s, deepest) {
		return nil, false
	}
	text, err := json.Marshal(s)
	return text, err == nil
}

// strict rewrites one schema and those in it.
func strict(s map[string]any, depth int) bool {
	if depth == 0 {
		return false
	}
	sayLengths(s)
	for word := range s {
		if !slices.Contains(strictWords, word) {
			return false
		}
	}
	if items, has := s["items"]; has && !strictPart(items, depth) {
		return false
	}
	if alternatives, has := s["anyOf"]; has {
		list, ok := alternatives.([]any)
		if !ok || slices.ContainsFunc(list, func(part any) bool { return !strictPart(part, depth) }) {
			return false
		}
	}
	for _, word := range []string{"$defs", "properties"} {
		parts, ok := s[word].(map[string]any)
		if s[word] != nil && !ok {
			return false
		}
		for _, part := range parts {
			if !strictPart(part, depth) {
				return false
			}
		}
	}
	switch {
	case isObject(s):
		return closeObject(s)
	case s["type"] == nil && s["anyOf"] == nil && s["$ref"] == nil && s["enum"] == nil && s["const"] == nil:
		return false // any value
	}
	return true
}

func strictPart(part any, depth int) bool {
	s, ok := part.(map[string]any)
	return ok && strict(s, depth-1)
}

// sayLengths moves what strict schemas have no word for into the description, as far as it is worth saying.
func sayLengths(s map[string]any) {
	var said []string
	if n, ok := s["minLength"]; ok {
		said = append(said, fmt.Sprintf("at least %v characters", n))
	}
	if n, ok := s["maxLength"]; ok {
		said = append(said, fmt.Sprintf("at most %v characters", n))
	}
	for _, word := range silentWords {
		delete(s, word)
	}
	if len(said) == 0 {
		return
	}
	text := strings.Join(said, ", ")
	if doc, _ := s["description"].(string); doc != "" {
		text = doc + " (" + text + ")"
	}
	s["description"] = text
}

// isObject says whether a schema can be about objects.
func isObject(s map[string]any) bool {
	return s["properties"] != nil || slices.Contains(typesOf(s), any("object"))
}

// typesOf gives the types that a schema names.
func typesOf(s map[string]any) []any {
	switch t := s["type"].(type) {
	case string:
		return []any{t}
	case []any:
		return t
	}
	return nil
}

// closeObject closes an object and requires all of its properties; false: it is open.
func closeObject(s map[string]any) bool {
	if s["additionalProperties"] != false {
		return false
	}
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	all := make([]any, 0, len(properties))
	for _, name := range sortedKeys(properties) {
		all = append(all, name)
		if !slices.Contains(required, any(name)) {
			properties[name] = orNull(properties[name].(map[string]any)) // each is a schema: strict has seen it
		}
	}
	s["required"], s["properties"] = all, properties
	if properties == nil {
		s["properties"] = map[string]any{}
	}
	return true
}

// orNull allows null besides.
func orNull(s map[string]any) map[string]any {
	types := typesOf(s)
	if types == nil || s["const"] != nil {
		either := map[string]any{"anyOf": []any{s, map[string]any{"type": "null"}}}
		if doc, ok := s["description"]; ok {
			either["description"] = doc
			delete(s, "description")
		}
		return either
	}
	if !slices.Contains(types, any("null")) {
		s["type"] = append(slices.Clone(types), "null")
	}
	if values, ok := s["enum"].([]any); ok && !slices.Contains(values, nil) {
		s["enum"] = append(slices.Clone(values), nil)
	}
	return s
}

func sortedKeys(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
