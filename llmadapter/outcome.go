package llmadapter

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// outcome is what became of an attempt.
type outcome struct {
	reply Reply
	err   *Error // nil: it was answered
}

// outcomeOf reads what a Model returned, and believes none of it.
func outcomeOf(reply Reply, err error) outcome {
	if err == nil {
		return outcome{reply: reply}
	}
	known, ok := errors.AsType[*Error](err)
	if !ok || known == nil {
		return outcome{err: &Error{Kind: Broken, Fate: PossiblyBilled, Text: line(err.Error()), Err: err}}
	}
	own := *known
	switch own.Kind {
	case Invalid, Refused, Unauthorised, RateLimited, Overloaded, Transient, Unreachable, Broken, Truncated, Stalled, Malformed, Cancelled:
	default:
		own.Kind = Broken
	}
	if own.Fate > Unsent {
		own.Fate = PossiblyBilled
	}
	own.RetryAfter = max(0, own.RetryAfter)
	own.Text = line(own.Text)
	return outcome{err: &own}
}

// panicked is the outcome of an attempt in which the model's client panicked or ended its goroutine.
func panicked(with any) outcome {
	return outcome{err: &Error{Kind: Broken, Fate: PossiblyBilled, Text: line(fmt.Sprintf("the client of the model panicked: %v", with))}}
}

// content is what an agent gets of a reply. It enters the record, so it is valid UTF-8.
func content(r Reply) Reply {
	out := Reply{Text: strings.ToValidUTF8(r.Text, "\uFFFD"), Calls: r.Calls, Finish: Finish(strings.ToValidUTF8(string(r.Finish), "\uFFFD"))}
	for i, c := range r.Calls {
		if utf8.ValidString(c.Name) && utf8.ValidString(c.Arguments) {
			continue
		}
		if &out.Calls[0] == &r.Calls[0] {
			out.Calls = append([]Call(nil), r.Calls...) // the client may keep its own
		}
		out.Calls[i] = Call{strings.ToValidUTF8(c.Name, "\uFFFD"), strings.ToValidUTF8(c.Arguments, "\uFFFD")}
	}
	return out
}

// lineLength is how much of an error's text is kept, in runes.
const lineLength = 300

// line makes one printable line of a text.
func line(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), 8*lineLength)], "\uFFFD")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if runes := []rune(text); len(runes) > lineLength {
		text = string(runes[:lineLength-1]) + "…"
	}
	return text
}
