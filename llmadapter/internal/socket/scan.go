package socket

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Scan reads the pieces that servers usually send without encoding/json, which would take most of the time of a short
// call. A wire form knows the usual names and values; of anything else it says that it is odd, as Scan does, and
// encoding/json decides. So it need not know all of JSON, only never differ where it is sure.
type Scan struct {
	data []byte
	at   int
	odd  bool
}

// NewScan is one at the beginning of data, which it keeps. What it gives as a string does not share the data.
func NewScan(data []byte) Scan { return Scan{data: data} }

// Doubt says that something is odd: nothing is read from here on.
func (s *Scan) Doubt() { s.odd = true }

// Sure says, at the end, whether nothing was odd and all was read.
func (s *Scan) Sure() bool {
	s.space()
	return !s.odd && s.at == len(s.data)
}

// List is how far an object or an array was read.
type List struct {
	N   int    // names or elements so far
	Key []byte // the name, of an object; good as long as the data
}

// more goes to the next thing between two brackets, if there is one.
func (s *Scan) more(l *List, start, end byte) bool {
	if l.N == 0 {
		s.expect(start)
	}
	if s.next() == end {
		s.at++
		return false
	}
	if l.N > 0 {
		s.expect(',')
	}
	l.N++
	return !s.odd
}

// Element goes to the next element of an array.
func (s *Scan) Element(l *List) bool { return s.more(l, '[', ']') }

// Member goes to the next value of an object. A name with an escape in it is odd; one that comes twice is read into the
// same place twice, as encoding/json does.
func (s *Scan) Member(m *List) bool {
	if !s.more(m, '{', '}') {
		return false
	}
	m.Key = s.raw()
	s.odd = s.odd || bytes.IndexByte(m.Key, '\\') >= 0
	s.expect(':')
	return !s.odd
}

// next skips space and gives the byte after it; 0 at the end, and as soon as something is odd.
func (s *Scan) next() byte {
	s.space()
	if s.odd || s.at == len(s.data) {
		return 0
	}
	return s.data[s.at]
}

func (s *Scan) space() {
	for s.at < len(s.data) && (s.data[s.at] == ' ' || s.data[s.at] == '\n' || s.data[s.at] == '\t' || s.data[s.at] == '\r') {
		s.at++
	}
}

// expect reads one byte.
func (s *Scan) expect(c byte) {
	if s.next() != c {
		s.odd = true
		return
	}
	s.at++
}

// raw reads a string and gives what stands between its quotes, escapes as they are.
func (s *Scan) raw() []byte {
	s.expect('"')
	start := s.at
	for ; !s.odd && s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			return s.data[start : s.at-1]
		case c == '\\':
			s.at++
		case c < ' ':
			s.odd = true
		}
	}
	s.odd = true
	return nil
}

// Text reads a string.
func (s *Scan) Text() string {
	raw := s.raw()
	if s.odd {
		return ""
	}
	if text, ok := unescaped(raw); ok {
		return text
	}
	var out string
	s.odd = json.Unmarshal(s.data[s.at-len(raw)-2:s.at], &out) != nil
	return out
}

// unescaped reads what stands between the quotes of a string; false: it is not valid text, or has escapes by numbers.
func unescaped(raw []byte) (string, bool) {
	if !utf8.Valid(raw) {
		return "", false
	}
	at := bytes.IndexByte(raw, '\\')
	if at < 0 {
		return string(raw), true
	}
	var b strings.Builder
	b.Grow(len(raw))
	for at >= 0 {
		b.Write(raw[:at])
		c := strings.IndexByte(escapes, raw[at+1])
		if c < 0 {
			return "", false
		}
		b.WriteByte(escaped[c])
		raw = raw[at+2:]
		at = bytes.IndexByte(raw, '\\')
	}
	b.Write(raw)
	return b.String(), true
}

// What may follow a backslash, and what it means.
const (
	escapes = `"\/bfnrt`
	escaped = "\"\\/\b\f\n\r\t"
)

// Word reads a string without escapes and gives its bytes, good as long as the data.
func (s *Scan) Word() []byte {
	raw := s.raw()
	s.odd = s.odd || bytes.IndexByte(raw, '\\') >= 0 || !utf8.Valid(raw)
	return raw
}

// Again reads a string that is likely to be the one before.
func (s *Scan) Again(before *string) string {
	start := s.at
	if raw := s.raw(); s.odd || string(raw) == *before && *before != "" && bytes.IndexByte(raw, '\\') < 0 {
		return *before
	}
	s.at = start
	*before = s.Text()
	return *before
}

// Int reads a number of at most nine digits.
func (s *Scan) Int() (n int) {
	digits := s.digits()
	s.odd = s.odd || len(digits) > 9
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}

// digits reads a number that is nothing but digits.
func (s *Scan) digits() []byte {
	first := s.next()
	start := s.at
	for s.at < len(s.data) && s.data[s.at] >= '0' && s.data[s.at] <= '9' {
		s.at++
	}
	n := s.at - start
	if n == 0 || first == '0' && n > 1 || s.at < len(s.data) && bytes.IndexByte([]byte(".eE"), s.data[s.at]) >= 0 {
		s.odd = true
		return nil
	}
	return s.data[start:s.at]
}

// Null reads null, if that is what there is.
func (s *Scan) Null() bool {
	is := s.next() == 'n'
	if is {
		s.word("null")
	}
	return is
}

func (s *Scan) word(w string) {
	if !bytes.HasPrefix(s.data[s.at:], []byte(w)) {
		s.odd = true
		return
	}
	s.at += len(w)
}

// Skip reads any value of a usual form, and gives its bytes, good as long as the data.
func (s *Scan) Skip() []byte {
	s.space()
	start := s.at
	s.skip(0)
	if s.odd {
		return nil
	}
	return s.data[start:s.at]
}

// skip reads any value of a usual form. depth is that of the value.
func (s *Scan) skip(depth int) {
	if depth > 8 {
		s.odd = true
		return
	}
	switch s.next() {
	case '"':
		s.odd = bytes.IndexByte(s.raw(), '\\') >= 0 || s.odd
	case '{':
		for m := (List{}); s.Member(&m); {
			s.skip(depth + 1)
		}
	case '[':
		for l := (List{}); s.Element(&l); {
			s.skip(depth + 1)
		}
	case 'n':
		s.word("null")
	case 't':
		s.word("true")
	case 'f':
		s.word("false")
	default:
		s.digits()
	}
}
