package journal

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

var errNotUTF8 = errors.New("a string that is not UTF-8")

// append appends v, a value of the plan's type that is itself depth levels deep.
func (p *plan) append(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	switch p.form {
	case formBool:
		return strconv.AppendBool(dst, v.Bool()), nil
	case formInt:
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case formUint:
		return strconv.AppendUint(dst, v.Uint(), 10), nil
	case formString:
		return appendChecked(dst, v.String())
	case formFloat:
		f := v.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return dst, fmt.Errorf("%v is no JSON number", f)
		}
		return appendFloat(dst, f, v.Type().Bits()), nil
	case formNumber:
		return appendNumber(dst, v.String())
	}
	if depth >= maxDepth {
		return dst, fmt.Errorf("nested deeper than %d, or in a circle", maxDepth)
	}
	switch p.form {
	case formStruct:
		return p.appendStruct(dst, v, depth+1)
	case formMap:
		return p.appendMap(dst, v, depth+1)
	case formList:
		return p.appendList(dst, v, depth+1)
	case formPointer:
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		return p.elem.append(dst, v.Elem(), depth+1)
	case formInterface:
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		v = v.Elem()
		return planOf(v.Type()).append(dst, v, depth+1)
	case formBytes:
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), v.Bytes())
		return append(dst, '"'), nil
	case formRaw:
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		return normalize(dst, v.Bytes(), depth)
	case formMarshaler, formText, formMessage:
		return p.appendMethod(dst, v, depth)
	}
	return dst, fmt.Errorf("%s has no JSON form", p.typ)
}

func appendChecked[S []byte | string](dst []byte, s S) ([]byte, error) {
	dst, ok := appendString(dst, s)
	if !ok {
		return dst, errNotUTF8
	}
	return dst, nil
}

// appendNumber appends a json.Number.
func appendNumber(dst []byte, s string) ([]byte, error) {
	s, err := numberText(s)
	if err != nil {
		return dst, err
	}
	return normalize(dst, []byte(s), 0)
}

// numberText returns the text of a json.Number; like encoding/json it takes an empty one for 0.
func numberText(s string) (string, error) {
	if s == "" {
		return "0", nil
	}
	isDigit := func(c byte) bool { return '0' <= c && c <= '9' }
	if s[0] != '-' && !isDigit(s[0]) || !isDigit(s[len(s)-1]) || !json.Valid([]byte(s)) {
		return "", fmt.Errorf("json.Number %.40q is no number", s)
	}
	return s, nil
}

func (p *plan) appendStruct(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	dst = append(dst, '{')
	body := len(dst)
	for i := range p.fields {
		f := &p.fields[i]
		fv, ok := f.of(v)
		if !ok || (f.omitEmpty || f.omitZero) && f.omitted(fv) {
			continue
		}
		if len(dst) > body {
			dst = append(dst, ',')
		}
		dst = append(dst, f.key...)
		var err error
		if f.quoted {
			dst, err = f.plan.appendQuoted(dst, fv, depth)
		} else {
			dst, err = f.plan.append(dst, fv, depth)
		}
		if err != nil {
			return dst, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return append(dst, '}'), nil
}

// appendQuoted appends a field that has the option string: a scalar, or a pointer to one, inside a JSON string.
func (p *plan) appendQuoted(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if p.form == formPointer {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		p, v = p.elem, v.Elem()
	}
	switch p.form {
	case formNumber: // as it stands: inside a string it is text
		s, err := numberText(v.String())
		return append(append(append(dst, '"'), s...), '"'), err
	case formBool, formInt, formUint, formFloat:
		dst, err := p.append(append(dst, '"'), v, depth)
		return append(dst, '"'), err
	case formString:
		inner, err := appendChecked(nil, v.String())
		if err != nil {
			return dst, err
		}
		inner = bytes.ReplaceAll(inner, []byte("\u2028"), []byte(`\u2028`)) // encoding/json escapes these two,
		inner = bytes.ReplaceAll(inner, []byte("\u2029"), []byte(`\u2029`)) // and here it can be seen
		return appendChecked(dst, inner)
	}
	return p.append(dst, v, depth) // a method writes it: encoding/json ignores the option
}

func (p *plan) appendList(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.Kind() == reflect.Slice && v.IsNil() {
		return append(dst, "null"...), nil
	}
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = p.elem.append(dst, v.Index(i), depth); err != nil {
			return dst, fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return append(dst, ']'), nil
}

func (p *plan) appendMap(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.IsNil() {
		return append(dst, "null"...), nil
	}
	type pair struct {
		key   string
		value reflect.Value
	}
	pairs := make([]pair, 0, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		key, err := keyText(iter.Key())
		if err != nil {
			return dst, err
		}
		pairs = append(pairs, pair{key, iter.Value()})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	dst = append(dst, '{')
	for i, pr := range pairs {
		if i > 0 {
			if dst = append(dst, ','); pr.key == pairs[i-1].key {
				return dst, fmt.Errorf("key %q twice", pr.key)
			}
		}
		var err error
		if dst, err = appendChecked(dst, pr.key); err == nil {
			dst, err = p.elem.append(append(dst, ':'), pr.value, depth)
		}
		if err != nil {
			return dst, fmt.Errorf("[%q]: %w", pr.key, err)
		}
	}
	return append(dst, '}'), nil
}

// keyText returns the key of a map as encoding/json writes it.
func keyText(v reflect.Value) (string, error) {
	if v.Kind() == reflect.String {
		return v.String(), nil
	}
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		if v.Kind() == reflect.Pointer && v.IsNil() {
			return "", nil
		}
		text, err := m.MarshalText()
		return string(text), err
	}
	if v.CanInt() {
		return strconv.FormatInt(v.Int(), 10), nil
	}
	return strconv.FormatUint(v.Uint(), 10), nil
}

// appendMethod appends what the value's own method says.
func (p *plan) appendMethod(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return append(dst, "null"...), nil
	}
	if !v.CanInterface() {
		return dst, fmt.Errorf("%s is embedded, not exported and writes itself", p.typ)
	}
	if p.byPointer {
		v = addressed(v)
	}
	switch m := v.Interface(); p.form {
	case formMessage:
		text, err := protojson.Marshal(m.(proto.Message))
		if err != nil {
			return dst, err
		}
		return normalize(dst, text, depth)
	case formMarshaler:
		text, err := m.(json.Marshaler).MarshalJSON()
		if err != nil {
			return dst, err
		}
		return normalize(dst, text, depth)
	default:
		text, err := m.(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return dst, err
		}
		return appendChecked(dst, text)
	}
}
