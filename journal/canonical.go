package journal

import (
	"fmt"
	"reflect"
)

// maxDepth is how deeply a value or a JSON text may be nested. It ends cycles of pointers.
const maxDepth = 1000

// Canonical returns the canonical JSON of v, see AppendCanonical.
func Canonical(v any) ([]byte, error) { return AppendCanonical(nil, v) }

// AppendCanonical appends the canonical JSON of v to dst. On an error it returns dst as it was.
//
// What is written follows encoding/json (tags, embedding, omitempty, omitzero, string, Marshaler, TextMarshaler);
// protobuf messages follow protojson. The form is one only:
//   - keys of objects are sorted by their UTF-8 bytes and unique; no space; characters stand for themselves, except
//     ", \ and those below U+0020, which are written \b \f \n \r \t or \u00xx;
//   - integers are exact, whatever their size; other numbers are the shortest that give the same float64, with an
//     exponent below 1e-6 and from 1e21 on, as in ECMAScript, but with the sign of a negative zero;
//   - what a Marshaler or a RawMessage says is brought into this form (Normalize).
//
// Two differences from encoding/json serve that what is read back equals what was written: methods with pointer
// receivers are called whether or not the value is addressable, and a string that is not UTF-8 is an error, not
// mended. Errors too: NaN, infinities, keys of a map that become equal, nesting beyond 1000.
func AppendCanonical(dst []byte, v any) ([]byte, error) {
	if v == nil {
		return append(dst, "null"...), nil
	}
	rv := reflect.ValueOf(v)
	out, err := planOf(rv.Type()).append(dst, rv, 0)
	if err != nil {
		return dst, fmt.Errorf("journal: %T as canonical JSON: %w", v, err)
	}
	return out, nil
}
