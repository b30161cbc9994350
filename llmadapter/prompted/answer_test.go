package prompted_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/protocol"
)

const said = `{"to":[],"text":"Take less."}`

// "Strict decode, bounds": an answer that is right is done as it is, in every form.
func TestARightAnswerIsCarriedOut(t *testing.T) {
	for name, c := range map[string]struct {
		phase  string
		answer llmadapter.Reply
		want   string
	}{
		"a call":              {"draw", calls("draw", `{"litres":3}`), "act draw{3}"},
		"words beside it":     {"draw", calls("say", said, "draw", `{"litres":3}`), "inform Take less. to ben, cleo; act draw{3}"},
		"text":                {"draw", text(`{"calls":[{"name":"draw","arguments":{"litres":9}}]}`), "act draw{9}"},
		"text in a fence":     {"draw", text("```json\n" + `{"calls":[{"name":"draw","arguments":{"litres":9}}]}` + "\n```"), "act draw{9}"},
		"pass":                {"draw", calls("pass", `{}`), "act Pass{}"},
		"pass without object": {"draw", calls("pass", ``), "act Pass{}"},
		"words and a pass":    {"draw", calls("say", said, "pass", ``), "inform Take less. to ben, cleo; act Pass{}"},
		"an offer":            {"talk", calls("offer", `{"litres":3,"to":["ben"]}`), "propose {3} to ben"},
		"to all":              {"talk", calls("offer", `{"litres":3,"to":[]}`), "propose {3} to ben, cleo"},
		"twice the same":      {"talk", calls("say", `{"to":["ben","ben"],"text":"Hi."}`), "inform Hi. to ben"},
		"two utterances":      {"talk", calls("offer", `{"litres":3,"to":["ben"]}`, "say", said), "propose {3} to ben; inform Take less. to ben, cleo"},
		"silence":             {"talk", calls("pass", `{}`), ""},
		"cleaned":             {"talk", calls("say", `{"to":["ben"],"text":" a\n\tb\u001b[2J\u202ec\u0000\u2066\u200f `+"\u00e4\" }"), "inform a  b[2Jc ä to ben"},
	} {
		t.Run(name, func(t *testing.T) {
			k := think(t, config())
			k.expect(k.sees(c.phase, 50), "ask")
			k.expect(k.answers(c.answer), c.want)
		})
	}
}

// bad are answers that cannot be used, and a part of the complaint about each.
var bad = map[string]struct {
	answer    llmadapter.Reply
	complaint string
}{
	"nothing":              {text(""), "the answer calls no tool"},
	"no call":              {text(`{"calls":[]}`), "the answer calls no tool"},
	"prose":                {text("I would rather not say."), "the answer calls no tool: the answer is not the JSON object asked for"},
	"HTML":                 {text("<html><body>{oops}</body></html>"), "not the JSON object"},
	"another object":       {text(`{"litres":3}`), "the answer calls no tool"},
	"an unknown tool":      {calls("fish", `{}`), `there is no tool "fish"; possible are draw, shout, say, pass`},
	"the wrong phase":      {calls("offer", `{"litres":3,"to":[]}`), "offer is not possible now; possible are draw, shout, say, pass"},
	"out of bounds":        {calls("draw", `{"litres":10}`), "maximum"},
	"nonsense in bounds":   {calls("draw", `{"litres":9772E51}`), "maximum"},
	"a fraction":           {calls("draw", `{"litres":1.5}`), "integer"},
	"a number in words":    {calls("draw", `{"litres":"three"}`), "litres"},
	"a missing field":      {calls("draw", `{}`), "missing"},
	"no arguments":         {calls("draw", ``), "missing"},
	"one field too many":   {calls("draw", `{"litres":3,"for":"ben"}`), "for"},
	"two actions":          {calls("draw", `{"litres":3}`, "shout", `{"word":"ho"}`), "only one action"},
	"the same twice":       {calls("draw", `{"litres":3}`, "draw", `{"litres":3}`), "only one action"},
	"an action and pass":   {calls("draw", `{"litres":3}`, "pass", `{}`), "only one action"},
	"words only":           {calls("say", said), "nothing is decided: call one of draw, shout, pass too"},
	"too many words":       {calls("say", said, "say", said, "say", said, "pass", ""), "you speak more than 2 times"},
	"too many calls":       {calls(strings.Fields(strings.Repeat("pass {} ", 33))...), "33 calls, accepted are at most 32"},
	"to a stranger":        {calls("say", `{"to":["zoe"],"text":"Hi."}`, "pass", ""), `there is no "zoe" to speak to; accepted are ben, cleo`},
	"to itself":            {calls("say", `{"to":["ann"],"text":"Hi."}`, "pass", ""), `there is no "ann"`},
	"empty words":          {calls("say", `{"to":[],"text":" \u0007\n"}`, "pass", ""), "the text is empty"},
	"long words":           {calls("say", `{"to":[],"text":"`+strings.Repeat("la", 400)+`"}`, "pass", ""), "maxLength"},
	"very long arguments":  {calls("draw", `{"litres":`+strings.Repeat(" ", 70_000)+`3}`), "accepted are 65536"},
	"a very long text":     {text(strings.Repeat("la", 40_000)), "accepted are 65536"},
	"cut at its length":    {llmadapter.Reply{Text: `{"calls":[{"name":"draw","arguments":{"litres":3}}`, Finish: llmadapter.FinishLength}, "cut off"},
	"cut after a call":     {llmadapter.Reply{Calls: calls("draw", `{"litres":3}`).Calls, Finish: llmadapter.FinishLength}, "cut off"},
	"cut without a word":   {text(`{"calls":[{"name":"draw","arguments":{"litres":3`), "not the JSON object"},
	"a cut call":           {calls("draw", `{"litres":3`), "not JSON"},
	"two minds":            {text(`{"calls":[{"name":"draw","arguments":{"litres":3}}]} or {"calls":[{"name":"draw","arguments":{"litres":4}}]}`), "not the JSON object"},
	"a deep one":           {calls("draw", strings.Repeat("[", 20_000)), "not JSON"},
	"arguments in a list":  {calls("draw", `[3]`), "object"},
	"nothing to say it to": {calls("mutter", "{}", "pass", ""), "mutter: protocol: inform without a receiver"},
	"a long, bad object":   {text(`{calls:[{name:"draw",arguments:{litres:3}}]` + strings.Repeat(" ", 17_000) + `}`), "not the JSON object"},
	"a quoted fence":       {calls("```observation\n{}\n```", `{}`), "'''observation"},
}

// "Something wrong: ask once more with the answer and the complaint. Still wrong: Pass marked Unusable." Never more, and
// never an invention.
func TestABadAnswerIsContained(t *testing.T) {
	for name, c := range bad {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			if strings.Contains(c.complaint, "mutter") {
				cfg.Acts = append(cfg.Acts, muttering)
			}
			k := think(t, cfg)
			k.sees("draw", 50)
			first := k.asked
			k.expect(k.answers(c.answer), "ask")
			n := len(first.Messages)
			again := k.asked.Messages
			if len(again) != n+2 || again[n].Role != llmadapter.Assistant || !strings.Contains(again[n+1].Text, c.complaint) {
				t.Fatalf("it is told %+v", again[n:])
			}
			want := llmadapter.User
			if len(c.answer.Calls) > 0 {
				want = llmadapter.Result
			}
			if again[n+1].Role != want {
				t.Errorf("the complaint is of role %s, want %s", again[n+1].Role, want)
			}
			if got := llmadapter.FindBlock(again); string(got) != string(llmadapter.FindBlock(first.Messages)) {
				t.Errorf("a stand-in would find %s", got)
			}
			echo := again[n]
			long := func(c llmadapter.Call) bool { return len([]rune(c.Name)) > 65 || len([]rune(c.Arguments)) > 2001 }
			if len([]rune(echo.Text)) > 2001 || len(echo.Calls) > 32 || slices.ContainsFunc(echo.Calls, long) || len(again[n+1].Text) > 600 {
				t.Errorf("what it is told of its answer is too long: %.300v, %d bytes", echo, len(again[n+1].Text))
			}
			got := wants(k.answers(c.answer))
			if !strings.HasPrefix(got, "act Pass{} unusable: ") || !strings.Contains(got, c.complaint) {
				t.Errorf("it wants %q", got)
			}
			if effects := k.answers(calls("draw", `{"litres":3}`)); effects != nil {
				t.Errorf("an answer that nobody asked for: %v", wants(effects))
			}
		})
	}
}

// "Marked Repaired when it then works."
func TestAnAnswerAfterAComplaintIsRepaired(t *testing.T) {
	for name, c := range bad {
		cfg := config()
		if strings.Contains(c.complaint, "mutter") {
			cfg.Acts = append(cfg.Acts, muttering)
		}
		k := think(t, cfg)
		k.sees("draw", 50)
		k.answers(c.answer)
		got := wants(k.answers(calls("draw", `{"litres":3}`)))
		if !strings.HasPrefix(got, "act draw{3} repaired: ") || !strings.Contains(got, c.complaint) {
			t.Errorf("%s: it wants %q", name, got)
		}
	}
}

// "jsonrepair only after strict parsing failed and only if Finish is not length, marked Repaired too."
func TestAFormThatIsNearlyRightIsMended(t *testing.T) {
	const whole = "the JSON of the answer was mended"
	for name, c := range map[string]struct {
		answer llmadapter.Reply
		want   string
	}{
		"prose around it": {text(`Sure! {"calls":[{"name":"draw","arguments":{"litres":3}}]} Is that fine?`), whole},
		"prose and fence": {text("So:\n```json\n{\"calls\":[{\"name\":\"draw\",\"arguments\":{\"litres\":3}}]}\n```\nDone."), whole},
		"single quotes":   {text(`{'calls':[{'name':'draw','arguments':{'litres':3}}]}`), whole},
		"bare keys":       {text(`{calls:[{name:"draw",arguments:{litres:3,},},],}`), whole},
		"in a string":     {text(`{"calls":[{"name":"draw","arguments":"{\"litres\":3}"}]}`), "the JSON of a call was mended"},
		"a bad call":      {calls("draw", `{litres: 3,}`), "the JSON of a call was mended"},
		"call in prose":   {calls("draw", `with {"litres": 3}`), "the JSON of a call was mended"},
	} {
		k := think(t, config())
		k.sees("draw", 50)
		if got, want := wants(k.answers(c.answer)), "act draw{3} repaired: "+c.want; got != want {
			t.Errorf("%s: it wants %q, not %q", name, got, want)
		}
		k = think(t, config())
		k.sees("draw", 50)
		c.answer.Finish = llmadapter.FinishLength
		k.expect(k.answers(c.answer), "ask")
	}
	k := think(t, config()) // what is in a string is taken as it is, not mended
	k.sees("talk", 50)
	k.expect(k.answers(calls("say", `"{\"to\":[\"ben\"],\"text\":\"He said \\\"no\\\", {so:} 'we'.\"}"`)),
		`inform He said "no", {so:} 'we'. to ben; act Pass{} repaired: the JSON of a call was mended`)
}

// "In talk phases too: silence, but counted by a marked Pass."
func TestInTalkABadAnswerIsSilence(t *testing.T) {
	k := think(t, config())
	k.sees("talk", 2)
	k.expect(k.answers(calls("offer", `{"litres":3,"to":[]}`)), "ask")
	k.expect(k.answers(calls("draw", `{"litres":3}`)), "act Pass{} unusable: draw is not possible now; possible are offer, say, pass")
	k.sees("draw", 2)
	k.answers(calls("pass", ""))
	k.sees("talk", 2)
	k.answers(text("hm"))
	k.expect(k.answers(calls("say", said)), "inform Take less. to ben, cleo; act Pass{} repaired: the answer calls no tool: "+
		"the answer is not the JSON object asked for: invalid character 'h' looking for beginning of value")
	k.sees("draw", 2)
	memory := k.observed().Memory
	var kept []string
	for _, r := range memory {
		kept = append(kept, fmt.Sprintf("%d %s %s %s%s", r.Round, r.Phase, r.Act, r.Text, r.Why))
	}
	want := []string{"1 talk pass draw is not possible now; possible are offer, say, pass", "1 draw pass ", "2 talk inform Take less."}
	if strings.Join(kept, "\n") != strings.Join(want, "\n") {
		t.Errorf("it remembers\n%s\nwant\n%s", strings.Join(kept, "\n"), strings.Join(want, "\n"))
	}
}

// How often it is told what was wrong is up to whoever configures it.
func TestRepairsAreCounted(t *testing.T) {
	for repairs, asks := range map[int]int{0: 2, 1: 2, 3: 4, -1: 1} {
		c := config()
		c.Repairs = repairs
		k := think(t, c)
		got := wants(k.sees("draw", 50))
		n := 0
		for ; got == "ask"; n++ {
			got = wants(k.answers(text("")))
		}
		if n != asks || got != "act Pass{} unusable: the answer calls no tool" {
			t.Errorf("with %d repairs it was asked %d times, want %d, and wants %q", repairs, n, asks, got)
		}
		if len(k.asked.Messages) != 2+2*(asks-1) { // it sees all its answers, and all complaints
			t.Errorf("with %d repairs the last prompt has %d messages", repairs, len(k.asked.Messages))
		}
	}
	c := config()
	c.Repairs = 2
	k := think(t, c)
	k.sees("draw", 50)
	k.answers(text(""))
	k.answers(calls("draw", `{"litres":3}`, "pass", ""))
	k.expect(k.answers(calls("draw", `{"litres":3}`)), "act draw{3} repaired: the answer calls no tool") // what was wrong first
}

// What a service does that is no answer at all is told, and costs no second ask.
func TestAnAnswerThatIsNoneEndsTheThought(t *testing.T) {
	for name, c := range map[string]struct {
		answer actors.Answer
		want   string
	}{
		"rejected":     {actors.Answer{Value: llmadapter.Rejected{Reason: llmadapter.QueueFull}, Error: "rejected: queue-full"}, "rejected: queue-full"},
		"failed":       {actors.Answer{Error: "failed after 4 attempts:\n\x1b[31mHTTP 500```" + strings.Repeat("x", 900)}, "failed after 4 attempts: [31mHTTP 500'''" + strings.Repeat("x", 360) + "…"},
		"another type": {actors.Answer{Value: offer{3}}, "service model answered with a offer"},
		"no value":     {actors.Answer{}, "service model answered with a <nil>"},
	} {
		k := think(t, config())
		k.sees("draw", 50)
		c.answer.ID, c.answer.Service = k.id, "model"
		if got, want := wants(k.give(c.answer)), "act Pass{} unusable: "+c.want; got != want {
			t.Errorf("%s: it wants %q, not %q", name, got, want)
		}
	}
}

// FuzzReply: whatever a model writes, it never panics, never acts out of bounds, and never speaks to strangers or more
// than it may.
func FuzzReply(f *testing.F) {
	for _, c := range bad {
		for _, call := range c.answer.Calls {
			f.Add(call.Name, call.Arguments, string(c.answer.Finish), true)
		}
		f.Add("", c.answer.Text, string(c.answer.Finish), false)
	}
	f.Add("say", said, "tool_calls", true)
	f.Add("shout", `{"word":"ho"}`, "stop", true)
	f.Add("", `{calls:[{name:'draw',arguments:{litres:3}}]} …`, "stop", false)
	f.Fuzz(func(t *testing.T, name, body, finish string, called bool) {
		valid := func(text string) string { return strings.ToValidUTF8(text, "?") } // as clients give it
		name, body, finish = valid(name), valid(body), valid(finish)
		for _, phase := range []string{"talk", "draw"} {
			r := llmadapter.Reply{Text: body, Finish: llmadapter.Finish(finish)}
			if called {
				r = llmadapter.Reply{Calls: []llmadapter.Call{{Name: name, Arguments: body}, {Name: "pass"}}, Finish: llmadapter.Finish(finish)}
			}
			k := think(t, config())
			k.sees(phase, 5)
			for range 3 {
				check(t, phase, k.answers(r))
			}
			k.sees("draw", 5) // and it goes on
			k.expect(k.answers(calls("draw", `{"litres":1}`)), "act draw{1}")
		}
	})
}

// check holds what is wanted against what may be.
func check(t *testing.T, phase string, effects []actors.Effect) {
	acts, words := 0, 0
	for _, e := range effects {
		switch e.Kind {
		case actors.Act:
			acts++
			if _, pass := e.Value.(environment.Pass); pass {
				break
			}
			if a := wellOf(0).ActionOf(e.Value); a == nil || !a.In(phase) || a.Check(e.Value) != nil {
				t.Errorf("in phase %s it wants %+v", phase, e.Value)
			}
		case actors.Send:
			words++
			m := e.Value.(*protocol.Message)
			for _, to := range m.Receivers {
				if to != "ben" && to != "cleo" {
					t.Errorf("it speaks to %q", to)
				}
			}
			if s, ok := m.Content.(protocol.Text); ok && (len(s) == 0 || len(s) > 2400 || strings.ContainsAny(string(s), "\x1b\n\x00")) {
				t.Errorf("it says %q", s)
			}
		case actors.Ask:
		default:
			t.Errorf("it wants %v", e)
		}
	}
	if acts > 1 || words > 2 {
		t.Errorf("%d actions, %d utterances", acts, words)
	}
}
