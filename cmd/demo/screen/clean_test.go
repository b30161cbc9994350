package screen

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// hostile are texts that would do something to a terminal, and what is left of them.
var hostile = map[string]string{
	"\x1b[31mred\x1b[0m": "[31mred[0m",
	"\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x07": "]8;;http://evil.example\\link]8;;",
	"\x1b]0;title\x07":                                "]0;title",
	"\x1b]52;c;ZXZpbA==\x07":                          "]52;c;ZXZpbA==",
	"bell\a and back\b\b\b":                           "bell and back",
	"\u009b31mC1\u009c \u0090q\u009d":                 "31mC1 q",
	"\x9b31m":                                         "\ufffd31m",
	"abc\u202edcba\u202c\u2066x\u2069\u200f\u061c":    "abcdcbax",
	"\x1bc\x1b[2J\x1b[?1049l":                         "c[2J[?1049l",
	"zero\u200bwidth\ufeff\u2060\u00ad":               "zerowidth",
	"a\r\n\t b\v\f\u0085\u2028\u2029\u00a0c":          "a b c",
	"  lead and trail  ":                              "lead and trail",
	"\u0301\u0301on nothing":                          "on nothing",
	"Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307algo": "Z\u0301\u0302\u0303\u0304algo",
	"\U000e0041\U000e0042tags":                        "tags",
	"\ue000\U000f0000private":                         "private",
	"日本 e\u0301 \U0001f469\u200d\U0001f467":           "日本 e\u0301 \U0001f469\u200d\U0001f467",
	"bad \xff\xfe utf":                                "bad \ufffd\ufffd utf",
	"\x00\x7f":                                        "",
}

func TestClean(t *testing.T) {
	for text, want := range hostile {
		if got := clean(text); got != want {
			t.Errorf("%q is cleaned to %q, want %q", text, got, want)
		}
	}
	if got := clean(strings.Repeat("ü", maxBytes)); len(got) > maxBytes+len("…") || !strings.HasSuffix(got, "ü…") || !utf8.ValidString(got) {
		t.Errorf("a long text has %d bytes and ends in %q", len(got), got[len(got)-6:])
	}
	lines := cleanLines("a\x1b\n\n  b  \r\nc\nd", 3)
	if strings.Join(lines, "|") != "a|b|c|…" {
		t.Errorf("%q", lines)
	}
}

// harmless says what of a text would do something to a terminal; "": nothing.
func harmless(text string) string {
	marks := 0
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
			if marks++; marks > maxMarks {
				return "too many marks"
			}
			continue
		case r == zeroWidthJoiner:
		case !unicode.IsGraphic(r):
			return "control " + string(r)
		case unicode.IsSpace(r) && r != ' ':
			return "blank " + string(r)
		}
		marks = 0
	}
	if !utf8.ValidString(text) {
		return "not UTF-8"
	}
	return ""
}

// FuzzClean: whatever is written, nothing of it but signs reaches the terminal, and cleaning twice changes nothing.
func FuzzClean(f *testing.F) {
	for text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := clean(text)
		if what := harmless(got); what != "" {
			t.Fatalf("%q is cleaned to %q: %s", text, got, what)
		}
		if len(got) > maxBytes+64 {
			t.Fatalf("%d bytes", len(got))
		}
		if again := clean(got); again != got && len(got) <= maxBytes {
			t.Fatalf("%q, cleaned again %q", got, again)
		}
		if ansi.Strip(got) != got {
			t.Fatalf("%q holds a sequence", got)
		}
	})
}
