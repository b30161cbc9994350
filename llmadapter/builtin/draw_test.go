package builtin

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

// followed are schemas that something follows.
var followed = []string{
	`{}`, `true`,
	`{"type":"integer","minimum":3,"maximum":5}`,
	`{"type":"integer","exclusiveMinimum":3,"exclusiveMaximum":5}`,
	`{"type":"integer","minimum":-7,"maximum":-7}`,
	`{"type":"integer","minimum":2.5,"maximum":3.5}`,
	`{"type":"integer","minimum":1000}`, `{"type":"integer","maximum":-1000}`, `{"type":"integer","maximum":3}`, `{"type":"integer"}`,
	`{"type":"integer","multipleOf":5,"minimum":1,"maximum":11}`,
	`{"type":"integer","minimum":-9007199254740992,"maximum":9007199254740992}`,
	`{"type":"number","minimum":0.001,"maximum":0.002}`,
	`{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":0.01}`,
	`{"type":"number","multipleOf":0.25,"minimum":0,"maximum":2}`, `{"type":"number"}`, `{"minimum":7}`,
	`{"type":"string","maxLength":3}`, `{"type":"string","maxLength":0}`, `{"type":"string","minLength":50}`, `{"type":"string","minLength":5,"maxLength":5}`, `{"type":"string"}`,
	`{"type":"boolean"}`, `{"type":"null"}`, `{"type":["integer","null"],"minimum":3,"maximum":9}`,
	`{"enum":["a",3,null,{"b":[1]}]}`, `{"const":null}`, `{"const":{"x":[1,2.5]}}`, `{"type":"string","enum":["only"]}`,
	`{"type":"array","items":{"type":"integer","minimum":1,"maximum":2},"minItems":2,"maxItems":4}`,
	`{"type":"array","items":{"enum":[1,2,3]},"minItems":3,"maxItems":3,"uniqueItems":true}`,
	`{"type":"array","items":{"enum":[1]},"uniqueItems":true}`,
	`{"type":"array"}`, `{"type":"array","maxItems":0}`, `{"type":"array","prefixItems":[{"const":1},{"const":"b"}],"minItems":2,"items":{"const":true}}`,
	`{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"},"c":{"type":"boolean"}},"required":["b"],"additionalProperties":false}`,
	`{"type":"object","required":["anything"]}`, `{"properties":{"a":{"const":1}},"required":["a"]}`,
	`{"type":"object","properties":{"in":{"type":"object","properties":{"deep":{"type":"array","items":{"type":"number","minimum":1,"maximum":2}}},"required":["deep"]}},"required":["in"]}`,
	`{"anyOf":[{"type":"integer","minimum":1,"maximum":2},{"type":"string","maxLength":4}]}`,
	`{"oneOf":[{"const":1},{"const":2}]}`,
	`{"type":"integer","allOf":[{"minimum":3,"maximum":9},{"minimum":1,"maximum":5}]}`, `{"type":"integer","allOf":[{"minimum":1,"maximum":5},{"minimum":3,"maximum":9}]}`,
	`{"type":["number","string"],"allOf":[{"type":["integer","boolean"]}]}`, `{"type":["integer","string"],"allOf":[{"type":["number","boolean"]}]}`,
	`{"allOf":[{"properties":{"a":{"minimum":4,"maximum":4}}},{"properties":{"a":{"type":"integer"}},"required":["a"]}]}`,
	`{"type":"object","properties":{` + strings.Repeat(`"a":{"const":1},`, 100) + `"b":{"const":2}}}`,
	`{"allOf":[{"type":"integer","minimum":3},{"maximum":4}]}`, `{"type":"number","allOf":[{"type":"integer"},{"minimum":1,"maximum":1}]}`,
	`{"minimum":2,"anyOf":[{"type":"integer","maximum":2},{"type":"integer","maximum":3}]}`,
	`{"allOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"a":{"minimum":4,"maximum":4},"b":{"const":1}},"required":["b"]}]}`,
	`{"$ref":"#/$defs/fish","$defs":{"fish":{"enum":["pike","carp"]}}}`,
	`{"type":"object","properties":{"f":{"$ref":"#/definitions/fish"}},"required":["f"],"definitions":{"fish":{"type":"integer","minimum":1,"maximum":1}}}`,
	`{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","properties":{"kids":{"type":"array","items":{"$ref":"#/$defs/tree"}}},"required":["kids"]}}}`,
	`{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"]}`,
}

// "Arguments drawn within the schema's bounds": an independent validator has no complaint.
func TestDrawnValuesFollowTheSchema(t *testing.T) {
	for _, text := range followed {
		schema := resolvedOf(t, text)
		for seed := range uint64(60) {
			v, err := drawFrom(json.RawMessage(text), rand.New(rand.NewPCG(seed, 1)))
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			written, err := json.Marshal(v)
			if err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			var read any
			if err := json.Unmarshal(written, &read); err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(read); err != nil {
				t.Fatalf("%s: %s: %v", text, written, err)
			}
			again, _ := drawFrom(json.RawMessage(text), rand.New(rand.NewPCG(seed, 1)))
			if second, _ := json.Marshal(again); string(second) != string(written) {
				t.Fatalf("%s: %s, then %s", text, written, second)
			}
		}
	}
}

// Everything that may be drawn is drawn: bounds are among it, optional properties come and go.
func TestDrawingReachesAll(t *testing.T) {
	for text, want := range map[string]int{
		`{"type":"integer","minimum":3,"maximum":5}`:                                                           3,
		`{"type":"integer","exclusiveMinimum":3,"exclusiveMaximum":6}`:                                         2,
		`{"type":"integer","multipleOf":5,"minimum":1,"maximum":11}`:                                           2,
		`{"type":"number","multipleOf":0.5,"minimum":0,"maximum":1}`:                                           3,
		`{"type":["boolean","null"]}`:                                                                          3,
		`{"anyOf":[{"const":1},{"const":2}],"title":"x"}`:                                                      2,
		`{"oneOf":[{"const":1},{"const":2},{"const":3}]}`:                                                      3,
		`{"enum":[1,2,3,4]}`:                                                                                   4,
		`{"type":"object","properties":{"a":{"const":1},"b":{"const":2}}}`:                                     4,
		`{"type":"object","properties":{"a":{"const":1},"b":{"const":2}},"required":["b"]}`:                    2,
		`{"type":"array","items":{"const":1},"minItems":1,"maxItems":3}`:                                       3,
		`{"type":"array","items":{"const":1}}`:                                                                 4,
		`{"type":"array","items":{"const":1},"uniqueItems":true}`:                                              2,
		`{"type":"object","properties":{"a":{"type":"integer","minimum":1,"maximum":2}},"required":["a","a"]}`: 2,
	} {
		different := map[string]bool{}
		for seed := range uint64(400) {
			v, _ := drawFrom(json.RawMessage(text), rand.New(rand.NewPCG(seed, 1)))
			written, _ := json.Marshal(v)
			different[string(written)] = true
		}
		if len(different) != want {
			t.Errorf("%s: %v, want %d", text, different, want)
		}
	}
}

// Values of schemas that refer to themselves end where they may, and not where patience ends.
func TestDrawingEndsWhereItMay(t *testing.T) {
	text := `{"type":"object","properties":{"on":{"anyOf":[` + strings.Repeat(`{"$ref":"#"},`, 9) + `{"const":"end"}]}},"required":["on"]}`
	for seed := range uint64(60) {
		v, _ := drawFrom(json.RawMessage(text), rand.New(rand.NewPCG(seed, 1)))
		if written, _ := json.Marshal(v); !bytes.Contains(written, []byte(`{"on":"end"}`)) {
			t.Errorf("%s", written)
		}
	}
}

// Hostile schemas cost little, and what is drawn has a JSON form.
func TestHostileSchemas(t *testing.T) {
	deep := strings.Repeat(`{"not":`, 100) + `{}` + strings.Repeat(`}`, 100)
	if _, err := drawFrom(json.RawMessage(deep), rand.New(rand.NewPCG(1, 1))); err == nil || !strings.Contains(err.Error(), "nested more than 64 deep") {
		t.Error(err)
	}
	if _, err := readSchema(json.RawMessage(`{"description":"` + strings.Repeat(`[{\"`, 100) + `"}`)); err != nil {
		t.Error(err) // braces in a text are no nesting
	}
	for _, text := range []string{
		`{"$ref":"#"}`, `{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}`, `{"$ref":"#/nowhere"}`, `{"$ref":"#/$defs/nowhere"}`,
		`{"allOf":[{"$ref":"#"},{"$ref":"#"}]}`, `{"type":"array","minItems":2000000000}`, `{"type":"array","minItems":5,"maxItems":1}`,
		`{"type":"array","minItems":60,"items":{"type":"array","minItems":60,"items":{"type":"array","minItems":60}}}`,
		`{"type":"string","minLength":2000000000}`, `{"type":"string","minLength":-5,"maxLength":-5}`, `{"type":"integer","minimum":1e300}`, `{"type":"integer","maximum":-1e300}`,
		`{"type":"integer","minimum":9,"maximum":1}`, `{"type":"number","minimum":9,"maximum":1}`, `{"type":"integer","multipleOf":1e300}`, `{"type":"integer","multipleOf":-3}`,
		`{"type":"number","multipleOf":1e-310}`, `{"type":"number","multipleOf":1e300,"minimum":5}`, `{"type":"number","minimum":-1e308,"maximum":1e308}`, `{"type":"wish"}`,
		`{"type":[]}`, `{"enum":[]}`, `{"properties":{"a":null},"required":["a"]}`, `{"anyOf":[null]}`, `{"items":null,"type":"array","minItems":1}`, `false`, `{"type":"integer","type":"string"}`,
		`{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}`,
		`{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}},"required":["a","b"]}`,
	} {
		for seed := range uint64(5) {
			v, err := drawFrom(json.RawMessage(text), rand.New(rand.NewPCG(seed, 1)))
			if err != nil {
				t.Errorf("%s: %v", text, err)
				break
			}
			written, err := json.Marshal(v)
			if err != nil || bytes.Count(written, []byte(",")) > mostValues || bytes.Count(written, []byte("{")) > mostValues || nested(written) > mostDepth+2 {
				t.Errorf("%s: %d bytes, %d deep, %v", text, len(written), nested(written), err)
			}
		}
	}
}

// nested is how deep JSON without brackets in its texts is.
func nested(text []byte) (most int) {
	depth := 0
	for _, c := range text {
		switch c {
		case '{', '[':
			depth++
			most = max(most, depth)
		case '}', ']':
			depth--
		}
	}
	return most
}
