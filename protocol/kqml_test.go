package protocol_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/polis-agents/polis/protocol"
)

// "choice: untell → disconfirm, unachieve → cancel, askAll → query-ref over all; the *How acts and signal have no equivalent
// and are refused."
func TestTheActsOfKQML(t *testing.T) {
	open, closed := protocol.Expression("price(X, fish)"), protocol.Expression("price(3, fish)")
	for _, c := range []struct {
		kqml    string
		content any
		want    protocol.Act
		answers string
	}{
		{"tell", closed, protocol.Inform, ""}, {"untell", closed, protocol.Disconfirm, ""}, {"achieve", open, protocol.Request, ""},
		{"unachieve", open, protocol.Cancel, ""}, {"askOne", closed, protocol.QueryIf, ""}, {"askOne", open, protocol.QueryRef, ""},
		{"askOne", protocol.Done{}, protocol.QueryIf, ""}, {"askAll", open, protocol.QueryRef, "all"}, {"askAll", closed, protocol.QueryRef, "all"},
	} {
		given := sound("")
		given.Content = c.content
		want := given
		want.Act, want.Extra = c.want, map[string]string{"X-2": "", "X-origin": "eve"}
		if c.answers != "" {
			given.Extra["X-answers"] = "one"
			want.Extra["X-answers"] = c.answers
		}
		got, err := protocol.FromKQML(c.kqml, given)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s %v: %+v, %v", c.kqml, c.content, got, err)
		}
		if back, err := protocol.ToKQML(&got); err != nil || back != c.kqml {
			t.Errorf("%s %v goes back as %s, %v", c.kqml, c.content, back, err)
		}
		if err := got.Check(); err != nil {
			t.Errorf("%s: %v", c.kqml, err)
		}
		if c.answers != "" && given.Extra["X-answers"] != "one" {
			t.Errorf("%s changes what it was given", c.kqml)
		}
	}
	for performative, want := range map[string]string{"tellHow": "no equivalent in FIPA", "untellHow": "no equivalent in FIPA", "askHow": "no equivalent in FIPA",
		"signal": "no equivalent in FIPA", "inform": `"inform" is no performative of KQML; accepted are tell, untell`, "": `"" is no performative`, "\n": `"\n" is no`} {
		got, err := protocol.FromKQML(performative, sound(""))
		if why, ok := errors.AsType[*protocol.Malformed](err); !ok || !strings.Contains(err.Error(), want) || why.Code != protocol.UnsupportedAct || got.Act != "" {
			t.Errorf("%s: %+v, %v", performative, got, err)
		}
	}
	one := protocol.Message{Act: protocol.QueryRef, Extra: map[string]string{"X-answers": "one"}}
	if name, err := protocol.ToKQML(&one); name != "askOne" || err != nil {
		t.Errorf("one answer is asked for by %s, %v", name, err)
	}
	spoken := []protocol.Act{protocol.Inform, protocol.Confirm, protocol.Disconfirm, protocol.Request, protocol.Cancel, protocol.QueryIf, protocol.QueryRef}
	for _, act := range protocol.Acts {
		m := sound(act)
		name, err := protocol.ToKQML(&m)
		if why, ok := errors.AsType[*protocol.Malformed](err); slices.Contains(spoken, act) != (err == nil) || (name == "") != ok || ok && why.Code != protocol.UnsupportedAct {
			t.Errorf("%s goes as %q, %v", act, name, err)
		}
	}
}

func TestAVariableAsksForAnObject(t *testing.T) {
	for text, want := range map[string]protocol.Act{
		"": protocol.QueryIf, "p(x)": protocol.QueryIf, "p(X)": protocol.QueryRef, "X": protocol.QueryRef, "p(_)": protocol.QueryRef, "p(x, Y)": protocol.QueryRef,
		"pX(aB, 3Z, a_B)": protocol.QueryIf, `p("X")`: protocol.QueryIf, `p('X')`: protocol.QueryIf, `p("a\"X")`: protocol.QueryIf, `p("a", X)`: protocol.QueryRef,
		`p('a"', X)`: protocol.QueryRef, `p("a`: protocol.QueryIf, `p("\`: protocol.QueryIf, "p(é, X)": protocol.QueryRef, `"a"X`: protocol.QueryRef,
	} {
		if m, err := protocol.FromKQML("askOne", protocol.Message{Content: protocol.Expression(text)}); err != nil || m.Act != want {
			t.Errorf("%s: %s, %v", text, m.Act, err)
		}
	}
}

func TestTheFormOfKQMLIsRead(t *testing.T) {
	got, err := protocol.ParseKQML(`(askOne :sender ann :receiver bob :language AgentSpeak :ontology market :reply-with id1 :content "price(X)")`, read)
	want := &protocol.Message{Act: protocol.QueryRef, Sender: "ann", Receivers: []string{"bob"}, Language: "AgentSpeak", Ontology: "market", ReplyWith: "id1",
		Content: protocol.Expression("price(X)")}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for text, want := range map[string]string{
		"( tellHow :sender a)":           "protocol: at byte 2: tellHow of KQML has no equivalent",
		"(inform :sender a)":             `protocol: at byte 1: "inform" is no performative`,
		"(tell":                          "protocol: at byte 5: the end of the text",
		"(tell :content {\"action\":3})": "protocol: at byte 15: the content",
	} {
		if m, err := protocol.ParseKQML(text, read); err == nil || !strings.HasPrefix(err.Error(), want) || m != nil {
			t.Errorf("%s: %+v, %v", text, m, err)
		}
	}
}
