package plain

import "strings"

// Key is a secret of whoever asks a model, which must not be shown nor kept, whatever a server makes of it. Short ones are no
// secrets, but words.
type Key string

// Hidden stands where a key stood.
const Hidden = "[key]"

// leastKey is how many bytes a key has at least.
const leastKey = 4

// mostSlashes is how many backslashes are taken for one: a text may be JSON in JSON in JSON.
const mostSlashes = 8

// Empty says whether there is nothing to hide.
func (k Key) Empty() bool { return len(k) < leastKey }

// Hide takes the key out of a text: as it is, or with characters escaped as JSON and URLs do, for whoever reads the text next
// may read it so.
func (k Key) Hide(text string) string {
	if k.Empty() || text == "" {
		return text
	}
	if strings.IndexByte(text, '\\') < 0 && strings.IndexByte(text, '%') < 0 { // as most texts are
		return strings.ReplaceAll(text, string(k), Hidden)
	}
	at, n := find(k, text, 0)
	if n == 0 {
		return text
	}
	var out strings.Builder
	from := 0
	for ; n > 0; at, n = find(k, text, from) {
		out.WriteString(text[from:at])
		out.WriteString(Hidden)
		from = at + n
	}
	out.WriteString(text[from:])
	return out.String()
}

// Find gives where the key is spelled in a text, from i on, and in how many bytes; 0: nowhere.
func (k Key) Find(text []byte, i int) (at, n int) {
	if k.Empty() {
		return len(text), 0
	}
	return find(k, text, i)
}

func find[T string | []byte](k Key, text T, i int) (at, n int) {
	for first := k[0]; i < len(text); i++ {
		if c := text[i]; c != first && c != '\\' && c != '%' {
			continue
		}
		if n := spelled(k, text, i); n > 0 {
			return i, n
		}
	}
	return i, 0
}

// spelled gives how many bytes of a text, from i on, spell the key; 0: they do not.
func spelled[T string | []byte](k Key, text T, i int) int {
	if end := i + len(k); end <= len(text) && string(text[i:end]) == string(k) {
		return len(k)
	}
	from := i
	for c := range len(k) {
		n := spelling(text, i, k[c])
		if n == 0 {
			return 0
		}
		i += n
	}
	return i - from
}

// spelling gives how many bytes of a text, from i on, spell a character; 0: they do not.
func spelling[T string | []byte](text T, i int, c byte) int {
	switch {
	case i >= len(text):
		return 0
	case text[i] == '%' && hex(text, i+1, 2) == int(c):
		return 3
	case text[i] != '\\':
		if text[i] == c {
			return 1
		}
		return 0
	}
	n := 1
	for n < mostSlashes && i+n < len(text) && text[i+n] == '\\' {
		n++
	}
	switch next := i + n; {
	case next < len(text) && text[next] == 'u' && hex(text, next+1, 4) == int(c):
		return n + 5
	case c == '\\':
		return min(n, 2)
	case (c == '/' || c == '"') && next < len(text) && text[next] == c:
		return n + 1
	}
	return 0
}

// hex reads so many digits; -1: they are none.
func hex[T string | []byte](text T, i, digits int) int {
	if i+digits > len(text) {
		return -1
	}
	n := 0
	for _, d := range []byte(text[i : i+digits]) {
		switch {
		case d >= '0' && d <= '9':
			n = n<<4 + int(d-'0')
		case d|0x20 >= 'a' && d|0x20 <= 'f':
			n = n<<4 + int(d|0x20-'a') + 10
		default:
			return -1
		}
	}
	return n
}
