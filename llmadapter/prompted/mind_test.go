package prompted_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
	"github.com/polis-agents/polis/environment"
	"github.com/polis-agents/polis/llmadapter"
	"github.com/polis-agents/polis/llmadapter/prompted"
	"github.com/polis-agents/polis/protocol"
)

// from is a message to ann.
func from(who string, m protocol.Message) *protocol.Message {
	m.Sender, m.Receivers = who, []string{"ann"}
	return &m
}

// "percept and messages → prompt; action schemas → tools".
func TestThePromptHoldsWhatTheAgentKnows(t *testing.T) {
	c := config()
	c.Role = func(name string) string { return "You are " + name + "." }
	c.Model, c.MaxTokens, c.Priority, c.Repeatable = "oracle", 99, 7, true
	k := think(t, c)
	k.sees("talk", 50)
	k.answers(calls("offer", `{"litres":3,"to":["ben"]}`))
	k.give(from("ben", protocol.Message{Act: protocol.Agree, Content: offer{3}, Conversation: "offer/1"}))
	k.give(from("cleo", protocol.Say("Let us be careful.")))
	effects := k.sees("draw", 50)
	if r := k.asked; effects[0].Name != "oracle" || r.MaxTokens != 99 || r.Priority != 7 || !r.Repeatable {
		t.Errorf("it asks %s with %+v", effects[0].Name, r)
	}
	if m := k.asked.Messages; len(m) != 2 || m[0].Role != llmadapter.System || m[0].Text != "You are ann." || m[1].Role != llmadapter.User ||
		!strings.HasPrefix(m[1].Text, "Round 1, phase draw. ") ||
		!strings.HasSuffix(m[1].Text, "\nCall exactly one of draw, shout, pass. Beside it you may call say. You may speak 2 times.") {
		t.Errorf("it says %+v", m)
	}
	want := prompted.Observation{Agent: "ann", Round: 1, Phase: "draw", Percept: json.RawMessage(`{"Litres":50}`), Heard: []prompted.Remark{
		{Round: 1, Phase: "talk", From: "ben", To: []string{"ann"}, Act: "agree", Thread: "offer/1", Type: "prompted_test.offer", Content: json.RawMessage(`{"Litres":3}`)},
		{Round: 1, Phase: "talk", From: "cleo", To: []string{"ann"}, Act: "inform", Text: "Let us be careful."},
	}, Outcomes: []prompted.Outcome{}, Memory: []prompted.Remark{
		{Round: 1, Phase: "talk", From: "ann", To: []string{"ben"}, Act: "propose", Thread: "offer/1", Type: "prompted_test.offer", Content: json.RawMessage(`{"Litres":3}`)},
	}}
	if got := k.observed(); !reflect.DeepEqual(got, want) {
		t.Errorf("it observes\n%+v\nwant\n%+v", got, want)
	}
	k.answers(calls("draw", `{"litres":9}`))
	k.give(actors.Outcome{Action: "pass"})
	k.give(actors.Outcome{Action: "draw", Reason: "dry", Detail: "2 litres are left"})
	k.give(actors.Undelivered{Message: from("ann", protocol.Say("x")), To: "ben", Reason: actors.ReasonStopped})
	k.sees("talk", 2)
	refused := prompted.Outcome{Action: "draw", Reason: "dry", Detail: "2 litres are left"}
	o := k.observed()
	if !reflect.DeepEqual(o.Outcomes, []prompted.Outcome{refused, {Action: "message to ben", Reason: "stopped"}}) || len(o.Heard) != 0 {
		t.Errorf("outcomes are %+v, heard %+v", o.Outcomes, o.Heard)
	}
	if last := o.Memory[len(o.Memory)-1]; len(o.Memory) != 4 || !reflect.DeepEqual(last, prompted.Remark{Round: 1, Phase: "draw", From: "ann", Act: "draw",
		Content: json.RawMessage(`{"litres":9}`), Outcome: &refused}) {
		t.Errorf("it remembers %+v", o.Memory)
	}
}

// What came of an action stands beside the action, not beside words of the same name.
func TestAnOutcomeIsOfAnAction(t *testing.T) {
	c := config()
	c.Acts = []prompted.Utterance{miming}
	environment.AddAction(c.Definition, "request", "Ask the sky.", (*well).Request, "draw")
	k := think(t, c)
	k.sees("draw", 50)
	k.answers(calls("request", "{}"))
	k.sees("draw", 50)
	k.answers(calls("mime", "{}", "pass", ""))
	k.give(actors.Outcome{Action: "request", Value: 1})
	k.sees("draw", 50)
	if m := k.observed().Memory; len(m) != 3 || m[0].Outcome == nil || string(m[0].Outcome.Value) != "1" || m[1].Outcome != nil {
		t.Errorf("it remembers %+v", m)
	}
}

// What is too long to be shown is said to be, and is still there for the fallback.
func TestLongContentIsNotShown(t *testing.T) {
	var saw []string
	c := config()
	c.Fallback = ruleOf(&saw)
	k := think(t, c)
	long := strings.Repeat("x", 3000)
	k.give(from("ben", protocol.Message{Act: protocol.Inform, Content: letter{long}}))
	k.give(actors.Outcome{Action: "draw", Value: letter{long}, Detail: long})
	k.sees("draw", 50)
	o := k.observed()
	if h := o.Heard[0]; h.Content != nil || h.Why != "the content is too long to be shown" || h.Type != "prompted_test.letter" {
		t.Errorf("it hears %+v", h)
	}
	if out := o.Outcomes[0]; out.Value != nil || len(out.Detail) > 400 || out.Type != "" {
		t.Errorf("the outcome is %+v", out)
	}
	k.give(actors.Answer{ID: k.id, Error: "gone"})
	if len(saw) != 1 || strings.Count(saw[0], long) != 2 {
		t.Errorf("the rule saw %.300q", saw)
	}
}

// The tools are those of the phase, with the schemas of the Go types; a slice is no null for endpoints.
func TestToolsAreThoseOfThePhase(t *testing.T) {
	k := think(t, config())
	for phase, want := range map[string]string{
		"talk": `offer {"additionalProperties":false,"properties":{"litres":{"maximum":9,"minimum":1,"type":"integer"},` +
			`"to":{"items":{"type":"string"},"type":"array"}},"required":["litres","to"],"type":"object"}`,
		"draw": `draw {"additionalProperties":false,"properties":{"litres":{"description":"how much to draw","maximum":9,"minimum":0,` +
			`"type":"integer"}},"required":["litres"],"type":"object"}`,
	} {
		k.sees(phase, 50)
		if got := fmt.Sprintf("%s %s", k.asked.Tools[0].Name, k.asked.Tools[0].Schema); got != want {
			t.Errorf("the first tool of phase %s is\n%s\nwant\n%s", phase, got, want)
		}
		if last := k.asked.Tools[len(k.asked.Tools)-1]; last.Name != "pass" {
			t.Errorf("the last tool is %s", last.Name)
		}
	}
	if effects := k.sees("night", 50); wants(effects) != "cancel" { // the thought of the phase before is about what is no longer so
		t.Errorf("at night, when nothing is possible, it wants %s", wants(effects))
	}
}

// A phase that was closed before the answer came: what was told then is told again.
func TestAPerceptEndsTheThoughtBefore(t *testing.T) {
	k := think(t, config())
	k.give(actors.Outcome{Action: "draw", Value: 3})
	k.give(from("ben", protocol.Say("One.")))
	k.sees("talk", 50)
	late := k.id
	k.give(from("ben", protocol.Say("Two.")))
	k.expect(k.sees("draw", 50), "cancel; ask")
	o := k.observed()
	if len(o.Heard) != 2 || o.Heard[0].Text != "One." || o.Heard[1].Text != "Two." || len(o.Outcomes) != 1 {
		t.Errorf("it observes %+v", o)
	}
	k.expect(k.give(actors.Answer{ID: late, Value: calls("pass", "")}), "")
	k.expect(k.answers(calls("draw", `{"litres":1}`)), "act draw{1}")
}

// A patient mind goes on thinking while it perceives. What it perceived last is what it thinks about next.
func TestAPatientMindPerceivesWhileItThinks(t *testing.T) {
	c := config()
	c.Patient = true
	c.Drop = func(m *protocol.Message) bool { return m.Act == protocol.Request }
	k := think(t, c)
	k.expect(k.sees("draw", 50), "ask")
	k.expect(k.sees("talk", 40), "") // it waits
	k.expect(k.sees("draw", 30), "") // and gives way to what is newer
	k.expect(k.answers(calls("draw", `{"litres":1}`)), "act draw{1}; ask")
	if o := k.observed(); string(o.Percept) != `{"Litres":30}` || o.Phase != "draw" {
		t.Errorf("next it observes %+v", o)
	}
	k.expect(k.sees("draw", 20), "")
	k.expect(k.give(from("ben", protocol.Message{Act: protocol.Request, Content: offer{1}})), "cancel; ask")
	if o := k.observed(); string(o.Percept) != `{"Litres":20}` || len(o.Heard) != 1 {
		t.Errorf("after a message it observes %+v", o)
	}
	k.expect(k.sees("draw", 10), "")
	k.expect(k.sees("night", 10), "") // nothing is possible any more: nothing waits
	k.expect(k.answers(calls("pass", "")), "act Pass{}")
}

// "Bounded": whatever reaches it, prompt and memory stay small; the newest counts.
func TestWhatIsKeptIsBounded(t *testing.T) {
	c := config()
	c.Memory = 5
	k := think(t, c)
	long := strings.Repeat("ö", 8000)
	for range 3 {
		for i := range 300 {
			k.give(from("ben", protocol.Say(fmt.Sprint(i, " ", long))))
			k.give(actors.Outcome{Action: "shout", Value: i, Detail: long})
		}
		k.sees("draw", 50)
		o := k.observed()
		if len(o.Heard) != 256 || len(o.Outcomes) != 64 || len(o.Memory) > 5 {
			t.Fatalf("heard %d, outcomes %d, memory %d", len(o.Heard), len(o.Outcomes), len(o.Memory))
		}
		if first, last := o.Heard[0].Text, o.Heard[255].Text; !strings.HasPrefix(first, "44 ") || !strings.HasPrefix(last, "299 ") || len([]rune(last)) != 601 {
			t.Errorf("heard from %.10s to %.10s, of %d characters", first, last, len([]rune(last)))
		}
		k.answers(calls("draw", `{"litres":1}`))
	}
	k.sees("draw", 50)
	memory := k.observed().Memory
	if len(memory) != 5 || memory[4].Act != "draw" || !strings.HasPrefix(memory[3].Text, "299 ") || len([]rune(memory[3].Text)) != 301 {
		t.Errorf("it remembers %.400v", memory)
	}
}

// ruleOf is a rule that writes down what it decides from, and draws as much as it heard of.
func ruleOf(saw *[]string) func() actors.Behavior {
	return func() actors.Behavior {
		return actors.FromRule[level, draw](actors.RuleFunc[level, draw](func(_ *actors.Turn, s actors.Situation[level]) (draw, error) {
			line := fmt.Sprintf("%d %s %d", s.Round, s.Phase, s.Percept.Litres)
			for _, m := range s.Messages {
				line += fmt.Sprintf(", %s of %s: %v", m.Act, m.Sender, m.Content)
			}
			for _, o := range s.Outcomes {
				line += fmt.Sprintf(", %s %v %s", o.Action, o.Value, o.Reason)
			}
			*saw = append(*saw, line)
			return draw{len(s.Messages)}, nil
		}))
	}
}

// "The fallback must decide on the same percept with the messages it would have seen, in the same turn, marked Fallback
// with the reason."
func TestTheFallbackDecidesOnTheSame(t *testing.T) {
	var saw []string
	c := config()
	c.Fallback = ruleOf(&saw)
	k := think(t, c)
	k.give(from("ben", protocol.Message{Act: protocol.Propose, Content: offer{3}}))
	k.sees("talk", 50)
	k.expect(k.give(actors.Answer{ID: k.id, Error: "rejected: queue-full"}), "act Pass{} fallback: rejected: queue-full") // it has nothing to say
	k.give(from("cleo", protocol.Say("Careful.")))
	k.give(actors.Outcome{Action: "draw", Value: 2})
	k.sees("draw", 40)
	k.answers(text("?"))
	k.expect(k.answers(text("?")), "act draw{2} fallback: the answer calls no tool: the answer is not the JSON object asked for: "+
		"invalid character '?' looking for beginning of value")
	k.sees("draw", 30)
	k.answers(calls("pass", ""))
	k.give(from("cleo", protocol.Say("Again.")))
	k.sees("draw", 20)
	k.give(actors.Answer{ID: k.id, Error: "gone"})
	want := []string{"1 draw 40, propose of ben: {3}, inform of cleo: Careful., draw 2 ", "1 draw 20, inform of cleo: Again."}
	if !slices.Equal(saw, want) {
		t.Errorf("the rule saw\n%q\nwant\n%q", saw, want)
	}
	k.sees("draw", 10)
	memory := k.observed().Memory
	if last := memory[len(memory)-1]; last.Act != "draw" || string(last.Content) != `{"litres":1}` || last.Why != "gone" {
		t.Errorf("it remembers %+v", memory)
	}
}

// speaker is a fallback that speaks in talk, and after its action.
type speaker struct{}

func (speaker) Stateless() {}
func (speaker) Receive(t *actors.Turn, event any) error {
	if p, ok := event.(actors.Percept); ok {
		if p.Phase == "draw" {
			t.Act(draw{1})
		}
		t.Send(protocol.Message{Act: protocol.Propose, Receivers: []string{"ben"}, Content: offer{1}})
	}
	return nil
}

// "It also speaks in talk phases if it is such a behavior."
func TestTheFallbackSpeaks(t *testing.T) {
	c := config()
	c.Fallback = func() actors.Behavior { return speaker{} }
	k := think(t, c)
	k.sees("talk", 50)
	k.expect(k.give(actors.Answer{ID: k.id, Error: "gone"}), "propose {1} to ben; act Pass{} fallback: gone")
	k.sees("draw", 50)
	k.expect(k.give(actors.Answer{ID: k.id, Error: "gone"}), "act draw{1} fallback: gone; propose {1} to ben")
	k.sees("talk", 50)
	if m := k.observed().Memory; len(m) != 3 || m[0].Act != "propose" || m[0].From != "ann" || m[0].Why != "gone" || m[1].Act != "draw" || m[2].Act != "propose" {
		t.Errorf("it remembers %+v", m)
	}
}

// An error of the fallback is a failure of the turn, like that of any rule.
func TestAFallbackThatFails(t *testing.T) {
	c := config()
	c.Fallback = func() actors.Behavior {
		return actors.BehaviorFunc(func(*actors.Turn, any) error { return fmt.Errorf("no idea") })
	}
	k := think(t, c)
	k.sees("draw", 50)
	if _, err := k.Try(actors.Answer{ID: k.id, Error: "gone"}); err == nil || err.Error() != "no idea" {
		t.Errorf("it failed with %v", err)
	}
}

// "A message that makes it drop the thought it is in and think anew at once: Turn.Cancel + new Ask."
func TestAMessageMayEndAThought(t *testing.T) {
	c := config()
	c.Drop = func(m *protocol.Message) bool { return m.Act == protocol.Request }
	k := think(t, c)
	k.expect(k.give(from("ben", protocol.Message{Act: protocol.Request})), "") // it is not thinking
	k.sees("draw", 50)
	k.expect(k.give(from("ben", protocol.Say("Hm."))), "")
	k.answers(text("?"))
	old := k.id
	k.give(actors.Outcome{Action: "draw", Value: 3})
	k.expect(k.give(from("ben", protocol.Message{Act: protocol.Request, Content: offer{1}})), "cancel; ask")
	if n := len(k.asked.Messages); n != 2 {
		t.Errorf("it is asked anew with %d messages: the complaint is about a thought that it dropped", n)
	}
	if o := k.observed(); len(o.Heard) != 3 || o.Heard[2].Act != "request" || len(o.Outcomes) != 1 || string(o.Percept) != `{"Litres":50}` {
		t.Errorf("it observes %+v", o)
	}
	k.expect(k.give(actors.Answer{ID: old, Value: calls("draw", `{"litres":1}`)}), "")
	for i := range 9 {
		want := "cancel; ask"
		if i >= 7 { // "who talks fast enough keeps the agent from ever deciding": eight times
			want = ""
		}
		k.expect(k.give(from("ben", protocol.Message{Act: protocol.Request})), want)
	}
	k.answers(text("?"))
	k.expect(k.answers(calls("draw", `{"litres":2}`)), "act draw{2} repaired: the answer calls no tool: the answer is not the JSON object asked for: "+
		"invalid character '?' looking for beginning of value")
}

// counting is a fallback with a memory that it hands over.
type counting struct{ N int }

func (c *counting) Receive(t *actors.Turn, event any) error {
	if p, ok := event.(actors.Percept); ok && p.Choice {
		c.N++
		t.Act(draw{c.N % 9})
	}
	return nil
}
func (c *counting) Snapshot() ([]byte, error)  { return json.Marshal(c) }
func (c *counting) Restore(state []byte) error { return json.Unmarshal(state, c) }

// A life goes on where the one before failed, at every turn: with the thought that is open, the complaints, what was
// heard, and the memory of the fallback.
func TestEveryLifeGoesOn(t *testing.T) {
	talk := func(round int) actors.Percept {
		return actors.Percept{View: level{50}, Phase: "talk", Round: round}
	}
	drawing := func(round int) actors.Percept {
		return actors.Percept{View: level{50}, Phase: "draw", Round: round, Choice: true}
	}
	answer := func(turn uint64, index int, r llmadapter.Reply) actors.Answer {
		return actors.Answer{ID: actors.ID{Turn: turn, Index: index}, Service: "model", Value: r}
	}
	events := []any{
		actors.Started{}, // 1
		talk(1),          // 2: asks
		answer(2, 0, calls("offer", `{"litres":3,"to":["ben"]}`)),
		from("ben", protocol.Message{Act: protocol.Agree, Content: offer{3}, Conversation: "<a&b>\u2028"}),
		drawing(1), // 5: asks
		from("cleo", protocol.Message{Act: protocol.Inform, Content: letter{strings.Repeat("<", 1500) + "\u2028"},
			ReplyTo: []string{"dan"}, Protocol: "fipa-request", Conversation: "<c>", ReplyBy: time.Second, Extra: map[string]string{"X-a": "<"}}),
		answer(5, 0, text("no")), // 7: asks again
		answer(7, 0, calls("draw", `{"litres":3}`)),
		actors.Outcome{Action: "draw", Value: 3},
		drawing(2), // 10: asks
		actors.Undelivered{Message: from("ann", protocol.Say("x")), To: "ben", Reason: "busy"},
		from("cleo", protocol.Message{Act: protocol.Request, Content: offer{1}}), // 12: drops and asks
		actors.Answer{ID: actors.ID{Turn: 12, Index: 1}, Error: "gone"},          // falls back
		actors.Percept{View: level{50}, Phase: "night", Round: 2},
		drawing(3), // 15
		drawing(4), // 16: overtakes
		actors.Answer{ID: actors.ID{Turn: 16, Index: 1}, Error: "gone"},
		drawing(5),
		actors.Stopping{},
	}
	for name, fallback := range map[string]func() actors.Behavior{
		"alone":                    nil,
		"with a Keeper":            func() actors.Behavior { return &counting{} },
		"with one without memory":  func() actors.Behavior { return speaker{} },
		"with a kept rule":         ruleOf(new([]string)),
		"with one that keeps none": func() actors.Behavior { return &forgetful{} },
	} {
		t.Run(name, func(t *testing.T) {
			c := config()
			c.Fallback = fallback
			c.Drop = func(m *protocol.Message) bool { return m.Act == protocol.Request }
			newMind := func() actors.Behavior { return prompted.New(c) }
			actorstest.Config{Self: "ann", World: c.Definition}.Check(t, newMind, events...)
			c.Patient = true
			actorstest.Config{Self: "ann", World: c.Definition}.Check(t, newMind, events...)
			if _, keeper := newMind().(actors.Keeper); keeper == (name == "with one that keeps none") {
				t.Errorf("that it hands over its memory is %v", keeper)
			}
		})
	}
}

// forgetful has a memory that it does not hand over.
type forgetful struct{ counting }

func (*forgetful) Snapshot() {}

// What was restored from something else is an error, not a mind with half a memory.
func TestRestoreChecks(t *testing.T) {
	for _, state := range []string{"", "null x", `{"memory":{"thought":{"type":"nobody's","percept":{}}}}`, `{"memory":{"thought":{"type":"prompted_test.level","percept":{"x":1}}}}`} {
		if err := prompted.New(config()).(actors.Keeper).Restore([]byte(state)); err == nil {
			t.Errorf("%q is restored", state)
		}
	}
}

// "Mistakes in the declaration": one clear line.
func TestConfigurationsThatMakeNoSense(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*prompted.Config)
		want   string
	}{
		"no world":         {func(c *prompted.Config) { c.Definition = nil }, "without the Definition"},
		"negative memory":  {func(c *prompted.Config) { c.Memory = -1 }, "Memory is -1; accepted is 0 to 1024"},
		"too much memory":  {func(c *prompted.Config) { c.Memory = 1025 }, "Memory is 1025"},
		"negative words":   {func(c *prompted.Config) { c.Words = -1 }, "Words is -1"},
		"negative tokens":  {func(c *prompted.Config) { c.MaxTokens = -1 }, "MaxTokens -1"},
		"an empty act":     {func(c *prompted.Config) { c.Acts = make([]prompted.Utterance, 1) }, "Acts[0] is empty"},
		"the same name":    {func(c *prompted.Config) { c.Acts = append(c.Acts, offering) }, `"offer" is the name of two things`},
		"an action's name": {func(c *prompted.Config) { c.Acts = []prompted.Utterance{named("draw")} }, `"draw" is the name of two things`},
		"pass":             {func(c *prompted.Config) { c.Acts = []prompted.Utterance{named("pass")} }, `"pass" is the name of two things`},
	} {
		cfg := config()
		c.change(&cfg)
		if _, err := prompted.Prepare(cfg); err == nil || !strings.HasPrefix(err.Error(), "prompted: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		func() {
			defer func() {
				if v := recover(); v == nil {
					t.Errorf("%s: New makes a behavior", name)
				}
			}()
			prompted.New(cfg)
		}()
	}
	defer func() {
		if v := fmt.Sprint(recover()); !strings.Contains(v, "a name has 1 to 64 letters") {
			t.Errorf("Speak with a bad name: %v", v)
		}
	}()
	named("two words")
}

func named(name string) prompted.Utterance {
	return prompted.Speak(name, "", func(level, *prompted.Observation, struct{}) ([]protocol.Message, error) { return nil, nil })
}

// An utterance about another world's percepts is a mistake that says so.
func TestAnUtteranceAboutAnotherWorld(t *testing.T) {
	c := config()
	c.Acts = []prompted.Utterance{prompted.SayTo(func(int) []string { return nil })}
	k := think(t, c)
	k.sees("talk", 50)
	_, err := k.Try(actors.Answer{ID: k.id, Value: calls("say", said)})
	if err == nil || !strings.Contains(err.Error(), `utterance "say" is made about int, the percept is prompted_test.level`) {
		t.Errorf("it failed with %v", err)
	}
	c.Acts = []prompted.Utterance{prompted.SayTo(func(level) []string { return []string{"ann"} })}
	k = think(t, c)
	k.sees("talk", 50)
	k.answers(calls("say", said))
	k.expect(k.answers(calls("say", said)), "act Pass{} unusable: say: there is nobody to speak to")
}

// A message that was noted is the message that was said: who decides instead of the model hears all of it.
func TestTheFallbackHearsMessagesWhole(t *testing.T) {
	said := protocol.Message{Act: protocol.Refuse, Sender: "ben", Receivers: []string{"ann", "cleo"}, ReplyTo: []string{"dan"}, Language: "fishing-1",
		Encoding: "utf-8", Ontology: "fishing", Protocol: "fipa-request", Conversation: "c1", ReplyWith: "r1", InReplyTo: "r0", ReplyBy: 3 * time.Second,
		Extra: map[string]string{"X-origin": "eve"}, Content: offer{3}}
	for name, edit := range map[string]func(*protocol.Message){
		"all parameters": func(*protocol.Message) {},
		"none but one": func(m *protocol.Message) {
			*m = protocol.Message{Act: m.Act, Sender: m.Sender, Receivers: m.Receivers, InReplyTo: "r0"}
		},
		"none":   func(m *protocol.Message) { *m = protocol.Message{Act: m.Act, Sender: m.Sender, Receivers: m.Receivers} },
		"a text": func(m *protocol.Message) { m.Language, m.Content = protocol.Natural, protocol.Text("no") },
	} {
		t.Run(name, func(t *testing.T) {
			m := said
			edit(&m)
			var heard []*protocol.Message
			c := config()
			c.Fallback = func() actors.Behavior {
				return actors.BehaviorFunc(func(_ *actors.Turn, event any) error {
					if m, ok := event.(*protocol.Message); ok {
						heard = append(heard, m)
					}
					return nil
				})
			}
			k := think(t, c)
			k.give(&m)
			k.sees("draw", 50)
			if text := fmt.Sprint(k.asked.Messages); strings.Contains(text, "fipa") || strings.Contains(text, "X-") {
				t.Errorf("the model sees %s", text)
			}
			k.give(actors.Answer{ID: k.id, Error: "gone"})
			if len(heard) != 1 || !reflect.DeepEqual(heard[0], &m) {
				t.Errorf("it hears %+v, want %+v", heard, m)
			}
		})
	}
}
