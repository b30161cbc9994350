package environment_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/journal"
)

type (
	address struct {
		Street string `json:"street" maxlen:"5"`
	}
	parcel struct {
		Weight float64  `json:"weight" min:"0.5" max:"2" doc:"in kilograms"`
		Marks  []string `json:"marks,omitempty" maxlen:"2"`
	}
	Stamp struct {
		Cents int `json:"cents" min:"1"`
	}
	post struct {
		To      address  `json:"to"`
		Parcels []parcel `json:"parcels,omitempty" maxlen:"3"`
		Speed   string   `json:"speed,omitempty" enum:"slow,fast,"`
		Copies  uint8    `json:"copies,omitempty" max:"3"`
		Reply   *address `json:"reply,omitempty"`
		Plain   bool     `json:",omitempty"`
		Secret  int      `json:"-"`
		Stamp
	}
)

// office is a world with one action that has everything.
type office struct{ Sent int }

func (o *office) Perceive(string) int { return o.Sent }

func (o *office) Post(_ string, p post) (int, error) {
	o.Sent++
	return o.Sent, nil
}

func postOffice() (*environment.Definition, *environment.Action) {
	def := environment.Define(func() *office { return &office{} }, (*office).Perceive)
	environment.AddAction(def, "post", "Send parcels.", (*office).Post)
	return def, def.Action("post")
}

// "From the Go types come the JSON schema (a model's tool), the decoder, the bounds check and the recorded form."
func TestSchemaIsOfTheGoType(t *testing.T) {
	_, a := postOffice()
	b, err := journal.Canonical(a.Schema)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"street":{"maxLength":5,"type":"string"}`,
		`"weight":{"description":"in kilograms","maximum":2,"minimum":0.5,"type":"number"}`,
		`"speed":{"enum":["slow","fast",""],"type":"string"}`,
		`"copies":{"maximum":3,"minimum":0,"type":"integer"}`,
		`"cents":{"minimum":1,"type":"integer"}`,
		`"maxItems":3`, `"maxItems":2`, `"Plain":{"type":"boolean"}`, `"required":["to","cents"]`, `"additionalProperties":false`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the schema is %s, without %s", b, want)
		}
	}
	if strings.Contains(string(b), "Secret") {
		t.Errorf("the schema shows a field that JSON does not have: %s", b)
	}
}

// A decoded action is within its bounds; what is not is a refusal that says what is accepted. A Go value is held to the
// same bounds.
func TestDecode(t *testing.T) {
	_, a := postOffice()
	for _, c := range []struct{ json, want string }{
		{`{"to":{"street":"Main"},"cents":1}`, ""},
		{`{"to":{"street":"Main"},"cents":1,"parcels":[{"weight":0.5},{"weight":2,"marks":["a","b"]}],"speed":"fast","copies":3,"reply":{"street":"ÄÖÜßé"},"Plain":true}`, ""},
		{` {"cents":1, "to":{"street":""}, "reply":null, "parcels":null} `, ""},
		{`{"to":{"street":"Main"},"cents":0}`, "minimum"},
		{`{"to":{"street":"Main"},"cents":1.5}`, `want "integer"`},
		{`{"to":{"street":"Main"},"cents":"1"}`, "want"},
		{`{"to":{"street":"Main"}}`, "missing properties: [\"cents\"]"},
		{`{"to":{"street":"Main"},"cents":1,"tip":2}`, "tip"},
		{`{"to":{"street":"Main"},"cents":1,"Secret":2}`, "Secret"},
		{`{"to":{"street":"Main"},"CENTS":1}`, "CENTS"},
		{`{"to":{"street":"Avenue"},"cents":1}`, "street"},
		{`{"to":{"street":"Main"},"cents":1,"parcels":[{"weight":0.5},{"weight":2.1}]}`, "maximum"},
		{`{"to":{"street":"Main"},"cents":1,"parcels":[{"weight":1,"marks":["a","b","c"]}]}`, "maxItems"},
		{`{"to":{"street":"Main"},"cents":1,"reply":{"street":"Avenue"}}`, "maxLength"},
		{`{"to":{"street":"Main"},"cents":1,"speed":"Fast"}`, "enum"},
		{`{"to":{"street":"Main"},"cents":1,"copies":-1}`, "minimum"},
		{`{"to":{"street":"Main"},"cents":1,"copies":1e400}`, "not JSON"},
		{`{"to":{"street":"Main"},"cents":99999999999999999999}`, "cannot unmarshal"},
		{`{"to":{"street":"Main"},"cents":1} {}`, "not JSON"},
		{`null`, "want"},
		{`[]`, "want"},
		{``, "not JSON"},
		{strings.Repeat("[", 20_000), "not JSON"},
	} {
		v, err := a.Decode([]byte(c.json))
		if c.want == "" {
			if _, ok := v.(post); !ok || err != nil {
				t.Errorf("%s: %#v, %v", c.json, v, err)
			}
			continue
		}
		var r *environment.Refusal
		if !errors.As(err, &r) || r.Reason() != environment.ReasonOutOfBounds || v != nil ||
			!strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "post: ") {
			t.Errorf("%.80s: %#v, %v; want a refusal that says %q", c.json, v, err, c.want)
		}
	}
}

func TestCheckHoldsGoValuesToTheBounds(t *testing.T) {
	_, a := postOffice()
	good := func() post {
		return post{To: address{"Main"}, Speed: "slow", Stamp: Stamp{Cents: 5}, Parcels: []parcel{{Weight: 1}}}
	}
	for _, c := range []struct {
		change func(p *post)
		want   string
	}{
		{func(p *post) {}, ""},
		{func(p *post) { p.Reply = &address{"ÄÖÜßé"} }, ""},
		{func(p *post) { p.To.Street = "Avenue" }, "to.street has length 6, accepted is at most 5"},
		{func(p *post) { p.Reply = &address{"Avenue"} }, "reply.street has length 6, accepted is at most 5"},
		{func(p *post) { p.Parcels[0].Weight = 0 }, "parcels[].weight is 0, accepted is at least 0.5"},
		{func(p *post) { p.Parcels[0].Weight = math.NaN() }, "parcels[].weight is NaN, accepted is at least 0.5"},
		{func(p *post) { p.Parcels[0].Weight = math.Inf(1) }, "parcels[].weight is +Inf, accepted is at most 2"},
		{func(p *post) { p.Parcels = make([]parcel, 4) }, "parcels has length 4, accepted is at most 3"},
		{func(p *post) { p.Speed = "no" }, `speed is "no", accepted are slow,fast,`},
		{func(p *post) { p.Copies = 4 }, "copies is 4, accepted is at most 3"},
		{func(p *post) { p.Cents = 0 }, "cents is 0, accepted is at least 1"},
	} {
		p := good()
		c.change(&p)
		err := a.Check(p)
		if c.want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		var r *environment.Refusal
		if !errors.As(err, &r) || r.Code != environment.ReasonOutOfBounds || r.Detail != c.want {
			t.Errorf("%+v: %v, want %s", p, err, c.want)
		}
	}
}

// FuzzDecode: whatever comes, Decode gives an action within its bounds, which written and read again is the same, or a
// refusal. It never panics.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"to":{"street":"Main"},"cents":1}`, `{"to":{"street":"x"},"cents":1,"parcels":[{"weight":1,"marks":["a"]}],"speed":"","reply":null}`,
		`{"cents":1e2,"to":{"street":"\ud800"}}`, `[[[`, `null`, `{"to":null,"cents":-0}`, "\xff", `{"to":{"street":"a","street":"b"},"cents":1}`,
	} {
		f.Add([]byte(seed))
	}
	_, a := postOffice()
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := a.Decode(data)
		if err != nil {
			var r *environment.Refusal
			if !errors.As(err, &r) || r.Code == "" || v != nil {
				t.Fatalf("%q: %v, %v", data, v, err)
			}
			return
		}
		if err := a.Check(v); err != nil {
			t.Fatalf("%q: decoded out of bounds: %v", data, err)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		again, err := a.Decode(b)
		if err != nil || !reflect.DeepEqual(inJSON(v), inJSON(again)) {
			t.Fatalf("%q: decoded %+v, written %s, decoded %+v, %v", data, v, b, again, err)
		}
	})
}

// What is read from a model, and is no action of a world, has the same schema, decoder and bounds.
func TestDescribe(t *testing.T) {
	a, err := environment.Describe[parcel]("wrap", "Wrap a parcel.", "noon")
	if err != nil {
		t.Fatal(err)
	}
	if a.Name != "wrap" || a.Doc != "Wrap a parcel." || a.In("night") || !a.In("noon") || a.Schema.Properties["weight"].Description != "in kilograms" {
		t.Errorf("it is %+v", a)
	}
	if v, err := a.Decode([]byte(`{"weight":2}`)); err != nil || v.(parcel).Weight != 2 {
		t.Errorf("decoded %v, %v", v, err)
	}
	if _, err := a.Decode([]byte(`{"weight":3}`)); err == nil || !strings.Contains(err.Error(), "maximum") {
		t.Errorf("three kilograms: %v", err)
	}
	if err := a.Check(parcel{Weight: 3}); err == nil {
		t.Error("three kilograms, as a Go value, are within bounds")
	}
	if _, err := environment.Describe[parcel]("wrap it", ""); err == nil || !strings.Contains(err.Error(), "a name has") {
		t.Errorf("a name that models do not take: %v", err)
	}
	if _, err := environment.Describe[int]("wrap", ""); err == nil || !strings.Contains(err.Error(), "an action is a struct") {
		t.Errorf("a number as an action: %v", err)
	}
}
