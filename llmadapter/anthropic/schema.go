package anthropic

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// The keywords of a schema that servers take. They refuse the request for any other one.
var (
	schemaWords = []string{"$ref", "const", "default", "description", "enum", "format", "pattern", "required", "title", "type"}
	schemaParts = []string{"$defs", "definitions", "properties"} // whose values are schemas, by name
)

// maxDepth is how deep a schema may go.
const maxDepth = 32

// fitted gives a schema as servers take one for the text of an answer: closed objects, and no bounds of numbers, lengths
// and counts. What it cannot say moves to descriptions, where the model reads it; who reads the answer checks it
// anyway. A schema that cannot be made to fit is given as it is, for the server to refuse.
func fitted(schema json.RawMessage) json.RawMessage {
	d := json.NewDecoder(bytes.NewReader(schema))
	d.UseNumber()
	var s any
	if d.Decode(&s) != nil || d.More() {
		return schema
	}
	out, ok := fit(s, 0)
	if !ok {
		return schema
	}
	text, err := json.Marshal(out)
	if err != nil {
		return schema
	}
	return text
}

// fit gives a part of a schema; false: it cannot be made to fit.
func fit(part any, depth int) (out map[string]any, ok bool) {
	s, ok := part.(map[string]any)
	if !ok || depth > maxDepth {
		return nil, false
	}
	out = map[string]any{}
	var rest []string // what moves to the description
	for word, value := range s {
		ok := true
		switch {
		case word == "$schema", word == "$id", word == "additionalProperties":
		case slices.Contains(schemaWords, word):
			out[word] = value
		case slices.Contains(schemaParts, word):
			out[word], ok = fitNamed(value, depth+1)
		case word == "items":
			out[word], ok = fit(value, depth+1)
		case word == "anyOf", word == "oneOf" && s["anyOf"] == nil:
			out["anyOf"], ok = fitEach(value, depth+1)
		case word == "minItems" && (value == json.Number("0") || value == json.Number("1")):
			out[word] = value
		default:
			text, err := json.Marshal(value)
			ok = err == nil
			rest = append(rest, word+": "+string(text))
		}
		if !ok {
			return nil, false
		}
	}
	types, _ := s["type"].([]any)
	if properties, has := out["properties"].(map[string]any); has || s["type"] == "object" || slices.Contains(types, any("object")) {
		if len(properties) == 0 && s["additionalProperties"] != false {
			return nil, false // an object of anything: closed, it would be one of nothing
		}
		out["additionalProperties"] = false
	}
	if len(rest) > 0 {
		slices.Sort(rest)
		doc, _ := out["description"].(string)
		out["description"] = strings.TrimLeft(doc+" ("+strings.Join(rest, ", ")+")", " ")
	}
	return out, true
}

func fitNamed(parts any, depth int) (map[string]any, bool) {
	named, ok := parts.(map[string]any)
	if !ok {
		return nil, false
	}
	out := map[string]any{}
	for name, part := range named {
		if out[name], ok = fit(part, depth); !ok {
			return nil, false
		}
	}
	return out, true
}

func fitEach(parts any, depth int) ([]any, bool) {
	list, ok := parts.([]any)
	if !ok {
		return nil, false
	}
	out := make([]any, len(list))
	for i, part := range list {
		if out[i], ok = fit(part, depth); !ok {
			return nil, false
		}
	}
	return out, true
}
