package protocol

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// How much a message may hold. Lengths are in bytes.
const (
	MaxText      = 16 << 10 // of a Text, an Expression, the detail of a Reason
	MaxName      = 256      // of the name of an agent, a language, a protocol, a conversation, …; of the kind of some content
	MaxReceivers = 1 << 16
	MaxReplyTo   = 64
	MaxExtra     = 32       // user-defined parameters
	MaxExtraText = 4 << 10  // of the value of one
	MaxEmbedded  = 64 << 10 // of a message within a message
)

// few is how many names are compared with each other; more are put in a map.
const few = 16

// Check says what keeps a message from being sent: the error is a *Malformed. The sender is not looked at, for it is
// stamped on sending. Inside a protocol there is also to be a conversation, and refuse, failure, not-understood and
// reject-proposal carry a reason: content that has a kind, such as a Reason. Outside of one their content is free.
func (m *Message) Check() error { return m.check(false) }

// check is Check, also for a message within another.
func (m *Message) check(embedded bool) error {
	switch {
	case m.Act == "":
		return malformed("performative", MissingParameter, "a message without an act; accepted are those of FIPA SC00037J: %v", Acts)
	case !m.Act.Known():
		return malformed("performative", UnsupportedAct, "act %.40q; accepted are those of FIPA SC00037J: %v", string(m.Act), Acts)
	case m.Act.Inner() && !embedded:
		return malformed("performative", UnexpectedAct, "%s is no act of its own; accepted is it as what a request or a query asks for", m.Act)
	case len(m.Receivers) == 0 && !embedded:
		return malformed("receiver", MissingParameter, "%s without a receiver; accepted are 1 to %d names of agents", m.Act, MaxReceivers)
	}
	if err := checkNames("receiver", m.Receivers, MaxReceivers); err != nil {
		return err
	}
	if len(m.ReplyTo) > 0 {
		if err := checkNames("reply-to", m.ReplyTo, MaxReplyTo); err != nil {
			return err
		}
	}
	if m.Protocol != "" {
		if err := m.checkPart(); err != nil {
			return err
		}
	}
	switch {
	case !isGiven(m.Language):
		return badName("language", m.Language)
	case !isGiven(m.Encoding):
		return badName("encoding", m.Encoding)
	case !isGiven(m.Ontology):
		return badName("ontology", m.Ontology)
	case !isGiven(m.Protocol):
		return badName("protocol", m.Protocol)
	case !isGiven(m.Conversation):
		return badName("conversation-id", m.Conversation)
	case !isGiven(m.ReplyWith):
		return badName("reply-with", m.ReplyWith)
	case !isGiven(m.InReplyTo):
		return badName("in-reply-to", m.InReplyTo)
	}
	if m.ReplyBy < 0 {
		return malformed("reply-by", UnrecognisedValue, "reply-by %v; accepted is a time since the start of the society", m.ReplyBy)
	}
	if m.Extra != nil {
		if err := m.checkExtra(); err != nil {
			return err
		}
	}
	return m.checkContent()
}

// checkPart says what a message lacks to be part of a protocol.
func (m *Message) checkPart() error {
	if m.Conversation == "" {
		return malformed("conversation-id", MissingParameter, "%s in protocol %.80q without one; accepted is the name that its first message gave it", m.Act, m.Protocol)
	}
	if m.Act.Reasoned() {
		if kind := KindOf(m.Content); !isName(kind) {
			return malformed("content", MissingParameter, "%s in protocol %.80q, with a %T of kind %.80q; accepted is a Reason, or other content whose kind says why, "+
				"in 1 to %d bytes of valid UTF-8", m.Act, m.Protocol, m.Content, kind, MaxName)
		}
	}
	return nil
}

func checkNames(parameter string, names []string, most int) error {
	if len(names) > most {
		return malformed(parameter, UnsupportedValue, "%s of %d names; accepted are at most %d", parameter, len(names), most)
	}
	sorted := true
	for i, name := range names {
		if !isName(name) {
			if name == "" {
				return malformed(parameter, UnrecognisedValue, "%s %d has no name; accepted are names of agents", parameter, i)
			}
			return badName(parameter, name)
		}
		sorted = sorted && (i == 0 || names[i-1] < name)
	}
	if sorted {
		return nil
	}
	if len(names) <= few {
		for i, name := range names {
			for _, other := range names[:i] {
				if other == name {
					return twice(parameter, name)
				}
			}
		}
		return nil
	}
	seen := make(map[string]struct{}, len(names))
	for i, name := range names {
		if seen[name] = struct{}{}; len(seen) == i {
			return twice(parameter, name)
		}
	}
	return nil
}

// checkContent looks at the content that this package knows.
func (m *Message) checkContent() error {
	switch c := m.Content.(type) {
	case Text:
		if m.Language != Natural || !isText(string(c)) {
			return m.badText(len(c))
		}
		return nil
	case Expression:
		if m.Language == "" || m.Language == Natural || !isText(string(c)) {
			return malformed("content", UnrecognisedValue, "%s in language %.80q with an Expression of %d bytes; accepted is valid UTF-8 of at most %d bytes, "+
				"in a language that is named and is not %q", m.Act, m.Language, len(c), MaxText, Natural)
		}
	case Reason:
		if !isName(c.Code) || !isText(c.Detail) {
			return malformed("content", UnrecognisedValue, "a Reason with code %.80q and a detail of %d bytes; accepted is a code of 1 to %d bytes, and a detail of at most %d, "+
				"of valid UTF-8", c.Code, len(c.Detail), MaxName, MaxText)
		}
	case Embedded:
		if len(c.Message) == 0 || len(c.Message) > MaxEmbedded {
			return malformed("content", UnsupportedValue, "a message within it, of %d bytes; accepted are 1 to %d", len(c.Message), MaxEmbedded)
		}
	}
	if m.Language == Natural {
		return m.badText(0)
	}
	return nil
}

func (m *Message) badText(n int) error {
	return malformed("content", UnrecognisedValue, "%s in language %.80q with a content of type %T, of %d bytes; accepted in %q is a Text of valid UTF-8, at most %d bytes, "+
		"and a Text in no other language", m.Act, m.Language, m.Content, n, Natural, MaxText)
}

func (m *Message) checkExtra() error {
	if len(m.Extra) > MaxExtra {
		return malformed("X-", UnsupportedValue, "%d user-defined parameters; accepted are at most %d", len(m.Extra), MaxExtra)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Extra)) {
		value := m.Extra[name]
		if !isExtra(name) {
			return malformed("X-", UnexpectedParameter, "parameter %.80q; accepted are names of letters, digits and hyphens that begin with X-, of at most %d bytes", name, MaxName)
		}
		if len(value) > MaxExtraText || !utf8.ValidString(value) {
			return malformed(name, UnrecognisedValue, "%s %.80q, of %d bytes; accepted is valid UTF-8 of at most %d bytes", name, value, len(value), MaxExtraText)
		}
	}
	return nil
}

// isExtra says whether a user-defined parameter may have that name.
func isExtra(name string) bool {
	if len(name) < 3 || len(name) > MaxName || !strings.HasPrefix(name, "X-") {
		return false
	}
	for _, c := range []byte(name) {
		if c != '-' && !isAlphanumeric(c) {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isName(s string) bool { return s != "" && len(s) <= MaxName && utf8.ValidString(s) }

// isGiven says whether it is a name, or left out.
func isGiven(s string) bool { return s == "" || isName(s) }

func isText(s string) bool { return len(s) <= MaxText && utf8.ValidString(s) }

func badName(parameter, value string) error {
	return malformed(parameter, UnrecognisedValue, "%s %.80q, of %d bytes; accepted are 1 to %d bytes of valid UTF-8", parameter, value, len(value), MaxName)
}

func twice(parameter, name string) error {
	return malformed(parameter, UnrecognisedValue, "%s %.80q twice; accepted are different names", parameter, name)
}

func malformed(parameter, code, detail string, args ...any) error {
	return &Malformed{parameter, code, fmt.Sprintf(detail, args...)}
}
