package openai

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// scan reads the chunks that servers usually send without encoding/json, which would take most of the time of a short
// call. It knows the usual names and values; of anything else it says that it is odd, and encoding/json decides. So it
// need not know all of JSON, only never differ where it is sure, which a fuzz test compares.
type scan struct {
	data []byte
	at   int
	odd  bool

	id, model string // of the chunk before: they are the same in all
	// What a chunk points to.
	choices [1]choice
	calls   [1]callPiece
	index   int
	used    usage
}

// chunk reads data, which the strings of the chunk do not share. The chunk is good until the call after.
func (s *scan) chunk(data []byte) (c chunk, ok bool) {
	*s = scan{data: data, id: s.id, model: s.model}
	for m := (list{}); s.member(&m); {
		switch string(m.key) {
		case "id":
			c.ID = s.again(&s.id)
		case "model":
			c.Model = s.again(&s.model)
		case "choices":
			c.Choices = s.choices[:0]
			for l := (list{}); s.element(&l); {
				s.odd = s.odd || l.n > 1
				c.Choices = s.choices[:1]
				s.choice(&s.choices[0])
			}
		case "usage":
			if !s.null() {
				c.Usage = &s.used
				s.usage()
			}
		case "object", "created", "system_fingerprint", "service_tier", "obfuscation":
			s.skip(0)
		default:
			s.odd = true
		}
	}
	s.space()
	return c, !s.odd && s.at == len(s.data)
}

func (s *scan) choice(c *choice) {
	for m := (list{}); s.member(&m); {
		switch string(m.key) {
		case "index":
			c.Index = s.int()
		case "delta":
			s.delta(&c.Delta)
		case "finish_reason":
			if !s.null() {
				c.Finish = s.text()
			}
		case "logprobs", "stop_reason", "native_finish_reason":
			s.skip(0)
		default:
			s.odd = true
		}
	}
}

func (s *scan) delta(p *piece) {
	for m := (list{}); s.member(&m); {
		switch string(m.key) {
		case "content":
			s.textInto(&p.Content)
		case "refusal":
			s.textInto(&p.Refusal)
		case "reasoning_content":
			s.textInto(&p.Thought)
		case "reasoning":
			s.textInto(&p.Reasoning)
		case "role":
			s.skip(0)
		case "tool_calls":
			p.Calls = s.calls[:0]
			for l := (list{}); s.element(&l); {
				s.odd = s.odd || l.n > 1
				p.Calls = s.calls[:1]
				s.call(&s.calls[0])
			}
		default:
			s.odd = true
		}
	}
}

func (s *scan) call(c *callPiece) {
	for m := (list{}); s.member(&m); {
		switch string(m.key) {
		case "index":
			s.index = s.int()
			c.Index = &s.index
		case "id":
			c.ID = s.text()
		case "type":
			s.skip(0)
		case "function":
			s.function(c)
		default:
			s.odd = true
		}
	}
}

func (s *scan) function(c *callPiece) {
	for m := (list{}); s.member(&m); {
		switch string(m.key) {
		case "name":
			c.Function.Name = s.text()
		case "arguments":
			s.textInto(&c.Function.Arguments)
		default:
			s.odd = true
		}
	}
}

func (s *scan) usage() {
	for m := (list{}); s.member(&m); {
		switch string(m.key) {
		case "prompt_tokens":
			s.used.Input = count(s.int())
		case "completion_tokens":
			s.used.Output = count(s.int())
		case "prompt_tokens_details":
			s.used.Detail.is.Cached = 0
			if !s.null() {
				s.cached()
			}
		case "total_tokens", "completion_tokens_details":
			s.skip(0)
		default:
			s.odd = true
		}
	}
}

func (s *scan) cached() {
	for m := (list{}); s.member(&m); {
		switch string(m.key) {
		case "cached_tokens":
			s.used.Detail.is.Cached = count(s.int())
		case "audio_tokens", "text_tokens", "image_tokens":
			s.skip(0)
		default:
			s.odd = true
		}
	}
}

// list is how far an object or an array was read.
type list struct {
	n   int    // names or elements so far
	key []byte // the name, of an object
}

// more goes to the next thing between two brackets, if there is one.
func (s *scan) more(l *list, start, end byte) bool {
	if l.n == 0 {
		s.expect(start)
	}
	if s.next() == end {
		s.at++
		return false
	}
	if l.n > 0 {
		s.expect(',')
	}
	l.n++
	return !s.odd
}

// element goes to the next element of an array.
func (s *scan) element(l *list) bool { return s.more(l, '[', ']') }

// member goes to the next value of an object. A name with an escape in it is odd; one that comes twice is read into the
// same place twice, as encoding/json does.
func (s *scan) member(m *list) bool {
	if !s.more(m, '{', '}') {
		return false
	}
	m.key = s.raw()
	s.odd = s.odd || bytes.IndexByte(m.key, '\\') >= 0
	s.expect(':')
	return !s.odd
}

// next skips space and gives the byte after it; 0 at the end, and as soon as something is odd.
func (s *scan) next() byte {
	s.space()
	if s.odd || s.at == len(s.data) {
		return 0
	}
	return s.data[s.at]
}

func (s *scan) space() {
	for s.at < len(s.data) && (s.data[s.at] == ' ' || s.data[s.at] == '\n' || s.data[s.at] == '\t' || s.data[s.at] == '\r') {
		s.at++
	}
}

// expect reads one byte.
func (s *scan) expect(c byte) {
	if s.next() != c {
		s.odd = true
		return
	}
	s.at++
}

// raw reads a string and gives what stands between its quotes, escapes as they are.
func (s *scan) raw() []byte {
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

// text reads a string.
func (s *scan) text() string {
	raw := s.raw()
	if s.odd {
		return ""
	}
	if bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		return string(raw)
	}
	var out string
	s.odd = json.Unmarshal(s.data[s.at-len(raw)-2:s.at], &out) != nil
	return out
}

// again reads a string that is likely to be the one before.
func (s *scan) again(before *string) string {
	start := s.at
	if raw := s.raw(); s.odd || string(raw) == *before && *before != "" {
		return *before
	}
	s.at = start
	*before = s.text()
	return *before
}

// textInto reads a string, or null, which says nothing.
func (s *scan) textInto(t *text) {
	if !s.null() {
		*t = text(s.text())
	}
}

// int reads a number of at most nine digits.
func (s *scan) int() (n int) {
	digits := s.digits()
	s.odd = s.odd || len(digits) > 9
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}

// digits reads a number that is nothing but digits.
func (s *scan) digits() []byte {
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

// null reads null, if that is what there is.
func (s *scan) null() bool {
	is := s.next() == 'n'
	if is {
		s.word("null")
	}
	return is
}

func (s *scan) word(w string) {
	if !bytes.HasPrefix(s.data[s.at:], []byte(w)) {
		s.odd = true
		return
	}
	s.at += len(w)
}

// skip reads any value of a usual form. depth is that of the value.
func (s *scan) skip(depth int) {
	if depth > 8 {
		s.odd = true
		return
	}
	switch s.next() {
	case '"':
		s.odd = bytes.IndexByte(s.raw(), '\\') >= 0 || s.odd
	case '{':
		for m := (list{}); s.member(&m); {
			s.skip(depth + 1)
		}
	case '[':
		for l := (list{}); s.element(&l); {
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
