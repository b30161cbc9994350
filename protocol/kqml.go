package protocol

import (
	"encoding/json"
	"errors"
)

// The acts of KQML that Jason knows, and what they are here. Each line is a choice, for the two languages agree on none:
//
//	tell        inform                             back also from confirm
//	untell      disconfirm
//	achieve     request
//	unachieve   cancel
//	askOne      query-if, where the content has no variable, else query-ref
//	askAll      query-ref, with ParameterAnswers "all"
//
// tellHow, untellHow and askHow pass plans, and signal an event: no act does that, and they are refused. So are, the other
// way, the acts that Jason has no word for, such as propose.
const (
	kqmlTell      = "tell"
	kqmlUntell    = "untell"
	kqmlAchieve   = "achieve"
	kqmlUnachieve = "unachieve"
	kqmlAskOne    = "askOne"
	kqmlAskAll    = "askAll"
)

// ParameterAnswers is the user-defined parameter of a query-ref that says how many objects are asked for: "all", and one
// if it is absent.
const ParameterAnswers = "X-answers"

// FromKQML is the message that a performative of KQML makes of m, which has all but the act: the parameters have the same
// names in both. What has no equivalent is refused with a *Malformed.
func FromKQML(performative string, m Message) (Message, error) {
	switch performative {
	case kqmlTell:
		m.Act = Inform
	case kqmlUntell:
		m.Act = Disconfirm
	case kqmlAchieve:
		m.Act = Request
	case kqmlUnachieve:
		m.Act = Cancel
	case kqmlAskOne:
		m.Act = QueryIf
		if e, ok := m.Content.(Expression); ok && asks(string(e)) {
			m.Act = QueryRef
		}
	case kqmlAskAll:
		m.Act = QueryRef
		extra := map[string]string{ParameterAnswers: "all"}
		for name, value := range m.Extra {
			if name != ParameterAnswers {
				extra[name] = value
			}
		}
		m.Extra = extra
	case "tellHow", "untellHow", "askHow", "signal":
		return Message{}, malformed("performative", UnsupportedAct, "%s of KQML has no equivalent in FIPA; accepted are %s", performative, kqmlAccepted)
	default:
		return Message{}, malformed("performative", UnsupportedAct, "%.40q is no performative of KQML; accepted are %s", performative, kqmlAccepted)
	}
	return m, nil
}

const kqmlAccepted = "tell, untell, achieve, unachieve, askOne and askAll"

// ToKQML is the performative of KQML for a message, whose parameters stay as they are. What has none is refused with a
// *Malformed.
func ToKQML(m *Message) (string, error) {
	switch m.Act {
	case Inform, Confirm:
		return kqmlTell, nil
	case Disconfirm:
		return kqmlUntell, nil
	case Request:
		return kqmlAchieve, nil
	case Cancel:
		return kqmlUnachieve, nil
	case QueryIf:
		return kqmlAskOne, nil
	case QueryRef:
		if m.Extra[ParameterAnswers] == "all" {
			return kqmlAskAll, nil
		}
		return kqmlAskOne, nil
	}
	return "", malformed("performative", UnsupportedAct, "%.40q has no equivalent in KQML; accepted are inform, confirm, disconfirm, request, cancel, query-if and query-ref", string(m.Act))
}

// ParseKQML reads the string form of KQML: (tell :sender ann :receiver bob :language AgentSpeak :content "price(3)"). It
// reads as Parse does, but for the act.
func ParseKQML(text string, content func(json.RawMessage) (any, error)) (*Message, error) {
	p := parser{text: text}
	name, err := p.form()
	if err != nil {
		return nil, err
	}
	if err := p.content(content); err != nil {
		return nil, err
	}
	m, err := FromKQML(name, p.m)
	if why, ok := errors.AsType[*Malformed](err); ok {
		return nil, p.fail(why.Parameter, why.Code, p.act, "%s", why.Detail)
	}
	return &m, err
}

// asks says whether an expression has a variable, as Prolog and AgentSpeak write them: a word that begins with a capital or
// an underscore, outside of quotes.
func asks(expression string) bool {
	var quote byte
	inWord := false
	for i := 0; i < len(expression); i++ {
		c := expression[i]
		switch {
		case quote != 0:
			if c == '\\' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case !inWord && (c == '_' || 'A' <= c && c <= 'Z'):
			return true
		}
		inWord = c == '_' || isAlphanumeric(c)
	}
	return false
}
