package journal

import "fmt"

// AppendPayload appends the recorded form of a registered payload, {"type":"<name>","value":<canonical JSON>}, which
// says what Go type to decode it into; null for nil. An unregistered type is ErrUnregistered.
func AppendPayload(dst []byte, v any) ([]byte, error) {
	if v == nil {
		return append(dst, "null"...), nil
	}
	name, ok := NameOf(v)
	if !ok {
		return dst, fmt.Errorf("%w %T: register it under a name first", ErrUnregistered, v)
	}
	dst = append(dst, `{"type":`...)
	dst, _ = appendString(dst, name)
	dst = append(dst, `,"value":`...)
	dst, err := AppendCanonical(dst, v)
	if err != nil {
		return dst, err
	}
	return append(dst, '}'), nil
}
