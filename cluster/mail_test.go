package cluster

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/internal/wire"
	"github.com/polis-agents/polis/internal/wire/post"
	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// catch is a payload of these tests.
type catch struct {
	Tons int    `json:"tons"`
	Note string `json:"note"`
}

func init() { journal.Register[catch]("cluster.catch") }

// message is one in which every field says something.
func message(sender string) *protocol.Message {
	return &protocol.Message{Act: protocol.Propose, Sender: sender, Receivers: []string{"ben", "cleo"}, ReplyTo: []string{"dan"}, Encoding: "utf-8",
		Ontology: "fishing", Protocol: "fipa-propose", Conversation: "c1", ReplyWith: "r1", InReplyTo: "r0", ReplyBy: 3 * time.Second, Extra: map[string]string{"X-origin": "eve"},
		Language: "sl", Content: catch{3, "<ü>"}}
}

func letter(sender string) *wire.Letter {
	return &wire.Letter{Message: message(sender), Sender: sender, N: 7, Index: 2, Step: 9}
}

// everything is one mail of each kind, with no field left empty.
func everything() []*mail {
	caused := func(e any) wire.Caused { return wire.Caused{Event: e, N: 5, Index: 3} }
	return []*mail{
		{9, "world", "agents/ada", 3, &wire.Delivery{Seat: 4, Step: 8, Round: 3, Phase: "harvest", Now: 4 * time.Second,
			Outcomes: []wire.Caused{
				caused(environment.Outcome{Action: "harvest", Value: catch{2, ""}}),
				caused(environment.Outcome{Action: "harvest", Reason: "dry", Detail: "no fish"})},
			Percept: caused(environment.Percept{View: catch{1, "v"}, Phase: "harvest", Round: 3, Choice: true}),
			Letters: 11, Last: true, Quiet: true, Gone: []wire.Gone{{Name: "dan", Step: 6}},
			Due: []wire.Due{{Kind: wire.Word, Sender: "ben", N: 3, Index: 1}, {Kind: wire.Withdrawal}}}},
		{9, "agents/ada", "world", 3, &wire.Report{Seat: 4, Step: 8, Act: wire.Act{Value: catch{1, "a"}, N: 6, Index: 1, By: wire.ByService + 1, Ready: true},
			More: []wire.Act{{Value: catch{2, "b"}, N: 7}, {Value: catch{3, "c"}, N: 8}}, Done: true, Missed: true, Left: true,
			Wrote: []wire.Count{{To: "ben", N: 2}, {To: "cleo", N: 1}},
			Wants: []wire.Want{{Kind: wire.Return, N: 3, Index: 1, Delay: -time.Second, To: "ben"}}}},
		{9, "agents/ada", "agents/ben", 1, letter("ada")},
		{9, "agents/ada", "services/model", 1, &wire.Ask{Asker: "ada", N: 3, Index: 1, Seed: 1 << 63, Limit: time.Second, Request: catch{1, ""}}},
		{9, "services/model", "agents/ada", 1, &wire.Answer{N: 3, Index: 1, Value: catch{4, ""}, Error: "late"}},
		{9, "", "agents/ada", 1, &wire.Answer{N: 3, Index: 2, Value: catch{4, ""}, Error: "late"}},
		{9, "agents/ada", "services/model", 0, &wire.CancelAsk{Asker: "ada", N: 3, Index: 1}},
		{9, "agents/ben", "agents/ada", 0, &wire.Returned{From: "agents/ben", Of: letter("ada"), Reason: wire.Busy, Error: "full"}},
		{9, "agents/ben", "world", 0, &wire.Returned{From: "agents/ben", Of: &wire.Delivery{Step: 8}, Reason: wire.Stopped, Error: "gone"}},
		{9, "world", "agents/ben", 0, &wire.Returned{From: "world", Of: &wire.Report{Step: 8}, Reason: wire.Busy, Error: "full"}},
		{9, "services/model", "agents/ada", 0, &wire.Returned{From: "services/model", Of: &wire.Ask{Asker: "ada", N: 3, Index: 1},
			Reason: wire.Busy, Error: "rejected", Value: catch{9, ""}}},
		{9, "", "", 0, &notice{what: "ended", data: []byte(`{"a":1}`)}},
	}
}

func TestWhatCrossesArrivesAsItWas(t *testing.T) {
	for _, m := range everything() {
		data, err := m.append([]byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := readMail(data[len("before"):])
		if err != nil {
			t.Fatalf("%T: %v", m.msg, err)
		}
		if !reflect.DeepEqual(got, m) {
			t.Errorf("%T: got %+v, want %+v", m.msg, got.msg, m.msg)
		}
	}
	for _, bare := range []*mail{
		{1, "world", "agents/ada", 0, &wire.Delivery{}},
		{1, "agents/ada", "world", 0, &wire.Report{Seat: -1, Left: true}},
		{1, "services/model", "agents/ada", 1, &wire.Answer{}},
		{1, "world", "agents/ada", 1, &wire.Delivery{Percept: wire.Caused{Event: environment.Percept{}}}},
	} {
		data, err := bare.append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := readMail(data); err != nil || !reflect.DeepEqual(got, bare) {
			t.Errorf("%T: got %+v, %v", bare.msg, got, err)
		}
	}
}

// A field that is added to what travels must cross, too: everything fills each of them, so that the test above sees it.
func TestEverythingLeavesNoFieldEmpty(t *testing.T) {
	skip := []string{"Delivery.Slip"} // the agent's own
	var look func(path string, v reflect.Value, full map[string]bool)
	look = func(path string, v reflect.Value, full map[string]bool) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			if !v.IsNil() {
				look(path, v.Elem(), full)
			}
		case reflect.Slice:
			for i := range v.Len() {
				look(path, v.Index(i), full)
			}
		case reflect.Struct:
			for i := range v.NumField() {
				name := v.Type().Name() + "." + v.Type().Field(i).Name
				full[name] = full[name] || !v.Field(i).IsZero()
				if !slices.Contains(skip, name) {
					look(name, v.Field(i), full)
				}
			}
		}
	}
	full := map[string]bool{}
	for _, m := range everything() {
		look("", reflect.ValueOf(m.msg), full)
	}
	for name, ok := range full {
		if !ok && !slices.Contains(skip, name) {
			t.Errorf("%s is empty in all mail of these tests: fill it in everything, and let it cross", name)
		}
	}
	if len(full) < 50 {
		t.Errorf("%d fields were looked at", len(full))
	}
}

func TestWhatCannotCrossIsNamed(t *testing.T) {
	type unknown struct{ A int }
	for _, msg := range []any{
		&wire.Ask{Request: unknown{1}}, &wire.Delivery{Percept: wire.Caused{Event: unknown{1}}},
		&wire.Letter{Message: "no message"}, &wire.Returned{Of: unknown{}}, unknown{},
		&wire.Report{Act: wire.Act{Value: unknown{1}}}, &wire.Report{Act: wire.Act{Value: catch{}}, More: []wire.Act{{Value: unknown{}}}},
		&wire.Delivery{Outcomes: []wire.Caused{{Event: environment.Outcome{Value: unknown{}}}}},
	} {
		if _, err := (&mail{to: "agents/ada", msg: msg}).append(nil); err == nil || !strings.Contains(err.Error(), "agents/ada") {
			t.Errorf("%T: %v", msg, err)
		}
	}
}

// "Nobody can speak or act in another agent's name."
func TestNobodySpeaksInAnothersName(t *testing.T) {
	for _, m := range []*mail{
		{1, "agents/eve", "agents/ben", 1, letter("ada")},
		{1, "agents/eve", "services/model", 1, &wire.Ask{Asker: "ada", Request: catch{}}},
		{1, "agents/eve", "services/model", 0, &wire.CancelAsk{Asker: "ada"}},
		{1, "agents/eve", "agents/ada", 0, &wire.Delivery{}},
		{1, "world", "world", 0, &wire.Report{}},
		{1, "agents/eve", "agents/ada", 1, &wire.Answer{}},
		{1, "agents/eve", "world", 0, &notice{}},
		{1, "agents/eve", "agents/ben", 0, &wire.Report{}},
		{1, "agents/ada", "services/model", 1, letter("ada")},
		{1, "agents/ada", "agents/ben", 1, &wire.Ask{Asker: "ada", Request: catch{}}},
		{1, "services/model", "world", 1, &wire.Answer{}},
	} {
		data, err := m.append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readMail(data); !errors.Is(err, errForged) || !strings.Contains(err.Error(), m.from) {
			t.Errorf("%T from %s: %v", m.msg, m.from, err)
		}
	}
	other := letter("ada") // of ada, with the words of somebody else
	other.Message = message("eve")
	data, err := (&mail{1, "agents/ada", "agents/ben", 1, other}).append(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readMail(data); !errors.Is(err, errForged) {
		t.Error(err)
	}
}

func TestHostileEnvelopesAreRefused(t *testing.T) {
	long := strings.Repeat("x", maxName+1)
	ask := func(change func(*post.Ask)) *post.Envelope {
		a := &post.Ask{Asker: "ada", Request: &post.Payload{Name: "cluster.catch", Json: []byte(`{"note":"","tons":1}`)}}
		change(a)
		return &post.Envelope{From: "agents/ada", To: "services/model", Weight: 1, Body: &post.Envelope_Ask{Ask: a}}
	}
	for name, e := range map[string]*post.Envelope{
		"nothing in it":     {From: "agents/ada", To: "world"},
		"an empty delivery": {From: "world", To: "agents/ada", Weight: 1, Body: &post.Envelope_Delivery{Delivery: &post.Delivery{}}},
		"another weight":    {From: "agents/ada", To: "world", Weight: 1 << 40, Body: &post.Envelope_Report{Report: &post.Report{}}},
		"a long name":       {From: "agents/" + long, To: "world", Body: &post.Envelope_Report{Report: &post.Report{}}},
		"a long asker":      ask(func(a *post.Ask) { a.Asker = long }),
		"a negative index":  ask(func(a *post.Ask) { a.Index = -1 }),
		"a great index":     ask(func(a *post.Ask) { a.Index = maxCount + 1 }),
		"a negative limit":  ask(func(a *post.Ask) { a.Limit = -1 }),
		"an unknown type":   ask(func(a *post.Ask) { a.Request.Name = "no.such" }),
		"unknown fields":    ask(func(a *post.Ask) { a.Request.Json = []byte(`{"note":"","tons":1,"x":1}`) }),
		"no JSON":           ask(func(a *post.Ask) { a.Request.Json = []byte(`{"note`) }),
		"an act of nothing": {From: "agents/ada", To: "world", Weight: 0, Body: &post.Envelope_Report{Report: &post.Report{Acts: []*post.Act{{}}}}},
		"a percept for an outcome": {From: "world", To: "agents/ada", Weight: 1, Body: &post.Envelope_Delivery{Delivery: &post.Delivery{
			Outcomes: []*post.Caused{{Event: &post.Caused_Percept{Percept: &post.Percept{}}}}}}},
		"an outcome for a percept": {From: "world", To: "agents/ada", Weight: 1, Body: &post.Envelope_Delivery{Delivery: &post.Delivery{
			Percept: &post.Caused{Event: &post.Caused_Outcome{Outcome: &post.Outcome{}}}}}},
		"an event of nothing": {From: "world", To: "agents/ada", Weight: 1, Body: &post.Envelope_Delivery{Delivery: &post.Delivery{Percept: &post.Caused{}}}},
		"a message that may not be sent": {From: "agents/ada", To: "agents/ben", Weight: 1, Body: &post.Envelope_Letter{Letter: &post.Letter{
			Sender: "ada", Message: &post.Message{Sender: "ada", Act: "inform"}}}},
		"returned for no reason": {From: "world", To: "agents/ada", Body: &post.Envelope_Returned{Returned: &post.Returned{
			Reason: "whim", Error: "x", Of: &post.Returned_Report{Report: 1}}}},
		"returned without a word": {From: "world", To: "agents/ada", Body: &post.Envelope_Returned{Returned: &post.Returned{
			Reason: wire.Busy, Of: &post.Returned_Report{Report: 1}}}},
		"nothing returned":  {From: "world", To: "agents/ada", Body: &post.Envelope_Returned{Returned: &post.Returned{Reason: wire.Busy, Error: "x"}}},
		"a want of no kind": {From: "agents/ada", To: "world", Body: &post.Envelope_Report{Report: &post.Report{Wants: []*post.Want{{Kind: 9}}}}},
		"a seat below all":  {From: "agents/ada", To: "world", Body: &post.Envelope_Report{Report: &post.Report{Seat: -2}}},
	} {
		data, err := proto.Marshal(e)
		if err != nil {
			t.Fatal(name, err)
		}
		if m, err := readMail(data); err == nil {
			t.Errorf("%s: it was taken: %+v", name, m)
		}
	}
	if data, err := proto.Marshal(ask(func(*post.Ask) {})); err != nil {
		t.Fatal(err)
	} else if _, err := readMail(data); err != nil {
		t.Errorf("what all the others are changed from is refused itself: %v", err)
	}
}

func FuzzReadMail(f *testing.F) {
	for _, m := range everything() {
		data, err := m.append(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := readMail(data)
		if err != nil {
			return
		}
		again, err := m.append(nil)
		if err != nil {
			t.Fatalf("%+v was read and cannot be written: %v", m.msg, err)
		}
		back, err := readMail(again)
		if err != nil || !reflect.DeepEqual(back, m) {
			t.Fatalf("%+v comes back as %+v, %v", m, back, err)
		}
	})
}

// "Round trip per act": a message crosses whole, whatever it does; what is malformed is refused where it arrives.
func TestEveryActCrosses(t *testing.T) {
	for _, act := range protocol.Acts {
		for _, content := range []any{catch{3, "<ü>"}, protocol.Reason{Code: "late", Detail: "\u2028"}, protocol.Truth{Holds: true}, protocol.Done{Action: "fish"},
			protocol.Note{What: "end"}, protocol.Expression("p(X)"), protocol.Embedded{Message: []byte(`{"act":"request"}`)}} {
			l := letter("ada")
			m := l.Message.(*protocol.Message)
			m.Act, m.Content = act, content
			data, err := (&mail{9, "agents/ada", "agents/ben", 1, l}).append(nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := readMail(data)
			if m.Check() != nil {
				if err == nil || !strings.Contains(err.Error(), string(act)) {
					t.Errorf("%s with %T: %v", act, content, err)
				}
				continue
			}
			if err != nil || !reflect.DeepEqual(got.msg, l) {
				t.Errorf("%s with %T: got %+v, %v", act, content, got, err)
			}
		}
	}
}
