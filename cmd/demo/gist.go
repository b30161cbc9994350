package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/polis-agents/polis/journal"
	"github.com/polis-agents/polis/protocol"
)

// What a journal holds is told from its JSON alone (docs/journal.md has the forms): it may be of another version, or of
// a scenario that is not known here. What has an unknown form is shown as it is.

// object is one object of the record.
type object map[string]json.RawMessage

func objectOf(text json.RawMessage) object {
	var o object
	if json.Unmarshal(text, &o) != nil {
		return nil
	}
	return o
}

// text of a field: a string as it is, anything else as JSON.
func (o object) text(field string) string {
	var s string
	if json.Unmarshal(o[field], &s) == nil {
		return s
	}
	return string(o[field])
}

// payload is a value without the name of its type where the value alone says enough.
func payload(text json.RawMessage) string {
	o := objectOf(text)
	if o == nil || len(o) != 2 || o["type"] == nil || o["value"] == nil {
		return string(text)
	}
	var words string
	if json.Unmarshal(o["value"], &words) == nil {
		return "“" + words + "”"
	}
	return o.text("type") + " " + string(o["value"])
}

// gist says in few words what reached an actor.
func gist(e *journal.Entry) string {
	o := objectOf(e.Payload)
	switch {
	case string(e.Payload) == "null":
		return ""
	case o == nil:
		return string(e.Payload)
	}
	return eventText(e.Kind, o, e.Payload)
}

func eventText(kind string, o object, text json.RawMessage) string {
	switch kind {
	case "percept":
		return fmt.Sprintf("round %s, %s: %s", o["round"], o.text("phase"), payload(o["view"]))
	case "opened", "tick":
		return fmt.Sprintf("round %s, %s", o["round"], o.text("phase"))
	case "message":
		return fmt.Sprintf("from %s: %s", o.text("sender"), messageText(text))
	case "outcome":
		return outcomeText(o)
	case "action":
		return fmt.Sprintf("%s: %s %s", o.text("agent"), o.text("action"), payload(o["value"]))
	case "undelivered":
		reason := o.text("reason")
		if why := o.text("why"); why != "" {
			reason += " (" + why + ")"
		}
		return fmt.Sprintf("%s did not hear it, %s: %s", o.text("to"), reason, messageText(o["message"]))
	case "answer", "result":
		what := o.text("service") + o.text("job")
		if fault := o.text("unanswered"); fault != "" {
			return fmt.Sprintf("%s of %s: none, %s", what, o.text("id"), fault)
		}
		return fmt.Sprintf("%s of %s: %s", what, o.text("id"), payload(o["value"]))
	case "timer":
		return "of " + o.text("id")
	case "quarantined":
		return fmt.Sprintf("its %s, which failed %s times: %s", o.text("kind"), o["attempts"], o.text("error"))
	}
	return string(text)
}

// messageText is what a message says. Inside a protocol it is the text form, without those it is from and to.
func messageText(text json.RawMessage) string {
	o := objectOf(text)
	if o["protocol"] != nil {
		if m, err := protocol.Read(text, contentOf); err == nil {
			m.Sender, m.Receivers = "", nil
			if line, err := protocol.Format(m, json.Marshal); err == nil {
				return line
			}
		}
	}
	content := ""
	if c := o["content"]; c != nil && string(c) != "null" {
		content = " " + payload(c)
	}
	return o.text("act") + content
}

// contentOf is what a message says, as it is recorded, but for text.
func contentOf(text json.RawMessage) (any, error) {
	o := objectOf(text)
	var words string
	switch {
	case o == nil:
		return nil, nil
	case o.text("type") == "text" && json.Unmarshal(o["value"], &words) == nil:
		return protocol.Text(words), nil
	}
	return text, nil
}

func outcomeText(o object) string {
	if o["reason"] != nil {
		return fmt.Sprintf("%s refused, %s: %s", o.text("action"), o.text("reason"), o.text("detail"))
	}
	return fmt.Sprintf("%s: %s", o.text("action"), payload(o["value"]))
}

// wanted says in few words what a turn wanted done, effect by effect.
func wanted(e *journal.Entry) (texts []string) {
	var effects []json.RawMessage
	if json.Unmarshal(e.Effects, &effects) != nil {
		return []string{string(e.Effects)}
	}
	for _, text := range effects {
		texts = append(texts, effectText(objectOf(text), text))
	}
	return texts
}

// speech begins the text of an effect that is a message.
const speech = "say "

func effectText(o object, text json.RawMessage) string {
	switch {
	case o["act"] != nil:
		done := "act " + payload(o["act"])
		if objectOf(o["act"]).text("type") == "pass" {
			done = "pass"
		}
		if mark := o.text("mark"); mark != "" {
			done += fmt.Sprintf(" (%s: %s)", mark, o.text("why"))
		}
		return done
	case o["send"] != nil:
		m := objectOf(o["send"])
		var receivers []string
		_ = json.Unmarshal(m["receivers"], &receivers)
		return fmt.Sprintf("%sto %s: %s", speech, listed(receivers), messageText(o["send"]))
	case o["ask"] != nil:
		a := objectOf(o["ask"])
		return fmt.Sprintf("ask %s, as %s: %s", a.text("service"), a.text("id"), payload(a["request"]))
	case o["do"] != nil:
		d := objectOf(o["do"])
		return fmt.Sprintf("do %s, as %s: %s", d.text("job"), d.text("id"), payload(d["input"]))
	case o["after"] != nil:
		a := objectOf(o["after"])
		var delay time.Duration
		_ = json.Unmarshal(a["delay"], &delay)
		return fmt.Sprintf("be woken after %v, as %s", delay, a.text("id"))
	case o["cancel"] != nil:
		return "cancel " + o.text("cancel")
	case o["stop"] != nil:
		return "stop"
	case o["percept"] != nil:
		p := objectOf(o["percept"])
		return fmt.Sprintf("let %s perceive %s", o.text("to"), payload(p["view"]))
	case o["outcome"] != nil:
		return fmt.Sprintf("tell %s: %s", o.text("to"), outcomeText(objectOf(o["outcome"])))
	case len(o) == 0 && o != nil:
		return "nothing: it was not permitted"
	}
	return string(text)
}

// causeText names what made an event.
func causeText(c journal.Cause) string {
	if c.Actor == "" || c.N == 0 {
		return ""
	}
	return fmt.Sprintf("%s turn %d", c.Actor, c.N)
}

// oneLine is text from anywhere, on one line, of at most so many characters.
func oneLine(text string, most int) string { return shortened(cleaned(strings.TrimSpace(text)), most) }

// cleanedLines is text from anywhere, with its lines.
func cleanedLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = cleaned(lines[i])
	}
	return strings.Join(lines, "\n")
}
