package socket

import (
	"bytes"
	"encoding/json"
	"testing"
)

// What Scan is sure of is what encoding/json reads.
func FuzzScan(f *testing.F) {
	for _, s := range []string{`"a"`, ` "a\"b\\\/\b\f\n\r\t" `, `"\u00e4"`, `"\ud800"`, `"\x"`, `"a`, `"\`, `"\"`, "\"\xff\"", "\"\\\xff\"", "\"a\nb\"", "\"\\\n\"", `"a\b"`, `7`, ` 123456789 `, `1234567890`, `01`, `-1`, `1.5`, `1e3`,
		`null`, `nul`, `true`, `false`, `{}`, `{"a":[1,"x",{"b":null}],"c":true}`, `{"a":"\n"}`, `{"a\n":1}`, `[1,]`, `[,1]`, `{"a"}`, `{} {}`, ``, `[[[[[[[[[[1]]]]]]]]]]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var text string
		wrong := json.Unmarshal(data, &text)
		if s := NewScan(data); s.next() == '"' {
			if got := s.Text(); s.Sure() && (wrong != nil || got != text) {
				t.Errorf("text %q, not %q, %v", got, text, wrong)
			} else if !s.Sure() && wrong == nil {
				t.Errorf("%q is odd", data)
			}
			s = NewScan(data)
			if got := s.Word(); s.Sure() && string(got) != text {
				t.Errorf("word %q, not %q", got, text)
			}
			for _, before := range []string{"", text, `a\b`, string(bytes.ToValidUTF8(bytes.Trim(data, ` "`), nil))} {
				s = NewScan(data)
				if got := s.Again(&before); s.Sure() && (got != text || before != text) {
					t.Errorf("again %q, %q, not %q", got, before, text)
				}
			}
		}
		var n int
		if s := NewScan(data); s.next() != 'n' {
			if got := s.Int(); s.Sure() && (json.Unmarshal(data, &n) != nil || got != n) {
				t.Errorf("number %d, not %d", got, n)
			}
		}
		s := NewScan(data)
		if got := s.Skip(); s.Sure() && (!json.Valid(data) || !bytes.Equal(got, bytes.TrimSpace(data))) {
			t.Errorf("skipped %q of %q", got, data)
		}
		s = NewScan(data)
		if null := s.Null(); s.Sure() && null != (string(bytes.TrimSpace(data)) == "null") {
			t.Errorf("%q is null: %v", data, null)
		}
	})
}

// Else the way around encoding/json is none.
func TestScanKnowsUsualValues(t *testing.T) {
	for _, data := range []string{`{"a":[1,"x",{"b":null}],"c":true,"d":false}`, `"x"`, `17`, ` [ ] `} {
		s := NewScan([]byte(data))
		if s.Skip(); !s.Sure() {
			t.Errorf("%s is odd", data)
		}
	}
	s := NewScan([]byte(`{"a":"b\"c\n","d":[1,2]}`))
	read := ""
	for m := (List{}); s.Member(&m); {
		read += string(m.Key)
		if string(m.Key) == "a" {
			read += s.Text()
			continue
		}
		for l := (List{}); s.Element(&l); {
			read += string(rune('0' + s.Int()))
		}
	}
	if !s.Sure() || read != "ab\"c\nd12" {
		t.Errorf("got %q", read)
	}
	s = NewScan([]byte(`1`))
	s.Doubt()
	if s.Int(); s.Sure() {
		t.Error("it is sure in spite of a doubt")
	}
	s = NewScan(bytes.Repeat([]byte("["), 1<<20))
	if s.Skip(); s.Sure() {
		t.Error("it goes deeper than it should")
	}
}
