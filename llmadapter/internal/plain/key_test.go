package plain

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

const key = Key("sk-A/b\"c")

// spelt is a text as JSON may write it, with so many backslashes.
func spelt(text, slashes string) (all string) {
	for _, c := range []byte(text) {
		all += fmt.Sprintf(`%su%04x`, slashes, c)
	}
	return all
}

func TestHide(t *testing.T) {
	const hash = `#`
	for in, want := range map[string]string{
		"": "", "none": "none", string(key): hash, "x" + string(key) + string(key) + "y": "x##y", `\ ` + string(key) + " %": `\ # %`,
		spelt(string(key), `\`): hash, strings.ToUpper(spelt("sk-A/b", `\`)): strings.ToUpper(spelt("sk-A/b", `\`)), spelt(string(key), `\\`): hash, spelt(string(key), `\\\\`): hash,
		`sk-A\/b\"c`: hash, `sk-A\\/b\\\"c`: hash, `sk%2DA%2fb%22c`: hash, `%73\u006b-A\u002Fb"c`: hash, `\\n` + string(key) + `\n`: `\\n#\n`,
		`sk-A\/b\"`: `sk-A\/b\"`, `\u0073k`: `\u0073k`, `\u00`: `\u00`, `%7`: `%7`, `\`: `\`, `%`: `%`, `\u+073k-A/b"c`: `\u+073k-A/b"c`, `%+3k-A/b"c`: `%+3k-A/b"c`,
		`ssk-A/b"c%`: `s#%`, `\u0073sk-A/b"c`: `\u0073#`, `sk-\A/b"c`: `sk-\A/b"c`, `\u0173k-A/b"c`: `\u0173k-A/b"c`,
		strings.Repeat(`\`, 20) + `u0073k-A/b"c`: strings.Repeat(`\`, 12) + hash,
	} {
		if got := key.Hide(in); got != strings.ReplaceAll(want, hash, Hidden) {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
		if at, n := key.Find([]byte(in), 0); (n > 0) != strings.Contains(want, hash) || n > 0 && at != strings.Index(want, hash) {
			t.Errorf("%s: found at %d, %d bytes", in, at, n)
		}
	}
	for _, slash := range []string{`a\b\\c`, `a\\b\\\\c`, spelt(`a\b\\c`, `\`), `a%5Cb%5c\\c`} { // a key with backslashes
		if got := Key(`a\b\\c`).Hide("%" + slash); got != "%"+Hidden {
			t.Errorf("%s: %s", slash, got)
		}
	}
	if got := Key("a%b%25").Hide("a%b%25 a%25b%2525"); got != Hidden+" "+Hidden {
		t.Error(got)
	}
	for _, word := range []Key{"", "non"} {
		if got := word.Hide(`none, \none, %`); got != `none, \none, %` || !word.Empty() {
			t.Errorf("a key that is a word is taken for one: %s", got)
		}
		if _, n := word.Find([]byte("none"), 0); n != 0 {
			t.Errorf("%q is found", word)
		}
	}
}

// Whatever a reader makes of a text, the key is not in it.
func FuzzHide(f *testing.F) {
	for _, s := range []string{string(key), spelt(string(key), `\`), spelt(string(key), `\\`), `sk-A\/b\"c`, "sk%2DA%2fb%22c", `\\u0073k-A/b\"c`, `s\u006b-A\/b\"c\\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		hidden := key.Hide(text)
		if strings.Contains(hidden, string(key)) {
			t.Errorf("%q: %q", text, hidden)
		}
		var read string
		if json.Unmarshal([]byte(`"`+hidden+`"`), &read) == nil && strings.Contains(read, string(key)) {
			t.Errorf("%q: %q, read as %q", text, hidden, read)
		}
		if read, err := url.PathUnescape(hidden); err == nil && strings.Contains(read, string(key)) {
			t.Errorf("%q: %q, read as %q", text, hidden, read)
		}
	})
}

func BenchmarkHide(b *testing.B) {
	for name, text := range map[string]string{"plain": `{"tons":4}`, "escaped": `{"text":"` + strings.Repeat(`a line\n`, 20) + `"}`} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = key.Hide(text)
			}
		})
	}
}
