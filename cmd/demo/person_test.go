package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

var spoken = []llmadapter.Tool{
	{Name: "harvest", Doc: "Ask for fish.", Schema: json.RawMessage(`{"type":"object","required":["tons"],"properties":{"tons":{"type":"integer"}}}`)},
	{Name: "say", Doc: "Say something.", Schema: json.RawMessage(`{"type":"object","required":["text"],"properties":{"text":{"type":"string"},"to":{"type":["null","array"],"items":{"type":"string"}}}}`)},
	{Name: "refuse", Doc: "Refuse.", Schema: json.RawMessage(`{"type":"object","required":["to","reason"],"properties":{"reason":{"type":"string"},"to":{"type":"string"}}}`)},
	{Name: "vote", Doc: "Vote.", Schema: json.RawMessage(`{"type":"object","required":["yes"],"properties":{"yes":{"type":"boolean"}}}`)},
	{Name: "play", Doc: "Move.", Schema: json.RawMessage(`{"type":"object","required":["moves"],"properties":{"moves":{"type":["null","array"],"items":{"type":"object","required":["against","move"],"properties":{"move":{"type":"string"},"against":{"type":"string"}}}}}}`)},
	{Name: "fine", Doc: "Fine.", Schema: json.RawMessage(`{"type":"object","required":["of"],"properties":{"of":{"type":"array","items":{"type":"object","required":["who","points"],"properties":{"who":{"type":"string"},"points":{"type":"integer"}}}}}}`)},
	{Name: "pass", Doc: "Do nothing.", Schema: json.RawMessage(`{"type":"object"}`)},
}

func TestReadLine(t *testing.T) {
	for line, want := range map[string]string{
		"harvest 5":                     `harvest {"tons":5}`,
		"  HARVEST   tons=7 ":           `harvest {"tons":7}`,
		"say we take too much, 6 = all": `say {"text":"we take too much, 6 = all"}`,
		"say to=Kate,Jack keep to 6":    `say {"text":"keep to 6","to":["Kate","Jack"]}`,
		"say psst secret to=Kate":       `say {"text":"psst secret","to":["Kate"]}`,
		"refuse Kate it is too much":    `refuse {"reason":"it is too much","to":"Kate"}`,
		"vote true":                     `vote {"yes":true}`,
		"play P1=C,all=D":               `play {"moves":[{"against":"P1","move":"C"},{"against":"all","move":"D"}]}`,
		"fine Kate=3":                   `fine {"of":[{"points":3,"who":"Kate"}]}`,
		"fine Kate=much":                `points is "much"; accepted is a number`,
		"play P1":                       `moves has "P1"; accepted are pairs AGAINST=MOVE; usage: play AGAINST=MOVE,…: Move.`,
		"play":                          `moves is missing`,
		"pass":                          `pass {}`,
		"":                              `"": accepted`,
		"harvset 5":                     `accepted are harvest`,
		"harvest":                       `tons is missing; usage: harvest TONS`,
		"harvest many":                  `tons is "many"; accepted is a number`,
		"harvest 5 6":                   `"6" is too much`,
		"vote perhaps":                  `accepted are true and false`,
	} {
		call, err := readLine(line, spoken)
		got := call.Name + " " + call.Arguments
		if err != nil {
			got = err.Error()
		}
		if line == "" {
			want = "accepted are harvest"
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q is %s, want %s", line, got, want)
		}
	}
}

func FuzzReadLine(f *testing.F) {
	f.Add("harvest 5")
	f.Add("say to= =x")
	f.Add("play P1=C,all=D")
	f.Fuzz(func(t *testing.T, line string) {
		call, err := readLine(line, spoken)
		if err == nil && !json.Valid([]byte(call.Arguments)) {
			t.Errorf("%q gives %q", line, call.Arguments)
		}
	})
}

// What is perceived is a line, a list that is longer than one a line for each item, and a great one is cut off.
func TestALongListHasALineForEachItem(t *testing.T) {
	var b strings.Builder
	writePerceived(&b, "stock", json.RawMessage(`62`))
	writePerceived(&b, "few", json.RawMessage(`[{"name":"Kate"}]`))
	writePerceived(&b, "many", json.RawMessage(`[`+strings.Repeat(`{"name":"Kate","tons":10},`, 29)+`{"name":"L\u001buke"}]`))
	writePerceived(&b, "text", json.RawMessage(`"`+strings.Repeat("x", 200)+`"`))
	want := "  stock: 62\n  few: [{\"name\":\"Kate\"}]\n  many:\n" + strings.Repeat("    {\"name\":\"Kate\",\"tons\":10}\n", 24) +
		"    and 6 more\n  text: \"" + strings.Repeat("x", 158) + "…\n"
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}

// A person is asked what a model is asked. A line that cannot be read is asked for again at once; what is wrong with one
// that can be read comes back as a complaint, like that to a model.
func TestPersonIsAModel(t *testing.T) {
	block, err := llmadapter.Block(map[string]any{"agent": "Kate", "round": 3, "phase": "harvest",
		"percept": map[string]any{"stock": 62}, "heard": []any{map[string]any{"from": "Jack", "act": "inform", "text": "take \x1b[31mless"}}})
	must(t, err)
	r := llmadapter.Request{Messages: []llmadapter.Message{{Role: llmadapter.System, Text: "You fish."}, {Role: llmadapter.User, Text: block}}, Tools: spoken}
	var out bytes.Buffer
	p := asked{newTypist(t.Context(), strings.NewReader("harvest six\n"+strings.Repeat("la", maxLine)+"\nharvest 5\nharvest 6\n"), &out).ask}
	reply, err := p.Complete(t.Context(), r)
	if err != nil || len(reply.Calls) != 1 || reply.Calls[0].Arguments != `{"tons":5}` {
		t.Errorf("%+v, %v", reply, err)
	}
	r.Messages = append(r.Messages, llmadapter.Message{Role: llmadapter.Assistant, Calls: reply.Calls}, llmadapter.Message{Role: llmadapter.Result, Text: "five is too few"})
	reply, err = p.Complete(t.Context(), r)
	if err != nil || len(reply.Calls) != 1 || reply.Calls[0].Arguments != `{"tons":6}` {
		t.Errorf("%+v, %v", reply, err)
	}
	text := out.String()
	for _, want := range []string{"Kate, round 3, harvest", "stock: 62", "Jack: inform take", "harvest TONS: Ask for fish.", "say [to=…] TEXT",
		`that will not do: harvest: tons is "six"; accepted is a number`, "that will not do: a line of more than 16384 bytes", "that will not do: five is too few"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Errorf("an escape sequence reaches the terminal: %q", text)
	}
	var failed *llmadapter.Error
	for range 3 { // who has left is asked once
		if _, err := p.Complete(t.Context(), r); !errors.As(err, &failed) || failed.Kind != llmadapter.Invalid || !errors.Is(err, errNobody) {
			t.Errorf("at the end of the input: %v", err)
		}
	}
	if n := strings.Count(out.String(), "Kate, round 3"); n != 5 {
		t.Errorf("asked %d times", n)
	}
}

// Whoever does not answer in time is not waited for.
func TestPersonWithADeadline(t *testing.T) {
	in, typed := io.Pipe()
	defer typed.Close()
	var out bytes.Buffer
	p := asked{newTypist(t.Context(), in, &out).ask}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	var failed *llmadapter.Error
	if _, err := p.Complete(ctx, llmadapter.Request{Tools: spoken}); !errors.As(err, &failed) || failed.Kind != llmadapter.Cancelled {
		t.Errorf("%v", err)
	}
	if !strings.Contains(out.String(), "too late") {
		t.Errorf("%q", out.String())
	}
}
