package socket

import (
	"strings"
	"testing"
)

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "",
		" \n\x00":                      "",
		"\n a\r\n\tb \x1b[31mc ":       "a b [31mc",
		"naïve 🐟":                      "naïve 🐟",
		"a\u202eb\u200bc\u2028d":       "a b c d", // they turn the line around, hide in it, or end it
		"a\xffb\ufffdc":                "a b c",
		strings.Repeat("é", 20):        strings.Repeat("é", 20),
		strings.Repeat("é", 25):        strings.Repeat("é", 19) + "…",
		strings.Repeat("é ", 25):       strings.Repeat("é ", 9) + "é…",
		"x" + strings.Repeat(" é", 25): "x" + strings.Repeat(" é", 9) + "…",
		strings.Repeat("é\n", 10):      strings.TrimSpace(strings.Repeat("é ", 10)),
	} {
		if got := OneLine(in, 20); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// A key that a server repeats is hidden before the line is cut, so that not even its beginning is left.
func TestShownHidesTheKey(t *testing.T) {
	for _, before := range []int{0, 100, 190, 195, 199, 200, 300} {
		if got := Shown(strings.Repeat("x", before)+key+key, key); strings.Contains(got, key[:2]) || len([]rune(got)) > MaxText {
			t.Errorf("after %d: %s", before, got)
		}
	}
	if got := Shown("none, and none", "non"); got != "none, and none" {
		t.Errorf("a key that is a word is taken for one: %s", got)
	}
}
