package interaction_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/polis-agents/polis/protocol/interaction"
)

// ask is a small protocol that is right: each case below changes one thing in it.
const ask = `protocol: ask
doc: a question and its answer
waits: {reply: 30s}
bounds: {often: 3}
initiator:
  START:
    - {send: query-ref, to: WAIT}
  WAIT:
    - {receive: inform, to: "[DONE]"}
    - {after: reply, to: "[TIMEOUT]"}
participant:
  START:
    - {receive: query-ref, to: DECIDE}
  DECIDE:
    - {send: inform, to: "[DONE]"}
    - {after: reply, to: "[EXPIRED]"}
`

func TestReadNamesTheLineTheThingAndWhatIsAccepted(t *testing.T) {
	if _, err := interaction.Read([]byte(ask)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"protocol: ask", "protocol: Ask it", `protocol "Ask it"; accepted are lower-case words`},
		{"protocol: ask", "protocol: [ask]", `line 1: protocol: "[ask]"; accepted is text`},
		{"protocol: ask", "protocoll: ask", `line 1: field "protocoll"; accepted are protocol, source, doc,`},
		{"protocol: ask", "meta: ask", `line 1: field "meta"; accepted are protocol,`},
		{"doc: a", "many: 3\ndoc: a", `line 2: many: "3"; accepted is true or false`},
		{"doc: a", "protocol: b\ndoc: a", `line 2: mapping key "protocol" already defined`},
		{"doc: a question and its answer", `doc: "a\nb"`, `doc of 3 bytes, "a\nb"; accepted is one line`},
		{"doc: a", "\tdoc: a", "line 2: "},
		{"reply: 30s", "reply: 30", `line 3: wait "reply": "30"; accepted is a duration above 0`},
		{"reply: 30s", "reply: -3s", `line 3: wait "reply": "-3s"; accepted is a duration`},
		{"reply: 30s", "reply: 90000h", `line 3: wait "reply": "90000h"; accepted is a duration above 0 and up to ten years`},
		{"reply: 30s", "reply: 0s", `line 3: wait "reply": "0s"; accepted is a duration above 0`},
		{"{reply: 30s}", "{reply: 30s, Late: 1s}", `wait "Late"; accepted are different lower-case words`},
		{"{often: 3}", "{often: 3, \"often \": 3}", `bound "often " of 3; accepted are`},
		{"  WAIT:\n", "  Wait:\n", `"WAIT"; accepted is one of the 4 states`},
		{"protocol: ask", "protocol: *ask", `line 1: protocol: "*ask"; accepted is text`},
		{"query-ref, to: WAIT", "query-ref, when: {none: [*a]}, to: WAIT", `line 7: state "START" of the initiator, move 1, when, none: "[*a]"; accepted is a list of states`},
		{"{reply: 30s}", "30s", `line 3: waits; accepted is a mapping`},
		{"often: 3", "often: 0", `bound "often" of 0; accepted are names that nothing else has, and 1 to`},
		{"often: 3", "often: 1e300", `line 4: bound "often": "1e300"; accepted is a whole number`},
		{"often: 3", "often: 99999999999999999999", `line 4: bound "often": "99999999999999999999"; accepted is a whole number`},
		{"often: 3", "often: 3000000000", `bound "often" of 3000000000; accepted are`},
		{"often: 3", "reply: 3", `bound "reply" of 3; accepted are names that nothing else has`},
		{"send: query-ref", "sned: query-ref", `line 7: state "START" of the initiator, move 1: field "sned"; accepted are receive, after, on, send,`},
		{"send: query-ref", "send: query", `line 7: state "START" of the initiator, move 1, send: label "query"; accepted is an act of FIPA SC00037J`},
		{"send: query-ref", `send: "query-ref:"`, `line 7: state "START" of the initiator, move 1, send: label "query-ref:"`},
		{"send: query-ref", `send: "query-ref:a b"`, `and perhaps a kind of letters`},
		{"send: query-ref", "send: 3", `line 7: state "START" of the initiator, move 1, send: label "3"`},
		{"send: query-ref", "send: [query-ref]", `line 7: state "START" of the initiator, move 1, send: "[query-ref]"; accepted is an act`},
		{"send: query-ref", "send: any", `line 7: state "START" of the initiator, move 1: sends any; accepted is an act, or any`},
		{"{send: query-ref, to: WAIT}", "query-ref", `line 7: state "START" of the initiator, move 1; accepted is a mapping`},
		{"{send: query-ref, to: WAIT}", "{send: query-ref, send: inform, to: WAIT}", `line 7: mapping key "send" already defined`},
		{"query-ref, to: WAIT", "query-ref, to: WAITING", `line 7: state "START" of the initiator, move 1: to "WAITING"; accepted is one of the 4 states`},
		{"query-ref, to: WAIT", "query-ref, round: yes, to: WAIT", `line 7: state "START" of the initiator, move 1, round: "yes"; accepted is true or false`},
		{"receive: inform, to", "receive: inform, round: true, to", `line 9: state "WAIT" of the initiator, move 1: round; accepted is it with a message that does not end`},
		{"receive: inform, to", "receive: inform, on: x, to", `line 9: state "WAIT" of the initiator, move 1: set off by several things, or by none`},
		{"receive: inform, to", "clause: 1, to", `line 9: state "WAIT" of the initiator, move 1: set off by several things, or by none`},
		{"receive: inform, to", "on: Maybe, to", `line 9: state "WAIT" of the initiator, move 1: on "Maybe"; accepted is a lower-case word`},
		{"receive: inform, to", "receive: inform, when: {all: [WAIT]}, to", `line 9: state "WAIT" of the initiator, move 1, when: field "all"; accepted are none, fewer,`},
		{"receive: inform, to", "receive: inform, when: {none: WAIT}, to", `line 9: state "WAIT" of the initiator, move 1, when, none: "WAIT"; accepted is a list of states`},
		{"receive: inform, to", "receive: inform, when: {none: [WAIT]}, to", `line 9: state "WAIT" of the initiator, move 1: a guard about other sessions; accepted is it in a protocol that says many`},
		{"receive: inform, to", "receive: inform, when: {level: true}, to", `move 1: a guard about other sessions`},
		{"receive: inform, to", "receive: inform, when: {fewer: {in: [W], than: often}}, to", `line 9: state "WAIT" of the initiator, move 1: state "W" in a guard; accepted is one of this machine`},
		{"receive: inform, to", "receive: inform, when: {fewer: {of: 1}}, to", `line 9: state "WAIT" of the initiator, move 1, when, fewer: field "of"; accepted are in, than`},
		{"receive: inform, to", "receive: inform, when: {most: seldom}, to", `line 9: state "WAIT" of the initiator, move 1: bound "seldom" in a guard; accepted is one that the protocol names`},
		{"receive: inform, to", "receive: inform, when: {answer: newer}, to", `line 9: state "WAIT" of the initiator, move 1: answer "newer"; accepted are cancel and older`},
		{"after: reply, to: \"[TIMEOUT]\"", "after: answer, to: \"[TIMEOUT]\"", `line 10: state "WAIT" of the initiator, move 2: after "answer"; accepted is a wait that the protocol names`},
		{"{after: reply, to: \"[TIMEOUT]\"}", "{receive: inform, to: \"[TIMEOUT]\"}", `line 10: state "WAIT" of the initiator, move 2: set off by the same as move 1`},
		{"    - {after: reply, to: \"[EXPIRED]\"}\n", "  ELSE:\n    - {on: x, to: DECIDE}\n", `line 17: state "ELSE" of the participant: no move leads there`},
		{"  WAIT:\n", "  wait:\n", `line 7: state "START" of the initiator, move 1: to "WAIT"; accepted is`},
		{"  DECIDE:\n", "  \"[DECIDE]\":\n", `line 13: state "START" of the participant, move 1: to "DECIDE"; accepted is one of the 4 states of this machine, or an end in brackets; and 4 more`},
		{"to: DECIDE}\n  DECIDE:", "to: \"[E]\"}\n  \"[E]\":", `line 15: state "[E]" of the participant: 2 moves; accepted are at most 64, and none of an end`},
		{"receive: query-ref, to: DECIDE", "send: query-ref, to: DECIDE", `line 13: state "START" of the participant: as the first it can do more, or less, than receive messages`},
		{"to: DECIDE}", "to: DECIDE, clause: \"" + strings.Repeat("x", 501) + "\"}", `line 13: state "START" of the participant, move 1: clause of 501 bytes`},
		{"initiator:\n", "initiator: &a\n", "line 5: the initiator; accepted is a mapping"},
		{"inform, to: \"[DONE]\"", "inform, to: *a", "line 9: "},
		{"inform, to: \"[DONE]\"", "inform, to: !!str X", "accepted is"},
		{"protocol: ask", "protocol: ask\n---\nprotocol: b", "2 documents; accepted is one"},
	} {
		text := strings.Replace(ask, c.old, c.new, 1)
		if text == ask {
			t.Fatalf("%q is not there", c.old)
		}
		_, err := interaction.Read([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "interaction: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: %v; wanted is %s", c.new, c.old, err, c.want)
		} else if strings.Contains(err.Error(), "\n") || len(err.Error()) > 500 {
			t.Errorf("%q for %q: not one short line: %v", c.new, c.old, err)
		}
	}
}

// The whole of an error: no line where none is meant, and no more than there is.
func TestReadErrorsWhole(t *testing.T) {
	brackets := func(n int) string {
		return "protocol: x\nsource: " + strings.Repeat("[", n) + strings.Repeat("]", n) + "\n"
	}
	for _, c := range []struct{ text, want string }{
		{strings.Replace(ask, "protocol: ask", "protocol: Ask", 1), `interaction: protocol "Ask"; accepted are lower-case words with hyphens, at most 64 characters`},
		{strings.Replace(ask, "query-ref, to: WAIT", "query-ref, to: WAITING", 1),
			`interaction: line 7: state "START" of the initiator, move 1: to "WAITING"; accepted is one of the 4 states of this machine, or an end in brackets; and 3 more`},
		{"protocol: x\n# " + strings.Repeat("y", 1999), "interaction: line 2: 2001 bytes; accepted are at most 2000"},
		{brackets(33), "interaction: line 2: more than 32 brackets that are not closed"},
		{strings.Repeat("[\n", 40), "interaction: line 33: more than 32 brackets that are not closed"},
		{strings.Repeat("#", interaction.MaxFile+1), "interaction: a protocol file of 65537 bytes; accepted are at most 65536"},
		{strings.Replace(ask, "doc: a", "\"protocol\": b\ndoc: a", 1), `interaction: line 2: mapping key "protocol" already defined at [1:1]`},
	} {
		if _, err := interaction.Read([]byte(c.text)); err == nil || err.Error() != c.want {
			t.Errorf("%.80q: %v\nwanted: %s", c.text, err, c.want)
		}
	}
	for _, text := range []string{brackets(32), "# " + strings.Repeat("y", 1997) + "\n" + ask} {
		if _, err := interaction.Read([]byte(text)); err != nil && strings.Contains(err.Error(), "at most 2000") || err != nil && strings.Contains(err.Error(), "brackets that are not closed") {
			t.Errorf("%.80q: %v", text, err)
		}
	}
}

// What Read cannot meet, programs that make a protocol themselves can.
func TestCheckOfDataThatNoFileGave(t *testing.T) {
	right := func() *interaction.Protocol {
		p, err := interaction.Read([]byte(ask))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	states := func(n int) (m interaction.Machine) {
		for i := range n {
			m = append(m, interaction.State{Name: fmt.Sprintf("S%d", i), Moves: []interaction.Move{{Send: interaction.Label{Act: "inform"}, To: fmt.Sprintf("S%d", (i+1)%n)}}})
		}
		return m
	}
	moves := func(n int) (moves []interaction.Move) {
		for i := range n {
			moves = append(moves, interaction.Move{Receive: interaction.Label{Act: "inform", Kind: fmt.Sprintf("k%d", i)}, To: "[DONE]"})
		}
		return moves
	}
	for _, c := range []struct {
		what string
		do   func(p *interaction.Protocol)
		want string // "": nothing is wrong
	}{
		{"as it is", func(*interaction.Protocol) {}, ""},
		{"256 states", func(p *interaction.Protocol) { p.Initiator = states(256) }, ""},
		{"257 states", func(p *interaction.Protocol) { p.Initiator = states(257) }, "initiator: 257 states; accepted are 1 to 256"},
		{"no states", func(p *interaction.Protocol) { p.Participant = nil }, "participant: 0 states"},
		{"two states of a name", func(p *interaction.Protocol) { p.Initiator = append(p.Initiator, p.Initiator[1]) }, `state "WAIT" of the initiator: its name; accepted are different words`},
		{"a name in lower case", func(p *interaction.Protocol) { p.Initiator[1].Name, p.Initiator[0].Moves[0].To = "wait", "wait" }, `state "wait" of the initiator: its name`},
		{"64 moves", func(p *interaction.Protocol) { p.Initiator[1].Moves = append(moves(63), p.Initiator[1].Moves[1]) }, ""},
		{"65 moves", func(p *interaction.Protocol) { p.Initiator[1].Moves = append(moves(64), p.Initiator[1].Moves[1]) }, "65 moves; accepted are at most 64"},
		{"an end with moves", func(p *interaction.Protocol) { p.Initiator[2].Moves = moves(1) }, `state "[DONE]" of the initiator: 1 moves`},
		{"an end that is none", func(p *interaction.Protocol) { p.Initiator[2].Final = false }, `state "[DONE]" of the initiator: 0 moves`},
		{"two waits of a name", func(p *interaction.Protocol) { p.Waits = append(p.Waits, p.Waits[0]) }, `wait "reply"; accepted are different`},
		{"two bounds of a name", func(p *interaction.Protocol) { p.Bounds = append(p.Bounds, p.Bounds[0]) }, `bound "often" of 3; accepted are names that nothing else has`},
		{"the greatest bound", func(p *interaction.Protocol) { p.Bounds[0].Most = 1_000_000_000 }, ""},
		{"a greater one", func(p *interaction.Protocol) { p.Bounds[0].Most = 1_000_000_001 }, `bound "often" of 1000000001`},
		{"64 bounds", func(p *interaction.Protocol) { p.Bounds = bounds(64) }, ""},
		{"65 bounds", func(p *interaction.Protocol) { p.Bounds = bounds(65) }, "65 waits or bounds; accepted are at most 64"},
		{"a clause of 500 bytes", func(p *interaction.Protocol) { p.Initiator[0].Moves[0].Clause = strings.Repeat("x", 500) }, ""},
		{"a doc that is not UTF-8", func(p *interaction.Protocol) { p.Doc = "\xff" }, "doc of 1 bytes"},
		{"a source with a line's end", func(p *interaction.Protocol) { p.Source = "a\n" }, "source of 2 bytes"},
		{"a lease that ends in a cancel", func(p *interaction.Protocol) {
			p.Initiator[1].Moves[1].To = "CANCELLING/WAIT"
			p.Initiator = p.Initiator[:3]
		}, ""},
		{"a cancel of nothing", func(p *interaction.Protocol) {
			p.Initiator[1].Moves[1].To = "CANCELLING/START"
			p.Initiator = p.Initiator[:3]
		}, `to "CANCELLING/START"; accepted is one of the 3 states`},
		{"a beginning without moves", func(p *interaction.Protocol) { p.Participant[0].Moves = nil }, `state "START" of the participant: as the first it can do more, or less`},
		{"a beginning that waits", func(p *interaction.Protocol) {
			p.Initiator[0].Moves = append(p.Initiator[0].Moves, interaction.Move{After: "reply", Send: interaction.Label{Act: "inform"}, To: "WAIT"})
		}, `state "START" of the initiator: as the first it can do more, or less`},
		{"a message that may be sent twice", func(p *interaction.Protocol) {
			p.Initiator[0].Moves = append(p.Initiator[0].Moves, p.Initiator[0].Moves[0])
		}, `state "START" of the initiator, move 2: set off by the same as move 1`},
		{"a guard about the first state", func(p *interaction.Protocol) { p.Many = true; p.Initiator[0].Moves[0].When.None = []string{"START"} }, ""},
		{"a silent round", func(p *interaction.Protocol) {
			p.Participant[1].Moves[1].Round, p.Participant[1].Moves[1].To = true, "DECIDE"
			p.Participant = p.Participant[:3]
		}, "round; accepted is it with a message"},
	} {
		p := right()
		c.do(p)
		err := p.Check()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v; wanted is %q", c.what, err, c.want)
		}
	}
}

func bounds(n int) (all []interaction.Bound) {
	for i := range n {
		all = append(all, interaction.Bound{Name: fmt.Sprintf("b%d", i), Most: 1})
	}
	return all
}

// hostile are files that take a careless reader long, or down.
func hostile() map[string]string {
	return map[string]string{
		"nothing":          "",
		"a list":           "- a\n",
		"no machines":      "protocol: x\ninitiator:\nparticipant:\n",
		"deep brackets":    strings.Repeat("[", 60_000),
		"deeper over many": strings.Repeat("[\n", 30_000),
		"deep braces":      strings.Repeat("{a: ", 15_000),
		"dashes":           strings.Repeat("- ", 30_000),
		"colons":           strings.Repeat("a: ", 20_000),
		"tags":             strings.Repeat("!!str ", 10_000),
		"comments":         strings.Repeat("# x\n", 16_000),
		"a quote":          strings.Repeat("'", 60_001),
		"too long":         strings.Repeat("#", interaction.MaxFile+1),
		"states":           "protocol: x\ninitiator:\n" + strings.Repeat("  A:\n", 9000),
		"moves":            "protocol: x\ninitiator:\n  A:\n" + strings.Repeat("  - {on: x}\n", 5000),
		"aliases":          "protocol: x\ninitiator:\n  A:\n  - &a {on: x, when: {none: &b [A, A]}}\n" + strings.Repeat("  - {on: x, when: {none: [*b, *b]}}\n", 1000),
		"itself":           "initiator:\n  START: &a\n    - *a\n",
		"merged":           "protocol: a\ninitiator: &x\n  START:\n    - {send: cfp, to: A}\nparticipant:\n  <<: *x\n",
		"a null":           "protocol: \x00\n",
		"not UTF-8":        "protocol: \xff\xfe\n",
	}
}

func TestHostileFilesAreRefusedAtOnce(t *testing.T) {
	for name, text := range hostile() {
		begin := time.Now()
		if _, err := interaction.Read([]byte(text)); err == nil {
			t.Errorf("%s: read", name)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(begin); took > 10*time.Second { // a second or less on an idle machine; some took a minute before
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// FuzzRead: whatever is read is a protocol, can be expanded to one, drawn and enumerated; nothing panics.
func FuzzRead(f *testing.F) {
	f.Add([]byte(ask))
	for _, text := range hostile() {
		if len(text) < 4000 {
			f.Add([]byte(text))
		}
	}
	names, err := filepath.Glob("fipa/*.yaml")
	if err != nil || len(names) < 11 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := interaction.Read(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("more than one line: %v", err)
			}
			return
		}
		if err := p.Check(); err != nil {
			t.Fatalf("read, and yet: %v", err)
		}
		e := interaction.Expand(p)
		if err := e.Check(); err != nil {
			t.Fatalf("expanded: %v", err)
		}
		for _, r := range []interaction.Role{interaction.Initiator, interaction.Participant} {
			if drawn := interaction.Draw(p, r); !strings.HasPrefix(drawn, "stateDiagram-v2\n") {
				t.Fatal(drawn)
			}
			n := 0
			for trace := range e.Traces(r, 4) {
				if n++; n > 100 || trace.String() == "" {
					break
				}
			}
		}
	})
}
