package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Format writes a message on one line, in the spirit of FIPA's string form (SC00070I) and in its words:
//
//	(cfp :sender ann :receiver (bob cy) :protocol fipa-contract-net :conversation-id c1 :reply-by 30s :content {"type":…,"value":…})
//
// Parse reads it. Parameters that are not given are left out. A value that is no plain word stands in quotes, so that no
// text can pass for another parameter, and whatever cannot be printed is escaped. Text and an Expression are quoted; any
// other content is the JSON that content writes: see actors.Format.
func Format(m *Message, content func(any) ([]byte, error)) (string, error) {
	b := appendWord([]byte{'('}, string(m.Act))
	b = appendParameter(b, ":sender", m.Sender)
	b = appendNames(b, ":receiver", m.Receivers)
	b = appendNames(b, ":reply-to", m.ReplyTo)
	b = appendParameter(b, ":protocol", m.Protocol)
	b = appendParameter(b, ":conversation-id", m.Conversation)
	b = appendParameter(b, ":reply-with", m.ReplyWith)
	b = appendParameter(b, ":in-reply-to", m.InReplyTo)
	if m.ReplyBy != 0 {
		b = append(append(b, " :reply-by "...), timeText(m.ReplyBy)...)
	}
	b = appendParameter(b, ":language", m.Language)
	b = appendParameter(b, ":encoding", m.Encoding)
	b = appendParameter(b, ":ontology", m.Ontology)
	for _, name := range slices.Sorted(maps.Keys(m.Extra)) {
		b = append(b, ' ', ':')
		if isExtra(name) {
			b = append(b, name...)
		} else {
			b = strconv.AppendQuote(b, name) // it is never one of those above
		}
		b = appendWord(append(b, ' '), m.Extra[name])
	}
	switch c := m.Content.(type) {
	case nil:
	case Text:
		b = strconv.AppendQuote(append(b, " :content "...), string(c))
	case Expression:
		b = strconv.AppendQuote(append(b, " :content "...), string(c))
	default:
		text, err := content(m.Content)
		if err == nil {
			b, err = appendJSON(append(b, " :content "...), text)
		}
		if err != nil {
			return "", fmt.Errorf("protocol: the content of %.40q: %w", string(m.Act), err)
		}
	}
	return string(append(b, ')')), nil
}

// String is the message on one line, for logs; typed content has the Go name of its type.
func (m *Message) String() string {
	text, err := Format(m, func(v any) ([]byte, error) {
		return json.Marshal(struct {
			Type  string `json:"type"`
			Value any    `json:"value"`
		}{fmt.Sprintf("%T", v), v})
	})
	if err != nil {
		bare := *m
		bare.Content = Text(fmt.Sprintf("%T that cannot be written: %v", m.Content, err))
		return bare.String()
	}
	return text
}

func appendParameter(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendWord(append(append(append(b, ' '), name...), ' '), value)
}

// appendNames writes one name as it is, several in parentheses.
func appendNames(b []byte, parameter string, names []string) []byte {
	if len(names) == 0 {
		return b
	}
	b = append(append(append(b, ' '), parameter...), ' ')
	if len(names) == 1 {
		return appendWord(b, names[0])
	}
	for i, name := range names {
		b = append(b, "( "[min(i, 1)])
		if i == 0 && (name == wordSet || name == wordSequence || name == wordAgent) { // they begin other lists
			b = strconv.AppendQuote(b, name)
			continue
		}
		b = appendWord(b, name)
	}
	return append(b, ')')
}

// appendWord writes a value bare, if that is one, and else in quotes.
func appendWord(b []byte, s string) []byte {
	if s != "" && s[0] != ':' && strings.IndexFunc(s, notInWord) < 0 {
		return append(b, s...)
	}
	return strconv.AppendQuote(b, s)
}

// notInWord says whether a character needs quotes around it.
func notInWord(r rune) bool {
	return r >= utf8.RuneSelf || !isAlphanumeric(byte(r)) && !strings.ContainsRune("-_./:@+", r)
}

// timeText is a time as time.ParseDuration reads it, in plain characters.
func timeText(d time.Duration) string { return strings.Replace(d.String(), "µ", "u", 1) }

// appendJSON writes JSON without space, and with escapes for all that cannot be printed, which only its strings can hold.
func appendJSON(b, text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return b, fmt.Errorf("JSON that is no valid UTF-8")
	}
	var plain bytes.Buffer
	if err := json.Compact(&plain, text); err != nil {
		return b, err
	}
	for _, r := range plain.String() {
		switch {
		case r < utf8.RuneSelf && r != 0x7f || unicode.IsPrint(r):
			b = utf8.AppendRune(b, r)
		case r < 0x10000:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			r -= 0x10000
			b = fmt.Appendf(b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
	}
	return b, nil
}
