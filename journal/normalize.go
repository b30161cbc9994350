package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// Normalize appends the canonical form of the given JSON text to dst. Errors are: what is not JSON, more than one
// value, an object with a key twice, text that is not UTF-8 (half a surrogate pair among it), a number beyond
// float64 that is not an integer, nesting beyond 1000. On an error it returns dst as it was. The text must not
// overlap the free capacity of dst.
func Normalize(dst, text []byte) ([]byte, error) {
	out, err := normalize(dst, text, 0)
	if err != nil {
		return dst, fmt.Errorf("journal: normalize: %w", err)
	}
	return out, nil
}

// normalizer reads src from at on and writes dst.
type normalizer struct {
	src     []byte
	at      int
	dst     []byte
	depth   int
	members []member // of all objects that are open, innermost last
	spare   []byte   // an object's members while they are put in order
}

// member is a key and its value in normalizer.dst: the key's opening quote, its closing quote, the value's end.
type member struct {
	start, quote, end int
	key               string // the key without escapes; "" where it has none in dst
}

var normalizers = sync.Pool{New: func() any { return new(normalizer) }}

// normalize is Normalize for a text that is itself depth levels deep.
func normalize(dst, text []byte, depth int) ([]byte, error) {
	n := normalizers.Get().(*normalizer)
	n.src, n.at, n.dst, n.depth = text, 0, dst, depth
	err := n.value()
	if err == nil {
		if n.peek(); n.at < len(n.src) {
			err = n.errorf("data after the value")
		}
	}
	out := n.dst
	n.src, n.dst, n.members = nil, nil, n.members[:0]
	if cap(n.spare) <= keepScratch {
		normalizers.Put(n)
	}
	return out, err
}

func (n *normalizer) errorf(format string, args ...any) error {
	return fmt.Errorf("at byte %d: %s", n.at, fmt.Sprintf(format, args...))
}

// peek skips space and returns the next byte, 0 at the end.
func (n *normalizer) peek() byte {
	for ; n.at < len(n.src); n.at++ {
		switch b := n.src[n.at]; b {
		case ' ', '\t', '\r', '\n':
		default:
			return b
		}
	}
	return 0
}

func (n *normalizer) value() error {
	switch b := n.peek(); {
	case b == '{':
		return n.object()
	case b == '[':
		return n.array()
	case b == '"':
		return n.text()
	case b == '-' || '0' <= b && b <= '9':
		return n.number()
	case b == 't':
		return n.literal("true")
	case b == 'f':
		return n.literal("false")
	case b == 'n':
		return n.literal("null")
	case n.at >= len(n.src):
		return n.errorf("the text ends where a value is due")
	default:
		return n.errorf("%q where a value is due", b)
	}
}

func (n *normalizer) literal(word string) error {
	if !bytes.HasPrefix(n.src[n.at:], []byte(word)) {
		return n.errorf("not %s", word)
	}
	n.at += len(word)
	n.dst = append(n.dst, word...)
	return nil
}

// open enters an array or an object.
func (n *normalizer) open() error {
	if n.depth++; n.depth > maxDepth {
		return n.errorf("nested deeper than %d", maxDepth)
	}
	n.dst = append(n.dst, n.src[n.at])
	n.at++
	return nil
}

// more reads what follows an element: a comma (true) or the end of the array or object (false).
func (n *normalizer) more(end byte) (bool, error) {
	switch b := n.peek(); b {
	case ',':
		n.at++
		n.dst = append(n.dst, ',')
		return true, nil
	case end:
		return false, n.close()
	default:
		return false, n.errorf("neither a comma nor %q", end)
	}
}

func (n *normalizer) close() error {
	n.depth--
	n.dst = append(n.dst, n.src[n.at])
	n.at++
	return nil
}

func (n *normalizer) array() error {
	if err := n.open(); err != nil {
		return err
	}
	if n.peek() == ']' {
		return n.close()
	}
	for more := true; more; {
		err := n.value()
		if err == nil {
			more, err = n.more(']')
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (n *normalizer) object() error {
	if err := n.open(); err != nil {
		return err
	}
	if n.peek() == '}' {
		return n.close()
	}
	body, first, ordered := len(n.dst), len(n.members), true
	for more := true; more; {
		m, err := n.member()
		if err != nil {
			return err
		}
		if last := len(n.members) - 1; last >= first && n.compare(n.members[last], m) >= 0 {
			ordered = false
		}
		n.members = append(n.members, m)
		if more, err = n.more('}'); err != nil {
			return err
		}
	}
	members := n.members[first:]
	n.members = n.members[:first]
	if ordered {
		return nil
	}
	return n.order(members, body)
}

// member reads a key, a colon and a value.
func (n *normalizer) member() (m member, err error) {
	if n.peek() != '"' {
		return m, n.errorf("no key where one is due")
	}
	m.start = len(n.dst)
	if err := n.text(); err != nil {
		return m, err
	}
	m.quote = len(n.dst) - 1
	if bytes.IndexByte(n.dst[m.start:], '\\') >= 0 {
		m.key = unescaped(n.dst[m.start:])
	}
	if n.peek() != ':' {
		return m, n.errorf("no colon after a key")
	}
	n.at++
	n.dst = append(n.dst, ':')
	err = n.value()
	m.end = len(n.dst)
	return m, err
}

// unescaped returns the text of a canonical JSON string.
func unescaped(quoted []byte) (text string) {
	if err := json.Unmarshal(quoted, &text); err != nil {
		panic(err) // it was just written
	}
	return text
}

// compare orders members by their keys' bytes, without escapes.
func (n *normalizer) compare(a, b member) int {
	return bytes.Compare(n.keyOf(a), n.keyOf(b))
}

func (n *normalizer) keyOf(m member) []byte {
	if m.key != "" {
		return []byte(m.key)
	}
	return n.dst[m.start+1 : m.quote]
}

// order puts the members of the object whose text begins at body, and which ends at the end of dst, in order.
func (n *normalizer) order(members []member, body int) error {
	slices.SortFunc(members, n.compare)
	for i := 1; i < len(members); i++ {
		if n.compare(members[i-1], members[i]) == 0 {
			return n.errorf("key %q twice in the object that ends here", n.keyOf(members[i]))
		}
	}
	n.spare = append(n.spare[:0], n.dst[body:]...)
	n.dst = n.dst[:body]
	for i, m := range members {
		if i > 0 {
			n.dst = append(n.dst, ',')
		}
		n.dst = append(n.dst, n.spare[m.start-body:m.end-body]...)
	}
	n.dst = append(n.dst, '}')
	return nil
}
