package journal

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendString appends s as a canonical JSON string. ok is false when s is not UTF-8; its broken bytes are then
// written as U+FFFD.
func appendString[S []byte | string](dst []byte, s S) (_ []byte, ok bool) {
	ok = true
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b < utf8.RuneSelf {
			if b < ' ' || b == '"' || b == '\\' {
				dst = append(dst, s[start:i]...)
				dst = appendEscaped(dst, b)
				start = i + 1
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		if r == utf8.RuneError && size == 1 {
			ok = false
			dst = append(dst, s[start:i]...)
			dst = utf8.AppendRune(dst, utf8.RuneError)
			start = i + 1
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"'), ok
}

// appendEscaped appends the escape of ", \ or a control character.
func appendEscaped(dst []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&0xf])
}

// text reads a string.
func (n *normalizer) text() error {
	n.dst = append(n.dst, '"')
	n.at++
	start := n.at
	for n.at < len(n.src) {
		switch b := n.src[n.at]; {
		case b == '"':
			n.dst = append(n.dst, n.src[start:n.at]...)
			n.dst = append(n.dst, '"')
			n.at++
			return nil
		case b == '\\':
			n.dst = append(n.dst, n.src[start:n.at]...)
			if err := n.escape(); err != nil {
				return err
			}
			start = n.at
		case b < ' ':
			return n.errorf("control character %#x in a string", b)
		case b < utf8.RuneSelf:
			n.at++
		default:
			r, size := utf8.DecodeRune(n.src[n.at:])
			if r == utf8.RuneError && size == 1 {
				return n.errorf("a string that is not UTF-8")
			}
			n.at += size
		}
	}
	return n.errorf("the text ends within a string")
}

// escape reads one escape, or two that are a surrogate pair, and writes the character.
func (n *normalizer) escape() error {
	if n.at+1 >= len(n.src) {
		return n.errorf("the text ends within an escape")
	}
	b := n.src[n.at+1]
	if b == 'u' {
		return n.unicode()
	}
	i := bytes.IndexByte([]byte(`"\/bfnrt`), b)
	if i < 0 {
		return n.errorf("escape \\%c", b)
	}
	n.at += 2
	n.character(rune("\"\\/\b\f\n\r\t"[i]))
	return nil
}

func (n *normalizer) unicode() error {
	r := n.unit(n.at)
	if r < 0 {
		return n.errorf(`\u without four hexadecimal digits`)
	}
	size := 6
	if utf16.IsSurrogate(r) {
		if r = utf16.DecodeRune(r, n.unit(n.at+size)); r == utf8.RuneError {
			return n.errorf("half a surrogate pair")
		}
		size = 12
	}
	n.at += size
	n.character(r)
	return nil
}

// unit returns the UTF-16 unit whose escape begins at i, or -1.
func (n *normalizer) unit(i int) rune {
	if i+6 > len(n.src) || n.src[i] != '\\' || n.src[i+1] != 'u' {
		return -1
	}
	u, err := strconv.ParseUint(string(n.src[i+2:i+6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(u)
}

func (n *normalizer) character(r rune) {
	if r < ' ' || r == '"' || r == '\\' {
		n.dst = appendEscaped(n.dst, byte(r))
		return
	}
	n.dst = utf8.AppendRune(n.dst, r)
}
