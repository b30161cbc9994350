package protocol

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxForm is how long the text form of a message may be that is read, in bytes.
const MaxForm = 1 << 20

// deepest is how deep lists may stand in lists, outside of JSON.
const deepest = 8

// Parse reads the text form of a message: what Format writes, and FIPA's own string form where it says no more than that.
// Agents may be named as (agent-identifier :name bob), of which only the name is kept, and several as (set bob cy); the act
// may be in capitals. A quoted content is a Text if the language is natural or none is named, and otherwise an Expression;
// content reads any other: see actors.Parse. An error says at which byte, and is a *Malformed unless it is of content.
// Whether the message can be sent, Check says.
func Parse(text string, content func(json.RawMessage) (any, error)) (*Message, error) {
	p := parser{text: text}
	name, err := p.form()
	if err != nil {
		return nil, err
	}
	m := &p.m
	if m.Act = Act(strings.ToLower(name)); !m.Act.Known() {
		return nil, p.fail("performative", UnsupportedAct, p.act, "act %.40q; accepted are those of FIPA SC00037J: %v", name, Acts)
	}
	if err := p.content(content); err != nil {
		return nil, err
	}
	return m, nil
}

// parser reads one message.
type parser struct {
	text string
	at   int
	act  int // where it stands

	m      Message
	quoted bool            // the content is said
	said   string          // content that is text
	raw    json.RawMessage // content that is JSON
	rawAt  int
}

func (p *parser) fail(parameter, code string, at int, detail string, args ...any) error {
	return malformed(parameter, code, "at byte %d: "+detail, append([]any{at}, args...)...)
}

// wrong says that something else was to stand here.
func (p *parser) wrong(parameter, accepted string) error {
	rest := p.text[p.at:]
	if rest == "" {
		return p.fail(parameter, UnrecognisedValue, p.at, "the end of the text; accepted is %s", accepted)
	}
	return p.fail(parameter, UnrecognisedValue, p.at, "%.20q; accepted is %s", rest[:min(len(rest), 80)], accepted)
}

// form reads all of the text, and gives the performative.
func (p *parser) form() (string, error) {
	if len(p.text) > MaxForm || !utf8.ValidString(p.text) {
		return "", p.fail("content", UnsupportedValue, 0, "a text of %d bytes; accepted is valid UTF-8 of at most %d", len(p.text), MaxForm)
	}
	if !p.next('(') {
		return "", p.wrong("performative", "( before the act")
	}
	p.space()
	p.act = p.at
	name, err := p.word("performative")
	if err != nil {
		return "", err
	}
	seen := map[string]bool{}
	for !p.next(')') {
		at := p.at
		if !p.next(':') {
			return "", p.wrong("performative", "a parameter such as :receiver, or ) after the last")
		}
		parameter := p.bare()
		if seen[parameter] {
			return "", p.fail(parameter, UnexpectedParameter, at, "parameter %.40q twice; accepted is each of them once", parameter)
		}
		seen[parameter] = true
		if err := p.parameter(parameter, at); err != nil {
			return "", err
		}
	}
	if p.space(); p.at < len(p.text) {
		return "", p.wrong("performative", "nothing after the last )")
	}
	return name, nil
}

// parameter reads the value of one.
func (p *parser) parameter(name string, at int) (err error) {
	m := &p.m
	switch name {
	case "sender":
		m.Sender, err = p.agent(name)
	case "receiver":
		m.Receivers, err = p.agents(name)
	case "reply-to":
		m.ReplyTo, err = p.agents(name)
	case "content":
		err = p.value()
	case "language":
		m.Language, err = p.word(name)
	case "encoding":
		m.Encoding, err = p.word(name)
	case "ontology":
		m.Ontology, err = p.word(name)
	case "protocol":
		m.Protocol, err = p.word(name)
	case "conversation-id":
		m.Conversation, err = p.word(name)
	case "reply-with":
		m.ReplyWith, err = p.word(name)
	case "in-reply-to":
		m.InReplyTo, err = p.word(name)
	case "reply-by":
		m.ReplyBy, err = p.time(name)
	default:
		if !isExtra(name) {
			return p.fail("X-", UnexpectedParameter, at, "parameter %.40q; accepted are those of FIPA SC00061G, and others whose names begin with X-", name)
		}
		if m.Extra == nil {
			m.Extra = map[string]string{}
		}
		m.Extra[name], err = p.word(name)
	}
	return err
}

// value reads a content.
func (p *parser) value() error {
	p.space()
	p.rawAt = p.at
	if p.at < len(p.text) && p.text[p.at] == '{' {
		d := json.NewDecoder(strings.NewReader(p.text[p.at:]))
		if err := d.Decode(&p.raw); err != nil {
			return p.fail("content", UnrecognisedValue, p.at, "%v; accepted is JSON", err)
		}
		p.at += int(d.InputOffset())
		return nil
	}
	p.quoted = true
	var err error
	p.said, err = p.word("content")
	return err
}

// content gives the message what it says.
func (p *parser) content(read func(json.RawMessage) (any, error)) (err error) {
	m := &p.m
	switch {
	case p.quoted && (m.Language == "" || m.Language == Natural):
		m.Language, m.Content = Natural, Text(p.said)
	case p.quoted:
		m.Content = Expression(p.said)
	case p.raw != nil:
		if m.Content, err = read(p.raw); err != nil {
			return fmt.Errorf("protocol: at byte %d: the content: %w", p.rawAt, err)
		}
		switch m.Content.(type) {
		case Text, Expression:
			return p.fail("content", UnrecognisedValue, p.rawAt, "%T as JSON; accepted is it in quotes", m.Content)
		}
	}
	return nil
}

func (p *parser) time(parameter string) (time.Duration, error) {
	p.space()
	at := p.at
	word, err := p.word(parameter)
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(word)
	if err != nil {
		return 0, p.fail(parameter, UnrecognisedValue, at, "%.40q; accepted is a time since the start of the society, such as 1m30s", word)
	}
	return d, nil
}

// agents reads one name, or a list of them in parentheses.
func (p *parser) agents(parameter string) ([]string, error) {
	p.space()
	start := p.at
	if p.next('(') {
		switch first := p.peek(); first {
		case wordAgent:
			p.at = start
		default:
			if first == wordSet || first == wordSequence {
				p.bare()
			}
			return p.list(parameter)
		}
	}
	name, err := p.agent(parameter)
	return []string{name}, err
}

// The words with which FIPA begins what is not a plain list of names.
const (
	wordSet      = "set"
	wordSequence = "sequence"
	wordAgent    = "agent-identifier"
)

// list reads names until the end of a list.
func (p *parser) list(parameter string) (names []string, err error) {
	for !p.next(')') {
		name, err := p.agent(parameter)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}

// agent reads the name of one.
func (p *parser) agent(parameter string) (name string, err error) {
	if !p.next('(') {
		return p.word(parameter)
	}
	if p.peek() != wordAgent {
		return "", p.wrong(parameter, "a name, or agent-identifier")
	}
	p.bare()
	for named := false; !p.next(')'); {
		if !p.next(':') {
			return "", p.wrong(parameter, "a parameter of an agent-identifier, or )")
		}
		if p.bare() != "name" || named {
			if err := p.skip(parameter, 0); err != nil {
				return "", err
			}
			continue
		}
		named = true
		if name, err = p.word(parameter); err != nil {
			return "", err
		}
	}
	return name, nil
}

// skip passes over a value.
func (p *parser) skip(parameter string, depth int) error {
	if !p.next('(') {
		_, err := p.word(parameter)
		return err
	}
	if depth == deepest {
		return p.fail(parameter, UnsupportedValue, p.at, "lists within lists; accepted are %d", deepest)
	}
	for !p.next(')') {
		if p.next(':') {
			p.bare()
			continue
		}
		if err := p.skip(parameter, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// word reads a value, bare or quoted.
func (p *parser) word(parameter string) (string, error) {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == '"' {
		quoted, err := strconv.QuotedPrefix(p.text[p.at:])
		if err != nil {
			return "", p.wrong(parameter, "text that ends with a quote, and in which quotes, backslashes and line breaks are escaped by a backslash")
		}
		s, err := strconv.Unquote(quoted)
		if err != nil {
			return "", p.wrong(parameter, "text in quotes")
		}
		p.at += len(quoted)
		return s, nil
	}
	if s := p.peek(); s != "" && s[0] != ':' {
		p.at += len(s)
		return s, nil
	}
	return "", p.wrong(parameter, "a word, or text in quotes")
}

// bare reads what there is of a bare word.
func (p *parser) bare() string {
	s := p.peek()
	p.at += len(s)
	return s
}

// peek gives the bare word that follows.
func (p *parser) peek() string {
	p.space()
	rest := p.text[p.at:]
	if end := strings.IndexFunc(rest, notInWord); end >= 0 {
		rest = rest[:end]
	}
	return rest
}

// next takes a character, if it follows.
func (p *parser) next(c byte) bool {
	p.space()
	if p.at == len(p.text) || p.text[p.at] != c {
		return false
	}
	p.at++
	return true
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}
