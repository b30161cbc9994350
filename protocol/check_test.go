package protocol_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/polis-agents/polis/protocol"
)

// sound is a message of an act that may be sent, with every parameter given.
func sound(act protocol.Act) protocol.Message {
	m := protocol.Message{Act: act, Sender: "ann", Receivers: []string{"bob", "cy"}, ReplyTo: []string{"dan"}, Encoding: "utf-8", Ontology: "fishing",
		Language: "fishing-1", Protocol: "fipa-request", Conversation: "ann/1", ReplyWith: "ann/1/1", InReplyTo: "bob/1", ReplyBy: 3 * time.Second,
		Extra: map[string]string{"X-origin": "eve", "X-2": ""}, Content: protocol.Done{Action: "fish"}}
	if act.Reasoned() {
		m.Content = protocol.Reason{Code: "late", Detail: "it is <over>"}
	}
	return m
}

func many(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("agent", (i*7919)%n)
	}
	return names
}

var (
	long   = strings.Repeat("ä", 128)
	longer = long + "x"
)

// "An error says thing, value, what is accepted": and, for programs, which parameter and what kind of fault.
func TestCheckSaysWhatIsMalformed(t *testing.T) {
	type M = protocol.Message
	said := func(m *M, act protocol.Act, content any) { *m = sound(act); m.Content = content }
	free := func(m *M, act protocol.Act, content any) { said(m, act, content); m.Protocol = "" }
	for name, c := range map[string]struct {
		edit                  func(*M)
		parameter, code, want string // "" = it may be sent
	}{
		"whole":                  {func(*M) {}, "", "", ""},
		"no content":             {func(m *M) { m.Content = nil }, "", "", ""},
		"no more than needed":    {func(m *M) { *m = M{Act: protocol.Agree, Receivers: []string{"kate"}} }, "", "", ""},
		"no act":                 {func(m *M) { m.Act = "" }, "performative", "missing-parameter", "without an act; accepted are those of FIPA SC00037J: [accept-proposal"},
		"an act of nobody":       {func(m *M) { m.Act = "shout\n" }, "performative", "unsupported-act", `act "shout\n"; accepted`},
		"inform-if":              {func(m *M) { m.Act = protocol.InformIf }, "performative", "unexpected-act", "no act of its own"},
		"inform-ref":             {func(m *M) { m.Act = protocol.InformRef }, "performative", "unexpected-act", "no act of its own"},
		"no receiver":            {func(m *M) { m.Receivers = nil }, "receiver", "missing-parameter", "request without a receiver"},
		"empty receiver":         {func(m *M) { m.Receivers = []string{"kate", ""} }, "receiver", "unrecognised-value", "receiver 1 has no name"},
		"broken receiver":        {func(m *M) { m.Receivers = []string{"kate\xff"} }, "receiver", "unrecognised-value", `"kate\xff", of 5 bytes; accepted are 1 to 256`},
		"a longest receiver":     {func(m *M) { m.Receivers = []string{long} }, "", "", ""},
		"a longer receiver":      {func(m *M) { m.Receivers = []string{longer} }, "receiver", "unrecognised-value", "of 257 bytes"},
		"two of three":           {func(m *M) { m.Receivers = []string{"kate", "jack", "kate"} }, "receiver", "unrecognised-value", `receiver "kate" twice`},
		"two side by side":       {func(m *M) { m.Receivers = []string{"jack", "kate", "kate"} }, "receiver", "unrecognised-value", `receiver "kate" twice`},
		"unsorted":               {func(m *M) { m.Receivers = []string{"kate", "jack"} }, "", "", ""},
		"two of 17":              {func(m *M) { m.Receivers = append(many(16), "agent3") }, "receiver", "unrecognised-value", `"agent3" twice`},
		"two of 1000":            {func(m *M) { m.Receivers = append(many(999), "agent3") }, "receiver", "unrecognised-value", `"agent3" twice`},
		"1000":                   {func(m *M) { m.Receivers = many(1000) }, "", "", ""},
		"most receivers":         {func(m *M) { m.Receivers = many(protocol.MaxReceivers) }, "", "", ""},
		"more receivers":         {func(m *M) { m.Receivers = many(protocol.MaxReceivers + 1) }, "receiver", "unsupported-value", "receiver of 65537 names; accepted are at most 65536"},
		"most reply-to":          {func(m *M) { m.ReplyTo = many(protocol.MaxReplyTo) }, "", "", ""},
		"more reply-to":          {func(m *M) { m.ReplyTo = many(protocol.MaxReplyTo + 1) }, "reply-to", "unsupported-value", "reply-to of 65 names; accepted are at most 64"},
		"empty reply-to":         {func(m *M) { m.ReplyTo = []string{""} }, "reply-to", "unrecognised-value", "reply-to 0 has no name"},
		"language":               {func(m *M) { m.Language = longer }, "language", "unrecognised-value", "of 257 bytes"},
		"encoding":               {func(m *M) { m.Encoding = longer }, "encoding", "unrecognised-value", "of 257 bytes"},
		"ontology":               {func(m *M) { m.Ontology = "\xff" }, "ontology", "unrecognised-value", `"\xff"`},
		"protocol":               {func(m *M) { m.Protocol = longer }, "protocol", "unrecognised-value", "of 257 bytes"},
		"conversation":           {func(m *M) { m.Conversation = longer }, "conversation-id", "unrecognised-value", "of 257 bytes"},
		"reply-with":             {func(m *M) { m.ReplyWith = longer }, "reply-with", "unrecognised-value", "of 257 bytes"},
		"in-reply-to":            {func(m *M) { m.InReplyTo = longer }, "in-reply-to", "unrecognised-value", "of 257 bytes"},
		"reply-by":               {func(m *M) { m.ReplyBy = -time.Second }, "reply-by", "unrecognised-value", "-1s; accepted is a time since the start"},
		"no conversation":        {func(m *M) { m.Conversation = "" }, "conversation-id", "missing-parameter", `request in protocol "fipa-request" without one`},
		"free conversation":      {func(m *M) { m.Protocol, m.Conversation = "", "" }, "", "", ""},
		"most extra":             {func(m *M) { m.Extra = extra(protocol.MaxExtra) }, "", "", ""},
		"more extra":             {func(m *M) { m.Extra = extra(protocol.MaxExtra + 1) }, "X-", "unsupported-value", "33 user-defined parameters; accepted are at most 32"},
		"extra without X-":       {func(m *M) { m.Extra["sender"] = "eve" }, "X-", "unexpected-parameter", `parameter "sender"`},
		"extra of a small x":     {func(m *M) { m.Extra["x-a"] = "eve" }, "X-", "unexpected-parameter", `parameter "x-a"`},
		"extra of X- alone":      {func(m *M) { m.Extra["X-"] = "eve" }, "X-", "unexpected-parameter", `parameter "X-"`},
		"extra with a space":     {func(m *M) { m.Extra["X-a :sender b"] = "eve" }, "X-", "unexpected-parameter", `parameter "X-a :sender b"`},
		"extra, a longest name":  {func(m *M) { m.Extra["X-"+strings.Repeat("a", 254)] = "eve" }, "", "", ""},
		"extra, a longer name":   {func(m *M) { m.Extra["X-"+strings.Repeat("a", 255)] = "eve" }, "X-", "unexpected-parameter", `parameter "X-aaa`},
		"extra, a longest value": {func(m *M) { m.Extra["X-a"] = strings.Repeat("x", 4096) }, "", "", ""},
		"extra, a longer value":  {func(m *M) { m.Extra["X-a"] = strings.Repeat("x", 4097) }, "X-a", "unrecognised-value", "of 4097 bytes"},
		"extra, a broken value":  {func(m *M) { m.Extra["X-a"] = "\xff" }, "X-a", "unrecognised-value", "valid UTF-8"},
		"the first of two extra": {func(m *M) { m.Extra["b"], m.Extra["a"], m.Extra["c"] = "", "", "" }, "X-", "unexpected-parameter", `parameter "a"`},

		"text":                  {func(m *M) { *m = protocol.Say("hello", "bob") }, "", "", ""},
		"the longest text":      {func(m *M) { *m = protocol.Say(strings.Repeat("x", protocol.MaxText), "bob") }, "", "", ""},
		"longer text":           {func(m *M) { *m = protocol.Say(strings.Repeat("x", protocol.MaxText+1), "bob") }, "content", "unrecognised-value", "of 16385 bytes"},
		"broken text":           {func(m *M) { *m = protocol.Say("\xff", "bob") }, "content", "unrecognised-value", "valid UTF-8"},
		"text in no language":   {func(m *M) { said(m, protocol.Inform, protocol.Text("hello")); m.Language = "" }, "content", "unrecognised-value", `in language ""`},
		"no text in natural":    {func(m *M) { m.Language = protocol.Natural }, "content", "unrecognised-value", "type protocol.Done"},
		"nothing in natural":    {func(m *M) { m.Language, m.Content = protocol.Natural, nil }, "content", "unrecognised-value", "type <nil>"},
		"expression":            {func(m *M) { said(m, protocol.Inform, protocol.Expression("p(X)")) }, "", "", ""},
		"expression of none":    {func(m *M) { said(m, protocol.Inform, protocol.Expression("p(X)")); m.Language = "" }, "content", "unrecognised-value", "language that is named"},
		"expression in natural": {func(m *M) { said(m, protocol.Inform, protocol.Expression("p(X)")); m.Language = protocol.Natural }, "content", "unrecognised-value", "language that is named"},
		"broken expression":     {func(m *M) { said(m, protocol.Inform, protocol.Expression("\xff")) }, "content", "unrecognised-value", "valid UTF-8"},
		"a reason":              {func(m *M) { said(m, protocol.Refuse, protocol.Reason{Code: "late"}) }, "", "", ""},
		"a reason without code": {func(m *M) { free(m, protocol.Refuse, protocol.Reason{Detail: "so"}) }, "content", "unrecognised-value", `code ""`},
		"a reason with too much": {func(m *M) {
			free(m, protocol.Refuse, protocol.Reason{Code: "late", Detail: strings.Repeat("x", protocol.MaxText+1)})
		}, "content", "unrecognised-value", "16385 bytes"},
		"a refusal without":       {func(m *M) { said(m, protocol.Refuse, nil) }, "content", "missing-parameter", "<nil> of kind"},
		"a failure without":       {func(m *M) { said(m, protocol.Failure, protocol.Note{}) }, "content", "missing-parameter", "protocol.Note of kind"},
		"nothing understood":      {func(m *M) { said(m, protocol.NotUnderstood, 3) }, "content", "missing-parameter", "int of kind"},
		"a rejection in words":    {func(m *M) { said(m, protocol.RejectProposal, protocol.Text("no")); m.Language = protocol.Natural }, "content", "missing-parameter", "protocol.Text of kind"},
		"a refusal of another":    {func(m *M) { said(m, protocol.Refuse, protocol.Note{What: "busy"}) }, "", "", ""},
		"a kind too long":         {func(m *M) { said(m, protocol.Refuse, protocol.Note{What: longer}) }, "content", "missing-parameter", "1 to 256 bytes"},
		"a free refusal":          {func(m *M) { free(m, protocol.Refuse, nil) }, "", "", ""},
		"a message within":        {func(m *M) { said(m, protocol.Proxy, protocol.Embedded{Message: json.RawMessage("{}")}) }, "", "", ""},
		"no message within":       {func(m *M) { said(m, protocol.Proxy, protocol.Embedded{}) }, "content", "unsupported-value", "of 0 bytes"},
		"too much message within": {func(m *M) { said(m, protocol.Proxy, protocol.Embedded{Message: make([]byte, protocol.MaxEmbedded+1)}) }, "content", "unsupported-value", "of 65537 bytes"},
	} {
		m := sound(protocol.Request)
		c.edit(&m)
		err := m.Check()
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var why *protocol.Malformed
		if !errors.As(err, &why) || why.Parameter != c.parameter || why.Code != c.code || !strings.Contains(err.Error(), c.want) ||
			!strings.HasPrefix(err.Error(), "protocol: ") || len(err.Error()) > 700 || strings.Contains(err.Error(), "\n") || !utf8.ValidString(err.Error()) {
			t.Errorf("%s: got %v, want %s of %s: %s", name, err, c.code, c.parameter, c.want)
			continue
		}
		// What it says can be told to who sent the message.
		nu := protocol.Message{Act: protocol.NotUnderstood, Receivers: []string{"ann"}, Protocol: "fipa-request", Conversation: "c", Content: why.Reason()}
		if err := nu.Check(); err != nil || why.Reason() != (protocol.Reason{Code: c.code, Detail: why.Detail}) {
			t.Errorf("%s: its reason is %+v, which cannot be sent: %v", name, why.Reason(), err)
		}
	}
}

func extra(n int) map[string]string {
	all := map[string]string{}
	for i := range n {
		all[fmt.Sprint("X-", i)] = "v"
	}
	return all
}

// "The 22 acts": each is sent with every parameter, but for the two that only stand within others.
func TestTheActsAreTwentyTwo(t *testing.T) {
	reasoned, inner := 0, 0
	for _, act := range protocol.Acts {
		m := sound(act)
		if err := m.Check(); (err == nil) == act.Inner() {
			t.Errorf("%s: %v", act, err)
		}
		if err := m.CheckEmbedded(); err != nil {
			t.Errorf("%s within another: %v", act, err)
		}
		if m.Content = nil; act.Reasoned() != (m.CheckEmbedded() != nil) {
			t.Errorf("%s without a reason: %v", act, m.CheckEmbedded())
		}
		if act.Reasoned() {
			reasoned++
		}
		if act.Inner() {
			inner++
		}
		if !act.Known() || (act + "x").Known() {
			t.Errorf("%s is known: %v", act, act.Known())
		}
	}
	if len(protocol.Acts) != 22 || reasoned != 4 || inner != 2 {
		t.Errorf("there are %d acts, %d with reasons, %d within others", len(protocol.Acts), reasoned, inner)
	}
	m := sound(protocol.Request)
	if m.Receivers = nil; m.CheckEmbedded() != nil {
		t.Errorf("it is not addressed yet: %v", m.CheckEmbedded())
	}
}

// Content says what kind of thing it is, so that protocols can tell messages of one act apart.
func TestTheKindsOfContent(t *testing.T) {
	for _, c := range []struct {
		content any
		want    string
	}{
		{protocol.Done{Action: "fish"}, "done"}, {protocol.Truth{Holds: true}, "true"}, {protocol.Truth{}, "false"}, {protocol.Reason{Code: "late"}, "late"},
		{protocol.Note{What: "start"}, "start"}, {protocol.Text("done"), ""}, {protocol.Expression("done"), ""}, {nil, ""}, {3, ""},
	} {
		if got := protocol.KindOf(c.content); got != c.want {
			t.Errorf("%T: %q", c.content, got)
		}
	}
}

// What stands within a message is hostile until it is checked.
func TestAnEmbeddedMessageIsOpenedWhole(t *testing.T) {
	text := `{"act":"inform-if","content":{"action":"fish"},"conversation":"ann/1","encoding":"utf-8","extra":{"X-2":"","X-origin":"eve"},"in_reply_to":"bob/1",` +
		`"language":"fishing-1","ontology":"fishing","protocol":"fipa-request","receivers":["bob","cy"],"reply_by":3000000000,"reply_to":["dan"],"reply_with":"ann/1/1","sender":"ann"}`
	want := sound(protocol.InformIf)
	if got, err := (protocol.Embedded{Message: []byte(text)}).Open(read); err != nil || !reflect.DeepEqual(got, &want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for text, want := range map[string]string{
		`{"act":"inform","content":{"action":"go"},"reply_by":-1}`: "protocol: reply-by -1ns",
		`{"act":"inform","content":{"action":3}}`:                  "protocol: an embedded message: json",
		`{`: "protocol: an embedded message: unexpected end",
		`{"act":"inform","content":{"action":"go"}` + strings.Repeat(" ", protocol.MaxEmbedded) + "}": "an embedded message of 65578 bytes; accepted are 65536",
	} {
		if m, err := (protocol.Embedded{Message: []byte(text)}).Open(read); err == nil || !strings.Contains(err.Error(), want) || m != nil {
			t.Errorf("%.80s: %+v, %v", text, m, err)
		}
	}
}
