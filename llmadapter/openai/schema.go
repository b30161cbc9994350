package openai

import (
	"encoding/json"
	"slices"
)

// strictWords are the keywords that servers take in a strict schema. A schema with another one is sent as a wish.
var strictWords = []string{
	"$defs", "$ref", "additionalProperties", "anyOf", "const", "description", "enum", "exclusiveMaximum", "exclusiveMinimum",
	"format", "items", "maxItems", "maximum", "minItems", "minimum", "multipleOf", "pattern", "properties", "required", "title", "type",
}

// strict says whether a schema may be sent as one to be followed to the letter: every object is closed and all of its
// properties are required. Servers refuse the request otherwise.
func strict(schema json.RawMessage) bool {
	var s any
	if json.Unmarshal(schema, &s) != nil {
		return false
	}
	root, ok := s.(map[string]any)
	return ok && root["type"] == "object" && strictPart(root, 32)
}

func strictPart(part any, depth int) bool {
	s, ok := part.(map[string]any)
	if !ok || depth == 0 {
		return false
	}
	for word := range s {
		if !slices.Contains(strictWords, word) {
			return false
		}
	}
	all := func(parts any) bool {
		switch p := parts.(type) {
		case nil:
			return true
		case map[string]any:
			for _, part := range p {
				if !strictPart(part, depth-1) {
					return false
				}
			}
			return true
		case []any:
			return !slices.ContainsFunc(p, func(part any) bool { return !strictPart(part, depth-1) })
		}
		return false
	}
	if items, has := s["items"]; has && !strictPart(items, depth-1) {
		return false
	}
	return (!isObject(s) || closed(s)) && all(s["properties"]) && all(s["$defs"]) && all(s["anyOf"])
}

// isObject says whether a part of a schema can be about objects.
func isObject(s map[string]any) bool {
	types, _ := s["type"].([]any)
	_, has := s["properties"]
	return has || s["type"] == "object" || slices.Contains(types, any("object"))
}

// closed says whether an object has the properties that it names, all of them and no others.
func closed(s map[string]any) bool {
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	for name := range properties {
		if !slices.Contains(required, any(name)) {
			return false
		}
	}
	return s["additionalProperties"] == false
}
