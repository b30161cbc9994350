package journal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/polis-agents/polis/journal"
)

// TestNormalize shows the form and the errors, one claim of the documentation a line.
func TestNormalize(t *testing.T) {
	for _, c := range []struct{ claim, in, want string }{ // want "" is an error
		{"no space", " { \"a\" :\t[ 1 ,\r\n2 ] } ", `{"a":[1,2]}`},
		{"keys sorted at every depth", `{"b":{"d":1,"c":2},"a":[{"z":1,"y":{"x":1,"w":[]}}]}`, `{"a":[{"y":{"w":[],"x":1},"z":1}],"b":{"c":2,"d":1}}`},
		{"a prefix comes first", `{"ab":1,"a":2,"":3}`, `{"":3,"a":2,"ab":1}`},
		{"keys are sorted without their escapes", `{"#":1,"\"":2,"!":3}`, `{"!":3,"\"":2,"#":1}`},
		{"keys are sorted by bytes, not by UTF-16", `{"😀":1,"ﾮ":2}`, `{"ﾮ":2,"😀":1}`},
		{"escapes that need not be are not", `"\u0041\/\u003c\u007f\u2028"`, "\"A/<\x7f\u2028\""},
		{"escapes that must be have one form", `"\u0022\u005C\u0008\u000c\u000A\u000d\u0009\u0000\u001F"`, `"\"\\\b\f\n\r\t\u0000\u001f"`},
		{"surrogate pairs become characters", `"\ud83d\uDE00"`, `"😀"`},
		{"integers of any size are exact", `[9007199254740993,-18446744073709551616,123456789012345678901234567890]`, `[9007199254740993,-18446744073709551616,123456789012345678901234567890]`},
		{"other numbers are the shortest of their float64", `[1.0,1.50,1e2,1E+2,100e-2,0.1000000000000000055,1e-7,0.0000001,1e21,12e-10]`, `[1,1.5,100,100,1,0.1,1e-7,1e-7,1e+21,1.2e-9]`},
		{"the sign of a negative zero stays", `[-0,-0.0,0.0,-1e-999]`, `[-0,-0,0,-0]`},
		{"words", `[true,false,null]`, `[true,false,null]`},
		{"empty", `[[],{},""]`, `[[],{},""]`},
		{"nesting up to 1000", strings.Repeat("[", 1000) + strings.Repeat("]", 1000), strings.Repeat("[", 1000) + strings.Repeat("]", 1000)},
		{"any number side by side", "[" + strings.Repeat("[],", 2000) + "{}]", "[" + strings.Repeat("[],", 2000) + "{}]"},

		{"nesting beyond 1000", strings.Repeat("[", 1001) + strings.Repeat("]", 1001), ""},
		{"a key twice", `{"a":1,"a":1}`, ""},
		{"a key twice, not side by side", `{"a":1,"c":2,"b":3,"a":1}`, ""},
		{"a key twice, spelled differently", `{"a":1,"\u0061":1}`, ""},
		{"a key twice, deep", `[{"x":{"a":1,"a":2}}]`, ""},
		{"broken UTF-8", "\"a\xff\"", ""},
		{"a surrogate as UTF-8", "\"\xed\xa0\x80\"", ""},
		{"half a surrogate pair", `"\ud83d"`, ""},
		{"the other half", `"\ude00"`, ""},
		{"two first halves", `"\ud83d\ud83d"`, ""},
		{"data after the value", `{} {}`, ""},
		{"a zero byte after the value", "1\x00", ""},
		{"a comma after the value", `1,`, ""},
		{"a number beyond float64", `1e999`, ""},
		{"nothing", ``, ""}, {"only space", " \n", ""},
		{"torn object", `{"a":1`, ""}, {"torn key", `{"a`, ""}, {"torn member", `{"a":`, ""}, {"torn array", `[1,`, ""},
		{"torn string", `"a`, ""}, {"torn escape", `"\`, ""}, {"torn \\u", `"\u12`, ""}, {"torn word", `tru`, ""},
		{"comma at the end of an array", `[1,]`, ""}, {"comma at the end of an object", `{"a":1,}`, ""},
		{"no comma", `[1 2]`, ""}, {"no colon", `{"a" 1}`, ""}, {"a key that is no string", `{1:1}`, ""},
		{"wrong bracket", `[1}`, ""}, {"leading zero", `01`, ""}, {"plus", `+1`, ""}, {"point first", `.5`, ""}, {"point last", `5.`, ""},
		{"only minus", `-`, ""}, {"no exponent", `1e`, ""}, {"an escape of its own", `"\x41"`, ""}, {"sign in \\u", `"\u+123"`, ""},
		{"a line break in a string", "\"a\nb\"", ""}, {"NaN", `NaN`, ""}, {"a comment", `1 // one`, ""}, {"single quotes", `'a'`, ""},
	} {
		got, err := journal.Normalize([]byte("before"), []byte(c.in))
		if (err != nil) != (c.want == "") || string(got) != "before"+c.want {
			t.Errorf("%s: Normalize(%.60s) = %.80s, %v; want %.80s", c.claim, c.in, got, err, c.want)
		}
	}
}

// TestNormalizeDoesNotAllocate: text in order is copied without an allocation.
func TestNormalizeDoesNotAllocate(t *testing.T) {
	text, _ := journal.Canonical(nested)
	buf := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { buf, _ = journal.Normalize(buf[:0], text) }); n > 1 { // the float's text
		t.Errorf("%v allocations", n)
	}
}

// FuzzNormalize compares with a second implementation over encoding/json's tokens, and checks that the result is
// JSON and its own canonical form.
func FuzzNormalize(f *testing.F) {
	for _, s := range []string{`{"b":[1,2.50,-0],"a":"\u0041\ud83d\ude00"}`, `{"\"":1,"#":2,"!":{}}`, `[1e21,1e-7,12345678901234567890]`,
		`"\ud83d"`, "\"\xff\"", `{"a":1,"a":2}`, `null x`, `[[[[]]]]`, `"\/\b\u2028"`, `1e999`, ` [ ] `} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		want, wantErr := independently(in)
		got, err := journal.Normalize(nil, in)
		if (err == nil) != (wantErr == nil) || err == nil && string(got) != want {
			t.Fatalf("Normalize(%q)\n  = %q, %v\nwant %q, %v", in, got, err, want, wantErr)
		}
		if err != nil {
			return
		}
		if !json.Valid(got) {
			t.Fatalf("Normalize(%q) = %q is not JSON", in, got)
		}
		if again, err := journal.Normalize(nil, got); err != nil || !bytes.Equal(again, got) {
			t.Fatalf("Normalize(%q) = %q, of which it makes %q, %v", in, got, again, err)
		}
	})
}

// independently is the canonical form by other means: encoding/json's scanner, tokens and a map.
func independently(in []byte) (string, error) {
	if !json.Valid(in) {
		return "", errors.New("not JSON")
	}
	if !utf8.Valid(in) {
		return "", errors.New("not UTF-8")
	}
	if halfPair(string(in)) {
		return "", errors.New("half a surrogate pair")
	}
	d := json.NewDecoder(bytes.NewReader(in))
	d.UseNumber()
	s, err := fromTokens(d, 0)
	if err != nil {
		return "", err
	}
	if _, err := d.Token(); err != io.EOF {
		return "", errors.New("data after the value")
	}
	return s, nil
}

// halfPair looks for an escaped surrogate without its other half in valid JSON.
func halfPair(s string) bool {
	s = strings.ReplaceAll(s, `\\`, "..")
	unit := func(i int) uint64 {
		if i+6 > len(s) || s[i:i+2] != `\u` {
			return 0
		}
		u, _ := strconv.ParseUint(s[i+2:i+6], 16, 16)
		return u
	}
	for i := 0; i < len(s); i++ {
		switch u := unit(i); u >> 10 {
		case 0xd800 >> 10:
			if unit(i+6)>>10 != 0xdc00>>10 {
				return true
			}
			i += 11
		case 0xdc00 >> 10:
			return true
		}
	}
	return false
}

func fromTokens(d *json.Decoder, depth int) (string, error) {
	tok, err := d.Token()
	if err != nil {
		return "", err
	}
	switch v := tok.(type) {
	case nil:
		return "null", nil
	case bool:
		return fmt.Sprint(v), nil
	case string:
		return asJSON(v), nil
	case json.Number:
		if !strings.ContainsAny(string(v), ".eE") {
			return string(v), nil
		}
		f, err := v.Float64()
		if err != nil {
			return "", err
		}
		b, err := json.Marshal(f)
		return string(b), err
	}
	if depth++; depth > 1000 {
		return "", errors.New("too deep")
	}
	if tok == json.Delim('[') {
		var parts []string
		for d.More() {
			s, err := fromTokens(d, depth)
			if err != nil {
				return "", err
			}
			parts = append(parts, s)
		}
		_, err := d.Token()
		return "[" + strings.Join(parts, ",") + "]", err
	}
	members := map[string]string{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return "", err
		}
		if _, twice := members[key.(string)]; twice {
			return "", errors.New("key twice")
		}
		if members[key.(string)], err = fromTokens(d, depth); err != nil {
			return "", err
		}
	}
	if _, err := d.Token(); err != nil {
		return "", err
	}
	var keys, parts []string
	for k := range members {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		parts = append(parts, asJSON(k)+":"+members[k])
	}
	return "{" + strings.Join(parts, ",") + "}", nil
}

func asJSON(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	out := strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), `\\`, "\x00") // no raw zero byte in JSON
	out = strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029").Replace(out)
	return strings.ReplaceAll(out, "\x00", `\\`)
}
