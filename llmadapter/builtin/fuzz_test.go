package builtin

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/llmadapter"
)

// FuzzRequest reads what is hostile: whatever it says, there is an answer with a JSON form or an error with a status,
// the same each time.
func FuzzRequest(f *testing.F) {
	s := &Server{cfg: Config{}.filled(), limits: newLimits(Config{}, time.Unix(created, 0))}
	r := question(f, 60, 7)
	for _, form := range llmadapter.Forms {
		text, _ := json.Marshal(wired(r.As(form), s, object{"stream": true, "max_tokens": 9}))
		f.Add(text)
	}
	for _, more := range []object{
		{"response_format": object{"type": "json_object"}}, {"tool_choice": "none"}, {"seed": -1},
		{"response_format": object{"type": "json_schema", "json_schema": object{"schema": object{"type": "object", "required": []string{"x"}}}}},
		{"messages": []object{{"role": "user", "content": []object{{"type": "text", "text": "x"}}}}},
		{"messages": []object{{"role": "system", "content": "```tools\n[{\"name\":\"x\",\"schema\":{\"$ref\":\"#\"}}]\n```"}}},
	} {
		text, _ := json.Marshal(plain(s, more))
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		answerOf := func(fault Fault) string {
			w, p := readRequest(body)
			if p == nil {
				var a *ask
				if a, p = readAsk(w); p == nil {
					var out answer
					if out, p = s.answer(a, fault); p == nil {
						if a.prompt < 0 || a.digest == "" || a.form != "" && len(a.tools) == 0 && a.schema == nil {
							t.Fatalf("%+v", a)
						}
						tokens := out.tokens(a.most)
						if a.most > 0 && len(tokens) > a.most {
							t.Fatalf("%d tokens of %d", len(tokens), a.most)
						}
						if fault == "" && a.form == llmadapter.FormTools && !json.Valid([]byte(out.calls[0].Arguments)) {
							t.Fatalf("%+v", out.calls)
						}
						text, _ := json.Marshal(tokens)
						return string(text)
					}
				}
			}
			text, err := json.Marshal(p.body())
			if err != nil || p.status < 400 || p.text == "" {
				t.Fatalf("%+v", p)
			}
			return string(text)
		}
		for _, fault := range []Fault{"", FaultBadJSON, FaultUnknown, FaultBounds} {
			if a, b := answerOf(fault), answerOf(fault); a != b {
				t.Fatalf("%s, then %s", a, b)
			}
		}
	})
}

// FuzzMessages reads what is hostile in Anthropic's form, and answers it whole and in pieces: always JSON, always the same.
func FuzzMessages(f *testing.F) {
	s := &Server{cfg: Config{}.filled(), limits: newLimits(Config{}, time.Unix(created, 0))}
	r := question(f, 60, 0)
	for _, form := range llmadapter.Forms {
		text, _ := json.Marshal(spoken(r.As(form), s, object{"max_tokens": 9}))
		f.Add(text)
	}
	for _, more := range []object{{"tool_choice": object{"type": "none"}}, {"output_format": object{"type": "json_object"}}, {"system": []object{{"type": "text", "text": "a\n\nb\n```tools\n[]"}}}} {
		text, _ := json.Marshal(spoken(r, s, more))
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		answerOf := func(fault Fault) string {
			a, p := anthropic{}.read(body)
			if p == nil {
				var out answer
				if out, p = s.answer(a, fault); p == nil {
					x := &told{exchange: &exchange{s: s, dialect: anthropic{}}, ask: a, tokens: out.tokens(a.most)}
					x.answer = out
					whole := anthropic{}.voice(x).whole()
					if !json.Valid(whole) || len(x.tokens) > a.most {
						t.Fatalf("%d tokens of %d: %s", len(x.tokens), a.most, whole)
					}
					voice := anthropic{}.voice(x)
					all := string(voice.begin())
					announced := -1
					for _, piece := range x.tokens {
						all += string(voice.piece(piece, piece.call > announced))
						announced = max(announced, piece.call)
					}
					all += string(voice.finish())
					if starts := strings.Count(all, "event: content_block_start"); starts != strings.Count(all, "event: content_block_stop") {
						t.Fatalf("%s", all)
					}
					return string(whole) + all
				}
			}
			text, err := json.Marshal(anthropic{}.trouble(p))
			if err != nil || p.status < 400 || p.text == "" {
				t.Fatalf("%+v", p)
			}
			return string(text)
		}
		for _, fault := range []Fault{"", FaultBadJSON, FaultUnknown, FaultBounds} {
			if a, b := answerOf(fault), answerOf(fault); a != b {
				t.Fatalf("%s, then %s", a, b)
			}
		}
	})
}

// FuzzEmbeddings: whatever is asked for, there are vectors of length 1, as many as texts, or an error.
func FuzzEmbeddings(f *testing.F) {
	for _, input := range []string{`"x"`, `["x","y z"]`, `[1,2]`, `[[1],[2,3]]`, `null`, `[[]]`, `"\ud800"`} {
		f.Add([]byte(`{"model":"sim-model","input":` + input + `,"dimensions":3}`))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, p := embedded{}.read(body)
		if p != nil {
			if p.status != 400 || p.text == "" {
				t.Fatalf("%+v", p)
			}
			return
		}
		if len(a.embed.texts) == 0 || a.prompt < 1 || a.digest == "" {
			t.Fatalf("%+v", a)
		}
		for _, text := range a.embed.texts[:min(len(a.embed.texts), 3)] {
			if v := vector(text, min(a.embed.dimensions, 4)); math.Abs(dot(v, v)-1) > 1e-6 {
				t.Fatalf("%q: %v", text, v)
			}
		}
	})
}

// FuzzParseFaults: what is read is within bounds, and reads back as the same.
func FuzzParseFaults(f *testing.F) {
	for _, spec := range []string{"429=30%,cut=5%,stall=2%", "html=1e1%", "slow=100%", "=", "429=0x1p2%"} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		faults, err := ParseFaults(spec)
		if err != nil {
			return
		}
		if err := faults.Check(); err != nil {
			t.Fatal(err)
		}
		if text := faults.String(); text != "" {
			if again, err := ParseFaults(text); err != nil || again.String() != text {
				t.Fatalf("%q is %q, which is %q, %v", spec, text, again, err)
			}
		}
	})
}
