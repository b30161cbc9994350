package actors_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/actors"
	"github.com/polis-agents/polis/actors/actorstest"
	"github.com/polis-agents/polis/protocol"
)

// spoken is a message of an act with every parameter given.
func spoken(act protocol.Act) *protocol.Message {
	m := &protocol.Message{Act: act, Sender: "ann", Receivers: []string{"bob", "cy"}, ReplyTo: []string{"dan"}, Encoding: "utf-8", Ontology: "fishing",
		Language: "fishing-1", Protocol: "fipa-request", Conversation: "ann/<1>", ReplyWith: "ann/1/1", InReplyTo: "bob/1", ReplyBy: 3 * time.Second,
		Extra: map[string]string{"X-origin": "eve\n", "X-2": ""}, Content: protocol.Done{Action: "fish"}}
	if act.Reasoned() {
		m.Content = protocol.Reason{Code: "late", Detail: "it is <over>\u2028"}
	}
	return m
}

// "Round trip per act": what is recorded is read as it was, whatever kind of content it has; and so is the text form.
func TestEveryActIsRecordedWhole(t *testing.T) {
	var all []*protocol.Message
	for _, act := range protocol.Acts {
		all = append(all, spoken(act))
	}
	for _, content := range []any{nil, protocol.Truth{}, protocol.Truth{Holds: true}, protocol.Note{What: "start"}, protocol.Expression("p(X) :- q(X)."), protocol.Reason{Code: "late"}} {
		m := spoken(protocol.Inform)
		m.Content = content
		all = append(all, m)
	}
	within, err := actors.Embed(spoken(protocol.InformIf))
	if err != nil {
		t.Fatal(err)
	}
	outer := spoken(protocol.Proxy)
	outer.Content = within
	text := protocol.Say("hello\n\u202e", "bob")
	for _, m := range append(all, outer, &text) {
		payload, _, err := actors.Record(&actors.Turn{}, m)
		if err != nil {
			t.Errorf("%s: %v", m.Act, err)
			continue
		}
		if got, err := actors.ReadEvent("message", payload); err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s: %s is read as %+v, %v", m.Act, payload, got, err)
		}
		line, err := actors.Format(m)
		if got, err2 := actors.Parse(line); err != nil || err2 != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s: %s is read as %+v, %v, %v", m.Act, line, got, err, err2)
		}
	}
}

// An embedded message comes out as it went in, also of one that is embedded itself.
func TestAnEmbeddedMessageComesOutWhole(t *testing.T) {
	for _, act := range protocol.Acts {
		inner := spoken(act)
		within, err := actors.Embed(inner)
		if err != nil {
			t.Fatal(err)
		}
		outer := spoken(protocol.Propagate)
		outer.Content = within
		twice, err := actors.Embed(outer)
		if err != nil {
			t.Fatal(err)
		}
		got, err := actors.Open(twice)
		if err != nil || !reflect.DeepEqual(got, outer) {
			t.Fatalf("%s: %+v, %v", act, got, err)
		}
		if got, err = actors.Open(got.Content.(protocol.Embedded)); err != nil || !reflect.DeepEqual(got, inner) {
			t.Errorf("%s: %+v, %v", act, got, err)
		}
	}
	open := &protocol.Message{Act: protocol.QueryRef, Content: protocol.Note{What: "price"}} // who is to get it is not known yet
	within, err := actors.Embed(open)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := actors.Open(within); err != nil || !reflect.DeepEqual(got, open) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatIsNoMessageIsNotEmbedded(t *testing.T) {
	type stranger struct{}
	big := spoken(protocol.Inform)
	big.Content = note{strings.Repeat("x", protocol.MaxEmbedded)}
	for name, c := range map[string]struct {
		m    *protocol.Message
		want string
	}{
		"no act":            {&protocol.Message{}, "without an act"},
		"too large":         {big, "accepted are 65536"},
		"nobody's payload":  {&protocol.Message{Act: protocol.Inform, Content: stranger{}}, "unregistered"},
		"a malformed inner": {&protocol.Message{Act: protocol.Inform, ReplyBy: -1}, "reply-by"},
	} {
		if e, err := actors.Embed(c.m); err == nil || !strings.Contains(err.Error(), c.want) || e.Message != nil {
			t.Errorf("%s: %d bytes, %v", name, len(e.Message), err)
		}
	}
	for text, want := range map[string]string{
		"":   "unexpected end",
		"[]": "cannot unmarshal",
		"{}": `payload ""`,
		`{"act":"inform","content":{"type":"nobody","value":{}},"conversation":"","receivers":null,"sender":""}`: "nobody",
		`{"act":"shout","content":null}`:                "shout",
		`{"act":"inform","content":null,"reply_by":-1}`: "reply-by",
		`{"act":"inform","content":null,"receivers":["` + strings.Repeat("x", protocol.MaxEmbedded) + `"]}`: "65536",
	} {
		if m, err := actors.Open(protocol.Embedded{Message: json.RawMessage(text)}); err == nil || !strings.Contains(err.Error(), want) || m != nil {
			t.Errorf("%.80s: %+v, %v", text, m, err)
		}
	}
}

// A message that was sent is the engine's: its author may go on with what it was made from.
func TestASentMessageIsACopy(t *testing.T) {
	m := spoken(protocol.Inform)
	p := actorstest.New(t, actors.BehaviorFunc(func(turn *actors.Turn, _ any) error {
		turn.Send(*m)
		m.Receivers[0], m.ReplyTo[0], m.Extra["X-origin"] = "zoe", "zoe", "zoe"
		return nil
	}), actorstest.Config{Self: "ann"})
	if got := p.Give(actors.Started{})[0].Value; !reflect.DeepEqual(got, spoken(protocol.Inform)) {
		t.Errorf("it says %+v", got)
	}
}

func ExampleFormat() {
	line, err := actors.Format(&protocol.Message{Act: protocol.Refuse, Sender: "ann", Receivers: []string{"bob"}, Protocol: "fipa-request",
		Conversation: "bob/1", InReplyTo: "bob/1/1", Content: protocol.Reason{Code: "overloaded"}})
	fmt.Println(line, err)

	m, err := actors.Parse(`(inform :receiver (bob cy) :content "The lake is low.")`)
	fmt.Println(m.Act, m.Receivers, m.Language, m.Content, err)
	// Output:
	// (refuse :sender ann :receiver bob :protocol fipa-request :conversation-id bob/1 :in-reply-to bob/1/1 :content {"type":"protocol.reason","value":{"code":"overloaded"}}) <nil>
	// inform [bob cy] natural The lake is low. <nil>
}
