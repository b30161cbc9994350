package builtin

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/polis-agents/polis/llmadapter"
)

// misdirected are calls that no tool takes.
func misdirected(fault Fault, calls []llmadapter.Call, tools []llmadapter.Tool, r *rand.Rand) []llmadapter.Call {
	if fault == FaultUnknown {
		return withUnknown(calls, tools)
	}
	return withoutBounds(calls, tools, r)
}

// withUnknown calls, first of all, a tool that there is not.
func withUnknown(calls []llmadapter.Call, tools []llmadapter.Tool) []llmadapter.Call {
	name := "stand_in_unknown_tool"
	for slices.ContainsFunc(tools, func(t llmadapter.Tool) bool { return t.Name == name }) {
		name += "_"
	}
	if len(calls) == 0 {
		return []llmadapter.Call{{Name: name, Arguments: "{}"}}
	}
	calls[0].Name = name
	return calls
}

// spoiled is a JSON object as models spoil it: cut, with a comma too many, with the wrong quotes, with prose around.
func spoiled(text string, r *rand.Rand) string {
	var out string
	switch r.IntN(4) {
	case 0:
		out = text[:len(text)-len(text)/3]
	case 1:
		out = strings.TrimSuffix(text, "}") + ",}"
	case 2:
		out = strings.ReplaceAll(text, `"`, `'`)
	case 3:
		out = "Sure! Here is the stand-in's answer: " + text
	}
	if json.Valid([]byte(out)) {
		return text[:max(len(text)-1, 0)] + "," // which never ends an object
	}
	return out
}

// withoutBounds gives the first call an argument beyond its bounds; where there are none, one that nobody asked for.
func withoutBounds(calls []llmadapter.Call, tools []llmadapter.Tool, r *rand.Rand) []llmadapter.Call {
	arguments := map[string]any{}
	_ = json.Unmarshal([]byte(calls[0].Arguments), &arguments) // what is no object is replaced by one
	if arguments == nil {
		arguments = map[string]any{}
	}
	schema := &jsonschema.Schema{}
	for _, t := range tools {
		if t.Name == calls[0].Name {
			if s, err := readSchema(t.Schema); err == nil {
				schema = s
			}
		}
	}
	d := &drawing{schema, r, mostValues}
	top := d.resolve(schema, 0)
	type beyond struct {
		name  string
		value any
	}
	var all []beyond
	for _, name := range slices.Sorted(maps.Keys(top.Properties)) {
		if v, ok := outside(d.resolve(top.Properties[name], 1), r); ok {
			all = append(all, beyond{name, v})
		}
	}
	if len(all) == 0 {
		all = []beyond{{"stand_in_out_of_bounds", true}}
	}
	b := all[r.IntN(len(all))]
	arguments[b.name] = b.value
	if text, err := json.Marshal(arguments); err == nil {
		calls[0].Arguments = string(text)
	}
	return calls
}

// outside is a value of the right type that the schema forbids; ok is false when it forbids none.
func outside(c *jsonschema.Schema, r *rand.Rand) (v any, ok bool) {
	far := float64(1 + r.IntN(1_000_000))
	const most = 1 << 53
	switch {
	case len(c.Enum) > 0 || c.Const != nil:
		return "stand_in_out_of_bounds", true
	case c.Maximum != nil && *c.Maximum < most:
		return *c.Maximum + far, true
	case c.ExclusiveMaximum != nil && *c.ExclusiveMaximum < most:
		return *c.ExclusiveMaximum + far, true
	case c.Minimum != nil && *c.Minimum > -most:
		return *c.Minimum - far, true
	case c.ExclusiveMinimum != nil && *c.ExclusiveMinimum > -most:
		return *c.ExclusiveMinimum - far, true
	case c.MaxLength != nil && *c.MaxLength >= 0 && *c.MaxLength < mostLength:
		return strings.Repeat("too long ", *c.MaxLength/9+1), true
	case c.MaxItems != nil && *c.MaxItems >= 0 && *c.MaxItems < mostValues:
		return slices.Repeat([]any{nil}, *c.MaxItems+1), true
	}
	return nil, false
}
