package protocol_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/polis-agents/polis/protocol"
)

// Contents of these tests cross as JSON of one type.
func write(v any) ([]byte, error) { return json.Marshal(v) }

func read(text json.RawMessage) (any, error) {
	var d protocol.Done
	err := json.Unmarshal(text, &d)
	return d, err
}

func raw(text json.RawMessage) (any, error) { return text, nil }

func parsed(text string) (*protocol.Message, error) { return protocol.Parse(text, read) }

// The text form is FIPA's, shortened: a log is read by people.
func TestTheTextFormOfAMessage(t *testing.T) {
	whole := sound(protocol.CFP)
	said := protocol.Say("hi, \"bob\"\n", "bob")
	tell := protocol.Message{Act: protocol.Inform, Receivers: []string{"bob"}, Language: "prolog", Content: protocol.Expression("p(X) :- q(X).")}
	for want, m := range map[string]*protocol.Message{
		`(cfp :sender ann :receiver (bob cy) :reply-to dan :protocol fipa-request :conversation-id "ann/<1>" :reply-with ann/1/1 :in-reply-to bob/1 ` +
			`:reply-by 3s :language fishing-1 :encoding utf-8 :ontology fishing :X-2 "" :X-origin eve :content {"action":"fish"})`: &whole,
		`(inform :receiver bob :language natural :content "hi, \"bob\"\n")`: &said,
		`(inform :receiver bob :language prolog :content "p(X) :- q(X).")`:  &tell,
		`(agree)`: {Act: protocol.Agree},
		`(request :receiver ("set" agent-identifier "" "a b" ":x" "zoë" 3.5@+) :reply-by 1h0m0.0000015s)`: {Act: protocol.Request,
			Receivers: []string{"set", "agent-identifier", "", "a b", ":x", "zoë", "3.5@+"}, ReplyBy: time.Hour + 1500},
		`(request :receiver ("agent-identifier" a) :reply-to ("sequence" a) :reply-by 1.5us)`: {Act: protocol.Request,
			Receivers: []string{"agent-identifier", "a"}, ReplyTo: []string{"sequence", "a"}, ReplyBy: 1500},
		`(request :sender ":receiver" :receiver set :ontology "x) (y")`: {Act: protocol.Request, Sender: ":receiver", Receivers: []string{"set"}, Ontology: "x) (y"},
	} {
		whole.Conversation = "ann/<1>"
		got, err := protocol.Format(m, write)
		if err != nil || got != want {
			t.Errorf("got  %s, %v\nwant %s", got, err, want)
			continue
		}
		if back, err := parsed(got); err != nil || !reflect.DeepEqual(back, m) {
			t.Errorf("%s\nis read as %+v, %v", got, back, err)
		}
	}
	if got := whole.String(); !strings.HasSuffix(got, `:content {"type":"protocol.Done","value":{"action":"fish"}})`) {
		t.Errorf("it prints %s", got)
	}
	whole.Content = math.NaN
	if got := whole.String(); !strings.HasSuffix(got, `:content "func() float64 that cannot be written: protocol: the content of \"cfp\": json: unsupported type: func() float64")`) {
		t.Errorf("it prints %s", got)
	}
	if _, err := protocol.Format(&whole, write); err == nil || !strings.Contains(err.Error(), `content of "cfp": json: unsupported`) {
		t.Errorf("it is written with %v", err)
	}
	for text, want := range map[string]string{"": "unexpected end", "{} {}": "invalid character", "\"\xff\"": "UTF-8"} {
		if got, err := protocol.Format(&whole, func(any) ([]byte, error) { return []byte(text), nil }); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("content %q: %s, %v", text, got, err)
		}
	}
}

// FIPA's own form is read where it says no more: agent identifiers, sets, capitals, several lines.
func TestTheFormOfFIPAIsRead(t *testing.T) {
	got, err := parsed(`(INFORM
  :sender (agent-identifier :name i@site:1099/JADE :addresses (sequence http://a:7778/acc (x (y :z))) :X-a "b")
  :receiver (set (agent-identifier :addresses (sequence) :name j) k "l m")
  :reply-to (agent-identifier :name "n")
  :content "weather (today, raining)" :language Prolog
  :reply-with id1 )` + "\n")
	want := &protocol.Message{Act: protocol.Inform, Sender: "i@site:1099/JADE", Receivers: []string{"j", "k", "l m"}, ReplyTo: []string{"n"},
		Content: protocol.Expression("weather (today, raining)"), Language: "Prolog", ReplyWith: "id1"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for text, want := range map[string]protocol.Message{
		`(inform :content hello)`:                                  {Act: protocol.Inform, Language: protocol.Natural, Content: protocol.Text("hello")},
		`(inform :language natural :content "a")`:                  {Act: protocol.Inform, Language: protocol.Natural, Content: protocol.Text("a")},
		`( inform :receiver (sequence a b) :receiver2 x )`:         {},
		`(inform :receiver () :sender "")`:                         {Act: protocol.Inform},
		`(inform :receiver ((agent-identifier :name a) b))`:        {Act: protocol.Inform, Receivers: []string{"a", "b"}},
		`(inform :receiver (sequence a))`:                          {Act: protocol.Inform, Receivers: []string{"a"}},
		`(inform :sender (agent-identifier :name a :name b))`:      {Act: protocol.Inform, Sender: "a"},
		"(inform\t:content\r\n {\"action\" : \"go\"} :ontology o)": {Act: protocol.Inform, Content: protocol.Done{Action: "go"}, Ontology: "o"},
	} {
		got, err := parsed(text)
		if (err != nil) != (want.Act == "") || err == nil && !reflect.DeepEqual(got, &want) {
			t.Errorf("%s is read as %+v, %v", text, got, err)
		}
	}
}

// "Errors with position": of what is no message, the first fault is named, where it is, and what is accepted.
func TestWhatIsNoTextForm(t *testing.T) {
	deep := "(inform :sender (agent-identifier :x " + strings.Repeat("(", 8) + strings.Repeat(")", 8) + " :name a))"
	for text, want := range map[string]string{
		"":                                    "at byte 0: the end of the text; accepted is ( before the act",
		"inform":                              `at byte 0: "inform"; accepted is ( before`,
		"(":                                   "at byte 1: the end of the text; accepted is a word",
		"( shout)":                            `at byte 2: act "shout"; accepted are those of FIPA`,
		`("")`:                                `at byte 1: act ""`,
		"(inform":                             "at byte 7: the end of the text; accepted is a parameter",
		"(inform sender)":                     `at byte 8: "sender)"; accepted is a parameter`,
		"(inform :sender)":                    `at byte 15: ")"; accepted is a word`,
		"(inform :sender :receiver a)":        `at byte 16: ":receiver a)"; accepted is a word`,
		"(inform :sender a :sender b)":        `at byte 18: parameter "sender" twice`,
		"(inform :performative a)":            `at byte 8: parameter "performative"; accepted are those of FIPA SC00061G`,
		"(inform :x-a a)":                     `parameter "x-a"`,
		`(inform :"X-a" a)`:                   `parameter ""`,
		"(inform) (inform)":                   `at byte 9: "(inform)"; accepted is nothing`,
		`(inform :sender "a)`:                 `at byte 16: "\"a)"; accepted is text that ends with a quote`,
		"(inform :sender \"a\nb\")":           "accepted is text that ends with a quote",
		"(inform :sender a\x00)":              `at byte 17: "\x00)"`,
		"(inform :sender zoë)":                `at byte 18: "ë)"`,
		"(inform :sender \xff)":               "valid UTF-8",
		"(inform :sender (a))":                "accepted is a name, or agent-identifier",
		"(inform :sender (agent-identifier a": "accepted is a parameter of an agent-identifier",
		"(inform :receiver ((set a)))":        "accepted is a name, or agent-identifier",
		"(inform :receiver (a":                "at byte 20: the end",
		"(inform :reply-by soon)":             `at byte 18: "soon"; accepted is a time since`,
		"(inform :reply-by 20260101T000000)":  "accepted is a time since",
		"(inform :content {)":                 "at byte 17: invalid character ')'",
		`(inform :content {"a":1}`:            "the end of the text",
		`(inform :content {"action":3})`:      "at byte 17: the content: json",
		`(inform :content [1])`:               `at byte 17: "[1])"`,
		deep:                                  "", // as deep as it may be
		strings.Replace(strings.Replace(deep, "((", "(((", 1), "))", ")))", 1): "lists within lists; accepted are 8",
		strings.Repeat("(", protocol.MaxForm+1):                                "of 1048577 bytes",
		"(inform :content " + strings.Repeat("[", 1<<19):                       "accepted is a word",
		"(inform :content {\"a\":" + strings.Repeat("[", 1<<19):                "accepted is JSON",
		"(inform :sender " + strings.Repeat("(agent-identifier :x ", 1000):     "lists within lists",
	} {
		m, err := parsed(text)
		if want == "" {
			if err != nil {
				t.Errorf("%.80s: %v", text, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "protocol: at byte ") || m != nil || len(err.Error()) > 600 {
			t.Errorf("%.80s: got %.300v, want %s", text, err, want)
			continue
		}
		if _, ok := errors.AsType[*protocol.Malformed](err); !ok && !strings.Contains(want, "the content") {
			t.Errorf("%.80s: %T has no reason", text, err)
		}
	}
	text := func(json.RawMessage) (any, error) { return protocol.Text("x"), nil }
	if _, err := protocol.Parse("(inform :content {})", text); err == nil || !strings.Contains(err.Error(), "protocol.Text as JSON; accepted is it in quotes") {
		t.Errorf("text as JSON is read with %v", err)
	}
}

// strange are texts that want to be something else.
var strange = []string{"", "a", "bob", "set", "agent-identifier", ":sender", ")", "(", "\"", "\\", "\n", "\x00\x7f\x1b[2J", "\u202e\u2028", "a b", "zoë", "\xff\xfe", "}", "{}",
	" :receiver eve", "\") (inform", "\U0001f600\U000e0001\U0010ffff", "X-", "1s", "\u00a0", strings.Repeat("x", 300)}

// randomMessage is one that says anything, but for its act.
func randomMessage(r *rand.Rand) *protocol.Message {
	text := func() string {
		s := strange[r.IntN(len(strange))]
		if r.IntN(4) == 0 {
			s += strange[r.IntN(len(strange))]
		}
		return s
	}
	names := func() (all []string) {
		for range r.IntN(4) {
			all = append(all, text())
		}
		return all
	}
	m := &protocol.Message{Act: protocol.Acts[r.IntN(len(protocol.Acts))], Sender: text(), Receivers: names(), ReplyTo: names(), Encoding: text(), Ontology: text(),
		Protocol: text(), Conversation: text(), ReplyWith: text(), InReplyTo: text(), ReplyBy: time.Duration(r.Uint64()) >> r.IntN(64)}
	for i := range r.IntN(3) {
		if m.Extra == nil {
			m.Extra = map[string]string{}
		}
		m.Extra[fmt.Sprint("X-", i)] = text()
	}
	switch r.IntN(4) {
	case 0:
		m.Language, m.Content = protocol.Natural, protocol.Text(text())
	case 1:
		m.Language, m.Content = "l"+text(), protocol.Expression(text())
	case 2:
		m.Language, m.Content = text(), protocol.Done{Action: strings.ToValidUTF8(text(), "")}
	}
	return m
}

// oneLine says whether a text can be put in a log as it is.
func oneLine(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) < 0
}

// "parse∘format = id", "no newline or control characters ever": whatever the message says.
func TestWhatIsFormattedIsReadAsItWas(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	for range 20_000 {
		m := randomMessage(r)
		text, err := protocol.Format(m, write)
		if err != nil {
			t.Fatalf("%+v: %v", m, err)
		}
		if got, err := parsed(text); err != nil || !reflect.DeepEqual(got, m) {
			t.Fatalf("%s\nis read as %+v, %v\nwant %+v", text, got, err, m)
		}
		m.Act, m.Extra = protocol.Act(strange[r.IntN(len(strange))]), map[string]string{strange[r.IntN(len(strange))]: "x", "sender": "eve"}
		if all := m.String() + text; !oneLine(all) {
			t.Fatalf("not on one line: %q", all)
		}
		if _, err := parsed(m.String()); err == nil {
			t.Fatalf("%s is a message", m)
		}
	}
}

// checkForm is what holds of any text: reading it ends; what it is read as is written as what is read the same again.
func checkForm(t *testing.T, text string) {
	if m, err := protocol.ParseKQML(text, raw); (m == nil) != (err != nil) {
		t.Fatalf("%q is read as %+v, %v", text, m, err)
	}
	m, err := protocol.Parse(text, raw)
	if err != nil {
		if !oneLine(err.Error()) {
			t.Fatalf("%q: %q", text, err)
		}
		return
	}
	form, err := protocol.Format(m, write)
	if err != nil || !oneLine(form) {
		t.Fatalf("%q is written as %q, %v", text, form, err)
	}
	again, err := protocol.Parse(form, raw)
	if err != nil {
		t.Fatalf("%q is written as %q: %v", text, form, err)
	}
	if form2, err := protocol.Format(again, write); err != nil || form2 != form {
		t.Fatalf("%q is written as\n%s\nand again as\n%s, %v", text, form, form2, err)
	}
	if m.Content, again.Content = nil, nil; !reflect.DeepEqual(m, again) {
		t.Fatalf("%q is read as\n%+v\nand again as\n%+v", text, m, again)
	}
	_ = m.Check()
}

var forms = []string{
	`(cfp :sender ann :receiver (bob cy) :reply-to dan :protocol fipa-request :conversation-id "ann/<1>" :reply-with ann/1/1 :in-reply-to bob/1 :reply-by 3s ` +
		`:language fishing-1 :encoding utf-8 :ontology fishing :X-2 "" :X-origin eve :content {"action":"fish"})`,
	`(inform :receiver bob :language natural :content "hi, \"bob\"\n")`,
	"(INFORM :sender (agent-identifier :name i :addresses (sequence x (y :z)))\n:receiver (set j \"k l\") :content \"p\\u202e\" :language sl)",
	`(request :content {"a":["\u2028",1e5,{"b":null}]})`, `(inform :content {"z":"zoë","a":1,"a":2})`,
	`(tell :sender a :content "b(X)")`, `(agree)`, `(("`, "(inform :X-\xff a)",
}

func FuzzParse(f *testing.F) {
	for _, text := range forms {
		f.Add(text)
	}
	f.Fuzz(checkForm)
}

// The same for a while in every run: forms of which a piece was taken, put elsewhere or replaced.
func TestWhatIsReadIsWrittenTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 2))
	for range 30_000 {
		text := forms[r.IntN(len(forms))]
		for range 1 + r.IntN(3) {
			i := r.IntN(len(text) + 1)
			j := i + r.IntN(min(len(text)-i, 12)+1)
			piece := strange[r.IntN(len(strange))]
			if r.IntN(2) == 0 {
				other := forms[r.IntN(len(forms))]
				k := r.IntN(len(other))
				piece = other[k:min(len(other), k+r.IntN(20))]
			}
			text = text[:i] + piece + text[j:]
		}
		checkForm(t, text)
	}
}
