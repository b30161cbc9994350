package structured_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/llmadaptertest"
	"github.com/polis-agents/polis/llmadapter/openai"
	"github.com/polis-agents/polis/llmadapter/structured"
)

// "All properties required, an optional T becomes ["T","null"], additionalProperties false, slices not null."
func TestTheSchemaIsStrict(t *testing.T) {
	f := form[plan](t)
	const want = `{"additionalProperties":false,"properties":{` +
		`"cap":{"description":"tons that anybody may take","type":"integer"},` +
		`"names":{"items":{"type":"string"},"type":"array"},` +
		`"share":{"type":["number","null"]},` +
		`"steps":{"items":{"additionalProperties":false,"properties":{"large":{"type":["integer","null"]},"month":{"type":"integer"},"tons":{"type":["integer","null"]}},` +
		`"required":["large","month","tons"],"type":"object"},"type":["array","null"]},` +
		`"why":{"type":["string","null"]}},"required":["cap","names","share","steps","why"],"type":"object"}`
	if got := string(f.Tool().Schema); got != want || !f.Strict() {
		t.Errorf("strict %v\n%s\nwant\n%s", f.Strict(), got, want)
	}
	if f.Tool().Name != "plan" || f.Tool().Doc != "Say what you will do." {
		t.Errorf("tool %+v", f.Tool())
	}
}

func TestSchemasGetTheirStrictForm(t *testing.T) {
	for name, c := range map[string]struct{ schema, want string }{ // want "": there is none
		"nothing to say":       {`{"type":"object","additionalProperties":false}`, `{"additionalProperties":false,"properties":{},"required":[],"type":"object"}`},
		"an enum":              {`{"type":"object","additionalProperties":false,"properties":{"a":{"type":"string","enum":["x","y"]}}}`, `{"additionalProperties":false,"properties":{"a":{"enum":["x","y",null],"type":["string","null"]}},"required":["a"],"type":"object"}`},
		"either":               {`{"type":"object","additionalProperties":false,"properties":{"a":{"anyOf":[{"type":"string"},{"type":"integer"}],"description":"d"}}}`, `{"additionalProperties":false,"properties":{"a":{"anyOf":[{"anyOf":[{"type":"string"},{"type":"integer"}]},{"type":"null"}],"description":"d"}},"required":["a"],"type":"object"}`},
		"a constant":           {`{"type":"object","additionalProperties":false,"properties":{"a":{"type":"string","const":"x"}}}`, `{"additionalProperties":false,"properties":{"a":{"anyOf":[{"const":"x","type":"string"},{"type":"null"}]}},"required":["a"],"type":"object"}`},
		"null already":         {`{"type":"object","additionalProperties":false,"properties":{"a":{"type":["null","string"],"enum":["x",null]}}}`, `{"additionalProperties":false,"properties":{"a":{"enum":["x",null],"type":["null","string"]}},"required":["a"],"type":"object"}`},
		"lengths":              {`{"type":"object","additionalProperties":false,"required":["a","b"],"properties":{"a":{"type":"string","maxLength":9},"b":{"type":"string","minLength":1,"maxLength":9,"description":"a word","default":"x"}}}`, `{"additionalProperties":false,"properties":{"a":{"description":"at most 9 characters","type":"string"},"b":{"description":"a word (at least 1 characters, at most 9 characters)","type":"string"}},"required":["a","b"],"type":"object"}`},
		"definitions":          {`{"type":"object","additionalProperties":false,"required":["a"],"properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"object","additionalProperties":false,"properties":{"b":{"type":"integer"}}}}}`, `{"$defs":{"n":{"additionalProperties":false,"properties":{"b":{"type":["integer","null"]}},"required":["b"],"type":"object"}},"additionalProperties":false,"properties":{"a":{"$ref":"#/$defs/n"}},"required":["a"],"type":"object"}`},
		"an open object":       {`{"type":"object","properties":{"a":{"type":"integer"}}}`, ""},
		"a map":                {`{"type":"object","additionalProperties":{"type":"integer"}}`, ""},
		"an inner map":         {`{"type":"object","additionalProperties":false,"properties":{"a":{"type":"object","additionalProperties":{"type":"integer"}}}}`, ""},
		"any value":            {`{"type":"object","additionalProperties":false,"properties":{"a":{}}}`, ""},
		"any item":             {`{"type":"object","additionalProperties":false,"properties":{"a":{"type":"array","items":{}}}}`, ""},
		"anything goes":        {`{"type":"object","additionalProperties":false,"properties":{"a":true}}`, ""},
		"an unknown word":      {`{"type":"object","additionalProperties":false,"not":{"type":"null"}}`, ""},
		"an odd choice":        {`{"type":"object","additionalProperties":false,"anyOf":{"type":"null"}}`, ""},
		"an odd part":          {`{"type":"object","additionalProperties":false,"properties":[]}`, ""},
		"open in a choice":     {`{"type":"object","additionalProperties":false,"properties":{"a":{"anyOf":[{"type":"object"},{"type":"null"}]}}}`, ""},
		"open in a definition": {`{"type":"object","additionalProperties":false,"properties":{},"$defs":{"n":{"type":"object"}}}`, ""},
		"too deep":             {`{"type":"object","additionalProperties":false,"properties":{"a":` + strings.Repeat(`{"type":"array","items":`, 40) + `{"type":"null"}` + strings.Repeat("}", 40) + `}}`, ""},
		"a list":               {`{"type":"array","items":{"type":"null"}}`, ""},
		"no schema":            {`[]`, ""},
		"no JSON":              {`{`, ""},
	} {
		got, ok := structured.Strict(json.RawMessage(c.schema))
		if string(got) != c.want || ok != (c.want != "") {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, ok, got, c.want)
		}
		if !ok {
			continue
		}
		if again, ok := structured.Strict(got); !ok || string(again) != c.want {
			t.Errorf("%s: the strict form of a strict form is %s", name, again)
		}
	}
}

// What our own client holds to be strict is sent as such: one call as text, and the value itself.
func TestTheClientSendsItAsStrict(t *testing.T) {
	server := llmadaptertest.NewServer(t, nil)
	client, err := openai.New(openai.Config{Model: "sim-test", BaseURL: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	type bounded struct { // a type whose inferred schema no endpoint takes to the letter
		Level int8                   `json:"level,omitempty"`
		When  time.Time              `json:"when"`
		List  [2]struct{ A, B *int } `json:"list"`
	}
	asked := llmadapter.Request{Messages: llmadaptertest.Talk(1).Messages}
	direct := asked
	direct.Schema = form[bounded](t).Schema()
	for name, r := range map[string]llmadapter.Request{
		"calls":     form[plan](t).Request(asked).As(llmadapter.FormSchema),
		"bounded":   form[bounded](t).Request(asked).As(llmadapter.FormSchema),
		"the value": direct,
	} {
		if _, err := client.Complete(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if body := string((<-server.Arrived()).Body); !strings.Contains(body, `"strict":true`) {
			t.Errorf("%s: it is sent as a wish: %s", name, body)
		}
	}
	f := form[struct{ Tons map[string]int }](t)
	if f.Strict() || !json.Valid(f.Tool().Schema) {
		t.Errorf("of a map it is strict: %s", f.Tool().Schema)
	}
}

type embedded struct {
	Color string `enum:"red,green"`
}

// "Config … the error says what of the type cannot be asked for."
func TestWhatCannotBeAskedFor(t *testing.T) {
	type ring struct{ Next *ring }
	for _, c := range []struct {
		make func() error
		want string
	}{
		{func() error { _, err := structured.For[int]("plan", ""); return err }, `form "plan" of int; accepted is a struct`},
		{func() error { _, err := structured.For[*plan]("plan", ""); return err }, "accepted is a struct"},
		{func() error { _, err := structured.For[ring]("plan", ""); return err }, "cycle"},
		{func() error { _, err := structured.For[struct{ C chan int }]("plan", ""); return err }, "chan"},
		{func() error {
			_, err := structured.For[struct {
				Steps map[string][]*struct {
					N int `max:"3"`
				}
			}]("plan", "")
			return err
		}, "field N has a tag max, as actions have; accepted are jsonschema"},
		{func() error {
			_, err := structured.For[struct{ embedded }]("plan", "")
			return err
		}, "field Color has a tag enum"},
		{func() error { _, err := structured.For[plan]("a plan", ""); return err }, `form "a plan"; accepted are 1 to 64 letters`},
		{func() error { _, err := structured.For[plan]("", ""); return err }, "accepted are"},
		{func() error {
			_, err := structured.ShapeOf(llmadapter.Tool{Name: "x", Schema: json.RawMessage("[]")})
			return err
		}, `structured: the schema of "x"`},
		{func() error { _, err := structured.Plain(make(chan int)); return err }, "chan"},
	} {
		if err := c.make(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
